"""All commands: their panel, the module that holds them, and their first line of help.

``seqtool --help`` and completion read this table and import no command; a test holds it equal to the commands.
Panels are in the order of the work, and the commands of a panel too.
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
        name: as it is typed, ``train-lm``.
        panel: the heading under which ``seqtool --help`` lists it.
        module: where its function is.
        help: the first line of its help.
        presets: the module whose ``PRESETS`` its ``--preset`` names.
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
        """The command's function; its module is imported."""
        function: Callable[..., Any] = getattr(importlib.import_module(self.module), self.function_name)
        return function

    def known_presets(self) -> tuple[Preset, ...]:
        """What ``--preset`` may name."""
        return importlib.import_module(self.presets).PRESETS if self.presets else ()


COMMANDS = {
    entry.name: entry
    for entry in (
        Entry(
            "doctor",
            "Corpus",
            "seqtool.commands.doctor",
            "What is wrong or odd in a text, what it shares with others, and what each training would take with it.",
        ),
        Entry(
            "preprocess",
            "Corpus",
            "seqtool.commands.corpus",
            "Make a corpus of texts: normalise, tokenise, count the vocabulary, encode as ids.",
        ),
        Entry(
            "phrases",
            "Corpus",
            "seqtool.commands.corpus",
            "Join the collocations of a corpus: new york becomes new_york.",
        ),
        Entry(
            "vocab",
            "Corpus",
            "seqtool.commands.corpus",
            "The vocabulary of a corpus, a model, counts or vectors: id, token, count.",
        ),
        Entry(
            "info",
            "Corpus",
            "seqtool.commands.corpus",
            "What an artifact is: kind, options, summary, what was dropped.",
        ),
        Entry(
            "cooccur", "Count-based vectors", "seqtool.commands.counts", "Count how often words stand near each other."
        ),
        Entry(
            "ppmi",
            "Count-based vectors",
            "seqtool.commands.counts",
            "Turn co-occurrence counts into associations: PMI, PPMI, shifted PPMI.",
        ),
        Entry(
            "svd",
            "Count-based vectors",
            "seqtool.commands.counts",
            "Make word vectors of a matrix by truncated singular value decomposition.",
        ),
        Entry(
            "train-word2vec",
            "Predictive vectors",
            "seqtool.commands.embeddings",
            "Train word vectors by predicting words from their neighbours: word2vec, skip-gram or CBOW.",
        ),
        Entry(
            "train-fasttext",
            "Predictive vectors",
            "seqtool.commands.embeddings",
            "Train word vectors with character n-grams, which give vectors to unknown words too: fastText.",
        ),
        Entry(
            "train-glove",
            "Predictive vectors",
            "seqtool.commands.embeddings",
            "Train word vectors whose products fit the logarithms of co-occurrence counts: GloVe.",
        ),
        Entry(
            "neighbors",
            "Using vectors",
            "seqtool.commands.vectors",
            "The words of the greatest cosine with each word given, the word itself left out.",
        ),
        Entry(
            "analogy",
            "Using vectors",
            "seqtool.commands.vectors",
            "Solve A : B = C : ? with 3CosAdd or 3CosMul; A, B and C are no answers.",
        ),
        Entry("similarity", "Using vectors", "seqtool.commands.vectors", "The cosine of each pair of words."),
        Entry(
            "plot-vectors",
            "Using vectors",
            "seqtool.commands.documents",
            "Draw words where their vectors lie: PNG, SVG or PDF; with --json or --format their coordinates are printed.",
        ),
        Entry(
            "document-vectors",
            "Using vectors",
            "seqtool.commands.documents",
            "A vector for every line of a text, made of its words' vectors; and clusters of lines.",
        ),
        Entry(
            "thesaurus",
            "Using vectors",
            "seqtool.commands.thesaurus",
            "What WordNet knows of a word: its senses, synonyms, antonyms or hypernyms; of two words, how similar they are.",
        ),
        Entry(
            "convert",
            "Using vectors",
            "seqtool.commands.vectors",
            "Write vectors in another form, from artifact to file, file to artifact or file to file; sparse counts as .npz.",
        ),
        Entry(
            "train-ngram",
            "Language models",
            "seqtool.commands.ngrams",
            "Train an n-gram language model: count the n-grams of a text and smooth the counts.",
        ),
        Entry(
            "train-lm",
            "Language models",
            "seqtool.commands.lm",
            "Train a language model: recurrent (RNN, LSTM, GRU, minGRU, minLSTM), transformer or of a fixed window.",
            "seqtool.lm.presets",
        ),
        Entry(
            "perplexity",
            "Language models",
            "seqtool.commands.scoring",
            "Perplexity, bits per character and per byte of a text under a language model.",
        ),
        Entry(
            "score",
            "Language models",
            "seqtool.commands.scoring",
            "The log10 probability of every sentence of a text: one line out for every line in.",
        ),
        Entry(
            "generate",
            "Language models",
            "seqtool.commands.scoring",
            "Write text with a language model, one text a line.",
        ),
        Entry(
            "gradient-flow",
            "Language models",
            "seqtool.commands.lm",
            "How the gradient of one loss shrinks or grows through the steps before it.",
        ),
        Entry(
            "make-task",
            "Sequence to sequence",
            "seqtool.commands.seq2seq",
            "Pairs of a toy problem whose answers are known: a source, a TAB and its target in every line.",
        ),
        Entry(
            "train-seq2seq",
            "Sequence to sequence",
            "seqtool.commands.seq2seq",
            "Train a model that turns one text into another: recurrent with attention, ConvS2S, transformer, Turing machine.",
            "seqtool.seq2seq.presets",
        ),
        Entry(
            "translate",
            "Sequence to sequence",
            "seqtool.commands.seq2seq",
            "Turn lines into lines: one out for every line in, in order; with --n-best so many for each, and their scores.",
        ),
        Entry(
            "plot-attention",
            "Sequence to sequence",
            "seqtool.commands.seq2seq",
            "Where a model looked while it wrote: a row for every token of the target, a column for every one of the source.",
        ),
        Entry(
            "train-classifier",
            "Labelling",
            "seqtool.commands.labelling",
            "Train a model that gives each text a label: recurrent, or logistic regression on TF-IDF or word vectors.",
            "seqtool.labelling.options",
        ),
        Entry(
            "classify",
            "Labelling",
            "seqtool.commands.labelling",
            "A label for every line, and its probability: exactly as many lines come out as go in.",
        ),
        Entry(
            "train-tagger",
            "Labelling",
            "seqtool.commands.tagging",
            "Train a model that gives each word a label: parts of speech, chunks, entities; BiLSTM, spellings, CRF.",
        ),
        Entry(
            "tag",
            "Labelling",
            "seqtool.commands.tagging",
            "Columns with one more, the label of each word: exactly as many lines come out as go in.",
        ),
        Entry(
            "eval-similarity",
            "Evaluation",
            "seqtool.commands.vector_evaluation",
            "How word vectors, or a thesaurus, agree with people on the similarity of words.",
        ),
        Entry(
            "eval-analogy",
            "Evaluation",
            "seqtool.commands.vector_evaluation",
            "Accuracy of word vectors on analogies: per section, semantic, syntactic, total.",
        ),
        Entry(
            "eval-stability",
            "Evaluation",
            "seqtool.commands.vector_evaluation",
            "How far word vectors, such as trainings with different seeds, agree on the nearest neighbours of words.",
        ),
        Entry(
            "eval-labels",
            "Evaluation",
            "seqtool.commands.label_scores",
            "Accuracy, precision, recall and F1 of labels, their confusion and calibration; or F1 of spans.",
        ),
        Entry(
            "eval-translation",
            "Evaluation",
            "seqtool.commands.seq2seq",
            "Exact matches, BLEU and chrF of translations, with sacrebleu's signatures and 95 % bootstrap intervals.",
        ),
        Entry(
            "compare",
            "Evaluation",
            "seqtool.commands.comparing",
            "How much two evaluations of the same data differ, and whether that could be chance.",
        ),
        Entry(
            "report",
            "Evaluation",
            "seqtool.commands.report",
            "One report over models and evaluations: results, learning curves, cost, what was dropped, lineage.",
        ),
        Entry(
            "presets",
            "Help",
            "seqtool.commands.corpus",
            "Named sets of hyper-parameters and the books and papers they come from.",
        ),
    )
}


def python_names() -> list[str]:
    """The names of the commands as functions."""
    return [entry.function_name for entry in COMMANDS.values()]
