"""Kinds of lines that a text for training seldom wants, and what removes each."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import NamedTuple

from seqtool.corpus.doctor.remedies import Reading, from_mark, rewritten, until_mark

COMPOSED = "letters that are not composed (NFC)"
UNKNOWN = "<unk> for words that were left out"
REPLACED = "replacement characters (U+FFFD)"
MARKDOWN, BOLD, TITLE = "Markdown marks", "Markdown bold marks", "Markdown titles"
STRAIGHT, CURLY = "straight apostrophes", "curly apostrophes beside straight ones"
_BOLD_SHARE = 0.01  # of the lines: fewer are somebody's emphasis

# These patterns have no backslash and no quote: they are part of the commands that remove what they match.
_TAG = "(?!</?(?:unk|UNK|s|eos|bos|pad|mask|user|url|num|number|hashtag)>)</?[a-zA-Z][^<>]{0,200}>|<!--.{0,500}?-->"
_MATH = "(?<![A-Za-z0-9$])[$]{1,2}(?=[!-#%-/:-~]|[0-9][^$]*[_{}^=])[^$]{0,200}(?<=[!-#%-~])[$]{1,2}(?![A-Za-z0-9$])"
_LINK = "!?(?!Z)[Z-[]([^][]+)[]][(][^() ]+[)]"  # [[] would be a set within a set to Python
_FENCE = "^(?:```|~~~).*"
_MARK = "</?s>"
_GUTENBERG = "^[*][*][*] *{} OF TH.* PROJECT GUTENBERG"
_ENTITY = re.compile("&(?:[a-zA-Z][a-zA-Z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")


def _has_markup(line: str) -> bool:
    return bool(_tag(line)) or any(html.unescape(entity) != entity for entity in _ENTITY.findall(line))


_tag = re.compile(_TAG).search

# What finds each in a line.
KINDS: dict[str, Callable[[str], object]] = {
    "carriage returns inside": re.compile("\r").search,
    "control characters": re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]").search,
    "control characters of the C1 range": re.compile(r"[\x80-\x9f]").search,
    "invisible characters (zero width, soft hyphen)": re.compile(
        "[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]"
    ).search,
    "no-break and other odd spaces": re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]").search,
    REPLACED: re.compile("\ufffd").search,
    "private-use characters": re.compile("[\ue000-\uf8ff]").search,
    "HTML tags or entities": _has_markup,
    MARKDOWN: re.compile(f"{_LINK}|{_FENCE}|^#{{2,6}} +[^#]+$").search,
    TITLE: re.compile("^# +[^ #]").search,
    BOLD: re.compile(r"(?<![*\w])\*\*\w[^*]*\w\*\*(?![*\w])").search,
    "LaTeX formulas ($…$)": re.compile(_MATH).search,
    "sentence marks (<s>, </s>)": re.compile(_MARK).search,
    "the beginning of a Project Gutenberg text": re.compile(_GUTENBERG.format("START")).search,
    "the end of a Project Gutenberg text": re.compile(_GUTENBERG.format("END")).search,
    STRAIGHT: re.compile(r"\w'\w").search,
    CURLY: re.compile(r"\w’\w").search,
    UNKNOWN: re.compile("<(?:unk|UNK)>").search,
    "web addresses": re.compile(r"https?://\S+").search,
}


class _Rewriting(NamedTuple):
    """Why lines should be rewritten, and the Python expression of ``line`` that does it."""

    why: str
    expression: str


_MARKDOWN = _Rewriting(
    "remove the marks before you preprocess",
    f're.sub("{_FENCE}|^#{{1,6}} +", "", re.sub("{_LINK}", lambda m: m[1], line)).replace("**", "")',
)
_REWRITINGS = {
    "HTML tags or entities": _Rewriting(
        "remove the markup before you preprocess", f'html.unescape(re.sub("{_TAG}", " ", line))'
    ),
    **dict.fromkeys((MARKDOWN, BOLD, TITLE), _MARKDOWN),
    "LaTeX formulas ($…$)": _Rewriting("replace them by one word", f're.sub("{_MATH}", "MATH", line)'),
    "sentence marks (<s>, </s>)": _Rewriting(
        "seqtool marks the ends of sentences itself, and ARPA files cannot hold these words; remove them",
        f're.sub("{_MARK}", "", line).strip() + chr(10)',
    ),
    CURLY: _Rewriting("the same word is two types; use one of them", "line.translate({8216: 39, 8217: 39})"),
    "control characters of the C1 range": _Rewriting(
        "text in cp1252 that was read as latin-1 earlier",
        'line.translate({i: bytes([i]).decode("cp1252", "ignore") for i in range(128, 160)})',
    ),
}
_ADVICE = {
    COMPOSED: "preprocess composes them (--normalize nfc, the default)",
    "carriage returns inside": "--newline any reads them as line ends (old Mac)",
    "control characters": "clean them out; they become tokens or parts of tokens",
    "invisible characters (zero width, soft hyphen)": "clean them out: two words that look the same differ",
    "no-break and other odd spaces": "they are white space to every tokenizer but char",
    REPLACED: "an earlier step lost letters here: go back to the source",
    "private-use characters": "letters of one font: map them to Unicode",
    UNKNOWN: "whitespace and word read it as an unknown word (docs/preprocessing.md)",
    "web addresses": "rare tokens: replace them by one, if they do not matter",
}


def remedy(what: str, reading: Reading) -> str:
    """What to do about the lines of a kind, with an option or a command where one does it."""
    if what == "control characters of the C1 range" and reading.encoding in ("latin-1", "iso8859-1"):
        return "give --encoding cp1252: there they are quotes, dashes and the euro sign"
    if what in _REWRITINGS:
        return rewritten(reading, *_REWRITINGS[what])
    if what.endswith("Project Gutenberg text"):
        start = "beginning" in what
        told = "the lines above do not belong to the text" if start else "the lines below are its license"
        pattern = _GUTENBERG.format("START" if start else "END")
        return from_mark(reading, told, pattern) if start else until_mark(reading, told, pattern)
    return _ADVICE[what]


def told(what: str, odd: dict[str, int], lines: int) -> bool:
    """Whether lines of a kind are worth telling, given how many there are of each."""
    if what == STRAIGHT:
        return False
    if what == CURLY:
        return odd[STRAIGHT] > 0
    if what == TITLE:  # alone it is a comment
        return odd[MARKDOWN] + odd[BOLD] > 0
    return what != BOLD or odd[MARKDOWN] > 0 or odd[BOLD] >= _BOLD_SHARE * lines
