"""The signals that end a command: SIGINT (Ctrl-C), SIGTERM, and SIGHUP (a terminal that was closed).

Imports next to nothing: signals are heard before anything that takes time is imported (`seqtool.__main__`).
"""

from __future__ import annotations

import signal

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

received: list[int] = []
"""The signals that asked this command to end, in order."""


def heard() -> list[signal.Signals]:
    """Those that are not ignored, as SIGHUP is under ``nohup`` and SIGINT in a script's background."""
    return [number for number in ENDING if signal.getsignal(number) != signal.SIG_IGN]


def interrupt(number: int, frame: object) -> None:
    """End the command by an exception, once: what cleans up after it is not cut short by a second signal."""
    received.append(number)
    if len(received) == 1:
        raise KeyboardInterrupt
