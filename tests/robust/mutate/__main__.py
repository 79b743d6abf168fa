"""Try faults and print which tests see them: `make mutate`, or ``python -m mutate --only lm/`` in tests/robust."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from dataclasses import asdict
from pathlib import Path

from mutate.belonging import Belonging
from mutate.equivalent import reason
from mutate.faults import Fault, sample
from mutate.tree import Tree, cache_folder
from mutate.trial import Trials, warm

_belonging: Belonging
_trials: Trials


def main() -> None:
    """Draw the sample, try each fault, and print what was seen; exit 1 where less than the share asked for was."""
    asked = _arguments().parse_args()
    drawn = sample(asked.sample, asked.seed, asked.only)
    if asked.list:
        print(*drawn, sep="\n")
        return
    equal = [fault for fault in drawn if reason(fault)]
    seen = _logged(asked.log)
    left = [fault for fault in drawn if not reason(fault) and fault not in seen]
    warm()
    _prepare(0, Belonging(cache_folder() / "called.json"))
    _belonging.see(_trials.called)
    with multiprocessing.get_context("fork").Pool(asked.workers, _prepare_worker) as pool:
        for fault, test, seconds in pool.imap(_attempt, left):
            print(f"{'caught  ' if test else 'SURVIVED'} {seconds:5.0f} s  {fault}  {test}", flush=True)
            seen[fault] = test
            if asked.log:
                with asked.log.open("a") as log:
                    log.write(json.dumps(asdict(fault) | {"seen": test, "seconds": round(seconds, 1)}) + "\n")
    survivors = [fault for fault in drawn if not seen.get(fault) and not reason(fault)]
    tried = len(drawn) - len(equal)
    caught = tried - len(survivors)
    for fault in survivors:
        print(f"survived: {fault}")
    for fault in equal:
        print(f"changes nothing: {fault} ({reason(fault)})")
    print(f"{caught} of {tried} faults were seen ({caught / max(1, tried):.1%}; seed {asked.seed}); ", end="")
    print(f"{len(equal)} more change nothing")
    sys.exit(caught < asked.share * tried)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--sample", type=int, default=40, help="how many faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="PATH", help="modules below seqtool/ that begin so")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--share", type=float, default=0.92, help="the share that must be seen")
    parser.add_argument("--list", action="store_true", help="print the faults and try none")
    parser.add_argument("--log", type=Path, help="a JSON line for each fault; those that are in it are not tried again")
    return parser


def _logged(log: Path | None) -> dict[Fault, str]:
    rows = [json.loads(line) for line in log.read_text().splitlines()] if log and log.exists() else []
    return {Fault(**{name: row[name] for name in Fault.__dataclass_fields__}): row["seen"] for row in rows}


def _prepare(worker: int, belonging: Belonging) -> None:
    global _belonging, _trials
    _belonging, _trials = belonging, Trials(Tree(cache_folder() / str(worker)))


def _prepare_worker() -> None:
    number = multiprocessing.current_process()._identity[0] - 1
    if number:  # the first has the tree of its parent
        _prepare(number, _belonging)


def _attempt(fault: Fault) -> tuple[Fault, str, float]:
    started = time.monotonic()
    return fault, _trials.caught(fault, _belonging.tests(fault)), time.monotonic() - started


if __name__ == "__main__":
    main()
