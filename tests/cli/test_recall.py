"""A command that is run again answers "up to date" before anything heavy is imported; any change is seen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from finished import says

HEAVY = {"torch", "numba", "scipy", "datasets", "numpy", "pyarrow", "sklearn", "tokenizers", "matplotlib"}
SHOW = (
    "import sys\nfrom seqtool.cli.main import run\ncode = run(sys.argv[1:])\nprint(code, *sys.modules, file=sys.stderr)"
)


def modules_of_a_rerun(folder: Path, *arguments: str) -> tuple[str, str, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", SHOW, *arguments], capture_output=True, text=True, check=True, cwd=folder
    )
    *notes, last = done.stderr.splitlines()
    code, *modules = last.split()
    assert code == "0", done.stderr
    return done.stdout, "\n".join(notes), {name.split(".")[0] for name in modules}


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "t.txt"
    path.write_text("a b c\nb c d\n" * 20)
    return path


def test_a_rerun_imports_no_heavy_library(run: Any, text: Path) -> None:
    run("preprocess", "t.txt", "-o", "t.corpus").ok()
    stdout, notes, modules = modules_of_a_rerun(text.parent, "preprocess", "t.txt", "-o", "t.corpus")
    assert stdout == ""
    assert says(notes, "t.corpus", "up to date")
    assert modules & HEAVY == set()


def test_the_answer_is_the_one_of_the_first_run(run: Any, text: Path) -> None:
    first = run("preprocess", "t.txt", "--json").ok().json
    stdout, _, modules = modules_of_a_rerun(text.parent, "preprocess", "t.txt", "--json")
    assert json.loads(stdout) == first
    assert modules & HEAVY == set()


@pytest.mark.parametrize(
    "line",
    [
        "cooccur t.txt --min-count 1",
        "train-word2vec t.txt --dim 4 --min-count 1 --epochs 1",
        "train-ngram t.txt --order 2",
        "train-lm t.txt --emb-dim 4 --hidden-dim 4 --epochs 1 --threads 1",
        "train-seq2seq p.tsv --emb-dim 4 --epochs 1 --threads 1",
        "train-classifier l.tsv --emb-dim 4 --hidden-dim 4 --epochs 1 --threads 1",
        "train-classifier l.tsv --arch tfidf",
        "train-tagger c.txt --emb-dim 4 --hidden-dim 4 --char-hidden 2 --epochs 1 --threads 1",
        "document-vectors w.vectors t.txt",
        "perplexity g.lm t.txt",
        "eval-labels m.cls l.tsv",
        "report g.lm",
    ],
    ids=lambda line: " ".join(line.split()[:2]),
)
def test_every_kind_of_result_is_recalled(run: Any, text: Path, line: str) -> None:
    Path("p.tsv").write_text("a b\tb a\nb c\tc b\n" * 20)
    Path("l.tsv").write_text("pos\tgood a b\nneg\tbad a c\n" * 20)
    Path("c.txt").write_text("a\tB-X\nb\tO\n\n" * 20)
    if "w.vectors" in line:
        run("train-word2vec", "t.txt", "--dim", "4", "--min-count", "1", "--epochs", "1", "-o", "w.vectors").ok()
    if "g.lm" in line:
        run("train-ngram", "t.txt", "--order", "2", "-o", "g.lm").ok()
    if "m.cls" in line:
        run("train-classifier", "l.tsv", "--arch", "tfidf", "-o", "m.cls").ok()
    arguments = (*line.split(), "-o", "made")
    first = run(*arguments, *(["--json"] if "perplexity" in line else [])).ok()
    stdout, notes, modules = modules_of_a_rerun(text.parent, *arguments, *(["--json"] if "perplexity" in line else []))
    assert modules & HEAVY == set()
    assert "made" in notes
    assert "up to date" in notes
    if "perplexity" in line:
        assert json.loads(stdout) == first.json


def test_a_changed_text_is_seen(run: Any, text: Path) -> None:
    run("preprocess", "t.txt").ok()
    text.write_text("a b c\nb c e\n" * 20)  # of the same size
    run("preprocess", "t.txt").failed(1, "t.corpus", "--overwrite")


def test_another_option_or_a_damaged_result_is_not_recalled(run: Any, text: Path) -> None:
    run("preprocess", "t.txt").ok()
    run("preprocess", "t.txt", "--lower").failed(1, "lower")
    Path("t.corpus/ids.npy").write_bytes(b"")
    assert "wrote t.corpus" in run("preprocess", "t.txt", "--overwrite").ok().stderr


def test_a_removed_result_is_made_again(run: Any, text: Path) -> None:
    run("preprocess", "t.txt").ok()
    shutil.rmtree("t.corpus")
    assert "wrote t.corpus" in run("preprocess", "t.txt").ok().stderr


def test_more_files_under_a_pattern_are_seen(run: Any, text: Path) -> None:
    run("preprocess", "t*.txt", "-o", "all.corpus").ok()
    run("preprocess", "t*.txt", "-o", "all.corpus").up_to_date("all.corpus")
    Path("t2.txt").write_text("d e f\n")
    run("preprocess", "t*.txt", "-o", "all.corpus").failed(1, "all.corpus")


def test_a_touched_text_renews_the_time_of_the_result(run: Any, text: Path) -> None:
    run("preprocess", "t.txt").ok()
    manifest = Path("t.corpus/manifest.json")
    for _ in range(2):  # by the command itself, then from the answer that was remembered
        os.utime(manifest, (1e9, 1e9))
        os.utime(text)
        run("preprocess", "t.txt").up_to_date()
        assert manifest.stat().st_mtime >= text.stat().st_mtime
    _, _, modules = modules_of_a_rerun(text.parent, "preprocess", "t.txt")
    assert modules & HEAVY == set()
    os.utime(text)
    _, _, modules = modules_of_a_rerun(text.parent, "preprocess", "t.txt")
    assert modules & HEAVY == set()
    assert manifest.stat().st_mtime >= text.stat().st_mtime


def test_warnings_are_given_again(run: Any, text: Path) -> None:
    text.write_text("\n\n")
    first = run("preprocess", "t.txt", "-o", "blank").ok().stderr
    warnings = [line for line in first.splitlines() if line.startswith("warning")]
    assert warnings
    _, notes, _ = modules_of_a_rerun(text.parent, "preprocess", "t.txt", "-o", "blank")
    assert [line for line in notes.splitlines() if line.startswith("warning")] == warnings


def test_what_comes_through_a_pipe_is_not_recalled(run: Any, text: Path) -> None:
    run("preprocess", "-", "-o", "p.corpus", stdin="a b\n").ok()
    run("preprocess", "-", "-o", "p.corpus", stdin="a c\n").failed(1, "p.corpus")


@pytest.fixture
def vectors(text: Path) -> str:
    (text.parent / "v.txt").write_text("king 1 0 0\nqueen 0.9 0.1 0\nriver 0 0.9 0.4\n")
    return "v.txt"


def test_other_words_through_stdin_are_other_words(cli: Any, vectors: str) -> None:
    first = cli("neighbors", vectors, "-", "-o", "n", stdin="king\n").ok()
    assert cli("neighbors", vectors, "-", "-o", "n", stdin="king\n").ok().stdout == first.stdout
    cli("neighbors", vectors, "-", "-o", "n", stdin="river\n").failed(1, "n exists", "--overwrite")


def test_numbers_behind_a_picture_are_printed_only_when_asked_for(run: Any, vectors: str) -> None:
    shown = run("plot-vectors", vectors, "-o", "map", "--json").ok().json
    for _ in range(2):
        again = run("plot-vectors", vectors, "-o", "map").ok()
        assert again.up_to_date("map", alone=True).stdout == ""
    assert run("plot-vectors", vectors, "-o", "map", "--json").ok().json == shown


def test_a_text_that_changes_while_it_is_used_is_not_taken_as_read(run: Any, text: Path) -> None:
    """What was read of it is no longer there when the command ends."""
    from seqtool.artifact import files_read
    from seqtool.commands.answers import Made
    from seqtool.commands.recall import Invocation

    run("preprocess", "t.txt", "-o", "t.corpus").ok()
    invocation = Invocation("train", {"output": Path("t.corpus")})
    files_read.begin()
    files_read.record(text)
    text.write_text("x y z\n")
    invocation.remember(Made({"corpus": "t.corpus"}), Path("t.corpus"))
    assert invocation.recall() is None


def test_a_second_output_is_part_of_what_was_made(run: Any, text: Path) -> None:
    line = ("train-ngram", "t.txt", "--order", "2", "--arpa", "m.arpa", "-o", "m.lm")
    run(*line).ok()
    assert "up to date" in run(*line).ok().stderr
    Path("m.arpa").unlink()
    run(*line).ok()
    assert Path("m.arpa").exists()


def test_overwrite_looks_into_what_is_there(run: Any, text: Path) -> None:
    run("preprocess", "t.txt", "-o", "t.corpus").ok()
    ids = Path("t.corpus/ids.npy")
    before, data = ids.stat(), bytearray(ids.read_bytes())
    data[-1] ^= 1
    ids.write_bytes(data)
    os.utime(ids, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "wrote t.corpus" in run("preprocess", "t.txt", "-o", "t.corpus", "--overwrite").ok().stderr


def test_word_pairs_are_known_by_their_content(run: Any, text: Path) -> None:
    """A file of another folder with the same name as the vectors is another file."""
    for folder in ("v", "d"):
        Path(folder).mkdir()
    Path("v/x.txt").write_text("a 1 0\nb 0 1\nc 1 1\n")
    Path("d/x.txt").write_text("a b 1\na c 2\nb c 3\n")
    first = run("eval-similarity", "v/x.txt", "d/x.txt", "-o", "s.eval").ok()
    assert run("eval-similarity", "v/x.txt", "d/x.txt", "-o", "s.eval").ok().stdout == first.stdout
    Path("d/x.txt").write_text("a b 3\na c 2\nb c 1\n")
    run("eval-similarity", "v/x.txt", "d/x.txt", "-o", "s.eval").failed(1, "s.eval")


def test_another_text_through_a_named_pipe_is_another_text(run: Any, text: Path) -> None:
    import threading

    os.mkfifo("pipe")

    def send(words: str) -> None:
        threading.Thread(target=Path("pipe").write_text, args=(words,), daemon=True).start()

    send("a b\n")
    run("preprocess", "pipe", "-o", "p.corpus").ok()
    send("a c\n")
    run("preprocess", "pipe", "-o", "p.corpus").failed(1, "p.corpus")


def test_processes_that_train_together_do_not_recall(run: Any, text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqtool.commands.recall import Invocation

    run("preprocess", "t.txt", "-o", "t.corpus").ok()
    invocation = Invocation("preprocess", {"output": Path("t.corpus")})
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert invocation.recall() is None


def test_other_labels_are_seen(run: Any, text: Path) -> None:
    Path("l.tsv").write_text("pos\tgood a b\nneg\tbad a c\n" * 20)
    run("train-classifier", "l.tsv", "--arch", "tfidf", "-o", "m.cls").ok()
    first = run("eval-labels", "m.cls", "l.tsv", "-o", "e", "--json").ok().json
    assert run("eval-labels", "m.cls", "l.tsv", "-o", "e", "--json").ok().json == first
    Path("l.tsv").write_text("neg\tgood a b\npos\tbad a c\n" * 20)
    run("eval-labels", "m.cls", "l.tsv", "-o", "e").failed(1, "e")
