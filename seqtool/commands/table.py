"""All commands, each with its panel, its module and the first line of its help.

``seqtool --help`` and completion read this table and import no command; a test checks it against the commands.
Panels, and the commands of a panel, are in the order in which people use them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqtool.options import Preset


@dataclass(frozen=True)
class Entry:
    """One command.

    Attributes:
        name: the name on the command line, ``train-lm``.
        panel: the heading under which ``seqtool --help`` lists it.
        module: the module of its function.
        help: the first line of its help.
        presets: the module whose ``PRESETS`` contains the values of ``--preset``.
    """

    name: str
    panel: str
    module: str
    help: str
    presets: str | None = None

    @property
    def function_name(self) -> str:
        """``train-lm`` → ``train_lm``."""
        return self.name.replace("-", "_")

    def function(self) -> Callable[..., Any]:
        """Import the command's module and return its function."""
        function: Callable[..., Any] = getattr(importlib.import_module(self.module), self.function_name)
        return function

    def known_presets(self) -> tuple[Preset, ...]:
        """The presets that ``--preset`` may name."""
        return importlib.import_module(self.presets).PRESETS if self.presets else ()


COMMANDS = {
    entry.name: entry
    for entry in (
        Entry(
            "doctor",
            "Corpora and artifacts",
            "seqtool.commands.doctor",
            "Check texts for problems and estimate training costs.",
        ),
        Entry(
            "preprocess", "Corpora and artifacts", "seqtool.commands.corpus", "Turn texts into a corpus of token ids."
        ),
        Entry(
            "phrases",
            "Corpora and artifacts",
            "seqtool.commands.corpus",
            "Join frequent collocations: new york becomes new_york.",
        ),
        Entry(
            "vocab",
            "Corpora and artifacts",
            "seqtool.commands.corpus",
            "List the vocabulary of a corpus, model or vectors.",
        ),
        Entry(
            "info",
            "Corpora and artifacts",
            "seqtool.commands.corpus",
            "Describe an artifact: options, summary, dropped items.",
        ),
        Entry(
            "presets",
            "Corpora and artifacts",
            "seqtool.commands.corpus",
            "List named sets of options and the papers they are from.",
        ),
        Entry(
            "cooccur",
            "Training word vectors",
            "seqtool.commands.counts",
            "Count how often words occur near each other.",
        ),
        Entry(
            "ppmi",
            "Training word vectors",
            "seqtool.commands.counts",
            "Convert co-occurrence counts to PMI, PPMI or shifted PPMI.",
        ),
        Entry(
            "svd",
            "Training word vectors",
            "seqtool.commands.counts",
            "Compute word vectors from a matrix by truncated SVD.",
        ),
        Entry(
            "train-word2vec",
            "Training word vectors",
            "seqtool.commands.embeddings",
            "Train word2vec vectors: skip-gram or CBOW.",
        ),
        Entry(
            "train-fasttext",
            "Training word vectors",
            "seqtool.commands.embeddings",
            "Train fastText vectors from words and their n-grams.",
        ),
        Entry(
            "train-glove",
            "Training word vectors",
            "seqtool.commands.embeddings",
            "Train GloVe vectors on co-occurrence counts.",
        ),
        Entry(
            "neighbors",
            "Using word vectors",
            "seqtool.commands.vectors",
            "Find the nearest words by cosine similarity.",
        ),
        Entry(
            "analogy",
            "Using word vectors",
            "seqtool.commands.vectors",
            "Solve word analogies: A is to B as C is to what?",
        ),
        Entry(
            "similarity",
            "Using word vectors",
            "seqtool.commands.vectors",
            "Compute the cosine similarity of word pairs.",
        ),
        Entry(
            "plot-vectors",
            "Using word vectors",
            "seqtool.commands.documents",
            "Draw a map of word vectors: PNG, SVG or PDF.",
        ),
        Entry(
            "document-vectors",
            "Using word vectors",
            "seqtool.commands.documents",
            "Compute a vector for each line, and cluster the lines.",
        ),
        Entry(
            "thesaurus",
            "Using word vectors",
            "seqtool.commands.thesaurus",
            "Look a word up in WordNet, or compare two words.",
        ),
        Entry(
            "convert",
            "Using word vectors",
            "seqtool.commands.vectors",
            "Convert vectors between formats; sparse counts to .npz.",
        ),
        Entry("train-ngram", "Language models", "seqtool.commands.ngrams", "Train an n-gram language model."),
        Entry(
            "train-lm",
            "Language models",
            "seqtool.commands.lm",
            "Train a recurrent, transformer or window language model.",
            "seqtool.lm.presets",
        ),
        Entry(
            "perplexity",
            "Language models",
            "seqtool.commands.scoring",
            "Measure the perplexity of a language model on a text.",
        ),
        Entry(
            "score",
            "Language models",
            "seqtool.commands.scoring",
            "Compute the log10 probability of each line of a text.",
        ),
        Entry("generate", "Language models", "seqtool.commands.scoring", "Generate text with a language model."),
        Entry(
            "gradient-flow",
            "Language models",
            "seqtool.commands.lm",
            "Measure how gradients shrink or grow over time steps.",
        ),
        Entry(
            "make-task",
            "Sequence to sequence",
            "seqtool.commands.seq2seq",
            "Generate source-target pairs of a toy task.",
        ),
        Entry(
            "train-seq2seq",
            "Sequence to sequence",
            "seqtool.commands.seq2seq",
            "Train a model that turns source texts into target texts.",
            "seqtool.seq2seq.presets",
        ),
        Entry("translate", "Sequence to sequence", "seqtool.commands.seq2seq", "Translate each input line."),
        Entry(
            "plot-attention",
            "Sequence to sequence",
            "seqtool.commands.seq2seq",
            "Draw the attention between a source and its target.",
        ),
        Entry(
            "train-classifier",
            "Labelling",
            "seqtool.commands.labelling",
            "Train a text classifier: neural or logistic regression.",
            "seqtool.labelling.options",
        ),
        Entry("classify", "Labelling", "seqtool.commands.labelling", "Predict a label for each line."),
        Entry(
            "train-tagger",
            "Labelling",
            "seqtool.commands.tagging",
            "Train a tagger: parts of speech, chunks or entities.",
        ),
        Entry("tag", "Labelling", "seqtool.commands.tagging", "Predict a label for each word of a column file."),
        Entry(
            "eval-similarity",
            "Evaluation",
            "seqtool.commands.vector_evaluation",
            "Compare word similarities with human ratings.",
        ),
        Entry(
            "eval-analogy",
            "Evaluation",
            "seqtool.commands.vector_evaluation",
            "Measure the accuracy of word vectors on analogies.",
        ),
        Entry(
            "eval-stability",
            "Evaluation",
            "seqtool.commands.vector_evaluation",
            "Measure how far vectors agree on nearest neighbors.",
        ),
        Entry(
            "eval-labels",
            "Evaluation",
            "seqtool.commands.label_scores",
            "Score labels: accuracy, F1, confusion, calibration.",
        ),
        Entry(
            "eval-translation",
            "Evaluation",
            "seqtool.commands.seq2seq",
            "Score translations: exact match, BLEU and chrF.",
        ),
        Entry(
            "compare",
            "Evaluation",
            "seqtool.commands.comparing",
            "Test whether two evaluations differ by more than chance.",
        ),
        Entry("report", "Evaluation", "seqtool.commands.report", "Build one report from models and evaluations."),
    )
}


def python_names() -> list[str]:
    """The names of the commands as functions."""
    return [entry.function_name for entry in COMMANDS.values()]
