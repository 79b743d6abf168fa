"""The ``vectors`` artifact: written, opened checked, made of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import open_artifact
from seqtool.artifact.write import RunRecord, write_artifact
from seqtool.errors import ArtifactError, InputError, OutputError
from seqtool.vectors.artifact import import_vectors, load_vectors, open_vectors, vectors_input, write_vectors
from seqtool.vectors.formats.sniff import write_vectors_file
from seqtool.vectors.options import VectorFileOptions

WORDS = ["the", "a\tb", "고양이"]
MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)


@pytest.fixture
def made_vectors(tmp_path: Path) -> Path:
    path = tmp_path / "v.vectors"
    with write_artifact(path, Recipe("vectors", "svd", {"dim": 2}), RunRecord()) as draft:
        write_vectors(draft, WORDS, np.array([5, 3, 1]), MATRIX)
        draft.summary.update(words=3, dim=2)
    return path


def test_an_artifact_is_what_was_written(made_vectors: Path) -> None:
    vectors = load_vectors(made_vectors)
    assert (vectors.words, vectors.matrix.tolist()) == (WORDS, MATRIX.tolist())
    assert vectors.counts is not None
    assert vectors.counts.tolist() == [5, 3, 1]
    assert isinstance(vectors.matrix, np.memmap)
    cut = load_vectors(made_vectors, limit=2)
    assert (len(cut), cut.matrix.shape, cut.counts.tolist()) == (2, (2, 2), [5, 3])  # type: ignore[union-attr]


def test_counts_that_are_not_known_are_none(tmp_path: Path) -> None:
    with write_artifact(tmp_path / "v", Recipe("vectors", "x", {}), RunRecord()) as draft:
        write_vectors(draft, WORDS, None, MATRIX)
    assert load_vectors(tmp_path / "v").counts is None


def npy(**changes: Any) -> Any:
    return lambda path: np.save(path / "vectors.npy", np.zeros(**changes))


@pytest.mark.parametrize(
    "spoil",
    [
        npy(shape=(4, 2), dtype=np.float32),
        npy(shape=(3, 2), dtype=np.float64),
        npy(shape=(6,), dtype=np.float32),
        npy(shape=(3, 0), dtype=np.float32),
        lambda path: (path / "vectors.npy").write_bytes(b"junk"),
        lambda path: (path / "vocab.tsv").write_bytes(b"the\t5\nthe\t3\nx\t1\n"),
        lambda path: (path / "vocab.tsv").write_bytes(b"the\t5\n"),
        lambda path: (path / "vocab.tsv").write_bytes(b"\xff\xfe"),
    ],
)
def test_a_hostile_artifact_is_refused(made_vectors: Path, forge: Any, spoil: Any) -> None:
    spoil(made_vectors)
    forge(made_vectors)
    with pytest.raises(ArtifactError) as caught:
        open_vectors(open_artifact(made_vectors))
    assert "\n" not in str(caught.value)


def test_vectors_of_another_kind_are_refused(made: Path) -> None:
    with pytest.raises(ArtifactError, match=r"is a corpus.* vectors"):
        load_vectors(made / "c.corpus")


def test_as_input(made_vectors: Path, tmp_path: Path) -> None:
    assert vectors_input(made_vectors).manifest is not None
    write_vectors_file(tmp_path / "x.txt", ["a"], MATRIX[:1], "word2vec")
    given = vectors_input(tmp_path / "x.txt")
    assert (given.name, given.kind, given.manifest) == ("x.txt", "vectors:file", None)


def test_importing_a_file_twice_is_free(tmp_path: Path) -> None:
    source, output = tmp_path / "x.txt", tmp_path / "x.vectors"
    write_vectors_file(source, ["a", "b"], MATRIX[:2], "word2vec")
    assert import_vectors(source, VectorFileOptions(), output)
    assert not import_vectors(source, VectorFileOptions(), output)
    assert load_vectors(output).matrix.tolist() == MATRIX[:2].tolist()
    assert open_artifact(output).summary == {"method": "imported", "words": 2, "dim": 2}
    with pytest.raises(OutputError, match="--overwrite"):
        import_vectors(source, VectorFileOptions(limit=1), output)
    assert import_vectors(source, VectorFileOptions(limit=1), output, overwrite=True)
    assert load_vectors(output).words == ["a"]
    source.write_text("not vectors\n")
    with pytest.raises(InputError):
        import_vectors(source, VectorFileOptions(), output, overwrite=True)
    assert load_vectors(output).words == ["a"]


def test_an_artifact_of_an_artifact_keeps_counts_summary_and_tokenizer(made_vectors: Path, tmp_path: Path) -> None:
    source = tmp_path / "s.vectors"
    with write_artifact(source, Recipe("vectors", "svd", {}), RunRecord()) as draft:
        write_vectors(draft, WORDS, np.array([5, 3, 1]), MATRIX)
        (draft.path / "tokenizer.json").write_text("{}")
        draft.summary.update(method="svd", words=3, dim=2)
    import_vectors(source, VectorFileOptions(limit=2), tmp_path / "o.vectors")
    opened = open_artifact(tmp_path / "o.vectors")
    assert opened.summary == {"method": "svd", "words": 2, "dim": 2}
    assert opened.has("tokenizer.json")
    assert load_vectors(opened.path).counts.tolist() == [5, 3]  # type: ignore[union-attr]
    assert opened.manifest.recipe.inputs[0].manifest is not None
