"""The ``classifier`` artifact: a model that stands alone; texts in, labels out, exactly one answer for every line.

labels.tsv                               label TAB texts, the line number from 0 is its number
vocab.tsv, characters.tsv, tokenizer.json  as in a language model
model.safetensors, history.tsv           of a recurrent classifier
weights.npy, bias.npy and more           of a linear one; see `linear`
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from seqtool import progress
from seqtool.artifact.manifest import DAMAGE
from seqtool.artifact.read import Artifact, open_artifact
from seqtool.corpus.text_processor import TextProcessor, read_text_processor
from seqtool.corpus.vocabulary import EOS
from seqtool.errors import ArtifactError, InputError, UsageError, damaged, plural
from seqtool.labelling.classification.classifier import TextClassifier
from seqtool.labelling.classification.examples import texts_tensor
from seqtool.labelling.classification.linear import LinearClassifier, read_linear
from seqtool.labelling.classification.texts import LABELS, LabelSet, begins_with_label
from seqtool.labelling.options import ClassifierOptions
from seqtool.nn.training.checkpoint import WEIGHTS, load_fitting
from seqtool.options import from_manifest, select_fields

KIND = "classifier"
_MOST_TOKENS = 1 << 15  # of a batch, padding included


@dataclass(frozen=True)
class Classifier(TextProcessor):
    """A loaded classifier with everything it needs to read text."""

    labels: LabelSet
    options: ClassifierOptions
    model: TextClassifier | LinearClassifier

    @torch.no_grad()
    def probabilities(self, texts: Sequence[Sequence[int]], batch_size: int = 64) -> NDArray[np.float64]:
        """P(label | text), (N, C); computed by length, each answer in the place of its text.

        Args:
            texts: ids without ``<eos>``; of none the ``<eos>`` is read.
            batch_size: texts computed side by side, at most.
        """
        if isinstance(self.model, LinearClassifier):
            return self.model.probabilities([np.asarray(ids or [EOS], np.int64) for ids in texts])
        device, options = self.model.output.weight.device, self.options
        found_NC = np.zeros((len(texts), len(self.labels)))
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        while by_length:
            longest = min(options.max_length, max(1, len(texts[by_length[-1]])))
            fit = max(1, min(batch_size, _MOST_TOKENS // longest))
            rows, by_length = by_length[-fit:], by_length[:-fit]
            ids_SB = texts_tensor([list(texts[i]) for i in rows], options.max_length, options.cut)
            found_NC[rows] = self.model(ids_SB.to(device)).double().softmax(1).cpu().numpy()
        return found_NC


def load_classifier(path: Path, device: torch.device | None = None) -> Classifier:
    """Open a classifier in fp32 and evaluation mode.

    Raises:
        ArtifactError: where it is none, or damaged.
    """
    artifact = open_artifact(path, KIND)
    processor = read_text_processor(artifact)
    try:
        options = from_manifest(ClassifierOptions, select_fields(ClassifierOptions, artifact.options))
        labels = LabelSet.read(path)
        size = len(processor["vocabulary"])
        model: TextClassifier | LinearClassifier
        if options.arch == "recurrent":
            model = _recurrent(artifact, options, size, len(labels))
            model.to(device or torch.device("cpu")).eval()
        else:
            model = read_linear(artifact, options.arch, size, options.ngrams)
            if len(model.bias_C) != len(labels):
                raise ValueError(f"{LABELS} has {plural(len(labels), 'label')}, the weights have {len(model.bias_C)}")
    except (*DAMAGE, OSError, InputError, UsageError) as error:
        raise damaged(path, error) from None
    return Classifier(**processor, labels=labels, options=options, model=model)


def _recurrent(artifact: Artifact, options: ClassifierOptions, vocabulary: int, labels: int) -> TextClassifier:
    sizes = [int(size) for size in artifact.summary["hidden_dims"]]
    if not sizes or min(sizes) < 1:
        raise ArtifactError(f"{artifact.path} is damaged (invalid layer sizes in its manifest)", "train it again")
    return load_fitting(artifact.file(WEIGHTS), lambda: TextClassifier(options, vocabulary, labels, hidden_dims=sizes))


_WINDOW = 4096


@dataclass
class Counts:
    """What deserves a word at the end."""

    lines: int = 0
    empty: int = 0
    cut: int = 0
    tokens: int = 0
    unknown: int = 0
    labelled: int = 0


def classify_lines(
    loaded: Classifier, lines: Iterable[str], best: int, batch_size: int, counts: Counts
) -> Iterator[list[tuple[str, float]]]:
    """The likeliest labels of every line with their probabilities, the likeliest first.

    Args:
        lines: texts; one without tokens is judged by its end alone, and counted.
        best: how many labels.
    """
    iterator, names, until = iter(lines), loaded.labels.names, loaded.artifact.options.get("label_until")
    known = frozenset(names)
    with progress.stage("classify", "lines") as stage:
        while window := list(islice(iterator, _WINDOW)):
            texts = [loaded.encode(line) for line in window]
            _count(loaded, texts, counts)
            counts.labelled += sum(begins_with_label(line, known, until) for line in window)
            found_NC = loaded.probabilities(texts, batch_size)
            order_NK = np.argsort(-found_NC, axis=1, kind="stable")[:, :best]
            for row, order in zip(found_NC, order_NK, strict=True):
                yield [(names[i], float(row[i])) for i in order]
            stage.advance(len(window))
        progress.note(f"classified {plural(counts.lines, 'line')}, {stage.rate_and_time()}")
    if counts.unknown:
        progress.note(f"unknown tokens: {counts.unknown:,} of {counts.tokens:,}")
    if counts.cut:
        cut, longest = plural(counts.cut, "line was", "lines were"), plural(loaded.options.max_length, "token")
        progress.note(f"{cut} cut to {longest}, the --max-length of the training")
    if counts.empty:
        empty = plural(counts.empty, "line has no tokens and was", "lines have no tokens and were")
        progress.note(f"{empty} classified as empty texts")
    if 2 * counts.labelled > counts.lines:
        labelled = plural(counts.labelled, "line begins", "lines begin")
        progress.warn(f"{labelled} with a label, which was read as part of the text; --form removes it")


def _count(loaded: Classifier, texts: list[list[int]], counts: Counts) -> None:
    counts.lines += len(texts)
    counts.empty += sum(not ids for ids in texts)
    counts.tokens += sum(map(len, texts))
    counts.unknown += sum(ids.count(loaded.unk_id) for ids in texts)
    if loaded.options.arch == "recurrent":
        counts.cut += sum(len(ids) > loaded.options.max_length for ids in texts)
