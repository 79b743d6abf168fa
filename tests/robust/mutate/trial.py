"""Runs of pytest in forks of a process that has numpy, torch, numba and pytest in memory, but nothing of seqtool."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import NoReturn

from mutate.faults import ROOT, Fault
from mutate.tree import Tree

SILENT_SECONDS = 200.0  # a test that takes longer hangs


def warm() -> None:
    """Import what takes long, before any fork."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import hypothesis  # noqa: F401
    import numba  # noqa: F401
    import pytest  # noqa: F401
    import scipy.stats  # noqa: F401
    import sklearn.linear_model  # noqa: F401
    import torch  # noqa: F401
    import typer  # noqa: F401


class Trials:
    """Tries of faults in a tree, one after the other."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._output = tree.root.parent / "output"
        self._sound, self._unsound = set[str](), set[str]()  # tests that hold, or fail, without any fault

    def caught(self, fault: Fault, tests: list[str]) -> str:
        """The test that sees a fault, or how its process ends; empty where none sees it."""
        while True:
            with self._tree.faulty(fault):
                code = self._run(["-x", *(f"--deselect={test}" for test in self._unsound), *tests])
                seen = self._first_failure(code)
                kind, _, test = seen.partition(" ")
                if kind == "ERROR" and self._run([test]) in (0, 5):  # a fixture that failed for another reason
                    continue
            if self._holds_without(seen):
                return seen

    def called(self, tests: list[str]) -> list[dict[str, object]]:
        """What tests call (`mutate.called`)."""
        rows = self._tree.root.parent / "called"
        rows.unlink(missing_ok=True)
        self._run(["-p", "mutate.called", *tests], SEQTOOL_CALLED=str(rows))
        print(self._output.read_text(errors="replace")[-2000:], flush=True)
        return [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]

    def _first_failure(self, code: int) -> str:
        if code in (0, 5):  # 5: no test is left
            return ""
        lines = self._output.read_text(errors="replace").splitlines()
        failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
        return failed[0].partition(" - ")[0] if failed else "no test ended" if code < 0 else f"exit {code}"

    def _holds_without(self, seen: str) -> bool:
        """Whether a test holds in the tree as it is: one that does not has seen nothing."""
        kind, _, test = seen.partition(" ")
        if kind in ("FAILED", "ERROR") and test not in self._sound:
            if self._run([test]) not in (0, 5):
                print(f"{test} fails without a fault: it is left out", flush=True)
                self._unsound.add(test)
                return False
            self._sound.add(test)
        return True

    def _run(self, arguments: list[str], **environment: str) -> int:
        """Run pytest in a fork of this process; its exit status, negative where it was killed."""
        self._output.write_bytes(b"")
        child = os.fork()
        if not child:
            self._test(arguments, environment)
        seen, size = time.monotonic(), 0
        while True:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            if size != (size := self._output.stat().st_size):
                seen = time.monotonic()
            if time.monotonic() - seen > SILENT_SECONDS:
                os.killpg(child, signal.SIGKILL)
            time.sleep(0.05)

    def _test(self, arguments: list[str], environment: dict[str, str]) -> NoReturn:
        code: int = 70
        try:
            os.setsid()
            signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs this beside others
            os.chdir(self._tree.root)
            written = os.open(self._output, os.O_WRONLY | os.O_APPEND)
            os.dup2(written, 1)
            os.dup2(written, 2)
            sys.dont_write_bytecode = True
            os.environ |= environment | {
                "PYTHONPATH": str(self._tree.root),
                "PYTHONDONTWRITEBYTECODE": "1",
                "NUMBA_CACHE_DIR": str(self._tree.kernels),
            }
            here = str(ROOT / "tests" / "robust")
            sys.path[:] = [str(self._tree.root), *(path for path in sys.path if path not in (here, str(ROOT))), here]
            import numba
            import pytest

            numba.config.reload_config()  # type: ignore[no-untyped-call, unused-ignore]
            options = ["-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly", "-m", "not long and not gpu"]
            options.append(f"--basetemp={self._tree.root.parent / 'tmp'}")
            code = int(pytest.main([*options, *arguments]))
            sys.stdout.flush()
        finally:
            os._exit(code)
