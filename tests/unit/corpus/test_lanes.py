"""Sixteen numbers at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqtool.compute import simd as lanes
from seqtool.compute.jit import kernel


@kernel
def _with_lanes(a: Any, b: Any, out: Any) -> float:
    p, q, to = lanes.pointer(a), lanes.pointer(b), lanes.pointer(out)
    x, y = lanes.load(p, 3), lanes.load(q, 0)
    lanes.store(to, 0, lanes.multiply_add(x, y, lanes.splat(q, 1)))
    lanes.store(to, 16, lanes.over_root(lanes.add(x, y), lanes.multiply(y, y)))
    return lanes.total(lanes.load(lanes.after(p, 3), 0)) + to[2] - to[2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lanes_compute_what_numpy_does(dtype: Any) -> None:
    draw = np.random.default_rng(1)
    a, b, out = draw.random(20).astype(dtype), draw.random(16).astype(dtype) + dtype(0.5), np.zeros(32, dtype)
    total, x = _with_lanes(a, b, out), a[3:19]
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    np.testing.assert_allclose(total, x.sum(), rtol=tolerance)
    np.testing.assert_allclose(out[:16], x * b + b[1], rtol=tolerance)
    np.testing.assert_allclose(out[16:], (x + b) / b, rtol=tolerance)
