"""What is made beside a text: a name for each text, and commands that want the same name at once."""

from __future__ import annotations

import gzip
import itertools
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny import TINY

from seqtool.artifact.read import open_artifact, verify

LINES = [f"{who} {what} {where}" for who, what, where in itertools.product("ab", "cd", "efg")] * 3
NGRAM = ("train-ngram", "--order", "2", "--smoothing", "witten-bell", "--threads", "1")


@pytest.fixture
def family(tmp_path: Path) -> Path:
    """``x.txt``, ``x.csv`` and ``x.txt.gz``, of different words; ``t.tsv``, a table of two columns."""
    (tmp_path / "x.txt").write_text("".join(f"text {line}\n" for line in LINES))
    (tmp_path / "x.csv").write_text("text\n" + "".join(f"table {line}\n" for line in LINES))
    (tmp_path / "x.txt.gz").write_bytes(gzip.compress("".join(f"packed {line}\n" for line in LINES).encode()))
    (tmp_path / "t.tsv").write_text("one\ttwo\n" + "".join(f"uno {line}\tdue {line}\n" for line in LINES))
    return tmp_path


def words(artifact: Path) -> set[str]:
    return {line.split("\t")[0] for line in (artifact / "vocab.tsv").read_text().splitlines()}


WORD = {"x.txt": "text", "x.csv": "table", "x.txt.gz": "packed"}


@pytest.mark.parametrize("order", list(itertools.permutations(WORD)), ids="-".join)
def test_texts_of_one_stem_have_a_corpus_and_a_model_each(run: Any, family: Path, order: tuple[str, ...]) -> None:
    made = [Path(run(*NGRAM, text, "--json").ok().json["model"]) for text in order]
    assert made[0] == Path("x.2gram.lm")
    assert len(set(made)) == 3
    for text, model in zip(order, made, strict=True):
        assert words(model) & set(WORD.values()) == {WORD[text]}
    assert len(list(family.glob("*.corpus"))) == 3
    for text, model in zip(order, made, strict=True):
        run(*NGRAM, text).up_to_date(model.name)


def test_texts_of_one_stem_with_other_options_have_a_corpus_each(run: Any, family: Path) -> None:
    made = [run(*NGRAM, text, "--lower", "--json").ok().json["model"] for text in WORD]
    assert len(set(made)) == 3
    for text, model in zip(WORD, made, strict=True):
        assert words(Path(model)) & set(WORD.values()) == {WORD[text]}


def test_columns_of_one_table_have_a_corpus_each(run: Any, family: Path) -> None:
    made = {column: run(*NGRAM, "t.tsv", "--column", column, "--json").ok().json["model"] for column in ("one", "two")}
    assert {column: words(Path(model)) & {"uno", "due"} for column, model in made.items()} == {
        "one": {"uno"},
        "two": {"due"},
    }


def test_preprocess_and_the_commands_agree_on_the_names(run: Any, family: Path) -> None:
    made = {text: run("preprocess", text, "--json").ok().json["corpus"] for text in WORD}
    assert len(set(made.values())) == 3
    for text, corpus in made.items():
        assert not run(*NGRAM, text).ok().stderr.startswith(f"wrote {corpus}")
        run("preprocess", text).up_to_date(corpus)
    assert len(list(family.glob("*.corpus"))) == 3


def test_a_text_called_like_a_corpus_is_a_text(run: Any, family: Path) -> None:
    (family / "y.corpus").write_text("".join(f"plain {line}\n" for line in LINES))
    model = run(*NGRAM, "y.corpus", "--json").ok().json["model"]
    assert "plain" in words(Path(model))
    assert (family / "y.corpus").is_file()


def test_a_text_edited_since_is_refused_and_made_again_with_overwrite(run: Any, family: Path) -> None:
    for text in ("x.txt", "x.csv"):
        run(*NGRAM, text).ok()
    (family / "x.csv").write_text("text\n" + "edited line\n" * 9)
    run(*NGRAM, "x.csv").failed(1, "x.csv", "--overwrite")
    model = run(*NGRAM, "x.csv", "--overwrite", "--json").ok().json["model"]
    assert "edited" in words(Path(model))
    assert "text" in words(family / "x.corpus")


def test_labelled_texts_of_one_stem_have_a_classifier_each(run: Any, tmp_path: Path) -> None:
    rows = [(f"label{i % 2}", f"good{i % 2} text {i % 3}") for i in range(24)]
    (tmp_path / "l.tsv").write_text("".join(f"{label}\t{text}\n" for label, text in rows))
    (tmp_path / "l.csv").write_text("label,text\n" + "".join(f"{label},{text} more\n" for label, text in rows))
    command = ("train-classifier", "--arch", "tfidf", "--min-count", "1", "--valid-share", "0.2", "--json")
    made = [run(*command, name).ok().json["model"] for name in ("l.tsv", "l.csv")]
    assert made[0] != made[1]
    assert [verify(open_artifact(Path(name))) for name in made] == [[], []]


# Commands at once.

TRAIN_LM = ("train-lm", "corpus.txt", *TINY, "--epochs", "1", "-q")
WORD2VEC = ("train-word2vec", "corpus.txt", "--dim", "4", "--epochs", "1", "--min-count", "1", "--threads", "1", "-q")
COUNT = ("cooccur", "corpus.txt", "--threads", "1", "-q")
KINDS = {"train-ngram": (*NGRAM, "corpus.txt", "-q"), "cooccur": COUNT, "word2vec": WORD2VEC, "train-lm": TRAIN_LM}
DIFFERENT = {
    "train-ngram": ("--order", "3"),
    "cooccur": ("--window", "3"),
    "word2vec": ("--seed", "2"),
    "train-lm": ("--seed", "2"),
}


def at_once(quick: str, folder: Path, *commands: tuple[str, ...]) -> list[subprocess.CompletedProcess[str]]:
    """Commands that start together, and what became of them."""
    started = [
        subprocess.Popen(
            [*shlex.split(quick), *command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for command in commands
    ]
    ends = [process.communicate(timeout=120) for process in started]
    return [
        subprocess.CompletedProcess(process.args, process.returncode, *end)
        for process, end in zip(started, ends, strict=True)
    ]


def checked(folder: Path) -> None:
    """Everything in the folder is whole, finished and has no leftovers."""
    assert not [entry.name for entry in folder.iterdir() if entry.name.startswith(".")]
    for path in folder.iterdir():
        if path.is_dir():
            artifact = open_artifact(path)
            assert verify(artifact) == []
            assert not artifact.unfinished
            assert not (path / "checkpoint").exists()
            assert not (path / "checkpoint.json").exists()


def races(count: int) -> Iterator[tuple[int, str]]:
    return zip(range(count), itertools.cycle(KINDS), strict=False)


def race_identical(quick: str, text: str, folder: Path, count: int) -> None:
    for number, kind in races(count):
        place = folder / f"same{number}"
        place.mkdir()
        (place / "corpus.txt").write_text(text)
        for done in at_once(quick, place, *[(*KINDS[kind], "-o", "m")] * 2):
            assert done.returncode == 0, (kind, done.stderr)
        checked(place)


def race_different(quick: str, text: str, folder: Path, count: int) -> None:
    """Two recipes for one name, then two names of one text."""
    for number, kind in races(count):
        place = folder / f"other{number}"
        place.mkdir()
        (place / "corpus.txt").write_text(text)
        first, second = (*KINDS[kind], "-o", "m"), (*KINDS[kind], *DIFFERENT[kind], "-o", "m")
        found = at_once(quick, place, first, second)
        assert sorted(done.returncode for done in found) == [0, 1], (kind, [done.stderr for done in found])
        refused = next(done for done in found if done.returncode)
        assert "--overwrite" in refused.stderr, (kind, refused.stderr)
        checked(place)


def race_for_one_corpus(quick: str, text: str, folder: Path, count: int) -> None:
    names = list(KINDS)
    for number in range(count):
        place = folder / f"corpus{number}"
        place.mkdir()
        (place / "corpus.txt").write_text(text)
        chosen = [names[number % 4], names[(number + 1 + number // 4 % 3) % 4]]
        for done in at_once(quick, place, *[(*KINDS[kind], "-o", kind) for kind in chosen]):
            assert done.returncode == 0, (chosen, done.stderr)
        checked(place)
        assert {path.name for path in place.iterdir()} == {"corpus.txt", "corpus.corpus", *chosen}


RACES = (race_identical, race_different, race_for_one_corpus)


@pytest.mark.parametrize("race", RACES)
def test_commands_at_once_succeed_or_are_refused_and_leave_whole_artifacts(
    quick: str, tiny_corpus: str, tmp_path: Path, race: Any
) -> None:
    race(quick, tiny_corpus, tmp_path, 4)


@pytest.mark.long
@pytest.mark.parametrize("race", RACES)
def test_many_commands_at_once(quick: str, tiny_corpus: str, tmp_path: Path, race: Any) -> None:
    race(quick, tiny_corpus, tmp_path, 50)


def test_the_second_waits_for_the_first_one_s_corpus_and_says_so(
    started: Any, run: Any, corpus_txt: Path, tiny_corpus: str
) -> None:
    corpus_txt.write_text(tiny_corpus * 6_000)
    first = started("preprocess", "corpus.txt", "--tokenizer", "char", "-o", "corpus.corpus", "-q")
    end = time.monotonic() + 60
    while not (corpus_txt.parent / ".corpus.corpus.partial").exists():
        assert time.monotonic() < end
        assert first.poll() is None, first.communicate()
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGSTOP)
    second = started("preprocess", "corpus.txt", "--tokenizer", "char", "-o", "corpus.corpus")
    assert "waiting" in second.stderr.readline().decode()
    assert second.poll() is None
    os.kill(first.pid, signal.SIGCONT)
    assert first.wait(60) == 0
    told = second.communicate(timeout=60)[1].decode()
    assert second.returncode == 0
    assert told.splitlines()[-1].endswith("up to date")


def test_whoever_waits_can_be_interrupted(started: Any, corpus_txt: Path) -> None:
    from seqtool.artifact.atomic_rename import exclusive

    with exclusive(corpus_txt.parent / "c"):
        waiting = started("preprocess", "corpus.txt", "-o", "c")
        line = waiting.stderr.readline().decode()
        assert "waiting" in line
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(30) == 130
    assert not (corpus_txt.parent / "c").exists()
