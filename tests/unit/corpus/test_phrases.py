"""Phrases: found where they were planted, joined alike in strings and in arrays, scored as scipy does."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import PhraseOptions, PreprocessOptions, SourceOptions
from seqtool.corpus.phrases import joining
from seqtool.corpus.phrases.joining import JoinedText, find_phrases, score_pairs, with_phrases, write_joined
from seqtool.corpus.phrases.scoring import Phrase, Phrases
from seqtool.corpus.preprocess import encode_corpus
from seqtool.corpus.reading.sources import open_sources
from seqtool.errors import InputError

TOKENS = st.lists(st.sampled_from("abcd"), max_size=12)
PAIRS = st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d", "a+b", "b+a"]), st.sampled_from("abcd")), max_size=6)


def corpus_of(lines: list[str], folder: Path, **options: object) -> Corpus:
    folder.mkdir()
    (folder / "text.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    chosen = PreprocessOptions(threads=1, **options)  # type: ignore[arg-type]
    encoded = encode_corpus(open_sources([str(folder / "text.txt")], SourceOptions()), SourceOptions(), chosen, folder)
    return Corpus(folder, chosen, encoded.summary["splits"])


def planted(seed: int = 3) -> list[str]:
    """`new york times` and `hot dog` among words drawn evenly; `the` stands before everything."""
    draw = random.Random(seed)
    words = [f"w{i}" for i in range(30)]
    lines = []
    for i in range(600):
        line = [draw.choice(words) for _ in range(5)]
        line.insert(3, "the")
        if i % 10 == 0:
            line.insert(draw.randrange(6), "new york times")
        if i % 12 == 0:
            line.insert(draw.randrange(6), "hot dog")
        lines.append(" ".join(line))
    return lines


@pytest.mark.parametrize("scoring", ["ratio", "npmi"])
def test_planted_phrases_are_found_and_nothing_else(tmp_path: Path, scoring: str) -> None:
    text = JoinedText(corpus_of(planted(), tmp_path / "c"))
    options = PhraseOptions(scoring=scoring, threshold=10.0 if scoring == "ratio" else 0.9)
    first = find_phrases(text, options, 1)
    assert {(row.first, row.second, row.joined, row.times) for row in first} == {
        ("new", "york", "new_york", 60),
        ("york", "times", "york_times", 60),
        ("hot", "dog", "hot_dog", 50),
    }
    text.add_pass([(row.first, row.second, row.joined) for row in first])
    assert [(row.joined, row.times, row.number) for row in find_phrases(text, options, 2)] == [
        ("new_york_times", 60, 2)
    ]


def test_the_ratio_is_that_of_word2phrase() -> None:
    """(20 − 5) / (40 · 30) · 1000."""
    found = score_pairs(np.array([20]), np.array([40]), np.array([30]), 1000, PhraseOptions(min_count=5))
    assert found == pytest.approx([12.5])


@given(st.integers(1, 40), st.integers(0, 60), st.integers(0, 60), st.integers(0, 5000))
def test_the_log_likelihood_ratio_is_scipys(both: int, first: int, second: int, rest: int) -> None:
    total = both + first + second + rest
    ours = score_pairs(
        np.array([both]), np.array([both + first]), np.array([both + second]), total, PhraseOptions(scoring="llr")
    )[0]
    if (first + both) * (second + both) * (first + rest) * (second + rest) == 0:  # a whole row or column is empty
        assert ours == pytest.approx(0, abs=1e-8)
        return
    table = [[both, first], [second, rest]]
    theirs = chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
    assert abs(ours) == pytest.approx(theirs, rel=1e-9, abs=1e-8)
    assert ours * (both * total - (both + first) * (both + second)) >= 0


def test_npmi_is_1_where_words_stand_nowhere_else() -> None:
    options = PhraseOptions(scoring="npmi")
    assert score_pairs(np.array([7]), np.array([7]), np.array([7]), 500, options) == pytest.approx([1.0])
    assert score_pairs(np.array([10]), np.array([100]), np.array([100]), 1000, options) == pytest.approx([0.0])


@given(lines=st.lists(TOKENS, min_size=1, max_size=12), passes=st.lists(PAIRS, min_size=1, max_size=3))
def test_arrays_are_joined_as_strings_are(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]], passes: list[list[tuple[str, str]]]
) -> None:
    phrases = Phrases(
        [Phrase(f"{a}+{b}", a, b, number, 1, 1.0) for number, pairs in enumerate(passes, 1) for a, b in set(pairs)]
    )
    folder = tmp_path_factory.mktemp("joined")
    corpus = corpus_of([" ".join(line) for line in lines], folder / "c")
    (folder / "out").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "_BLOCK", 5)
        joined = write_joined(with_phrases(corpus, phrases), len(corpus), folder / "out")
    expected = [phrases.join(line) for line in lines]
    ids, bounds = np.load(folder / "out" / "ids.npy"), np.load(folder / "out" / "bounds.npy")
    tokens = joined.vocabulary.tokens
    found = [[tokens[i] for i in ids[a : b - 1]] for a, b in itertools.pairwise(bounds)]
    assert found == expected
    assert joined.tokens == sum(map(len, expected))
    counts = dict(zip(tokens, joined.vocabulary.counts, strict=True))
    assert counts.pop("<eos>") == len(lines)
    assert counts.pop("<unk>") == 0
    assert counts == {token: sum(line.count(token) for line in expected) for token in {t for e in expected for t in e}}
    assert [list(phrases.split(line)) for line in expected] == lines


def test_only_the_training_part_decides(tmp_path: Path) -> None:
    lines = ["a b"] * 8 + ["c d"] * 2
    text = JoinedText(corpus_of(lines, tmp_path / "c", split="0.8,0.1,0.1"))
    found = find_phrases(text, PhraseOptions(min_count=1, threshold=0.0), 1)
    assert [(row.joined, row.times, row.score) for row in found] == [("a_b", 8, 7 / (8 * 8) * 16)]


def test_little_memory_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = JoinedText(corpus_of(planted(), tmp_path / "c"))
    options = PhraseOptions(min_count=2, threshold=0.5)
    whole = find_phrases(text, options, 1)
    assert len(whole) > 100
    most = []
    put_together = joining._Pairs._put_together
    monkeypatch.setattr(
        joining._Pairs, "_put_together", lambda pairs: (most.append(len(pairs._keys)), put_together(pairs))
    )
    monkeypatch.setattr(joining, "counting_bytes", lambda size: joining._PAIR_BYTES * 100)
    monkeypatch.setattr(joining, "_BLOCK", 64)
    assert find_phrases(text, options, 1) == whole
    assert max(most) <= 100 + 64  # although `the` alone occurs 600 times


def test_unknown_words_and_line_ends_are_never_joined(tmp_path: Path) -> None:
    """All others are <unk>, which stands beside itself everywhere."""
    (tmp_path / "words").write_text("x\n")
    corpus = corpus_of(["p q"] * 50 + ["x"] * 50, tmp_path / "c", vocab=str(tmp_path / "words"))
    assert find_phrases(JoinedText(corpus), PhraseOptions(min_count=1, threshold=-1e9), 1) == []


def test_a_table_comes_back(tmp_path: Path) -> None:
    rows = [Phrase("a\\_b", "a\\", "b", 1, 7, 1.5), Phrase("a\\_b_c", "a\\_b", "c", 2, 3, 0.25)]
    Phrases(rows).write(tmp_path / "phrases.tsv")
    assert (tmp_path / "phrases.tsv").read_text().splitlines()[1] == "a\\\\_b\ta\\\\\tb\t1\t7\t1.5"
    assert Phrases.read(tmp_path / "phrases.tsv").rows == rows


@pytest.mark.parametrize(
    "content",
    [
        "",
        "phrase\n",
        "phrase\tfirst\tsecond\tpass\tcount\tscore\na_b\ta\n",
        "phrase\tfirst\tsecond\tpass\tcount\tscore\na_b\ta\tb\tone\t1\t1\n",
        "phrase\tfirst\tsecond\tpass\tcount\tscore\na\ta\tb\t1\t1\t1\n",
        "phrase\tfirst\tsecond\tpass\tcount\tscore\nx\ty\tz\t1\t1\t1\ny\tx\tz\t1\t1\t1\n",
        "phrase\tfirst\tsecond\tpass\tcount\tscore\na_b\ta\tb\t1\t1\t1",
    ],
)
def test_a_damaged_table_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "phrases.tsv").write_text(content)
    with pytest.raises(InputError, match=r"phrases\.tsv"):
        Phrases.read(tmp_path / "phrases.tsv")
