"""Damage that knows what it damages: bytes, lines and cells, numbers, JSON values, and what is compressed."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any

LARGEST = 1 << 16  # bytes of what mutations make, but for the few that repeat

_NUMBER = re.compile(rb"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_CELL = re.compile(rb"[^ \t\n,;|]+")
_NUMBERS = (
    *(b"0", b"-0", b"-1", b"1", b"3", b"255", b"65536", b"2147483647", b"2147483648", b"-2147483649", b"4294967296"),
    *(b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"1" * 30, b"9" * 5000, b"1e308"),
    *(b"1e400", b"-1e400", b"1e-400", b"1e39", b"nan", b"NaN", b"inf", b"-inf", b"-Infinity", b"1_0", b"0x10", b"1,5"),
    *(
        "٣".encode(),
        "½".encode(),
        "²".encode(),
        b"1e",
        b"+5",
        b"--5",
        b"1.",
        b".",
        b"0." + b"0" * 400 + b"1",
        b"",
        b" ",
    ),
)
_TEXTS = (
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\xff", b"\xc3", b"\xed\xb0\x80", b"\r", b"\r\n", b"\n\n", b"\t", b"\t\t"),
    *("\u2028".encode(), "\u0085".encode(), b"\x1c", b"\x0b", b"\f", b"\x1b[31m", b'"', b'""', b'"\n', b"'", b"\\"),
    *(b"\\x", b"\\xff", b"\\n", b"\\", b"#", b":", b"-DOCSTART-", b"__label__", b"<unk>", b"<eos>", b"<s>", b"</s>"),
    *(b"\\data\\", b"\\end\\", b"\\2-grams:", b"ngram 3=2", b"\xed\x95\x9c", "e\u0301".encode(), b"_", b"1-2", b"2.1"),
    *("\U0010ffff".encode(), b"%s", b"{}", b"{0}", b"[red]", b"../..", b"/dev/zero", b"NA", b"null", b"\x80\x04\x95"),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**30, -(2**63), 1e308, float("inf"), float("nan"), 0.5),
    *(
        "",
        "x",
        "0",
        "nan",
        "\ud800",
        "\0",
        "../x",
        "/dev/zero",
        "\x1b[31m",
        "a" * 5000,
        [],
        {},
        [[]],
        {"": {}},
        [0],
        ["x"],
    ),
)
_INTEGERS = (
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    2**15,
    2**16,
    2**31 - 1,
    2**31,
    2**32,
    2**40,
    2**62,
    2**63 - 1,
    -(2**31),
    -(2**63),
)
_SEPARATORS = (b"\t", b" ", b",", b";", b"|", b"  ", b"")
_COMPRESSED: tuple[tuple[bytes, Callable[[bytes], bytes], Callable[[bytes], bytes]], ...] = (
    (b"\x1f\x8b", gzip.decompress, lambda data: gzip.compress(data, mtime=0)),
    (b"BZh", bz2.decompress, bz2.compress),
    (b"\xfd7zXZ", lzma.decompress, lzma.compress),
)


def mutated(draw: Random, seeds: Sequence[bytes], form: str) -> bytes:
    """One of the seeds, damaged once or several times.

    Args:
        draw: decides everything.
        seeds: files that can be read.
        form: ``text``, ``json``, ``binary``, ``safetensors`` or ``compressed``.
    """
    data = draw.choice(seeds)
    if form == "compressed" and draw.random() < 0.5:
        return _inside(draw, data)
    if form == "json" and draw.random() < 0.7:
        return _json(draw, data)
    if form == "safetensors" and draw.random() < 0.6:
        return _header(draw, data)
    kinds = _BYTES if form in ("binary", "safetensors", "compressed") else _ALL
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        data = draw.choice(kinds)(draw, data, seeds)
    return data


def _flip(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]


def _set(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = draw.randrange(len(data))
    return data[:at] + bytes([draw.choice((0, 255, draw.randrange(256)))]) + data[at + 1 :]


def _span(draw: Random, data: bytes) -> tuple[int, int]:
    first = draw.randrange(len(data) + 1)
    return first, min(len(data), first + draw.choice((1, 2, 4, 8, 30, len(data))))


def _delete(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    first, end = _span(draw, data)
    return data[:first] + data[end:]


def _truncate(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def _double(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    first, end = _span(draw, data)
    return (data[:end] + data[first:end] * draw.choice((1, 1, 3, 100)) + data[end:])[:LARGEST]


def _splice(draw: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = draw.choice(seeds)
    return data[: draw.randrange(len(data) + 1)] + other[draw.randrange(len(other) + 1) :]


def _insert(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = draw.choice((0, len(data), draw.randrange(len(data) + 1)))
    return data[:at] + draw.choice((*_TEXTS, *_NUMBERS, draw.randbytes(4))) + data[at:]


def _integer(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    size = draw.choice((1, 2, 4, 4, 8, 8))
    at = draw.randrange(len(data) // size + 1) * size if draw.random() < 0.7 else draw.randrange(len(data) + 1)
    value = draw.choice(_INTEGERS) % (1 << 8 * size)
    return data[:at] + value.to_bytes(size, draw.choice(("little", "little", "big"))) + data[at + size :]


def _number(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    found = list(_NUMBER.finditer(data[:LARGEST]))
    if not found:
        return data
    match = draw.choice(found)
    return data[: match.start()] + draw.choice(_NUMBERS) + data[match.end() :]


def _cell(draw: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """Another cell of the seeds, or an odd text, in the place of a cell; or a cell gone, or there twice."""
    found = list(_CELL.finditer(data[:LARGEST]))
    others = [match[0] for match in _CELL.finditer(draw.choice(seeds))]
    if not found or not others:
        return data
    match, one = draw.choice(found), draw.choice(found)[0]
    new = draw.choice((draw.choice(others), draw.choice(_TEXTS), one + draw.choice(_SEPARATORS) + one, b"", one * 2000))
    return data[: match.start()] + new + data[match.end() :]


def _separator(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    old, new = draw.choice(_SEPARATORS[:4]), draw.choice((*_SEPARATORS, b"\r", b"\0", b"\n"))
    places = [match.start() for match in re.finditer(re.escape(old), data[:LARGEST])]
    if not places:
        return data
    if draw.random() < 0.2:
        return data.replace(old, new)
    at = draw.choice(places)
    return data[:at] + new + data[at + 1 :]


def _lines(draw: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    others = draw.choice(seeds).split(b"\n")
    at, to = draw.randrange(len(lines)), draw.randrange(len(lines))
    what = draw.randrange(9)
    if what == 0:
        del lines[at]
    elif what == 1:
        lines.insert(to, lines[at])
    elif what == 2:
        lines[at], lines[to] = lines[to], lines[at]
    elif what == 3:
        lines.insert(at, draw.choice(others))
    elif what == 4:
        lines[at : at + 1] = [lines[at]] * draw.choice((10, 1100))
    elif what == 5:
        lines.insert(at, b"")
    elif what == 6:
        lines[at : at + 2] = [b"".join(lines[at : at + 2])]
    elif what == 7:
        lines.insert(
            at, draw.choice((b" ", b"\t", b"\r", b"x" * 300_000 if draw.random() < 0.05 else b"x", b"#", b":"))
        )
    else:
        return draw.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b"\0\n")).join(lines)
    return b"\n".join(lines)


_BYTES = (_flip, _flip, _set, _delete, _truncate, _double, _splice, _insert, _integer, _integer, _integer)
_ALL = (*_BYTES[:8], _number, _number, _number, _cell, _cell, _cell, _separator, _lines, _lines, _lines, _lines)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in _places(child, (*path, key)))]


def damaged_value(draw: Random, value: Any) -> Any:
    """A JSON value, one place in it changed."""
    path = draw.choice(_places(value))
    if not path:
        return deepcopy(draw.choice(_VALUES)) if draw.random() < 0.1 else value
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    key, what = path[-1], draw.randrange(8)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, dict):
        holder[draw.choice(("", "x", str(key).upper(), f"{key} ", "\0", "../x"))] = holder.pop(key)
    elif what == 2:
        holder[key] = [holder[key]]
    elif what == 3:
        other = value
        for step in draw.choice(_places(value)):
            other = other[step]
        holder[key] = json.loads(json.dumps(other))
    elif what == 4:
        holder[key] = json.loads("[" * 200 + "]" * 200)
    else:
        holder[key] = deepcopy(draw.choice(_VALUES))  # which a later change would reach otherwise
    return value


def _json(draw: Random, data: bytes) -> bytes:
    if draw.random() < 0.02:
        return draw.choice((b"[", b'{"a":', b"[[],")) * draw.choice((500, 100_000))
    try:
        value = json.loads(data)
    except ValueError:  # several values, one a line
        lines = data.split(b"\n")
        at = draw.randrange(len(lines))
        try:
            lines[at] = json.dumps(damaged_value(draw, json.loads(lines[at]))).encode()
        except ValueError:
            lines[at] = b"{}"
        return b"\n".join(lines)
    for _ in range(draw.choice((1, 1, 2, 3))):
        value = damaged_value(draw, value)
    return json.dumps(value, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")


def _header(draw: Random, data: bytes) -> bytes:
    """Safetensors with another header, whose length is right again, mostly."""
    size = int.from_bytes(data[:8], "little")
    header = _json(draw, data[8 : 8 + size])
    length = len(header) if draw.random() < 0.9 else draw.choice(_INTEGERS) % (1 << 64)
    return length.to_bytes(8, "little") + header + data[8 + size :]


def _inside(draw: Random, data: bytes) -> bytes:
    """A compressed file whose content is damaged, or that has a second member, a bomb or padding after it."""
    for magic, unpack, pack in _COMPRESSED:
        if data.startswith(magic):
            if draw.random() < 0.03:
                return data + pack(b"0 " * (1 << 20))
            inner = unpack(data)
            new = mutated(draw, [inner], "text")
            return draw.choice((pack(new), data + pack(new), pack(new) + b"\0" * 100, pack(inner) + new))
    return data
