"""WordNet as a thesaurus: senses, synonyms, antonyms, hypernyms, and how near two words are (Miller 1995).

The dictionary is a folder (or the zip file that nltk downloads); `find_folder` knows where it usually is.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.digests import file_digest
from seqtool.artifact.manifest import Input, sha256_json
from seqtool.errors import InputError, UsageError
from seqtool.vectors.spelling import near_spellings
from seqtool.vectors.wordnet.files import LETTERS, PARTS, REINSTALL, Synset, WordNetFiles, index_form
from seqtool.vectors.wordnet.taxonomy import Taxonomy

MEASURES = ("path", "wup", "lch")
_TAXONOMIES = ("noun", "verb")  # the parts of speech that have hypernyms
_SYSTEM = (
    "/usr/share/wordnet",
    "/usr/local/share/wordnet",
    "/usr/local/WordNet-3.0/dict",
    "/opt/homebrew/share/wordnet",
)
_NLTK = ("/usr/share/nltk_data", "/usr/local/share/nltk_data", "/usr/lib/nltk_data", "/usr/local/lib/nltk_data")
_INSIDE = ("", "dict", "corpora/wordnet", "corpora/wordnet.zip", "corpora/wordnet31", "corpora/wordnet31.zip")
_HOW_TO_GET = (
    "install WordNet (apt install wordnet-base, or nltk.download('wordnet')), or give its folder with --wordnet"
)


@dataclass(frozen=True)
class Node:
    """A synset and what is above it in the tree of hypernyms."""

    synset: Synset
    hypernyms: tuple[Node, ...]


@dataclass(frozen=True)
class Similarity:
    """How near two words are by one measure, and the two senses that are nearest; nan and ``None`` where none are."""

    measure: str
    value: float
    left: Synset | None = None
    right: Synset | None = None


class Thesaurus:
    """A WordNet dictionary.

    Args:
        folder: where it is; left out, the usual places are tried.

    Raises:
        InputError: there is none, or it is damaged.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = find_folder(folder)
        self.files = WordNetFiles(self.folder)
        self._synsets = cache(self._looked_up)
        self._taxonomies: dict[str, Taxonomy] = {}

    def synsets(self, word: str, part: str | None = None) -> list[Synset]:
        """The senses of a word in any inflection, by part of speech, the most usual first; nothing where unknown."""
        return list(self._synsets(index_form(word), part))

    def known_synsets(self, word: str, part: str | None = None) -> list[Synset]:
        """The senses of a word.

        Raises:
            InputError: it has none; near spellings are named.
        """
        found = self.synsets(word, part)
        if not found:
            raise self._unknown(word, part)
        return found

    def synonyms(self, word: str, synset: Synset) -> list[str]:
        """The other words of one of its senses."""
        forms = set(self.files.base_forms(word, synset.part))
        return [other for other in synset.words if index_form(other) not in forms]

    def antonyms(self, word: str, synset: Synset) -> list[str]:
        """The opposites of a word in one of its senses: what holds for the synset's other words is left out."""
        forms = set(self.files.base_forms(word, synset.part))
        found: list[str] = []
        for pointer in synset.pointers:
            own = not pointer.source or index_form(synset.words[pointer.source - 1]) in forms
            if pointer.symbol == "!" and own:
                words = self.files.synset(pointer.part, pointer.offset).words
                found += words[pointer.target - 1 : pointer.target] if pointer.target else words
        return found

    def hypernyms(self, synset: Synset) -> Node:
        """The tree above a synset, those of instances too; a synset reached by several ways is in several places.

        Raises:
            InputError: where hypernyms form a cycle.
        """
        return self._node(synset, frozenset())

    def name(self, synset: Synset) -> str:
        """``dog.n.01``: the first word, the part of speech, and which of the word's senses it is."""
        form = index_form(synset.words[0])
        offsets = self.files.offsets(form, synset.part)
        number = offsets.index(synset.offset) + 1 if synset.offset in offsets else 0
        letter = next(letter for letter, part in LETTERS.items() if part == synset.part)
        return f"{form}.{letter}.{number:02d}"

    def similarity(self, left: str, right: str, measure: str, part: str | None = None) -> Similarity:
        """The greatest similarity of a sense of one word and a sense of the other, both nouns or both verbs."""
        best = Similarity(measure, math.nan)
        for one in _TAXONOMIES if part is None else [part]:
            pairs = [(a, b) for a in self.synsets(left, one) for b in self.synsets(right, one)]
            if not pairs or one not in _TAXONOMIES:
                continue
            measured = self._measure(one, measure)
            for a, b in pairs:
                value = measured(a.offset, b.offset)
                if not value <= best.value and not math.isnan(value):
                    best = Similarity(measure, value, a, b)
        return best

    def _measure(self, part: str, measure: str) -> Callable[[int, int], float]:
        if part not in self._taxonomies:
            # Verbs have no common root of their own.
            self._taxonomies[part] = Taxonomy(self.files.hypernyms(part), rooted=part == "verb")
        taxonomy = self._taxonomies[part]
        return {"path": taxonomy.path, "wup": taxonomy.wup, "lch": taxonomy.lch}[measure]

    def _looked_up(self, form: str, part: str | None) -> tuple[Synset, ...]:
        found: dict[tuple[str, int], None] = {}
        for one in PARTS if part is None else [part]:
            for base in self.files.base_forms(form, one):
                found |= dict.fromkeys((one, offset) for offset in self.files.offsets(base, one))
        return tuple(self.files.synset(one, offset) for one, offset in found)

    def _node(self, synset: Synset, below: frozenset[int]) -> Node:
        if synset.offset in below:
            raise InputError(
                f"{self.folder}: the hypernyms of the synset at byte {synset.offset} form a cycle", REINSTALL
            )
        above = [p for p in synset.pointers if p.symbol in ("@", "@i") and p.part == synset.part]
        seen = below | {synset.offset}
        return Node(synset, tuple(self._node(self.files.synset(p.part, p.offset), seen) for p in above))

    def _unknown(self, word: str, part: str | None) -> InputError:
        parts = PARTS if part is None else (part,)
        if part is not None and self.synsets(word):
            others = dict.fromkeys(synset.part for synset in self.synsets(word))
            return InputError(f"{self.folder} has no {part} {word!r}", f"use --pos {' or '.join(others)}")
        lemmas = [lemma for one in parts for lemma in self.files.lemmas(one)]
        close = dict.fromkeys(lemma.replace("_", " ") for lemma in near_spellings(index_form(word), lemmas))
        remedy = f"did you mean {' or '.join(close)}?" if close else "check the spelling; WordNet is English"
        return InputError(f"{word!r} is not in {self.folder}", remedy)


class WordNetScorer:
    """Scores pairs of words by one of `MEASURES`, as a similarity data set asks for it.

    Args:
        folder: of the dictionary; left out, the usual places are tried.
        measure: path, wup or lch.

    Raises:
        InputError: there is no dictionary.
        UsageError: the measure is not known.
    """

    def __init__(self, folder: Path | None, measure: str) -> None:
        if measure not in MEASURES:
            raise UsageError(f"unknown similarity measure: {measure}", f"choose one of {', '.join(MEASURES)}")
        self.measure = measure
        self.thesaurus = Thesaurus(folder)

    def pair_scores(
        self, pairs: Sequence[tuple[str, str]], fold_case: bool = True, spell: bool = False
    ) -> NDArray[np.float64]:
        """float64 (P,): nan where a word is unknown or the two share no part of speech that has hypernyms.

        WordNet's index knows no case and no n-grams: ``fold_case`` and ``spell`` change nothing.
        """
        return np.array([self.thesaurus.similarity(a, b, self.measure).value for a, b in pairs], np.float64)


def wordnet_input(folder: Path) -> Input:
    """A dictionary as an input of an artifact: its digest is over the files that are read."""
    if folder.suffix == ".zip":
        return Input(folder.name, "wordnet:file", file_digest(folder))
    names = [name for name in WordNetFiles(folder).names() if (folder / name).is_file()]
    return Input(folder.name, "wordnet:folder", sha256_json([[name, file_digest(folder / name)] for name in names]))


def find_folder(given: Path | None = None) -> Path:
    """The dictionary in the folder given, or else in ``$WNSEARCHDIR``, ``$WNHOME``, ``$NLTK_DATA`` or a usual place.

    Raises:
        InputError: none is there; the places that were looked in are named.
    """
    tried = list(_places()) if given is None else [given]
    for place in tried:
        for inside in _INSIDE:
            if _is_dictionary(place / inside):
                return place / inside
    where = ", ".join(dict.fromkeys(map(str, tried)))
    raise InputError(f"found no WordNet dictionary (index.noun and data.noun) in {where}", _HOW_TO_GET)


def _places() -> Iterator[Path]:
    for name in ("WNSEARCHDIR", "WNHOME"):
        if os.environ.get(name):
            yield Path(os.environ[name])
    yield from (Path(place) for place in os.environ.get("NLTK_DATA", "").split(os.pathsep) if place)
    yield Path.home() / "nltk_data"
    yield from map(Path, (*_SYSTEM, *_NLTK))


def _is_dictionary(folder: Path) -> bool:
    if folder.suffix == ".zip":
        return folder.is_file()
    return (folder / "index.noun").is_file() and (folder / "data.noun").is_file()


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
