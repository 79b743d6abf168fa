"""Scores of labels against scikit-learn, spans against seqeval's definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import classification_report

from seqtool.metrics.labels import items, measure, measure_spans, mistakes, odd_label_warning, span_items
from seqtool.metrics.options import LabelScoreOptions
from seqtool.metrics.spans import find_spans

QUICK = LabelScoreOptions(resamples=0)
LABEL = st.sampled_from(["a", "b", "c d"])
TAG = st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y", "E-X", "S-Y"])


@given(st.lists(st.tuples(LABEL, LABEL), min_size=1, max_size=30))
def test_scores_are_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    gold, found = [a for a, _ in pairs], [b for _, b in pairs]
    ours = measure(gold, found, None, QUICK)
    theirs = classification_report(gold, found, output_dict=True, zero_division=0.0)
    assert ours["accuracy"] == pytest.approx(np.mean([a == b for a, b in pairs]))
    assert ours["f1"] == pytest.approx(theirs["macro avg"]["f1-score"])
    assert ours["f1_weighted"] == pytest.approx(theirs["weighted avg"]["f1-score"])
    for name, values in ours["labels"].items():
        for score in ("precision", "recall", "support"):
            assert values[score] == pytest.approx(theirs[name][score], abs=1e-6)
    assert sum(sum(row.values()) for row in ours["confusion"].values()) == len(pairs)


def test_a_confusion_is_of_the_gold_label_with_the_predicted_one() -> None:
    found = measure(["a", "a", "a", "b", "c"], ["a", "b", "b", "b", "a"], None, QUICK)["confusion"]
    assert found == {"a": {"a": 1, "b": 2}, "b": {"b": 1}, "c": {"a": 1}}


def test_items_and_mistakes_tell_the_gold_label_from_the_predicted_one() -> None:
    gold, found, given_to = ["a", "b", "b"], ["a", "a", "c"], [0.9, 0.4, 0.6]
    found_items = [(1, 1, "a", "a", 0.9), (2, 0, "b", "a", 0.4), (3, 0, "b", "c", 0.6)]
    assert [*items(gold, found, given_to, [1, 2, 3])] == found_items
    wrong = [{"line": 2, "gold": "b", "predicted": "a"}, {"line": 3, "gold": "b", "predicted": "c"}]
    texts = ["x" * 199, "y" * 200, "z" * 201]
    assert mistakes(gold, found, None, texts, [1, 2, 3], 5) == [
        wrong[0] | {"text": "y" * 200},
        wrong[1] | {"text": "z" * 199 + "…"},
    ]
    surest = mistakes(gold, found, given_to, texts, [1, 2, 3], 1)
    assert surest == [wrong[1] | {"probability": 0.6, "text": "z" * 199 + "…"}]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_calibration_is_the_gap_of_fifteen_bins(drawn: list[tuple[float, bool]]) -> None:
    """Guo et al. 2017, eq. 3 to 5: of each bin its share of the items times |accuracy - confidence|."""
    drawn += [(0.0, True), (1.0, True), (0.93, False), (0.94, True)]  # the ends, and a bin whose gaps meet
    bins: dict[int, list[tuple[float, bool]]] = {}
    for given_probability, right in drawn:
        bins.setdefault(min(int(given_probability * 15), 14), []).append((given_probability, right))
    expected = 0.0
    for some in bins.values():
        confidence, accuracy = (sum(values) / len(some) for values in zip(*some, strict=True))
        expected += len(some) / len(drawn) * abs(accuracy - confidence)
    gold = ["a" if right else "b" for _, right in drawn]
    scores = measure(gold, ["a"] * len(drawn), [probability for probability, _ in drawn], QUICK)
    assert scores["calibration_error"] == pytest.approx(expected)
    assert scores["brier"] == pytest.approx(
        sum((probability - right) ** 2 for probability, right in drawn) / len(drawn)
    )


def test_calibration_by_hand() -> None:
    scores = measure(["a", "a", "b", "b"], ["a", "b", "b", "b"], [0.9, 0.9, 0.5, 0.5], QUICK)
    assert scores["calibration_error"] == pytest.approx((abs(1.8 - 1) + abs(1 - 2)) / 4)
    assert scores["brier"] == pytest.approx((0.01 + 0.81 + 0.25 + 0.25) / 4)


def test_intervals_hold_the_value_and_narrow_with_the_number() -> None:
    draw = np.random.default_rng(1)
    widths = []
    for count in (50, 5000):
        gold = draw.choice(["a", "b"], count).tolist()
        found = [label if draw.random() < 0.8 else "ab"[label == "a"] for label in gold]
        scores = measure(gold, found, None, LabelScoreOptions(resamples=300))
        for name in ("accuracy", "f1"):
            assert scores[f"{name}_low"] <= scores[name] <= scores[f"{name}_high"]
        widths.append(scores["accuracy_high"] - scores["accuracy_low"])
    assert widths[1] == pytest.approx(4 * np.sqrt(0.16 / 5000), rel=0.2)
    assert widths[0] > 5 * widths[1]


def test_spans_by_hand() -> None:
    cases = {
        "B-X I-X O B-Y": [("X", 0, 2), ("Y", 3, 4)],
        "I-X I-X I-Y": [("X", 0, 2), ("Y", 2, 3)],
        "B-X B-X": [("X", 0, 1), ("X", 1, 2)],
        "B-X E-X S-Y O": [("X", 0, 2), ("Y", 2, 3)],
        "O O": [],
        "B I I O B": [("_", 0, 3), ("_", 4, 5)],
        "NN NN VB": [("NN", 0, 2), ("VB", 2, 3)],
        "B-X L-X I-X U-X U-X I-X": [("X", 0, 2), ("X", 2, 3), ("X", 3, 4), ("X", 4, 5), ("X", 5, 6)],
        "B L U U I L B": [("_", 0, 2), ("_", 2, 3), ("_", 3, 4), ("_", 4, 6), ("_", 6, 7)],
        "I-X U-X L-X": [("X", 0, 1), ("X", 1, 2), ("X", 2, 3)],
        "S-X S-X I-X E-X E-X": [("X", 0, 1), ("X", 1, 2), ("X", 2, 4), ("X", 4, 5)],
        "NN - -LRB-": [("NN", 0, 1), ("-", 1, 2), ("-LRB-", 2, 3)],
    }
    for labels, expected in cases.items():
        assert find_spans(labels.split()) == expected


@given(st.lists(st.lists(st.tuples(TAG, TAG), min_size=1, max_size=8), min_size=1, max_size=5))
def test_spans_are_seqevals(pairs: list[list[tuple[str, str]]]) -> None:
    peer = pytest.importorskip("seqeval.metrics.sequence_labeling", reason="seqeval is not installed (make peers)")
    for some in pairs:
        labels = [gold for gold, _ in some]
        assert [(kind, first, last + 1) for kind, first, last in peer.get_entities(labels)] == find_spans(labels)
    gold, found = ([[pair[side] for pair in some] for some in pairs] for side in (0, 1))
    ours = measure_spans(list(zip(gold, found, strict=True)), QUICK)
    assert ours["f1"] == pytest.approx(peer.f1_score(gold, found, zero_division=0))


def test_labels_written_another_way_are_scored_as_spans() -> None:
    """By hand, and as seqeval's suffix=True: two entities, of each of which the first word alone is found."""
    pairs = [(["PER_B", "PER_I", "-", "ORG_B", "ORG_I", "-"], ["PER_B", "-", "-", "ORG_B", "-", "-"])]
    found = measure_spans(pairs, QUICK)
    assert (found["precision"], found["recall"], found["f1"]) == (0, 0, 0)
    assert {kind: row["support"] for kind, row in found["labels"].items()} == {"ORG": 1, "PER": 1}
    assert found["odd_labels"]["-"] == {"count": 6, "read_as": "O"}
    assert list(span_items(pairs)) == [(1, 2, 2, 0)]
    suffixed = measure_spans(
        [(["PER-B", "PER-I", "O", "PER-B", "PER-B"], ["PER-B", "O", "O", "PER-B", "PER-I"])], QUICK
    )
    assert (suffixed["f1"], suffixed["labels"]["PER"]["support"]) == (0, 3)


def test_the_warning_names_the_scheme_labels_counts_and_readings() -> None:
    told = odd_label_warning(
        "t.txt", "iob2", {"0": {"count": 2, "read_as": "O"}, "PERSON": {"count": 1, "read_as": None}}
    )
    for words in ("t.txt", "iob2", "0 (2, ", "PERSON (1, "):
        assert words in told
    assert "and 5 more" in odd_label_warning("t", "x", {f"X{i}_B": {"count": 1, "read_as": None} for i in range(25)})
