"""A reader beside a writer that replaces an artifact again and again: each read is one whole version."""

from __future__ import annotations

import mmap
import os
import random
import re
import struct
import time
from collections import Counter
from pathlib import Path

_SLOW = 50  # every so many reads one waits for a replacement between two of its files
_LONGEST_SECONDS = 1.0


class _Shared:
    """Two counts that both processes see."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 16)

    def __getitem__(self, which: int) -> int:
        return int(struct.unpack_from("q", self._memory, 8 * which)[0])

    def __setitem__(self, which: int, value: int) -> None:
        struct.pack_into("q", self._memory, 8 * which, value)


_READS, _VERSIONS = 0, 1


def read_beside_a_writer(path: Path, reads: int, replacements: int, seed: int) -> tuple[dict[str, int], list[str]]:
    """Read the artifact ``path`` ``reads`` times while another process replaces it ``replacements`` times.

    Returns:
        The reads by their outcome (``whole``; ``refused``, ``mixed`` and ``exception`` are faults), and the faults.
    """
    shared = _Shared()
    _write(path, 0)
    writer = os.fork()
    if writer == 0:
        code = 1
        try:
            for version in range(1, replacements + 1):
                while shared[_READS] < (version - 1) * reads // replacements:  # spread over the reads
                    time.sleep(0)
                _write(path, version)
                shared[_VERSIONS] = version
            code = 0
        finally:
            os._exit(code)
    counts, faults, status = Counter[str](), Counter[str](), None
    draw, last = random.Random(seed), 0
    while counts.total() < reads or status is None:
        outcome, last = _read(path, last, shared, slow=draw.randrange(_SLOW) == 0 and status is None)
        kind = outcome.partition(":")[0]
        counts[kind] += 1
        shared[_READS] = counts.total()
        if kind != "whole":
            faults[re.sub(r"\d+", "N", outcome.replace(str(path), path.name))] += 1
        if status is None and (found := os.waitpid(writer, os.WNOHANG))[0]:
            status = found[1]
    if status != 0:
        faults[f"the writer ended with {status}"] += 1
    if last != replacements:
        faults[f"the last version read is {last}"] += 1
    if left := [name for name in os.listdir(path.parent) if name.startswith(f".{path.name}")]:
        faults[f"left: {left}"] += 1
    found = {"races": counts.total(), "replacements": shared[_VERSIONS], **counts}
    return found, [f"reads: {number} × {fault}" for fault, number in faults.items()]


def _write(path: Path, version: int) -> None:
    import numpy as np

    from seqtool.artifact.manifest import Recipe
    from seqtool.artifact.write import RunRecord, write_artifact

    with write_artifact(path, Recipe("report", "report", {"version": version}), RunRecord()) as draft:
        (draft.path / "first.txt").write_text(str(version) * (1 + version % 50))
        np.save(draft.path / "second.npy", np.full(100 + version % 7, version, np.int64))
        (draft.path / "third.txt").write_text(str(version))


def _read(path: Path, last: int, shared: _Shared, slow: bool) -> tuple[str, int]:
    """One read: its outcome, and the version read."""
    from seqtool.artifact.read import open_artifact, verify
    from seqtool.errors import SeqtoolError

    try:
        artifact = open_artifact(path, "report")
        version = int(artifact.options["version"])
        text = artifact.file("first.txt").read_text()
        if slow:
            _await_version(shared, shared[_VERSIONS] + 1)
        array = artifact.array("second.npy", ("int64",), 1)
        problems = verify(artifact)
        third = artifact.file("third.txt").read_text()
    except SeqtoolError as error:
        return f"refused: {type(error).__name__}: {error}", last
    except Exception as error:
        return f"exception: {type(error).__name__}: {error}", last
    if problems:
        return f"mixed: {problems[0]}", last
    whole = text == str(version) * (1 + version % 50) and third == str(version)
    if not whole or array.shape != (100 + version % 7,) or (array != version).any():
        return f"mixed: not version {version} alone", last
    return ("whole" if version >= last else f"mixed: version {version} after {last}"), version


def _await_version(shared: _Shared, version: int) -> None:
    """Pass the turn to the writer: as far as it is concerned, the reads until its next turn are done."""
    shared[_READS] += 1 << 40
    end = time.monotonic() + _LONGEST_SECONDS
    while shared[_VERSIONS] < version and time.monotonic() < end:
        time.sleep(0.0005)
    shared[_READS] -= 1 << 40
