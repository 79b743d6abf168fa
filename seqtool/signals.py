"""The signals that end a command: SIGINT (Ctrl-C), SIGTERM, and SIGHUP (a terminal that was closed).

Imports nothing that takes time: until `seqtool.__main__` hears signals, Ctrl-C is Python's own traceback.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # the C module, without the enums of `signal`

SIG_IGN = signal.SIG_IGN
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

received: list[int] = []
"""The signals that asked this command to end, in order."""
_raising = False


def heard() -> list[int]:
    """Those that are not ignored, as SIGHUP is under ``nohup`` and SIGINT in a script's background."""
    return [number for number in ENDING if signal.getsignal(number) != SIG_IGN]


def hear(handler: object) -> None:
    """Give them a handler, a function or ``SIG_IGN``."""
    for number in heard():
        signal.signal(number, handler)


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
