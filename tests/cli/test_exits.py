"""Exit codes, signals and pipes of the real process."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from finished import says
from tiny import TINY

from seqtool.artifact import locks
from seqtool.artifact.atomic_rename import exclusive
from seqtool.artifact.read import open_artifact, read_manifest
from seqtool.artifact.training import CHECKPOINT


def wait_for(path: Path, process: subprocess.Popen[bytes], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)


def test_version_help_and_nothing(run: Any) -> None:
    assert run("--version").ok().stdout.startswith("seqtool ")
    for arguments in (["--help"], ["-h"], ["train-lm", "--help"], []):
        done = run(*arguments).ok()
        assert "Usage:" in done.stdout
        assert done.stderr == ""


def test_an_unknown_command_is_wrong_usage(run: Any) -> None:
    done = run("trian-lm", "x").failed(2, "trian-lm")
    assert done.stdout == ""


def test_debug_shows_the_traceback(run: Any) -> None:
    done = run("info", "nowhere", "--debug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: nowhere ")


def test_an_interrupted_training_saves_and_says_how_to_go_on(started: Any, run: Any, corpus_txt: Path) -> None:
    arguments = ("train-lm", "corpus.txt", "-o", "m", *TINY, "--epochs", "2000", "--lr", "0.001")
    process = started(*arguments)
    wait_for(corpus_txt.parent / "m" / "checkpoint.json", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == b""
    last = err.decode().splitlines()[-1]
    assert says(last, "error: interrupted", "epoch", "again")
    assert "Traceback" not in err.decode()
    assert read_manifest(Path("m")).state == "training"
    done = run(*arguments, "--max-minutes", "0").ok()
    assert "resuming m" in done.stderr
    assert "--max-minutes" in done.stderr
    for _ in range(2):
        told = run("generate", "m", "--threads", "1").ok().stderr
        assert told.count("warning: m is") == 1, "in every command, once"


def test_an_interrupted_preprocessing_leaves_nothing(started: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "slow.txt")
    process = started("preprocess", "slow.txt", "-o", "c")
    with (tmp_path / "slow.txt").open("wb") as fifo:
        fifo.write(b"a line\n" * 10)
        fifo.flush()
        wait_for(tmp_path / ".c.partial", process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == b""
    assert b"Traceback" not in err
    assert {p.name for p in tmp_path.iterdir()} == {"slow.txt"}


PHASE = """
import os, pkgutil, signal, sys, threading
from unittest import mock
from seqtool.cli.main import main
place, tokenizer, number = sys.argv[1:]
phase = pkgutil.resolve_name("seqtool.corpus." + place)
def begun(*given):
    threading.Timer(0.02, os.kill, (os.getpid(), int(number))).start()
    patch.stop()
    return phase(*given)
patch = mock.patch("seqtool.corpus." + place, begun)
patch.start()
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv[1:] = ["preprocess", "t.txt", "-o", "c", "--vocab-size", "900", "--tokenizer", tokenizer, "-q"]
main()
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("place", "tokenizer", "number"),
    [
        ("tokenizers.subword._words", "bpe", signal.SIGTERM),
        ("tokenizers.bpe._merge", "bpe", signal.SIGINT),
        ("tokenizers.unigram._seeds", "unigram", signal.SIGTERM),
        ("tokenizers.unigram._forward_backward", "unigram", signal.SIGINT),
        ("tokenizers.subword.SubwordTokenizer._encoded", "bpe", signal.SIGTERM),
        ("encoding.encode.tokenize_table", "word", signal.SIGINT),
    ],
)
def test_a_phase_of_preprocessing_hears_signals(
    tmp_path: Path, place: str, tokenizer: str, number: signal.Signals
) -> None:
    """A line that is one word. The signal comes when the phase has just begun, and the command does not end well."""
    (tmp_path / "t.txt").write_text("".join(random.Random(1).choices("acgt", k=1_000_000)))
    command = [sys.executable, "-c", PHASE, place, tokenizer, str(int(number))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 128 + number, done.stderr
    assert done.stdout == b""
    assert done.stderr.decode().splitlines()[-1].startswith("error: ")
    assert b"Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"t.txt", ".c.lock"}


def test_a_reader_that_goes_away_is_no_error(shell: Any, copied: Path) -> None:
    big = "\n".join(f"word{i} " * 3 for i in range(30_000))
    (copied.parent / "big.txt").write_text(big)
    done = shell(
        "seqtool preprocess big.txt -o big -q --json > answer.json\n"
        'seqtool vocab big | head -n 1; echo "${PIPESTATUS[0]}"\n'
        'seqtool vocab big --json | head -c 1; echo "${PIPESTATUS[0]}"'
    )
    assert done.stderr == ""
    assert done.stdout == "id\ttoken\tcount\n141\n[141\n"


def test_a_diverging_training_exits_with_3_and_keeps_the_checkpoint(run: Any, made: Path) -> None:
    wild = ("--cell", "rnn-relu", "--optimizer", "sgd", "--lr", "1e8", "--clip", "0", "--schedule", "constant")
    done = run("train-lm", made / "c.corpus", "-o", "m", *TINY, *wild, "--epochs", "3", "--warmup", "500")
    done.failed(3, "diverged", "--lr")
    assert read_manifest(Path("m")).state == "training"
    assert not list(Path().glob(".m.*"))
    if "checkpoint is kept" in done.stderr:
        assert open_artifact(Path("m"), "lm").file("model.safetensors")
    again = run("train-lm", made / "c.corpus", "-o", "m", *TINY, "--epochs", "1", "--overwrite", "--json", "-q").ok()
    assert again.json["model"] == "m"


def test_a_divergence_in_a_later_epoch_keeps_the_best_model(
    run: Any, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seqtool.nn.training.trainer import Trainer

    step = Trainer.step

    def explode(self: Trainer, batch: Any) -> None:
        if self.state.epoch == 1:
            next(self.task.model.parameters()).data.fill_(float("nan"))
        step(self, batch)

    common = ("train-lm", made / "c.corpus", "-o", "m", *TINY, "--epochs", "3")
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "step", explode)
        run(*common).failed(3, "diverged", "checkpoint")
    assert open_artifact(Path("m"), "lm").file("history.tsv").read_text().count("\n") == 2
    run(*common).ok()
    assert read_manifest(Path("m")).summary["epochs"] == 3


def test_a_time_limit_stops_with_success_and_the_same_command_goes_on(run: Any, made: Path) -> None:
    common = ("train-lm", made / "c.corpus", *TINY, "--epochs", "1", "-q")
    for _ in range(3):
        assert run(*common, "-o", "m", "--max-minutes", "0", "--json").ok().json["state"] == "unfinished"
        assert read_manifest(Path("m")).state == "training"
    run(*common, "-o", "m").ok()
    run(*common, "-o", "whole").ok()
    assert Path("m/manifest.json").read_bytes() == Path("whole/manifest.json").read_bytes()
    assert not (Path("m") / CHECKPOINT).exists()


def test_full_disk_in_the_middle_of_a_training_is_one_line(shell: Any, copied: Path) -> None:
    words = " ".join(TINY)
    done = shell(
        f"trap '' XFSZ; ulimit -f 8; seqtool train-lm made/c.corpus -o m {words} --epochs 2 --emb-dim 64 --no-tied"
    )
    done.failed(1, "write m")
    assert not list(copied.parent.glob(".m.*"))
    done = shell("trap '' XFSZ; ulimit -f 1; seqtool preprocess made/corpus.txt -o c2 --tokenizer char")
    done.failed(1, "cannot write c2")
    assert not (copied.parent / "c2").exists()
    assert not list(copied.parent.glob(".c2*"))


def test_a_training_of_a_name_that_another_holds_and_does_nothing_with(
    run: Any, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "SILENCE_SECONDS", 0.2)
    arguments = ("train-lm", made / "c.corpus", "-o", "m", *TINY, "--epochs", "1", "-q")
    with exclusive(Path("m")):
        run(*arguments).failed(1, "another", "writing m")
    run(*arguments).ok()
