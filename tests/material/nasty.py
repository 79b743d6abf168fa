"""Small files of every form that texts come in, each with something odd in it, and what they hold by construction."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

_WORDS = (
    *("plain", "words", "of", "a", "text", "<unk>", "</s>", "NA", "null", "#", "##", "-", "0", "1,5", "=1+1", "'tis"),
    *("한국어", "文字", "ไทย", "עברית", "e\u0301", "\U0001f469\u200d\U0001f4bb", "zero\u200bwidth", "\u202eright"),
    *("no\u00a0break", "next\u0085line", "line\u2028separator", "form\ffeed", "wide\u3000space", "unit\x1fmark"),
    *("nul\0byte", "bell\x07", "tag<br/>", "&amp;", "a;b|c", "\ufeffmark", "w" * 300),
)
_QUOTED = ('say "so"', '"whole"', 'odd " one', "comma, inside", "two\nlines", "a\rreturn")


@dataclass
class NastyFile:
    """A file and what is in it.

    Attributes:
        suffix, data: the end of its name, and its bytes.
        texts: of each row that can be read, in order; None for a missing one.
        damaged: rows that cannot be read.
    """

    suffix: str
    data: bytes = b""
    texts: list[str | None] = field(default_factory=list)
    damaged: int = 0

    @property
    def tokens(self) -> Counter[str]:
        """Every token of the rows that can be read, by Python's own idea of white space."""
        return Counter(token for text in self.texts for token in (text or "").replace("\0", " ").split())


def nasty_file(draw: random.Random) -> NastyFile:
    """One file of a form drawn at random."""
    made = draw.choice((_text, _text, _csv, _tsv, _jsonl, _json_array, _conllu))(draw)
    return made if made.texts else nasty_file(draw)  # nothing to read is an error


def _row(draw: random.Random, words: tuple[str, ...] = _WORDS) -> str:
    return draw.choice((" ", " ", "  ", "\t", " \u3000"))[:1].join(draw.choices(words, k=draw.randrange(1, 8)))


def _text(draw: random.Random) -> NastyFile:
    """Lines, some blank, some in no encoding, with any line end and compression, with or without the last newline."""
    made = NastyFile(".txt")
    end = draw.choice((b"\n", b"\n", b"\r\n"))
    lines = []
    for _ in range(draw.randrange(1, 7)):
        text = "" if draw.random() < 0.1 else _row(draw)
        text = text.removeprefix("\ufeff")  # there it would be a byte order mark
        broken = draw.random() < 0.1
        lines.append(text.encode() + (draw.choice((b" \xff", b"\xc3", b" \xed\xa0\x80", b"\xf8")) if broken else b""))
        made.damaged += broken
        if not broken:
            made.texts.append(text)
    made.data = end.join(lines) + (end if draw.random() < 0.8 or not lines[-1] else b"")
    if draw.random() < 0.2 and made.texts and lines[0].startswith(b"plain"):
        made.data = b"\xef\xbb\xbf" + made.data
    packed: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
        (".gz", lambda data: gzip.compress(data[:5]) + gzip.compress(data[5:])),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
    )
    if draw.random() < 0.3:
        suffix, pack = draw.choice(packed)
        made.suffix, made.data = made.suffix + suffix, pack(made.data)
    return made


def _rows(draw: random.Random, made: NastyFile, words: tuple[str, ...]) -> list[list[str]]:
    """Rows of three cells, the text in the second; one in ten has another number of cells."""
    rows = []
    for number in range(draw.randrange(1, 7)):
        row = [str(number), _row(draw, words).replace("\t", " "), draw.choice(("pos", "neg"))]
        if draw.random() < 0.1:
            row = row[:-1] if draw.random() < 0.5 else [*row, "one more"]
            made.damaged += 1
        else:
            made.texts.append(row[1].replace("\r\n", " "))
        rows.append(row)
    return rows


def _csv(draw: random.Random) -> NastyFile:
    made, out = NastyFile(".csv"), io.StringIO(newline="")
    delimiter = draw.choice(",,;|")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=draw.choice(("\n", "\r\n")), quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "text", "label"])
    writer.writerows(_rows(draw, made, (*_WORDS, *_QUOTED)))
    made.data = out.getvalue().encode()
    return made


def _tsv(draw: random.Random) -> NastyFile:
    made = NastyFile(".tsv")
    rows = [["id", "text", "label"], *_rows(draw, made, tuple(word for word in _WORDS if '"' not in word))]
    made.data = "".join("\t".join(row) + "\n" for row in rows).encode()
    return made


def _json_row(draw: random.Random, made: NastyFile) -> str:
    text: str | float | None = draw.choice((_row(draw), _row(draw), None, float("nan"), float("inf")))
    made.texts.append(text if isinstance(text, str) else None)
    return json.dumps(
        {"id": len(made.texts), "text": text, "more": [1, {"text": "no"}]}, ensure_ascii=draw.random() < 0.5
    )


def _jsonl(draw: random.Random) -> NastyFile:
    made = NastyFile(".jsonl")
    made.data = "".join(_json_row(draw, made) + "\n" for _ in range(draw.randrange(1, 7))).encode()
    return made


def _json_array(draw: random.Random) -> NastyFile:
    made = NastyFile(".json")
    rows = [json.loads(_json_row(draw, made)) for _ in range(draw.randrange(1, 7))]
    made.data = json.dumps(rows, indent=draw.choice((None, 2))).encode()
    return made


def _conllu(draw: random.Random) -> NastyFile:
    """Sentences with their text in a comment, or without it; ranges and empty nodes among their words."""
    made, lines = NastyFile(".conllu"), []
    for number in range(draw.randrange(1, 4)):
        words = [word for word in draw.choices(_WORDS, k=draw.randrange(1, 6)) if not set(word) & set("\t\0")] or [
            "one"
        ]
        if draw.random() < 0.5:
            lines += [f"# sent_id = {number}", f"# text = {' '.join(words)}"]
        for place, word in enumerate(words, 1):
            lines.append("\t".join([str(place), word, *"________"]))
            if draw.random() < 0.2:
                lines.append("\t".join([f"{place}.1", "unseen", *"________"]))
        lines.append("")
        made.texts.append(" ".join(words))
    made.data = ("\n".join(lines) + "\n").encode()
    return made
