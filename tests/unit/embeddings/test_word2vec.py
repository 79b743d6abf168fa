"""train-word2vec: what it finds, the same bytes however it runs, and what is odd."""

from __future__ import annotations

import dataclasses
import itertools
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from finished import says
from marks import long_among

from seqtool.artifact.read import Artifact, open_artifact, read_manifest
from seqtool.corpus.artifact import open_corpus
from seqtool.embeddings import artifact as shared
from seqtool.embeddings import word2vec
from seqtool.embeddings.options import Word2vecOptions
from seqtool.embeddings.word2vec import Training, describe, train_word2vec
from seqtool.errors import ArtifactError, DivergedError, InputError, InterruptedRunError, UsageError
from seqtool.vectors.artifact import load_vectors, open_vectors

ROOT = Path(__file__).parents[3]
SMALL: dict[str, Any] = {"dim": 20, "epochs": 2, "threads": 1}
Made = Callable[[str], Artifact]


def questions() -> list[list[str]]:
    lines = (ROOT / "sample_corpora/toy_world.en.analogies.txt").read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if not line.startswith(":")]


def right(path: Path) -> float:
    """The share of the planted analogies that come out right."""
    vectors = load_vectors(path)
    ids = np.array([vectors.ids_of(question) for question in questions()])
    assert (ids >= 0).all()
    return float((vectors.analogies(ids[:, :3])[0][:, 0] == ids[:, 3]).mean())


def trained(corpus: Artifact, output: Path, **options: Any) -> np.ndarray:
    shutil.rmtree(output, ignore_errors=True)
    assert train_word2vec(corpus, Word2vecOptions(**{**SMALL, **options}), output)
    return np.array(open_vectors(open_artifact(output)).matrix)


METHODS = {
    "skipgram ns": {},
    "skipgram hs": {"loss": "hs"},
    "skipgram softmax": {"loss": "softmax", "epochs": 2, "lr": 0.05},
    "cbow ns": {"model": "cbow"},
    "cbow hs": {"model": "cbow", "loss": "hs"},
    "cbow softmax": {"model": "cbow", "loss": "softmax", "epochs": 3, "lr": 0.1},
    "hogwild": {"deterministic": False},
    "sums": {"add_contexts": True},
}


@pytest.mark.parametrize("method", long_among(METHODS, "skipgram softmax"))
def test_planted_analogies(toy: Artifact, tmp_path: Path, method: str) -> None:
    trained(toy, tmp_path / "v", **({"dim": 50, "epochs": 10, "threads": 2} | METHODS[method]))
    assert right(tmp_path / "v") >= 0.95
    losses = [float(line.split("\t")[3]) for line in (tmp_path / "v/history.tsv").read_text().splitlines()[1:]]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize(("model", "loss"), list(itertools.product(("skipgram", "cbow"), ("ns", "hs", "softmax"))))
def test_the_same_bytes_for_any_number_of_threads(
    made_corpus: Made, toy: Artifact, tmp_path: Path, model: str, loss: str
) -> None:
    corpus = made_corpus("a b c d e f g\n" * 3000) if loss == "softmax" else toy
    options = {"model": model, "loss": loss, "sample": 0.0 if loss == "softmax" else 1e-3}
    found = [trained(corpus, tmp_path / "v", threads=threads, **options) for threads in (1, 2, 3, 11)]
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)
    assert np.abs(found[0]).max() > 0.1
    assert np.abs(trained(corpus, tmp_path / "v", seed=2, **options) - found[0]).max() > 0.01


@pytest.mark.parametrize("change", [{}, {"model": "cbow"}, {"init_from": "other"}], ids=str)
def test_a_training_cut_off_goes_on_to_the_same_bytes(
    toy: Artifact, tmp_path: Path, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if change.get("init_from"):
        trained(toy, Path("other"), epochs=1)
    options = Word2vecOptions(**SMALL | {"epochs": 4} | change)
    train_word2vec(toy, options, Path("whole"))
    for stopped in (KeyboardInterrupt, MemoryError):
        with monkeypatch.context() as patched:
            _stop_in_epoch(3 if stopped is MemoryError else 2, stopped, patched)
            with pytest.raises(InterruptedRunError if stopped is KeyboardInterrupt else MemoryError):
                train_word2vec(toy, options, Path("cut"))
        assert read_manifest(Path("cut")).state == "training"
    assert train_word2vec(toy, options, Path("cut"))
    for name in ("vectors.npy", "history.tsv", "vocab.tsv", "manifest.json"):
        assert Path("cut", name).read_bytes() == Path("whole", name).read_bytes(), name
    assert not train_word2vec(toy, options, Path("cut"))


def _stop_in_epoch(number: int, error: type[BaseException], patched: pytest.MonkeyPatch) -> None:
    epoch = Training.epoch

    def stop(self: Training, *arguments: Any) -> Any:
        if self.state.epoch + 1 == number:
            raise error
        return epoch(self, *arguments)

    patched.setattr(Training, "epoch", stop)


def test_divergence_keeps_the_last_good_epoch(toy: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    epoch = Training.epoch

    def poisoned(self: Training, *arguments: Any) -> Any:
        if self.state.epoch == 2:
            self.weights.inputs[:] = np.inf
        return epoch(self, *arguments)

    monkeypatch.setattr(Training, "epoch", poisoned)
    with pytest.raises(DivergedError, match=r"epoch 3, .* 6\d\d,\d\d\d .* 0.00625.*epoch 2 "):
        trained(toy, tmp_path / "v", epochs=4)
    checkpoint = next((tmp_path / "v/checkpoint").iterdir())
    assert np.isfinite(np.load(checkpoint / "vectors.npy")).all()
    assert len((checkpoint / "history.tsv").read_text().splitlines()) == 3


@pytest.mark.parametrize("deterministic", [True, False])
def test_a_learning_rate_out_of_all_bounds_is_a_divergence(toy: Artifact, tmp_path: Path, deterministic: bool) -> None:
    with pytest.raises(DivergedError, match=r"epoch 1.*no epoch"):
        trained(toy, tmp_path / "v", lr=1e30, deterministic=deterministic)


@pytest.mark.parametrize("change", [{"lr": 0.4}, {"lr": 0.9, "model": "cbow"}], ids=str)
def test_a_loss_beyond_that_of_chance_is_a_divergence(toy: Artifact, tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(DivergedError, match="twice"):
        trained(toy, tmp_path / "v", dim=100, **change)


def test_what_a_vocabulary_emptied_by_min_count_says(toy: Artifact, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no word .* 10000000 "):
        trained(toy, tmp_path / "v", min_count=10_000_000)
    assert not (tmp_path / "v").exists()


@pytest.mark.parametrize("text", ["a\n", "a a a a\n", "a\nb\nc\n", "a b\n"], ids=repr)
@pytest.mark.parametrize("loss", ["ns", "hs", "softmax"])
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_tiny_texts_give_finite_vectors(made_corpus: Made, tmp_path: Path, text: str, model: str, loss: str) -> None:
    found = trained(made_corpus(text), tmp_path / "v", model=model, loss=loss, min_count=1, dim=1, sample=0.0)
    assert found.shape == (len(set(text.split())), 1)
    assert np.isfinite(found).all()


def test_where_no_word_has_a_neighbour_the_loss_is_0(
    made_corpus: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained(made_corpus("a\nb\n"), tmp_path / "v", min_count=1, sample=0.0)
    assert says(capsys.readouterr().err, "warning:", "word")
    assert open_artifact(tmp_path / "v").summary["loss"] == 0


def test_the_loss_is_the_mean_over_predictions(made_corpus: Made, tmp_path: Path) -> None:
    corpus = made_corpus("a b\n" * 50)
    trained(corpus, tmp_path / "v", min_count=1, sample=0.0, loss="softmax", window=1, epochs=1, lr=0.0)
    row = (tmp_path / "v/history.tsv").read_text().splitlines()[1].split("\t")
    assert row[:3] == ["1", "100", "100"]
    assert float(row[3]) == pytest.approx(math.log(2), rel=1e-5)


def test_lines_bound_windows_unless_told_otherwise(made_corpus: Made, tmp_path: Path) -> None:
    counts = {}
    for across in (False, True):
        trained(made_corpus("a\nb\n" * 50), tmp_path / "v", min_count=1, sample=0.0, across_lines=across, window=1)
        counts[across] = int((tmp_path / "v/history.tsv").read_text().splitlines()[1].split("\t")[2])
    assert counts == {False: 0, True: 198}


def test_a_long_text_is_read_in_parts(made_corpus: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word2vec, "PART", 50)
    trained(made_corpus("a b c d\n" * 100), tmp_path / "v", min_count=1, sample=0.0, window=1)
    count = int((tmp_path / "v/history.tsv").read_text().splitlines()[1].split("\t")[2])
    assert 600 - 2 * 10 <= count <= 600


def test_init_from_and_words_that_are_new(
    made_corpus: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.vec").write_text("2 3\na 1 2 3\nold 4 5 6\n")
    corpus = made_corpus("a b\n" * 9)
    options = {"init_from": "old.vec", "dim": 3, "min_count": 1, "lr": 0.0, "epochs": 1}
    trained(corpus, Path("v"), **options)
    vectors = load_vectors(Path("v"))
    assert vectors.words == ["a", "b"]
    assert vectors.matrix[0].tolist() == [1, 2, 3]
    assert says(capsys.readouterr().err, "1 word ", "old.vec", "1 new word")
    trained(corpus, Path("v"), **options, keep_words=True)
    vectors = load_vectors(Path("v"))
    assert vectors.words == ["a", "b", "old"]
    assert vectors.matrix[[0, 2]].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert {entry.kind for entry in read_manifest(Path("v")).recipe.inputs} == {"corpus", "vectors:file"}
    with pytest.raises(UsageError, match="--dim 3"):
        trained(corpus, Path("v"), **options | {"dim": 4})


def test_options_that_contradict_each_other(toy: Artifact, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--add-contexts"):
        trained(toy, tmp_path / "v", add_contexts=True, loss="hs")
    with pytest.raises(UsageError, match="--keep-words"):
        trained(toy, tmp_path / "v", keep_words=True)


def test_a_softmax_over_too_many_words_is_refused(
    toy: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word2vec, "MOST_SOFTMAX_WORDS", 100)
    with pytest.raises(UsageError, match="--max-vocab 100"):
        trained(toy, tmp_path / "v", loss="softmax")
    assert trained(toy, tmp_path / "v", loss="softmax", max_vocab=100, epochs=1).shape == (100, 20)


def test_the_learning_rate_falls_in_a_line(toy: Artifact) -> None:
    training = Training(open_corpus(toy), Word2vecOptions(lr=0.1, epochs=2, min_lr=0.01))
    first, last = training.kept.first, training.kept.last
    rates = [training._rate(0, first), training._rate(0, last), training._rate(1, first), training._rate(1, last)]
    assert rates == pytest.approx([0.1, 0.05, 0.05, 0.001])


def test_a_dry_run_tells_sizes(toy: Artifact) -> None:
    told = describe(toy, Word2vecOptions(model="cbow"))
    assert (told["lr"], told["tokens_per_epoch"], told["model"]) == (0.05, 198_246, "cbow")
    assert told["weights_mb"] == round(2 * (told["words"] + 1) * 112 * 4 / 2**20, 1)


def test_a_damaged_checkpoint_is_told(toy: Artifact, tmp_path: Path) -> None:
    options = Word2vecOptions(**SMALL)
    training = Training(open_corpus(toy), options)
    shared.write(training, tmp_path)
    np.save(tmp_path / "inputs.npy", np.zeros((3, 3), np.float32))
    with pytest.raises(ArtifactError, match="damaged"):
        shared.load(Training(open_corpus(toy), options), tmp_path)
    wider = dataclasses.replace(options, dim=21)
    with pytest.raises(ArtifactError, match="damaged"):
        shared.load(Training(open_corpus(toy), wider), tmp_path)
