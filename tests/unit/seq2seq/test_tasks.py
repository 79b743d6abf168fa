"""Toy problems: right answers, by looking at them in another way."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest

from seqtool.errors import UsageError
from seqtool.seq2seq.options import TaskOptions
from seqtool.seq2seq.tasks import TASKS, make_task

SOME = TaskOptions(size=500)
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def test_sums_are_sums() -> None:
    pairs = list(make_task("addition", SOME))
    assert len(pairs) == 500
    assert all(int(target) == eval(source) for source, target in pairs)  # digits and + alone
    assert {len(number) for source, _ in pairs for number in source.split("+")} == {1, 2, 3}


def read_date(text: str) -> date:
    """The day that a spelling means, by `datetime.strptime`."""
    korean = re.fullmatch(r"(\d+)년 (\d+)월 (\d+)일", text)
    if korean:
        return date(*map(int, korean.groups()))
    for form in ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%m/%d/%y", "%m/%d/%Y", "%A, %B %d, %Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise AssertionError(text)


def test_dates_are_the_days_that_are_spelled() -> None:
    pairs = list(make_task("dates", SOME))
    for source, target in pairs:
        day = date.fromisoformat(target)
        found = read_date(source)
        assert (found.month, found.day, found.year % 100) == (day.month, day.day, day.year % 100), source
        for index, name in enumerate(WEEKDAYS):
            assert name not in source or day.weekday() == index
    assert any("년" in source for source, _ in pairs)


def test_copies_and_reversals() -> None:
    options = TaskOptions(size=300, min_length=2, max_length=5, symbols=3)
    copies, turned = list(make_task("copy", options)), list(make_task("reverse", options))
    assert all(source == target for source, target in copies)
    assert all(source.split() == target.split()[::-1] for source, target in turned)
    assert {len(source.split()) for source, _ in copies} == {2, 3, 4, 5}
    assert {symbol for source, _ in copies for symbol in source.split()} == {"a", "b", "c"}


@pytest.mark.parametrize("task", TASKS)
def test_the_same_seed_gives_the_same_pairs(task: str) -> None:
    first, again, other = (list(make_task(task, TaskOptions(size=50, seed=seed))) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_lengths_that_contradict_each_other() -> None:
    with pytest.raises(UsageError, match="--min-length 9"):
        make_task("copy", TaskOptions(min_length=9, max_length=3))
