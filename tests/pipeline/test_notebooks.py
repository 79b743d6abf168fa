"""The notebooks run from the first cell to the last, on a small book and with one epoch, installation left out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
_PARAGRAPHS, _SENTENCES = 100, 6


def code_cells(notebook: Path) -> list[str]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def small_book() -> str:
    """The toy world in paragraphs broken at a width, between the marks of Project Gutenberg."""
    sentences = (ROOT / "sample_corpora/toy_world.en.txt").read_text(encoding="utf-8").splitlines()
    starts = range(0, _PARAGRAPHS * _SENTENCES, _SENTENCES)
    paragraphs = [textwrap.fill(" ".join(sentences[start : start + _SENTENCES]), 70) for start in starts]
    mark = "*** {} OF THE PROJECT GUTENBERG EBOOK A TOY WORLD ***"
    return "\n\n".join(["A title", mark.format("START"), *paragraphs, mark.format("END"), "A licence"]) + "\n"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(notebook: Path, tmp_path: Path, quick: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "book.txt").write_text(small_book(), encoding="utf-8")
    display, names = ModuleType("IPython.display"), dict[str, Any]()
    display.HTML = str  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.chdir(tmp_path)
    for cell in code_cells(notebook):
        if cell.startswith("%%bash\n"):
            run_shell(cell.removeprefix("%%bash\n"), quick)
        else:
            exec(re.sub(r"^%pip .*$", "", cell, flags=re.MULTILINE), names)
    assert "licence" not in Path("novel.txt").read_text(encoding="utf-8")
    assert "novel.corpus:test" in Path("report/report.html").read_text(encoding="utf-8")


def run_shell(cell: str, quick: str) -> None:
    script = f'seqtool() {{ {quick} "$@"; }}\n' + re.sub(r"--epochs \d+", "--epochs 1", cell)
    done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.returncode == 0, f"{cell}\n{done.stderr}"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_results(notebook: Path) -> None:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
