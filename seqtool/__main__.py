"""``python -m seqtool`` and the script ``seqtool``: signals are heard before anything that takes time is imported."""

from __future__ import annotations

import os

from seqtool.signals import hear


def main() -> None:
    """The entry point."""
    hear(_leave)
    from seqtool.cli.main import main as run

    run()


def _leave(number: int, frame: object) -> None:
    """At once: nothing has been read or made yet, and an import that is cut short may hide the exception."""
    try:
        os.write(2, b"error: interrupted\n")
    finally:
        os._exit(128 + number)


if __name__ == "__main__":
    main()
