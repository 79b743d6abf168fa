"""``python -m seqtool`` and the script ``seqtool``: signals are heard before anything that takes time is imported."""

from __future__ import annotations

import os
import sys

from seqtool.signals import hear

_WINDOWS = "error: seqtool needs Linux or macOS; on Windows, use WSL (https://learn.microsoft.com/windows/wsl/)"


def main() -> None:
    """The entry point."""
    if sys.platform == "win32":  # before anything that Windows lacks (fcntl, resource) is imported
        sys.exit(_WINDOWS)
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
