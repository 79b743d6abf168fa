"""What in the package names what: which functions mention a name, and which modules with kernels import a module."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mutate.faults import PACKAGE, ROOT, scope_within


@cache
def modules() -> dict[str, ast.Module]:
    """The syntax trees of the package's files, by their paths below the root."""
    paths = sorted((ROOT / PACKAGE).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_bytes()) for path in paths}


@cache
def mentions() -> dict[str, set[str]]:
    """The scopes, as ``path:scope``, in which a name or an attribute is mentioned."""
    found = defaultdict[str, set[str]](set)
    for path, tree in modules().items():
        for node, scope in _scoped(tree, ""):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                    found[name].add(f"{path}:{scope}")
    return found


def _scoped(node: ast.AST, scope: str) -> Iterator[tuple[ast.AST, str]]:
    for child in ast.iter_child_nodes(node):
        inside = scope_within(scope, child)
        yield child, inside
        yield from _scoped(child, inside)


@cache
def kernels_of_importers(path: str) -> set[str]:
    """The modules' names, without folders, whose compiled kernels may hold what is in a module.

    These are the module itself and those with kernels that import it, one through the other.
    """
    imported = {_module(name): _imports(tree) for name, tree in modules().items()}
    compiled = {_module(name) for name in modules() if "kernel\ndef " in (ROOT / name).read_text(encoding="utf-8")}
    found, new = {_module(path)}, {_module(path)}
    while new:
        new = {name for name in compiled - found if imported[name] & new}
        found |= new
    return {name.rpartition(".")[2] for name in found}


def _module(path: str) -> str:
    return ".".join(Path(path).with_suffix("").parts)


def _imports(tree: ast.Module) -> set[str]:
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name for node in nodes for name in (node.module or "", *(f"{node.module}.{n.name}" for n in node.names))}
