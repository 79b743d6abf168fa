"""Commands at the same time (`tests/robust/races.py`, in small), and what stale locks and `xargs -P` do."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from seqtool import progress
from seqtool.artifact import locks
from seqtool.artifact.atomic_rename import exclusive
from seqtool.artifact.read import open_artifact, verify

RACES = Path(__file__).with_name("races.py")
PAIRS = 8


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Counts and faults of a few races of each kind."""
    sizes = ("--races", str(PAIRS), "--reads", "400", "--replacements", "20")
    done = subprocess.run(
        [sys.executable, RACES, *sizes, "--json"], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return dict(json.loads(done.stdout))


def of_kind(found: dict[str, Any], kind: str) -> Counter[str]:
    assert [fault for fault in found["faults"] if fault.startswith(kind)] == []
    return Counter(found["counts"][kind])


def test_of_identical_commands_one_makes_it_and_the_others_find_it_up_to_date(found: dict[str, Any]) -> None:
    ends = of_kind(found, "identical")
    assert ends["races"] == ends["made"] == PAIRS
    assert set(ends) == {"races", "made", "up to date"}


def test_of_different_recipes_one_makes_it_and_the_other_refuses(found: dict[str, Any]) -> None:
    ends = of_kind(found, "different")
    assert ends["races"] == ends["made"] == PAIRS
    assert ends["refused"] >= PAIRS


@pytest.mark.parametrize("kind", ["overwriting", "one killed", "one stopped", "one text"])
def test_what_has_the_name_is_what_one_of_them_makes_alone(found: dict[str, Any], kind: str) -> None:
    assert of_kind(found, kind)["races"] == 1


def test_of_commands_that_write_one_file_one_makes_it(found: dict[str, Any]) -> None:
    assert of_kind(found, "one file")["races"] == 2


def test_a_reader_beside_a_writer_reads_whole_versions(found: dict[str, Any]) -> None:
    ends = of_kind(found, "reads")
    assert ends["replacements"] == 20
    assert ends["whole"] == ends["races"] >= 400


@pytest.fixture(scope="module")
def races() -> ModuleType:
    specification = importlib.util.spec_from_file_location("races", RACES)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["races"] = module
    specification.loader.exec_module(module)
    return module


A, B = ("cooccur", "a"), ("cooccur", "b")


@pytest.mark.parametrize(
    ("ran", "content", "faults"),
    [
        ([(A, "made"), (A, "up to date"), (B, "refused")], A, 0),
        ([(A, "made"), (A, "made")], A, 1),
        ([(A, "up to date"), (A, "up to date")], A, 1),
        ([(A, "made"), (A, "refused")], A, 1),
        ([(A, "made"), (B, "up to date")], A, 1),
        ([(A, "made"), (B, "refused")], B, 1),
        ([(A, "made"), (B, "fault: a defect")], A, 1),
    ],
)
def test_the_judge_of_races_sees_faults(races: ModuleType, ran: Any, content: Any, faults: int) -> None:
    assert len(races.faults_of(ran, {content: b""}, lambda recipe: {recipe: b""})) == faults


@pytest.mark.parametrize("code", [-9, 0, 1, 70])
def test_the_judge_of_endings_sees_defects(races: ModuleType, code: int) -> None:
    said = "Traceback (most recent call last):\nerror: unexpected KeyError: 'x'; run again with --debug and report it\n"
    assert races.judged(races.Ending(code, "", said, 1.0)).startswith("fault")


@pytest.mark.parametrize("words", ["", "PID\n", "another.host 4711 2f1c0c4e-boot\n"])
@pytest.mark.parametrize("name", [".c.corpus.lock", ".n.lm.lock"])
def test_a_lock_that_nobody_holds_is_in_nobodys_way(
    run: Any, corpus_txt: Path, tmp_path: Path, words: str, name: str
) -> None:
    """Of a dead process, of a process that lives and never had it, of another boot or host: the file says nothing."""
    (tmp_path / name).write_text(words.replace("PID", str(os.getpid())))
    for command in (("preprocess", "corpus.txt", "-o", "c.corpus"), ("train-ngram", "c.corpus", "-o", "n.lm")):
        assert "waiting" not in run(*command, "--threads", "1").ok().stderr
    assert sorted(os.listdir(tmp_path)) == ["c.corpus", "corpus.txt", "n.lm"]


def test_a_command_that_works_and_does_not_touch_its_files_is_waited_for(
    run: Any, corpus_txt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `preprocess`, `train-ngram` and `train-fasttext` do on large texts: only their progress shows their life."""
    monkeypatch.setattr(locks, "SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(progress, "BEAT_SECONDS", 0.0)
    begun = threading.Event()

    def work() -> None:
        with exclusive(Path("c.corpus")):
            stage = progress.Stage("counting", "words")
            begun.set()
            for _ in range(20):
                time.sleep(0.1)
                stage.advance(1)

    worker = threading.Thread(target=work)
    worker.start()
    begun.wait()
    done = run("preprocess", "corpus.txt", "-o", "c.corpus", "--threads", "1")
    worker.join()
    done.noted("waiting", "c.corpus")


@pytest.mark.long
@pytest.mark.parametrize(
    "training",
    [
        "train-word2vec corpus.txt --dim 4 --epochs 1 --min-count 1 -o",
        "train-lm corpus.txt --emb-dim 4 --hidden-dim 4 --layers 1 --epochs 1 -o",
    ],
)
def test_four_at_a_time_of_twenty_trainings_of_one_raw_text(
    quick: str, corpus_txt: Path, tmp_path: Path, training: str
) -> None:
    line = f"seq 20 | xargs -P 4 -I@ {quick} {training} m.@ --seed @ --threads 1 -q"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    models = [f"m.{number}" for number in range(1, 21)]
    assert sorted(os.listdir(tmp_path)) == sorted(["corpus.txt", "corpus.corpus", *models])
    artifacts = [open_artifact(tmp_path / name) for name in ["corpus.corpus", *models]]
    assert [verify(artifact) for artifact in artifacts] == [[]] * 21
    assert {artifact.manifest.recipe.inputs[0].digest for artifact in artifacts[1:]} == {artifacts[0].manifest.digest}
