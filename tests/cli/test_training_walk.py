"""What a training looks at, and how often: each target twice, each text once, no manifest that it wrote itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import tiny

from seqtool.artifact import read, write
from seqtool.corpus.reading import sources

TINY = tiny(8, 4, "--epochs", "1")
Calls = Counter[tuple[str, str]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """How often each path is examined, its manifest read, its text opened."""
    counted: Calls = Counter()

    def count(what: str, module: Any, name: str) -> None:
        given: Callable[..., Any] = getattr(module, name)

        def counting(original: Path | str) -> Any:
            path = Path(original)
            if what != "read" or path.name == "manifest.json":
                counted[what, path.parent.name if what == "read" else path.name] += 1
            return given(original)

        monkeypatch.setattr(module, name, counting)

    count("examined", write, "recover")  # by `existing_artifact`, before anything else
    count("read", read, "read_json")  # a manifest, among others
    count("opened", sources, "matching_files")  # by `open_sources`
    return counted


def test_a_training_looks_at_each_thing_once(run: Any, corpus_txt: Path, calls: Calls) -> None:
    run("train-lm", corpus_txt.name, *TINY).ok()
    assert calls == {
        ("opened", "corpus.txt"): 1,
        ("examined", "corpus.corpus"): 2,  # before the work, and under the lock
        ("examined", "corpus.lstm.lm"): 2,
    }


def test_a_training_that_is_up_to_date_reads_two_manifests(run: Any, corpus_txt: Path, calls: Calls) -> None:
    run("train-lm", corpus_txt.name, *TINY).ok()
    calls.clear()
    assert run("train-lm", corpus_txt.name, *TINY, "--json").ok().json["valid_perplexity"] > 1
    assert calls == {}  # the answer is remembered
    assert run("train-lm", corpus_txt.name, *TINY, "--threads", "2", "--json").ok().json["valid_perplexity"] > 1
    assert calls == {
        ("opened", "corpus.txt"): 1,
        ("examined", "corpus.corpus"): 1,
        ("read", "corpus.corpus"): 1,
        ("examined", "corpus.lstm.lm"): 1,
        ("read", "corpus.lstm.lm"): 1,
    }
