"""Real processes at the limits of a machine: a full disk, a largest file size, memory."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import zstandard

from seqtool.errors import InputError, OutputError

MB = 1 << 20


def run(*arguments: object, limit: int | None = None, **environment: str) -> tuple[int, str, int]:
    """The exit code, stderr and peak memory in MB of a command that may write files of so many bytes."""
    command = [sys.executable, "-m", "seqtool", *map(str, arguments), "-q"]
    before: Callable[[], None] | None = None
    if limit is not None:
        before = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=os.environ | environment, preexec_fn=before
    ) as process:
        assert process.stderr is not None
        err = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    scale = 1 if sys.platform == "darwin" else 1024
    return process.returncode, err, usage.ru_maxrss * scale // MB


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = random.Random(5)
    words = [f"w{number}" for number in range(1500)]
    path = tmp_path_factory.mktemp("text") / "t.txt"
    path.write_text("".join(" ".join(rng.choices(words, k=12)) + "\n" for _ in range(20_000)))
    return path


@pytest.fixture(scope="module")
def counts(text: Path) -> Path:
    assert run("preprocess", text, "-o", text.with_suffix(".corpus"))[0] == 0
    made = text.with_suffix(".counts")
    assert run("cooccur", text.with_suffix(".corpus"), "-o", made)[0] == 0
    return made


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        not shutil.which("mount")
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no disk of 2 MB can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


GLOVE = ("--dim", 4, "--epochs", 1, "--threads", 1)


def one_line(code: int, err: str, *parts: str) -> None:
    assert code == OutputError.exit_code, err
    assert len(err.splitlines()) == 1
    assert all(part in err for part in parts), err


def test_glove_on_a_full_disk_is_one_line(counts: Path, small_disk: Path) -> None:
    code, err, _ = run("train-glove", counts, *GLOVE, "-o", small_disk / "g.vectors")
    one_line(code, err, str(small_disk), "No space left")
    assert not list(small_disk.iterdir())


def test_a_largest_file_size_is_one_line(counts: Path, tmp_path: Path) -> None:
    code, err, _ = run("train-glove", counts, *GLOVE, "-o", tmp_path / "g.vectors", limit=MB)
    one_line(code, err, str(tmp_path), "too large")
    code, err, _ = run("train-ngram", counts.with_suffix(".corpus"), "-o", tmp_path / "n.lm", limit=MB)
    one_line(code, err, str(tmp_path), "too large")
    assert not list(tmp_path.iterdir())


def test_a_full_temporary_folder_is_named_with_tmpdir(text: Path, tmp_path: Path, small_disk: Path) -> None:
    (tmp_path / "few.txt").write_text("w1 w2 w3\n" * 50)
    assert run("train-ngram", tmp_path / "few.txt", "--order", 2, "-o", tmp_path / "n.lm")[0] == 0
    (tmp_path / "long.txt").write_text(text.read_text() * 3)
    code, err, _ = run("perplexity", tmp_path / "n.lm", tmp_path / "long.txt", TMPDIR=str(small_disk))
    one_line(code, err, str(small_disk), "No space left", "TMPDIR")
    assert not list(small_disk.iterdir())


def test_a_bomb_of_empty_lines_keeps_to_the_memory(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("a\n")
    (tmp_path / "bomb.bz2").write_bytes(bz2.compress(b"\n" * (20 * MB)))
    least = run("preprocess", tmp_path / "one.txt", "-o", tmp_path / "a", "--threads", 2)[2]
    code, err, peak = run("preprocess", tmp_path / "bomb.bz2", "-o", tmp_path / "b", "--memory", "36M", "--threads", 2)
    assert code == 0, err
    assert peak - least <= 100


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        ("gz", gzip.compress),
        ("bz2", bz2.compress),
        ("xz", lzma.compress),
        ("zst", zstandard.ZstdCompressor().compress),
    ],
)
def test_a_bomb_of_joined_members_keeps_to_the_memory(
    tmp_path: Path, suffix: str, compress: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "one.txt").write_text("a\n")
    member = compress(b"antidisestablishmentarianism is a long word\n" * (110 * MB // 44))
    bomb = tmp_path / f"bomb.{suffix}"
    bomb.write_bytes(member * 3)
    assert bomb.stat().st_size < MB
    least = run("preprocess", tmp_path / "one.txt", "-o", tmp_path / "a", "--threads", 2)[2]
    code, err, peak = run("preprocess", bomb, "-o", tmp_path / "b", "--memory", "36M", "--threads", 2)
    assert code == 0, err
    assert peak - least <= 100


@pytest.mark.parametrize("threads", [2, 8])
def test_many_types_take_a_hundred_bytes_and_their_spelling_each(tmp_path: Path, threads: int) -> None:
    types = 3_000_000 if threads == 8 else 1_200_000
    lines = (" ".join(f"w{number:x}" for number in range(first, first + 20)) for first in range(0, types, 20))
    (tmp_path / "t.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "one.txt").write_text("a\n")
    least = run("preprocess", tmp_path / "one.txt", "-o", tmp_path / "a", "--threads", threads)[2]
    code, err, peak = run(
        "preprocess", tmp_path / "t.txt", "-o", tmp_path / "b", "--memory", "50M", "--threads", threads
    )
    assert code == 0, err
    assert peak - least <= 50 + 64 + types * (100 + 7) // MB
    code, err, peak = run("vocab", tmp_path / "b")
    assert code == 0, err
    assert peak <= least + types * (100 + 7) // MB
    for command in (("train-ngram", "--order", 2), ("cooccur", "--min-count", 1, "--window", 2)):
        output = tmp_path / command[0]
        code, err, peak = run(*command, tmp_path / "b", "-o", output, "--memory", "100M", "--threads", 2)
        assert code == 0, err
        assert peak - least <= 100 + 64 + types * (100 + 7) // MB


def test_a_line_that_is_too_long_is_still_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hashlib import sha256

    from seqtool.corpus.reading import blocks
    from seqtool.corpus.reading.streams import file_pieces

    monkeypatch.setattr(blocks, "LONGEST_LINE", 2 * MB)
    (tmp_path / "line.bz2").write_bytes(bz2.compress(b"a " * (2 * MB)))
    with pytest.raises(InputError, match=r"line\.bz2"):
        list(blocks.cut("line.bz2", file_pieces(str(tmp_path / "line.bz2"), sha256())))
