"""Which encoding bytes look like: by byte order mark, by validity, else by chardet."""

from __future__ import annotations

import codecs
import re
import unicodedata

WINDOW_BYTES = 1 << 20  # of a text, whose letters beyond ASCII may be far apart
_WIDE_WINDOW = 1 << 16

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
    "big5hkscs": "cp950",
    "iso2022_jp_2": "iso2022_jp",
    "iso8859-1": "cp1252",
}
_ODD_SHARE = 0.02  # of characters that no text has, in text of an encoding without a mark
_FEWEST_WIDE = 3  # visible characters: in less, NULs say nothing
_FEWEST_NARROW, _BYTES_PER_LINE_END = 8, 4  # bytes of a text, at least, that is surely not UTF-16
_NUL_SHARE = 0.3  # of a line of valid UTF-8: more are not stray ones
_VALID_PER_INVALID = 2  # letters of a text in UTF-8, damaged or mixed; of other encodings one in seven at most
_BYTES_OF_UTF8 = 2  # that follow the first of a letter, in a line: fewer may be chance
_SEVERAL_BYTES = ("cp949", "cp932", "euc_jp", "gb18030", "cp950")  # a letter
_UNDAMAGED = 0.75  # least share of lines, beyond ASCII, that their encoding reads
_C1 = bytes(range(0x80, 0xA0))
_BEYOND = re.compile(rb"(?:(?<=([A-Za-z]))|)([\x80-\xff]+)(?=([A-Za-z]?))")  # and the letters of ASCII beside them
_SIGNS = re.compile(rb"[\xa1-\xa9\xac\xae\xaf\xb1-\xb3\xb6\xb8\xb9\xbc-\xbf]")  # of ISO 8859-1
_SIGNS_WITHIN = 0.05  # words: of more, most are letters
_LONG_RUN = 3  # letters beyond ASCII in a row: Latin without letters of ASCII beside them has no more
_NOT_LETTERS = bytes([*range(0x80, 0x8A), *range(0x91, 0x9A), 0xA0, 0xAB, 0xB0, 0xB7, 0xBB])  # quotes and the like
_KANA = re.compile("[\u3041-\u30fe]")
_FEW_WORDS = 3
_PREFERENCE = 1.5  # of Western European
_LEAST_CONFIDENCE = 0.01
_WESTERN = ("cp1252", "iso8859-1")
_OF_OTHER_SCRIPTS = (
    *("cp874", "koi8-r", "koi8-u", "cp866", "cp1251", "iso8859-5"),
    *("cp1253", "iso8859-7", "cp1255", "cp1256"),
)
_OF_THE_EAST = ("cp1250", "iso8859-2", "cp852", "cp1254", "cp1257", "cp1258")
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
    data = data[:_WIDE_WINDOW]
    nuls = data.count(0)
    if not nuls or (b"\n" not in data and nuls < _NUL_SHARE * len(data) and decodes(data, "utf-8")):
        return None
    return next((name for name in _UNMARKED if reads_as(data, name)), None)


def contradicted_wide_encoding(data: bytes, encoding: str) -> str | None:
    """What bytes look like that are no text in ``encoding``, UTF-16 or UTF-32 of an order; ``None``: it is not sure."""
    if reads_as(data, encoding):
        return None
    # Without a NUL there is no line end in UTF-16; its letters may have the byte of one (Gurmukhi, Gujarati).
    nuls, lines = data.count(0), data.count(b"\n")
    narrow = not nuls and lines and len(data) > max(_FEWEST_NARROW, _BYTES_PER_LINE_END * lines)
    return guessed_encoding(data) if narrow else wide_encoding(data)


def reads_as(data: bytes, encoding: str) -> bool:
    """Whether UTF-16 or UTF-32 gives text, in which NULs are halves of ASCII characters and line ends are line ends."""
    data = data[:_WIDE_WINDOW]
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
    return encoding.startswith("utf-32") or 3 * letters >= data.count(0)


def _mostly_utf8(data: bytes) -> bool:
    if decodes(data, "utf-8"):
        return True
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(data)
    invalid = text.count("\ufffd")
    return sum(not c.isascii() for c in text) - invalid >= _VALID_PER_INVALID * invalid


def _detected(data: bytes) -> str:
    """What chardet finds among the encodings that texts are met in.

    Lines of valid UTF-8 are left aside, in a mixture. An encoding of several bytes a letter may be damaged in a few
    lines: any encoding of single bytes would read these too, and all others wrongly.
    """
    whole = data[: max(data.rfind(b"\n"), data.rfind(b" ")) + 1] or data
    lines = [line for line in whole.splitlines() if not line.isascii()]
    lines = [line for line in lines if not is_utf8_line(line)] or lines or [whole]
    best = _best(lines)
    if _codec(best) not in _SEVERAL_BYTES and len(lines) > 1:
        for several in _SEVERAL_BYTES:
            valid = [line for line in lines if decodes(line + b"\n", several)]  # none is cut off
            if _UNDAMAGED * len(lines) <= len(valid) < len(lines) and _codec(_best(valid)) == several:
                return several
    return best


def _codec(encoding: str) -> str:
    return codecs.lookup(_WIDER.get(codecs.lookup(encoding).name, encoding)).name


def _best(lines: list[bytes]) -> str:
    """The most likely encoding of lines, by their words beyond ASCII: the others are the same in all.

    Western European needs half as much more confidence to lose where no byte stands for a letter in the encodings of
    DOS and of old Macs only: of few accents chardet is not sure.
    """
    from chardet import detect_all

    whole = b"\n".join(lines)
    found = (word for word in whole.split() if not word.isascii() or b"\x1b" in word)
    words = b" ".join(dict.fromkeys(found)) or whole
    if {byte for byte in words if byte >= 0x80} <= {*_PUNCTUATION} and not words.isascii():
        return "cp1252"
    for japanese in ("cp932", "euc-jp"):  # of few different kana chardet does not see the pairs
        text = _decoded(words, japanese) or ""
        if 2 * len(_KANA.findall(text)) > sum(not character.isascii() for character in text):
            return japanese
    rows = detect_all(words, ignore_threshold=True, compat_names=False, include_encodings=_CANDIDATES)
    unlikely = _unlikely(words)
    sure = {
        row["encoding"]: row["confidence"]
        for row in rows
        if row["encoding"] and row["encoding"] not in unlikely and decodes(whole, row["encoding"])
    }
    best = max(sure, key=lambda name: sure[name], default=None)
    western = max((sure.get(name, 0.0) for name in _WESTERN), default=0.0)
    usual = not any(byte in _C1 and byte not in _PUNCTUATION for byte in whole)
    alike = best is not None and words.count(b" ") < _FEW_WORDS and _decoded(words, best) == _decoded(words, "cp1252")
    if best is None or alike or sure[best] < _LEAST_CONFIDENCE or (usual and western * _PREFERENCE >= sure[best]):
        best = "cp1252"
    if best in _WESTERN:  # where they differ, ISO 8859-1 has no characters
        return "cp1252" if any(byte in _C1 for byte in whole) and decodes(whole, "cp1252") else "latin-1"
    return wider_encoding(best, whole) or best


def _unlikely(words: bytes) -> tuple[str, ...]:
    """Encodings of single bytes in which words beyond ASCII would be of two scripts, or have signs among their letters.

    A letter beside those of ASCII is Latin; a word without any of them seldom is.
    """
    runs = [run for run in _BEYOND.findall(words) if run[1].translate(None, _NOT_LETTERS)]
    longest = max((len(run) for _, run, _ in runs), default=0)
    beside = sum(bool(before or after) for before, _, after in runs)
    if 2 * beside > len(runs) or longest < 2:
        if not beside:  # words of a letter, as Western languages have them (à, é, ó)
            return _OF_OTHER_SCRIPTS + _OF_THE_EAST
        within = sum(bool(before and after and _SIGNS.search(run)) for before, run, after in runs)
        return _OF_OTHER_SCRIPTS + (_WESTERN if within > _SIGNS_WITHIN * len(runs) else ())
    return () if beside or longest <= _LONG_RUN else _WESTERN


def is_utf8_line(line: bytes) -> bool:
    """Whether a line is UTF-8 that other encodings hardly give by chance: all of it valid, with several letters."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return False
    return len(line) - len(text) >= _BYTES_OF_UTF8


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
