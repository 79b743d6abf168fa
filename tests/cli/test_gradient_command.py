"""gradient-flow on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
SMALL = ("--steps", "12", "--sequences", "2", "--threads", "1")


def test_untrained_cells_side_by_side(run: Run) -> None:
    rows = run("gradient-flow", *SMALL, "--hidden-dim", "6", "--json").ok().json
    assert [(row["model"], row["state"]) for row in rows] == [
        ("rnn", "h"),
        ("lstm", "h"),
        ("lstm", "c"),
        ("gru", "h"),
        ("minlstm", "h"),
    ]
    assert [name for name in rows[0] if name.startswith("back_")] == ["back_0", "back_1", "back_2", "back_5", "back_10"]
    assert all(0 < row["per_step"] < 1 for row in rows)


def test_models_on_a_text_with_a_picture_that_is_not_replaced(run: Run, made: Path, tmp_path: Path) -> None:
    command = ("gradient-flow", made / "m.lm", "--text", made / "corpus.txt", *SMALL, "-o", "flow.png", "--json")
    rows = run(*command).ok().json
    assert {row["model"] for row in rows} == {"m.lm"}
    assert (tmp_path / "flow.png").stat().st_size > 1_000
    run(*command).up_to_date("flow.png")
    run(*command, "--steps", "2").failed(1, "flow.png", "--overwrite")
    assert run(*command, "--overwrite").ok().json == rows
    assert run(*command[:2], *SMALL, "--json").ok().json != rows, "random tokens"


def test_singular_values(run: Run) -> None:
    rows = run("gradient-flow", *SMALL, "--singular-values", "--gain", "1.5", "--cells", "gru", "--json").ok().json
    assert [row["gate"] for row in rows] == [1, 2, 3]
    for row in rows:
        assert row["largest"] == pytest.approx(1.5, rel=1e-4)
        assert row["smallest"] == pytest.approx(1.5, rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--cells", "lstn"], 2, ["lstn", "minlstm"]),
        (["--text", "corpus.txt"], 2, ["--text", "model"]),
        (["c.corpus"], 1, ["c.corpus", "a corpus", "lm"]),
        (["m.lm", "--text", "short.txt"], 1, ["--steps 12", "13", "3"]),
        (["-o", "flow.txt"], 2, ["flow.txt", ".png"]),
    ],
    ids=str,
)
def test_what_cannot_be_measured_is_said(
    run: Run, copied: Path, arguments: list[str], code: int, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (copied / "short.txt").write_text("the cat\n")
    monkeypatch.chdir(copied)
    run("gradient-flow", *arguments, *SMALL).failed(code, *words)
