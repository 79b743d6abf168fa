"""Tables of reports: what is ranked, what is shown once, and which way round."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seqtool.artifact.read import open_artifact
from seqtool.reporting.collecting.collect import Collected, Result, collect
from seqtool.reporting.rendering.score_tables import confusion_table, label_table, ranked_table
from seqtool.reporting.rendering.tables import comparison_table, results_table


def result(model: str, data: str, lossless: bool = True, **measures: Any) -> Result:
    return Result(model, data, data, measures, lossless)


def test_lossless_models_are_ranked_by_bits_in_each_text_and_lossy_ones_come_after_them() -> None:
    collected = Collected(
        results=[
            result("worst", "one", bits_per_byte=3.0, perplexity=2.0),
            result("lossy", "one", lossless=False, bits_per_byte=0.5, perplexity=1.5),
            result("best", "one", bits_per_byte=1.0, perplexity=90.0),
            result("other", "two", bits_per_byte=9.0, perplexity=9.0),
            result("middle", "one", bits_per_byte=2.0, perplexity=1.0),
            result("lossier", "one", lossless=False, bits_per_byte=0.7, perplexity=1.1),
            result("unknown", "one", perplexity=1.0),
        ]
    )
    assert [row[:3] for row in results_table(collected).rows] == [
        ("one", 1, "best"),
        ("one", 2, "middle"),
        ("one", 3, "worst"),
        ("one", 4, "unknown"),
        ("one", None, "lossy"),
        ("one", None, "lossier"),
        ("two", 1, "other"),
    ]


@pytest.mark.parametrize(
    ("key", "measure"),
    [("similarity", "spearman"), ("analogy", "accuracy"), ("translation", "bleu"), ("labels", "accuracy")],
)
def test_scores_are_ranked_from_the_highest_text_by_text(key: str, measure: str) -> None:
    rows = [("b", "two", 0.9), ("a", "one", 0.1), ("c", "two", None), ("d", "one", 0.5), ("e", "two", 0.95)]
    collected = Collected()
    collected.by_table()[key] += [result(model, data, **{measure: value}) for model, data, value in rows]
    table = ranked_table(collected, key)
    assert [row[1] for row in table.rows] == ["e", "b", "c", "d", "a"]
    assert [row[0] for row in table.rows] == ["two"] * 3 + ["one"] * 2
    assert table.rows[0][table.columns.index(measure)] == 0.95


def test_confusions_are_gold_then_predicted_and_no_right_ones() -> None:
    confusion = {"pos": {"pos": 5, "neg": 2}, "neg": {"neg": 1, "odd": 0}}
    labels = {"pos": {"precision": 1.0, "recall": 0.5, "f1": 2 / 3, "support": 7}}
    collected = Collected(labels=[result("m", "t", confusion=confusion, labels=labels)])
    table = confusion_table(collected)
    assert table.columns == ("data", "model", "gold", "predicted", "count")
    assert table.rows == [("t", "m", "pos", "neg", 2)]
    assert label_table(collected).rows == [("t", "m", "pos", 1.0, 0.5, 2 / 3, 7)]


def test_the_better_of_two_is_named() -> None:
    row = {"measure": "f1", "n": 3, "value_a": 0.5, "value_b": 0.7, "difference": 0.2, "low": 0.1, "high": 0.3}
    both = [row | {"better": "b"}, row | {"better": None}, row | {"better": "a"}]
    collected = Collected(comparisons=[result("", "t", a="first", b="second", measures=both, notes=["one", "two"])])
    table = comparison_table(collected)
    assert [found[-2] for found in table.rows] == ["second", None, "first"]
    assert table.rows[0][:10] == ("t", "f1", "first", "second", 3, 0.5, 0.7, 0.2, 0.1, 0.3)
    assert table.rows[0][-1] == "one; two"


def test_a_models_own_test_is_hidden_by_an_evaluation_in_the_same_context_only(run: Any, made: Path) -> None:
    for context in ("stream", "sentence"):
        run("perplexity", made / "m.lm", f"{made / 'c.corpus'}:test", "--context", context, "-o", context).ok()
    model = open_artifact(made / "m.lm", "lm")
    found = {}
    for context in ("stream", "sentence"):
        collected = collect([model, open_artifact(Path(context), "evaluation")])
        found[context] = [(r.measures["context"], r.from_training) for r in collected.results]
    assert found == {"stream": [("stream", False)], "sentence": [("stream", True), ("sentence", False)]}


def test_the_json_of_a_report_is_json_where_a_comparison_has_no_p_value(run: Any, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("a b\nb a\na a\n")
    (tmp_path / "v.txt").write_text("a b\nb b\na zebra\n")
    for name, smoothing in (("ml", "ml"), ("kn", "absolute")):
        run("train-ngram", "t.txt", "--order", "2", "--smoothing", smoothing, "-o", f"{name}.lm").ok()
        run("perplexity", f"{name}.lm", "v.txt", "-o", f"{name}.eval").ok()
    run("compare", "ml.eval", "kn.eval", "-o", "c.eval").ok()
    run("report", "c.eval", "ml.eval", "-o", "r").ok()

    def refused(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    page = json.loads((tmp_path / "r/report.json").read_text(encoding="utf-8"), parse_constant=refused)
    assert page["comparison"][0]["measures"]["measures"][0]["p_bootstrap"] is None
