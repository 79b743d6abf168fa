"""Compiled loops of the parallel-scan cells: gates, recurrence and their gradients in one pass over memory.

T time, B batch, H hidden. Time is the outer loop and the units the inner one, so that memory is read in order and in
vectors; a call works on the units from ``first`` to ``last``, and threads take different ranges. No unit depends on
another, so no number of threads changes a byte.

``activations`` is σ of the gates' inputs. A forward pass puts the candidate g in place of the last H of them; a
backward pass needs nothing else than these and the outputs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from seqtool.compute.jit import dividing_kernel

Array = Any  # float32 or float64, C-contiguous
TINY = 1e-37  # where σ of both gates of a minLSTM is 0 in float32, half stays


class _Gates(NamedTuple):
    """The gates of a minLSTM and its candidate, of some units at one step; or their gradients."""

    forget: Array
    enter: Array
    candidate: Array


@dividing_kernel
def min_lstm_forward(inputs: Array, activations: Array, start: Array, out: Array, first: int, last: int) -> None:
    """h_t = s h_{t-1} + (1 - s) g with s = f / (f + i).

    Args:
        inputs: of the gates f, i and of the candidate, (T, B, 3H).
        activations: σ(inputs); its last H become g.
        start: h_0, (B, H).
        out: h, (T, B, H), written.
        first: the first unit worked on.
        last: the unit after the last.
    """
    times, batch, size = out.shape
    for t in range(times):
        for b in range(batch):
            a_3H = activations[t, b]
            _min_lstm_row(
                inputs[t, b, 2 * size + first : 2 * size + last],
                a_3H[first:last],
                a_3H[size + first : size + last],
                a_3H[2 * size + first : 2 * size + last],
                (start[b] if t == 0 else out[t - 1, b])[first:last],
                out[t, b, first:last],
            )


@dividing_kernel
def _min_lstm_row(raw: Array, forget: Array, enter: Array, candidate: Array, before: Array, out: Array) -> None:
    half, tiny = raw.dtype.type(0.5), raw.dtype.type(TINY)
    for j in range(len(out)):
        g = raw[j] + half if raw[j] >= 0 else candidate[j]
        candidate[j] = g
        out[j] = g + (forget[j] + tiny) / (forget[j] + enter[j] + (tiny + tiny)) * (before[j] - g)


@dividing_kernel
def min_lstm_backward(
    activations: Array, start: Array, out: Array, d_out: Array, d_inputs: Array, d_start: Array, first: int, last: int
) -> None:
    """The gradients of the inputs (T, B, 3H) and of h_0 (B, H) from those of the outputs; ``d_start`` begins at 0."""
    times, batch, size = out.shape
    for back in range(times):
        t = times - 1 - back
        for b in range(batch):
            a_3H, d_3H = activations[t, b], d_inputs[t, b]
            _min_lstm_row_backward(
                _Gates(a_3H[first:last], a_3H[size + first : size + last], a_3H[2 * size + first : 2 * size + last]),
                (start[b] if t == 0 else out[t - 1, b])[first:last],
                d_out[t, b, first:last],
                d_start[b, first:last],
                _Gates(d_3H[first:last], d_3H[size + first : size + last], d_3H[2 * size + first : 2 * size + last]),
            )


@dividing_kernel
def _min_lstm_row_backward(gates: _Gates, before: Array, d_out: Array, carried: Array, d_gates: _Gates) -> None:
    forget, enter, candidate = gates
    d_forget, d_enter, d_candidate = d_gates
    one, half, tiny = forget.dtype.type(1), forget.dtype.type(0.5), forget.dtype.type(TINY)
    for j in range(len(d_out)):
        f, i, g, d = forget[j], enter[j], candidate[j], d_out[j] + carried[j]
        s = (f + tiny) / (f + i + (tiny + tiny))
        through = d * (before[j] - g) * s * (one - s)
        carried[j] = d * s
        d_forget[j] = through * (one - f)
        d_enter[j] = -through * (one - i)
        d_candidate[j] = d * (one - s) * (one if g >= half else g * (one - g))


@dividing_kernel
def min_gru_forward(inputs: Array, activations: Array, start: Array, out: Array, first: int, last: int) -> None:
    """h_t = (1 - z) h_{t-1} + z g; arguments as in `min_lstm_forward`, for the gate z and the candidate, (T, B, 2H)."""
    times, batch, size = out.shape
    for t in range(times):
        for b in range(batch):
            a_2H = activations[t, b]
            _min_gru_row(
                inputs[t, b, size + first : size + last],
                a_2H[first:last],
                a_2H[size + first : size + last],
                (start[b] if t == 0 else out[t - 1, b])[first:last],
                out[t, b, first:last],
            )


@dividing_kernel
def _min_gru_row(raw: Array, gate: Array, candidate: Array, before: Array, out: Array) -> None:
    half = raw.dtype.type(0.5)
    for j in range(len(out)):
        g = raw[j] + half if raw[j] >= 0 else candidate[j]
        candidate[j] = g
        out[j] = before[j] + gate[j] * (g - before[j])


@dividing_kernel
def min_gru_backward(
    activations: Array, start: Array, out: Array, d_out: Array, d_inputs: Array, d_start: Array, first: int, last: int
) -> None:
    """As `min_lstm_backward`, for inputs (T, B, 2H)."""
    times, batch, size = out.shape
    for back in range(times):
        t = times - 1 - back
        for b in range(batch):
            a_2H, d_2H = activations[t, b], d_inputs[t, b]
            _min_gru_row_backward(
                a_2H[first:last],
                a_2H[size + first : size + last],
                (start[b] if t == 0 else out[t - 1, b])[first:last],
                d_out[t, b, first:last],
                d_start[b, first:last],
                d_2H[first:last],
                d_2H[size + first : size + last],
            )


@dividing_kernel
def _min_gru_row_backward(
    gate: Array, candidate: Array, before: Array, d_out: Array, carried: Array, d_gate: Array, d_candidate: Array
) -> None:
    one, half = gate.dtype.type(1), gate.dtype.type(0.5)
    for j in range(len(d_out)):
        z, g, d = gate[j], candidate[j], d_out[j] + carried[j]
        carried[j] = d * (one - z)
        d_gate[j] = d * (g - before[j]) * z * (one - z)
        d_candidate[j] = d * z * (one if g >= half else g * (one - g))
