"""Who learns from which words when: in rounds, the same for any number of threads, or all at once (Hogwild).

Both take the text in *blocks* of 256 positions (CBOW: 1024, softmax: 32; fewer in a short text). In a round eight
blocks are learned from, each on copies of the rows it touches as they were before the round; then what they have
learned is added up in a fixed order (`replicas`). In Hogwild all threads write into the same weights (Niu et al. 2011).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqtool.embeddings.kernels.arguments import Positions
from seqtool.embeddings.schedules.replicas import ReplicaSet, progress_at
from seqtool.embeddings.schedules.worker import Setting, Worker, random_state
from seqtool.embeddings.weights import Weights

if TYPE_CHECKING:
    from seqtool.embeddings.schedules.device import DeviceRounds

# The result depends on how many blocks learn from the same state, so this is not the number of threads.
SHARDS = 8

Stream = NDArray[np.int32]
Rate = Callable[[float], float]


class Threads:
    """Workers of a thread each, on weights that are always up to date."""

    def __init__(self, setting: Setting, weights: Weights, threads: int) -> None:
        self._workers = [Worker(setting, weights.stride) for _ in range(threads)]
        self._pool = ThreadPoolExecutor(threads)
        self._margin, self._block = setting.options.window, setting.block

    def collect(self) -> None:
        """Nothing: what was learned is where `Weights` has it."""

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()


class Hogwild(Threads):
    """Threads that write over each other.

    Args:
        setting: what is learned.
        weights: changed.
        threads: how many.
    """

    def __init__(self, setting: Setting, weights: Weights, threads: int) -> None:
        super().__init__(setting, weights, threads)
        self._weights = weights
        self._means = [_Means(weights, setting) for _ in range(threads if weights.parts else 0)]

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

        def work(thread: int) -> tuple[float, int]:
            worker, loss, count = self._workers[thread], 0.0, 0
            for first in firsts:  # a range's iterator gives each of its numbers to one thread
                last = min(first + self._block, len(stream) - self._margin)
                worker.draw(stream, first, last, random_state(*key, first))
                more, pairs = self._learn(thread, stream, first, last, rate((first - self._margin) / size))
                loss, count = loss + more, count + pairs
            return loss, count

        return _summed([self._pool.submit(work, thread) for thread in range(len(self._workers))])

    def _learn(self, thread: int, stream: Stream, first: int, last: int, rate: float) -> tuple[float, int]:
        weights, worker, margin = self._weights, self._workers[thread], self._margin
        targets = stream[first:last] if worker.setting.options.loss == "softmax" else worker.targets.rows
        if not self._means:
            positions = Positions(stream, weights.words, first, last - first)
            return worker.learn(weights.inputs, weights.outputs, positions, targets, rate)
        means = self._means[thread]
        end = means.replicas.gather(
            0, stream[first - margin : last + margin], weights.words, means.numbers, means.places
        )
        positions = Positions(means.places, end, margin, last - first)
        result = worker.learn(means.replicas.copies_S[0], weights.outputs, positions, targets, rate)
        means.replicas.differences(0)
        means.replicas.scatter_add(0, 1, progress_at(rate))
        return result


class _Means:
    """Where one thread of `Hogwild` puts the vectors of a block's words that are means."""

    def __init__(self, weights: Weights, setting: Setting) -> None:
        places, words = setting.block + 2 * setting.options.window, weights.words
        self.replicas = ReplicaSet(
            weights.inputs, words, min(words, places), weights.stride, 1, 1, weights.parts, places
        )
        self.places, self.numbers = np.zeros(places, np.int32), np.full(words + 1, -1, np.int32)


class Rounds(Threads):
    """Rounds of eight blocks: the same bytes for any number of threads. As `Hogwild`."""

    def __init__(self, setting: Setting, weights: Weights, threads: int) -> None:
        super().__init__(setting, weights, threads)
        self._setting, self._threads = setting, threads
        words, places = weights.words, self._block + 2 * self._margin
        most = words if setting.options.loss == "softmax" else min(words, self._block * max(2, setting.targets))
        rest = weights.stride, SHARDS, threads
        self._inputs = ReplicaSet(weights.inputs, words, min(words, places), *rest, weights.parts, places)
        self._outputs = ReplicaSet(weights.outputs, words, most, *rest)
        self._slots = [
            (np.zeros(places, np.int32), np.zeros(self._block * setting.targets, np.int32)) for _ in range(threads)
        ]
        self._numbers = [np.full(words + 1, -1, np.int32) for _ in range(threads)]
        self._barrier = threading.Barrier(threads)
        self._all = np.arange(words, dtype=np.int32)

    def learn(self, stream: Stream, key: Sequence[int], rate: Rate) -> tuple[float, int]:
        """See `Hogwild.learn`."""
        firsts = range(self._margin, len(stream) - self._margin, self._block)
        size = max(1, len(stream) - 2 * self._margin)
        losses, counts = np.zeros(len(firsts)), np.zeros(len(firsts), np.int64)

        def work(thread: int) -> tuple[float, int]:
            for begin in range(0, len(firsts), SHARDS):
                # One rate for the round: its changes are scaled together, by `progress_at` of it.
                speed = rate((firsts[begin] - self._margin) / size)
                for shard in range(thread, SHARDS, self._threads):
                    number = begin + shard
                    if number < len(firsts):
                        last = min(firsts[number] + self._block, len(stream) - self._margin)
                        # The random numbers belong to the block, whichever thread has it.
                        losses[number], counts[number] = self._shard(
                            thread, shard, stream, firsts[number], last, random_state(*key, number), speed
                        )
                    else:
                        # The last round has fewer blocks: what this shard had in the one before must not be added
                        # again.
                        self._inputs.sizes_S[shard] = self._outputs.sizes_S[shard] = 0
                # All blocks must be learned before a row changes, and all rows changed before the next round copies
                # any.
                self._barrier.wait()
                progress = progress_at(speed)
                for replicas in (self._inputs, self._outputs):
                    replicas.scatter_add(thread, self._threads, progress)
                self._barrier.wait()
            return 0.0, 0

        _summed([self._pool.submit(self._guarded, work, thread) for thread in range(self._threads)])
        return float(losses.sum()), int(counts.sum())

    def _guarded(self, work: Callable[[int], tuple[float, int]], thread: int) -> tuple[float, int]:
        try:
            return work(thread)
        except BaseException:
            # Else the other threads would wait for this one for ever.
            self._barrier.abort()
            raise

    def _shard(
        self, thread: int, shard: int, stream: Stream, first: int, last: int, state: int, rate: float
    ) -> tuple[float, int]:
        """Learn from a block on copies."""
        worker, margin, (places, targets) = self._workers[thread], self._margin, self._slots[thread]
        words, numbers = self._setting.words, self._numbers[thread]
        worker.draw(stream, first, last, state)
        end = self._inputs.gather(shard, stream[first - margin : last + margin], words, numbers, places)
        if self._setting.options.loss == "softmax":
            targets = stream[first:last]
            self._outputs.gather(shard, self._all, words, numbers, self._all)
            # Every row is touched by every prediction, but little by most: an occurrence counts as two uses.
            self._outputs.uses_SR[shard] += 2 * np.bincount(targets, minlength=words + 1)[:words].astype(np.int32)
        else:
            drawn = worker.targets.rows[: worker.targets.starts[last - first]]
            self._outputs.gather(shard, drawn, words, numbers, targets)
        inputs, outputs = self._inputs.copies_S[shard], self._outputs.copies_S[shard]
        result = worker.learn(inputs, outputs, Positions(places, end, margin, last - first), targets, rate)
        for replicas in (self._inputs, self._outputs):
            replicas.differences(shard)
        return result


def _summed(futures: Sequence[Future[tuple[float, int]]]) -> tuple[float, int]:
    """The sums of what threads return; the error of the first that failed."""
    wait(futures, return_when=FIRST_EXCEPTION)
    errors = [error for future in futures if (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, threading.BrokenBarrierError)):
        raise error
    results = [future.result() for future in futures]
    return sum(loss for loss, _ in results), sum(count for _, count in results)


def scheduled(setting: Setting, weights: Weights, threads: int) -> Rounds | Hogwild | DeviceRounds:
    """The schedule that the options ask for."""
    if setting.options.device != "cpu":
        from seqtool.embeddings.schedules import device as device_schedule
        from seqtool.embeddings.schedules import device_steps

        return device_schedule.DeviceRounds(setting, weights, device_steps.torch_device(setting.options.device))
    return (Rounds if setting.options.deterministic else Hogwild)(setting, weights, threads)
