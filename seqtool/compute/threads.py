"""Threads over blocks, in order; a thread for a call that does not hear signals."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


def abandonable(function: Callable[[], ResultT]) -> ResultT:
    """``function()`` on a thread that Ctrl-C and SIGTERM leave behind: Python hears no signal inside a foreign call.

    The command line then exits without waiting (`cli.main`); elsewhere the thread goes on until the call returns.
    """
    future: Future[ResultT] = Future()

    def work() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future.result()


def ordered(function: Callable[[ItemT], ResultT], items: Iterable[ItemT], threads: int) -> Iterator[ResultT]:
    """``map(function, items)`` on threads; at most ``threads + 1`` items are under way, results come in order.

    The first item's error is raised first, whichever thread failed first. After an error or Ctrl-C the items under way
    are not waited for.
    """
    pool, finished = ThreadPoolExecutor(threads), False
    pending: deque[Future[ResultT]] = deque()
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
        finished = True
    finally:
        pool.shutdown(wait=finished, cancel_futures=True)
