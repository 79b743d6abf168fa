"""Figures on training texts are told: when they are measured, in what is kept of them, and in reports."""

from __future__ import annotations

import codecs
import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from tiny import TINY

from seqtool.artifact.read import open_artifact

NGRAM = ("train-ngram", "--order", "2", "--smoothing", "witten-bell", "--threads", "1")


@pytest.fixture
def texts(tmp_path: Path, tiny_corpus: str) -> Path:
    """``a.txt`` and ``b.txt``, which are trained on, and ``c.txt``, which is not."""
    lines = tiny_corpus.splitlines(keepends=True)
    for name, part in (("a", lines[:40]), ("b", lines[40:80]), ("c", lines[80:])):
        (tmp_path / f"{name}.txt").write_text("".join(part) + f"only in {name}\n")
    return tmp_path


def warned(done: Any) -> bool:
    return any(line.startswith("warning: ") and "training texts" in line for line in done.ok().stderr.splitlines())


def marked(folder: Path, name: str = "e") -> bool:
    return open_artifact(folder / name).summary.get("trained_on", False)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["a.txt"], True),
        (["b.txt"], True),
        (["c.txt"], False),
        (["c.txt", "b.txt"], True),
        (["[bc].txt"], True),
        (["[c].txt"], False),
        (["*.txt"], True),
        (["m.corpus"], True),
        (["other.corpus"], True),
        (["c.corpus"], False),
    ],
    ids=str,
)
def test_a_text_of_several_that_were_trained_on_is_told(
    run: Any, texts: Path, given: list[str], expected: bool
) -> None:
    run("preprocess", "a.txt", "b.txt", "-o", "m.corpus").ok()
    run("preprocess", "b.txt", "-o", "other.corpus").ok()
    run("preprocess", "c.txt", "-o", "c.corpus").ok()
    run(*NGRAM, "m.corpus", "-o", "m").ok()
    assert warned(run("perplexity", "m", *given, "-o", "e")) == expected
    assert marked(texts) == expected
    assert warned(run("perplexity", "m", *given, "-o", "e")) == expected, "told again where it is up to date"
    report = run("report", "e", "-o", "r").ok()
    assert ("warning: m " in report.stderr) == expected
    assert json.loads((texts / "r" / "report.json").read_text())["results"][0]["measures"].get("trained_on", False) == (
        expected
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("s.corpus:train", True),
        ("s.corpus:valid", False),
        ("s.corpus:test", False),
        ("s.corpus", True),
        ("same.corpus:test", False),
        ("another.corpus:test", True),
        ("whole.corpus", True),
    ],
)
def test_of_a_split_corpus_the_training_part_is_told(run: Any, texts: Path, given: str, expected: bool) -> None:
    split = ("--split", "0.8,0.1,0.1")
    run("preprocess", "a.txt", "-o", "s.corpus", *split).ok()
    run("preprocess", "a.txt", "-o", "same.corpus", *split, "--max-vocab", "9").ok()
    run("preprocess", "a.txt", "-o", "another.corpus", "--split", "0.4,0.3,0.3").ok()
    run("preprocess", "a.txt", "-o", "whole.corpus").ok()
    run(*NGRAM, "s.corpus", "-o", "m").ok()
    assert warned(run("perplexity", "m", given, "-o", "e")) == expected
    assert marked(texts) == expected


def test_texts_under_a_pattern_are_all_part_of_what_was_evaluated(run: Any, texts: Path) -> None:
    run(*NGRAM, "c.txt", "-o", "m").ok()
    before = run("perplexity", "m", "[ab].txt", "-o", "e", "--json").ok().json
    with (texts / "b.txt").open("a") as file:
        file.write("the cat\n" * 20)
    run("perplexity", "m", "[ab].txt", "-o", "e").failed(1, "e exists", "--overwrite")
    after = run("perplexity", "m", "[ab].txt", "-o", "e", "--json", "--overwrite").ok().json
    assert after["tokens"] == before["tokens"] + 60


def test_a_language_model_that_is_validated_or_tested_on_its_training_text(run: Any, texts: Path) -> None:
    command = ("train-lm", "a.txt", *TINY, "--epochs", "1")
    assert warned(run(*command, "--valid", "a.txt", "-o", "m1"))
    assert warned(run(*command, "--valid", "b.txt", "--test", "a.txt", "-o", "m2"))
    assert not warned(run(*command, "--valid", "b.txt", "--test", "c.txt", "-o", "m3"))
    assert not warned(run("perplexity", "m3", "c.txt", "-o", "e"))
    assert warned(run("perplexity", "m3", "a.txt"))


def test_a_classifier_s_training_texts(run: Any, tmp_path: Path) -> None:
    for name, word in (("l.tsv", "film"), ("other.tsv", "book")):
        rows = [f"{'good' if i % 2 else 'bad'}\t{'fine' if i % 2 else 'poor'} {word} {i % 3}\n" for i in range(24)]
        (tmp_path / name).write_text("".join(rows))
    run("train-classifier", "l.tsv", "--arch", "tfidf", "--valid-share", "0.2", "-o", "m").ok()
    assert warned(run("eval-labels", "m", "l.tsv", "-o", "e"))
    assert marked(tmp_path)
    run("report", "e", "-o", "r").noted("warning: m ", "l.tsv")
    assert not warned(run("eval-labels", "m", "other.tsv", "-o", "e2"))
    assert not marked(tmp_path, "e2")


# What was made of two versions of one corpus.


def test_results_of_a_corpus_before_and_after_an_edit_do_not_belong_together(run: Any, texts: Path) -> None:
    corpus = ("preprocess", "a.txt", "-o", "s.corpus", "--split", "0.8,0.1,0.1", "--overwrite")
    run(*corpus).ok()
    run(*NGRAM, "s.corpus", "-o", "m").ok()
    run("perplexity", "m", "s.corpus:test", "-o", "e1").ok()
    assert "s.corpus" not in run("report", "e1", "m").ok().stderr
    (texts / "a.txt").write_text((texts / "b.txt").read_text())
    run(*corpus).ok()
    run("perplexity", "m", "s.corpus:test", "-o", "e2").ok()
    assert "s.corpus" in run("report", "e2").ok().stderr, "one evaluation: an older model on a newer text"
    assert "s.corpus" in run("report", "e1", "e2").ok().stderr
    run(*NGRAM, "s.corpus", "-o", "m2").ok()
    told = run("report", "m", "m2").ok().stderr
    assert "s.corpus" in told
    assert "2" in told


# Evaluations of a training under way.


def test_an_evaluation_of_an_unfinished_training_is_out_of_date_once_the_training_has_gone_on(
    run: Any, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seqtool.nn.training.trainer import Trainer

    command = ("train-lm", "a.txt", "--valid", "b.txt", *TINY, "--epochs", "6", "--lr", "0.01", "-o", "m")
    save, saved = Trainer.save, [0]

    def stops(self: Any) -> None:
        save(self)
        saved[0] += 1
        if saved[0] in (1, 3):
            raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "save", stops)
    run(*command)
    assert open_artifact(texts / "m").unfinished
    first = run("perplexity", "m", "c.txt", "-o", "e", "--json").ok().json["perplexity"]
    run("perplexity", "m", "c.txt", "-o", "e").ok()
    run(*command)
    assert open_artifact(texts / "m").unfinished
    run("perplexity", "m", "c.txt", "-o", "e").failed(1, "e exists", "--overwrite")
    second = run("perplexity", "m", "c.txt", "-o", "e", "--json", "--overwrite").ok().json["perplexity"]
    assert second != first
    assert "warning" not in run("report", "m", "e").ok().stderr
    run(*command).ok()
    assert not open_artifact(texts / "m").unfinished
    run("perplexity", "m", "c.txt", "-o", "e").failed(1, "e exists", "--overwrite")


# Copies of a training text.


def copies(text: str) -> dict[str, bytes]:
    plain = text.encode()
    crlf = plain.replace(b"\n", b"\r\n")
    return {
        "plain.txt": plain,
        "copy.txt.gz": gzip.compress(plain),
        "copy.txt.xz": lzma.compress(crlf),
        "crlf.txt": crlf,
        "mark.txt": codecs.BOM_UTF8 + plain,
        "end.txt": plain.removesuffix(b"\n"),
        "crlf-end.txt": crlf.removesuffix(b"\r\n"),
    }


@pytest.mark.parametrize("given", ["plain.txt", "copy.txt.gz", "crlf.txt", "end.txt"])
def test_a_copy_of_a_training_text_is_known(run: Any, tmp_path: Path, tiny_corpus: str, given: str) -> None:
    for name, content in copies(tiny_corpus).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "other.txt.gz").write_bytes(gzip.compress((tiny_corpus + "more\n").encode()))
    run("preprocess", given, "other.txt.gz", "-o", "m.corpus").ok()
    run(*NGRAM, "m.corpus", "-o", "m").ok()
    for name in copies(tiny_corpus):
        assert warned(run("perplexity", "m", name)), name
    (tmp_path / "new.txt.gz").write_bytes(gzip.compress((tiny_corpus + "new\n").encode()))
    assert not warned(run("perplexity", "m", "new.txt.gz"))
    assert "2 of the 3" in run("perplexity", "m", "new.txt.gz", "crlf.txt", "other.txt.gz").ok().stderr


def test_a_training_text_in_another_encoding_is_known(run: Any, tmp_path: Path, tiny_corpus: str) -> None:
    text = tiny_corpus + "größer\n"
    (tmp_path / "a.txt").write_text(text)
    (tmp_path / "b.txt").write_bytes(text.encode("utf-16"))
    run(*NGRAM, "a.txt", "-o", "m").ok()
    assert warned(run("perplexity", "m", "b.txt", "--encoding", "utf-16", "-o", "e"))
    assert marked(tmp_path)


def test_copies_of_labelled_texts_and_columns_are_known(run: Any, tmp_path: Path) -> None:
    rows = [f"{'good' if i % 2 else 'bad'}\t{'fine' if i % 2 else 'poor'} film {i % 3}\n" for i in range(24)]
    (tmp_path / "l.tsv").write_text("".join(rows))
    (tmp_path / "l.tsv.gz").write_bytes(gzip.compress("".join(rows).encode()))
    run("train-classifier", "l.tsv", "--arch", "tfidf", "--valid-share", "0.2", "-o", "m").ok()
    assert warned(run("eval-labels", "m", "l.tsv.gz", "-o", "e"))


# Which of several texts.


def test_the_text_of_several_that_was_trained_on_is_named(run: Any, texts: Path) -> None:
    run(*NGRAM, "b.txt", "-o", "m").ok()
    for number, given in enumerate((["a.txt", "b.txt"], ["*.txt"], ["[ab].txt", "c.txt"])):
        assert "b.txt (1 of " in run("perplexity", "m", *given, "-o", f"e{number}").ok().stderr
        run("report", f"e{number}", "-o", f"r{number}").noted("warning: m ", "b.txt (1 of ")
    run("perplexity", "m", "b.txt", "-o", "whole").ok()
    assert "trained_on_texts" not in open_artifact(texts / "whole").summary
    assert "of" not in run("report", "whole", "-o", "r").noted("warning: m ", "b.txt").stderr.split()


def test_a_pattern_tells_how_many_files_it_is(run: Any, texts: Path) -> None:
    run(*NGRAM, "c.txt", "-o", "m").ok()
    for given, expected in ((["[ab].txt"], "[ab].txt (2 files)"), (["[a].txt"], "a.txt"), (["a.txt"], "a.txt")):
        assert run("perplexity", "m", *given, "--json").ok().json["data"] == expected


def test_the_lineage_names_texts_as_they_were_given(run: Any, texts: Path) -> None:
    run(*NGRAM, "c.txt", "-o", "m").ok()
    run("perplexity", "m", "[ab].txt", "c.txt", "-o", "e").ok()
    assert "perplexity m '[ab].txt' c.txt --" in run("info", "e", "--lineage").ok().stdout


def test_predictions_in_a_file_for_the_training_texts_of_their_model(run: Any, tmp_path: Path) -> None:
    rows = [f"{'good' if i % 2 else 'bad'}\t{'fine' if i % 2 else 'poor'} film {i % 3}\n" for i in range(24)]
    (tmp_path / "l.tsv").write_text("".join(rows))
    (tmp_path / "new.tsv").write_text("".join([*rows[1:], rows[0]]))
    (tmp_path / "p.txt").write_text("good\n" * 24)
    run("train-classifier", "l.tsv", "--arch", "tfidf", "--valid-share", "0.2", "-o", "m").ok()
    assert warned(run("eval-labels", "p.txt", "l.tsv", "--model", "m", "-o", "e"))
    assert marked(tmp_path)
    assert not warned(run("eval-labels", "p.txt", "new.tsv", "--model", "m"))
