"""Texts in a model's ids, cut to a length, in batches with their labels.

B batch, S steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqtool.corpus.model_text import ModelText
from seqtool.corpus.vocabulary import EOS
from seqtool.nn.batches.batching import Batch, Positions
from seqtool.nn.batches.buckets import BucketBatches, padded, source_tensor


@dataclass(frozen=True)
class CutText:
    """Where the tokens of each text begin and end: at most so many of one end, without ``<eos>``.

    Of a text without tokens the ``<eos>`` is read, so that every text has a step.

    Attributes:
        ids: all tokens in the model's ids.
        starts, ends: int64 (N,).
    """

    ids: Any
    starts: Positions
    ends: Positions

    @property
    def lengths(self) -> Positions:
        """Tokens read of every text."""
        return self.ends - self.starts


def cut_text(text: ModelText, longest: int, cut: str) -> CutText:
    """The tokens that are read.

    Args:
        text: in the model's ids.
        longest: tokens at most.
        cut: ``start`` or ``end`` of a longer text is left out.
    """
    starts, ends = np.asarray(text.bounds[:-1], np.int64), np.asarray(text.bounds[1:], np.int64) - 1
    ends = np.maximum(ends, starts + 1)
    if cut == "start":
        starts = np.maximum(starts, ends - longest)
    else:
        ends = np.minimum(ends, starts + longest)
    return CutText(text.ids, starts, ends)


class TextBatches(BucketBatches):
    """Batches of texts: ``source`` is ids_SB, `IGNORED` after their ends, ``targets`` and ``inputs`` labels_B.

    Args:
        text: the texts.
        labels_N: int64.
        rows, size, seed, shuffle: see `BucketBatches`; ``size`` is in texts.
    """

    unit = "texts"

    def __init__(
        self,
        text: CutText,
        labels_N: NDArray[np.int64],
        rows: Positions,
        size: int,
        seed: int = 0,
        shuffle: bool = True,
    ) -> None:
        super().__init__(text.ids, EOS, text.lengths[rows], rows, size, False, seed, shuffle)
        self.text, self.labels_N = text, labels_N

    def of(self, rows_B: Positions) -> Batch:
        """See `BucketBatches`."""
        source = torch.from_numpy(padded(self.text.ids, self.text.starts[rows_B], self.text.ends[rows_B]))
        labels = torch.from_numpy(self.labels_N[rows_B])
        return Batch(labels, labels, len(rows_B), source=source)


def texts_tensor(texts: Sequence[Sequence[int]], longest: int, cut: str) -> torch.Tensor:
    """Texts of ids without ``<eos>`` as ids_SB, cut and read as `cut_text` does."""
    kept = (ids[:longest] if cut == "end" else ids[max(0, len(ids) - longest) :] for ids in texts)
    return source_tensor([ids or [EOS] for ids in kept])
