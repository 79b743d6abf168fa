"""Measuring commands side by side: whole processes, alternating, medians; results as Markdown and JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Run:
    """One finished process: seconds of wall time, peak resident memory in MiB."""

    seconds: float
    peak_mib: float


def run(command: Sequence[str]) -> Run:
    """Run a command to its end, process start included; its output is thrown away."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status != 0:
        raise SystemExit(f"{' '.join(command)} failed with status {status}")
    return Run(seconds, usage.ru_maxrss / 1024)


def alternate(contestants: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    """Run all contestants once a round, so that a drift of the machine meets all of them."""
    runs: dict[str, list[Run]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            runs[name].append(contestant())
    return runs


def medians(runs: Mapping[str, list[Run]]) -> dict[str, Run]:
    """The median time and the largest memory of each contestant."""
    return {
        name: Run(statistics.median(r.seconds for r in some), max(r.peak_mib for r in some))
        for name, some in runs.items()
    }


def setting(*libraries: str) -> dict[str, Any]:
    """Date, CPU and versions, to stand beside every figure."""
    return {
        "date": date.today().isoformat(),
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in libraries},
    }


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def save(name: str, where: Mapping[str, Any], markdown: str, data: Any) -> None:
    """Write results/NAME-DATE.md and .json, and print the former."""
    RESULTS.mkdir(exist_ok=True)
    stem = f"{name}-{where['date']}"
    head = "\n".join(f"- {key}: {value}" for key, value in where.items())
    text = f"# {name}\n\n{head}\n\n{markdown}\n"
    (RESULTS / f"{stem}.md").write_text(text, encoding="utf-8")
    (RESULTS / f"{stem}.json").write_text(json.dumps({"setting": where, "results": data}, indent=1) + "\n")
    print(text)
