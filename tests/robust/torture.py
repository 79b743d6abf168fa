"""Every harness of this folder that takes ``--minutes``, one after the other, each with its share of the time.

``python tests/robust/torture.py --minutes 30``; each prints its faults and, in its last line, its counts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    minutes = parser.parse_args().minutes
    here = Path(__file__)
    others = [path for path in sorted(here.parent.glob("*.py")) if path != here and not path.name.startswith("test_")]
    harnesses = [path for path in others if '"--minutes"' in path.read_text()]
    failed = 0
    for harness in harnesses:
        print(f"{harness.name}:", flush=True)
        command = [sys.executable, str(harness), "--minutes", str(minutes / len(harnesses))]
        failed |= subprocess.run(command, check=False).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())
