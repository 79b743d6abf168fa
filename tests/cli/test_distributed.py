"""Two processes train as one does: the command line under the variables that torchrun sets, over gloo."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from seqtool.artifact.read import read_manifest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
COMMON = ("--batch-size", "4", "--threads", "1", "--precision", "fp32", "--bptt", "5", "--emb-dim", "8")
Together = Callable[..., list[tuple[int, str, str]]]


@pytest.fixture
def together(tmp_path: Path) -> Together:
    """Run a command in two processes that know of each other; exit code, stdout and stderr of each."""

    def call(*arguments: object) -> list[tuple[int, str, str]]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        command = [sys.executable, "-m", "seqtool", *map(str, arguments)]
        shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
        processes = [
            subprocess.Popen(
                command,
                cwd=tmp_path,
                env=os.environ | shared | {"RANK": rank, "LOCAL_RANK": rank},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for rank in "01"
        ]
        try:
            outputs = [process.communicate(timeout=200) for process in processes]
        finally:
            for process in processes:
                process.kill()
        return [(process.returncode, *output) for process, output in zip(processes, outputs, strict=True)]

    return call


def same_model(one: Path, other: Path) -> None:
    """Weights equal to float tolerance, manifests equal but for measured figures."""
    first, second = load_file(one / "model.safetensors"), load_file(other / "model.safetensors")
    for name, tensor in first.items():
        torch.testing.assert_close(second[name], tensor, rtol=1e-3, atol=1e-4, msg=name)
    manifests = [read_manifest(path) for path in (one, other)]
    assert manifests[0].recipe == manifests[1].recipe


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(("--cell", "lstm", "--optimizer", "sgd", "--lr", "2"), id="lstm"),
        pytest.param(
            ("--cell", "minlstm", "--batching", "sentence", "--accumulate", "2"), id="minlstm", marks=pytest.mark.long
        ),
        pytest.param(
            ("--arch", "transformer", "--heads", "2", "--optimizer", "nt-asgd", "--nonmono", "1", "--lr", "1"),
            id="transformer",
            marks=pytest.mark.long,
        ),
    ],
)
def test_two_processes_train_what_one_does(
    run: Run, together: Together, corpus_txt: Path, tmp_path: Path, model: tuple[str, ...]
) -> None:
    command = ("train-lm", "corpus.txt", *COMMON, *model, "--dropout", "0", "--epochs", "3", "-o")
    first, second = together(*command, "two.lm", "--json")
    assert (first[0], second[0]) == (0, 0), first[2] + second[2]
    assert second[1] == "", "the first alone answers"
    assert "two.lm" in first[1]
    assert "cost: " in first[2]
    run(*command, "one.lm").ok()
    same_model(tmp_path / "one.lm", tmp_path / "two.lm")
    run(*command, "two.lm").up_to_date()  # the number of processes does not determine the result


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(("--bidirectional", "--batch-size", "5"), id="recurrent", marks=pytest.mark.long),
        pytest.param(("--arch", "transformer", "--heads", "2", "--batch-tokens", "20"), id="transformer"),
    ],
)
def test_two_processes_train_on_pairs_what_one_does(
    run: Run, together: Together, tmp_path: Path, model: tuple[str, ...]
) -> None:
    """Batches whose pairs cannot be dealt out evenly too."""
    run("make-task", "reverse", "--size", "50", "--max-length", "5", "-o", "p.tsv").ok()
    command = (
        "train-seq2seq",
        "p.tsv",
        "--emb-dim",
        "8",
        "--threads",
        "1",
        "--precision",
        "fp32",
        "--dropout",
        "0",
        "--epochs",
        "2",
        "--optimizer",
        "sgd",
        *model,
        "-o",
    )
    first, second = together(*command, "two.seq2seq", "--json", "--overwrite")
    assert (first[0], second[0]) == (0, 0), first[2] + second[2]
    assert second[1] == ""
    run(*command, "one.seq2seq").ok()
    same_model(tmp_path / "one.seq2seq", tmp_path / "two.seq2seq")


@pytest.mark.long
def test_two_processes_stop_together_and_one_goes_on(
    run: Run, together: Together, corpus_txt: Path, tmp_path: Path
) -> None:
    command = ("train-lm", "corpus.txt", *COMMON, "--dropout", "0", "--epochs", "2")
    run(*command, "-o", "one.lm").ok()
    for _ in range(2):
        stopped = together(*command, "-o", "two.lm", "--max-minutes", "0")
        assert [code for code, _, _ in stopped] == [0, 0], stopped
    assert (tmp_path / "two.lm" / "checkpoint.json").exists()
    run(*command, "-o", "two.lm").ok()
    same_model(tmp_path / "one.lm", tmp_path / "two.lm")


@pytest.mark.long
def test_two_processes_replace_a_model_when_theirs_is_whole(
    run: Run, together: Together, corpus_txt: Path, tmp_path: Path
) -> None:
    command = ("train-lm", "corpus.txt", *COMMON, "--dropout", "0", "--epochs", "2")
    run(*command, "-o", "one.lm").ok()
    run(*command, "--seed", "2", "-o", "two.lm").ok()
    stopped = together(*command, "-o", "two.lm", "--overwrite", "--max-minutes", "0")
    assert [code for code, _, _ in stopped] == [0, 0], stopped
    assert (read_manifest(tmp_path / "two.lm").state, read_manifest(tmp_path / "two.lm").recipe.seed) == ("complete", 2)
    done = together(*command, "-o", "two.lm", "--overwrite")
    assert "resuming .two.lm.training" in done[0][2]
    same_model(tmp_path / "one.lm", tmp_path / "two.lm")


def test_streams_that_cannot_be_dealt_evenly_are_refused_by_all(together: Together, corpus_txt: Path) -> None:
    done = together("train-lm", "corpus.txt", *COMMON, "--batch-size", "5", "-o", "two.lm")
    for code, _, stderr in done:
        assert code == 2, stderr
        assert "--batch-size 5" in stderr
