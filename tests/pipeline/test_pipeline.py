"""From a raw text to a report through files and pipes, as a user's shell runs it."""

from __future__ import annotations

import json
import random
import shlex
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from tiny import TINY

from seqtool.artifact.read import open_artifact, read_manifest, verify

WORDS = " ".join(TINY)


@pytest.mark.long
def test_text_to_report_in_a_shell(shell: Any, corpus_txt: Path) -> None:
    folder = corpus_txt.parent
    done = shell(
        "set -eo pipefail\n"
        "cat corpus.txt | seqtool preprocess - -o c --split 0.8,0.1,0.1 --quiet\n"
        f"seqtool train-lm c -o m --epochs 2 {WORDS} --quiet\n"
        "seqtool perplexity m c:test -o e --threads 1 --json > perplexity.json\n"
        "head -n 5 corpus.txt | seqtool score m - --threads 1 > scores.tsv\n"
        "seqtool report m e -o r > report.txt\n"
        "seqtool generate m --num 30 --threads 1 | head -n 1\n"
    )
    assert done.returncode in (0, 141), done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert "\t" not in done.stdout
    for line in done.stderr.splitlines():
        assert line.startswith(("wrote ", "device: ", "precision: ", "epoch ", "compiling ")), line
    assert 1 < json.loads((folder / "perplexity.json").read_text())["perplexity"] < 14
    assert len((folder / "scores.tsv").read_text().splitlines()) == 6
    assert (folder / "report.txt").read_text() == "r/report.html\n"
    assert "| m |" in (folder / "r" / "report.md").read_text()
    for name in ("c", "m", "e", "r"):
        assert verify(open_artifact(folder / name)) == []
    assert not list(folder.glob(".[!.]*")), "nothing hidden is left"


def test_a_script_run_again_does_nothing_and_a_changed_text_is_noticed(run: Any, corpus_txt: Path) -> None:
    script = (
        ["preprocess", "corpus.txt", "-o", "c"],
        ["train-lm", "c", "-o", "m", "--epochs", "1", *TINY],
        ["perplexity", "m", "corpus.txt", "-o", "e", "--threads", "1"],
        ["report", "m", "e", "-o", "r"],
    )
    for command in script:
        run(*command).ok()
    before = {path: path.stat().st_mtime_ns for path in corpus_txt.parent.rglob("*") if path.is_file()}
    for command in script:
        run(*command).up_to_date()
    assert before == {path: path.stat().st_mtime_ns for path in corpus_txt.parent.rglob("*") if path.is_file()}
    corpus_txt.write_text(corpus_txt.read_text() + "the end\n")
    run(*script[0]).failed(1, "inputs", "--overwrite")


def test_the_same_seed_gives_the_same_manifest_and_another_one_does_not(run: Any, corpus_txt: Path) -> None:
    (corpus_txt.parent / "elsewhere").mkdir()
    shutil.copy(corpus_txt, corpus_txt.parent / "elsewhere" / "renamed.txt")
    for name, text, seed in (("a", "corpus.txt", 5), ("b", "elsewhere/renamed.txt", 5), ("c", "corpus.txt", 6)):
        run("preprocess", text, "-o", f"{name}.corpus").ok()
        run("train-lm", f"{name}.corpus", "-o", f"{name}.lm", "--epochs", "1", "--seed", seed, *TINY).ok()
        run("perplexity", f"{name}.lm", corpus_txt, "-o", f"{name}.eval", "--threads", "1").ok()
    manifests = {path.name: read_manifest(path) for path in corpus_txt.parent.glob("[abc].*")}
    assert manifests["a.corpus"].digest == manifests["b.corpus"].digest
    assert manifests["a.lm"].files == manifests["b.lm"].files
    assert manifests["a.lm"].files["model.safetensors"] != manifests["c.lm"].files["model.safetensors"]


def test_the_digest_of_a_model_does_not_depend_on_the_name_of_its_text(run: Any, corpus_txt: Path) -> None:
    shutil.copy(corpus_txt, corpus_txt.parent / "renamed.txt")
    for name, text in (("a", "corpus.txt"), ("b", "renamed.txt")):
        run("preprocess", text, "-o", f"{name}.corpus").ok()
        run("train-lm", f"{name}.corpus", "-o", f"{name}.lm", "--epochs", "1", *TINY).ok()
    assert read_manifest(Path("a.lm")).digest == read_manifest(Path("b.lm")).digest


def test_a_model_works_after_its_corpus_is_gone_and_it_was_moved(run: Any, copied: Path, tmp_path: Path) -> None:
    common = ("--json", "--threads", "1", "-q")
    before = run("perplexity", copied / "m.lm", copied / "corpus.txt", *common).ok().json
    text = shutil.copy(copied / "corpus.txt", tmp_path / "text.txt")
    shutil.move(copied / "m.lm", tmp_path / "moved.lm")
    shutil.rmtree(copied)
    after = run("perplexity", "moved.lm", text, *common).ok().json
    assert after["perplexity"] == before["perplexity"]
    run("generate", "moved.lm", *common).ok()
    assert run("info", "moved.lm", "--lineage", "--json").ok().json[1]["kind"] == "corpus"


def test_the_commands_of_the_lineage_make_the_same_again(run: Any, corpus_txt: Path) -> None:
    run("preprocess", "corpus.txt", "-o", "c", "--lower", "--split", "0.8,0.2").ok()
    run("train-lm", "c", "-o", "m", "--epochs", "1", "--seed", "9", "--no-tied", "--dropout", "0.1", *TINY).ok()
    rows = run("info", "m", "--lineage", "--json").ok().json
    digests = {name: read_manifest(Path(name)).digest for name in ("c", "m")}
    for name in ("c", "m"):
        shutil.move(name, f"old.{name}")
    for row in reversed(rows):
        if row["command"]:
            words = shlex.split(row["command"])
            assert words[0] == "seqtool"
            run(*words[1:], "--threads", "1").ok()
    assert {name: read_manifest(Path(name)).digest for name in ("c", "m")} == digests


@pytest.mark.parametrize(
    "command",
    [
        ("train-ngram", "corpus.txt", "--order", "2"),
        ("train-ngram", "corpus.txt", "--order", "2", "--smoothing", "add-k", "--add-k", "0.5"),
        ("train-word2vec", "corpus.txt", "--dim", "4", "--epochs", "1", "--min-count", "1", "--threads", "1"),
        ("cooccur", "corpus.txt", "--min-count", "1"),
        ("phrases", "corpus.txt", "--min-count", "1", "--threshold", "1"),
        ("train-seq2seq", "pairs.tsv", *TINY[:4], "--epochs", "1", "--threads", "1"),
        ("train-classifier", "pairs.tsv", "--arch", "tfidf"),
        ("train-tagger", "columns.txt", "--epochs", "1", "--hidden-dim", "4", "--threads", "1"),
    ],
    ids=lambda command: command[0],
)
def test_the_command_of_a_lineage_finds_its_work_done(run: Any, corpus_txt: Path, command: tuple[str, ...]) -> None:
    Path("pairs.tsv").write_text("a\tb a\nb\ta b\na\ta a\nb\tb b\n" * 5)
    Path("columns.txt").write_text("a X\nb Y\n\n" * 8)
    run(*command, "-o", "made").ok()
    before = (Path("made") / "manifest.json").read_bytes()
    rows = run("info", "made", "--lineage", "--json").ok().json
    for row in reversed(rows):
        if row["command"]:
            run(*shlex.split(row["command"])[1:]).up_to_date()
    assert (Path("made") / "manifest.json").read_bytes() == before


@pytest.mark.long
def test_killed_at_random_moments_and_run_again_it_ends_in_the_same_model(started: Any, run: Any, made: Path) -> None:
    common = ("train-lm", made / "c.corpus", "--epochs", "6", *TINY, "-q")
    run(*common, "-o", "whole.lm").ok()
    draw, resumed = random.Random(4), 0
    process = started(*common, "-o", "m", "--checkpoint-seconds", "0")
    while process.poll() is None and not Path("m/checkpoint.json").exists():
        time.sleep(0.01)
    for _ in range(3):
        time.sleep(draw.uniform(0, 0.3))
        process.kill()
        process.wait()
        if not Path("m").exists() or read_manifest(Path("m")).state == "complete":
            break
        resumed += 1
        steps = Path("m/checkpoint.json").stat().st_mtime_ns
        process = started(*common, "-o", "m", "--checkpoint-seconds", "0")
        while (
            process.poll() is None
            and Path("m/checkpoint.json").exists()
            and (Path("m/checkpoint.json").stat().st_mtime_ns == steps)
        ):
            time.sleep(0.01)
    process.kill()
    process.wait()
    run(*common, "-o", "m").ok()
    assert resumed
    assert Path("m/model.safetensors").read_bytes() == Path("whole.lm/model.safetensors").read_bytes()
    assert Path("m/manifest.json").read_bytes() == Path("whole.lm/manifest.json").read_bytes()
    assert {path.name for path in Path().glob(".*")} <= {".m.lock"}


def test_a_korean_text_and_lossless_pieces(run: Any, tmp_path: Path) -> None:
    lines = ["나는 학교에 간다", "너는 집에 온다 😀", "나는 집에 간다\u2028그리고 온다"] * 30
    (tmp_path / "ko.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for tokenizer in ("syllable", "jamo", "bpe"):
        size = ["--vocab-size", "300"] if tokenizer == "bpe" else []
        corpus, model = f"{tokenizer}.corpus", f"{tokenizer}.lm"
        run("preprocess", "ko.txt", "-o", corpus, "--tokenizer", tokenizer, *size).ok()
        run("train-lm", corpus, "-o", model, "--epochs", "1", *TINY, "-q").ok()
        record = run("perplexity", model, "ko.txt", "--json", "--threads", "1").ok().json
        assert record["oov"] == 0
        assert record["lossless"] is True
        done = run("generate", model, "--num", "5", "--max-tokens", "30", "--threads", "1").ok()
        assert len(done.stdout.split("\n")) == 6


# What a careless user gives (DESIGN §7): each has a defined outcome.
TEXTS: dict[str, tuple[bytes, int]] = {
    "one word": (b"word\n", 0),
    "one word, no line end": (b"word", 0),
    "one word many times": (b"word\n" * 100, 0),
    "a single long line": (b"a b c d " * 200 + b"\n", 0),
    "shorter than a batch": (b"a b\nb a\n", 0),
    "blank lines only": (b"\n\n\n\n", 1),
    "white space only": (b"  \t \n \n", 1),
    "crlf and a byte order mark": (b"\xef\xbb\xbfa b\r\nb a\r\n" * 3, 0),
    "nul bytes": (b"a\0b\nb\0a\n" * 3, 0),
    "specials in the text": (b"a <eos> <unk> <pad>\n" * 5, 0),
    "other line ends": ("a\u2028b\x0cc\u0085d\n".encode() * 5, 0),
    "empty": (b"", 1),
    "bad bytes": (b"fine\n\xff\n", 1),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_strange_text_goes_all_the_way_or_is_one_line(run: Any, tmp_path: Path, kind: str) -> None:
    data, code = TEXTS[kind]
    (tmp_path / "t.txt").write_bytes(data)
    done = run("train-lm", "t.txt", "-o", "m", "--epochs", "2", *TINY, "-q")
    if code:
        done.failed(code, "t.")
        assert not Path("m").exists()
        return
    done.ok()
    record = run("perplexity", "m", "t.txt", "--json", "--threads", "1", "-q").ok().json
    assert record["perplexity"] >= 1
    assert len(run("score", "m", "t.txt", "--json", "--threads", "1").ok().json) == max(1, data.count(b"\n"))
    assert run("generate", "m", "--max-tokens", "5", "--threads", "1", "-q").ok().stdout.count("\n") == 1
    run("report", "m").ok()


@pytest.mark.parametrize(
    "arch",
    [
        ["--cell", "rnn"],
        ["--cell", "gru"],
        ["--arch", "window"],
        ["--arch", "window", "--combine", "sum"],
        ["--batching", "sentence"],
        ["--arch", "window", "--layers", "2", "--no-tied"],
    ],
)
def test_every_architecture_goes_all_the_way(run: Any, made: Path, arch: list[str]) -> None:
    run("train-lm", made / "c.corpus", "-o", "m", "--epochs", "2", *TINY, *arch, "-q").ok()
    tested = read_manifest(Path("m")).summary["tests"][0]
    record = run("perplexity", "m", f"{made / 'c.corpus'}:test", "--json", "--threads", "1", "-q").ok().json
    assert record["perplexity"] == pytest.approx(tested["perplexity"], rel=1e-6)
    assert record["context"] == ("sentence" if "sentence" in arch else "stream")
    assert run("generate", "m", "--num", "2", "--threads", "1").ok().stdout.count("\n") == 2
