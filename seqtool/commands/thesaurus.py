"""The thesaurus command."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Annotated

from seqtool.commands.answers import Table
from seqtool.errors import UsageError
from seqtool.options import Argument
from seqtool.vectors.options import ThesaurusOptions

if TYPE_CHECKING:
    from seqtool.vectors.wordnet.files import Synset
    from seqtool.vectors.wordnet.thesaurus import Thesaurus


def thesaurus(
    word: Annotated[str, Argument("an English word, in any inflected form")],
    word2: Annotated[str | None, Argument("a second word, for their similarity")] = None,
    *,
    options: ThesaurusOptions,
) -> Table:
    """Look a word up in WordNet, or compare two words.

    Prints the senses, synonyms, antonyms or hypernyms of a word. For two words, it prints the similarity of their
    two nearest senses, both nouns or both verbs: path 1/(d + 1), Wu-Palmer (wup) and Leacock-Chodorow (lch).

    Example: seqtool thesaurus dog --relation hypernyms
    """
    from seqtool.vectors.wordnet.thesaurus import Thesaurus

    if word2 is not None and options.relation is not None:
        raise UsageError("--relation takes only one word", "leave out --relation or the second word")
    known = Thesaurus(options.wordnet)
    synsets = known.known_synsets(word, options.pos)
    if word2 is not None:
        known.known_synsets(word2, options.pos)
        return _similarities(known, word, word2, options.pos)
    if options.relation == "hypernyms":
        return _hypernyms(known, synsets)
    if options.relation in ("synonyms", "antonyms"):
        related = known.synonyms if options.relation == "synonyms" else known.antonyms
        rows = [(known.name(synset), synset.part, other) for synset in synsets for other in related(word, synset)]
        return Table(("synset", "pos", options.relation.removesuffix("s")), rows)
    return _senses(known, synsets)


def _senses(known: Thesaurus, synsets: list[Synset]) -> Table:
    columns = ("synset", "pos", "words", "gloss")
    rows = [(known.name(synset), synset.part, list(synset.words), synset.gloss) for synset in synsets]
    shown = [(name, part, ", ".join(words), gloss) for name, part, words, gloss in rows]
    return Table(columns, shown, json=[dict(zip(columns, row, strict=True)) for row in rows])


def _similarities(known: Thesaurus, word: str, word2: str, part: str | None) -> Table:
    from seqtool.vectors.wordnet.thesaurus import MEASURES

    found = [known.similarity(word, word2, measure, part) for measure in MEASURES]
    rows = [(one.measure, one.value, *(known.name(s) if s else None for s in (one.left, one.right))) for one in found]
    none = f"{word} and {word2} have no similarity, because they have no senses that are both nouns or both verbs"
    notes = [none] if all(math.isnan(one.value) for one in found) else []
    return Table(("measure", "similarity", "synset1", "synset2"), rows, notes=notes)


def _hypernyms(known: Thesaurus, synsets: list[Synset]) -> Table:
    from seqtool.vectors.wordnet.thesaurus import tree_lines, tree_record, tree_rows

    trees = [known.hypernyms(synset) for synset in synsets]
    rows = list(chain.from_iterable(tree_rows(known, tree) for tree in trees))
    lines = list(chain.from_iterable(tree_lines(known, tree) for tree in trees))
    nested = [tree_record(known, tree) for tree in trees]
    return Table(("depth", "synset", "words", "gloss"), rows, drawn=lines, json=nested)
