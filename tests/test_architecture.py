"""DESIGN §3 as a test: who may import whom, and the sizes that keep the code readable."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "seqtool"
MODULES = sorted(ROOT.rglob("*.py"))
MOST_LINES, MOST_FUNCTION_LINES, MOST_KERNEL_PARAMETERS = 300, 60, 8

FLOORS = {
    "errors": 0,
    "signals": 0,
    "terminal": 0,
    "progress": 0,
    "options": 0,
    "artifact": 1,
    "compute": 1,
    "decoding": 1,
    "corpus": 2,
    "nn": 2,
    "reporting": 2,
    "vectors": 3,
    "ngrams": 3,
    "counts": 4,
    "embeddings": 4,
    "lm": 4,
    "seq2seq": 4,
    "labelling": 4,
    "metrics": 4,
    "evaluation": 5,
    "commands": 6,
    "api": 6,
    "cli": 7,
}
# Packages of one floor may not import each other, but for these: options and progress bars raise and name errors, what
# they write is fit for a terminal, and the API uses commands.
SAME_FLOOR = {("options", "errors"), ("progress", "errors"), ("progress", "terminal"), ("api", "commands")}
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}


def package_of(path: Path) -> str:
    """``seqtool/nn/training/optim.py`` → ``nn``; ``seqtool/errors.py`` → ``errors``."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_modules(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every module named by an import anywhere in a file, in functions too, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: a relative import"
            assert node.module
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def wrong_imports(package: str, tree: ast.AST) -> list[str]:
    """The imports of seqtool in a file of ``package`` that the table does not allow."""
    found = []
    for line, name in imported_modules(tree):
        top, _, rest = name.partition(".")
        target = rest.split(".")[0]
        if top != "seqtool" or target in (package, "", "__version__"):
            continue
        allowed = FLOORS.get(target, 99) < FLOORS[package] or (package, target) in SAME_FLOOR
        if not allowed:
            found.append(f"line {line}: {package} imports {name}")
    return found


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


INNER = [path for path in MODULES if package_of(path) not in ("__init__", "__main__")]


def test_every_package_stands_in_the_table() -> None:
    assert {package_of(path) for path in INNER} <= set(FLOORS)


@pytest.mark.parametrize("path", INNER, ids=ids)
def test_imports_point_only_down(path: Path) -> None:
    assert wrong_imports(package_of(path), parsed(path)) == []


@pytest.mark.parametrize(
    ("package", "code"),
    [
        ("metrics", "from seqtool.lm.neural import NeuralLanguageModel"),
        ("lm", "def f():\n    from seqtool.metrics import perplexity"),
        ("reporting", "import seqtool.corpus.reading.sources"),
        ("artifact", "from seqtool.decoding.generate import beam_search"),
        ("corpus", "from seqtool.vectors.formats.sniff import read_text_vectors"),
        ("errors", "import seqtool.progress"),
        ("lm", "from seqtool import cli"),
        ("nn", "if True:\n    from seqtool import lm"),
        ("nn", "from seqtool.corpus.options import thread_count"),
        ("artifact", "from seqtool.compute.jit import kernel"),
        ("lm", "def f():\n    from seqtool.evaluation.compare import compare"),
        ("ngrams", "from seqtool.vectors.word_vectors import WordVectors"),
    ],
)
def test_the_check_sees_an_import_that_points_up_or_sideways(package: str, code: str) -> None:
    assert wrong_imports(package, ast.parse(code))


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside functions count too; those that only a type checker reads do not run, and do not count."""
    names = {".".join(("seqtool", *path.relative_to(ROOT).with_suffix("").parts)): path for path in MODULES}
    edges = {
        name: {target for _, target in imported_modules(as_run(parsed(path))) if target in names and target != name}
        for name, path in names.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for target in sorted(edges[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in sorted(edges):
        visit(name, ())


def as_run(tree: ast.Module) -> ast.Module:
    """A file without its ``if TYPE_CHECKING:`` blocks."""
    kept = [node for node in tree.body if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")]
    return ast.Module(kept, [])


def test_no_module_is_named_after_nothing() -> None:
    assert [ids(path) for path in MODULES if path.stem in NAMELESS or path.parent.name in NAMELESS] == []


@pytest.mark.parametrize("path", INNER, ids=ids)
def test_only_the_command_line_prints_and_exits(path: Path) -> None:
    if package_of(path) == "cli":
        return
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call | ast.Name):
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            assert ast.unparse(raised) != "SystemExit", f"line {node.lineno} exits"
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        assert called not in ("sys.exit", "exit", "quit", "os._exit"), f"line {node.lineno} exits"
        assert called not in ("sys.stdout.write", "sys.stderr.write"), f"line {node.lineno} prints"
        if called == "print":
            where = [ast.unparse(word.value) for word in node.keywords if word.arg == "file"]
            assert package_of(path) == "progress", f"line {node.lineno} prints"
            assert where == ["sys.stderr"], f"line {node.lineno} prints to stdout"


def test_nothing_is_unpickled() -> None:
    for path in MODULES:
        names = {name.split(".")[0] for _, name in imported_modules(parsed(path))}
        assert not names & {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal"}, ids(path)
        calls = {ast.unparse(node.func) for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)}
        assert not calls & {"torch.load", "torch.save", "eval", "exec"}, ids(path)


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") < MOST_LINES, f"{text.count(chr(10))} lines"
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 >= MOST_FUNCTION_LINES
    }
    assert long == {}, "functions too long"


def kernels_in(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """The functions that `seqtool.compute.jit` or numba itself compiles, those within functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = {ast.unparse(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list}
            if any(name.split(".")[-1].endswith(("kernel", "jit", "vectorize")) for name in names):
                yield node


def parameters_in(function: ast.FunctionDef) -> int:
    """How many arguments a function takes; ``*rest`` would hide their number, and counts as too many."""
    taken = function.args
    named = len(taken.posonlyargs) + len(taken.args) + len(taken.kwonlyargs)
    return named + (MOST_KERNEL_PARAMETERS + 1 if taken.vararg or taken.kwarg else 0)


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_kernels_take_few_arguments(path: Path) -> None:
    """More go into NamedTuples, whose fields have names and types."""
    counts = {node.name: parameters_in(node) for node in kernels_in(parsed(path))}
    assert {name: count for name, count in counts.items() if count > MOST_KERNEL_PARAMETERS} == {}


@pytest.mark.parametrize("decorator", ["kernel", "dividing_kernel", "numba.njit", "njit(nogil=True)"])
def test_the_check_sees_kernels(decorator: str) -> None:
    (found,) = kernels_in(ast.parse(f"@{decorator}\ndef f(a, b, /, c, *, d): ..."))
    assert parameters_in(found) == 4
    (found,) = kernels_in(ast.parse(f"@{decorator}\ndef f(a, *rest): ..."))
    assert parameters_in(found) > MOST_KERNEL_PARAMETERS


def test_there_are_kernels() -> None:
    assert sum(len(list(kernels_in(parsed(path)))) for path in MODULES) > 90
