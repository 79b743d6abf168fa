"""Text classifiers and taggers, with scikit-learn's ``predict`` and ``predict_proba``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from seqtool.api.artifact import OnDisk
from seqtool.corpus.in_memory import line_in_memory, lines_in_memory
from seqtool.errors import UsageError, plural

if TYPE_CHECKING:
    from seqtool.labelling.classification.artifact import Classifier as LoadedClassifier
    from seqtool.labelling.tagging.columns import Sentence
    from seqtool.labelling.tagging.tag import LoadedTagger

Text = str | Sequence[str]
# A word. For a tagger that reads features, the columns of the word's line: ("dog", "NN").
Word = str | Sequence[str]


class Classifier(OnDisk):
    """A text classifier.

    Args:
        loaded: a classifier loaded by `seqtool.labelling.classification`.
    """

    def __init__(self, loaded: LoadedClassifier) -> None:
        self._loaded, self.path = loaded, loaded.artifact.path

    def __repr__(self) -> str:
        shown = ", ".join(self.classes_[:5]) + (", …" if len(self.classes_) > 5 else "")
        labels = plural(len(self.classes_), "label")
        return f"<Classifier {self.path.name}: {self._loaded.options.arch}, {labels} ({shown})>"

    @property
    def classes_(self) -> list[str]:
        """The labels, in the order of `predict_proba`'s columns."""
        return list(self._loaded.labels.names)

    @overload
    def predict(self, texts: str) -> str: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, texts: Iterable[Text]) -> list[str]: ...
    def predict(self, texts: str | Iterable[Text]) -> str | list[str]:
        """Return the most probable label of a text, or a list of labels for several texts."""
        lines = [line_in_memory(texts)] if isinstance(texts, str) else lines_in_memory(texts, "texts")
        found = [self.classes_[column] for column in self._probabilities(lines).argmax(axis=1)] if lines else []
        return found[0] if isinstance(texts, str) else found

    def predict_proba(self, texts: str | Iterable[Text]) -> NDArray[np.float64]:
        """Return the probability of each label, in the order of `classes_`.

        The shape is (C,) for one text and (N, C) for N texts.
        """
        if isinstance(texts, str):
            row: NDArray[np.float64] = self._probabilities([line_in_memory(texts)])[0]
            return row
        return self._probabilities(lines_in_memory(texts, "texts"))

    def _probabilities(self, lines: list[str]) -> NDArray[np.float64]:
        if not lines:
            return np.zeros((0, len(self.classes_)))
        return self._loaded.probabilities([self._loaded.encode(line) for line in lines])


class Tagger(OnDisk):
    """A tagger, which labels every word of a sentence.

    Args:
        loaded: a tagger loaded by `seqtool.labelling.tagging`.
    """

    def __init__(self, loaded: LoadedTagger) -> None:
        self._loaded, self.path = loaded, loaded.artifact.path

    def __repr__(self) -> str:
        labels, words = plural(len(self.classes_), "label"), plural(len(self._loaded.codes.words), "word")
        return f"<Tagger {self.path.name}: {labels}, {words}>"

    @property
    def classes_(self) -> list[str]:
        """The labels."""
        return list(self._loaded.codes.labels.symbols)

    @overload
    def predict(self, sentences: str) -> list[str]: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, sentences: Iterable[str | Sequence[Word]]) -> list[list[str]]: ...
    def predict(self, sentences: str | Iterable[str | Sequence[Word]]) -> list[str] | list[list[str]]:
        """Return the labels of the words of a sentence, or a list of lists for several sentences.

        A sentence is a string, which is split at white space, or a list of words. If the model reads features, give
        each word with the columns of the training text, without the label: ``("dog", "NN")``.

        Raises:
            InputError: a feature that the model reads is missing.
        """
        if isinstance(sentences, str):
            return self._labels([sentences])[0]
        return self._labels(list(sentences))

    def _labels(self, sentences: list[Any]) -> list[list[str]]:
        from seqtool.labelling.tagging.tag import Counts, label_sentences

        rows = [self._columns(sentence, f"sentences[{number}]") for number, sentence in enumerate(sentences)]
        found = iter(label_sentences(self._loaded, [row for row in rows if row.words], 64, Counts()))
        return [next(found) if row.words else [] for row in rows]

    def _columns(self, sentence: Any, name: str) -> Sentence:
        from seqtool.labelling.tagging.columns import Sentence

        words = sentence.split() if isinstance(sentence, str) else list(sentence)
        before = [""] * self._loaded.columns.word
        cells = [[*before, word] if isinstance(word, str) else list(word) for word in words]
        if any(len(row) != len(cells[0]) for row in cells) or not all(isinstance(c, str) for row in cells for c in row):
            raise UsageError(
                f"the words of {name} differ in their number of columns", "give every word the same number of columns"
            )
        lines = ["\t".join(row) for row in cells]
        return Sentence(name, 1, lines, cells, "\t", range(len(lines)), self._loaded.conllu)
