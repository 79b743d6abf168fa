"""Which faults can be put into a module, and a seeded sample of them.

A fault is one of: a comparison or an operator exchanged, a condition negated or fixed, a number off by one, True for
False, a call that is not made, an argument order swapped, a value not returned. Left out is what no test could or
should see: annotations, messages, guards of length (``strict``), and the sizes and times of `_OF_SPEED`.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "seqtool"

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

# Calls whose first two arguments may change places.
_ORDERLESS = re.compile(
    r"(^|\.)(max|min|zip|gcd|lcm|maximum|minimum|logaddexp|_log_add|transpose|array_equal|samestat|typer\.Option)$"
)


@dataclass(frozen=True)
class Fault:
    """A change of one expression or statement.

    Attributes:
        path: of the module, below the root.
        line: where it begins, from 1.
        scope: the function that it is in (`scope_within`).
        code: the source line.
        ahead: what of the line is before it.
        start, end: the bytes of the file that are replaced.
        old, new: what the source is, and what the fault makes of it.
    """

    path: str
    line: int
    scope: str
    code: str
    ahead: str
    start: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{self.path}:{self.line}: {old} -> {new}"


def sample(number: int, seed: int, only: str = "") -> list[Fault]:
    """Faults drawn over all modules whose path below the package begins with ``only``.

    Those with the least hashes are drawn, so that a change of the source changes only few of a sample.
    """
    drawn: list[tuple[bytes, Fault]] = []
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        if path.relative_to(ROOT / PACKAGE).as_posix().startswith(only):
            equal = Counter[tuple[str, ...]]()
            for fault in faults(path.relative_to(ROOT).as_posix(), path.read_bytes()):
                key = fault.path, fault.scope, fault.old, fault.new
                drawn.append((hashlib.sha256(repr((seed, key, equal[key])).encode()).digest(), fault))
                equal[key] += 1
    return [fault for _, fault in sorted(drawn, key=lambda pair: pair[0])[:number]]


def faults(name: str, source: bytes) -> Iterator[Fault]:
    """Every fault that can be put into a module."""
    lines = source.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]
    for node, scope in _code(ast.parse(source), ""):
        for new in _mutations(node):
            assert isinstance(node, ast.expr | ast.stmt)
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            written = f"({ast.unparse(new)})" if isinstance(new, ast.expr) else ast.unparse(new)
            code, ahead = (
                lines[node.lineno - 1].decode().strip(),
                source[starts[node.lineno - 1] : start].decode().strip(),
            )
            yield Fault(name, node.lineno, scope, code, ahead, start, end, source[start:end].decode(), written)


def scope_within(scope: str, node: ast.AST) -> str:
    """The scope of what is inside ``node``: a function's qualified name, or what a statement outside one defines."""
    prefix = f"{scope}." if scope else ""
    in_function = "." in scope or scope.lstrip("_")[:1].islower()
    match node:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            return prefix + name
        case ast.Assign([ast.Name(name), *_]) | ast.AnnAssign(ast.Name(name)) if not in_function:
            return prefix + name
    return scope


def _code(tree: ast.AST, scope: str) -> Iterator[tuple[ast.AST, str]]:
    """The nodes that do something: no annotations, messages of errors, imports, nor the declarations of options."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _tells_or_hastens(child):
                inside = scope_within(scope, child)
                yield child, inside
                yield from _code(child, inside)


def _tells_or_hastens(node: ast.AST) -> bool:
    match node:
        case ast.Raise() | ast.Assert() | ast.Import() | ast.ImportFrom() | ast.JoinedStr():
            return True
        case ast.If(ast.Name("TYPE_CHECKING")):
            return True
        case ast.Call(ast.Name("option" | "Option" | "Argument" | "TypeVar")):
            return True
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
            if not _of_types(node) and not _is_text(left):
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
        case ast.Call(func, [first, second, *rest], keywords) if not _ORDERLESS.search(ast.unparse(func)):
            if not isinstance(first, ast.Starred) and ast.dump(first) != ast.dump(second):
                yield ast.Call(func, [second, first, *rest], keywords)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _of_types(node: ast.expr) -> bool:
    """Whether an expression is a union of types."""
    match node:
        case ast.BinOp(left, ast.BitOr(), right):
            return _of_types(left) or _of_types(right)
        case ast.Constant(None) | ast.Name("str" | "int" | "float" | "bool" | "bytes"):
            return True
    return False
