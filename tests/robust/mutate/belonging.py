"""The tests that belong to a fault: those that call the function that it is in, as they were once seen to do.

A function that no test is seen to call (a compiled kernel, or a constant of a module) stands for those that mention its
name. A function that is only ever called in processes of its own has the tests of its package, by `OF_PACKAGE`.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from mutate.faults import ROOT, Fault
from mutate.source import mentions

TESTS = ROOT / "tests"
MOST_SECONDS = 60.0  # of the tests of a fault, by what they took when they were seen
FEW = 4  # tests: a function that no more than these call may have been called by an import

# Folders, and files tests/cli/test_….py, whose tests are seen; those of `robust` and the golden ones take minutes.
SEEN = ("unit", "cli", "agreement", "pipeline", "golden", "test_startup.py")
# For what is called only in processes of its own.
OF_PACKAGE = {
    "artifact": "unit/artifact cli/replacing cli/recall pipeline/lineage",
    "nn": "unit/nn cli/signals cli/distributed",
    "cli": "cli/exits cli/signals cli/terminal golden startup",
    "": "cli/exits cli/signals cli/terminal golden startup",
}


class Belonging:
    """Which tests belong to a fault.

    Args:
        path: the file of what tests were seen to call; made and kept up to date by `see`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"digests": {}, "tests": []}
        self._digests: dict[str, str] = rows["digests"]
        self._tests: list[tuple[str, float, list[str]]] = rows["tests"]

    def see(self, run: Callable[[list[str]], list[dict[str, object]]]) -> None:
        """Run the tests of files that are new or changed, and remember what they call.

        Args:
            run: runs test files, and gives the rows of `mutate.called`.
        """
        digests = {
            path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in _seen_files()
        }
        changed = [name for name, digest in digests.items() if self._digests.get(name) != digest]
        if not changed:
            return
        print(f"{len(changed)} files of tests are run once, to see what each test calls", flush=True)
        self._tests = [row for row in self._tests if row[0].partition("::")[0] in set(digests) - set(changed)]
        self._tests += [(row["test"], row["seconds"], row["functions"]) for row in run(changed)]  # type: ignore[misc]
        self._digests = digests
        self._path.write_text(json.dumps({"digests": digests, "tests": self._tests}), encoding="utf-8")

    @cached_property
    def _callers(self) -> dict[str, set[int]]:
        found = defaultdict[str, set[int]](set)
        for index, (_, _, functions) in enumerate(self._tests):
            for function in functions:
                found[function].add(index)
        return found

    def tests(self, fault: Fault) -> list[str]:
        """The tests of a fault in the order in which they are tried, all of a file together.

        First those of files that name the module, then those that take least, and never more than `MOST_SECONDS`.
        """
        near = self._near(fault.path)
        found = self._calling(f"{fault.path}:{fault.scope}")
        if not found:
            return [*near, *(test for test in _of_package(fault.path) if test not in near)]
        ranked = sorted(found, key=lambda i: (self._tests[i][0].partition("::")[0] not in near, self._tests[i][1]))
        by_file = defaultdict[str, list[str]](list)
        seconds = 0.0
        for index in ranked:
            test, took, _ = self._tests[index]
            seconds += took
            if seconds > MOST_SECONDS and by_file:
                break
            by_file[test.partition("::")[0]].append(test)
        return [test for tests in by_file.values() for test in tests]

    def _near(self, path: str) -> list[str]:
        """The files of tests that name a module."""
        module = ".".join(Path(path).with_suffix("").parts)
        package, _, name = module.rpartition(".")
        return [test for test, text in self._texts.items() if module in text or f"from {package} import {name}" in text]

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in _seen_files()}

    def _calling(self, scope: str) -> set[int]:
        """The tests that call a function, or what mentions it; each step goes one mention further."""
        found, seen, new = set[int](), set[str](), {scope}
        while new and len(found) <= FEW:
            for one in new:
                found |= self._callers.get(one, set())
            seen |= new
            mentioned = {mention for one in new for mention in mentions().get(_last_name(one), ())}
            new = mentioned - seen
        return found


def _seen_files() -> list[Path]:
    return [path for name in SEEN for path in sorted((TESTS / name).rglob("test_*.py")) or [TESTS / name]]


def _of_package(path: str) -> list[str]:
    """The tests of a module's package, which call it in processes of its own."""
    parts = path.split("/")
    package = parts[1] if len(parts) > 2 else ""
    names = OF_PACKAGE.get(package, f"unit/{package}").split()
    inside = [(TESTS / name, TESTS / Path(name).with_name(f"test_{Path(name).name}.py")) for name in names]
    found = [test for folder, file in inside for test in (sorted(folder.rglob("test_*.py")) or [file])]
    return [test.relative_to(ROOT).as_posix() for test in found]


def _last_name(scope: str) -> str:
    return scope.partition(":")[2].rpartition(".")[2]
