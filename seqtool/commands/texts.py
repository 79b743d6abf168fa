"""Sentences in memory instead of the path of a text or corpus."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from seqtool.artifact.paths import is_file
from seqtool.corpus.in_memory import lines_in_memory
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import UsageError
from seqtool.progress import note

# The parameters that take texts, in all commands.
TEXTS = frozenset({"corpus", "texts", "text", "valid", "test", "tune"})


def in_memory(value: Any) -> bool:
    """Whether a value holds sentences: neither a path nor a list of paths."""
    if isinstance(value, str | os.PathLike | Mapping) or not isinstance(value, Iterable):
        return False
    return not (isinstance(value, list | tuple) and value and all(isinstance(item, os.PathLike) for item in value))


def write_text(name: str, sentences: Iterable[Any], folder: Path, output: Any) -> Path:
    """Write sentences into a file that a command can read, named after the command's output if it has one.

    Raises:
        UsageError: sentences of another type, or strings that are names of files.
    """
    some = list(sentences)
    file = next((item for item in some if isinstance(item, str) and _names_a_file(item)), None)
    if file is not None:
        raise UsageError(
            f"{name} contains {file!r}, which is the name of a file",
            "give a list of Path objects to read files; strings are sentences",
        )
    own = folder / name
    own.mkdir()
    path = own / f"{Path(output).stem if output and name in ('corpus', 'texts') else name}.txt"
    lines = lines_in_memory(some, name)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    return path


def _names_a_file(item: str) -> bool:
    return item == "-" or item.startswith("hf:") or is_file(item)


def refuse_reading_options(name: str, given: Mapping[str, Any]) -> None:
    """Refuse options for reading files together with sentences in memory.

    Raises:
        UsageError: such an option is given. The message names it.
    """
    for option in (field.name for field in dataclasses.fields(SourceOptions)):
        if given.get(option) is not None:
            raise UsageError(f"{option}= is for files, but {name} contains sentences", f"leave {option} out")


def with_corpus(arguments: Mapping[str, Any], output: Path, overwrite: bool) -> dict[str, Any]:
    """Make a corpus beside the result from the text ``corpus``, and return the arguments with that corpus."""
    from seqtool.corpus.artifact import build_corpus, output_path

    by_type = {type(value): (name, value) for name, value in arguments.items()}
    if PreprocessOptions not in by_type or SourceOptions not in by_type:
        return dict(arguments)
    name, preprocessing = by_type[PreprocessOptions]
    corpus = output_path(output, "corpus")
    if corpus == output:
        corpus = output_path(output, "text.corpus")
    if build_corpus(arguments["corpus"], by_type[SourceOptions][1], preprocessing, corpus, overwrite):
        note(f"wrote {corpus}")
    # The corpus already has its vocabulary.
    return {**arguments, "corpus": [str(corpus)], name: dataclasses.replace(preprocessing, vocab=None)}
