"""Fuzz parsers and print how it went: `make fuzz`, or ``python -m fuzz --only arpa --runs 1000`` in tests/robust."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from fuzz.engine import Outcome, fuzz
from fuzz.guided import guided
from fuzz.parsers import PARSERS

RUNS, NATIVE_RUNS = 1_000_000, 100_000


def main() -> None:
    """Run every parser; exit 1 where anything was found."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=RUNS, help="of each parser in Python")
    arguments.add_argument("--native-runs", type=int, default=NATIVE_RUNS, help="of each parser behind native code")
    arguments.add_argument("--minutes", type=float, help="most of all parsers together, shared evenly")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", default="", metavar="TEXT", help="parsers in whose name this stands")
    arguments.add_argument("--keep", type=Path, metavar="FOLDER", help="write the inputs that were found there")
    arguments.add_argument("--guided", action="store_true", help="let Atheris lead, but for native code")
    asked = arguments.parse_args()
    chosen = [parser for parser in PARSERS if asked.only in parser.name]
    end = time.monotonic() + 60 * asked.minutes if asked.minutes else float("inf")
    outcomes: list[Outcome] = []
    print(f"{'parser':36} {'runs':>9} {'read':>9} {'refused':>9} {'finds':>5} {'runs/s':>7}")
    for left, parser in zip(range(len(chosen), 0, -1), chosen, strict=True):
        runs = asked.native_runs if parser.native else asked.runs
        now = time.monotonic()
        share = (end - now) / left
        if asked.guided and not parser.native:
            found = guided(parser.name, runs, share, asked.seed)
            found.seconds = time.monotonic() - now
        else:
            found = fuzz(parser, runs, asked.seed, now + share)
        outcomes.append(found)
        rate = found.runs / max(found.seconds, 1e-9)
        print(
            f"{parser.name:36} {found.runs:9,} {found.read:9,} {found.refused:9,} {len(found.finds):5} {rate:7,.0f}",
            flush=True,
        )
        for find in found.finds.values():
            print(f"    {find.key} ({find.times} times), such as {find.data[:200]!r}\n{find.trace}", flush=True)
            if asked.keep:
                asked.keep.mkdir(parents=True, exist_ok=True)
                name = "".join(c if c.isalnum() else "-" for c in f"{parser.name} {find.key}")
                (asked.keep / name).write_bytes(find.data)
    finds = sum(len(outcome.finds) for outcome in outcomes)
    runs = sum(outcome.runs for outcome in outcomes)
    print(f"{runs:,} runs of {len(chosen)} parsers (seed {asked.seed}): {finds} finds")
    sys.exit(finds > 0)


if __name__ == "__main__":
    main()
