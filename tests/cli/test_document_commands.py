"""document-vectors and plot-vectors: answers, files, refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import open_artifact
from seqtool.artifact.scratch import scratch_folder
from seqtool.artifact.write import RunRecord, write_artifact
from seqtool.corpus.options import PreprocessOptions
from seqtool.options import determining
from seqtool.vectors.artifact import write_vectors

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
ANIMALS, PLACES = ("cat", "dog", "bird"), ("mat", "park", "hill")
TEXT = "cat dog\nDOG bird\n\nmat park\nmartian\nhill mat mat\nbird cat\n"
GLOVE = "".join(f"{word} {1 + row / 10} {row / 7} 0.1\n" for row, word in enumerate(ANIMALS)) + "".join(
    f"{word} {row / 9} -0.2 {1 + row / 10}\n" for row, word in enumerate(PLACES)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "t.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "g.txt").write_text(GLOVE, encoding="utf-8")
    make_vectors(tmp_path / "w.vectors", lower=True)
    return tmp_path


def make_vectors(path: Path, lower: bool) -> None:
    rows = [line.split(" ") for line in GLOVE.splitlines()]
    matrix = np.array([row[1:] for row in rows], np.float32)
    with write_artifact(path, Recipe("vectors", "svd", {}), RunRecord()) as draft:
        write_vectors(draft, [row[0] for row in rows], np.arange(9, 3, -1), matrix)
        draft.summary.update(words=6, dim=3, preprocessing=determining(PreprocessOptions(lower=lower)))


def test_vectors_of_subwords_carry_the_tokenizer(run: Run, corpus_txt: Path) -> None:
    run("preprocess", corpus_txt, "-o", "b.corpus", "--tokenizer", "bpe", "--vocab-size", "300").ok()
    run("cooccur", "b.corpus", "--min-count", "1").ok()
    run("ppmi", "b.cooccur.counts").ok()
    run("svd", "b.ppmi.matrix", "--dim", "4").ok()
    run("train-glove", "b.cooccur.counts", "--dim", "4", "--epochs", "1").ok()
    run("train-word2vec", "b.corpus", "--dim", "4", "--epochs", "1", "--min-count", "1").ok()
    for vectors in ("b.svd.vectors", "b.glove.vectors", "b.word2vec.vectors"):
        done = run("document-vectors", vectors, corpus_txt, "-o", f"{vectors}.documents", "--json").ok()
        assert done.json["unknown"] == 0


def test_a_vector_per_line(run: Run, folder: Path) -> None:
    done = run("document-vectors", "w.vectors", "t.txt", "-o", "d", "--weighting", "mean", "--format", "tsv").ok()
    answer = dict(line.split("\t") for line in done.stdout.splitlines())
    assert answer == {
        "documents": "d",
        "lines": "7",
        "empty": "2",
        "tokens": "12",
        "unknown": "1",
        "dim": "3",
        "weighting": "mean",
    }
    assert done.stderr.splitlines()[-1] == "wrote d"
    artifact = open_artifact(folder / "d", "document-vectors")
    vectors = artifact.array("vectors.npy", ("float32",), 2)
    assert vectors.shape == (7, 3)
    assert vectors[1] == pytest.approx([1.15, 1.5 / 7, 0.1]), "the text is lower-cased as the vectors' corpus was"
    assert not vectors[[2, 4]].any()
    assert [entry.kind for entry in artifact.manifest.recipe.inputs] == ["vectors", "text"]
    assert artifact.manifest.recipe.seed is None
    assert {"what": "tokens", "count": 1, "why": "without a vector, left out"} in artifact.manifest.ledger


def test_clusters(run: Run, folder: Path) -> None:
    common = ("document-vectors", "w.vectors", "t.txt", "-o", "d", "--clusters", "2", "--weighting", "mean")
    record = run(*common, "--json").ok().json
    assert [row["lines"] for row in record["clusters"]] == [3, 2]
    assert set(record["clusters"][0]["words"][:3]) == set(ANIMALS)
    assert set(record["clusters"][1]["words"][:3]) == set(PLACES)
    header, *rows = [line.split("\t") for line in (folder / "d" / "clusters.tsv").read_text().splitlines()]
    assert header == ["line", "cluster", "distance"]
    assert [row[:2] for row in rows] == [
        ["1", "0"],
        ["2", "0"],
        ["3", "-1"],
        ["4", "1"],
        ["5", "-1"],
        ["6", "1"],
        ["7", "0"],
    ]
    again = run(*common, "--format", "tsv").ok()
    again.up_to_date("d", alone=True)
    assert "cluster 0\t3 lines: " in again.stdout
    run(*common, "--seed", "2").failed(1, "seed", "--overwrite")
    run(*common, "--seed", "2", "--overwrite").ok()
    assert open_artifact(folder / "d").manifest.recipe.seed == 2
    run("document-vectors", "w.vectors", "t.txt", "-o", "e", "--clusters", "6").failed(1, "--clusters 6", "5")
    assert not (folder / "e").exists()


def test_the_same_bytes_and_another_text(run: Run, folder: Path) -> None:
    common = ("document-vectors", "w.vectors", "t.txt")
    run(*common).ok()
    assert (folder / "t.sif.documents").is_dir()
    run(*common, "-o", "d").ok()
    assert open_artifact(folder / "d").manifest.digest == open_artifact(folder / "t.sif.documents").manifest.digest
    (folder / "t.txt").write_text("cat\ndog\n")
    run(*common, "-o", "d").failed(1, "inputs", "--overwrite")
    run(*common, "-o", "d", "--weighting", "idf").failed(1, "weighting 'sif'", "'idf'")


def test_a_file_of_vectors_says_nothing_of_its_text(run: Run, folder: Path) -> None:
    done = run("document-vectors", "g.txt", "t.txt", "-o", "d", "--json").ok()
    done.noted("g.txt")
    assert done.json["unknown"] == 2, "DOG is not dog"
    done = run("document-vectors", "g.txt", "t.txt", "-o", "e", "--lower", "--json").ok()
    assert "g.txt" not in done.stderr
    assert done.json["unknown"] == 1


def test_a_corpus_is_a_text(run: Run, folder: Path) -> None:
    run("preprocess", "t.txt", "-o", "l.corpus", "--lower", "--threads", "1").ok()
    run("preprocess", "t.txt", "-o", "t.corpus", "--threads", "1").ok()
    record = run("document-vectors", "w.vectors", "l.corpus", "-o", "d", "--json").ok().json
    assert (record["lines"], record["unknown"]) == (7, 1)
    run("document-vectors", "w.vectors", "l.corpus", "-o", "d").ok()
    run("document-vectors", "w.vectors", "t.corpus", "-o", "e").failed(1, "--lower", "--no-lower")


def test_a_pipe(cli: Run, folder: Path) -> None:
    script = ("document-vectors", "w.vectors", "-", "-o", "d", "--json")
    assert cli(*script, stdin="cat\n\ndog dog").ok().json["lines"] == 3
    cli(*script, stdin="cat\n\ndog dog").up_to_date("d")
    cli(*script, stdin="dog\n").failed(1, "inputs")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing", "t.txt"], 1, ["missing"]),
        (["w.vectors", "missing.txt"], 1, ["missing.txt", "exist"]),
        (["w.vectors", "t.txt", "--weighting", "best"], 2, ["--weighting"]),
        (["w.vectors", "t.txt", "--clusters", "0"], 2, ["--clusters"]),
        (["w.vectors", "t.txt", "--sif-a", "0"], 2, ["--sif-a"]),
        (["w.vectors", "t.txt", "--no-lower"], 2, ["--no-lower", "w.vectors", "--lower"]),
        (["w.vectors", "t.txt", "--tokenizer", "char"], 2, ["--tokenizer char"]),
        (["w.vectors", "t.txt", "--errors", "skip"], 2, ["--errors replace"]),
        (["w.vectors", "w.vectors"], 1, ["w.vectors", "corpus"]),
        (["w.vectors"], 2, ["missing argument"]),
    ],
    ids=str,
)
def test_document_vectors_refuses(run: Run, folder: Path, arguments: list[str], code: int, words: list[str]) -> None:
    assert run("document-vectors", *arguments, "-o", "new").failed(code, *words).stdout == ""
    assert not (folder / "new").exists()


def test_a_picture(run: Run, folder: Path) -> None:
    done = run("plot-vectors", "w.vectors", "-o", "p.svg").ok()
    assert (done.stdout, done.stderr) == ("", "wrote p.svg\n")
    first = (folder / "p.svg").read_bytes()
    run("plot-vectors", "w.vectors", "-o", "p.svg").up_to_date("p.svg", alone=True)
    for suffix in ("png", "pdf"):
        run("plot-vectors", "w.vectors", "-o", f"p.{suffix}").noted("wrote")
        run("plot-vectors", "w.vectors", "-o", f"p.{suffix}").up_to_date(f"p.{suffix}")
    run("plot-vectors", "w.vectors", "--num", "3", "-o", "p.svg").failed(1, "p.svg exists", "--overwrite")
    assert (folder / "p.svg").read_bytes() == first
    run("plot-vectors", "w.vectors", "-o", "p.svg", "--overwrite").ok()
    assert (folder / "p.svg").read_bytes() == first


def test_coordinates(run: Run, folder: Path) -> None:
    rows = run("plot-vectors", "w.vectors", "--num", "4", "--json").ok().json
    assert [row["word"] for row in rows] == ["cat", "dog", "bird", "mat"]
    assert set(rows[0]) == {"word", "x", "y"}
    assert sorted(path.name for path in folder.iterdir()) == ["g.txt", "t.txt", "w.vectors"]
    table = run("plot-vectors", "g.txt", "dog", "hill", "mat", "dog", "--format", "tsv", "-o", "p.pdf").ok().stdout
    assert [line.split("\t")[0] for line in table.splitlines()] == ["word", "dog", "hill", "mat"]
    assert (folder / "p.pdf").is_file()
    shown = [run("plot-vectors", "w.vectors", "--method", "tsne", "--seed", seed, "--json").ok().json for seed in "11"]
    assert shown[0] == shown[1]


def test_letters_without_a_font_are_told_once(run: Run, folder: Path) -> None:
    (folder / "k.vec").write_text("3 2\n\ue999 1 0\n\ue998\ue999 0 1\nword 1 1\n", encoding="utf-8")
    done = run("plot-vectors", "k.vec", "-o", "k.png").ok()
    done.noted("font", "2", "fonts-nanum")
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["w.vectors"], 2, ["-o FILE.png", "--json"]),
        (["w.vectors", "-o", "p.jpg"], 2, ["p.jpg", ".png", ".svg", ".pdf"]),
        (["w.vectors", "-o", "w.vectors"], 1, ["w.vectors", "kind vectors", "evaluation"]),
        (["w.vectors", "catt", "dog", "--json"], 1, ["catt", "cat"]),
        (["w.vectors", "cat", "--json"], 1, ["1", "2"]),
        (["w.vectors", "cat", "dog", "mat", "--method", "tsne", "--json"], 1, ["at least 4"]),
        (["w.vectors", "--num", "1", "--json"], 2, ["--num"]),
        (["w.vectors", "--method", "umap", "--json"], 2, ["--method"]),
        (["missing", "--json"], 1, ["missing"]),
        (["w.vectors", "-o", "g.txt/p.png"], 1, ["cannot write g.txt/p.png"]),
    ],
    ids=str,
)
def test_plot_vectors_refuses(run: Run, folder: Path, arguments: list[str], code: int, words: list[str]) -> None:
    assert run("plot-vectors", *arguments).failed(code, *words).stdout == ""


def test_what_a_killed_command_left_goes_where_the_result_is_up_to_date_too(run: Run, folder: Path) -> None:
    run("document-vectors", "w.vectors", "t.txt", "-o", "d").ok()
    before = {path.name for path in folder.iterdir()}
    with scratch_folder(folder) as living:
        orphan = folder / living.name.replace(living.name[-8:], "0" * 8)
        orphan.mkdir()
        run("document-vectors", "w.vectors", "t.txt", "-o", "d", "--overwrite").ok()
        assert {path.name for path in folder.iterdir()} == before | {living.name}
