"""The examples go from raw text to a report, and a second run makes nothing again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.sh"))
TEXTS = {
    "vectors": ["toy_world.en.txt", "toy_world.en.analogies.txt", "toy_world.en.similarity.tsv"],
    "language_models": ["toy_world.en.txt"],
    "korean_sentiment": ["opinions.ko.tsv"],
}
_LINES = 150


@pytest.mark.long
@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_makes_its_report_and_then_nothing(script: Path, tmp_path: Path, quick: str) -> None:
    for name in TEXTS[script.stem]:
        lines = (ROOT / "sample_corpora" / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (tmp_path / name).write_text("".join(lines[:_LINES]), encoding="utf-8")
    settings = {
        "SEQTOOL": quick,
        "OUT": "out",
        "EPOCHS": "1",
        "DIM": "8",
        "TOKENIZERS": "syllable",
    }

    def ran() -> str:
        done = subprocess.run(
            ["sh", str(script), *TEXTS[script.stem]],
            cwd=tmp_path,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    ran()
    page = (tmp_path / "out" / "report" / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*/manifest.json")}
    told = ran()
    assert "wrote" not in told
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*/manifest.json")}
    if script.stem == "vectors":
        settings["EPOCHS"] = "2"
        told = ran()
        for name, again in (("text.counts", False), ("svd.vectors", False), ("sgns.vectors", True), ("report", True)):
            assert (f"wrote out/{name}\n" in told) == again, f"{name}: what depends on the change, and nothing else"
