"""train-word2vec, train-fasttext and train-glove: answers, files, refusals, being killed."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from seqtool.artifact.read import read_manifest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
SMALL = ("--dim", "8", "--epochs", "2", "--min-count", "1", "--threads", "1")
TOY = Path(__file__).parents[2] / "sample_corpora/toy_world.en.txt"


def test_train_word2vec_from_a_text(run: Run, corpus_txt: Path) -> None:
    done = run("train-word2vec", "corpus.txt", *SMALL, "--json").ok()
    answer = done.json
    assert (answer["vectors"], answer["words"], answer["dim"]) == ("corpus.word2vec.vectors", 12, 8)
    assert answer["method"] == "word2vec skipgram ns"
    for words in ("wrote corpus.corpus", "epoch 1/2  loss", "epoch 2/2", "words/s", "wrote corpus.word2vec.vectors"):
        assert words in done.stderr
    vectors = corpus_txt.with_name("corpus.word2vec.vectors")
    assert {p.name for p in vectors.iterdir()} == {
        "manifest.json",
        "run.json",
        "vocab.tsv",
        "vectors.npy",
        "history.tsv",
    }
    assert len((vectors / "history.tsv").read_text().splitlines()) == 3
    assert json.loads((vectors / "run.json").read_text())["words_per_second"] > 0
    again = run("train-word2vec", "corpus.txt", *SMALL).ok()
    assert again.up_to_date("corpus.word2vec.vectors", alone=True).stdout == ""
    neighbors = run("neighbors", "corpus.word2vec.vectors", "cat", "-k", "2", "--json").ok().json
    assert len(neighbors) == 2


def test_a_device_that_is_not_there(run: Run, corpus_txt: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    run("cooccur", "corpus.txt", "-o", "c", "--min-count", "1", "-q").ok()
    for command, source in (("train-word2vec", "new.txt"), ("train-fasttext", "new.txt"), ("train-glove", "c")):
        corpus_txt.with_name("new.txt").write_text("a b c\n")
        for more in ((), ("--dry-run",)):
            done = run(command, source, "-o", "v", "--device", "cuda", *more)
            done.failed(1, "CUDA", "--device cpu")
            assert len(done.stderr.splitlines()) == 1
        assert not Path("v").exists()
        assert not Path("new.corpus").exists()


def test_options_reach_the_manifest_and_threads_do_not(run: Run, corpus_txt: Path) -> None:
    run(
        "train-word2vec",
        "corpus.txt",
        *SMALL,
        "--model",
        "cbow",
        "--loss",
        "hs",
        "--window",
        "3",
        "--negative",
        "7",
        "--ns-exponent",
        "0.5",
        "--sample",
        "0.01",
        "--lr",
        "0.1",
        "--seed",
        "9",
        "--hogwild",
        "-o",
        "v",
        "-q",
    ).ok()
    recipe = read_manifest(Path("v")).recipe
    expected = {
        "model": "cbow",
        "loss": "hs",
        "window": 3,
        "negative": 7,
        "ns_exponent": 0.5,
        "sample": 0.01,
        "lr": 0.1,
        "deterministic": False,
        "dim": 8,
        "epochs": 2,
        "min_count": 1,
    }
    assert {name: recipe.options[name] for name in expected} == expected
    assert recipe.seed == 9
    assert not {"threads", "device"} & set(recipe.options)
    assert json.loads(Path("v/run.json").read_text())["device"] == "cpu"
    assert recipe.inputs[0].kind == "corpus"
    run("train-word2vec", "corpus.txt", *SMALL, "-o", "v").failed(1, "v exists", "--overwrite")
    run("train-word2vec", "corpus.txt", *SMALL, "-o", "v", "--overwrite", "-q").ok()
    assert read_manifest(Path("v")).recipe.options["lr"] == 0.025


def test_train_fasttext_spells_unknown_words(cli: Run, run: Run, corpus_txt: Path) -> None:
    done = run("train-fasttext", "corpus.txt", *SMALL, "--minn", "2", "--json").ok()
    answer = done.json
    assert (answer["vectors"], answer["method"]) == ("corpus.fasttext.vectors", "fasttext skipgram ns")
    assert answer["ngrams"] > 12
    assert "epoch 2/2" in done.stderr
    again = run("train-fasttext", "corpus.txt", *SMALL, "--minn", "2").ok()
    again.up_to_date("corpus.fasttext.vectors", alone=True)
    rows = run("neighbors", "corpus.fasttext.vectors", "cats", "-k", "3", "--json").ok().json
    assert [row["query"] for row in rows] == ["cats"] * 3
    pair = run("similarity", "corpus.fasttext.vectors", "cats", "cats", "--json").ok().json
    assert pair[0]["cosine"] == pytest.approx(1)
    run("neighbors", "corpus.fasttext.vectors", "żółć").failed(1, "żółć")
    piped = cli("similarity", "corpus.fasttext.vectors", "-", stdin="cats cat\ndogs żółć\n").ok()
    assert piped.stdout.splitlines()[-1] == "dogs\tżółć\t"
    Path("pairs.tsv").write_text("cat dog 5\ncats dog 4\ncats fishes 1\ncat the 2\n")
    known = run("eval-similarity", "corpus.fasttext.vectors", "pairs.tsv", "--json").ok().json[0]
    spelled = run("eval-similarity", "corpus.fasttext.vectors", "pairs.tsv", "--spell", "--json").ok().json[0]
    assert (known["oov"], spelled["oov"]) == (2, 0)
    Path("lines.txt").write_text("cats\n")
    told = run("document-vectors", "corpus.fasttext.vectors", "lines.txt", "--json").ok().json
    assert told["unknown"] == 0
    assert "135 n-gram vectors" in run("convert", "corpus.fasttext.vectors", "v.vec").ok().stderr
    assert Path("v.vec").read_text().startswith("12 8\n")


def test_train_glove_from_counts(run: Run, corpus_txt: Path) -> None:
    run("cooccur", "corpus.txt", "--min-count", "1", "-q").ok()
    done = run("train-glove", "corpus.cooccur.counts", "--dim", "8", "--epochs", "3", "--threads", "1", "--json").ok()
    answer = done.json
    assert (answer["vectors"], answer["words"], answer["method"]) == ("corpus.glove.vectors", 12, "glove")
    assert "epoch 3/3" in done.stderr
    again = run("train-glove", "corpus.cooccur.counts", "--dim", "8", "--epochs", "3").ok()
    again.up_to_date("corpus.glove.vectors", alone=True)


def test_runs_are_compared(run: Run, corpus_txt: Path) -> None:
    done = run("train-word2vec", "corpus.txt", *SMALL, "--runs", "3", "--seed", "4", "-o", "v.vectors").ok()
    assert done.stdout.splitlines()[0].split("\t") == ["first", "last", "n", "overlap", "low", "high"]
    assert [read_manifest(Path(name)).recipe.seed for name in ("v.vectors", "v.seed5.vectors", "v.seed6.vectors")] == [
        4,
        5,
        6,
    ]
    again = run("train-word2vec", "corpus.txt", *SMALL, "--runs", "3", "--seed", "4", "-o", "v.vectors").ok()
    assert (again.stdout, again.stderr.count("up to date")) == (done.stdout, 4)
    alone = run("eval-stability", "v.vectors", "v.seed5.vectors", "v.seed6.vectors", "--json").ok().json
    assert [f"{band['overlap']:.6g}" for band in alone] == [row.split("\t")[3] for row in done.stdout.splitlines()[1:]]
    run("report", "v.3runs.eval", "-o", "r", "-q").ok()
    assert "v.vectors v.seed5.vectors v.seed6.vectors" in Path("r/stability.csv").read_text()
    run("eval-stability", "v.vectors").failed(2, "two")


def test_dry_runs_write_nothing(run: Run, corpus_txt: Path) -> None:
    record = run("train-word2vec", "corpus.txt", "--dry-run", "--json", *SMALL).ok().json
    assert (record["output"], record["words"], record["lr"]) == ("corpus.word2vec.vectors", 12, 0.025)
    run("cooccur", "corpus.txt", "--min-count", "1", "-q").ok()
    record = run("train-glove", "corpus.cooccur.counts", "--dry-run", "--runs", "2", "--json").ok().json
    assert record["runs"] == 2
    assert record["entries"] > 12
    assert not Path("corpus.word2vec.vectors").exists()
    assert not Path("corpus.glove.vectors").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.txt"], 1, ["missing.txt", "exist"]),
        (["corpus.txt", "--min-count", "1000"], 1, ["1000", "--min-count"]),
        (["corpus.txt", "--dim", "0"], 2, ["--dim"]),
        (["corpus.txt", "--model", "fasttext"], 2, ["--model"]),
        (["corpus.txt", "--lr", "nan"], 2, ["--lr"]),
        (["corpus.txt", "--add-contexts", "--loss", "hs"], 2, ["--add-contexts"]),
        (["corpus.txt", "--keep-words"], 2, ["--keep-words", "--init-from"]),
        (["corpus.txt", "--init-from", "missing.vec"], 1, ["missing.vec"]),
        (["corpus.txt", "--lr", "1e30", "--min-count", "1"], 3, ["epoch 1", "--lr"]),
        (["corpus.txt", "-o", "corpus.txt"], 1, ["corpus.txt", "artifact"]),
    ],
    ids=str,
)
def test_train_word2vec_refuses(run: Run, corpus_txt: Path, arguments: list[str], code: int, words: list[str]) -> None:
    run("train-word2vec", *arguments, "--threads", "1").failed(code, *words)


def test_train_glove_refuses_what_is_not_counts(run: Run, corpus_txt: Path) -> None:
    run("preprocess", "corpus.txt", "-q").ok()
    run("train-glove", "corpus.corpus").failed(1, "corpus.corpus", "counts")
    run("train-glove", "missing.counts").failed(1, "missing.counts")


@pytest.mark.long
@pytest.mark.parametrize("command", ["train-word2vec", "train-fasttext"])
def test_killed_and_run_again_gives_the_same_bytes(
    cli: Run, started: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, command: str
) -> None:
    cli("preprocess", TOY, "-o", "c.corpus", "-q").ok()
    arguments = (command, "c.corpus", "--dim", "64", "--epochs", "12", "--threads", "2")
    cli(*arguments, "-o", "whole", "-q").ok()
    process = started(*arguments, "-o", "cut")
    pointer, until = tmp_path / "cut/checkpoint.json", time.monotonic() + 60
    while not pointer.exists() and time.monotonic() < until:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert read_manifest(tmp_path / "cut").state == "training"
    done = cli(*arguments, "-o", "cut").ok()
    assert "resuming cut" in done.stderr
    for name in ("vectors.npy", "history.tsv", "manifest.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
