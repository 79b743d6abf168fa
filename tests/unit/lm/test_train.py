"""A model learns what was planted, and its artifact is what was trained."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqtool.artifact.read import open_artifact, read_manifest
from seqtool.corpus.artifact import build_corpus
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import InputError
from seqtool.lm.artifact import load_language_model
from seqtool.lm.options import LanguageModelOptions
from seqtool.lm.plan import LmPlan
from seqtool.lm.planning import plan
from seqtool.metrics.perplexity import measure
from seqtool.nn.options import TrainingOptions
from seqtool.nn.training.driver import run_training

Plan = Callable[..., LmPlan]


def measured(text: Any, log_probs: Any, context: str) -> dict[str, Any]:
    return measure(text, log_probs, context).to_json()


@pytest.fixture
def planned(tmp_path: Path) -> Plan:
    """A training on a text of the given lines, the last tenth held out for validation."""

    def call(lines: list[str], split: str | None = "0.9,0.1", **options: Any) -> LmPlan:
        (tmp_path / "t.txt").write_text("\n".join(lines) + "\n")
        preprocessing = PreprocessOptions(split=split, threads=1)
        build_corpus([str(tmp_path / "t.txt")], SourceOptions(), preprocessing, tmp_path / "c", overwrite=True)
        names = LanguageModelOptions.__dataclass_fields__
        model: dict[str, Any] = {"emb_dim": 12, "hidden_dim": 12, "layers": 1, "dropout": 0.0, "bptt": 8}
        training: dict[str, Any] = {
            "lr": 0.03,
            "batch_size": 4,
            "epochs": 6,
            "clip": 1.0,
            "threads": 1,
            "precision": "fp32",
        }
        for name, value in options.items():
            (model if name in names else training)[name] = value
        corpus = open_artifact(tmp_path / "c", "corpus")
        return plan(corpus, None, [], LanguageModelOptions(**model), TrainingOptions(**training), measured)

    return call


CYCLE = ["a b c d e f g"] * 150


@pytest.mark.parametrize(
    "architecture",
    [
        {"cell": "rnn"},
        {"cell": "lstm"},
        {"cell": "gru"},
        {"softmax": "adaptive", "cutoffs": "2,5", "tied": False},
        {"cell": "minlstm", "layers": 2, "epochs": 12},
        {"arch": "window", "context": 2},
        {"arch": "transformer", "heads": 2, "span": 8, "lr": 0.01, "epochs": 10},
        {"arch": "transformer", "heads": 2, "span": 8, "lr": 0.01, "epochs": 10, "positions": "learned"},
        {"cell": "gru", "batching": "sentence"},
    ],
    ids=str,
)
def test_a_certain_language_is_learned(planned: Plan, tmp_path: Path, architecture: dict[str, Any]) -> None:
    run_training(planned(CYCLE, **architecture), tmp_path / "m")
    assert read_manifest(tmp_path / "m").summary["best_valid_perplexity"] < 1.05


def test_a_sum_of_two_embeddings_cannot_tell_their_order(planned: Plan, tmp_path: Path) -> None:
    """After "a b" comes x, after "b a" y: concat learns it, sum does not."""
    draw = random.Random(1)
    lines = [" ".join(draw.choice(["a b x", "b a y"]) for _ in range(3)) for _ in range(200)]
    found = {}
    for combine in ("concat", "sum"):
        lm_plan = planned(lines, arch="window", context=2, combine=combine, bptt=16, epochs=10)
        run_training(lm_plan, tmp_path / combine)
        found[combine] = read_manifest(tmp_path / combine).summary["best_valid_perplexity"]
    assert found["sum"] > 1.15 * found["concat"]


def test_a_fair_choice_among_five_has_perplexity_five(planned: Plan, tmp_path: Path) -> None:
    """Lines of one draw and its <eos>, which is certain: √(5 · 1) per token, 5 per draw."""
    draw = random.Random(2)
    lm_plan = planned([draw.choice("vwxyz") for _ in range(900)], cell="rnn", epochs=5, schedule="cosine", lr=0.02)
    run_training(lm_plan, tmp_path / "m")
    found = read_manifest(tmp_path / "m").summary["best_valid_perplexity"]
    assert found**2 == pytest.approx(5, rel=0.06)
    assert found**2 > 4.7, "no model can know more"


def test_the_saved_model_scores_as_it_was_tested(planned: Plan, tmp_path: Path) -> None:
    lm_plan = planned(["a b c d", "a c b d", "d c b a"] * 30, split="0.8,0.1,0.1", dropout=0.3, epochs=2)
    run_training(lm_plan, tmp_path / "m")
    (tested,) = read_manifest(tmp_path / "m").summary["tests"]
    loaded = load_language_model(tmp_path / "m")
    text = loaded.encode_corpus("x", lm_plan.tests[0].corpus, lm_plan.tests[0].sentences)
    again = measure(text, loaded.log_probs(text, "stream"), "stream")
    assert again.perplexity == pytest.approx(tested["perplexity"], rel=1e-6)


def test_the_best_epoch_is_the_model(planned: Plan, tmp_path: Path) -> None:
    lm_plan = planned(["a b c d", "a c b d", "d c b a"] * 30, epochs=4, dropout=0.3, lr=0.3, schedule="constant")
    run_training(lm_plan, tmp_path / "m")
    summary = read_manifest(tmp_path / "m").summary
    rows = [line.split("\t") for line in (tmp_path / "m" / "history.tsv").read_text().splitlines()[1:]]
    losses = [float(row[4]) for row in rows]
    assert summary["best_epoch"] == 1 + losses.index(min(losses))
    assert summary["best_valid_perplexity"] == pytest.approx(math.exp(min(losses)), rel=1e-4)


def test_train_twice_is_up_to_date(planned: Plan, tmp_path: Path) -> None:
    lm_plan = planned(CYCLE, epochs=1)
    assert run_training(lm_plan, tmp_path / "m").status == "finished"
    assert run_training(lm_plan, tmp_path / "m").status == "up to date"


def test_rare_words_become_unknown_and_are_counted(planned: Plan, tmp_path: Path) -> None:
    lm_plan = planned(["a b rare" + str(i) for i in range(50)], min_count=2, epochs=1)
    assert len(lm_plan.vocabulary) == 4
    run_training(lm_plan, tmp_path / "m")
    (row,) = read_manifest(tmp_path / "m").ledger
    assert row["count"] == 45
    loaded = load_language_model(tmp_path / "m")
    assert loaded.encode("a rare1 b") == [2, 0, 3]
    assert loaded.decode([2, 1, 3, 0]) == "a\nb <unk>"


def test_the_epochs_left_open_grow_as_the_text_shrinks(planned: Plan) -> None:
    assert planned(CYCLE, epochs=None).training.epochs == 20
    assert any("epochs: 20" in line for line in planned(CYCLE, epochs=None).choices)
    assert planned(CYCLE, lr=None, optimizer="sgd").training.lr == 20


def test_without_a_split_the_end_is_held_out(planned: Plan) -> None:
    lm_plan = planned(CYCLE, split=None)
    assert (lm_plan.sentences, lm_plan.valid.sentences) == (slice(0, 142), slice(142, 150))
    assert planned(["one line"], split=None).valid.name == "c:train"


def test_a_part_without_lines_is_refused(planned: Plan) -> None:
    with pytest.raises(InputError, match="token"):
        planned(["a", "b"], split="0.1,0.9")
