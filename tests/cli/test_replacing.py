"""Trainings that replace a finished model, and commands that meet an equal or another one on the same output."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tiny import TINY

from seqtool.artifact import write
from seqtool.artifact.read import open_artifact, read_manifest, verify
from seqtool.artifact.training import TrainingArtifact

NET = ("--emb-dim", "4", "--hidden-dim", "4", "--epochs", "2", "--threads", "1", "--precision", "fp32")
VECTORS = ("--dim", "4", "--epochs", "2", "--min-count", "1", "--threads", "1")
TRAININGS: dict[str, tuple[str, ...]] = {
    "train-word2vec": ("corpus.txt", *VECTORS),
    "train-fasttext": ("corpus.txt", *VECTORS, "--bucket", "50"),
    "train-glove": ("c.counts", "--dim", "4", "--epochs", "2", "--threads", "1"),
    "train-lm": ("corpus.txt", *NET, "--layers", "1"),
    "train-seq2seq": ("pairs.tsv", *NET),
    "train-classifier": ("labels.tsv", *NET),
    "train-tagger": ("tags.conll", *NET, "--char-dim", "2", "--char-hidden", "2"),
}


@pytest.fixture
def texts(run: Any, corpus_txt: Path) -> Path:
    """A folder with something to train every kind of model on."""
    folder = corpus_txt.parent
    words = corpus_txt.read_text().split()[:80]
    (folder / "pairs.tsv").write_text("".join(f"{a} {b}\t{b} {a}\n" for a, b in pairwise(words)))
    (folder / "labels.tsv").write_text("".join(f"{'xy'[i % 2]}\t{word} it\n" for i, word in enumerate(words)))
    (folder / "tags.conll").write_text("".join(f"{word} {'NV'[i % 2]}\n\n" for i, word in enumerate(words)))
    run("cooccur", "corpus.txt", "-o", "c.counts", "--threads", "1").ok()
    return folder


def payload(path: Path) -> dict[str, str]:
    """Every file and its sha256; run.json left out, which says how it went."""
    files = [file for file in path.rglob("*") if file.is_file() and file.name != "run.json"]
    return {str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def hidden(folder: Path) -> set[str]:
    return {entry.name for entry in folder.glob(".*")}


def once_before(function: Callable[..., Any], action: Callable[[], object], name: str) -> Callable[..., Any]:
    """The function, before whose first call for a path of that name something else happens."""
    waiting = [action]

    def call(path: Path, *arguments: Any, **options: Any) -> Any:
        if waiting and path.name == name:
            waiting.pop()()
        return function(path, *arguments, **options)

    return call


@pytest.mark.parametrize("family", TRAININGS)
def test_a_finished_model_stays_until_the_new_one_takes_its_name(
    run: Any, texts: Path, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    """A replacement that dies at its end is resumed, and is what it would have been without all this."""
    command = (family, *TRAININGS[family])
    run(*command, "-o", "m").ok()
    run(*command, "--seed", "2", "-o", "fresh").ok()
    old, new = payload(texts / "m"), payload(texts / "fresh")

    def dies(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(TrainingArtifact, "finish", dies)
        run(*command, "--seed", "2", "-o", "m", "--overwrite")
    assert payload(texts / "m") == old
    assert hidden(texts) == {".m.training"}
    assert "resuming .m.training" in run(*command, "--seed", "2", "-o", "m", "--overwrite").ok().stderr
    assert payload(texts / "m") == new
    assert hidden(texts) == set()


@pytest.mark.parametrize("family", TRAININGS)
def test_a_training_sees_what_another_has_finished_before_it_has_the_lock(
    run: Any, texts: Path, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    command = (family, *TRAININGS[family], "-o", "m")
    for options in ((), ("--seed", "2")):
        with monkeypatch.context() as patch:
            begin = once_before(TrainingArtifact.begin, lambda: run(*command).ok(), "m")
            patch.setattr(TrainingArtifact, "begin", staticmethod(begin))
            done = run(*command, *options)
        if options:
            done.failed(1, "m exists", "--overwrite")
        else:
            done.up_to_date("m")
        assert verify(open_artifact(texts / "m")) == []
        assert not open_artifact(texts / "m").unfinished
        assert not (texts / "m" / "checkpoint").exists()
        assert hidden(texts) == set()
        shutil.rmtree(texts / "m")


WRITERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "preprocess": (("corpus.txt",), ("--lower",)),
    "cooccur": (("corpus.corpus",), ("--window", "2")),
    "ppmi": (("c.counts",), ("--cds", "0.5")),
    "train-ngram": (("corpus.corpus",), ("--order", "2")),
    "train-classifier": (("labels.tsv", "--arch", "tfidf"), ("--c", "3")),
    "phrases": (("corpus.corpus", "--threshold", "1"), ("--delimiter", "+")),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_command_sees_what_another_has_written_before_it_has_the_lock(
    run: Any, texts: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    arguments, change = WRITERS[name]
    command = (name, *arguments, "-o", "m")
    for options in ((), change):
        with monkeypatch.context() as patch:
            patch.setattr(write, "exclusive", once_before(write.exclusive, lambda: run(*command).ok(), "m"))
            done = run(*command, *options)
        if options:
            done.failed(1, "m exists", "--overwrite")
        else:
            done.up_to_date("m")
        assert verify(open_artifact(texts / "m")) == []
        assert hidden(texts) == set()
        shutil.rmtree(texts / "m")


def test_a_corpus_that_another_command_has_made_beside_the_text_is_used(
    run: Any, corpus_txt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[int, int]] = []

    def twin() -> None:
        run("train-ngram", "corpus.txt", "-o", "n").ok()
        made.append(identity())

    def identity() -> tuple[int, int]:
        found = Path("corpus.corpus/manifest.json").stat()
        return found.st_ino, found.st_mtime_ns

    monkeypatch.setattr(write, "exclusive", once_before(write.exclusive, twin, "corpus.corpus"))
    run("cooccur", "corpus.txt", "-o", "c").ok()
    assert made == [identity()]
    assert verify(open_artifact(Path("corpus.corpus"))) == []
    assert hidden(corpus_txt.parent) == set()


LONG = ("train-lm", "corpus.txt", "-o", "m", *TINY, "--epochs", "2000", "--lr", "0.001", "--overwrite")


def killed(started: Any, folder: Path, *command: str) -> None:
    """Start a training and kill it once it has a checkpoint beside ``m``."""
    process: subprocess.Popen[bytes] = started(*command)
    end = time.monotonic() + 90
    while not (folder / ".m.training" / "checkpoint.json").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "no checkpoint appeared"
        time.sleep(0.02)
    process.kill()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


def test_killed_while_it_replaces_a_model(started: Any, run: Any, corpus_txt: Path) -> None:
    folder, base = corpus_txt.parent, ("train-lm", "corpus.txt", "-o", "m", *TINY, "--epochs", "1")
    run(*base).ok()
    old, perplexity = payload(folder / "m"), run("perplexity", "m", "corpus.txt", "--json").ok().json
    killed(started, folder, *LONG)
    assert payload(folder / "m") == old
    assert run("perplexity", "m", "corpus.txt", "--json").ok().json == perplexity
    told = run("info", "m", "--json").ok()
    assert told.json["state"] == "complete"
    told.noted(".m.training")
    run(*LONG[:-1]).failed(1, "unfinished training", "--overwrite")
    run(*base, "--overwrite").up_to_date("m")
    resumed = run(*LONG, "--max-minutes", "0", "--json").ok()
    assert "resuming .m.training" in resumed.stderr
    assert ".m.training" in resumed.stderr
    assert (resumed.json["model"], resumed.json["state"]) == (".m.training", "unfinished")
    assert payload(folder / "m") == old
    run(*base, "--seed", "3", "--overwrite").ok()
    assert read_manifest(folder / "m").recipe.seed == 3
    assert hidden(folder) == set()


def test_killed_while_it_replaces_vectors(started: Any, run: Any, texts: Path) -> None:
    command = ("train-word2vec", "corpus.txt", "-o", "m", *VECTORS)
    run(*command).ok()
    old = payload(texts / "m")
    killed(started, texts, *command, "--epochs", "100000", "--overwrite")
    assert payload(texts / "m") == old
    run("neighbors", "m", "cat").ok()


def test_divergence_while_it_replaces_a_model(run: Any, corpus_txt: Path) -> None:
    base = ("train-lm", "corpus.txt", "-o", "m", *TINY, "--epochs", "1")
    run(*base).ok()
    old = payload(Path("m"))
    run(*base, "--optimizer", "sgd", "--lr", "1e30", "--clip", "0", "--overwrite").failed(3, "diverged", "m is")
    assert payload(Path("m")) == old
    assert hidden(corpus_txt.parent) == set(), "nothing was learned"


def test_a_full_disk_while_it_replaces_a_model(run: Any, corpus_txt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = ("train-lm", "corpus.txt", "-o", "m", *TINY, "--epochs", "1")
    run(*base).ok()
    old = payload(Path("m"))

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("seqtool.artifact.training.sync", full)
    run(*base, "--seed", "2", "--overwrite").failed(1, os.strerror(errno.ENOSPC))
    assert payload(Path("m")) == old
    assert hidden(corpus_txt.parent) == set()
