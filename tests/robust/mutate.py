"""Small faults, put into the source one at a time: does a test see each? (`make mutate`)

A seeded sample of faults is drawn over all modules, in proportion to their size. Each is written into a copy of the
tree, and the tests that belong to the file run there until one fails. What no test sees is listed at the end.

A fault is one of: a comparison or an operator exchanged, a condition negated or fixed, a number off by one, True for
False, a call that is not made, an argument order swapped, a value not returned. Left out is what no test could or
should see: annotations, messages, guards of length (``strict``), and the sizes and times of `_OF_SPEED`.

Each try is a fork of a process that has numpy, torch, numba and pytest in memory, but nothing of seqtool.
"""

from __future__ import annotations

import argparse
import ast
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE, TESTS = "seqtool", ROOT / "tests"
LONGEST_SECONDS, SILENT_SECONDS = 600.0, 120.0  # of all tests of a fault, and of one

_OTHER_COMPARISON: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OTHER_OPERATOR: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}

# Constants of a module that cut work into pieces, or say when to look or to tell: another value changes no answer.
_OF_SPEED = re.compile(r"BLOCK|BYTES|BATCH|CHUNK|PIECE|SECONDS|CACHE|DPI|WINDOW|PARTS?$")
# Arguments by name that guard or hasten, and change no answer.
_GUARDS = {"strict", "copy", "check", "non_blocking", "stacklevel", "maxsize"}
# Calls that only tell.
_TOLD = re.compile(r"(progress\.)?(note|debug)|stage\.advance|gc\.|release|.*\.(cancel|close)$")

# The tests that belong to a package, those that end soonest first; a package's parts come before the package.
# "unit/lm" is a folder of tests, "cli/recall" the file tests/cli/test_recall.py.
BELONGING = {
    "artifact": "unit/artifact cli/replacing cli/recall cli/hostile pipeline/lineage",
    "compute": "unit/compute unit/corpus unit/counts unit/ngrams unit/embeddings",
    "decoding": "unit/decoding unit/lm cli/lm_commands cli/seq2seq_commands",
    "corpus": "unit/corpus cli/corpus_commands cli/doctor_command cli/phrases_command pipeline/cases",
    "nn": "unit/nn unit/lm unit/seq2seq unit/labelling cli/lm_commands",
    "reporting": "unit/reporting cli/evaluate_commands pipeline",
    "vectors": "unit/vectors cli/vector_commands cli/document_commands cli/thesaurus_command agreement/vectors_gensim",
    "ngrams": "unit/ngrams cli/ngram_commands agreement/ngrams",
    "counts": "unit/counts cli/counts_commands agreement/counts",
    "embeddings": "unit/embeddings cli/embedding_commands agreement/fasttext",
    "lm": "unit/lm cli/lm_commands cli/gradient_command cli/training_texts cli/training_walk",
    "seq2seq": "unit/seq2seq unit/decoding cli/seq2seq_commands cli/training_walk",
    "labelling": "unit/labelling cli/labelling_commands cli/table_rows",
    "metrics": "unit/metrics unit/evaluation cli/evaluate_commands cli/compare_command agreement/evaluation_gensim",
    "evaluation": "unit/evaluation cli/evaluate_commands cli/compare_command cli/saved_answers",
    "commands": "unit/commands cli pipeline/json",
    "api": "unit/api unit/commands",
    "cli": "unit/commands cli golden startup",
    "": "unit/errors unit/options unit/progress unit/commands golden cli",
}


@dataclass(frozen=True)
class Fault:
    """A change of one expression or statement.

    Attributes:
        path: of the module, below the root.
        line: where it begins, from 1.
        start, end: the bytes of the file that are replaced.
        old, new: what stood there, and what stands there instead.
    """

    path: str
    line: int
    start: int
    end: int
    old: str
    new: str


def faults(path: Path) -> Iterator[Fault]:
    """Every fault that can be put into a module."""
    source = path.read_bytes()
    starts = [0]
    for text in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(text))
    tree = ast.parse(source)
    for node in _code(tree):
        for new in _mutations(node):
            assert isinstance(node, ast.expr | ast.stmt)
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            old = source[start:end].decode()
            written = f"({ast.unparse(new)})" if isinstance(new, ast.expr) else ast.unparse(new)
            yield Fault(str(path.relative_to(ROOT)), node.lineno, start, end, old, written)


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that do something: no annotations, messages of errors, imports, nor the declarations of options."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom | ast.JoinedStr):
                continue
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.Call) and ast.unparse(child.func) in ("option", "Option", "Argument", "TypeVar"):
                continue
            if _only_of_speed(child):
                continue
            if isinstance(child, ast.AST):
                yield child
                yield from _code(child)


def _only_of_speed(node: object) -> bool:
    match node:
        case ast.keyword(arg=name):
            return name in _GUARDS
        case ast.Expr(ast.Call(func)):
            return _TOLD.match(ast.unparse(func)) is not None
        case ast.Assign([ast.Name(name)], value) if name.isupper():
            sized = isinstance(value, ast.BinOp) and isinstance(value.op, ast.LShift)
            return sized or _OF_SPEED.search(name) is not None
    return False


def _mutations(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    match node:
        case ast.Compare(left, [operator, *rest], comparators) if type(operator) in _OTHER_COMPARISON:
            yield ast.Compare(left, [_OTHER_COMPARISON[type(operator)](), *rest], comparators)
        case ast.BinOp(left, operator, right) if type(operator) in _OTHER_OPERATOR:
            text = isinstance(left, ast.Constant) and isinstance(left.value, str)
            if not text and not isinstance(left, ast.JoinedStr):
                yield ast.BinOp(left, _OTHER_OPERATOR[type(operator)](), right)
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.UnaryOp(ast.USub(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Expr(ast.Call()):
            yield ast.Pass()
        case ast.Return(value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Call(func, [first, second, *rest], keywords) if ast.unparse(func) not in ("max", "min", "zip"):
            if not isinstance(first, ast.Starred) and ast.dump(first) != ast.dump(second):
                yield ast.Call(func, [second, first, *rest], keywords)


def sample(number: int, seed: int, only: str = "") -> list[Fault]:
    """Faults drawn over all modules, every module in proportion to the faults it could have."""
    found = [
        fault
        for path in sorted((ROOT / PACKAGE).rglob("*.py"))
        if path.relative_to(ROOT / PACKAGE).as_posix().startswith(only)
        for fault in faults(path)
    ]
    return random.Random(seed).sample(found, min(number, len(found)))


def belonging_tests(fault: Fault, near: bool = False) -> list[str]:
    """The test files that belong to the module of a fault, those first that name it; or those alone, if any does."""
    parts = Path(fault.path).with_suffix("").parts
    names = [Path(name) for name in BELONGING[parts[1] if len(parts) > 2 else ""].split()]
    found: list[Path] = []
    for name in names:
        inside = sorted((TESTS / name).rglob("test_*.py"))
        found += inside or [TESTS / name.with_name(f"test_{name.name}.py")]
    module, within = ".".join(parts), f"from {'.'.join(parts[:-1])} import {parts[-1]}"
    texts = {path: path.read_text(encoding="utf-8") for path in found}
    found.sort(key=lambda path: module not in texts[path] and within not in texts[path])
    if near:
        found = [path for path in found if module in texts[path] or within in texts[path]] or found[:4]
    return [path.relative_to(TESTS).as_posix() for path in dict.fromkeys(found)]


@cache
def importers(module: str) -> set[str]:
    """The names, without folders, of a module and of all that import it, one through the other."""
    imported: dict[str, set[str]] = {}
    for path in (ROOT / PACKAGE).rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        nodes = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.ImportFrom)]
        imported[name] = {
            of for node in nodes for of in (node.module or "", *(f"{node.module}.{n.name}" for n in node.names))
        }
    found, new = {module}, {module}
    while new:
        new = {name for name, those in imported.items() if those & new} - found
        found |= new
    return {name.rpartition(".")[2] for name in found}


class Copy:
    """A copy of the tree, into which one fault after the other is put."""

    def __init__(self, folder: Path, near: bool) -> None:
        self.root, self.near = folder, near
        self.sound, self.unsound = set[str](), set[str]()  # tests that hold, or fail, without any fault
        for name in (
            "seqtool",
            "tests",
            "docs",
            "sample_corpora",
            "examples",
            "pyproject.toml",
            "README.md",
            "README.ko.md",
        ):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy2(source, folder / name)

    def caught(self, fault: Fault) -> tuple[str, float]:
        """Which test saw the fault (empty: none did), and the seconds it took."""
        path, started = self.root / fault.path, time.monotonic()
        original, stamp = path.read_bytes(), path.stat()
        while True:
            try:
                path.write_bytes(original[: fault.start] + fault.new.encode() + original[fault.end :])
                seen = self._first_failure(fault)
            finally:
                path.write_bytes(original)
                os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
            if self._holds_without(seen):
                return seen, time.monotonic() - started

    def _holds_without(self, seen: str) -> bool:
        """Whether a test holds in the tree as it is: one that does not has seen nothing."""
        test = seen.partition(" ")[2] if seen.startswith("FAILED ") else ""
        if test and test not in self.sound:
            if self._tested([test], self.root / "numba", self.root / "output") == 1:
                print(f"{test} fails without a fault: it is left out", flush=True)
                self.unsound.add(test)
                return False
            self.sound.add(test)
        return True

    def _first_failure(self, fault: Fault) -> str:
        kernels, cached = self.root / "numba", self.root / "numba.kept"
        within = importers(".".join(Path(fault.path).with_suffix("").parts))
        # A caller's cached kernel holds the callee as it was: those that may are put aside.
        for path in [
            path for path in kernels.rglob("*.nb?") if path.name.partition(".")[0].partition("-")[0] in within
        ]:
            (cached / path.relative_to(kernels)).parent.mkdir(parents=True, exist_ok=True)
            path.rename(cached / path.relative_to(kernels))
        output = self.root / "output"
        try:
            code = self._tested([f"tests/{name}" for name in belonging_tests(fault, self.near)], kernels, output)
        finally:
            for path in [
                path for path in kernels.rglob("*.nb?") if path.name.partition(".")[0].partition("-")[0] in within
            ]:
                path.unlink()
            for path in cached.rglob("*.nb?"):
                path.rename(kernels / path.relative_to(cached))
        if not code:
            return ""
        lines = output.read_text(errors="replace").splitlines()
        failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
        return failed[0].partition(" - ")[0] if failed else "no test ended" if code < 0 else f"exit {code}"

    def _tested(self, tests: list[str], kernels: Path, output: Path) -> int:
        """Run tests in a fork of this process; its exit status, negative where it was killed."""
        output.write_bytes(b"")
        child = os.fork()
        if not child:
            self._test(tests, kernels, output)
        started = seen = time.monotonic()
        size = 0
        while True:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            now = time.monotonic()
            if size != (size := output.stat().st_size):
                seen = now
            if now - started > LONGEST_SECONDS or now - seen > SILENT_SECONDS:
                os.killpg(child, signal.SIGKILL)
            time.sleep(0.05)

    def _test(self, tests: list[str], kernels: Path, output: Path) -> None:
        code: int = 70
        try:
            os.setsid()
            os.chdir(self.root)
            written = os.open(output, os.O_WRONLY | os.O_APPEND)
            os.dup2(written, 1)
            os.dup2(written, 2)
            os.environ |= {
                "PYTHONPATH": str(self.root),
                "PYTHONDONTWRITEBYTECODE": "1",
                "NUMBA_CACHE_DIR": str(kernels),
            }
            sys.path.insert(0, str(self.root))
            sys.dont_write_bytecode = True
            import numba
            import pytest

            numba.config.reload_config()  # type: ignore[no-untyped-call, unused-ignore]
            options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not long"]
            left_out = [f"--deselect={test}" for test in self.unsound]
            code = int(pytest.main([*options, *left_out, *tests]))
            sys.stdout.flush()
        finally:
            os._exit(code)


_copy: Copy


def _make_copy(folder: str, near: bool) -> None:
    global _copy
    own = Path(folder) / str(os.getpid())
    own.mkdir()
    _copy = Copy(own, near)


def _attempt(fault: Fault) -> tuple[Fault, str, float]:
    return fault, *_copy.caught(fault)


def _warm() -> None:
    """Import what takes long, before any fork."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import numba  # noqa: F401
    import pytest  # noqa: F401
    import scipy.stats  # noqa: F401
    import torch  # noqa: F401


def main() -> None:
    """Draw the sample, try each fault, and print what was seen; exit 1 where less than the share asked for was."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, default=40, help="how many faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="PATH", help="modules below seqtool/ that begin so")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--share", type=float, default=0.92, help="the share that must be seen")
    parser.add_argument("--near", action="store_true", help="run only tests that name the module: a first, quick look")
    parser.add_argument("--list", action="store_true", help="print the faults and try none")
    parser.add_argument("--log", type=Path, help="a JSON line for each fault; those that are in it are not tried again")
    asked = parser.parse_args()
    drawn = sample(asked.sample, asked.seed, asked.only)
    if asked.list:
        for fault in drawn:
            print(f"{fault.path}:{fault.line}: {fault.old[:60]!r} -> {fault.new[:60]!r}")
        return
    survivors: list[Fault] = []
    tried = 0
    if asked.log and asked.log.exists():
        for line in asked.log.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            fault, seen = Fault(**{name: row[name] for name in Fault.__dataclass_fields__}), row["seen"]
            if fault in drawn:
                drawn.remove(fault)
                tried += 1
                survivors += [] if seen else [fault]
    _warm()
    with (
        tempfile.TemporaryDirectory(prefix="mutate-") as folder,
        multiprocessing.get_context("fork").Pool(asked.workers, _make_copy, (folder, asked.near)) as pool,
    ):
        for fault, seen, seconds in pool.imap(_attempt, drawn):
            print(
                f"{'caught  ' if seen else 'SURVIVED'} {seconds:5.0f} s  {fault.path}:{fault.line}  {seen}",
                flush=True,
            )
            if asked.log:
                with asked.log.open("a") as log:
                    log.write(json.dumps(asdict(fault) | {"seen": seen, "seconds": round(seconds, 1)}) + "\n")
            tried += 1
            survivors += [] if seen else [fault]
    caught = tried - len(survivors)
    print(f"{caught} of {tried} faults were seen ({caught / max(1, tried):.0%}, seed {asked.seed})")
    for fault in survivors:
        print(f"{fault.path}:{fault.line}: {fault.old!r} -> {fault.new!r}")
    sys.exit(caught < asked.share * tried)


if __name__ == "__main__":
    main()
