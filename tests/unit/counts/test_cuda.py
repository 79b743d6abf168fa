"""The same decomposition on a GPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array, random_array

from seqtool.counts.factorize import decompose
from seqtool.counts.options import SvdOptions

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


def test_the_gpu_finds_what_the_cpu_finds() -> None:
    matrix = random_array((3000, 3000), density=0.005, format="csr", rng=np.random.default_rng(1))
    here, there = (decompose(matrix, SvdOptions(dim=20, device=device)) for device in ("cpu", "cuda"))
    assert (there.solver, there.device) == ("lanczos", "cuda")
    assert there.energy == pytest.approx(here.energy, rel=1e-3)
    np.testing.assert_allclose(there.s_K[:1], here.s_K[:1], rtol=1e-3)
    for basis in (there.u_NK, there.v_NK):
        np.testing.assert_allclose(basis.T @ basis, np.eye(20), atol=1e-3)


def test_few_directions_and_none() -> None:
    low = np.zeros((1200, 1200))
    low[:3, :3] = np.diag([3.0, 2, 1])
    found = decompose(csr_array(low), SvdOptions(dim=20, device="cuda"))
    np.testing.assert_allclose(found.s_K[:4], [3, 2, 1, 0], atol=1e-3)
    assert not decompose(csr_array((1200, 1200)), SvdOptions(dim=5, device="cuda")).s_K.any()
