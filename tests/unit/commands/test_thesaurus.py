"""The thesaurus from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import seqtool
from seqtool.errors import InputError, UsageError


def test_senses_hypernyms_and_similarities(tiny_wordnet: Path) -> None:
    assert [row["synset"] for row in seqtool.thesaurus("dogs", wordnet=tiny_wordnet)] == ["dog.n.01", "frump.n.01"]
    rows = seqtool.thesaurus("frump", relation="hypernyms", wordnet=str(tiny_wordnet))
    assert [(row["depth"], row["synset"]) for row in rows] == [(0, "frump.n.01"), (1, "entity.n.01")]
    measured = {row["measure"]: row["similarity"] for row in seqtool.thesaurus("cat", "dog", wordnet=tiny_wordnet)}
    assert measured["path"] == pytest.approx(0.2)


def test_what_is_refused(tiny_wordnet: Path) -> None:
    with pytest.raises(InputError, match="dogg"):
        seqtool.thesaurus("dogg", wordnet=tiny_wordnet)
    with pytest.raises(UsageError, match="relation"):
        seqtool.thesaurus("dog", relation="friends", wordnet=tiny_wordnet)
