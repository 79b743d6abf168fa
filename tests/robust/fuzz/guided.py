"""Fuzzing led by coverage, where Atheris is installed: inputs that reach new lines are damaged further.

Atheris ends the process, so each parser has one of its own. What is wrong is printed and does not end the runs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from fuzz.engine import Outcome

_DONE = re.compile(r"Done (\d+) runs")


def guided(name: str, runs: int, seconds: float, seed: int) -> Outcome:
    """Fuzz a parser in Python in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        limits = [f"-runs={runs}", f"-seed={seed}", "-rss_limit_mb=3000", "-timeout=60", "-print_final_stats=0"]
        if seconds != float("inf"):
            limits.append(f"-max_total_time={max(1, round(seconds))}")
        command = [sys.executable, "-m", "fuzz.guided", name, folder, *limits, folder]
        interpreted = os.environ | {"NUMBA_DISABLE_JIT": "1"}  # numba compiles no instrumented code
        done = subprocess.run(command, env=interpreted, capture_output=True, text=True, errors="replace", check=False)
        outcome = Outcome(name)
        match = _DONE.search(done.stderr)
        outcome.runs = int(match[1]) if match else 0
        if not match:
            outcome.add("Atheris did not end", b"", done.stderr[-3000:])
        for find in sorted(Path(folder).glob("find-*")):
            outcome.add(find.name, (find / "input").read_bytes(), (find / "trace").read_text("utf-8"))
        return outcome


def _main() -> None:
    import atheris

    with atheris.instrument_imports(include=["seqtool"]):
        from fuzz.parsers import PARSERS

    from random import Random

    from fuzz.engine import attempt, key_of, place, told
    from fuzz.mutations import mutated

    name, folder, *arguments = sys.argv[1:]
    parser = next(parser for parser in PARSERS if parser.name == name)
    for number, data in enumerate(parser.seeds):
        (Path(folder) / f"seed{number}").write_bytes(data)

    def mutate(data: bytes, size: int, seed: int) -> bytes:
        return mutated(Random(seed), [data, *parser.seeds], parser.form)[:size]

    with place(parser) as path, told():

        def one(data: bytes) -> None:
            try:
                attempt(parser, path, data)
            except Exception as error:
                where = Path(folder) / f"find-{re.sub('[^A-Za-z0-9.]+', '-', key_of(error))}"
                if not where.exists():
                    where.mkdir()
                    (where / "input").write_bytes(data)
                    (where / "trace").write_text("".join(traceback.format_exception(error))[-4000:], "utf-8", "replace")

        atheris.Setup(["fuzz", *arguments], one, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    _main()
