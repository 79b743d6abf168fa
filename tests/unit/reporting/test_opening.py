"""How often a report opens what it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import seqtool
from seqtool.artifact import read

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)


@pytest.fixture
def artifacts(run: Run, tmp_path: Path, corpus_txt: Path) -> list[Path]:
    """A corpus, vectors made from it, and neighbours that were saved."""
    run("preprocess", corpus_txt, "-o", "c.corpus").ok()
    run("train-word2vec", "c.corpus", "--min-count", "1", "--dim", "4", "--epochs", "1", "-o", "w.vectors").ok()
    run("neighbors", "w.vectors", "the", "-o", "n").ok()
    return [tmp_path / name for name in ("c.corpus", "w.vectors", "n")]


@pytest.mark.parametrize("output", [None, "r"])
def test_each_artifact_is_opened_once(
    artifacts: list[Path], tmp_path: Path, output: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: Counter[Path] = Counter()
    read_once = read.read_manifest

    def counted(path: Path, *kinds: Any) -> Any:
        opened[path] += 1
        return read_once(path, *kinds)

    monkeypatch.setattr(read, "read_manifest", counted)
    seqtool.report(artifacts, output=output and tmp_path / output)
    assert {path: opened[path] for path in artifacts} == dict.fromkeys(artifacts, 1)


def test_a_report_from_python(artifacts: list[Path], tmp_path: Path) -> None:
    printed = seqtool.report(artifacts, title="Words")
    assert printed[0] == "# Words"
    assert [one["name"] for one in printed.json["vectors"]] == ["w.vectors"]
    assert seqtool.report(artifacts, title="Words", output=tmp_path / "r").lines == [str(tmp_path / "r/report.html")]
    assert (tmp_path / "r" / "report.md").read_text(encoding="utf-8").split("\n") == printed.lines
