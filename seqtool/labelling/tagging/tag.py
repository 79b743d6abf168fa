"""The ``tagger`` artifact, and what it makes of text: a label for every word.

vocab.tsv                       the words, as they are looked up
letters.tsv, labels.tsv         characters and labels; featureN.tsv the values of each feature
allowed.tsv                     whether a label (column) may follow another (row; the last two: come first, and last)
model.safetensors, history.tsv  see `docs/formats.md`
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from seqtool import progress
from seqtool.artifact.manifest import DAMAGE
from seqtool.artifact.read import Artifact, open_artifact
from seqtool.corpus.vocabulary import UNK
from seqtool.errors import InputError, UsageError, damaged, plural
from seqtool.labelling.tagging.columns import Sentence, sentences
from seqtool.labelling.tagging.options import Columns, TaggerOptions
from seqtool.labelling.tagging.plan import predicted
from seqtool.labelling.tagging.schemes import given_labels
from seqtool.labelling.tagging.tagged import Codes, TaggedBatches, encode, lookup_form
from seqtool.labelling.tagging.tagger import Tagger
from seqtool.nn.training.checkpoint import WEIGHTS, load_fitting
from seqtool.options import from_manifest, select_fields

KIND = "tagger"
_WINDOW = 2048


@dataclass(frozen=True)
class LoadedTagger:
    """A tagger with everything it needs to read columns."""

    artifact: Artifact
    codes: Codes
    columns: Columns
    options: TaggerOptions
    model: Tagger
    conllu: bool = False


@dataclass
class Counts:
    """What deserves a word at the end."""

    lines: int = 0
    words: int = 0
    unknown: int = 0
    strange: Counter[str] = field(default_factory=Counter)  # values of features that training did not have


def load_tagger(path: Path, device: torch.device | None = None) -> LoadedTagger:
    """Open a tagger in fp32 and evaluation mode.

    Raises:
        ArtifactError: where it is none, or damaged.
    """
    artifact = open_artifact(path, KIND)
    for name in artifact.manifest.files:
        artifact.file(name)
    try:
        values = {**artifact.options, "emb_dim": int(artifact.summary["emb_dim"])}
        columns = Columns.from_options(values)
        options = from_manifest(TaggerOptions, select_fields(TaggerOptions, values))
        codes = Codes.read(path, len(columns.features))
        learned = int(artifact.summary["learned_words"])
        words = (learned, len(codes.words) - learned)
        allowed = _allowed(artifact.file("allowed.tsv"))
        if allowed.shape != (len(codes.labels) + 2, len(codes.labels)):
            raise ValueError(
                f"allowed.tsv has shape {allowed.shape}, expected one for {plural(len(codes.labels), 'label')}"
            )
    except (*DAMAGE, OSError, InputError, UsageError) as error:
        raise damaged(path, error) from None
    sizes = [len(alphabet) for alphabet in codes.features]
    model = load_fitting(artifact.file(WEIGHTS), lambda: Tagger(options, words, len(codes.characters), sizes, allowed))
    model.to(device or torch.device("cpu")).eval()
    return LoadedTagger(artifact, codes, columns, options, model, bool(artifact.summary.get("conllu")))


def _allowed(path: Path) -> NDArray[np.bool_]:
    """Rows of 0 and 1 (numpy's own reader of text may crash on what is no ASCII).

    Raises:
        ValueError: there is something else.
    """
    rows = [line.split() for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    if not {cell for row in rows for cell in row} <= {"0", "1"}:
        raise ValueError("allowed.tsv contains values other than 0 and 1")
    return np.array(rows) == "1"


def tag_lines(loaded: LoadedTagger, name: str, lines: Iterable[str], batch_size: int, counts: Counts) -> Iterator[str]:
    """Every line with its word's label as one more column; lines without a word as they are.

    Raises:
        InputError: a column that the model reads is missing.
    """
    iterator = sentences(name, lines)
    with progress.stage("tag", "words") as stage:
        while window := list(islice(iterator, _WINDOW)):
            found = iter(
                label_sentences(loaded, [sentence for sentence in window if sentence.words], batch_size, counts)
            )
            for sentence in window:
                counts.lines += len(sentence.lines)
                if not sentence.words:
                    yield from sentence.lines
                    continue
                written = list(sentence.lines)
                for place, label in zip(sentence.places, next(found), strict=True):
                    written[place] += f"{sentence.separator}{label}"
                yield from written
                stage.advance(len(sentence.words))
        progress.note(f"tagged {plural(counts.words, 'word')}, {stage.rate_and_time()}")
    if counts.unknown:
        progress.note(f"unknown words: {counts.unknown:,} of {counts.words:,}")
    if counts.strange:
        columns = ", ".join(map(str, loaded.columns.features))
        shown = ", ".join(value for value, _ in counts.strange.most_common(3))
        words = plural(counts.strange.total(), "word has a feature value", "words have feature values")
        progress.warn(
            f"{words} that training did not have (column {columns}), such as {shown}: check that the columns are in "
            "the same order as in the training text"
        )


def label_sentences(loaded: LoadedTagger, some: list[Sentence], batch_size: int, counts: Counts) -> list[list[str]]:
    """The labels of the words of some sentences, none of them blank.

    Raises:
        InputError: a column that the model reads is missing.
    """
    if not some:
        return []
    columns, names = _columns_in(some[0], loaded), loaded.codes.labels.symbols
    text = encode(some, loaded.codes, lookup_form(loaded.options), columns.word, columns.features, None)
    counts.words += len(text.numbers_N)
    counts.unknown += int((text.words_U[text.numbers_N] == UNK).sum())
    for number, values_N in zip(columns.features, text.features_FN, strict=True):
        values = [value for sentence in some for value in sentence.column(number)]
        counts.strange.update(values[place] for place in np.flatnonzero(values_N == 0))
    batches = TaggedBatches(text, np.arange(len(text)), batch_size, shuffle=False)
    found = predicted(loaded.model, batches)
    return [given_labels([names[i] for i in labels], loaded.options.scheme) for labels in found]


def _columns_in(sentence: Sentence, loaded: LoadedTagger) -> Columns:
    """Where the columns that the model reads are: where they were in training, or of words alone the words' own.

    Raises:
        InputError: naming the first that is not there.
    """
    columns, width = loaded.columns, len(sentence.words[0])
    if sentence.conllu != loaded.conllu:
        if columns.features:
            found = ("", " not") if sentence.conllu else (" not", "")
            message = f"{sentence.name} is{found[0]} CoNLL-U, but the training text was{found[1]}"
            raise InputError(message, "give the features in the columns of the training text")
        return columns._replace(word=sentence.column_number("FORM") if sentence.conllu else 0)
    for what, number in (("the word", columns.word), *(("a feature", n) for n in columns.features)):
        if not -width <= number < width:
            raise InputError(
                f"{sentence.name}: line {sentence.number}: the model reads {what} from column {number} (from 0), but "
                f"there are {width}",
                "write one word per line, in the columns of the training text",
            )
    if not sentence.conllu and width not in (columns.label, columns.label + 1):
        progress.warn(
            f"{sentence.name}: line {sentence.number} has {plural(width, 'column')}: each line is read as one word "
            f"(column {columns.word}), as in training; write one word per line if this is running text"
        )
    return columns
