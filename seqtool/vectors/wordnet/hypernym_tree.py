"""Trees of hypernyms as rows, nested dictionaries and drawn lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seqtool.vectors.wordnet.thesaurus import Node, Thesaurus

Row = tuple[int, str, str, str]


def tree_rows(known: Thesaurus, node: Node, depth: int = 0) -> Iterator[Row]:
    """Depth, name, words and gloss of a synset and of all above it."""
    synset = node.synset
    yield depth, known.name(synset), ", ".join(synset.words), synset.gloss
    for above in node.hypernyms:
        yield from tree_rows(known, above, depth + 1)


def tree_record(known: Thesaurus, node: Node) -> dict[str, Any]:
    """A synset, and under ``hypernyms`` those above it."""
    synset = node.synset
    own = {"synset": known.name(synset), "words": list(synset.words), "gloss": synset.gloss}
    return own | {"hypernyms": [tree_record(known, above) for above in node.hypernyms]}


def tree_lines(known: Thesaurus, node: Node) -> Iterator[str]:
    """A tree drawn with box characters; its root with the gloss."""
    yield f"{_label(known, node)} – {node.synset.gloss}"
    yield from _branches(known, node, "")


def _branches(known: Thesaurus, node: Node, indent: str) -> Iterator[str]:
    for above in node.hypernyms:
        last = above is node.hypernyms[-1]
        yield f"{indent}{'└──' if last else '├──'} {_label(known, above)}"
        yield from _branches(known, above, indent + ("    " if last else "│   "))


def _label(known: Thesaurus, node: Node) -> str:
    return f"{known.name(node.synset)}  {', '.join(node.synset.words)}"
