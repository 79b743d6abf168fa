"""``--device cuda`` on a machine without such a device: every command that takes it refuses alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import typer

from seqtool.cli.main import app

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
TAKE_IT = [name for name, command in COMMANDS.items() if any(p.name == "device" for p in command.params)]


def refused(run: Any, *arguments: str) -> None:
    done = run(*arguments, "--device", "cuda").failed(1, "CUDA", "--device cpu")
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", TAKE_IT)
def test_it_is_refused_before_anything_is_read(run: Any, command: str) -> None:
    missing = ["missing" for parameter in COMMANDS[command].params if not parameter.opts[0].startswith("-")]
    refused(run, command, *missing)
    if any(parameter.name == "dry_run" for parameter in COMMANDS[command].params):
        refused(run, command, *missing, "--dry-run")


@pytest.mark.parametrize("solver", ["lanczos", "arpack", "propack"])
def test_svd_of_a_small_matrix_makes_nothing(run: Any, corpus_txt: Path, solver: str) -> None:
    run("cooccur", "corpus.txt", "-o", "c", "--min-count", "1", "-q").ok()
    refused(run, "svd", "c", "--dim", "2", "--solver", solver, "-o", "v")
    assert not Path("v").exists()


def test_a_result_that_is_there_is_no_exception(run: Any, corpus_txt: Path) -> None:
    run("cooccur", "corpus.txt", "-o", "c", "--min-count", "1", "-q").ok()
    run("svd", "c", "--dim", "2", "-o", "v").ok()
    refused(run, "svd", "c", "--dim", "2", "-o", "v")
    run("train-ngram", "corpus.txt", "-o", "n", "-q").ok()
    refused(run, "perplexity", "n", "corpus.txt")
