"""Korean morphemes through Kiwi (``pip install seqtool[korean]``).

Lines are analysed whole: Kiwi reads the context. The tokens are the morphemes' forms (``먹었다`` → ``먹 었 다``), white
space is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import thread_count
from seqtool.corpus.tokenizers.tokenize import WORDS
from seqtool.errors import InputError

_LEAST_WORKERS = 2  # Kiwi takes an iterable of lines only where it may work asynchronously


class KoreanTokenizer:
    """Morphemes by Kiwi.

    Args:
        threads: Kiwi's own; all cores if None.
    """

    name = "korean"
    lossless = False
    mode = WORDS
    by_line = True
    understands_unknown = False

    def __init__(self, threads: int | None = None) -> None:
        self._kiwi = _kiwi(max(_LEAST_WORKERS, thread_count(threads)))

    def tokenize(self, text: str) -> list[str]:
        """The morphemes of a normalised line."""
        return _forms(self._kiwi.tokenize(text))

    def prepare(self, text: bytes, normalizer: Normalizer) -> bytes:
        """Lines of text → lines of morphemes separated by spaces, case and digits folded before the analysis."""
        lines = normalizer.fold(text.decode()).split("\n")
        return "\n".join(" ".join(_forms(tokens)) for tokens in self._kiwi.tokenize(lines)).encode()

    def tokenize_pretokens(self, pretokens: list[str]) -> Iterator[list[str]]:
        """A pretoken of what `prepare` returns is a token."""
        return ([pretoken] for pretoken in pretokens)

    def detokenize(self, tokens: Iterable[str]) -> str:
        """The morphemes with spaces between them."""
        return " ".join(tokens)


@cache
def _kiwi(workers: int) -> Any:
    """Kiwi's model, which takes seconds and 400 MB to load, once per process."""
    try:
        from kiwipiepy import Kiwi
    except ImportError:
        message = "--tokenizer korean needs the package kiwipiepy"
        raise InputError(message, "pip install seqtool[korean]") from None
    return Kiwi(num_workers=workers)


def _forms(tokens: Iterable[Any]) -> list[str]:
    """The forms of Kiwi's tokens; one that holds white space is several."""
    return [part for token in tokens for part in token.form.replace("\0", " ").split()]
