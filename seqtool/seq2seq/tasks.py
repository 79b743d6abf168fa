"""Toy problems whose answers are known: pairs of a source and its target.

addition   "16+75" → "91"          ("Deep Learning from Scratch 2", section 7.2; Zaremba and Sutskever 2014)
dates      "September 27, 1994" → "1994-09-27", in many spellings        (the book, section 8.2)
copy       "c a f b" → "c a f b"   (Graves et al. 2014, section 4.1)
reverse    "c a f b" → "b f a c"
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from seqtool.artifact.files import replacing
from seqtool.errors import UsageError
from seqtool.seq2seq.options import TaskOptions

Pair = tuple[str, str]

_FIRST_DAY, _LAST_DAY = datetime.date(1970, 1, 1), datetime.date(2069, 12, 31)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def make_task(name: str, options: TaskOptions) -> Iterator[Pair]:
    """The pairs of a problem; the same options give the same pairs.

    Raises:
        UsageError: there is no such problem, or the options contradict each other.
    """
    if name not in _TASKS:
        raise UsageError(f"unknown task: {name}", f"choose one of {', '.join(_TASKS)}")
    if options.min_length > options.max_length:
        lengths = f"--min-length {options.min_length} exceeds --max-length {options.max_length}"
        raise UsageError(lengths, "lower --min-length")
    return _TASKS[name](options, np.random.default_rng(options.seed))


def task_lines(name: str, options: TaskOptions) -> Iterator[str]:
    """The pairs as lines: source, TAB, target."""
    return (f"{source}\t{target}" for source, target in make_task(name, options))


def write_task(name: str, options: TaskOptions, path: Path, overwrite: bool = False) -> bool:
    """Write the pairs to a file, unless it holds them already; whether it was written.

    Raises:
        OutputError: a file of that name exists (unless ``overwrite``), or cannot be written.
    """
    content = "".join(f"{line}\n" for line in task_lines(name, options))
    if path.is_file() and path.read_bytes() == content.encode():
        return False
    with replacing([path], overwrite) as (temporary,):
        temporary.write_text(content, encoding="utf-8")
    return True


def _addition(options: TaskOptions, draw: np.random.Generator) -> Iterator[Pair]:
    """Numbers of 1 to ``digits`` digits, each length as likely."""
    for _ in range(options.size):
        a, b = (int(draw.integers(10 ** int(draw.integers(1, options.digits + 1)))) for _ in range(2))
        yield f"{a}+{b}", str(a + b)


def _dates(options: TaskOptions, draw: np.random.Generator) -> Iterator[Pair]:
    """Days of a hundred years in the spellings of `_SPELLINGS`."""
    days = (_LAST_DAY - _FIRST_DAY).days + 1
    for _ in range(options.size):
        day = _FIRST_DAY + datetime.timedelta(int(draw.integers(days)))
        yield _SPELLINGS[int(draw.integers(len(_SPELLINGS)))](day), day.isoformat()


_SPELLINGS: tuple[Callable[[datetime.date], str], ...] = (
    lambda d: f"{_MONTHS[d.month - 1]} {d.day}, {d.year}",
    lambda d: f"{_MONTHS[d.month - 1].lower()} {d.day}, {d.year}",
    lambda d: f"{_MONTHS[d.month - 1][:3]} {d.day}, {d.year}",
    lambda d: f"{d.day} {_MONTHS[d.month - 1]} {d.year}",
    lambda d: f"{d.day} {_MONTHS[d.month - 1][:3]} {d.year}",
    lambda d: f"{d.month}/{d.day}/{d.year % 100:02d}",
    lambda d: f"{d.month}/{d.day}/{d.year}",
    lambda d: f"{_DAYS[d.weekday()]}, {_MONTHS[d.month - 1]} {d.day}, {d.year}",
    lambda d: f"{d.year}년 {d.month}월 {d.day}일",
)


def _copy(options: TaskOptions, draw: np.random.Generator) -> Iterator[Pair]:
    for _ in range(options.size):
        symbols = draw.integers(options.symbols, size=int(draw.integers(options.min_length, options.max_length + 1)))
        text = " ".join(chr(ord("a") + int(symbol)) for symbol in symbols)
        yield text, text


def _reverse(options: TaskOptions, draw: np.random.Generator) -> Iterator[Pair]:
    for text, _ in _copy(options, draw):
        yield text, text[::-1]


_TASKS: dict[str, Callable[[TaskOptions, np.random.Generator], Iterator[Pair]]] = {
    "addition": _addition,
    "dates": _dates,
    "copy": _copy,
    "reverse": _reverse,
}
TASKS = tuple(_TASKS)
