"""Artifacts that an earlier version made are read, evaluated and verified (tests/artifacts/README.md)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

MADE = Path(__file__).parents[1] / "artifacts"
VERSIONS = sorted(path for path in MADE.iterdir() if path.is_dir())
ARTIFACTS = sorted(path.parent for path in MADE.glob("*/*/manifest.json"))
KINDS = {
    "corpus",
    "counts",
    "matrix",
    "vectors",
    "document-vectors",
    "lm",
    "ngram",
    "seq2seq",
    "classifier",
    "tagger",
    "evaluation",
    "report",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(MADE))


@pytest.fixture(params=VERSIONS, ids=name_of)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of what a version made."""
    shutil.copytree(request.param, tmp_path / "old")
    return tmp_path / "old"


def test_every_kind_is_there() -> None:
    for version in VERSIONS:
        kinds = {
            json.loads((path / "manifest.json").read_text())["kind"] for path in version.iterdir() if path.is_dir()
        }
        assert kinds == KINDS, version


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=name_of)
def test_an_old_artifact_is_verified_and_described(run: Any, artifact: Path) -> None:
    assert run("info", artifact, "--verify", "--json").ok().json["problems"] == []
    manifest = json.loads((artifact / "manifest.json").read_text())
    assert run("info", artifact, "--json").ok().json["digest"] == manifest["digest"]
    assert run("info", artifact, "--lineage").ok().stdout


def summary_of(path: Path) -> Any:
    return json.loads((path / "manifest.json").read_text())["summary"]


@pytest.mark.parametrize(("model", "evaluation"), [("lstm.lm", "perplexity.eval"), ("bigram.lm", "bigram.eval")])
def test_an_old_language_model_has_the_perplexity_it_had(run: Any, old: Path, model: str, evaluation: str) -> None:
    found = run("perplexity", old / model, f"{old}/text.corpus:test", "--threads", "1", "--json").ok().json
    assert found["perplexity"] == pytest.approx(summary_of(old / evaluation)["perplexity"], rel=1e-5)
    assert run("generate", old / model, "--num", "1").ok().stdout


def test_old_vectors_have_the_neighbours_they_had(run: Any, old: Path) -> None:
    _, *kept = (old / "neighbors.eval" / "items.tsv").read_text().splitlines()
    found = run("neighbors", old / "svd.vectors", "the", "-k", "3", "--json").ok().json
    assert [row["word"] for row in found] == [line.split("\t")[2] for line in kept]
    for vectors in ("word2vec.vectors", "fasttext.vectors", "glove.vectors"):
        assert len(run("neighbors", old / vectors, "the", "-k", "2", "--json").ok().json) == 2


def test_old_models_answer(run: Any, old: Path) -> None:
    assert len(run("translate", old / "pairs.seq2seq", stdin="a b\n").ok().stdout.splitlines()) == 1
    for model in ("recurrent.classifier", "tfidf.classifier"):
        assert run("classify", old / model, stdin="the film is good\n").ok().stdout.startswith(("neg\t", "pos\t"))
    tagged = run("tag", old / "columns.tagger", old / "columns.txt").ok().stdout
    assert len(tagged.splitlines()) == len((old / "columns.txt").read_text().splitlines())
    assert run("perplexity", old / "transformer.lm", old / "text.txt", "--json").ok().json["tokens"] > 0


def test_what_is_made_from_old_artifacts(run: Any, old: Path, tmp_path: Path) -> None:
    """Old counts and matrices give what they gave; old artifacts go into a report; a comparison stands as it was."""
    run("svd", old / "text.matrix", "--dim", "4", "-o", tmp_path / "again.vectors", "--threads", "1").ok()
    assert len(run("vocab", tmp_path / "again.vectors", "--json").ok().json) > 10
    run("compare", old / "perplexity.eval", old / "bigram.eval", "--json").ok()
    not_shown = ("report", "text.document-vectors")
    shown = sorted(path.parent for path in old.glob("*/manifest.json") if path.parent.name not in not_shown)
    run("report", *shown, "-o", tmp_path / "report").ok()
