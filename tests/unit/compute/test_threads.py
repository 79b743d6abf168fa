from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from seqtool.compute.threads import abandonable, ordered


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """What calls under way wait for; set at the end of the test."""
    event = threading.Event()
    yield event
    event.set()


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_an_abandonable_call_gives_its_result_or_its_error() -> None:
    assert abandonable(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        abandonable(lambda: 1 // 0)


def test_a_call_that_hears_nothing_is_left_behind(hold: threading.Event) -> None:
    done: list[bool] = []
    threading.Timer(0.05, interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        abandonable(lambda: done.append(hold.wait(60)))
    assert done == []


def test_items_under_way_are_left_behind(hold: threading.Event) -> None:
    done: list[bool] = []
    threading.Timer(0.05, interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        list(ordered(lambda _: done.append(hold.wait(60)), range(9), 2))
    assert done == []


def test_results_come_in_order_and_the_first_error_first() -> None:
    assert list(ordered(lambda x: x * x, range(20), 3)) == [x * x for x in range(20)]
    found: list[float] = []
    with pytest.raises(ZeroDivisionError):
        found.extend(ordered(lambda x: 6 / (2 - x), range(5), 2))
    results = ordered(lambda x: 6 / (2 - x), range(5), 2)
    assert [next(results), next(results)] == [3.0, 6.0]
    with pytest.raises(ZeroDivisionError):
        next(results)
