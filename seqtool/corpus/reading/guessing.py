"""Which encoding bytes look like: by byte order mark, by validity, else by chardet."""

from __future__ import annotations

import codecs
import unicodedata

WINDOW_BYTES = 1 << 16

# A mark of UTF-32 begins with one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_WIDER = {
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "shift_jis_2004": "cp932",
    "shift_jisx0213": "cp932",
    "euc_jis_2004": "euc-jp",
    "euc_jisx0213": "euc-jp",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "iso2022_jp_2": "iso2022_jp",
    "iso8859-1": "cp1252",
}
_ODD_SHARE = 0.02  # of characters that no text has, in text of an encoding without a mark
_FEWEST_WIDE = 3  # visible characters: in less, NULs say nothing
_FEWEST_NARROW, _BYTES_PER_LINE_END = 8, 4  # bytes of a text, at least, that is surely not UTF-16
_NUL_SHARE = 0.3  # of a line of valid UTF-8: more are not stray ones
_VALID_PER_INVALID = 2  # letters of a text in UTF-8, damaged or mixed; of other encodings one in seven at most
_C1 = bytes(range(0x80, 0xA0))
_PREFERENCE = 1.5  # of Western European
_LEAST_CONFIDENCE = 0.01
_WESTERN = ("cp1252", "iso8859-1")
_PUNCTUATION = b"\x80\x85\x91\x92\x93\x94\x95\x96\x97\x99"  # of cp1252: euro, ellipsis, quotes, dashes …
_CANDIDATES = [
    "cp949",
    "cp932",
    "euc-jp",
    "iso-2022-jp",
    "gb18030",
    "big5hkscs",
    "cp874",
    "koi8-r",
    "koi8-u",
    "cp866",
    "cp437",
    "cp850",
    "cp852",
    "mac-roman",
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp1258",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-5",
    "iso-8859-7",
    "iso-8859-15",
]


def byte_order_mark(head: bytes) -> str | None:
    """The encoding whose byte order mark a text begins with: ``utf-8``, ``utf-16-le``, ``utf-32-be`` …"""
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def guessed_encoding(data: bytes) -> str:
    """The encoding of the beginning of a text, whose last character may be cut off.

    In this order: its byte order mark; UTF-16 or UTF-32 without one; UTF-8 that is valid, or damaged in few places;
    what chardet finds. The same bytes give the same answer.
    """
    data = data[:WINDOW_BYTES]
    found = byte_order_mark(data) or wide_encoding(data)
    if found is not None or not data.isascii():
        return found or ("utf-8" if _mostly_utf8(data) else _detected(data))
    escaped = _detected(data) if b"\x1b" in data else ""
    return escaped if escaped.startswith("iso2022") else "utf-8"


def wide_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32 of either order without a byte order mark, told by where its NULs are."""
    nuls = data.count(0)
    if not nuls or (b"\n" not in data and nuls < _NUL_SHARE * len(data) and decodes(data, "utf-8")):
        return None
    return next((name for name in _UNMARKED if _reads_as(data, name, nuls)), None)


def contradicted_wide_encoding(data: bytes, encoding: str) -> str | None:
    """What bytes look like that are no text in ``encoding``, UTF-16 or UTF-32 of an order; ``None``: it is not sure."""
    nuls = data.count(0)
    if _reads_as(data, encoding, nuls):
        return None
    # Without a NUL there is no line end in UTF-16; its letters may have the byte of one (Gurmukhi, Gujarati).
    lines = data.count(b"\n")
    narrow = not nuls and lines and len(data) > max(_FEWEST_NARROW, _BYTES_PER_LINE_END * lines)
    return guessed_encoding(data) if narrow else wide_encoding(data)


def _reads_as(data: bytes, encoding: str, nuls: int) -> bool:
    """Whether it gives text, in which NULs are halves of ASCII characters and line ends are line ends."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return False
    if sum(not c.isspace() for c in text) < _FEWEST_WIDE:
        return False
    odd = sum(unicodedata.category(c) in ("Cn", "Co", "Cc") and c not in "\t\n\r\f" for c in text)
    line_ends, letters = data.count(b"\n"), sum(c.isascii() for c in text)
    if odd > _ODD_SHARE * len(text) or (line_ends and 2 * text.count("\n") <= line_ends):
        return False
    # Chinese is full of U+4E00, whose NUL is the other half.
    return encoding.startswith("utf-32") or 3 * letters >= nuls


def _mostly_utf8(data: bytes) -> bool:
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(data)
    invalid = text.count("\ufffd")
    return not invalid or sum(not c.isascii() for c in text) - invalid >= _VALID_PER_INVALID * invalid


def _detected(data: bytes) -> str:
    """What chardet finds among the encodings that texts are met in.

    Western European needs half as much more confidence to lose where no byte stands for a letter in the encodings of
    DOS and of old Macs only: of few accents chardet is not sure.
    """
    from chardet import detect_all

    whole = data[: max(data.rfind(b"\n"), data.rfind(b" ")) + 1] or data
    rows = detect_all(whole, ignore_threshold=True, compat_names=False, include_encodings=_CANDIDATES)
    sure = {row["encoding"]: row["confidence"] for row in rows if row["encoding"] and decodes(whole, row["encoding"])}
    best = max(sure, key=lambda name: sure[name], default=None)
    western = max((sure.get(name, 0.0) for name in _WESTERN), default=0.0)
    usual = not any(byte in _C1 and byte not in _PUNCTUATION for byte in whole)
    if best is None or sure[best] < _LEAST_CONFIDENCE or (usual and western * _PREFERENCE >= sure[best]):
        best = "cp1252"
    if best in _WESTERN:  # where they differ, ISO 8859-1 has no characters
        return "cp1252" if any(byte in _C1 for byte in whole) and decodes(whole, "cp1252") else "latin-1"
    return wider_encoding(best, whole) or best


def wider_encoding(encoding: str, data: bytes) -> str | None:
    """The encoding that vendors made of a standard one (cp949 of euc-kr), where it reads the bytes."""
    wider = _WIDER.get(codecs.lookup(encoding).name)
    return wider if wider and decodes(data, wider) else None


def decodes(data: bytes, encoding: str) -> bool:
    """Whether bytes are valid, a last character that is cut off left aside."""
    return _decoded(data, encoding) is not None


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeError:
        return None
