"""What is made beside a text: a name for each text, and commands that want the same name at once."""

from __future__ import annotations

import gzip
import itertools
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

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


# A command that waits for another (many at once: tests/robust/test_races.py).


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
