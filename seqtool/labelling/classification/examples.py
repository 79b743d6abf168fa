"""The labeled texts that are used, trained on or held out: those with a label and a token; and the ledger of others.

B batch, S steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqtool.corpus.model_text import HeldOut, ModelText, model_text
from seqtool.corpus.vocabulary import EOS
from seqtool.errors import InputError, plural
from seqtool.labelling.classification.texts import Labelled
from seqtool.labelling.options import ClassifierOptions
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


_COUNTED_TEXTS = 1 << 14


@dataclass(frozen=True)
class Examples:
    """Texts, their labels as numbers (-1: none that is known), and which are used.

    Attributes:
        text: cut to what a recurrent classifier reads.
        whole: as they are.
    """

    text: CutText
    whole: CutText
    labels_N: NDArray[np.int64]
    rows: Positions

    def batches(self, size: int, seed: int = 0, shuffle: bool = True) -> TextBatches:
        """See `TextBatches`."""
        return TextBatches(self.text, self.labels_N, self.rows, size, seed, shuffle)


def usable_texts(data: Labelled) -> NDArray[np.bool_]:
    """Which texts have a label and a token.

    Raises:
        InputError: there are not as many labels as texts.
    """
    sentences = data.text.sentences
    count = sentences.stop - sentences.start
    if len(data.labels) != count:
        raise InputError(
            f"{data.text.name} has {plural(count, 'text')}, but {plural(len(data.labels), 'label')}",
            "fix the table; --column names one column, the texts",
        )
    lengths = np.diff(data.text.corpus.bounds[sentences.start : sentences.stop + 1])
    return np.asarray([label is not None for label in data.labels], bool) & (lengths > 1)


def count_tokens(text: HeldOut, rows: Positions) -> NDArray[np.int64]:
    """How often each type occurs in some of the texts: int64 (V,)."""
    corpus, first = text.corpus, text.sentences.start
    counts = np.zeros(len(corpus.vocabulary), np.int64)
    for piece in np.array_split(rows, max(1, len(rows) // _COUNTED_TEXTS)):
        ids = [corpus.ids[corpus.bounds[first + row] : corpus.bounds[first + row + 1] - 1] for row in piece.tolist()]
        counts += np.bincount(np.concatenate(ids), minlength=len(counts))
    return counts


def encode_examples(
    data: Labelled, rows: Positions, numbers: NDArray[np.int64], mapping: NDArray[np.int64], options: ClassifierOptions
) -> Examples:
    """The texts in a model's ids."""
    text = model_text(data.text.name, data.text.corpus, data.text.sentences, mapping)
    longest = int(np.diff(text.bounds).max(initial=1))
    whole = cut_text(text, longest, options.cut)
    return Examples(cut_text(text, options.max_length, options.cut), whole, numbers, rows)


def left_out(data: Labelled, numbers: NDArray[np.int64], what: str) -> list[dict[str, Any]]:
    """Why texts are not used, for the ledger."""
    without = np.asarray([label is None for label in data.labels], bool)
    unused = ~usable_texts(data) & ~without
    strange = Counter(
        label
        for label, number, is_unused in zip(data.labels, numbers.tolist(), unused.tolist(), strict=True)
        if label is not None and number < 0 and not is_unused
    )
    reasons = [("no label", int(without.sum())), ("the text is empty", int(unused.sum()))]
    reasons += [(f"the label {label} is not in the training texts", n) for label, n in strange.most_common()]
    return [{"what": what, "count": n, "why": f"left out: {why}"} for why, n in reasons if n]


def cut_texts(train: Examples, held_out: Positions, options: ClassifierOptions) -> list[dict[str, Any]]:
    """How many texts are cut, for the ledger; linear classifiers read them whole."""
    rows = np.union1d(train.rows, held_out)
    count = int((train.whole.lengths[rows] > train.text.lengths[rows]).sum())
    if not count or options.arch != "recurrent":
        return []
    why = f"cut at the {options.cut}, to {plural(options.max_length, 'token')} (--max-length, --cut)"
    return [{"what": "training texts", "count": count, "why": why}]


def held_out_rows(
    usable: Positions, numbers: NDArray[np.int64], share: float | None, seed: int, choices: list[str]
) -> tuple[Positions, Positions]:
    """The rows to train and to validate on: of each label its share, of a label of one text none.

    Without a ``share`` other texts are validated on.
    """
    if share is None:
        return usable, usable[:0]
    mixed = np.random.default_rng(seed).permutation(usable)
    chosen = []
    for label in np.unique(numbers[usable]):
        of_label = mixed[numbers[mixed] == label]
        chosen.append(of_label[: min(len(of_label) - 1, round(share * len(of_label)))])
    valid = np.sort(np.concatenate(chosen))
    if not len(valid):
        why = f"because --valid-share {share:g} holds none out (give others with --valid)"
        choices.append(f"validation: on the training texts themselves, {why}")
        return usable, usable
    choices.append(
        f"validation: on {len(valid):,} of {len(usable):,} texts, held out at random (--valid-share, --seed)"
    )
    return np.setdiff1d(usable, valid), valid
