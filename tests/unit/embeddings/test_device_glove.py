"""GloVe in big batches with torch: on CPU tensors, where a GPU would have them."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqtool.artifact.read import Artifact
from seqtool.embeddings.glove import device as device_glove
from seqtool.embeddings.glove.device import DeviceFit
from seqtool.embeddings.glove.kernels import Block
from seqtool.embeddings.glove.train import GloveTraining, ThreadedFit, describe, train_glove
from seqtool.embeddings.options import GloveOptions
from seqtool.embeddings.schedules import device_steps
from seqtool.embeddings.weights import Weights
from seqtool.errors import DivergedError, InputError
from seqtool.vectors.artifact import load_vectors

ROOT = Path(__file__).parents[3]
CPU = torch.device("cpu")
SMALL: dict[str, Any] = {"dim": 20, "epochs": 2, "threads": 1}


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device cuda is the CPU."""
    monkeypatch.setattr(device_steps, "torch_device", lambda name: {"cuda": CPU}[name])


def trained(counts: Artifact, output: Path, **options: Any) -> np.ndarray:
    shutil.rmtree(output, ignore_errors=True)
    assert train_glove(counts, GloveOptions(**{**SMALL, "device": "cuda", **options}), output)
    return np.array(load_vectors(output).matrix)


@pytest.mark.usefixtures("cuda")
def test_planted_analogies(toy_counts: Artifact, tmp_path: Path) -> None:
    trained(toy_counts, tmp_path / "v", dim=50, epochs=25, x_max=10.0)
    vectors = load_vectors(tmp_path / "v")
    lines = (ROOT / "sample_corpora/toy_world.en.analogies.txt").read_text(encoding="utf-8").splitlines()
    ids = np.array([vectors.ids_of(line.split()) for line in lines if not line.startswith(":")])
    assert (vectors.analogies(ids[:, :3])[0][:, 0] == ids[:, 3]).mean() >= 0.95
    losses = [float(line.split("\t")[3]) for line in (tmp_path / "v/history.tsv").read_text().splitlines()[1:]]
    assert losses == sorted(losses, reverse=True)


class Case:
    """Random weights of five words; ``fit`` learns from entries on the device, or one after the other."""

    def __init__(self, eta: float, dim: int = 6) -> None:
        draw = np.random.default_rng(7)
        self.weights, self.squares = Weights(5, dim, np.float64), Weights(5, dim, np.float64)
        self.biases = np.ones((2, 5, 2))
        self.biases[..., 0] = draw.normal(0, 0.5, (2, 5))
        for matrix in (self.weights.inputs, self.weights.outputs):
            self.weights.rows(matrix)[:] = draw.normal(0, 0.5, (5, dim))
        self.squares.inputs[:], self.squares.outputs[:] = 1, 1
        self.options = GloveOptions(dim=dim, eta=eta, threads=1)

    def arrays(self) -> list[np.ndarray]:
        weights, squares = self.weights, self.squares
        return [
            weights.rows(weights.inputs),
            weights.rows(weights.outputs),
            squares.rows(squares.inputs),
            squares.rows(squares.outputs),
            self.biases,
        ]

    def learn(self, on_device: bool, *blocks: Block) -> tuple[float, int]:
        given = self.weights, self.squares, self.biases, self.options
        fit: Any = (
            DeviceFit(*given, sum(len(block.rows) for block in blocks), CPU) if on_device else ThreadedFit(*given)
        )
        found = fit.learn(blocks)
        fit.collect()
        fit.close()
        return found


def entries(rows: list[int], columns: list[int], counts: list[float]) -> Block:
    logs = np.log(np.array(counts)).astype(np.float32)
    return Block(np.array(rows, np.int32), np.array(columns, np.int32), logs)


def test_where_no_entries_share_a_row_it_is_what_the_kernel_does() -> None:
    blocks = entries([0, 2], [1, 2], [3.0, 250.0]), entries([4, 1], [0, 3], [0.5, 17.0])
    cases = Case(1e-5), Case(1e-5)
    found = [case.learn(on_device, *blocks) for case, on_device in zip(cases, (True, False), strict=True)]
    assert found[0] == (pytest.approx(found[1][0]), 4)
    start = Case(1e-5).arrays()
    for here, there, before in zip(cases[0].arrays(), cases[1].arrays(), start, strict=True):
        np.testing.assert_allclose(here - before, there - before, rtol=2e-4, atol=1e-13)
        assert np.abs(there - before).max() > 1e-12


def test_a_batch_moves_along_the_gradient_of_its_loss() -> None:
    blocks = entries([0, 0, 0, 3], [1, 2, 1, 1], [3.0, 250.0, 2.0, 1.0])
    case, eta = Case(0.0), 1e-7
    moved = [(array, place) for array in case.arrays()[:2] for place in np.ndindex(array.shape)]
    moved += [(case.biases, (side, v, 0)) for side in range(2) for v in range(5)]
    gradients = []
    for array, place in moved:
        before, losses = array[place], []
        for step in (1e-5, -1e-5):
            array[place] = before + step
            losses.append(case.learn(True, blocks)[0])
        array[place] = before
        gradients.append((losses[0] - losses[1]) / 2e-5)
    before = [array[place] for array, place in moved]
    object.__setattr__(case.options, "eta", eta)
    case.learn(True, blocks)
    changes = [(old - array[place]) / eta for old, (array, place) in zip(before, moved, strict=True)]
    np.testing.assert_allclose(changes, gradients, rtol=1e-4, atol=1e-5)
    assert np.abs(gradients).max() > 0.1
    score = float(case.arrays()[0][0] @ case.arrays()[1][1]) + case.biases[0, 0, 0] + case.biases[1, 1, 0]
    expected = 0.5 * 0.03**0.75 * (score - math.log(3)) ** 2
    assert case.learn(True, entries([0], [1], [3.0]))[0] == pytest.approx(expected, rel=1e-4)


def test_a_row_of_many_entries_goes_no_further_than_its_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand entries that all want the same: one after the other they arrive, and their sum would be far past."""
    monkeypatch.setattr(device_glove, "LEAST_ENTRIES", 10_000)
    blocks = entries([0] * 10_000, [1] * 10_000, [500.0] * 10_000)
    case = Case(0.001)  # so small that AdaGrad's sums grow little
    losses = [case.learn(True, blocks)[0] for _ in range(40)]
    assert losses[-1] < 0.01 * losses[0]
    assert max(losses) == losses[0]


@pytest.mark.usefixtures("cuda")
def test_a_training_cut_off_goes_on_with_its_squares(
    toy_counts: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(toy_counts, tmp_path / "whole", epochs=3)
    epoch = GloveTraining.epoch

    def stop(self: GloveTraining, *arguments: Any) -> Any:
        if self.state.epoch == 2:
            raise MemoryError
        return epoch(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(GloveTraining, "epoch", stop)
        with pytest.raises(MemoryError):
            trained(toy_counts, tmp_path / "cut", epochs=3)
    assert train_glove(toy_counts, GloveOptions(**SMALL | {"epochs": 3, "device": "cuda"}), tmp_path / "cut")
    for name in ("vectors.npy", "history.tsv", "manifest.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert np.abs(trained(toy_counts, tmp_path / "other", epochs=3, seed=2) - whole).max() > 0.01


@pytest.mark.usefixtures("cuda")
def test_divergence(toy_counts: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learn = DeviceFit._learn

    def poisoned(self: DeviceFit, *arguments: Any) -> Any:
        self._matrices[0][0, 0] = np.inf
        return learn(self, *arguments)

    monkeypatch.setattr(device_glove.DeviceFit, "_learn", poisoned)
    with pytest.raises(DivergedError, match=r"epoch 1, .* 0.05.*no epoch"):
        trained(toy_counts, tmp_path / "v")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_where_there_is_no_cuda_device_nothing_is_made(toy_counts: Artifact, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CUDA"):
        trained(toy_counts, tmp_path / "v")
    with pytest.raises(InputError, match="CUDA"):
        describe(toy_counts, GloveOptions(device="cuda"))
    assert not (tmp_path / "v").exists()
