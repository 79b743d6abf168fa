"""What doctor finds is what was put into the text."""

from __future__ import annotations

import random

import numpy as np
import pytest

from seqtool.corpus.doctor.costs import costs
from seqtool.corpus.doctor.inspect import Inspection, shared, zipf_exponent
from seqtool.corpus.doctor.remedies import Reading
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.tokenizers.load import load_tokenizer


def inspected(
    lines: list[str], name: str = "t", reading: Reading | None = None, tokenizer: str = "whitespace"
) -> Inspection:
    options = PreprocessOptions(tokenizer=tokenizer)
    found = Inspection(name, load_tokenizer(options), Normalizer(options), reading or Reading())
    found.read(lines)
    return found


def values(found: Inspection) -> dict[str, object]:
    return {finding.what: finding.value for finding in found.findings()}


def places(found: Inspection) -> dict[str, int | None]:
    return {finding.what: finding.line for finding in found.findings() if finding.line is not None}


def test_what_was_planted_is_counted() -> None:
    lines = [
        "plain",
        "",
        "a\x07b",
        "zero\u200bwidth",
        "no\u00a0break",
        "<br />x",
        "see http://x.y/z",
        "e\u0301",
        "lost \ufffd",
        "plain",
        "x " * 2001,
    ]
    found = values(inspected(lines))
    assert (found["lines"], found["blank lines"], found["repeated lines"]) == (11, 1, 1)
    kinds = (
        "control characters",
        "invisible characters (zero width, soft hyphen)",
        "no-break or other unusual spaces",
        "HTML tags or entities",
        "web addresses",
        "replacement characters (U+FFFD)",
    )
    for what in kinds:
        assert found[f"lines with {what}"] == 1, what
    assert found["lines with decomposed letters (not NFC)"] == 1
    assert found["lines with more than 2,000 tokens"] == 1
    assert found["tokens per line, longest"] == 2001
    assert values(inspected(["plain text"])).keys().isdisjoint(k for k in found if k.startswith("lines with"))


def test_the_first_of_each_is_placed() -> None:
    """Every kind comes twice, so that it is the first which is told."""
    once = ["b", "a\x07b", "", "b", "e\u0301", "x " * 2001]
    found = places(inspected(["a", *once, *once]))
    assert found == {
        "blank lines": 4,
        "lines with more than 2,000 tokens": 7,
        "repeated lines": 5,
        "lines with control characters": 3,
        "lines with decomposed letters (not NFC)": 6,
    }
    below_a_header = inspected(["a", "a"], reading=Reading(cells=True, first=2))
    assert places(below_a_header) == {"repeated lines": 3}


def test_unknown_words_of_a_text_are_no_markup() -> None:
    found = values(inspected(["the <unk> sat", "<b>x</b> <unk>"]))
    assert found["lines with HTML tags or entities"] == 1
    assert found["lines with <unk> in place of a word"] == 2


COLUMNS = ["the DT B", "cat NN I", "", "a DT B", "", "", "the DT B", "cat NN I", "", "the DT B"]


def test_words_in_columns_are_known_as_such() -> None:
    assert values(inspected(COLUMNS))["columns"] == 3
    assert values(inspected([*COLUMNS, "B-NP-x DT B"], tokenizer="word"))["columns"] == 3
    assert "columns" not in values(inspected([*COLUMNS, "one more"]))
    assert "columns" not in values(inspected(["a b c", "d e f"]))
    assert "columns" not in values(inspected(COLUMNS, reading=Reading(cells=True)))


def test_of_columns_sentences_are_told_and_no_lines() -> None:
    found = inspected(COLUMNS)
    told = values(found)
    assert (told["lines"], told["sentences"], told["repeated sentences"]) == (10, 4, 1)
    assert places(found) == {"repeated sentences": 7}
    assert (told["words per sentence, mean"], told["words per sentence, longest"]) == (1.5, 2)
    assert told.keys().isdisjoint({"repeated lines", "blank lines", "tokens per line, mean"})
    remedies = " ".join(finding.remedy for finding in found.findings())
    assert "$0" not in remedies.replace('BEGIN {RS = ""} !seen[$0]', "")
    assert "--blank-lines" not in remedies
    long = inspected([*COLUMNS, "", *["x DT B"] * 2001, "", "y DT B"])
    assert values(long)["sentences with more than 2,000 words"] == 1
    assert places(long)["sentences with more than 2,000 words"] == 12


def test_sentences_that_two_texts_in_columns_share() -> None:
    """The last sentence has its words in another order: lines that are known, in a sentence that is not."""
    train, test = inspected(COLUMNS, "train"), inspected(["", "a NN B", "", "a DT B", "", "cat NN I", "the DT B"])
    found = next(iter(shared(train, test)))
    assert (found.what, found.value, found.line) == ("sentences that also occur in train", 1, 4)
    assert "33.3% of its sentences" in found.remedy
    plain = inspected(["the DT B", "other words"], "plain")
    for first, other, count in ((train, plain, 1), (plain, train, 3)):
        found = next(iter(shared(first, other)))
        assert (found.what, found.value) == (f"lines that also occur in {first.name}", count), "one has no sentences"
        assert "columns" in found.remedy


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
        "lines that also occur in train": 2,
        "share of tokens that do not occur in train": 0.125,
        "share of types that do not occur in train": 0.25,
    }


def test_the_first_shared_line_is_placed() -> None:
    found = next(iter(shared(inspected(["a", "b"]), inspected(["x", "", "b", "a"]))))
    assert (found.value, found.line) == (2, 3)


def test_of_columns_only_a_tagger_is_reckoned() -> None:
    """1,400 words in three columns at 14,000 a second on two cores; 700 words and two labels of 100 numbers."""
    lines = [line for i in range(700) for line in (f"w{i} DT B", f"w{i} DT B", "")]
    (one,) = costs(inspected(lines * 20), 2)
    assert (one.command, one.minutes) == ("train-tagger (one epoch)", round(28_000 / 14_000 / 60, 2))
    assert one.memory.startswith("1 MB of weights, gradients")


def test_a_classifier_reads_so_much_of_a_text_and_learns_so_many_types() -> None:
    """400,000 tokens at 70,000 a second; 1,250 updates of 10,000 times 128 numbers at 400 million a second."""

    def minutes(lines: list[str]) -> float:
        return {cost.command: cost.minutes for cost in costs(inspected(lines), 2)}["train-classifier (one epoch)"]

    assert minutes(["a " * 400] * 1000) == minutes(["a " * 4000] * 1000) == 0.1
    assert minutes([f"w{i % 10_000}" for i in range(40_000)]) == round((40 / 70 + 4) / 60, 2)
    assert minutes(["w"] * 40_000) == 0.01


def test_costs_grow_with_the_text_and_shrink_with_the_cores() -> None:
    small, large = inspected(["a b"] * 1000), inspected([f"a b w{i % 50}" for i in range(300_000)])
    for one, two, four in zip(costs(small, 2), costs(large, 2), costs(large, 4), strict=True):
        assert one.minutes <= two.minutes
        assert four.minutes <= two.minutes


def test_the_memory_of_weights_is_that_of_the_types_that_are_kept() -> None:
    memory = {cost.command: cost.memory for cost in costs(inspected([f"w{i}" for i in range(1000)] * 5), 2)}
    assert memory["train-word2vec"] == "1 MB of weights"
    assert memory["train-lm (one epoch)"].startswith("3 MB of weights")


def test_an_empty_text_has_findings_too() -> None:
    assert values(inspected([]))["tokens"] == 0
    assert values(inspected(["", " "]))["blank lines"] == 2


def test_growth_ends_with_the_whole_text_and_has_that_once() -> None:
    assert inspected(["a b a", "c"]).growth == [(4, 3)]
    longer = inspected([f"w{i % 700}" for i in range(1000)]).growth
    assert longer[-1] == (1000, 700)
    assert len({tokens for tokens, _ in longer}) == len(longer)


@pytest.mark.parametrize(
    ("lines", "tokenizer", "advised"),
    [
        (["영화는 좋다", "영화를 봤다", "영화가 길다"], "whitespace", True),
        (["영화는 좋다", "영화를 봤다", "영화가 길다"], "syllable", False),
        (["the film is good", "a movie was long"], "whitespace", False),
    ],
)
def test_korean_split_at_spaces_is_advised_of_smaller_units(lines: list[str], tokenizer: str, advised: bool) -> None:
    remedies = " ".join(finding.remedy for finding in inspected(lines, tokenizer=tokenizer).findings())
    assert ("--tokenizer korean" in remedies) == advised
