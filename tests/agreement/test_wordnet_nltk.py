"""The same senses and similarities as nltk, on Princeton's WordNet where it and nltk are installed."""

from __future__ import annotations

import itertools
import math
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from seqtool.errors import InputError
from seqtool.vectors.wordnet.thesaurus import MEASURES, Thesaurus

PAIRS = 1000
INFLECTED = [
    "dogs",
    "mice",
    "wolves",
    "churches",
    "men",
    "geese",
    "ran",
    "went",
    "walked",
    "hottest",
    "better",
    "worst",
]


@pytest.fixture(scope="module")
def known() -> Thesaurus:
    try:
        return Thesaurus()
    except InputError as error:
        pytest.skip(f"no WordNet to agree on: {error.message}")


@pytest.fixture(scope="module")
def peer(known: Thesaurus, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """nltk's reader; it takes folders under its data paths only, and needs a ``lexnames`` that Debian leaves out."""
    nltk = pytest.importorskip("nltk", reason="nltk is not installed")
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    if known.folder.suffix == ".zip":
        pytest.skip("the dictionary is packed")
    root = tmp_path_factory.mktemp("nltk")
    folder = Path(shutil.copytree(known.folder, root / "corpora" / "wordnet"))
    (folder / "lexnames").write_text("".join(f"{number:02d}\tname{number}\t1\n" for number in range(45)))

    class Reader(WordNetCorpusReader):  # type: ignore[misc]
        def map_wn(self, version: str = "wordnet") -> None:
            """Nothing is mapped to another version."""

    nltk.data.path.insert(0, str(root))
    try:
        yield Reader(nltk.data.find("corpora/wordnet"), None)
    finally:
        nltk.data.path.remove(str(root))


@pytest.fixture(scope="module")
def words(known: Thesaurus) -> list[str]:
    draw = random.Random(3)
    return [word for part in ("noun", "verb") for word in draw.sample(known.files.lemmas(part), 400)] + INFLECTED


def test_the_same_senses(known: Thesaurus, peer: Any, words: list[str]) -> None:
    letters = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
    for word in words:
        ours = {(letters[synset.part], synset.offset) for synset in known.synsets(word)}
        theirs = {(synset.pos().replace("s", "a"), synset.offset()) for synset in peer.synsets(word)}
        assert ours == theirs, word


def test_the_same_similarities_of_nouns(known: Thesaurus, peer: Any, words: list[str]) -> None:
    """wup: of several lowest common subsumers nltk takes the first by name, we the one that says most."""
    found = compared(known, peer, words, "noun")
    assert found["path"] == found["lch"] == PAIRS
    assert found["wup"] >= 0.97 * PAIRS


def test_similar_similarities_of_verbs(known: Thesaurus, peer: Any, words: list[str]) -> None:
    """nltk's added root is above a sense's farthest ancestor and no deeper than real roots; ours is above all roots."""
    found = compared(known, peer, words, "verb")
    assert found["path"] == found["lch"] >= 0.99 * PAIRS
    assert found["wup"] >= 0.93 * PAIRS


def compared(known: Thesaurus, peer: Any, words: list[str], part: str) -> dict[str, int]:
    """Of `PAIRS` pairs of senses, how many have the same similarity."""
    draw = random.Random(5)
    usable = [word for word in words if known.synsets(word, part)]
    agreed = dict.fromkeys(MEASURES, 0)
    for _ in range(PAIRS):
        ours = [draw.choice(known.synsets(draw.choice(usable), part)) for _ in range(2)]
        left, right = (peer.synset_from_pos_and_offset(part[0], synset.offset) for synset in ours)
        theirs = {"path": left.path_similarity, "wup": left.wup_similarity, "lch": left.lch_similarity}
        for measure, similarity in theirs.items():
            value = known._measure(part, measure)(ours[0].offset, ours[1].offset)
            agreed[measure] += math.isclose(value, similarity(right), abs_tol=1e-12)
    return agreed


@pytest.mark.parametrize(("left", "right"), [("dog", "cat"), ("dog", "car"), ("cat", "car")])
def test_words_by_their_nearest_senses(known: Thesaurus, peer: Any, left: str, right: str) -> None:
    senses = itertools.product(peer.synsets(left, "n"), peer.synsets(right, "n"))
    best = max(one.path_similarity(other) for one, other in senses)
    assert known.similarity(left, right, "path", "noun").value == best
