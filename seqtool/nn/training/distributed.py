"""Several processes that train one model, started by ``torchrun``: gloo on CPUs, NCCL on GPUs.

Every process has the whole model and makes the same steps. Of each batch it computes its share of the rows; the sum of
all gradients, each weighted by its share of the tokens, is then that of the whole batch. So ``--batch-size`` is the
size of the whole batch, and the number of processes changes the result by rounding only (and by the masks of dropout,
which every process draws for its own rows).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from seqtool import progress
from seqtool.errors import UsageError


@dataclass(frozen=True)
class World:
    """Which process this is, of how many."""

    rank: int = 0
    size: int = 1

    def sum_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors of one type and device by their sums over all processes, in one message."""
        if self.size > 1 and tensors:
            flat = torch.cat([tensor.flatten() for tensor in tensors])
            dist.all_reduce(flat)
            pieces = flat.split([tensor.numel() for tensor in tensors])
            torch._foreach_copy_(list(tensors), [p.view_as(t) for p, t in zip(pieces, tensors, strict=True)])

    def any(self, *flags: bool) -> list[bool]:
        """For each flag whether it is set in any process, so that all decide alike."""
        if self.size == 1:
            return list(flags)
        numbers = torch.tensor(flags, dtype=torch.int64)
        dist.all_reduce(numbers)
        return [bool(number) for number in numbers]

    def gathered(self, tensor: Tensor) -> list[Tensor]:
        """The tensor of every process, on the CPU; they are of one shape."""
        if self.size == 1:
            return [tensor]
        own = tensor.detach().cpu().contiguous()
        found = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(found, own)
        return found

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            dist.barrier()

    @contextmanager
    def first_process_first(self) -> Iterator[None]:
        """The first process runs the block, then the others do and find what it made."""
        if self.rank:
            self.wait()
        try:
            yield
        finally:  # the others must not wait for one that failed
            if not self.rank:
                self.wait()


@contextmanager
def training_world() -> Iterator[World]:
    """The processes that train together, from the first line of a command to its last; only the first one speaks."""
    joined = not dist.is_initialized()
    world = join_world()
    if world.rank:
        progress.set_quiet(True)
    try:
        yield world
    finally:
        if joined and dist.is_initialized():
            dist.destroy_process_group()


def join_world() -> World:
    """The processes that ``torchrun`` started, this one among them; without it this one alone."""
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    if size == 1:
        return World()
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    if not dist.is_initialized():
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    return World(rank, size)


def require_rows(batch_size: int, world: World) -> None:
    """Refuse rows that cannot be dealt out evenly.

    Raises:
        UsageError: saying which batch size can.
    """
    if batch_size % world.size:
        even = -(-batch_size // world.size) * world.size
        raise UsageError(
            f"--batch-size {batch_size} is not a multiple of the {world.size} processes", f"use --batch-size {even}"
        )
