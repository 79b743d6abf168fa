"""What is chosen, named and refused before anything is computed: epochs, rates, shares, names, memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finished import Finished

from seqtool.artifact.read import read_manifest

Run = Callable[..., Finished]

TEXTS = {
    "p.tsv": "a b\tb a\nb c\tc b\n" * 20,
    "l.tsv": "x\ta b c\ny\td e f\n" * 20,
    "t.conll": "a B-X\nb O\n\nc O\nd B-Y\n\n" * 20,
    "t.txt": "the cat sat\nthe dog ran\n" * 40,
}
# What is trained on a small text, its planning module, and the most and the fewest epochs.
FAMILIES = {
    "train-lm": ("t.txt", "seqtool.lm.planning", 20, 3),
    "train-seq2seq": ("p.tsv", "seqtool.seq2seq.planning", 30, 3),
    "train-classifier": ("l.tsv", "seqtool.labelling.classification.planning", 30, 3),
    "train-tagger": ("t.conll", "seqtool.labelling.tagging.planning", 40, 5),
}
LABELLERS = {"sgd": 0.5, "nt-asgd": 0.5, "adam": 0.002, "adamw": 0.002}


@pytest.fixture
def planned(run: Run, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)

    def plan(command: str, *options: str) -> dict[str, Any]:
        more = ("--arch", "recurrent") if command == "train-classifier" else ()
        found: dict[str, Any] = (
            run(command, FAMILIES[command][0], *more, *options, "--dry-run", "--json", "-q").ok().json
        )
        return found

    return plan


@pytest.mark.parametrize("command", FAMILIES)
def test_a_small_text_is_read_often_and_a_large_one_a_few_times(
    command: str, planned: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, module, most, fewest = FAMILIES[command]
    assert planned(command)["epochs"] == most
    monkeypatch.setattr(f"{module}._MOST_TOKENS", 1.0)
    assert planned(command)["epochs"] == fewest
    assert planned(command, "--epochs", "7")["epochs"] == 7


@pytest.mark.parametrize("optimizer", LABELLERS)
@pytest.mark.parametrize("command", ["train-classifier", "train-tagger"])
def test_labellers_learn_at_the_rate_of_the_help(
    command: str, optimizer: str, planned: Callable[..., dict[str, Any]]
) -> None:
    assert planned(command, "--optimizer", optimizer)["lr"] == LABELLERS[optimizer]


def test_no_share_is_held_out_where_texts_to_validate_on_are_given(run: Run, tmp_path: Path) -> None:
    (tmp_path / "l.tsv").write_text(TEXTS["l.tsv"])
    (tmp_path / "v.tsv").write_text("x\ta b\ny\td f\n" * 3)
    shares = []
    for name, given in (("one", ()), ("two", ("--valid", "v.tsv"))):
        run("train-classifier", "l.tsv", "--arch", "tfidf", *given, "--threads", "1", "-o", name, "-q").ok()
        shares.append(read_manifest(tmp_path / name).recipe.options["valid_share"])
    assert shares[0] > 0 == shares[1]


@pytest.mark.parametrize(("length", "cut"), [(40, False), (41, True)])
def test_a_long_sentence_is_shown_by_its_beginning(
    length: int, cut: bool, planned: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "p.tsv").write_text(f"{'a' * length}\tb\n" * 30)
    choices = planned("train-seq2seq", "--min-count", "1")["choices"]
    (first,) = (choice for choice in choices if "aaa" in choice)
    assert first.count("a" * 40) == 1
    assert "a" * 41 not in first
    assert ("…" in first) == cut


def test_a_corpus_of_unusual_options_is_named_by_six_digits_of_their_digest(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("a b c\n" * 20)
    run("train-ngram", "t.txt", "--tokenizer", "char", "--order", "2", "-q").ok()
    made = [path.name for path in tmp_path.glob("*.corpus")]
    assert [re.sub("[0-9a-f]{6}", "N", name) for name in made] == ["t.char-N.corpus"]


def test_too_little_memory_to_count_in_is_refused_in_a_dry_run_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("a b c\n" * 20)
    run("cooccur", "t.txt", "--memory", "1k", "--dry-run", "-q").failed(2, "--memory")
