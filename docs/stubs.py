"""Write seqtool/__init__.pyi, the types of `seqtool.NAME`, from the declarations of the commands.

A command appears there once its module is in seqtool/commands.

python docs/stubs.py            write it
python docs/stubs.py --check    exit 1, saying so in one line, where it is stale
"""

from __future__ import annotations

import argparse
import inspect
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import seqtool
from seqtool.commands.declaration import Parameter, Target, command_parameters, option_groups
from seqtool.commands.table import COMMANDS, Entry
from seqtool.commands.texts import TEXTS
from seqtool.options import Argument, Option, plain_type

STUB = Path(seqtool.__file__).with_name("__init__.pyi")
_HEAD = '''\
"""Written by docs/stubs.py from the declarations of the commands; do not edit."""

import os
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

from seqtool.commands.answers import Answer, Lines, Made, Picture, Record, Table
'''
_TYPES = """\
__version__: str

_Path: TypeAlias = str | os.PathLike[str]
# A path, a list of Paths, or sentences in memory: strings or lists of tokens.
_Texts: TypeAlias = _Path | Iterable[str] | Sequence[os.PathLike[str]] | Iterable[Sequence[str]]
"""


def stub() -> str:
    """The whole file."""
    names = seqtool._NAMES.items()
    imports = sorted({module: [n for n, m in names if m == module] for module in dict(names).values()}.items())
    lines = [_HEAD.rstrip()]
    lines += (f"from {module} import {', '.join(f'{n} as {n}' for n in sorted(some))}" for module, some in imports)
    lines += ["", _TYPES]
    lines += (_function(entry) for entry in COMMANDS.values())
    return "\n".join(lines)


def _function(entry: Entry) -> str:
    parameters = command_parameters(entry.function())
    head = f"def {entry.function_name}(\n{''.join(_parameters(parameters))}) -> {_returned(entry)}:"
    return f'{head}\n    """{entry.help} help(seqtool.{entry.function_name}) lists the options."""\n'


def _parameters(parameters: list[Parameter]) -> Iterator[str]:
    named_only = False
    for one in parameters:
        if not isinstance(one.details, Argument) and not named_only:
            named_only = True
            yield "    *,\n"
        default = "" if one.default is inspect.Parameter.empty else f" = {one.default!r}"
        yield f"    {one.name}: {_annotation(one)}{default},\n"


def _annotation(one: Parameter) -> str:
    optional = " | None" if type(None) in typing.get_args(one.hint) else ""
    if one.name in TEXTS:
        return "_Texts" + optional
    if isinstance(one.details, Option) and one.details.choices:
        return f"Literal[{', '.join(repr(choice) for choice in one.details.choices)}]{optional}"
    kind: Any = plain_type(one.hint)
    if typing.get_origin(kind) is typing.Literal:
        return f"Literal[{', '.join(map(repr, typing.get_args(kind)))}]{optional}"
    if typing.get_origin(kind) is list:
        item = _plain(typing.get_args(kind)[0])
        return f"{item} | Iterable[{item}]{optional}"
    return _plain(kind) + optional


def _plain(kind: type) -> str:
    return "_Path" if kind is Path else kind.__name__


def _returned(entry: Entry) -> str:
    """What a function is declared to return; what makes an artifact gives a `Made` (with ``dry_run`` a `Record`)."""
    function = entry.function()
    declared = typing.get_type_hints(function)["return"].__name__
    makes = any(issubclass(group, Target) for group in option_groups(function).values())
    usual = "Made" if makes else "Any"
    return usual if declared == "Answer" else str(declared)


def main() -> None:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args().check:
        STUB.write_text(stub(), encoding="utf-8")
    elif not STUB.is_file() or STUB.read_text(encoding="utf-8") != stub():
        sys.exit(f"{STUB.relative_to(STUB.parents[1])} is stale: run `make docs` and commit it")


if __name__ == "__main__":
    main()
