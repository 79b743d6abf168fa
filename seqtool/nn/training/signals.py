"""Ctrl-C, SIGTERM and a lost terminal as an event, so that a step is never cut in half."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from seqtool import signals

# `timeout` and some supervisors send a signal to a process and to its group: the second is the same wish.
_SAME_WISH_SECONDS = 1.0


@contextmanager
def stop_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM or SIGHUP sets; another signal, more than a second later, stops at once."""
    stopped, first = threading.Event(), 0.0

    def handle(number: int, frame: object) -> None:
        nonlocal first
        signals.received.append(number)
        if not stopped.is_set():
            first = time.monotonic()
            stopped.set()
        elif time.monotonic() - first > _SAME_WISH_SECONDS:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    before = [(number, signal.signal(number, handle)) for number in signals.heard()]
    try:
        yield stopped
    finally:
        for number, handler in before:
            signal.signal(number, handler)
