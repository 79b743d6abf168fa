"""The same training on CPU and CUDA (`make test-gpu`)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import LanguageModelOptions
from seqtool.nn.batches.batching import Batch, StreamBatches
from seqtool.nn.cells.scan import ScanLayer
from seqtool.nn.device import seed_everything
from seqtool.nn.options import TrainingOptions
from seqtool.nn.training.trainer import Hidden, Trainer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
IDS = np.random.default_rng(1).integers(2, 30, 2_000).astype(np.uint16)
OPTIONS = LanguageModelOptions(emb_dim=16, hidden_dim=16, layers=2, dropout=0.0)
TRANSFORMER = LanguageModelOptions(arch="transformer", emb_dim=16, layers=2, span=30, dropout=0.0)


class CyclicTask:
    """A language model validated on its training text."""

    perplexity = True

    def __init__(self, device: torch.device, options: LanguageModelOptions = OPTIONS) -> None:
        seed_everything(1)
        self.model = NeuralLanguageModel(options, 30).to(device)
        self.device = device

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[torch.Tensor, Hidden]:
        state = hidden or self.model.initial_state(batch.inputs.shape[1])
        return self.model.loss(batch.inputs, batch.targets, state)

    def validate(self) -> tuple[float, dict[str, float]]:
        batch = StreamBatches(IDS, 1, 4, 100).batch(0)
        state = self.model.initial_state(4)
        return float(self.model.loss(batch.inputs.to(self.device), batch.targets.to(self.device), state)[0]), {}


def trainer(device: str, folder: Path, epochs: int = 2, architecture: LanguageModelOptions = OPTIONS) -> Trainer:
    place = torch.device(device)
    options = TrainingOptions(epochs=epochs, lr=0.01, precision="fp32")
    return Trainer(
        CyclicTask(place, architecture), StreamBatches(IDS, 1, 4, 20), options, place, lambda write: write(folder)
    )


def losses(finished: Trainer) -> list[float]:
    return [row[4] for row in finished.state.history]


@pytest.mark.parametrize("architecture", [OPTIONS, TRANSFORMER], ids=["lstm", "transformer"])
def test_cuda_trains_as_the_cpu_does(tmp_path: Path, architecture: LanguageModelOptions) -> None:
    on_cpu, on_cuda = (trainer(device, tmp_path, architecture=architecture) for device in ("cpu", "cuda"))
    on_cpu.run(4_000)
    on_cuda.run(4_000)
    assert losses(on_cuda) == pytest.approx(losses(on_cpu), rel=1e-3)


@pytest.mark.parametrize(("first", "then"), [("cpu", "cuda"), ("cuda", "cpu")])
def test_a_checkpoint_of_one_device_resumes_on_the_other(tmp_path: Path, first: str, then: str) -> None:
    whole = trainer(first, tmp_path)
    whole.run(4_000)
    begun = trainer(first, tmp_path)
    begun.epochs = 1
    begun.run(2_000)
    resumed = trainer(then, tmp_path)
    resumed.load(tmp_path)
    resumed.run(4_000)
    assert losses(resumed) == pytest.approx(losses(whole), rel=1e-3)


@pytest.mark.parametrize("cell", ["mingru", "minlstm"])
def test_scan_cells_are_the_same_on_both(cell: str) -> None:
    torch.manual_seed(0)
    layer, x, h = ScanLayer(cell, 8, 16), torch.randn(37, 3, 8), torch.rand(1, 3, 16)
    results = []
    for device in ("cpu", "cuda"):
        moved = layer.to(device)
        out, _ = moved(x.to(device), h.to(device))
        gradients = torch.autograd.grad(out.square().sum(), list(moved.parameters()))
        results.append([tensor.cpu() for tensor in (out, *gradients)])
    torch.testing.assert_close(results[1], results[0], rtol=1e-4, atol=1e-4)
