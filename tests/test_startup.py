"""Help appears at once: the libraries that take seconds to import are imported by the commands that compute."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "torch",
    "numba",
    "scipy",
    "datasets",
    "numpy",
    "pyarrow",
    "sklearn",
    "tokenizers",
    "matplotlib",
    "safetensors",
}
SHOW = (
    "import sys\nfrom seqtool.cli.main import run\ncode = run(sys.argv[1:])\nprint(code, *sys.modules, file=sys.stderr)"
)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["train-lm", "--help"],
        ["preprocess", "-h"],
        ["presets"],
        ["generate", "--no-such-thing"],
    ],
    ids=" ".join,
)
def test_help_imports_no_heavy_library(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", SHOW, *arguments], capture_output=True, text=True, check=True)
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code == ("2" if "--no-such-thing" in arguments else "0")
    assert {name.split(".")[0] for name in modules} & HEAVY == set()


def test_the_help_of_a_command_does_without_the_library_that_converts_values() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHOW, "train-lm", "--help"], capture_output=True, text=True, check=True
    )
    assert "pydantic" not in done.stderr.split()


def test_import_seqtool_imports_next_to_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, seqtool; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    modules = done.stdout.split()
    assert [name for name in modules if name.startswith("seqtool")] == ["seqtool"]
    assert not {name.split(".")[0] for name in modules} & (HEAVY | {"typer", "rich", "pandas", "inspect"})


def test_a_function_and_its_help_import_no_heavy_library() -> None:
    show = "import sys, pydoc, seqtool; pydoc.render_doc(seqtool.preprocess); print(*dir(seqtool), *sys.modules)"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    assert not {name.split(".")[0] for name in done.stdout.split()} & (HEAVY | {"typer", "rich"})


def test_corpus_commands_do_without_torch(tmp_path: Path, corpus_txt: Path) -> None:
    arguments = ["preprocess", str(corpus_txt), "-o", str(tmp_path / "c")]
    done = subprocess.run([sys.executable, "-c", SHOW, *arguments], capture_output=True, text=True, check=True)
    assert not {"torch", "datasets", "sklearn"} & {name.split(".")[0] for name in done.stderr.split()}


def test_reading_a_model_does_without_torch_s_compiler(made: Path) -> None:
    arguments = ["perplexity", str(made / "m.lm"), str(made / "c.corpus"), "--threads", "1"]
    done = subprocess.run([sys.executable, "-c", SHOW, *arguments], capture_output=True, text=True, check=True)
    assert {"torch", "torch._dynamo"} & set(done.stderr.split()) == {"torch"}


@pytest.mark.parametrize(
    "start",
    ["runpy.run_module('seqtool', run_name='__main__')", "from seqtool.__main__ import main; main()"],
    ids=["python -m seqtool", "entry point"],
)
def test_windows_is_refused_in_one_line(start: str) -> None:
    faked = "import runpy, sys; sys.platform = 'win32'; sys.modules |= dict.fromkeys(('fcntl', 'resource')); "
    done = subprocess.run(
        [sys.executable, "-c", faked + start, "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "Linux or macOS" in line
    assert "https://learn.microsoft.com/windows/wsl/" in line
