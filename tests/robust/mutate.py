"""Small faults, put into the source one at a time: does a test see each? (`make mutate`)

A seeded sample of faults is drawn over all modules, in proportion to their size. Each is written into a copy of the
tree, and the tests that belong to the file run there until one fails. What no test sees is listed at the end.

A fault is one of: a comparison or an operator exchanged, a condition negated or fixed, a number off by one, True for
False, a call that is not made, an argument order swapped, a value not returned.
"""

from __future__ import annotations

import argparse
import ast
import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE, TESTS = "seqtool", ROOT / "tests"
LONGEST_SECONDS = 600.0

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

# The tests that belong to a package, those that end soonest first; a package's parts come before the package.
# "unit/lm" is a folder of tests, "cli/recall" the file tests/cli/test_recall.py.
BELONGING = {
    "artifact": "unit/artifact cli/replacing cli/recall cli/hostile pipeline/lineage",
    "compute": "unit/corpus unit/counts unit/ngrams unit/embeddings",
    "decoding": "unit/decoding unit/lm cli/lm_commands cli/seq2seq_commands",
    "corpus": "unit/corpus cli/corpus_commands cli/doctor_command cli/phrases_command pipeline/cases",
    "nn": "unit/nn unit/lm unit/seq2seq unit/labelling cli/lm_commands",
    "reporting": "unit/reporting cli/evaluate_commands pipeline",
    "vectors": "unit/vectors cli/vector_commands cli/document_commands cli/thesaurus_command agreement/vectors_gensim",
    "ngrams": "unit/ngrams cli/ngram_commands agreement/ngrams",
    "counts": "unit/counts cli/counts_commands agreement/counts",
    "embeddings": "unit/embeddings cli/embedding_commands agreement/fasttext",
    "lm": "unit/lm cli/lm_commands cli/gradient_command",
    "seq2seq": "unit/seq2seq unit/decoding cli/seq2seq_commands",
    "labelling": "unit/labelling cli/labelling_commands cli/table_rows",
    "metrics": "unit/metrics unit/evaluation cli/evaluate_commands cli/compare_command agreement/evaluation_gensim",
    "evaluation": "unit/evaluation cli/evaluate_commands cli/compare_command cli/saved_answers",
    "commands": "unit/commands cli pipeline/json",
    "api": "unit/api unit/commands",
    "cli": "cli golden startup",
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
            if isinstance(child, ast.AST):
                yield child
                yield from _code(child)


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


def belonging_tests(fault: Fault) -> list[str]:
    """The test files and folders that belong to the module of a fault."""
    parts = Path(fault.path).parts
    names = [Path(name) for name in BELONGING[parts[1] if len(parts) > 2 else ""].split()]
    tests = [name if (TESTS / name).is_dir() else name.with_name(f"test_{name.name}.py") for name in names]
    return [str(name) for name in tests]


class Copy:
    """A copy of the tree, into which one fault after the other is put."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
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
        path = self.root / fault.path
        original, stamp = path.read_bytes(), path.stat()
        started = time.monotonic()
        try:
            path.write_bytes(original[: fault.start] + fault.new.encode() + original[fault.end :])
            return self._first_failure(fault, kernels=b"compute.jit" in original), time.monotonic() - started
        finally:
            path.write_bytes(original)
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    def _first_failure(self, fault: Fault, kernels: bool) -> str:
        cache = self.root / "kernels"
        environment = os.environ | {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"}
        if kernels:  # a caller's cached kernel holds the callee as it was
            shutil.rmtree(cache, ignore_errors=True)
            environment["NUMBA_CACHE_DIR"] = str(cache)
        tests = [str(self.root / "tests" / name) for name in belonging_tests(fault)]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not long"]
        try:
            done = subprocess.run(
                [*command, *tests], cwd=self.root, env=environment, capture_output=True, text=True,
                timeout=LONGEST_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "no test ended"
        if done.returncode == 0:
            return ""
        lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return lines[0].partition(" - ")[0] if lines else f"exit {done.returncode}"


def main() -> None:
    """Draw the sample, try each fault, and print what was seen; exit 1 where less than the share asked for was."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, default=40, help="how many faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="PATH", help="modules below seqtool/ that begin so")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--share", type=float, default=0.92, help="the share that must be seen")
    parser.add_argument("--list", action="store_true", help="print the faults and try none")
    parser.add_argument("--log", type=Path, help="a JSON line for each fault")
    asked = parser.parse_args()
    drawn = sample(asked.sample, asked.seed, asked.only)
    if asked.list:
        for fault in drawn:
            print(f"{fault.path}:{fault.line}: {fault.old[:60]!r} -> {fault.new[:60]!r}")
        return
    survivors: list[Fault] = []
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        copies = []
        for number in range(asked.workers):
            (Path(folder) / str(number)).mkdir()
            copies.append(Copy(Path(folder) / str(number)))

        def attempt(fault: Fault) -> tuple[Fault, str, float]:
            copy = copies.pop()
            try:
                return fault, *copy.caught(fault)
            finally:
                copies.append(copy)

        with concurrent.futures.ThreadPoolExecutor(asked.workers) as pool:
            for fault, seen, seconds in pool.map(attempt, drawn):
                print(
                    f"{'caught  ' if seen else 'SURVIVED'} {seconds:5.0f} s  {fault.path}:{fault.line}  {seen}",
                    flush=True,
                )
                if asked.log:
                    with asked.log.open("a") as log:
                        log.write(json.dumps(asdict(fault) | {"seen": seen, "seconds": round(seconds, 1)}) + "\n")
                if not seen:
                    survivors.append(fault)
    caught = len(drawn) - len(survivors)
    print(f"{caught} of {len(drawn)} faults were seen ({caught / max(1, len(drawn)):.0%}, seed {asked.seed})")
    for fault in survivors:
        print(f"{fault.path}:{fault.line}: {fault.old!r} -> {fault.new!r}")
    sys.exit(caught < asked.share * len(drawn))


if __name__ == "__main__":
    main()
