"""neighbors, analogy, similarity, convert: answers, stdin, files, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtool.artifact.read import read_manifest
from seqtool.vectors.formats.sniff import read_vectors, write_vectors_file

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
WORDS = ["man", "king", "woman", "queen", "고양이", "개"]
MATRIX = np.array([[1, 0, 0.1], [1, 1, 0.1], [0, 0, 1], [0, 1, 1], [-1, -1, 0.5], [-1, -1, 0.4]], np.float32)
COUNTS_FILE = "v.npz"


@pytest.fixture(autouse=True)
def v_txt(tmp_path: Path) -> Path:
    """``v.txt``: six words of three dimensions."""
    write_vectors_file(tmp_path / "v.txt", WORDS, MATRIX, "word2vec")
    return tmp_path / "v.txt"


def rows(stdout: str) -> list[list[str]]:
    return [line.split("\t") for line in stdout.splitlines()]


def test_convert_refuses_itself_and_stdout(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.vec").write_text("1 2\nword 1 2\n")
    run("convert", "a.vec", "a.vectors").ok()
    for target in ("a.vectors", "-"):
        run("convert", "a.vectors", target, "--to", "vectors", "--overwrite").failed(2, f"to {target}")
    assert not (tmp_path / "-").exists()


def test_a_header_without_words_is_cut_off(run: Run, tmp_path: Path) -> None:
    (tmp_path / "h.vec").write_text("5 3\n")
    run("neighbors", "h.vec", "the").failed(1, "h.vec")


def test_the_words_beside_an_array_are_part_of_the_input(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.vec").write_text("2 2\none 1 2\ntwo 2 1\n")
    run("convert", "a.vec", "a.npy").ok()
    run("convert", "a.npy", "b.vectors").ok()
    (tmp_path / "a.words.txt").write_text("three\nfour\n")
    run("convert", "a.npy", "b.vectors").failed(1, "inputs")


def test_neighbors(run: Run) -> None:
    done = run("neighbors", "v.txt", "man", "고양이", "-k", "2").ok()
    header, *found = rows(done.stdout)
    assert header == ["query", "rank", "word", "cosine"]
    assert [row[:3] for row in found] == [
        ["man", "1", "king"],
        ["man", "2", "woman"],
        ["고양이", "1", "개"],
        ["고양이", "2", "woman"],
    ]
    assert float(found[0][3]) == pytest.approx(1.01 / np.sqrt(1.01 * 2.01), abs=1e-6)
    assert done.stderr == ""
    assert rows(run("neighbors", "v.txt", "man", "--restrict", "1").ok().stdout) == [header]


def test_neighbors_as_json_and_as_aligned_text(run: Run) -> None:
    record = run("neighbors", "v.txt", "개", "--num", "1", "--json").ok().json
    assert [(row["query"], row["rank"], row["word"]) for row in record] == [("개", 1, "고양이")]
    lines = run("neighbors", "v.txt", "고양이", "man", "-k", "1", "--format", "text").ok().stdout.splitlines()
    assert lines[0] == "query   rank  word  cosine"
    assert lines[1].startswith("고양이  1     개    0.99")  # a Hangul syllable takes two columns


def test_neighbors_of_words_through_stdin(cli: Run) -> None:
    done = cli("neighbors", "v.txt", "-", "-k", "1", stdin="man\n\nQueen\r\nqueen\r\n").ok()
    assert [row[0] for row in rows(done.stdout)[1:]] == ["man", "queen"]
    done.noted("Queen").noted("warning:", "1", "3")
    done = cli("neighbors", "v.txt", "-", stdin="Man\n").failed(1, "1", "unknown")
    cli("neighbors", "v.txt", "-", stdin="").failed(1, "standard input", "empty")
    cli("neighbors", "v.txt", "-", stdin=b"man\n\xff\n").failed(1, "line 2", "byte 0", "UTF-8")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["neighbors", "v.txt", "Queen", "x"], 1, ["Queen", "6", "queen?"]),
        (["neighbors", "v.txt", "womann"], 1, ["woman?"]),
        (["neighbors", "v.txt", "man", "-k", "0"], 2, ["--num"]),
        (["neighbors", "v.txt", "man", "--restrict", "0"], 2, ["--restrict"]),
        (["neighbors", "v.txt"], 2, ["words"]),
        (["neighbors", "none.txt", "man"], 1, ["none.txt"]),
        (["neighbors", "bad.txt", "man"], 1, ["bad.txt", "line 2", "'x'"]),
        (["neighbors", ".", "man"], 1, ["folder"]),
        (["analogy", "v.txt", "man", "king"], 2, ["three", "2"]),
        (["analogy", "v.txt", "man", "king", "womam"], 1, ["woman?"]),
        (["analogy", "v.txt", "man", "king", "woman", "--method", "div"], 2, ["--method"]),
        (["similarity", "v.txt", "man"], 2, ["pairs", "1"]),
        (["similarity", "v.txt", "man", "martian"], 1, ["martian"]),
        (["convert", "v.txt"], 2, ["convert", "-o"]),
        (["convert", "v.txt", "a.bin", "-o", "b.bin"], 2, ["convert", "-o"]),
        (["convert", "v.txt", "a.xyz"], 2, ["a.xyz", "--to"]),
        (["convert", "v.txt", "a.npz"], 2, ["a.npz"]),
        (["convert", "v.txt", "a.npz", "--to", "npz"], 2, ["v.txt", "counts", ".npz"]),
        (["convert", "v.txt", "a.txt.gz"], 2, ["uncompressed"]),
        (["convert", "v.txt", "v.txt", "--limit", "1"], 1, ["v.txt exists", "--overwrite"]),
        (["convert", "none.txt", "a.vectors"], 1, ["none.txt"]),
        (["convert", "bad.txt", "a.vectors"], 1, ["bad.txt: line 2"]),
        (["convert", "bad.txt", "a.bin"], 1, ["bad.txt: line 2"]),
        (["convert", "spaces.safetensors", "a.vec"], 1, ["word 1", "'new york'", ".safetensors"]),
        (["convert", "v.txt", "v.txt", "--to", "vectors"], 1, ["v.txt", "artifact"]),
    ],
    ids=str,
)
def test_refused(run: Run, tmp_path: Path, arguments: list[str], code: int, words: list[str]) -> None:
    (tmp_path / "bad.txt").write_text("a 1 2\nb 1 x\n")
    write_vectors_file(tmp_path / "spaces.safetensors", ["new york"], MATRIX[:1], "safetensors")
    before = {path.name for path in tmp_path.iterdir()}
    assert run(*arguments).failed(code, *words).stdout == ""
    assert {path.name for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("method", ["add", "mul"])
def test_analogy(run: Run, cli: Run, method: str) -> None:
    done = run("analogy", "v.txt", "man", "king", "woman", "--method", method, "-k", "1").ok()
    header, found = rows(done.stdout)
    assert header == ["a", "b", "c", "rank", "word", "score"]
    assert found[:5] == ["man", "king", "woman", "1", "queen"]
    stdin = "man king woman\nman\tking\tMartian\n"
    piped = cli("analogy", "v.txt", "-", "--method", method, "-k", "1", stdin=stdin).ok()
    assert piped.stdout == done.stdout
    piped.noted("Martian").noted("warning:", "1", "2")


def test_analogy_of_a_line_of_other_words(cli: Run) -> None:
    done = cli("analogy", "v.txt", "-", stdin="man king woman\n\nman king\n").failed(1, "line 3", "2", "3")
    assert done.stdout.count("\n") <= 1


def test_similarity(run: Run, cli: Run) -> None:
    done = run("similarity", "v.txt", "man", "king", "man", "man").ok()
    assert rows(done.stdout)[0] == ["word1", "word2", "cosine"]
    assert float(rows(done.stdout)[1][2]) == pytest.approx(1.01 / np.sqrt(1.01 * 2.01), abs=1e-6)
    assert rows(done.stdout)[2] == ["man", "man", "1"]
    piped = cli("similarity", "v.txt", "-", stdin="man king\nman martian\nman\tman\n").ok()
    assert len(rows(piped.stdout)) == 4  # a line for every line
    assert rows(piped.stdout)[2] == ["man", "martian", ""]
    piped.noted("warning:", "1", "3", alone=True)
    found = cli("similarity", "v.txt", "-", "--json", stdin="man king\nman martian\n").ok().json
    assert found[1] == {"word1": "man", "word2": "martian", "cosine": None}


@pytest.mark.parametrize("name", ["a.txt", "a.bin", "a.vec", "a.glove", "a.npy", "a.safetensors", "a.vectors"])
def test_convert_there_and_back(run: Run, tmp_path: Path, name: str) -> None:
    done = run("convert", "v.txt", name, "--json").ok()
    assert done.json["output"] == name
    assert (done.json["words"], done.json["dim"]) == (6, 3)
    assert done.stderr == f"wrote {name}\n"
    run("convert", name, "-o", "back.vectors", "-q").ok()
    run("convert", "back.vectors", "back.txt", "-q").ok()
    assert (tmp_path / "back.txt").read_bytes() == (tmp_path / "v.txt").read_bytes()
    assert run("neighbors", name, "개", "-k", "1").ok().stdout == run("neighbors", "v.txt", "개", "-k", "1").ok().stdout


def test_convert_to_an_artifact_twice_is_free(run: Run) -> None:
    first = run("convert", "v.txt", "a.vectors").ok()
    again = run("convert", "v.txt", "a.vectors").ok()
    assert again.stdout == first.stdout
    again.up_to_date("a.vectors", alone=True)
    recipe = read_manifest(Path("a.vectors")).recipe
    assert (recipe.kind, recipe.command, recipe.inputs[0].kind) == ("vectors", "convert", "vectors:file")
    run("convert", "v.txt", "a.vectors", "--limit", "2").failed(1, "limit None", "2", "--overwrite")
    run("convert", "v.txt", "a.vectors", "--limit", "2", "--overwrite").ok()
    assert json.loads(Path("a.vectors/manifest.json").read_text())["summary"]["words"] == 2


def test_convert_overwrites_when_told(run: Run) -> None:
    run("convert", "v.txt", "a.any", "--to", "glove").ok()
    before = Path("a.any").stat()
    run("convert", "v.txt", "a.any", "--to", "glove").up_to_date("a.any")
    assert Path("a.any").stat().st_mtime_ns == before.st_mtime_ns
    run("convert", "v.txt", "a.any", "--to", "glove", "--limit", "1").failed(1, "exists")
    assert Path("a.any").stat().st_mtime_ns == before.st_mtime_ns
    run("convert", "v.txt", "a.any", "--to", "glove", "--limit", "1", "--overwrite").ok()
    assert read_vectors(Path("a.any"))[0] == ["man"]


@pytest.mark.parametrize("name", ["a.txt", "a.bin", "a.vec", "a.glove", "a.npy", "a.safetensors"])
def test_converting_twice_is_up_to_date_and_a_file_of_another_is_kept(run: Run, tmp_path: Path, name: str) -> None:
    run("convert", "v.txt", name).noted("wrote")
    run("convert", "v.txt", name).up_to_date(name)
    (tmp_path / name).write_text("years of work")
    run("convert", "v.txt", name).failed(1, f"{name} exists", "--overwrite")
    assert (tmp_path / name).read_text() == "years of work"
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_convert_with_errors_skip(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_bytes(b"a 1 2\na 3 4\nb 5 6\n")
    run("convert", "d.txt", "d.vec").failed(1, "line 2", "'a'", "--errors skip")
    done = run("convert", "d.txt", "d.vec", "--errors", "skip").ok()
    done.noted("1", "left out")
    assert (tmp_path / "d.vec").read_text() == "2 2\na 1 2\nb 5 6\n"


def test_counts_become_npz(run: Run, tmp_path: Path, corpus_txt: Path) -> None:
    from typer.main import get_command

    from seqtool.cli.main import app

    commands: Any = get_command(app)
    if "cooccur" not in commands.commands:
        pytest.skip("there is no command cooccur")
    from scipy import sparse

    run("cooccur", "corpus.txt", "-o", "c.counts", "--min-count", "1", "-q").ok()
    run("convert", "c.counts", "c.vec").failed(2, "c.counts", ".npz")
    done = run("convert", "c.counts", COUNTS_FILE, "--json").ok().json
    matrix = sparse.load_npz(tmp_path / COUNTS_FILE)
    words = (tmp_path / "v.words.txt").read_text().splitlines()
    assert matrix.shape == (len(words), len(words)) == (done["words"], done["words"])
    assert done["nonzeros"] == matrix.nnz > 0
    assert matrix[words.index("on"), words.index("the")] > 0
    run("convert", "c.counts", COUNTS_FILE).up_to_date(COUNTS_FILE)
    (tmp_path / "v.words.txt").write_text("mine")
    run("convert", "c.counts", COUNTS_FILE).failed(1, "v.words.txt exists")
    assert (tmp_path / "v.words.txt").read_text() == "mine"
    (tmp_path / "v.words.txt").unlink()
    run("convert", "c.counts", COUNTS_FILE).ok()
    assert (tmp_path / "v.words.txt").read_text().splitlines() == words
    run("neighbors", "c.counts", "the").failed(1, "counts", "vectors")
