"""The output layer of a language model: linear map to the vocabulary, softmax and cross-entropy in bounded memory.

N rows (time × batch), C rows of a chunk, H hidden, V vocabulary; K = H + 1 rounded up: the bias rides along as one
more column of the weight, against a column of ones, so that neither it nor its gradient costs a pass over the logits.

A cross-entropy written with autograd keeps logits, log-probabilities and their gradients, several N × V arrays. Here
loss and gradients are computed together in the forward pass, rows by rows: softmax replaces the logits in place,
minus one at the target it is the gradient, and two products turn it into those of hidden states and weight. Only one
C × V array ever exists.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqtool.nn.batches.batching import IGNORED

CHUNK_BYTES = 32 << 20
_COLUMN_MULTIPLE = 8
_SMALLEST = torch.finfo(torch.float32).tiny
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp64": torch.float64}


class OutputLayer(nn.Module):
    """Linear V × H with bias and softmax.

    Args:
        hidden_dim: size H of the hidden states.
        vocab_size: V.
        tied: the embedding matrix [V, H] to use as weight (Press & Wolf 2017, arXiv 1608.05859); else its own.
        bias: whether there is a bias [V], zero at the start.
        precision: of the products in the loss, ``fp32`` or ``bf16``; the weights, the loss and `log_probs` are fp32.
        chunk_bytes: bound of the largest intermediate array.
        smoothing: share of the target's probability that is spread evenly over all words in the loss while training
            (label smoothing; Szegedy et al. 2016, section 7).

    Raises:
        ValueError: ``tied`` has another shape.
    """

    def __init__(
        self,
        hidden_dim: int,
        vocab_size: int,
        *,
        tied: nn.Parameter | None = None,
        bias: bool = True,
        precision: str = "fp32",
        chunk_bytes: int = CHUNK_BYTES,
        smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        if tied is not None and tied.shape != (vocab_size, hidden_dim):
            raise ValueError(f"tied weight has shape {tuple(tied.shape)}, not {(vocab_size, hidden_dim)}")
        if tied is None:
            bound = 1 / math.sqrt(hidden_dim)
            tied = nn.Parameter(torch.empty(vocab_size, hidden_dim).uniform_(-bound, bound))
        self.weight = tied
        self.bias = nn.Parameter(torch.zeros(vocab_size)) if bias else None
        self.dtype = _DTYPES[precision]
        self.chunk_bytes = chunk_bytes
        self.smoothing = smoothing

    def forward(self, hidden: Tensor, target: Tensor) -> Tensor:
        """The mean cross-entropy per real token, in nats, a float32 scalar; 0 where no target is real.

        Args:
            hidden: [..., H], fp32 or bf16.
            target: [...], int64, `IGNORED` (-100) where there is none.
        """
        hidden_NH, target_N = hidden.flatten(0, -2), target.flatten()
        # The precision of these products is this layer's own option.
        with torch.autocast(hidden.device.type, enabled=False):
            loss: Tensor = _FusedCrossEntropy.apply(  # type: ignore[no-untyped-call]
                hidden_NH,
                self.weight,
                self.bias,
                target_N,
                self.dtype,
                self.chunk_bytes,
                self.smoothing if self.training else 0.0,
            )
        return loss

    def log_probs(self, hidden: Tensor) -> Tensor:
        """Log-probabilities of all words after ``hidden`` [..., H]: float32 [..., V]."""
        with torch.autocast(hidden.device.type, enabled=False):
            return functional.linear(hidden.to(self.weight.dtype), self.weight, self.bias).log_softmax(-1)

    @torch.no_grad()
    def token_log_probs(self, hidden_NH: Tensor, target_N: Tensor) -> Tensor:
        """The log-probability of each target, float32 [N], 0 where it is `IGNORED`; fp32 products, no gradients."""
        parts = []
        # Twice: log-probabilities stand beside the logits here.
        for rows in _chunks(len(target_N), 2 * len(self.weight) * self.weight.element_size(), self.chunk_bytes):
            logits_CV = functional.linear(hidden_NH[rows].to(self.weight.dtype), self.weight, self.bias)
            parts.append(-functional.cross_entropy(logits_CV, target_N[rows], ignore_index=IGNORED, reduction="none"))
        return torch.cat(parts) if parts else torch.zeros(0, device=target_N.device)


class _FusedCrossEntropy(torch.autograd.Function):
    """Mean cross-entropy whose gradients are ready when the loss is; differentiable once, backward runs once."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden_NH: Tensor,
        weight_VH: Tensor,
        bias_V: Tensor | None,
        target_N: Tensor,
        dtype: torch.dtype,
        chunk_bytes: int,
        smoothing: float,
    ) -> Tensor:
        x_NK, w_VK = _augmented(hidden_NH, 1.0, dtype), _augmented(weight_VH, 0.0 if bias_V is None else bias_V, dtype)
        # A row's share of the mean is 0 where there is no target, so neither its loss nor its gradient counts, whatever
        # word the clamp below puts there.
        real_N = target_N != IGNORED
        loss = torch.zeros((), dtype=torch.promote_types(dtype, torch.float32), device=hidden_NH.device)
        share_N1 = (real_N.to(loss.dtype) / real_N.sum().clamp(min=1)).unsqueeze(1)
        wanted = any(ctx.needs_input_grad)
        dx_NK = torch.empty_like(x_NK)
        dw_VK: Tensor | None = None
        for rows in _chunks(len(target_N), len(w_VK) * w_VK.element_size(), chunk_bytes):
            p_CV, target_C = torch.mm(x_NK[rows], w_VK.t()), target_N[rows].clamp(min=0)
            if smoothing:
                # log p of all words is their logits less what the target's logit is above its log p.
                excess_C = (p_CV.mean(1, dtype=loss.dtype) - p_CV.gather(1, target_C[:, None])[:, 0]) * smoothing
                loss -= (excess_C * share_N1[rows, 0]).sum()
            torch.softmax(p_CV, 1, out=p_CV)
            log_p_C = _subtract_target(p_CV, target_C)
            if smoothing:  # the gradient of the spread part
                p_CV[torch.arange(len(p_CV), device=p_CV.device), target_C] += smoothing
                p_CV -= smoothing / p_CV.shape[1]
            loss -= (log_p_C * share_N1[rows, 0]).sum()
            if wanted:
                # The shares are multiplied into the narrow matrices, K wide, and not into p, which is V wide.
                torch.mm(p_CV, w_VK, out=dx_NK[rows])
                dw_VK = _add_product(dw_VK, p_CV.t(), (x_NK[rows] * share_N1[rows]).to(dtype))
            # Else it would live on beside the next chunk's.
            del p_CV
        if wanted:
            dw_VK = torch.zeros_like(w_VK) if dw_VK is None else dw_VK
            ctx.gradients = _separated(dx_NK * share_N1, dw_VK, hidden_NH, weight_VH, bias_V)
        return loss

    @staticmethod
    def backward(ctx: Any, grad_loss: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.gradients is None:
            raise RuntimeError("the gradients of this loss were already used; compute the loss again")
        gradients, ctx.gradients = ctx.gradients, None  # let go, so that autograd keeps them without a copy
        # Multiplying by 1 is left out where that is known; to ask a GPU would mean to wait for it.
        if grad_loss.device.type != "cpu" or grad_loss.item() != 1:
            gradients = tuple(None if g is None else g.mul_(grad_loss) for g in gradients)
        return (*gradients, None, None, None, None)


def _subtract_target(p_CV: Tensor, target_C: Tensor) -> Tensor:
    """Turn probabilities into the gradient of the loss by the logits, in place; returns log p of the targets.

    In bf16 every p above 1 - 2^-9 is rounded to 1, so p - 1 is found as minus the sum of the others.
    """
    at_target = torch.arange(len(p_CV), device=p_CV.device), target_C
    p_C = p_CV[at_target]
    if p_CV.dtype != torch.bfloat16:
        p_CV[at_target] = p_C - 1
        return p_C.clamp(min=_SMALLEST).log()
    p_CV[at_target] = 0
    others_C = p_CV.sum(1).float()  # summed in fp32 inside
    p_CV[at_target] = -others_C.to(p_CV.dtype)
    log_small_C = p_C.float().clamp(min=_SMALLEST).log()
    return torch.where(others_C < 0.5, torch.log1p(-others_C), log_small_C)


def _chunks(rows: int, row_bytes: int, chunk_bytes: int) -> Iterator[slice]:
    """Equal runs of rows of at most ``chunk_bytes`` each, though at least one row."""
    most = max(1, chunk_bytes // row_bytes)
    size = math.ceil(rows / max(1, math.ceil(rows / most)))
    return (slice(first, first + size) for first in range(0, rows, max(1, size)))


def _augmented(matrix: Tensor, column: Tensor | float, dtype: torch.dtype) -> Tensor:
    """The matrix with one more column, then zero columns up to a width that suits the product kernels."""
    rows, columns = matrix.shape
    width = -(-(columns + 1) // _COLUMN_MULTIPLE) * _COLUMN_MULTIPLE
    result = matrix.new_zeros(rows, width, dtype=dtype)
    result[:, :columns] = matrix
    result[:, columns] = column
    return result


def _add_product(total: Tensor | None, left: Tensor, right: Tensor) -> Tensor:
    """``total + left @ right``, summed over several chunks in fp32 at least."""
    if total is None:
        return torch.mm(left, right)
    if left.dtype == torch.bfloat16:
        return total.float().add_(torch.mm(left, right))
    return total.addmm_(left, right)


def _separated(
    dx_NK: Tensor, dw_VK: Tensor, hidden_NH: Tensor, weight_VH: Tensor, bias_V: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """The gradients of hidden states, weight and bias, cut from those of the augmented matrices."""
    columns = hidden_NH.shape[1]
    dbias_V = None if bias_V is None else _copied(dw_VK[:, columns], bias_V.dtype)
    return _copied(dx_NK[:, :columns], hidden_NH.dtype), _copied(dw_VK[:, :columns], weight_VH.dtype), dbias_V


def _copied(part: Tensor, dtype: torch.dtype) -> Tensor:
    return part.to(dtype, copy=True, memory_format=torch.contiguous_format)


def write_tied_once(model: nn.Module) -> None:
    """Leave the weights of ``model.output`` that are those of ``model.embedding`` out of the model's ``state_dict``."""
    model.register_state_dict_post_hook(_leave_out_tied)  # type: ignore[no-untyped-call]
    model.register_load_state_dict_pre_hook(_put_back_tied)  # type: ignore[no-untyped-call]


def _leave_out_tied(module: nn.Module, state: dict[str, Tensor], prefix: str, metadata: Any) -> None:
    del state[f"{prefix}output.weight"]


def _put_back_tied(module: nn.Module, state: dict[str, Tensor], prefix: str, *rest: Any) -> None:
    if f"{prefix}embedding.weight" in state:
        state[f"{prefix}output.weight"] = state[f"{prefix}embedding.weight"]
