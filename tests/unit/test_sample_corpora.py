"""The sample corpora: made anew they are the committed bytes, and what was planted in them can be found again."""

import importlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

FOLDER = Path(__file__).parents[2] / "sample_corpora"
LANGUAGES = ("en", "ko")
SEED = 1
WINDOW = 5
DIM = 50


@pytest.fixture(scope="module")
def maker() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        yield importlib.import_module("make_toy_world")


def read_sentences(language: str) -> list[list[str]]:
    text = (FOLDER / f"toy_world.{language}.txt").read_text(encoding="utf-8")
    return [line.split(" ") for line in text.splitlines()]


def read_questions(language: str) -> dict[str, list[list[str]]]:
    sections: dict[str, list[list[str]]] = {}
    for line in (FOLDER / f"toy_world.{language}.analogies.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(": "):
            questions = sections.setdefault(line[2:], [])
        else:
            questions.append(line.split(" "))
    return sections


def read_pairs(language: str) -> list[list[str]]:
    header, *lines = (FOLDER / f"toy_world.{language}.similarity.tsv").read_text(encoding="utf-8").splitlines()
    assert header == "word1\tword2\tscore"
    return [line.split("\t") for line in lines]


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_seed_gives_the_committed_bytes(maker: ModuleType, language: str) -> None:
    files = maker.make_files(maker.LEXICONS[language], SEED, maker.SENTENCES[language])
    for ending, content in files.items():
        assert content == (FOLDER / f"toy_world.{language}{ending}").read_bytes(), ending


def test_another_seed_gives_another_text(maker: ModuleType) -> None:
    lexicon = maker.LEXICONS["en"]
    assert maker.make_files(lexicon, 2, 10)[".txt"] != maker.make_files(lexicon, 1, 10)[".txt"]


def test_command_writes_the_three_files(maker: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "world.txt"
    monkeypatch.setattr("sys.argv", ["make", "--language", "ko", "--sentences", "7", "-o", str(output)])
    maker.main()
    assert len(output.read_text(encoding="utf-8").splitlines()) == 7
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "world.analogies.txt",
        "world.similarity.tsv",
        "world.txt",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_evaluated_word_is_frequent(language: str) -> None:
    counts = Counter(token for sentence in read_sentences(language) for token in sentence)
    asked = {word for questions in read_questions(language).values() for question in questions for word in question}
    asked |= {word for first, second, _ in read_pairs(language) for word in (first, second)}
    assert {word: counts[word] for word in asked if counts[word] < 20} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_and_pairs_are_well_formed_and_distinct(language: str) -> None:
    sections = read_questions(language)
    assert {"gender", "capital", "past-tense", "plural", "comparative", "superlative"} <= set(sections)
    for section, questions in sections.items():
        assert 30 <= len(questions) <= 60
        assert all(len(question) == len(set(question)) == 4 for question in questions)
        assert len({tuple(question) for question in questions}) == len(questions), section
    pairs = [frozenset(pair[:2]) for pair in read_pairs(language)]
    assert len(set(pairs)) == len(pairs) >= 100
    assert all(len(pair) == 2 for pair in pairs)
    assert all(0 <= float(score) <= 10 for _, _, score in read_pairs(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_identity_keeps_its_context_words_to_itself(maker: ModuleType, language: str) -> None:
    owners = Counter(
        word
        for family in maker.LEXICONS[language].families
        for identity in family.identities
        for word in {*identity.words, *(word for pool in identity.pools.values() for word in pool)}
    )
    assert [word for word, count in owners.items() if count > 1] == []


def count_cooccurrences(sentences: list[list[str]], ids: dict[str, int]) -> np.ndarray:
    tokens = np.array([ids[token] for sentence in sentences for token in sentence])
    lines = np.repeat(np.arange(len(sentences)), [len(sentence) for sentence in sentences])
    counts = np.zeros((len(ids), len(ids)))
    for distance in range(1, WINDOW + 1):
        together = lines[:-distance] == lines[distance:]
        np.add.at(counts, (tokens[:-distance][together], tokens[distance:][together]), 1)
    return counts + counts.T


def factorize_ppmi(counts: np.ndarray) -> np.ndarray:
    expected = np.outer(counts.sum(1), counts.sum(0)) / counts.sum()
    with np.errstate(divide="ignore"):
        ppmi = np.maximum(np.log(counts / expected), 0)
    left, singular_values, _ = svds(csr_array(ppmi), k=DIM, v0=np.ones(len(ppmi)))
    vectors = left * np.sqrt(singular_values)
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


@pytest.mark.parametrize("language", LANGUAGES)
def test_planted_analogies_are_found_by_ppmi_and_svd(language: str) -> None:
    sentences = read_sentences(language)
    ids = {word: index for index, word in enumerate(sorted({token for sentence in sentences for token in sentence}))}
    unit = factorize_ppmi(count_cooccurrences(sentences, ids))
    sections = read_questions(language)
    a, b, c, d = np.array([[ids[word] for word in q] for questions in sections.values() for q in questions]).T
    scores = (unit[b] - unit[a] + unit[c]) @ unit.T
    for given in (a, b, c):
        scores[np.arange(len(given)), given] = -np.inf
    assert np.mean(scores.argmax(1) == d) >= 0.95


def test_opinions_and_chunks_are_what_their_command_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    maker = importlib.import_module("make_opinions")
    monkeypatch.setattr(maker, "FOLDER", tmp_path)
    maker.main()
    for name in ("opinions.en.tsv", "opinions.ko.tsv", "chunks.en.txt"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
