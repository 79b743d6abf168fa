"""Korean morphemes through Kiwi (``pip install seqtool[korean]``).

Lines are analysed whole: Kiwi reads the context. The tokens are the morphemes' forms (``먹었다`` → ``먹 었 다``), white
space is left out. A line of more than `LONGEST` characters is analysed in parts, because Kiwi's time grows with the
square of a line's length: it is cut at white space, or after so many characters where there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import thread_count
from seqtool.corpus.tokenizers.tokenize import WORDS
from seqtool.errors import InputError

LONGEST = 8192
_PART = re.compile(rf"(?s:.{{1,{LONGEST}}}(?!\S)|.{{1,{LONGEST}}})")
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
        return [form for part in _parts(text) for form in _forms(self._kiwi.tokenize(part))]

    def prepare(self, text: bytes, normalizer: Normalizer) -> bytes:
        """Lines of text → lines of morphemes separated by spaces, case and digits folded before the analysis."""
        lines = [_parts(line) for line in normalizer.fold(text.decode()).split("\n")]
        analysed = self._kiwi.tokenize([part for parts in lines for part in parts])
        return "\n".join(" ".join(form for _ in parts for form in _forms(next(analysed))) for parts in lines).encode()

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
        message = "--tokenizer korean needs the kiwipiepy package"
        raise InputError(message, "install it: pip install 'seqtool[korean]'") from None
    return Kiwi(num_workers=workers)


def _parts(line: str) -> list[str]:
    return [line] if len(line) <= LONGEST else _PART.findall(line)


def _forms(tokens: Iterable[Any]) -> list[str]:
    """The forms of Kiwi's tokens; one that holds white space is several."""
    return [part for token in tokens for part in token.form.replace("\0", " ").split()]
