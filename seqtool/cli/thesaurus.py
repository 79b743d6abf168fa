"""The thesaurus command."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seqtool.cli.options import Format, Json
from seqtool.errors import UsageError

if TYPE_CHECKING:
    from seqtool.cli.answer import Form
    from seqtool.vectors.wordnet.files import Synset
    from seqtool.vectors.wordnet.thesaurus import Node, Thesaurus

_PIPE_WIDTH = 1000


def thesaurus(
    word: Annotated[str, typer.Argument(help="an English word, in any inflection", show_default=False)],
    word2: Annotated[str | None, typer.Argument(help="another: how similar the two are", show_default=False)] = None,
    wordnet: Annotated[
        Path | None,
        typer.Option(
            "--wordnet",
            metavar="FOLDER",
            help="WordNet's files [default: $WNSEARCHDIR, $WNHOME, $NLTK_DATA, ~/nltk_data, /usr/share/wordnet …]",
        ),
    ] = None,
    pos: Annotated[
        Literal["noun", "verb", "adj", "adv"] | None, typer.Option("--pos", help="only this part of speech")
    ] = None,
    relation: Annotated[
        Literal["synsets", "synonyms", "antonyms", "hypernyms"] | None,
        typer.Option("--relation", help="what to tell of the senses of one word [default: synsets]"),
    ] = None,
    output_format: Format = None,
    as_json: Json = False,
) -> None:
    """What WordNet knows of a word: its senses, synonyms, antonyms or hypernyms; of two words, how similar they are.

    Similarity is that of the two nearest senses, both nouns or both verbs: path 1/(d + 1), Wu-Palmer (wup) and
    Leacock-Chodorow (lch).

    Example: seqtool thesaurus dog --relation hypernyms
    """  # fmt: skip
    from seqtool.cli.answer import form_of
    from seqtool.vectors.wordnet.thesaurus import Thesaurus

    form = form_of(output_format, as_json)
    if word2 is not None and relation is not None:
        raise UsageError("--relation is told of one word", "leave it out, or the second word")
    known = Thesaurus(wordnet)
    synsets = known.known_synsets(word, pos)
    if word2 is not None:
        known.known_synsets(word2, pos)
        _print_similarities(known, word, word2, pos, form)
    elif relation == "hypernyms":
        _print_trees(known, [known.hypernyms(synset) for synset in synsets], form)
    elif relation in ("synonyms", "antonyms"):
        _print_related(known, word, synsets, relation, form)
    else:
        _print_synsets(known, synsets, form)


def _print_synsets(known: Thesaurus, synsets: list[Synset], form: Form) -> None:
    from seqtool.cli.answer import print_rows

    rows = ((known.name(s), s.part, _words(s, form), s.gloss) for s in synsets)
    print_rows(("synset", "pos", "words", "gloss"), rows, form)


def _print_related(known: Thesaurus, word: str, synsets: list[Synset], relation: str, form: Form) -> None:
    from seqtool.cli.answer import print_rows

    related = known.synonyms if relation == "synonyms" else known.antonyms
    rows = [(known.name(s), s.part, other) for s in synsets for other in related(word, s)]
    print_rows(("synset", "pos", relation.removesuffix("s")), rows, form)


def _print_similarities(known: Thesaurus, word: str, word2: str, pos: str | None, form: Form) -> None:
    from seqtool.cli.answer import print_rows
    from seqtool.progress import note
    from seqtool.vectors.wordnet.thesaurus import MEASURES

    found = [known.similarity(word, word2, measure, pos) for measure in MEASURES]
    if all(math.isnan(one.value) for one in found):
        note(f"no sense of {word} and none of {word2} are both nouns or both verbs: they have no similarity")
    rows = [(one.measure, one.value, *(known.name(s) if s else None for s in (one.left, one.right))) for one in found]
    print_rows(("measure", "similarity", "synset1", "synset2"), rows, form)


def _print_trees(known: Thesaurus, nodes: list[Node], form: Form) -> None:
    from seqtool.cli.answer import dumps, print_rows

    if form == "json":
        print(dumps([_nested(known, node) for node in nodes]))
    elif form == "tsv":
        print_rows(
            ("depth", "synset", "words", "gloss"), (row for node in nodes for row in _rows(known, node, 0)), form
        )
    else:
        _draw(known, nodes)


def _nested(known: Thesaurus, node: Node) -> dict[str, Any]:
    synset = node.synset
    own = {"synset": known.name(synset), "words": list(synset.words), "gloss": synset.gloss}
    return own | {"hypernyms": [_nested(known, above) for above in node.hypernyms]}


def _rows(known: Thesaurus, node: Node, depth: int) -> list[tuple[Any, ...]]:
    own = (depth, known.name(node.synset), _words(node.synset, "tsv"), node.synset.gloss)
    return [own, *(row for above in node.hypernyms for row in _rows(known, above, depth + 1))]


def _draw(known: Thesaurus, nodes: list[Node]) -> None:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    def grown(node: Node, tree: Tree) -> Tree:
        for above in node.hypernyms:
            grown(above, tree.add(Text(f"{known.name(above.synset)}  {_words(above.synset, 'text')}")))
        return tree

    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    console = Console(file=sys.stdout, width=width, highlight=False)
    for node in nodes:
        label = Text(f"{known.name(node.synset)}  {_words(node.synset, 'text')} – {node.synset.gloss}")
        console.print(grown(node, Tree(label)))


def _words(synset: Synset, form: Form) -> Any:
    return list(synset.words) if form == "json" else ", ".join(synset.words)
