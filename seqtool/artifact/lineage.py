"""From what an artifact was made, and by which commands it can be made again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seqtool.artifact.manifest import DAMAGE, Input, Manifest, Recipe, parse
from seqtool.errors import ArtifactError


@dataclass(frozen=True)
class Ancestor:
    """One node of the tree: its depth, what it is, and the command that makes it (``None`` for a text)."""

    depth: int
    name: str
    kind: str
    digest: str
    command: str | None


def lineage(name: str, manifest: Manifest) -> Iterator[Ancestor]:
    """The artifact itself, then everything it was made from, each parent before its own inputs.

    Raises:
        ArtifactError: a manifest holds options that no command has written.
    """
    yield from _walk(0, Input(name, manifest.kind, manifest.digest, manifest.raw))


def _walk(depth: int, entry: Input) -> Iterator[Ancestor]:
    recipe = parse(entry.manifest, Path(entry.name)).recipe if entry.manifest is not None else None
    try:
        command = rebuild(recipe, entry.name.partition(":")[0]) if recipe else None
    except DAMAGE as error:
        message = f"{entry.name}: the options in its manifest are damaged ({type(error).__name__}: {error})"
        raise ArtifactError(message, "recreate the artifact") from None
    yield Ancestor(depth, entry.name, entry.kind, entry.digest, command)
    for parent in recipe.inputs if recipe else ():
        yield from _walk(depth + 1, parent)


_ROLES = {
    "valid",
    "test",
    "model",
    "vocab",
    "init-vectors",
    "init-lm",
    "source",
    "target",
    "source-vectors",
    "valid-source",
    "valid-target",
    "text",
    "mix",
    "tune",
}
_POSITIONAL = ("words", "line")  # what a command is asked about, without a flag
_WEIGHTS = "weights"  # of the models of --mix, behind their names
_UNASKED = ("layout",)  # what a version of seqtool makes, not what was asked


def rebuild(recipe: Recipe, output: str) -> str:
    """The command line that makes the artifact again, every option written out."""
    words = ["seqtool", recipe.command]
    columns = any(mark in str(recipe.options.get("column")) for mark in "\t,")
    weights = iter(recipe.options.get(_WEIGHTS) or ())
    once: set[tuple[str, str]] = set()  # a table of which several columns are inputs is named once
    for entry in recipe.inputs:
        role, colon, kind = entry.kind.partition(":")
        if (role, kind == "labels") in (("train", False), ("valid", True)):
            continue  # labeled texts are named once: to train on by their labels, to validate on by their texts
        if (role == "valid" or columns) and (role, entry.digest) in once:
            continue
        if entry.kind in ("gold:columns", "gold:texts"):
            continue  # they stand in one file with the guesses, or with the gold labels
        once.add((role, entry.digest))
        named = role in _ROLES and (colon or role != "text")  # without a role, a text is what it is of kind
        weight = f":{next(weights)}" if role == "mix" and _WEIGHTS in recipe.options else ""
        words += ["--" + role, *entry.names[:-1], entry.names[-1] + weight] if named else entry.names
    for name in _POSITIONAL:
        asked = recipe.options.get(name) or ()
        words += [asked] if isinstance(asked, str) else [str(word) for word in asked]
    for name, value in recipe.options.items():
        if name in (*_POSITIONAL, _WEIGHTS, *_UNASKED):
            continue
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            negated = flag.removeprefix("no-") if flag.startswith("no-") else f"no-{flag}"
            words.append(f"--{flag if value else negated}")
        elif value is not None:
            words += [f"--{flag}", str(value)]
    seed = [] if recipe.seed is None else ["--seed", str(recipe.seed)]
    return shlex.join([*words, *seed, "-o", output])
