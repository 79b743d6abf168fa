"""Classifiers of texts and taggers of words, with the methods of scikit-learn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from seqtool.api.artifact import OnDisk
from seqtool.corpus.in_memory import line_in_memory, lines_in_memory
from seqtool.errors import UsageError

if TYPE_CHECKING:
    from seqtool.labelling.classification.artifact import Classifier as LoadedClassifier
    from seqtool.labelling.tagging.columns import Sentence
    from seqtool.labelling.tagging.tag import LoadedTagger

Text = str | Sequence[str]
# A word, or with a tagger that reads features the columns of its line: ("dog", "NN").
Word = str | Sequence[str]


class Classifier(OnDisk):
    """Labels of texts.

    Args:
        loaded: what `seqtool.labelling.classification` loads.
    """

    def __init__(self, loaded: LoadedClassifier) -> None:
        self._loaded, self.path = loaded, loaded.artifact.path

    def __repr__(self) -> str:
        shown = ", ".join(self.classes_[:5]) + (", …" if len(self.classes_) > 5 else "")
        return f"<Classifier {self.path.name}: {self._loaded.options.arch}, {len(self.classes_)} labels ({shown})>"

    @property
    def classes_(self) -> list[str]:
        """The labels, in the order of the columns of `predict_proba`."""
        return list(self._loaded.labels.names)

    @overload
    def predict(self, texts: str) -> str: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, texts: Iterable[Text]) -> list[str]: ...
    def predict(self, texts: str | Iterable[Text]) -> str | list[str]:
        """The likeliest label of a text; of several texts a list."""
        lines = [line_in_memory(texts)] if isinstance(texts, str) else lines_in_memory(texts, "texts")
        found = [self.classes_[column] for column in self._probabilities(lines).argmax(axis=1)] if lines else []
        return found[0] if isinstance(texts, str) else found

    def predict_proba(self, texts: str | Iterable[Text]) -> NDArray[np.float64]:
        """The probabilities of the labels: (C,) of a text, (N, C) of several, in the order of `classes_`."""
        if isinstance(texts, str):
            row: NDArray[np.float64] = self._probabilities([line_in_memory(texts)])[0]
            return row
        return self._probabilities(lines_in_memory(texts, "texts"))

    def _probabilities(self, lines: list[str]) -> NDArray[np.float64]:
        if not lines:
            return np.zeros((0, len(self.classes_)))
        return self._loaded.probabilities([self._loaded.encode(line) for line in lines])


class Tagger(OnDisk):
    """A label for every word.

    Args:
        loaded: what `seqtool.labelling.tagging` loads.
    """

    def __init__(self, loaded: LoadedTagger) -> None:
        self._loaded, self.path = loaded, loaded.artifact.path

    def __repr__(self) -> str:
        return f"<Tagger {self.path.name}: {len(self.classes_)} labels, {len(self._loaded.codes.words):,} words>"

    @property
    def classes_(self) -> list[str]:
        """The labels."""
        return list(self._loaded.codes.labels.symbols)

    @overload
    def predict(self, sentences: str) -> list[str]: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, sentences: Iterable[str | Sequence[Word]]) -> list[list[str]]: ...
    def predict(self, sentences: str | Iterable[str | Sequence[Word]]) -> list[str] | list[list[str]]:
        """The labels of the words of a sentence; of several sentences a list of lists.

        A sentence is a string, split at white space, or a list of words. Where the model reads features, a word is
        given with the columns that it had in the training text, without the label: ``("dog", "NN")``.

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
            raise UsageError(f"{name} has words of different numbers of columns", "give every word its features")
        lines = ["\t".join(row) for row in cells]
        return Sentence(name, 1, lines, cells, "\t", range(len(lines)), self._loaded.conllu)
