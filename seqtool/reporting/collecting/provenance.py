"""Where the artifacts of a report come from: their texts, dropped items, and whether they match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqtool.artifact.lineage import Ancestor
from seqtool.artifact.manifest import Input, Manifest, parse, sha256_json
from seqtool.artifact.read import Artifact

LINEAGE_NOTE = (
    "To recreate an artifact, run its command in the folder of its inputs, after the commands indented below it, "
    "innermost first. With the same number of --threads (see Cost) the result is identical, byte for byte."
)
_NAMED = 5
_AGAIN = "recreate the outdated artifacts, or include the inputs that they were made from"
_BESIDE = "gold:labels"  # in one file with the texts, which are an input before it
_WHOLE_FILES = ("text", "lines", "columns")  # read line by line, nothing left out
_PARTS = ("train", "valid", "test")
# The options of a corpus that say which sentences it has, and in which part.
_READ = ("split", "split_by", "blank_lines", "encoding", "errors", "column", "hf_revision")


@dataclass(frozen=True)
class Text:
    """The identity of a text: ``digest`` is equal for equal sentences, ``name`` is the raw text's."""

    digest: str
    name: str

    def part(self, name: str) -> Text:
        """One part of a corpus of it."""
        return Text(f"{self.digest}:{name}", f"{self.name}:{name}")


def input_texts(artifact: Artifact, role: str) -> dict[str, Text]:
    """The texts among an artifact's inputs of a role, and its corpora and their parts, by name."""
    found: dict[str, Text] = {}
    dropped = _drops_blank_lines(artifact)
    for entry in artifact.manifest.recipe.inputs:
        if entry.kind != "corpus" and not entry.kind.startswith(role):
            continue
        kind = _without_role(entry.kind)
        if kind == "corpus":
            text, (name, _, part) = sentences_text(entry), entry.name.rpartition(":")
            if part in _PARTS and name:
                found[entry.name] = text.part(part)
            else:
                found |= {entry.name: text} | {f"{entry.name}:{one}": text.part(one) for one in _PARTS}
            continue
        before = [found[entry.name].digest] if entry.kind == _BESIDE and entry.name in found else []
        read = sha256_json([*before, entry.text or entry.digest, "" if kind in _WHOLE_FILES else kind, dropped])
        found[entry.name] = Text(read, entry.name)
    return found


def _without_role(kind: str) -> str:
    role, colon, rest = kind.partition(":")
    return rest if colon and role.replace("-", "").isalpha() else kind


def _drops_blank_lines(artifact: Artifact) -> bool:
    """Whether a language model that is evaluated, or is the artifact itself, leaves blank lines out."""
    manifests = [entry.manifest for entry in artifact.manifest.recipe.inputs if entry.kind in ("lm", "ngram")]
    summaries = [artifact.summary, *(manifest["summary"] for manifest in manifests if manifest is not None)]
    return any(summary.get("preprocessing", {}).get("blank_lines") == "drop" for summary in summaries)


def sentences_text(corpus: Input) -> Text:
    """The identity of the sentences of a corpus, whatever its tokenizer."""
    recipe = parse(corpus.manifest or {}, Path(corpus.name)).recipe
    joined = [entry for entry in recipe.inputs if entry.kind == "corpus"]
    if joined:  # by phrases
        return sentences_text(joined[0])
    texts = [entry for entry in recipe.inputs if not entry.kind.startswith("vocab")]
    read = {name: recipe.options.get(name) for name in _READ}
    return Text(
        sha256_json([[[e.kind, e.text or e.digest] for e in texts], read]), ",".join(entry.name for entry in texts)
    )


def ledgers(manifests: Sequence[tuple[str, Manifest]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Items that were changed or dropped for the artifacts and their ancestors, each ancestor once."""
    rows: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    waiting = list(manifests)
    while waiting:
        name, manifest = waiting.pop(0)
        if manifest.digest in rows:
            continue
        rows[manifest.digest] = [(name, row) for row in manifest.ledger]
        waiting[:0] = [
            (whole(entry.name), parse(entry.manifest, Path(entry.name)))
            for entry in manifest.recipe.inputs
            if entry.manifest is not None
        ]
    return [row for some in rows.values() for row in some]


def mismatched_inputs(lineages: Sequence[tuple[str, Sequence[Ancestor]]]) -> list[str]:
    """Warnings about artifacts made from another artifact than the one of that name in the report."""
    given: dict[str, set[str]] = {}
    for name, (own, *_) in lineages:
        given.setdefault(name, set()).add(own.digest)
    made: dict[str, dict[str, None]] = {}  # by what they were made from
    for name, (_, *ancestors) in lineages:
        for node in (node for node in ancestors if node.command is not None):
            parent = whole(node.name)
            if parent in given and whole(node.digest) not in given[parent]:
                made.setdefault(parent, {})[name] = None
    return [
        f"the {parent} in this report is not the one used for {_few(list(names))}; {_AGAIN}"
        for parent, names in made.items()
    ]


def other_corpora(lineages: Sequence[tuple[str, Sequence[Ancestor]]]) -> list[str]:
    """Warnings about different corpora of one name that are not in the report, such as one edited between two runs."""
    given = {name for name, _ in lineages}
    made: dict[str, dict[str, dict[str, None]]] = {}  # from corpora of a name, by their digests
    for name, nodes in lineages:
        for node in nodes:
            if _without_role(node.kind) == "corpus" and whole(node.name) not in given:
                made.setdefault(whole(node.name), {}).setdefault(whole(node.digest), {})[name] = None
    return [
        f"{len(versions)} different corpora have the name {corpus} (perhaps edited between runs): "
        f"{'; '.join(f'{digest[:6]} was used for {_few(list(names))}' for digest, names in versions.items())}; {_AGAIN}"
        for corpus, versions in made.items()
        if len(versions) > 1
    ]


def lineage_lines(lineages: Sequence[tuple[str, Sequence[Ancestor]]]) -> Iterator[tuple[str, str]]:
    """Each name and its lineage: one line per artifact and, the first time it appears, one for its command."""
    shown: set[str] = set()
    for name, nodes in lineages:
        lines = []
        for node in nodes:
            indent = "    " * node.depth
            again = "  (its command is above)" if whole(node.digest) in shown else ""
            made = (again or f"\n{indent}  $ {node.command}") if node.command else ""
            shown.add(whole(node.digest))
            lines.append(f"{indent}{node.name}  {node.kind}  {node.digest[:12]}{made}")
        yield name, "\n".join(lines)


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def whole(part: str) -> str:
    """``c.corpus:test`` → ``c.corpus``, for names and for digests."""
    return part.partition(":")[0]
