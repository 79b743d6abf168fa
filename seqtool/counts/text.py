"""The text that is counted: the kept words of a corpus as a stream of rows, in parts that fit the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.threads import ordered
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.subsampling import FilteredTokens
from seqtool.counts.options import CooccurOptions

_BLOCK_TOKENS = 1 << 20


class FilteredText(FilteredTokens):
    """The kept words of a corpus, as the options of counting say.

    Attributes:
        sampled: tokens left out at random (known once read).

    Raises:
        InputError: no word is left.
    """

    def __init__(self, corpus: Corpus, options: CooccurOptions) -> None:
        super().__init__(corpus, options.min_count, options.max_vocab, options.sample, options.across_lines)
        self._options = options
        self.sampled = 0

    @property
    def size(self) -> int:
        """The most items that the stream can have."""
        return self.last - self.first

    def parts(self, capacity: int, threads: int) -> Iterator[tuple[NDArray[Any], bool]]:
        """The stream in parts of at most ``capacity`` items (more than 4 windows), and whether a part is the last.

        The words to be counted in a part are those one window or more away from both of its ends: each part begins
        with the end of the one before, so that every word is counted once and sees its whole window.
        """
        window = self._options.window
        stream = np.empty(min(capacity, self.size + 2 * window), self.dtype)
        stream[:window] = self.end
        length = window
        for kept in self._blocks(threads):
            done = 0
            while done < len(kept):
                if length == len(stream) - window:
                    yield stream[:length], False
                    stream[: 2 * window] = stream[length - 2 * window : length].copy()
                    length = 2 * window
                taken = kept[done : done + len(stream) - window - length]
                stream[length : length + len(taken)] = taken
                length += len(taken)
                done += len(taken)
        stream[length : length + window] = self.end
        yield stream[: length + window], True

    def _blocks(self, threads: int) -> Iterator[NDArray[Any]]:
        firsts = range(self.first, self.last, _BLOCK_TOKENS)
        for kept, sampled in ordered(self._keep, firsts, threads):
            self.sampled += sampled
            yield kept

    def _keep(self, first: int) -> tuple[NDArray[Any], int]:
        return self.read(first, min(first + _BLOCK_TOKENS, self.last), self._options.seed)
