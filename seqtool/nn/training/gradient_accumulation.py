"""The gradient of a batch, computed in parts of its rows: one after the other to save memory, or by several processes.

The loss is a mean per token, so each part weighs as its share of the batch's tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from seqtool.nn.batches.batching import IGNORED, Batch
from seqtool.nn.training.distributed import World

Hidden = tuple[Tensor, ...] | None


class Task(Protocol):
    """What the training loop needs to know of a model.

    Attributes:
        perplexity: the loss is -log P of a text's tokens, so that exp(loss) says something.
    """

    perplexity: bool

    @property
    def model(self) -> nn.Module:
        """The model whose parameters are trained."""

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Mean loss per real token of a batch, and the detached state that it ends in."""

    def validate(self) -> tuple[float, Mapping[str, float]]:
        """Mean loss per token on the held-out text; named measures of the guesses, higher is better, if there are."""


def backward(task: Task, batch: Batch, hidden: Hidden, parts: int, world: World) -> tuple[Tensor, Hidden]:
    """Add the gradients of the mean loss of a whole batch to the model's.

    Args:
        task: the model and its loss.
        batch: the rows of all processes.
        hidden: the state of this process's rows.
        parts: how many this process computes one after the other.
        world: the processes.

    Returns:
        The mean loss of the whole batch, and the new state of this process's rows.
    """
    own = split_rows(batch, world.size)[world.rank]
    if parts == 1 and world.size == 1:
        loss, hidden = task.loss(own, hidden)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach(), hidden
    total = torch.zeros((), device=batch.inputs.device)
    states: list[tuple[Tensor, ...]] = []
    pieces = split_rows(own, parts)
    for piece, state in zip(pieces, _split_states(hidden, pieces), strict=True):
        if piece.targets.numel():
            loss, ended = task.loss(piece, state)
            loss = loss * (piece.tokens / batch.tokens)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
            states += [ended] if ended is not None else []
    gradients = _gradients(task.model) if world.size > 1 else []
    world.sum_up([*gradients, total])
    return total, tuple(torch.cat(some) for some in zip(*states, strict=True)) or None


def split_rows(batch: Batch, count: int) -> list[Batch]:
    """The batch as so many batches of neighboring rows, the later ones smaller or empty where it does not divide."""
    if count == 1:
        return [batch]
    axis = batch.targets.dim() - 1  # rows are the last axis of targets (T, B) or (B,), the same one of inputs
    sources = [None] * count if batch.source is None else batch.source.tensor_split(count, -1)
    pieces = zip(batch.inputs.tensor_split(count, axis), batch.targets.tensor_split(count, axis), sources, strict=True)
    return [Batch(i, t, int((t != IGNORED).sum()), batch.lr_share, s) for i, t, s in pieces]


def _split_states(hidden: Hidden, pieces: list[Batch]) -> Iterator[Hidden]:
    sizes = [piece.targets.shape[-1] for piece in pieces]
    if hidden is None:
        return iter([None] * len(sizes))
    return iter(list(zip(*(part.split(sizes) for part in hidden), strict=True)))


def _gradients(model: nn.Module) -> list[Tensor]:
    """Those of all trained parameters; where a process had no row to learn from, zeros."""
    found = []
    for parameter in model.parameters():
        if parameter.requires_grad:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            found.append(parameter.grad)
    return found
