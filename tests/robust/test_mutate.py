"""What the harness of small faults puts into a module, and that its list of those that change nothing is up to date."""

from __future__ import annotations

import pytest
from mutate.equivalent import EQUIVALENT, Equivalent
from mutate.faults import ROOT, faults, sample

SOURCE = b'''
import os
LIMIT = 3
BLOCK_BYTES = 1 << 20
Cell = int | None

class Box:
    size: int = option(4, "how large")

    def holds(self, items, strict=True):
        """How many there are: 5 < 6."""
        if not items:
            raise ValueError(1 + 1)
        print(items[-1], "x")
        return zip(items, items[1:]), len(items) <= self.size and max(2, 1)
'''


def test_faults_are_of_code_alone() -> None:
    found = {(fault.line, fault.scope, fault.old, fault.new) for fault in faults("m.py", SOURCE)}
    scope = "Box.holds"
    assert found == {
        (3, "LIMIT", "3", "(4)"),
        (10, scope, "True", "(False)"),
        (12, scope, "not items", "(items)"),
        (14, scope, 'print(items[-1], "x")', "pass"),
        (14, scope, 'print(items[-1], "x")', "(print('x', items[-1]))"),
        (14, scope, "-1", "(1)"),
        (14, scope, "1", "(2)"),
        (15, scope, "return zip(items, items[1:]), len(items) <= self.size and max(2, 1)", "return None"),
        (15, scope, "1", "(2)"),
        (15, scope, "2", "(3)"),
        (15, scope, "len(items) <= self.size and max(2, 1)", "(len(items) <= self.size or max(2, 1))"),
        (15, scope, "len(items) <= self.size", "(len(items) < self.size)"),
    }


def test_a_sample_is_that_of_its_seed_and_begins_as_a_smaller_one() -> None:
    drawn = sample(30, 5, "metrics/")
    assert len({*drawn}) == 30
    assert drawn[:10] == sample(10, 5, "metrics/") != sample(10, 6, "metrics/")


@pytest.mark.parametrize("one", EQUIVALENT, ids=lambda one: one.code[:40])
def test_a_fault_that_changes_nothing_is_one_of_the_source(one: Equivalent) -> None:
    found = faults(one.path, (ROOT / one.path).read_bytes())
    assert any(one.is_of(fault) for fault in found)
