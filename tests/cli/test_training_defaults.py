"""Epochs and learning rates that are left open, in every family of networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finished import Finished

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
