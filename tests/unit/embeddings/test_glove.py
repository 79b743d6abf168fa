"""train-glove: what it finds, its blocks, the same bytes however it runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtool.artifact.read import Artifact, open_artifact, read_manifest
from seqtool.embeddings.glove.shuffled_counts import shuffled
from seqtool.embeddings.glove.train import GloveTraining, describe, train_glove
from seqtool.embeddings.options import GloveOptions
from seqtool.errors import ArtifactError, DivergedError
from seqtool.vectors.artifact import load_vectors

ROOT = Path(__file__).parents[3]
SMALL: dict[str, Any] = {"dim": 20, "epochs": 2, "threads": 1}


def trained(counts: Artifact, output: Path, **options: Any) -> np.ndarray:
    shutil.rmtree(output, ignore_errors=True)
    assert train_glove(counts, GloveOptions(**{**SMALL, **options}), output)
    return np.array(load_vectors(output).matrix)


def test_planted_analogies(toy_counts: Artifact, tmp_path: Path) -> None:
    trained(toy_counts, tmp_path / "v", dim=50, epochs=25, x_max=10.0, threads=2)
    vectors = load_vectors(tmp_path / "v")
    lines = (ROOT / "sample_corpora/toy_world.en.analogies.txt").read_text(encoding="utf-8").splitlines()
    ids = np.array([vectors.ids_of(line.split()) for line in lines if not line.startswith(":")])
    assert (vectors.analogies(ids[:, :3])[0][:, 0] == ids[:, 3]).mean() >= 0.95
    losses = [float(line.split("\t")[3]) for line in (tmp_path / "v/history.tsv").read_text().splitlines()[1:]]
    assert losses == sorted(losses, reverse=True)


def test_blocks_hold_every_entry_once_in_random_order(toy_counts: Artifact, tmp_path: Path) -> None:
    from seqtool.counts.artifact import open_counts

    matrix = open_counts(toy_counts).tocoo()
    size = matrix.shape[0]
    expected = {(int(r), int(c)): v for r, c, v in zip(matrix.row, matrix.col, matrix.data, strict=True)}
    with shuffled(toy_counts, size, 1, tmp_path) as entries:
        assert entries.sides == 16
        seen = 0
        for i in range(16):
            for j in range(16):
                rows, columns, logs = entries.block(i, j)
                assert (rows % 16 == i).all()
                assert (columns % 16 == j).all()
                for r, c, log in zip(rows.tolist(), columns.tolist(), logs.tolist(), strict=True):
                    assert np.exp(log) == pytest.approx(expected[r, c], rel=1e-5)
                seen += len({*zip(rows.tolist(), columns.tolist(), strict=True)})
        assert seen == len(expected)
        rows = entries.block(0, 0)[0].copy()
        assert rows.tolist() != sorted(rows.tolist())
    with shuffled(toy_counts, size, 2, tmp_path) as entries:
        assert entries.block(0, 0)[0].tolist() != rows.tolist()
    assert not any(tmp_path.iterdir())


def test_the_same_bytes_for_any_number_of_threads(toy_counts: Artifact, tmp_path: Path) -> None:
    found = [trained(toy_counts, tmp_path / "v", threads=threads) for threads in (1, 2, 5)]
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)
    assert np.abs(trained(toy_counts, tmp_path / "v", seed=2) - found[0]).max() > 0.01


def test_a_training_cut_off_goes_on_with_its_squares(
    toy_counts: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = GloveOptions(**SMALL | {"epochs": 4})
    train_glove(toy_counts, options, tmp_path / "whole")
    epoch = GloveTraining.epoch

    def stop(self: GloveTraining, *arguments: Any) -> Any:
        if self.state.epoch == 2:
            raise MemoryError
        return epoch(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(GloveTraining, "epoch", stop)
        with pytest.raises(MemoryError):
            train_glove(toy_counts, options, tmp_path / "cut")
    assert read_manifest(tmp_path / "cut").state == "training"
    train_glove(toy_counts, options, tmp_path / "cut")
    for name in ("vectors.npy", "history.tsv", "vocab.tsv", "manifest.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert not train_glove(toy_counts, options, tmp_path / "cut")


def test_divergence(toy_counts: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = GloveTraining.__init__

    def poisoned(self: GloveTraining, *arguments: Any) -> None:
        start(self, *arguments)
        self.weights.inputs[0] = np.inf

    monkeypatch.setattr(GloveTraining, "__init__", poisoned)
    with pytest.raises(DivergedError, match=r"epoch 1, .* 0.05.*no epoch"):
        trained(toy_counts, tmp_path / "v")


def test_words_alone_or_with_contexts(toy_counts: Artifact, tmp_path: Path) -> None:
    both, alone = (trained(toy_counts, tmp_path / "v", add_contexts=value) for value in (True, False))
    assert np.abs(both - alone).max() > 0.05
    assert open_artifact(tmp_path / "v").summary["method"] == "glove"


def test_counts_that_do_not_fit_are_told(toy_counts: Artifact, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="match"), shuffled(toy_counts, 3, 1, tmp_path):
        pass


def test_one_word_and_a_dim_of_1(made_corpus: Any, tmp_path: Path) -> None:
    from seqtool.counts.artifact import build_counts
    from seqtool.counts.options import CooccurOptions

    build_counts(made_corpus("a a a\n" * 5), CooccurOptions(min_count=1), tmp_path / "c")
    found = trained(open_artifact(tmp_path / "c"), tmp_path / "v", dim=1)
    assert found.shape == (1, 1)
    assert np.isfinite(found).all()


def test_a_dry_run_tells_sizes(toy_counts: Artifact) -> None:
    told = describe(toy_counts, GloveOptions())
    assert told["entries"] == toy_counts.summary["entries"]
    assert told["disk_mb"] == round(12 * told["entries"] / 2**20, 1)
