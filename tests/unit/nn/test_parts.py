"""A batch in parts is the batch: losses, gradients, states, and whole trainings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import LanguageModelOptions
from seqtool.nn.batches.batching import Batch, SentenceBatches, StreamBatches, WindowBatches
from seqtool.nn.options import TrainingOptions
from seqtool.nn.training.distributed import World, require_rows
from seqtool.nn.training.gradient_accumulation import Hidden, backward, split_rows
from seqtool.nn.training.trainer import Trainer

IDS = np.random.default_rng(3).integers(2, 9, 97).astype(np.uint16)
BOUNDS = np.array([0, 3, 20, 21, 33, 40, 58, 70, 83, 97])
KINDS: dict[str, tuple[dict[str, Any], Any]] = {
    "lstm": ({}, StreamBatches(IDS, 1, 5, 7)),
    "minlstm, sentences": ({"cell": "minlstm"}, SentenceBatches(IDS, BOUNDS, 1, 5)),
    "transformer": ({"arch": "transformer", "heads": 2}, StreamBatches(IDS, 1, 5, 7)),
    "window": ({"arch": "window", "context": 3}, WindowBatches(IDS, 1, 3, 13)),
    "regularised": ({"ar": 1.0, "tar": 2.0}, StreamBatches(IDS[:95], 1, 5, 7)),
}


class Task:
    perplexity = True

    def __init__(self, **options: Any) -> None:
        torch.manual_seed(1)
        values = {"emb_dim": 4, "hidden_dim": 4, "layers": 2, "dropout": 0.0, "init": "uniform", "init_range": 0.5}
        self.model = NeuralLanguageModel(LanguageModelOptions(**(values | options)), 10)

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[torch.Tensor, Hidden]:
        return self.model.loss(batch.inputs, batch.targets, hidden or self.model.initial_state(batch.targets.shape[-1]))

    def validate(self) -> tuple[float, dict[str, float]]:
        return float(sum(parameter.double().abs().mean() for parameter in self.model.parameters())), {}


def results(task: Task, batch: Batch, hidden: Hidden, parts: int) -> tuple[float, Hidden, list[torch.Tensor]]:
    task.model.zero_grad()
    loss, hidden = backward(task, batch, hidden, parts, World())
    return float(loss), hidden, [p.grad.clone() for p in task.model.parameters() if p.grad is not None]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parts", [2, 3, 5, 20])
def test_loss_gradients_and_state_are_those_of_the_whole(kind: str, parts: int) -> None:
    options, batches = KINDS[kind]
    task = Task(**options)
    whole_state = own_state = None
    for index in range(min(3, len(batches))):
        batch = batches.batch(index)
        loss, whole_state, gradients = results(task, batch, whole_state, 1)
        found, own_state, own_gradients = results(task, batch, own_state, parts)
        assert found == pytest.approx(loss, rel=1e-5)
        torch.testing.assert_close(own_gradients, gradients, rtol=1e-4, atol=1e-6)
        if whole_state:
            torch.testing.assert_close(own_state, whole_state)
        if not batches.stateful:
            whole_state = own_state = None


def test_rows_keep_their_tokens() -> None:
    batch = StreamBatches(IDS, 1, 5, 7).batch(2)._replace(lr_share=0.5)
    pieces = split_rows(batch, 3)
    assert [piece.targets.shape[1] for piece in pieces] == [2, 2, 1]
    assert sum(piece.tokens for piece in pieces) == batch.tokens
    assert {piece.lr_share for piece in pieces} == {0.5}
    assert torch.equal(torch.cat([piece.inputs for piece in pieces], 1), batch.inputs)


def test_a_training_in_parts_ends_where_the_whole_does() -> None:
    losses = []
    for accumulate in (1, 3):
        options = TrainingOptions(epochs=3, lr=0.02, batch_size=5, accumulate=accumulate)
        batches = StreamBatches(IDS, 1, 5, 7)
        trainer = Trainer(Task(), batches, options, torch.device("cpu"), lambda write: None)
        trainer.run(300)
        losses.append([row[3:5] for row in trainer.state.history])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


def test_rows_that_cannot_be_dealt_evenly_are_refused() -> None:
    from seqtool.errors import UsageError

    require_rows(6, World(0, 3))
    with pytest.raises(UsageError, match=r"\b5 .*\b2\b") as caught:
        require_rows(5, World(0, 2))
    assert "6" in str(caught.value.remedy)


def test_every_process_but_the_first_draws_masks_of_its_own() -> None:
    drawn = []
    for rank in range(3):
        options = TrainingOptions(epochs=1, lr=0.02, batch_size=6)
        Trainer(Task(), StreamBatches(IDS, 1, 6, 7), options, torch.device("cpu"), lambda write: None, World(rank, 3))
        drawn.append(torch.rand(4).tolist())
    torch.manual_seed(1)
    Task()
    assert drawn[0] == torch.rand(4).tolist(), "the first goes on as one process would"
    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]
