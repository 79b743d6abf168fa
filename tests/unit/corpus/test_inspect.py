"""What doctor finds is what was put into the text."""

from __future__ import annotations

import random

import numpy as np
import pytest

from seqtool.corpus.inspect import Inspection, costs, shared, zipf_exponent
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.tokenize import load_tokenizer


def inspected(lines: list[str], name: str = "t") -> Inspection:
    found = Inspection(name, load_tokenizer(PreprocessOptions()), Normalizer(PreprocessOptions()))
    found.read(lines)
    return found


def values(found: Inspection) -> dict[str, object]:
    return {finding.what: finding.value for finding in found.findings()}


def test_what_was_planted_is_counted() -> None:
    lines = ["plain", "", "a\x07b", "zero\u200bwidth", "no\u00a0break", "<br />x", "see http://x.y/z", "e\u0301",
             "lost \ufffd", "plain", "x " * 2001]  # fmt: skip
    found = values(inspected(lines))
    assert (found["lines"], found["blank lines"], found["repeated lines"]) == (11, 1, 1)
    kinds = ("control characters", "invisible characters (zero width, soft hyphen)", "no-break and other odd spaces",
             "HTML tags or entities", "web addresses", "replacement characters (U+FFFD)")  # fmt: skip
    for what in kinds:
        assert found[f"lines with {what}"] == 1, what
    assert found["lines with letters that are not composed (NFC)"] == 1
    assert found["lines of more than 2,000 tokens"] == 1
    assert found["tokens a line, longest"] == 2001
    assert values(inspected(["plain text"])).keys().isdisjoint(k for k in found if k.startswith("lines with"))


def test_unknown_words_of_a_text_are_no_markup() -> None:
    found = values(inspected(["the <unk> sat", "<b>x</b> <unk>"]))
    assert found["lines with HTML tags or entities"] == 1
    assert found["lines with <unk> for words that were left out"] == 2


def test_words_in_columns_are_known_as_such() -> None:
    lines = ["the DT B", "cat NN I", "", "a DT B", ""]
    assert values(inspected(lines))["columns"] == 3
    assert "columns" not in values(inspected([*lines, "one more"]))
    assert "columns" not in values(inspected(["a b c", "d e f"]))


def test_exponents_are_those_of_the_laws() -> None:
    ranks = np.arange(1, 5001)
    assert zipf_exponent((1e7 / ranks**1.1).astype(np.int64)) == pytest.approx(1.1, abs=0.02)
    draw = random.Random(1)
    new, lines = 0, []
    for n in range(1, 60_001):  # the k-th new type comes at k^2 tokens: types = tokens^0.5
        if new < n**0.5:
            new += 1
            lines.append(f"w{new}")
        else:
            lines.append(f"w{draw.randint(1, new)}")
    beta = inspected(lines).heaps()
    assert beta == pytest.approx(0.5, abs=0.02)


def test_what_two_texts_share() -> None:
    train, test = inspected(["a b c", "d"], "train"), inspected(["a b c", "a x", "a b c"], "test")
    found = {finding.what: finding.value for finding in shared(train, test)}
    assert found == {
        "lines that stand in train too": 2,
        "tokens that train does not have, share": 0.125,
        "types that train does not have, share": 0.25,
    }


def test_costs_grow_with_the_text_and_shrink_with_the_cores() -> None:
    small, large = inspected(["a b"] * 1000), inspected([f"a b w{i % 50}" for i in range(300_000)])
    for one, two, four in zip(costs(small, 2), costs(large, 2), costs(large, 4), strict=True):
        assert one.minutes <= two.minutes
        assert four.minutes <= two.minutes


def test_the_memory_of_weights_is_that_of_the_types_that_are_kept() -> None:
    memory = {cost.command: cost.memory for cost in costs(inspected([f"w{i}" for i in range(1000)] * 5), 2)}
    assert memory["train-word2vec"] == "1 MB of weights"
    assert memory["train-lm (an epoch)"].startswith("3 MB of weights")


def test_an_empty_text_has_findings_too() -> None:
    assert values(inspected([]))["tokens"] == 0
    assert values(inspected(["", " "]))["blank lines"] == 2
