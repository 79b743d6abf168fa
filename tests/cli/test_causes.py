"""Ordinary causes of failure: one line that names the true cause, and a remedy that helps against it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqtool.artifact.files import writing
from seqtool.errors import ArtifactError, InputError, OutputError, damaged, remedy


def failed_with(number: int, name: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), name)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EEXIST, errno.ENAMETOOLONG, errno.ENOTDIR])
def test_only_a_full_disk_asks_for_space(number: int) -> None:
    assert "space" in (remedy(failed_with(errno.ENOSPC)) or "")
    helps = remedy(failed_with(number))
    assert helps
    assert "space" not in helps


@pytest.mark.parametrize(
    ("name", "kind", "named"),
    [
        (None, OutputError, "out/m.lm"),
        ("out/.m.lm.partial/ids.npy", OutputError, "out/m.lm"),
        ("out", OutputError, "out/m.lm"),
        ("c.corpus/ids.npy", InputError, "c.corpus/ids.npy"),
        ("/tmp/pieces-1/run", InputError, "/tmp/pieces-1/run"),
    ],
)
def test_the_file_that_failed_is_named(name: str | None, kind: type, named: str) -> None:
    with (
        pytest.raises(kind, match=rf"^(cannot write )?{named}: Permission denied") as caught,
        writing(Path("out/m.lm")),
    ):
        raise failed_with(errno.EACCES, name)
    assert "chmod" in str(caught.value)


def test_a_full_folder_of_temporary_files_names_the_variable_that_chooses_another() -> None:
    with pytest.raises(OutputError, match="TMPDIR"), writing(Path(tempfile.gettempdir(), "seqtool-x")):
        raise failed_with(errno.ENOSPC)
    with pytest.raises(OutputError) as caught, writing(Path("seqtool-x")):
        raise failed_with(errno.ENOSPC)
    assert "TMPDIR" not in str(caught.value)


def unreadable(path: Path) -> list[str]:
    """Words before a command under which root, too, may not read what it has no permission for."""
    path.chmod(0)
    if not os.access(path, os.R_OK):
        return []
    words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
    if subprocess.run([*words, "cat", str(path)], capture_output=True, check=False).stderr.find(b"denied") < 0:
        pytest.skip("this user may read everything")
    return words


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("c.corpus/ids.npy", ["train-ngram", "made/c.corpus", "-o", "x.lm"]),
        ("m.lm/model.safetensors", ["perplexity", "made/m.lm", "made/corpus.txt"]),
        ("m.lm/manifest.json", ["info", "made/m.lm"]),
        ("corpus.txt", ["doctor", "made/corpus.txt"]),
    ],
)
def test_an_unreadable_file_is_named(copied: Path, name: str, command: list[str]) -> None:
    words = unreadable(copied / name)
    done = subprocess.run(
        [*words, sys.executable, "-m", "seqtool", *command],
        cwd=copied.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith(f"error: made/{name}: Permission denied")
    assert "chmod" in line


def test_a_full_stdout_and_closed_streams(shell: Any, copied: Path) -> None:
    shell("seqtool vocab made/c.corpus > /dev/full").failed(1, "stdout", os.strerror(errno.ENOSPC))
    for command in ("preprocess - -o x.corpus", "eval-similarity made/m.lm -"):
        done = shell(f"seqtool {command} <&-")
        assert done.returncode in (1, 2), done.stderr
        assert "unexpected" not in done.stderr
    assert "stdin" in shell("seqtool preprocess - -o x.corpus <&-").failed(1).stderr
    assert shell("seqtool info nowhere 2>&-").stdout == ""
    assert shell("seqtool vocab made/c.corpus >&-").returncode == 0


def test_a_deleted_folder_is_said_to_be_deleted(shell: Any, copied: Path) -> None:
    shell("mkdir gone; cd gone; rmdir ../gone; seqtool preprocess t.txt").failed(1, "current folder was deleted", "cd")


def test_answers_are_utf_8_in_every_locale(shell: Any, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("한글 été\n")
    plain = "LC_ALL=POSIX PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"
    done = shell(f"export {plain}; seqtool preprocess t.txt -q -o t.corpus && seqtool vocab t.corpus").ok()
    assert {line.split("\t")[1] for line in done.stdout.splitlines()} >= {"한글", "été"}


def test_a_name_that_leaves_no_room_for_the_suffix(run: Any, tmp_path: Path) -> None:
    long = "n" * 245 + ".txt"
    (tmp_path / long).write_text("a b\n")
    line = run("preprocess", long, "-q").failed(1, "File name too long", "shorter name").stderr
    assert "space" not in line


def test_a_link_to_an_artifact_is_called_a_link(run: Any, copied: Path) -> None:
    Path("link.corpus").symlink_to("made/c.corpus")
    run("preprocess", "made/corpus.txt", "-o", "link.corpus").failed(1, "is a link to made/c.corpus")
    assert Path("link.corpus").is_symlink()


def nan_weights(path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    weights = load_file(path / "model.safetensors")
    save_file({name: torch.full_like(value, torch.nan) for name, value in weights.items()}, path / "model.safetensors")


@pytest.mark.parametrize(
    "command",
    [["gradient-flow", "made/m.lm", "--text", "made/corpus.txt"], ["generate", "made/m.lm"]],
    ids=lambda c: c[0],
)
def test_weights_that_are_not_numbers_are_refused(run: Any, copied: Path, forge: Any, command: list[str]) -> None:
    nan_weights(copied / "m.lm")
    forge(copied / "m.lm")
    run(*command, "--threads", "1").failed(1, "model.safetensors", "finite")


def spoiled(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


ITEMS = {
    "bytes that are not text": spoiled(lambda data: data + b"\xff\xfe\tx\n"),
    "a NUL in a number": spoiled(lambda data: data.replace(b".", b"\0\0", 3)),
    "a short row": spoiled(lambda data: data + b"1\n"),
    "nothing": spoiled(lambda data: b""),
    "a cell of 200,000 characters": spoiled(lambda data: data + b"1" * 200_000 + b"\n"),
}


@pytest.mark.parametrize("kind", ITEMS)
def test_broken_items_of_an_evaluation_are_one_line(run: Any, copied: Path, forge: Any, kind: str) -> None:
    run("compare", copied / "e.eval", copied / "e.eval").ok()
    ITEMS[kind](copied / "e.eval" / "items.tsv")
    forge(copied / "e.eval")
    run("compare", copied / "e.eval", copied / "e.eval").failed(1)


def test_a_long_sentence_of_an_evaluation_is_read_again(tmp_path: Path) -> None:
    from seqtool.artifact.manifest import Recipe
    from seqtool.artifact.read import open_artifact
    from seqtool.evaluation.artifact import Evaluation, evaluate_once, read_evaluation

    found = Evaluation({}, ["id", "text"], [[1, "x" * 300_000]], [])
    evaluate_once(Recipe("evaluation", "test", {}, []), lambda: found, tmp_path / "e")
    assert [*map(list, read_evaluation(open_artifact(tmp_path / "e", "evaluation")).rows)] == [[1, "x" * 300_000]]


def test_a_manifest_that_the_system_will_not_open_keeps_its_cause(tmp_path: Path) -> None:
    from seqtool.artifact.files import read_json

    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(ArtifactError, match="Is a directory"):
        read_json(tmp_path / "manifest.json")


@pytest.mark.parametrize(
    ("error", "said", "unsaid"),
    [
        (failed_with(errno.EIO), "disk", "damaged"),
        (failed_with(errno.EACCES), "chmod", "damaged"),
        (failed_with(errno.ENOENT), "train", "disk"),
        (ValueError("no such label"), "damaged", "disk"),
    ],
)
def test_an_artifact_that_the_system_cannot_read_is_not_called_damaged(
    error: Exception, said: str, unsaid: str
) -> None:
    found = str(damaged("m.lm", error, "train it again"))
    assert "m.lm" in found
    assert said in found
    assert unsaid not in found
