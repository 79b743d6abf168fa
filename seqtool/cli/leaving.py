"""How a command ends after a signal: soon, silently but for one line, with the signal's exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from seqtool import signals
from seqtool.progress import say_last

GRACE_SECONDS = 1.3
INTERRUPTED = "interrupted"


def end_soon_after_signals() -> None:
    """Turn signals into an exception, and leave a little later where it is not heard.

    A foreign call that runs for long, a slow clean-up, or a library that swallows the exception would keep a command
    for minutes. Python's own handler then has no turn; its wake-up pipe has, which a thread reads.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reading,), daemon=True).start()
    signals.hear(signals.interrupt)
    # Foreign code prints by the first what it cannot raise, such as an import that was cut short.
    sys.excepthook = _unless_interrupted(sys.excepthook)
    sys.unraisablehook = _unless_interrupted(sys.unraisablehook)
    threading.excepthook = _unless_interrupted(threading.excepthook)


def ignore_signals() -> None:
    """The answer is out: what is left takes no time, and its end is not to be cut short."""
    signals.hear(signals.SIG_IGN)


def leave(code: int) -> None:
    """End the process at once: a thread left in a foreign call would fail in an interpreter that is taken down."""
    if sys.stderr is not None:
        sys.stderr.flush()
    os._exit(code)


def signal_code() -> int:
    """The exit code of a command that a signal ended, as in a shell: SIGINT 130, SIGTERM 143, SIGHUP 129."""
    return 128 + (signals.received[0] if signals.received else signal.SIGINT)


def _watch(reading: int) -> None:
    while number := os.read(reading, 1):
        if _ends(number[0]):
            time.sleep(GRACE_SECONDS)
            if _ends(number[0]):
                say_last(f"error: {INTERRUPTED}")
                leave(128 + number[0])


def _ends(number: int) -> bool:
    """Whether a signal ends the command now: a training takes it as an event, and saves first."""
    return signal.getsignal(number) is signals.interrupt


def _unless_interrupted(hook: Callable[..., Any]) -> Callable[..., None]:
    """What Python prints of an exception that nobody can catch; nothing where a signal is the cause."""

    def report(*exception: Any) -> None:
        if not signals.received:
            hook(*exception)

    return report
