"""Similarity files in the forms they are published in, and correlations by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from seqtool.errors import InputError
from seqtool.metrics.pairs import Pairs, read_pairs
from seqtool.metrics.similarity import ITEM_COLUMNS, Correlation, items, measure

PAIRS = (("gem", "jewel"), ("boy", "lad"), ("cock", "rooster"))


class Scorer:
    """Scores by table."""

    def __init__(self, scores: Sequence[float]) -> None:
        self.scores = np.array(scores)
        self.folded: bool | None = None

    def pair_scores(self, pairs: Sequence[tuple[str, str]], fold_case: bool, spell: bool = False) -> np.ndarray:
        self.folded = fold_case
        return self.scores


def pairs_of(gold: Sequence[float]) -> Pairs:
    pairs = tuple((f"a{place}", f"b{place}") for place in range(len(gold)))
    return Pairs("p.tsv", "0" * 64, pairs, np.array(gold, float))


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "gem\tjewel\t3.94\nboy\tlad\t3.82\ncock\trooster\t3.68\n",
        "gem\tjewel\t3.94\nboy\tlad\t3.82\ncock\trooster\t3.68",
        "gem,jewel,3.94\nboy,lad,3.82\ncock,rooster,3.68\n",
        "gem;jewel;3.94\nboy;lad;3.82\ncock;rooster;3.68\n",
        "gem jewel 3.94\nboy  lad 3.82\ncock rooster   3.68\n",
        "gem jewel\t3.94\nboy\tlad 3.82\ncock rooster 3.68\n",
        "gem, jewel, 3.94\nboy, lad, 3.82\ncock, rooster, 3.68\n",
        '"gem","jewel","3.94"\n"boy","lad","3.82"\n"cock","rooster","3.68"\n',
        b"\xef\xbb\xbfgem\tjewel\t3.94\r\nboy\tlad\t3.82\r\n\r\ncock\trooster\t3.68\r\n",
        "Word 1,Word 2,Human (mean)\ngem,jewel,3.94\nboy,lad,3.82\ncock,rooster,3.68\n",
        b"\xef\xbb\xbfWord 1,Word 2,Human (mean)\r\ngem,jewel,3.94\r\nboy,lad,3.82\r\ncock,rooster,3.68\r\n",
        "# from 1965\n#\n\ngem\tjewel\t3.94\n# more\nboy\tlad\t3.82\ncock\trooster\t3.68\n",
        "gem\tjewel\t3.94\tM\nboy\tlad\t3.82\tx y\ncock\trooster\t3.68\tM\n",
        "gem\tjewel\t3.94\t4\t3\nboy\tlad\t3.82\t4\ncock\trooster\t3.68\n",
        "gem\tjewel\tN\t3.94\nboy\tlad\t1\t3.82\ncock\trooster\tN\t3.68\n",
        "word1\tword2\tPOS\tscore\tassoc\ngem\tjewel\tN\t3.94\t1\nboy\tlad\tN\t3.82\t2\ncock\trooster\tN\t3.68\t3\n",
    ],
)
def test_every_form_is_read_alike(tmp_path: Path, text: str | bytes) -> None:
    found = read_pairs(write(tmp_path / "rg.txt", text))
    assert found.pairs == PAIRS
    assert found.gold.tolist() == [3.94, 3.82, 3.68]


def test_headers_and_comments_are_told(tmp_path: Path) -> None:
    found = read_pairs(write(tmp_path / "rg", "# one\nw1\tw2\tscore\ngem\tjewel\t3\n# two\nboy\tlad\t2\n"))
    assert (found.header, found.comments, len(found.pairs)) == ("w1\tw2\tscore", 2, 2)
    assert read_pairs(write(tmp_path / "rg", "gem\tjewel\t3\n")).header is None


def test_words_of_several_parts_stay_together(tmp_path: Path) -> None:
    assert read_pairs(write(tmp_path / "p", "New York\tcity\t3\n")).pairs == (("New York", "city"),)
    assert read_pairs(write(tmp_path / "p", "New York, big city, 3\n")).pairs == (("New York", "big city"),)
    assert read_pairs(write(tmp_path / "p", "a,b\tc;d\t3\n")).pairs == (("a,b", "c;d"),)


def test_one_bad_score_does_not_move_the_column(tmp_path: Path) -> None:
    lines = ["a\tb\t1\t9\n", "c\td\tx\t9\n", "e\tf\t3\t9\n"]
    with pytest.raises(InputError, match=r"line 2: .*'c.td.tx.t9'"):
        read_pairs(write(tmp_path / "p", "".join(lines)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gem\tjewel\t3.94\nboy\tlad\n", r"p.txt: line 2: .*'boy\\tlad'"),
        ("gem\tjewel\t3.94\nboy\tlad\tmuch\n", "p.txt: line 2:"),
        ("gem\tjewel\t3.94\nboy\t\t3\n", "p.txt: line 2:"),
        ("gem,jewel,3.94\nboy,lad,nan\n", "p.txt: line 2:"),
        ("gem,jewel,3.94\nboy,lad,inf\n", "comma"),
        ("gem jewel 3.94\nboy lad 3,82\n", "space"),
        ("gem jewel\nboy lad 3\ncock rooster 2\n", "p.txt: line 1:"),
        ("nothing of the kind\n", "p.txt: line 1: .*'nothing of the kind'"),
        ("# only\n", "p.txt .* pair"),
        ("", "p.txt is empty"),
        ("x" * 300_000 + "\n", "xxx…'"),
        ('"gem,jewel\r,3\n', "p.txt: line 1:"),
        (b"gem jewel 3\nb\xffy lad 3\n", "p.txt: line 2: .*UTF-8"),
    ],
)
def test_what_is_no_pair_is_refused(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_pairs(write(tmp_path / "p.txt", text))
    assert re.search(words, str(caught.value))
    assert caught.value.remedy
    assert len(str(caught.value)) < 400


def test_by_hand() -> None:
    """One inversion among three ranks: Spearman's 1 - 6·2 / (3·8) = 0.5."""
    result = measure(Scorer([0.9, 0.1, 0.5]), pairs_of([3, 2, 1]))
    assert result.spearman.value == pytest.approx(0.5)
    assert (len(result.scores), result.oov) == (3, 0)


def test_unknown_pairs_are_counted_and_never_scored() -> None:
    whole = measure(Scorer([0.1, 0.4, 0.35, 0.8]), pairs_of([1, 2, 3, 4]))
    holes = measure(Scorer([0.1, math.nan, 0.4, 0.35, 0.8, math.inf]), pairs_of([1, 9, 2, 3, 4, 0]))
    assert (holes.oov, len(holes.scores)) == (2, 6)
    assert (holes.spearman, holes.pearson) == (whole.spearman, whole.pearson)
    assert holes.to_json() | {"n": 4, "oov": 0} == whole.to_json()


@pytest.mark.parametrize(
    ("scores", "gold", "why"),
    [
        ([0.1, math.nan, 0.2], [1, 2, 3], "2 known pairs"),
        ([math.nan] * 3, [1, 2, 3], "0 known pairs"),
        ([0.5, 0.5, 0.5], [1, 2, 3], "same computed score"),
        ([0.1, 0.2, 0.3], [2, 2, 2], "same gold score"),
    ],
)
def test_where_there_is_no_correlation_it_says_why(scores: list[float], gold: list[float], why: str) -> None:
    result = measure(Scorer(scores), pairs_of(gold))
    assert why in (result.undefined or "")
    assert result.spearman == result.pearson == Correlation(None, None)
    assert result.to_json()["spearman"] is None


def test_without_resamples_there_are_no_intervals() -> None:
    result = measure(Scorer([1, 2, 4]), pairs_of([1, 2, 3]), resamples=0)
    assert result.spearman == Correlation(pytest.approx(1.0), None)
    assert result.to_json()["pearson_low"] is None


def test_case_is_folded_unless_asked() -> None:
    scorer = Scorer([1, 2, 3])
    measure(scorer, pairs_of([1, 2, 3]))
    assert scorer.folded is True
    measure(scorer, pairs_of([1, 2, 3]), case_sensitive=True)
    assert scorer.folded is False


def test_a_scorer_that_drops_pairs_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match=" 3 "):
        measure(Scorer([1, 2]), pairs_of([1, 2, 3]))


def test_items_hold_every_pair() -> None:
    result = measure(Scorer([0.25, math.nan, 1 / 3]), pairs_of([3, 2, 1]))
    assert list(items(result)) == [
        ("p.tsv", "a0", "b0", 3.0, 0.25),
        ("p.tsv", "a1", "b1", 2.0, ""),
        ("p.tsv", "a2", "b2", 1.0, 0.333333),
    ]
    assert len(ITEM_COLUMNS) == 5


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3)), min_size=3, max_size=30))
def test_correlations_are_scipys(values: list[tuple[int, int]]) -> None:
    gold, scores = np.array(values, float).T
    result = measure(Scorer(scores), pairs_of(gold), resamples=10)
    if len(set(gold)) < 2 or len(set(scores)) < 2:
        assert result.undefined
    else:
        assert result.spearman.value == pytest.approx(spearmanr(gold, scores).statistic)
        assert result.pearson.value == pytest.approx(pearsonr(gold, scores).statistic)


def test_published_files(data: Path) -> None:
    for name, count in (("EN-WS-353-ALL", 353), ("EN-RG-65", 65), ("EN-MEN-TR-3k", 3000)):
        found = read_pairs(data / f"vectors/{name}.txt")
        assert (len(found.pairs), found.header, found.comments) == (count, None, 0)
