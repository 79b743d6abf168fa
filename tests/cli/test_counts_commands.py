"""cooccur, ppmi, svd: answers, files, refusals, hostile folders, kills."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtool.artifact.read import open_artifact, read_manifest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
TSV = ("--format", "tsv")
ONE = ("--threads", "1")
LOW = ("--min-count", "1", *ONE)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory, tiny_corpus: str) -> Path:
    """``t.corpus``, ``t.counts``, ``t.matrix``, ``t.vectors`` of the tiny corpus; read only."""
    from seqtool.cli.main import run as entry

    folder = tmp_path_factory.mktemp("chain")
    (folder / "t.txt").write_text(tiny_corpus)
    for command in (
        ["preprocess", folder / "t.txt", "-o", folder / "t.corpus", *ONE, "-q"],
        ["cooccur", folder / "t.corpus", "-o", folder / "t.counts", *ONE, "-q"],
        ["ppmi", folder / "t.counts", "-o", folder / "t.matrix", *ONE, "-q"],
        ["svd", folder / "t.matrix", "-o", folder / "t.vectors", "--dim", "4", *ONE, "-q"],
    ):
        assert entry([str(word) for word in command]) == 0, command
    return folder


@pytest.fixture
def spoilt(chain: Path, tmp_path: Path) -> Path:
    """A copy of `chain` that a test may spoil, and where the commands run."""
    return Path(shutil.copytree(chain, tmp_path / "chain"))


def record_of(stdout: str) -> dict[str, str]:
    return dict(line.split("\t") for line in stdout.splitlines())  # type: ignore[misc]


def payload(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir() if file.name != "run.json"}


def test_from_a_text_to_vectors_by_names_of_their_own(run: Run, corpus_txt: Path) -> None:
    counted = run("cooccur", "corpus.txt", *ONE, *TSV).ok()
    assert counted.stderr == "wrote corpus.corpus\nwrote corpus.cooccur.counts\n"
    assert record_of(counted.stdout) == {
        "counts": "corpus.cooccur.counts",
        "words": "12",
        "tokens": "720",
        "entries": "109",
        "unit": "60",
        "dropped": "[]",
    }
    associated = run("ppmi", "corpus.cooccur.counts", *ONE, *TSV).ok()
    assert associated.stderr == "wrote corpus.ppmi.matrix\n"
    assert set(record_of(associated.stdout)) == {"matrix", "words", "entries", "dropped"}
    found = run("svd", "corpus.ppmi.matrix", "--dim", "5", *ONE, *TSV).ok()
    assert found.stderr == "wrote corpus.svd.vectors\n"
    record = record_of(found.stdout)
    assert (record["vectors"], record["words"], record["dim"], record["solver"]) == (
        "corpus.svd.vectors",
        "12",
        "5",
        "dense",
    )
    assert 0.5 < float(record["energy_share"]) < 1
    folder = corpus_txt.parent
    assert {path.name for path in folder.iterdir() if path.name[0] != "."} == {
        "corpus.txt",
        "corpus.corpus",
        "corpus.cooccur.counts",
        "corpus.ppmi.matrix",
        "corpus.svd.vectors",
    }
    arrays = {"indptr.npy", "indices.npy", "data.npy", "vocab.tsv", "manifest.json", "run.json"}
    assert {path.name for path in (folder / "corpus.cooccur.counts").iterdir()} == arrays
    assert {path.name for path in (folder / "corpus.ppmi.matrix").iterdir()} == arrays


def test_json_and_text(run: Run, chain: Path) -> None:
    record = run("cooccur", chain / "t.corpus", "-o", "c", "--json", "-q", *ONE).ok().json
    assert (record["words"], record["tokens"], record["dropped"]) == (12, 720, [])
    record = run("cooccur", chain / "t.corpus", "-o", "d", "--json", "-q", *ONE, "--max-vocab", "3").ok().json
    (row,) = record["dropped"]
    assert record["tokens"] + row["count"] == 720
    assert row["why"].endswith("below --min-count 5 or beyond --max-vocab 3")
    assert run("ppmi", "c", "-o", "m", "--json", "-q", *ONE).ok().json["entries"] > 0
    record = run("svd", "m", "-o", "v", "--dim", "2", "--json", "-q").ok().json
    assert record["largest_value"] >= record["smallest_value"] > 0
    assert "solver          dense\n" in run("svd", "m", "-o", "v", "--dim", "2", "--format", "text").ok().stdout


def test_stdin_needs_a_name(cli: Run) -> None:
    cli("cooccur", "-", stdin="a b c\n").failed(2, "-o")
    done = cli("cooccur", "-", "-o", "c", *LOW, *TSV, stdin="a b c\nb a\n").ok()
    assert record_of(done.stdout)["words"] == "3"
    assert [line for line in done.stderr.splitlines() if "wrote c" in line][-1] == "wrote c"


def test_twice_is_up_to_date_and_other_options_are_refused(run: Run, spoilt: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(spoilt)
    for first, other, values in (
        (("svd", "t.matrix", "-o", "t.vectors", "--dim", "4"), ("--seed", "9"), ("seed",)),
        (("ppmi", "t.counts", "-o", "t.matrix"), ("--cds", "0.5"), ("cds 1.0", "0.5")),
        (("cooccur", "t.corpus", "-o", "t.counts"), ("--window", "2"), ("window 5", "2")),
    ):
        before = payload(spoilt / first[3])
        again = run(*first, *ONE).ok()
        again.up_to_date(first[3], alone=True)
        assert again.stdout == run(*first, "--threads", "2").ok().stdout
        run(*first, *other, *ONE).failed(1, *values, "--overwrite")
        assert payload(spoilt / first[3]) == before
        run(*first, *other, *ONE, "--overwrite").ok()
        assert payload(spoilt / first[3])["manifest.json"] != before["manifest.json"]
    run("ppmi", "t.counts", "-o", "t.matrix", *ONE).failed(1, "cds 0.5", "1.0")
    run("ppmi", "t.counts", "-o", "t.matrix", "--cds", "0.5", *ONE).failed(1, "inputs")
    run("cooccur", "t.corpus", "-o", "t.matrix", "--overwrite").failed(1, "t.matrix", "kind matrix", "counts")


def test_the_seed_matters_where_something_is_random(run: Run, chain: Path) -> None:
    run("cooccur", chain / "t.corpus", "-o", "c", *ONE, "-q").ok()
    run("cooccur", chain / "t.corpus", "-o", "c", *ONE, "--seed", "2").up_to_date("c", alone=True)
    run("cooccur", chain / "t.corpus", "-o", "s", *ONE, "-q", "--sample", "0.01").ok()
    run("cooccur", chain / "t.corpus", "-o", "s", *ONE, "--sample", "0.01", "--seed", "2").failed(1, "seed")


def test_a_dry_run_says_what_would_be_counted_and_counts_nothing(run: Run, chain: Path) -> None:
    record = run("cooccur", chain / "t.corpus", "-o", "c", "--dry-run", "--json", "--max-vocab", "3").ok().json
    assert (record["output"], record["words"], record["window"], record["memory"]) == ("c", 3, 5, "1G")
    assert (
        record["tokens"]
        == run("cooccur", chain / "t.corpus", "-o", "c", "--max-vocab", "3", "--json").ok().json["tokens"]
    )


def test_options_reach_the_manifest_and_operational_ones_run_json(run: Run, chain: Path) -> None:
    run(
        "cooccur",
        chain / "t.corpus",
        "-o",
        "c",
        "--window",
        "3",
        "--weighting",
        "dynamic",
        "--direction",
        "left",
        "--across-lines",
        "--min-count",
        "2",
        "--max-vocab",
        "9",
        "--sample",
        "0.1",
        "--seed",
        "7",
        "--memory",
        "120M",
        *ONE,
    ).ok()
    recipe = read_manifest(Path("c")).recipe
    assert dict(recipe.options) == {
        "window": 3,
        "weighting": "dynamic",
        "direction": "left",
        "across_lines": True,
        "min_count": 2,
        "max_vocab": 9,
        "sample": 0.1,
    }
    assert (recipe.seed, recipe.command) == (7, "cooccur")
    ran = json.loads(Path("c/run.json").read_text())
    assert ran["operational"] == {"threads": 1, "memory": "120M"}
    assert "cooccur" in ran["stages"]
    run("ppmi", "c", "-o", "m", "--shift", "1.1", "--cds", "0.75", "--no-positive", "--log", "2", *ONE).ok()
    assert dict(read_manifest(Path("m")).recipe.options) == {"shift": 1.1, "cds": 0.75, "positive": False, "log": "2"}
    run(
        "svd", "m", "-o", "v", "--size", "3", "--eig", "1", "--normalize", "--add-contexts", "--solver", "arpack", *ONE
    ).ok()
    assert dict(read_manifest(Path("v")).recipe.options) == {
        "dim": 3,
        "eig": 1.0,
        "normalize": True,
        "add_contexts": True,
        "solver": "arpack",
    }
    assert np.linalg.norm(np.load("v/vectors.npy"), axis=1) == pytest.approx(1, abs=1e-6)


def test_the_memory_changes_no_byte(run: Run, chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqtool.counts import cooccurrence

    run("cooccur", chain / "t.corpus", "-o", "a", *ONE, "-q").ok()
    monkeypatch.setattr(cooccurrence, "_SMALLEST_PART", 100)
    monkeypatch.setattr(cooccurrence, "_FIXED_BYTES", 1 << 30)
    merges = []
    merge = cooccurrence._Counter.merge
    monkeypatch.setattr(cooccurrence._Counter, "merge", lambda *given: merges.append(1) or merge(*given))  # type: ignore[func-returns-value]
    run("cooccur", chain / "t.corpus", "-o", "b", "--memory", "100M", "--threads", "2", "-q").ok()
    assert merges
    assert payload(Path("a")) == payload(Path("b"))
    assert not list(Path().glob(".b*")) or {path.name for path in Path().glob(".b*")} == {".b.lock"}


def test_the_lineage_goes_back_to_the_text(run: Run, chain: Path) -> None:
    rows = run("info", chain / "t.vectors", "--lineage", "--json").ok().json
    assert [row["kind"] for row in rows] == ["vectors", "matrix", "counts", "corpus", "text"]
    commands = [row["command"] for row in rows if row["command"]]
    assert [command.split()[1] for command in commands] == ["svd", "ppmi", "cooccur", "preprocess"]
    for kind in ("counts", "matrix", "vectors"):
        assert run("info", chain / f"t.{kind}", "--verify").ok().returncode == 0
        assert run("vocab", chain / f"t.{kind}", "--json").ok().json[0] == {"id": 0, "token": "the", "count": 240}
        assert open_artifact(chain / f"t.{kind}").summary["preprocessing"]["tokenizer"] == "whitespace"
    assert run("vocab", chain / "t.corpus", "--json").ok().json[2] == {"id": 2, "token": "the", "count": 240}
    lines = run("vocab", chain / "t.vectors").ok().stdout.splitlines()
    assert lines[:2] == ["id\ttoken\tcount", "0\tthe\t240"]
    assert len(lines) == 13


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["cooccur", "missing.txt"], 1, ["missing.txt", "exist"]),
        (["cooccur", "t.counts"], 1, ["t.counts", "corpus"]),
        (["cooccur", "t.corpus", "t.txt"], 2, ["t.corpus"]),
        (["cooccur", "t.corpus", "--min-count", "1000"], 1, ["1000", "--min-count"]),
        (["cooccur", "t.corpus", "--window", "0"], 2, ["--window"]),
        (["cooccur", "t.corpus", "--window", "1001"], 2, ["--window"]),
        (["cooccur", "t.corpus", "--window", "wide"], 2, ["--window"]),
        (["cooccur", "t.corpus", "--window", "300"], 2, ["--window 300", "64 bits", "--weighting"]),
        (["cooccur", "t.corpus", "--weighting", "none"], 2, ["--weighting"]),
        (["cooccur", "t.corpus", "--sample", "2"], 2, ["--sample"]),
        (["cooccur", "t.corpus", "--sample", "nan"], 2, ["--sample"]),
        (["cooccur", "t.corpus", "--max-vocab", "0"], 2, ["--max-vocab"]),
        (["cooccur", "t.corpus", "--memory", "nonsense"], 2, ["nonsense", "512M"]),
        (["cooccur", "t.corpus", "--memory", "1M"], 2, ["--memory 1M", "100M"]),
        (["cooccur", "t.corpus", "--lower"], 2, ["--lower"]),
        (["cooccur", "t.corpus", "--json", "--format", "tsv"], 2, ["--json"]),
        (["ppmi", "t.corpus"], 1, ["t.corpus", "counts"]),
        (["ppmi", "t.matrix"], 1, ["t.matrix", "counts"]),
        (["ppmi", "nowhere"], 1, ["nowhere", "exist"]),
        (["ppmi", "t.txt"], 1, ["t.txt", "cooccur t.txt"]),
        (["ppmi", "t.counts", "--cds", "1.5"], 2, ["--cds"]),
        (["ppmi", "t.counts", "--shift", "0"], 2, ["--shift"]),
        (["ppmi", "t.counts", "--log", "10"], 2, ["--log"]),
        (["svd", "t.vectors"], 1, ["t.vectors", "matrix", "counts"]),
        (["svd", "t.corpus"], 1, ["t.corpus", "matrix", "counts"]),
        (["svd", "t.matrix"], 1, ["300", "--dim 12"]),
        (["svd", "t.matrix", "--dim", "13"], 1, ["12 words", "13"]),
        (["svd", "t.matrix", "--dim", "0"], 2, ["--dim"]),
        (["svd", "t.matrix", "--dim", "12", "--solver", "arpack"], 2, ["arpack", "11"]),
        (["svd", "t.matrix", "--solver", "magic"], 2, ["--solver"]),
        (["svd", "t.matrix", "--eig", "-1"], 2, ["--eig"]),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else str(value),
)
def test_refused(run: Run, spoilt: Path, monkeypatch: Any, arguments: list[str], code: int, words: list[str]) -> None:
    monkeypatch.chdir(spoilt)
    before = {path.name for path in spoilt.iterdir()}
    assert run(*arguments, "-o", "new").failed(code, *words).stdout == ""
    assert {path.name for path in spoilt.iterdir()} - {".new.lock"} == before


def test_a_device_that_is_not_there(run: Run, tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    (tmp_path / "t.txt").write_text("\n".join(f"w{i} w{i + 1} w{i + 2}" for i in range(1100)))
    run("cooccur", "t.txt", "-o", "c", *LOW, "-q").ok()
    run("svd", "c", "-o", "v", "--dim", "5", "--device", "cuda").failed(1, "CUDA", "--device cpu")


@pytest.mark.parametrize("text", ["word\n", "word\nword\nword\n", "a\nb\n\nc\n"])
def test_words_that_stand_alone_have_no_neighbours(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "t.txt").write_text(text)
    size = len(set(text.split()))
    assert record_of(run("cooccur", "t.txt", "-o", "c", *LOW, *TSV).ok().stdout)["entries"] == "0"
    done = run("ppmi", "c", "-o", "m", *ONE, *TSV).ok()
    assert record_of(done.stdout)["entries"] == "0"
    assert done.stderr == "wrote m\n", "no warning of a division"
    run("ppmi", "c", "-o", "m2", *ONE, "--cds", "0.5", "--no-positive").ok()
    done = run("svd", "m", "-o", "v", "--dim", size, *TSV).ok()
    assert record_of(done.stdout)["energy_share"] == "0"
    assert done.stderr == "wrote v\n"
    assert not np.load("v/vectors.npy").any()


def test_one_word_beside_itself(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("word word word\n")
    run("cooccur", "t.txt", "-o", "c", *LOW, "-q", "--weighting", "flat").ok()
    assert np.load("c/data.npy").tolist() == [6]
    run("svd", "c", "-o", "v", "--dim", "1", "--eig", "1").ok()
    assert np.load("v/vectors.npy").tolist() == [[6.0]]
    assert record_of(run("ppmi", "c", "-o", "m", *ONE, *TSV).ok().stdout)["entries"] == "0", "log 1 is not positive"


def test_the_tokenizer_of_a_subword_corpus_goes_along(run: Run, corpus_txt: Path) -> None:
    run("preprocess", "corpus.txt", "-o", "c", "--tokenizer", "bpe", "--vocab-size", "300", *ONE, "-q").ok()
    run("cooccur", "c", "-o", "n", *ONE, "-q").ok()
    run("ppmi", "n", "-o", "m", *ONE, "-q").ok()
    run("svd", "m", "-o", "v", "--dim", "3", "-q").ok()
    whole = (corpus_txt.parent / "c" / "tokenizer.json").read_bytes()
    for name in "nmv":
        assert open_artifact(Path(name)).file("tokenizer.json").read_bytes() == whole


# Hostile folders: the digests are computed anew, so that only the content is wrong.


def changed(name: str, change: Callable[[np.ndarray], Any]) -> Callable[[Path], None]:
    return lambda path: np.save(path / name, change(np.load(path / name)))


def cut(name: str) -> Callable[[Path], None]:
    return lambda path: os.truncate(path / name, (path / name).stat().st_size - 3)


def text(name: str, content: str) -> Callable[[Path], Any]:
    return lambda path: (path / name).write_text(content)


def huge_header(path: Path) -> None:
    data = (path / "indices.npy").read_bytes()
    (path / "indices.npy").write_bytes(re.sub(rb"\(\d+,\)( *)", b"(99999999999999,)", data, count=1))


def falling(indptr: np.ndarray) -> np.ndarray:
    indptr = indptr.copy()
    indptr[2], indptr[3] = indptr[3], indptr[2]
    return indptr


def wrapping(indptr: np.ndarray) -> np.ndarray:
    indptr = indptr.copy()
    indptr[1], indptr[2] = np.iinfo(np.int64).max, -2
    return indptr


HOSTILE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "indptr cut": (cut("indptr.npy"), "indptr.npy is damaged"),
    "indices cut": (cut("indices.npy"), "indices.npy is damaged"),
    "data cut": (cut("data.npy"), "data.npy is damaged"),
    "vocab cut": (cut("vocab.tsv"), "truncated"),
    "an absurd shape": (huge_header, "indices.npy is damaged"),
    "indptr of another length": (changed("indptr.npy", lambda a: a[:-1]), "indptr.npy does not match"),
    "indptr that falls": (changed("indptr.npy", falling), "indptr.npy does not match"),
    "indptr that wraps around": (changed("indptr.npy", wrapping), "indptr.npy does not match"),
    "indptr beyond the end": (changed("indptr.npy", lambda a: a + (a > 0)), "indptr.npy does not match"),
    "more data than indices": (changed("data.npy", lambda a: np.append(a, a[:1])), "indptr.npy does not match"),
    "a column outside": (changed("indices.npy", lambda a: a + 12), "12 columns"),
    "a negative column": (changed("indices.npy", lambda a: a - 12), "12 columns"),
    "columns of 64 bits": (changed("indices.npy", lambda a: a.astype(np.int64)), "indices.npy is damaged"),
    "complex data": (changed("data.npy", lambda a: a * 1j), "data.npy is damaged"),
    "fewer words": (text("vocab.tsv", "a\t1\n"), "does not match"),
    "a word twice": (text("vocab.tsv", "a\t1\n" * 12), "two lines"),
    "no words": (text("vocab.tsv", ""), "does not match"),
    "bytes": (lambda path: (path / "vocab.tsv").write_bytes(b"\xff\t1\n"), "UTF-8"),
    "a pickle": (lambda path: np.save(path / "data.npy", np.array([{}], object)), "data.npy is damaged"),
    "a text": (text("data.npy", "hello"), "data.npy is damaged"),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("command", ["ppmi", "svd"])
def test_a_hostile_folder_is_one_line(run: Run, spoilt: Path, forge: Any, kind: str, command: str) -> None:
    spoil, words = HOSTILE[kind]
    path = spoilt / {"ppmi": "t.counts", "svd": "t.matrix"}[command]
    spoil(path)
    options = [] if command == "ppmi" else ["--dim", "2"]
    forge(path)
    assert run(command, path, "-o", "new", *ONE, *options).failed(1, words).stdout == ""
    assert not Path("new").exists()
    run("convert", path, "new.npz").failed(1, words)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_data_that_are_no_numbers_are_refused(run: Run, spoilt: Path, forge: Any, value: float) -> None:
    changed("data.npy", lambda a: np.full(len(a), value, np.float32))(spoilt / "t.matrix")
    forge(spoilt / "t.matrix")
    run("svd", spoilt / "t.matrix", "-o", "v", "--dim", "2").failed(1, "not finite")
    changed("data.npy", lambda a: np.full(len(a), value))(spoilt / "t.counts")
    forge(spoilt / "t.counts")
    run("ppmi", spoilt / "t.counts", "-o", "m", *ONE).failed(1, "data.npy")


@pytest.mark.parametrize("unit", [0, -1, "x", None, [], 1e999, True])
def test_a_unit_that_is_none_is_refused(run: Run, spoilt: Path, forge: Any, unit: Any) -> None:
    forge(spoilt / "t.counts", lambda raw: raw["summary"].update(unit=unit))
    run("svd", spoilt / "t.counts", "-o", "v", "--dim", "2", *ONE).failed(1, "t.counts", "units")
    run("convert", spoilt / "t.counts", "new.npz").failed(1, "t.counts", "units")


@pytest.mark.parametrize("name", ["indptr.npy", "indices.npy", "data.npy", "vocab.tsv", "manifest.json"])
def test_a_flipped_bit_or_a_missing_file_is_noticed(run: Run, spoilt: Path, name: str) -> None:
    path = spoilt / "t.counts" / name
    whole = bytearray(path.read_bytes())
    for place in (5, len(whole) // 2, len(whole) - 2):
        flipped = bytearray(whole)
        flipped[place] ^= 4
        path.write_bytes(flipped)
        run("ppmi", spoilt / "t.counts", "-o", "m", *ONE).failed(1, name)
    path.unlink()
    run("ppmi", spoilt / "t.counts", "-o", "m", *ONE).failed(1, name)


# Kills.


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_killed_in_the_middle_it_leaves_nothing_behind(cli: Run, spoilt: Path, number: signal.Signals) -> None:
    """The command is held where the matrix is written and its vocabulary is not."""
    folder = spoilt.parent
    held = (
        "import sys, time, seqtool.counts.artifact as artifact\n"
        "from seqtool.cli.main import main\n"
        "artifact.write_words = lambda *given: time.sleep(60)\n"
        "sys.argv[1:] = 'cooccur chain/t.corpus -o c --threads 1'.split()\n"
        "main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", held],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Where the tests run in the background of a script, Ctrl-C is ignored by inheritance.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        end = time.monotonic() + 60
        while not (folder / ".c.partial" / "indptr.npy").exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert out == b""
    assert b"Traceback" not in err
    assert not (folder / "c").exists()
    if number != signal.SIGKILL:
        assert process.returncode == 128 + number
        assert err.decode().splitlines()[-1] == "error: interrupted"
        assert {path.name for path in folder.iterdir()} <= {"chain", ".c.lock"}
    cli("cooccur", "chain/t.corpus", "-o", "c", *ONE).ok()
    assert payload(folder / "c") == payload(spoilt / "t.counts")
    assert {path.name for path in folder.iterdir()} <= {"chain", "c", ".c.lock"}


# Evaluation and report.


def test_report_on_vectors_and_their_evaluations(run: Run, chain: Path, tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text(": animals\ncat dog bird the\ncat sat dog ran\ncat martian dog ran\n")
    (tmp_path / "p.tsv").write_text("cat\tdog\t9\ncat\tran\t3\nmat\tpark\t8\nthe\thill\t1\nmartian\tcat\t1\n")
    run("eval-analogy", chain / "t.vectors", "q.txt", "-o", "a.eval", "-q").ok()
    run("eval-similarity", chain / "t.vectors", "p.tsv", "-o", "s.eval", "-q").ok()
    page = run("report", chain / "t.vectors", "a.eval", "s.eval").ok().stdout
    for words in ("t.vectors", "q.txt", "p.tsv", "svd", "seqtool cooccur", "seqtool ppmi"):
        assert words in page
    record = run("report", chain / "t.vectors", "a.eval", "s.eval", "--json").ok().json
    assert len(record["vectors"]) == len(record["similarity"]) == 1
    assert record["analogy"]


def test_types_that_take_more_than_the_memory_are_told_with_a_remedy(
    run: Run, tmp_path: Path, chain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seqtool.corpus import options

    text = chain / "t.txt"
    for large in (False, True):
        monkeypatch.setattr(options, "BYTES_OF_A_TYPE", (1 << 30 if large else 100))
        made = [
            run("preprocess", text, "--memory", "100M", *ONE, "-o", f"{large}.corpus").ok(),
            run("cooccur", chain / "t.corpus", "--memory", "100M", *LOW, "-o", f"{large}.counts").ok(),
            run("train-ngram", chain / "t.corpus", "--memory", "100M", *ONE, "--order", "2", "-o", f"{large}.lm").ok(),
        ]
        for finished in made:
            told = [line for line in finished.stderr.splitlines() if "--memory 100M" in line]
            assert len(told) == large
            assert all("--max-vocab" in line for line in told)
