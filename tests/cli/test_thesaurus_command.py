"""thesaurus: answers in every form, refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)


@pytest.fixture
def tell(run: Run, tiny_wordnet: Path) -> Run:
    return lambda *arguments: run("thesaurus", *arguments, "--wordnet", tiny_wordnet)


def test_senses(tell: Run) -> None:
    done = tell("dogs").ok()
    assert done.stderr == ""
    assert done.stdout == (
        "synset\tpos\twords\tgloss\n"
        "dog.n.01\tnoun\tdog, domestic dog\twhat is called dog\n"
        "frump.n.01\tnoun\tfrump, dog\twhat is called frump\n"
    )
    assert tell("dogs", "--json").ok().json[0] == {
        "synset": "dog.n.01",
        "pos": "noun",
        "words": ["dog", "domestic dog"],
        "gloss": "what is called dog",
    }
    assert "dog.n.01    noun  dog, domestic dog  what" in tell("dogs", "--format", "text").ok().stdout


def test_synonyms_and_antonyms(tell: Run) -> None:
    assert tell("car", "--relation", "synonyms").ok().stdout == "synset\tpos\tsynonym\ncar.n.01\tnoun\tauto\n"
    assert tell("hot", "--relation", "antonyms", "--json").ok().json == [
        {"synset": "hot.a.01", "pos": "adj", "antonym": "cold"}
    ]
    assert tell("car", "--relation", "antonyms").ok().stdout == "synset\tpos\tantonym\n"


def test_hypernyms_as_rows_as_json_and_as_a_tree(tell: Run) -> None:
    rows = [line.split("\t")[:3] for line in tell("frump", "--relation", "hypernyms").ok().stdout.splitlines()]
    assert rows == [["depth", "synset", "words"], ["0", "frump.n.01", "frump, dog"], ["1", "entity.n.01", "entity"]]
    (nested,) = tell("frump", "--relation", "hypernyms", "--json").ok().json
    assert nested["synset"] == "frump.n.01"
    assert nested["hypernyms"] == [
        {"synset": "entity.n.01", "words": ["entity"], "gloss": "what is called entity", "hypernyms": []}
    ]
    tree = tell("animal", "--relation", "hypernyms", "--format", "text").ok().stdout
    assert tree == (
        "animal.n.01  animal – what is called animal\n"
        "└── object.n.01  object, physical object\n"
        "    └── entity.n.01  entity\n"
    )


def test_two_words(tell: Run) -> None:
    done = tell("cat", "dog").ok()
    assert done.stdout == (
        "measure\tsimilarity\tsynset1\tsynset2\n"
        "path\t0.2\tcat.n.01\tdog.n.01\n"
        "wup\t0.6\tcat.n.01\tdog.n.01\n"
        "lch\t0.693147\tcat.n.01\tdog.n.01\n"
    )
    none = tell("hot", "cold", "--json").ok()
    assert none.json[0] == {"measure": "path", "similarity": None, "synset1": None, "synset2": None}
    assert "no similarity" in none.stderr


def test_a_part_of_speech(tell: Run) -> None:
    assert len(tell("run", "--pos", "verb").ok().stdout.splitlines()) == 2
    tell("run", "--pos", "noun").failed(1, "noun 'run'", "verb")
    tell("run", "--pos", "article").failed(2, "--pos")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["dogg"], 1, ["'dogg'", "dog?"]),
        (["dog", "catt"], 1, ["'catt'", "cat?"]),
        (["dog", "cat", "--relation", "synonyms"], 2, ["--relation", "one word"]),
        (["dog", "--relation", "friends"], 2, ["--relation"]),
        (["dog", "--json", "--format", "tsv"], 2, ["--json", "--format tsv"]),
        ([], 2, ["missing argument"]),
    ],
    ids=str,
)
def test_refusals(tell: Run, arguments: list[str], code: int, words: list[str]) -> None:
    assert tell(*arguments).failed(code, *words).stdout == ""


def test_no_dictionary(run: Run, tmp_path: Path) -> None:
    run("thesaurus", "dog", "--wordnet", tmp_path / "none").failed(1, "none", "wordnet-base", "nltk.download")
