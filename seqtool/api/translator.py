"""Sequence-to-sequence models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from seqtool.api.artifact import OnDisk
from seqtool.api.options import filled
from seqtool.corpus.in_memory import line_in_memory, lines_in_memory
from seqtool.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seqtool.seq2seq.artifact import TranslationModel
    from seqtool.seq2seq.translate import Translation

Line = str | Sequence[str]


class Translator(OnDisk):
    """A sequence-to-sequence model, which translates lines.

    Args:
        loaded: a model loaded by `seqtool.seq2seq`.
    """

    def __init__(self, loaded: TranslationModel) -> None:
        self._loaded, self.path = loaded, loaded.artifact.path

    def __repr__(self) -> str:
        source, target = self._loaded.source, len(self._loaded.target.vocabulary)
        sizes = f"{f'{len(source.vocabulary):,}' if source else 'vectors'} → {target:,}"
        return f"<Translator {self.path.name}: {self._loaded.model.options.arch}, vocabulary {sizes}>"

    @overload
    def translate(self, lines: str, *, method: str = ..., beam: int = ..., **options: Any) -> str: ...
    @overload
    def translate(
        self, lines: Iterable[Line] | NDArray[Any], *, method: str = ..., beam: int = ..., **options: Any
    ) -> list[str]: ...
    def translate(
        self, lines: str | Iterable[Line] | NDArray[Any], *, method: str = "beam", beam: int = 5, **options: Any
    ) -> str | list[str]:
        """Return the translation of a line, or a list in the same order for several lines.

        Args:
            lines: strings or lists of tokens; for a model that reads vectors, an array of shape (N, D).
            method: ``beam``, ``greedy`` or ``sample``.
            beam: number of hypotheses that beam search keeps.
            options: the other options of `seqtool.translate` except n_best: length_penalty, max_tokens, temperature, …
        """
        from seqtool.progress import quieted
        from seqtool.seq2seq.options import TranslateOptions

        if "n_best" in options:
            raise TypeError("translate returns one translation per line; use seqtool.translate for n_best")
        how = filled(TranslateOptions, method=method, beam=beam, **options)
        with quieted():
            texts = [found[0].text for found in self._found(lines, how)]
        return texts[0] if isinstance(lines, str) else texts

    def _found(self, lines: Any, how: Any) -> Iterator[list[Translation]]:
        from seqtool.seq2seq.translate import Counts, translate_lines, translate_vectors

        if self._loaded.source is None:
            if not hasattr(lines, "shape") or len(lines.shape) != 2:
                raise UsageError(f"{self.path.name} reads vectors, not text", "give a numpy array of shape (N, D)")
            return translate_vectors(self._loaded, lines, how, Counts())
        some = [line_in_memory(lines, "lines")] if isinstance(lines, str) else lines_in_memory(lines, "lines")
        return translate_lines(self._loaded, some, how, Counts())
