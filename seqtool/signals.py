"""The signals that end a command: SIGINT (Ctrl-C), SIGTERM, and SIGHUP (a terminal that was closed).

Imports next to nothing: signals are heard before anything that takes time is imported (`seqtool.__main__`).
"""

from __future__ import annotations

import signal

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

received: list[int] = []
"""The signals that asked this command to end, in order."""
_raising = False


def heard() -> list[signal.Signals]:
    """Those that are not ignored, as SIGHUP is under ``nohup`` and SIGINT in a script's background."""
    return [number for number in ENDING if signal.getsignal(number) != signal.SIG_IGN]


def interrupt(number: int, frame: object) -> None:
    """End the command by an exception, once: what cleans up after it is not cut short by a second signal."""
    received.append(number)
    if len(received) == 1 and _raising:
        raise KeyboardInterrupt


class Raising:
    """A block in which `interrupt` raises; a signal that came earlier is raised at its beginning.

    Around it there is nobody to catch an exception, and signals are only recorded.
    """

    def __enter__(self) -> None:
        global _raising
        _raising = True
        if received:
            raise KeyboardInterrupt

    def __exit__(self, *error: object) -> None:
        global _raising
        _raising = False
