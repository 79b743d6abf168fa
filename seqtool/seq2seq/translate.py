"""Lines in, lines out: exactly one answer for every line, whatever it holds.

R sources, K hypotheses of each, N = R · K rows, V words, S source steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtool import progress
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.text_inputs import read_text_lines
from seqtool.decoding.batched import BeamOptions, Written, beam_search, sample
from seqtool.errors import ArtifactError, InputError, plural
from seqtool.nn.batches.buckets import source_of, source_tensor, vectors_tensor
from seqtool.nn.cells.recurrent import select
from seqtool.seq2seq.architectures.memory import Memory, copies
from seqtool.seq2seq.artifact import TranslationModel
from seqtool.seq2seq.model import Seq2Seq
from seqtool.seq2seq.options import TranslateOptions
from seqtool.seq2seq.pairs import open_vectors, refuse_other_size

_WINDOW_BATCHES = 64
_LONGEST_BATCH = 1 << 14  # source tokens, padding included
_VECTOR_TOKENS = 100
_LN10 = float(np.log(10))


class Steps:
    """A model that has read some sources, for `decoding.batched`."""

    eos_id = Seq2Seq.eos_id

    def __init__(self, model: Seq2Seq, memory: Memory, look: bool = False) -> None:
        self.model, self.memory, self.look = model, memory, look

    def start(self, hypotheses: int) -> Any:
        """See `decoding.batched.BatchedModel`."""
        return self.model.start(self.memory, hypotheses)

    def step(self, state: Any, ids_N: Tensor) -> tuple[Tensor, Tensor | None, Any]:
        """See `decoding.batched.BatchedModel`."""
        ids = ids_N.to(self.memory.states_RSH.device)
        hidden_1NO, state, look_N1S = self.model.decode(ids[None], self.memory, state, self.look)
        output = self.model.output
        logits_NV = torch.nn.functional.linear(hidden_1NO[0], output.weight, output.bias)
        if look_N1S is None or not self.look:
            return logits_NV, None, state
        padding_NS = copies(~self.memory.mask_RS, len(ids) // len(self.memory.mask_RS))
        return logits_NV, look_N1S[:, 0].masked_fill(padding_NS, torch.inf), state

    def reorder(self, state: Any, rows_N: Tensor) -> Any:
        """See `decoding.batched.BatchedModel`."""
        return select(state, rows_N.to(self.memory.states_RSH.device))

    def keep(self, state: Any, sources: Tensor, rows_N: Tensor) -> Any:
        """See `decoding.batched.BatchedModel`."""
        self.memory = self.memory.select(sources.to(self.memory.states_RSH.device))
        return self.reorder(state, rows_N)


@dataclass(frozen=True)
class Translation:
    """One target of one line: ``rank`` from 1, the score it is ranked by, log10 of its probability, and whether it
    ended by itself."""

    line: int
    rank: int
    text: str
    score: float
    log10: float
    finished: bool


@dataclass
class Counts:
    """What deserves a word at the end."""

    lines: int = 0
    unknown: int = 0
    cut: int = 0


def translate_texts(
    loaded: TranslationModel, names: Sequence[str], sources: SourceOptions, how: TranslateOptions
) -> Iterator[list[Translation]]:
    """The targets of every line of some texts, or of every vector of some files, in order.

    Args:
        loaded: the model; whether it reads texts or vectors is its own.
        names: texts as `read_text_lines` takes them, or ``.npy`` files.
        sources: how texts are read.
        how: how a target is searched for.
    """
    counts = Counts()
    if loaded.source is None:
        for name in names:
            yield from translate_vectors(loaded, open_vectors(Path(name)), how, counts)
    else:
        yield from translate_lines(loaded, read_text_lines(names, sources), how, counts)
    if counts.unknown:
        progress.note(f"unknown source tokens: {counts.unknown:,}, read as <unk>")


def translate_lines(
    loaded: TranslationModel, lines: Iterable[str], how: TranslateOptions, counts: Counts
) -> Iterator[list[Translation]]:
    """The targets of every line, in order; of a blank line an empty one.

    Lines are taken in windows of 64 batches and computed by length, so that a batch is of lines alike.
    """
    assert loaded.source is not None
    iterator = iter(lines)
    with progress.stage("translate", "lines") as stage:
        while window := list(islice(iterator, how.batch_size * _WINDOW_BATCHES)):
            sources = [loaded.source.encode(line) for line in window]
            counts.unknown += sum(ids.count(loaded.unk_id) for ids in sources)
            filled = [i for i, ids in enumerate(sources) if len(ids) > 1]
            found = _answers(loaded, sources, filled, how, counts.lines, stage)
            for i in range(len(window)):
                yield _named(loaded, counts, found.get(i, [Written([], 0.0, 0.0, True)]))
        progress.note(f"translated {plural(counts.lines, 'line')}, {stage.rate_and_time()}")
        tell_cut(counts)


def tell_cut(counts: Counts) -> None:
    """Warn of translations that were cut."""
    if counts.cut:
        cut = plural(counts.cut, "translation was", "translations were")
        progress.warn(f"{cut} cut off at the maximum length (--max-tokens)")


def translate_vectors(
    loaded: TranslationModel, vectors: NDArray[Any], how: TranslateOptions, counts: Counts
) -> Iterator[list[Translation]]:
    """The targets of every vector, in order."""
    refuse_other_size("the file", vectors.shape[1], loaded.model.source_size)
    for first in range(0, len(vectors), how.batch_size):
        piece = vectors_tensor(vectors[first : first + how.batch_size])
        count = piece.shape[1]
        numbers = range(counts.lines, counts.lines + count)
        for written in _decoded(loaded, piece, [how.max_tokens or _VECTOR_TOKENS] * count, how, numbers):
            yield _named(loaded, counts, written)
    tell_cut(counts)


def _answers(
    loaded: TranslationModel,
    sources: Sequence[list[int]],
    filled: list[int],
    how: TranslateOptions,
    first: int,
    stage: progress.Stage,
) -> dict[int, list[Written]]:
    """Of the filled lines of a window what was written, by their place in it."""
    found: dict[int, list[Written]] = {}
    by_length = sorted(filled, key=lambda i: len(sources[i]))
    while by_length:
        fit = max(1, min(how.batch_size, _LONGEST_BATCH // len(sources[by_length[-1]])))
        batch, by_length = by_length[-fit:], by_length[:-fit]
        limits = [how.max_tokens or 50 + 2 * len(sources[i]) for i in batch]
        source = source_tensor([sources[i] for i in batch])
        written = _decoded(loaded, source, limits, how, [first + i for i in batch])
        found.update(zip(batch, written, strict=True))
        stage.advance(len(batch))
    return found


@torch.no_grad()
def _decoded(
    loaded: TranslationModel, source: Tensor, limits: Sequence[int], how: TranslateOptions, numbers: Sequence[int]
) -> list[list[Written]]:
    steps = Steps(loaded.model, loaded.model.encode(source.to(loaded.device)), bool(how.coverage_penalty))
    banned = (loaded.unk_id,) if how.no_unk else ()
    if how.method == "sample":
        return sample(steps, limits, numbers, how.n_best, how.temperature, how.seed, banned)
    beam = 1 if how.method == "greedy" else how.beam
    options = BeamOptions(beam, how.length_penalty, how.coverage_penalty, how.n_best, banned)
    return beam_search(steps, limits, options)


def _named(loaded: TranslationModel, counts: Counts, written: Sequence[Written]) -> list[Translation]:
    counts.lines += 1
    if not written:  # no score is larger than another
        raise ArtifactError("the scores of the model are not finite numbers", "train it again with a lower --lr")
    counts.cut += sum(not one.finished for one in written[:1])
    return [
        Translation(counts.lines, rank, loaded.target.decode(one.ids), one.score, one.log_prob / _LN10, one.finished)
        for rank, one in enumerate(written, 1)
    ]


def greedy_texts(loaded: TranslationModel, sources: Any, rows: NDArray[np.int64], longest: int) -> list[str]:
    """The greedy translations of encoded pairs, in order, for validation."""
    how = TranslateOptions(method="greedy", max_tokens=longest)
    texts: list[str] = []
    for first in range(0, len(rows), how.batch_size):
        some = rows[first : first + how.batch_size]
        found = _decoded(loaded, source_of(sources, some), [longest] * len(some), how, range(len(some)))
        texts += [loaded.target.decode(written[0].ids) for written in found]
    return texts


@dataclass(frozen=True)
class AttentionMap:
    """``weights_TS[t, s]``: how much output token t looked at source token s; ``None`` where nothing is known."""

    source: list[str]
    target: list[str]
    weights_TS: NDArray[np.float32] | None

    def rows(self) -> Iterator[tuple[int, str, int, str, float]]:
        """Of every weight, target token by target token: position and token of the target and of the source."""
        assert self.weights_TS is not None
        for t, out in enumerate(self.target):
            for s, into in enumerate(self.source):
                yield t + 1, out, s + 1, into, float(self.weights_TS[t, s])


def checked_attention_map(
    loaded: TranslationModel, line: str, target: str | None, how: TranslateOptions
) -> AttentionMap:
    """The attention of a model that has some, on a line that is not blank; see `attention_map`.

    Raises:
        InputError: there is nothing to look at, or the model has no attention.
    """
    name = loaded.artifact.path
    if not line.strip():
        raise InputError("the line is blank, so there is no attention to show", "give a source sentence")
    if loaded.source is None:
        raise InputError(f"{name} reads vectors, so it has no source tokens to show", "give a model that reads text")
    found = attention_map(loaded, line, target, how)
    if found.weights_TS is None:
        raise InputError(
            f"{name} has no attention", "use a model with attention, for example train-seq2seq --attention general"
        )
    return found


def attention_map(loaded: TranslationModel, source: str, target: str | None, how: TranslateOptions) -> AttentionMap:
    """Where a model looked while it wrote its translation of a line, or a target that is given."""
    assert loaded.source is not None
    ids = loaded.source.encode(source)
    if target is None:
        limits = [how.max_tokens or 50 + 2 * len(ids)]
        written = _decoded(loaded, source_tensor([ids]), limits, how, [0])[0][0].ids
    else:
        written = loaded.target.encode(target)[:-1]
    fed = torch.tensor([[loaded.eos_id, *written]]).t()
    with torch.no_grad():
        memory = loaded.model.encode(source_tensor([ids]).to(loaded.device))
        weights = loaded.model.look(fed.to(loaded.device), memory)
    end = "<eos>"
    rows = [*(loaded.target.vocabulary.tokens[i] for i in written), end]
    columns = loaded.source.tokens(source)
    filler = loaded.source.vocabulary.tokens[loaded.model.pad_id] if loaded.model.options.pad_source else end
    columns += [filler] * (memory.mask_RS.shape[1] - len(columns))
    return AttentionMap(columns, rows, None if weights is None else weights[0].cpu().numpy())
