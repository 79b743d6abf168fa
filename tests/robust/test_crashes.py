"""A sample of crash.py: three commands, killed at or failing in one call; `make torture` takes all of both."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("crash.py")


def torture(*options: str) -> dict[str, int]:
    done = subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    counts: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return counts


@pytest.mark.parametrize("more", [(), ("--no-exchange",)], ids=["swapped", "renamed twice"])
def test_after_a_crash_or_a_failing_call_an_output_is_whole_and_is_made_again(more: tuple[str, ...]) -> None:
    counts = torture("--commands", "preprocess,train-ngram,convert", "--trials", "24", "--seed", "4", *more)
    assert counts["trials"] == 24
    assert counts["kill"] > 3
