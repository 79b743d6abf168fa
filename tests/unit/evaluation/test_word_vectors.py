"""Word vectors with a planted analogy, as files and without an artifact."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqtool import progress
from seqtool.errors import UsageError
from seqtool.evaluation.stability import evaluate_stability
from seqtool.evaluation.word_vectors import evaluate_analogies, evaluate_similarity
from seqtool.metrics.options import AnalogyOptions, SimilarityOptions, StabilityOptions

VECTORS = {"man": "1 0 0", "woman": "0 1 0", "king": "1 0 1", "queen": "0 1 1", "pear": "-1 -1 -1"}


def written(path: Path, vectors: dict[str, str]) -> Path:
    path.write_text(f"{len(vectors)} 3\n" + "".join(f"{word} {values}\n" for word, values in vectors.items()))
    return path


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    return written(tmp_path / "v.vec", VECTORS)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "q.txt"
    path.write_text(": family\nman king woman queen\nman king woman pear\nman king woman unheard\n")
    return path


def test_analogies(vectors: Path, questions: Path) -> None:
    found = evaluate_analogies(vectors, [questions], options=AnalogyOptions(method="both"))
    (record,) = found.summary["data_sets"]
    assert (record["model"], record["data"], record["n"], record["unknown"]) == ("v.vec", "q.txt", 3, 1)
    assert [result["totals"][-1]["accuracy"] for result in record["methods"]] == [0.5, 0.5]
    assert [row[-1] for row in found.rows] == ["right", "wrong", "unknown"] * 2


def test_similarity(vectors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = tmp_path / "p.tsv"
    pairs.write_text("word1\tword2\tscore\nman\tking\t9\nman\twoman\t5\nman\tpear\t1\nman\tunheard\t7\n")
    progress.begin(quiet=False)
    found = evaluate_similarity(str(vectors), [pairs], options=SimilarityOptions(resamples=0))
    (record,) = found.summary["data_sets"]
    assert (record["n"], record["oov"]) == (4, 1)
    assert record["spearman"] == pytest.approx(1.0)
    assert [row["count"] for row in found.ledger] == [1]
    assert "header" in capsys.readouterr().err
    with pytest.raises(UsageError, match="wordnet:nearness"):
        evaluate_similarity("wordnet:nearness", [pairs])
    with pytest.raises(UsageError, match="--wordnet"):
        evaluate_similarity(str(vectors), [pairs], wordnet=tmp_path)


def test_an_evaluation_that_is_kept_is_not_measured_again(vectors: Path, questions: Path, tmp_path: Path) -> None:
    new = evaluate_analogies(vectors, [questions], output=tmp_path / "e.eval")
    again = evaluate_analogies(vectors, [questions], output=tmp_path / "e.eval")
    assert (new.kept, again.kept) == (False, True)
    assert again.summary == new.summary
    assert again.columns == list(new.columns)
    assert again.items == new.items


def test_stability(vectors: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other.vec", VECTORS | {"pear": "1 0 0.1"})
    same = evaluate_stability([vectors, vectors], options=StabilityOptions(num=1))
    assert same.summary["bands"][-1]["overlap"] == 1.0
    assert same.summary["words"] == len(same.rows) == len(VECTORS)
    changed = evaluate_stability([vectors, other], options=StabilityOptions(num=1))
    assert changed.summary["bands"][-1]["overlap"] < 1.0
    with pytest.raises(UsageError, match="two"):
        evaluate_stability([vectors])
