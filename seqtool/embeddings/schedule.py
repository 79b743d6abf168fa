"""Who learns from which words when: in rounds, the same for any number of threads, or all at once (Hogwild).

Both take the text in *blocks* of 256 positions (CBOW: 1024, softmax: 32). In a round eight blocks are learned from,
each on copies of the rows it touches as they were before the round; then what they have learned is added up in a fixed
order (`blocks.give_back`). In Hogwild all threads write into the same weights (Niu et al. 2011).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.embeddings import blocks
from seqtool.embeddings.learner import Learner, Setting, random_state
from seqtool.embeddings.weights import Weights, aligned

SHARDS = 8
# How much of the way to where its gradient vanishes a row goes at a use, by learning rate.
_PULL = 5.0
_MOST_USES = 1 << 14

Stream = NDArray[np.int32]
Rate = Callable[[float], float]


class Hogwild:
    """Threads that write over each other.

    Args:
        setting: what is learned.
        weights: changed.
        threads: how many.
    """

    def __init__(self, setting: Setting, weights: Weights, threads: int) -> None:
        self._weights = weights
        self._learners = [Learner(setting, weights.stride) for _ in range(threads)]
        self._pool = ThreadPoolExecutor(threads)
        self._margin, self._block = setting.options.window, setting.block

    def learn(self, stream: Stream, key: Sequence[int], rate: Rate) -> tuple[float, int]:
        """Learn from a stream with ``window`` line ends on both sides.

        Args:
            stream: rows of words, V where a line ends.
            key: what distinguishes this part of the run, for the random numbers.
            rate: learning rate by the share of the stream that is done.

        Returns:
            (the sum of the losses, how many predictions they are of).
        """
        firsts = iter(range(self._margin, len(stream) - self._margin, self._block))
        size = max(1, len(stream) - 2 * self._margin)

        def work(learner: Learner) -> tuple[float, int]:
            weights, loss, count = self._weights, 0.0, 0
            for first in firsts:  # a range's iterator gives each of its numbers to one thread
                last = min(first + self._block, len(stream) - self._margin)
                learner.draw(stream, first, last, random_state(*key, first))
                targets = stream[first:last] if learner.setting.options.loss == "softmax" else learner.targets
                more, pairs = learner.learn(weights.inputs, weights.outputs, stream, weights.words, first, targets,
                                            last - first, rate((first - self._margin) / size))  # fmt: skip
                loss, count = loss + more, count + pairs
            return loss, count

        return _summed([self._pool.submit(work, learner) for learner in self._learners])

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()


class _Copies:
    """The copies of one matrix's rows that the shards of a round learn on."""

    def __init__(self, matrix: NDArray[np.float32], words: int, rows: int, stride: int) -> None:
        self.matrix, self.stride = matrix, stride
        self.copies_S = aligned(SHARDS * (rows + 1) * stride).reshape(SHARDS, -1)
        self.own_SR = np.zeros((SHARDS, rows), np.int32)
        self.uses_SR = np.zeros((SHARDS, rows), np.int32)
        self.sizes_S = np.zeros(SHARDS, np.int64)
        self._totals_V, self._sums_V = np.zeros(words, np.int64), np.zeros(words)

    def borrow(self, shard: int, rows: NDArray[Any], end: int, slots_V: Any, slots: Any) -> int:
        """Copy the rows that a shard touches, and number them in ``slots``; how many they are."""
        own, copies = self.own_SR[shard], self.copies_S[shard]
        size = blocks.compact(rows, 0, len(rows), end, slots_V, slots, own, self.uses_SR[shard])
        blocks.borrow(self.matrix, self.stride, own, size, copies)
        self.sizes_S[shard] = size
        return size

    def differences(self, shard: int, room: NDArray[np.float32]) -> None:
        """What the shard has learned takes the place of its copies."""
        size = int(self.sizes_S[shard])
        blocks.differences(self.matrix, self.stride, self.own_SR[shard], size, self.copies_S[shard], room)

    def give_back(self, thread: int, threads: int, progress: NDArray[np.float64], room: Any) -> None:
        """Add what the shards have learned to the rows of a thread."""
        shards = self.own_SR, self.uses_SR, self.sizes_S, self.copies_S
        sums = self._totals_V, self._sums_V
        blocks.give_back(self.matrix, self.stride, *shards, thread, threads, progress, *sums, room)


class Rounds:
    """Rounds of eight blocks: the same bytes for any number of threads. As `Hogwild`."""

    def __init__(self, setting: Setting, weights: Weights, threads: int) -> None:
        self._setting, self._threads = setting, threads
        self._margin, self._block = setting.options.window, setting.block
        words, places = weights.words, self._block + 2 * self._margin
        most = words if setting.options.loss == "softmax" else min(words, self._block * max(2, setting.targets))
        self._inputs = _Copies(weights.inputs, words, min(words, places), weights.stride)
        self._outputs = _Copies(weights.outputs, words, most, weights.stride)
        self._learners = [Learner(setting, weights.stride) for _ in range(threads)]
        self._slots = [
            (np.zeros(places, np.int32), np.zeros(self._block * setting.targets, np.int32)) for _ in range(threads)
        ]
        self._numbers = [np.full(words + 1, -1, np.int32) for _ in range(threads)]
        self._rooms = [aligned(16) for _ in range(threads)]
        self._pool, self._barrier = ThreadPoolExecutor(threads), threading.Barrier(threads)
        self._all = np.arange(words, dtype=np.int32)

    def learn(self, stream: Stream, key: Sequence[int], rate: Rate) -> tuple[float, int]:
        """See `Hogwild.learn`."""
        firsts = range(self._margin, len(stream) - self._margin, self._block)
        size = max(1, len(stream) - 2 * self._margin)
        losses, counts = np.zeros(len(firsts)), np.zeros(len(firsts), np.int64)

        def work(thread: int) -> tuple[float, int]:
            for begin in range(0, len(firsts), SHARDS):
                speed = rate((firsts[begin] - self._margin) / size)
                for shard in range(thread, SHARDS, self._threads):
                    number = begin + shard
                    if number < len(firsts):
                        last = min(firsts[number] + self._block, len(stream) - self._margin)
                        losses[number], counts[number] = self._shard(thread, shard, stream, firsts[number], last,
                                                                     random_state(*key, number), speed)  # fmt: skip
                    else:
                        self._inputs.sizes_S[shard] = self._outputs.sizes_S[shard] = 0
                self._barrier.wait()
                progress = -np.expm1(-_PULL * max(speed, 1e-12) * np.arange(_MOST_USES))
                for copies in (self._inputs, self._outputs):
                    copies.give_back(thread, self._threads, progress, self._rooms[thread])
                self._barrier.wait()
            return 0.0, 0

        _summed([self._pool.submit(self._guarded, work, thread) for thread in range(self._threads)])
        return float(losses.sum()), int(counts.sum())

    def _guarded(self, work: Callable[[int], tuple[float, int]], thread: int) -> tuple[float, int]:
        try:
            return work(thread)
        except BaseException:
            self._barrier.abort()
            raise

    def _shard(
        self, thread: int, shard: int, stream: Stream, first: int, last: int, state: int, rate: float
    ) -> tuple[float, int]:
        """Learn from a block on copies."""
        learner, margin, (places, targets) = self._learners[thread], self._margin, self._slots[thread]
        words, numbers = self._setting.words, self._numbers[thread]
        learner.draw(stream, first, last, state)
        end = self._inputs.borrow(shard, stream[first - margin : last + margin], words, numbers, places)
        if self._setting.options.loss == "softmax":
            targets = stream[first:last]
            self._outputs.borrow(shard, self._all, words, numbers, self._all)
            # Every row is touched by every prediction, but little by most: an occurrence counts as two uses.
            self._outputs.uses_SR[shard] += 2 * np.bincount(targets, minlength=words + 1)[:words].astype(np.int32)
        else:
            drawn = learner.targets[: learner.starts[last - first]]
            self._outputs.borrow(shard, drawn, words, numbers, targets)
        matrices = self._inputs.copies_S[shard], self._outputs.copies_S[shard]
        result = learner.learn(*matrices, places, end, margin, targets, last - first, rate)
        for copies in (self._inputs, self._outputs):
            copies.differences(shard, self._rooms[thread])
        return result

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()


def _summed(futures: Sequence[Future[tuple[float, int]]]) -> tuple[float, int]:
    """The sums of what threads return; the error of the first that failed."""
    wait(futures, return_when=FIRST_EXCEPTION)
    errors = [error for future in futures if (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, threading.BrokenBarrierError)):
        raise error
    results = [future.result() for future in futures]
    return sum(loss for loss, _ in results), sum(count for _, count in results)


def scheduled(setting: Setting, weights: Weights, threads: int) -> Hogwild | Rounds:
    """The schedule that the options ask for."""
    return (Rounds if setting.options.deterministic else Hogwild)(setting, weights, threads)
