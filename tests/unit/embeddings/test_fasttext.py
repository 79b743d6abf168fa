"""train-fasttext: words spelled by n-grams, the same bytes however it runs, and vectors for unknown words."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from marks import long_among

from seqtool.artifact.read import Artifact, open_artifact, read_manifest
from seqtool.corpus.artifact import build_corpus, open_corpus
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.embeddings.options import FasttextOptions
from seqtool.embeddings.schedules.replicas import ReplicaSet, progress_at
from seqtool.embeddings.subwords import spell_vocabulary, word_vectors
from seqtool.embeddings.weights import Weights
from seqtool.embeddings.word2vec import Training, describe, train_word2vec
from seqtool.errors import InterruptedRunError, UsageError
from seqtool.vectors.artifact import load_vectors, open_vectors
from seqtool.vectors.ngrams import NgramRule

ROOT = Path(__file__).parents[3]
SMALL: dict[str, Any] = {"dim": 20, "epochs": 2, "threads": 1}
Made = Callable[[str], Artifact]


def trained(corpus: Artifact, output: Path, **options: Any) -> np.ndarray:
    shutil.rmtree(output, ignore_errors=True)
    assert train_word2vec(corpus, FasttextOptions(**{**SMALL, **options}), output)
    return np.array(open_vectors(open_artifact(output)).matrix)


def right(path: Path) -> float:
    """The share of the planted analogies that come out right."""
    lines = (ROOT / "sample_corpora/toy_world.en.analogies.txt").read_text(encoding="utf-8").splitlines()
    vectors = load_vectors(path)
    ids = np.array([vectors.ids_of(line.split()) for line in lines if not line.startswith(":")])
    assert (ids >= 0).all()
    return float((vectors.analogies(ids[:, :3])[0][:, 0] == ids[:, 3]).mean())


METHODS = {
    "skipgram ns": {},
    "skipgram hs": {"loss": "hs"},
    "skipgram softmax": {"loss": "softmax", "epochs": 2},
    "cbow ns": {"model": "cbow", "epochs": 20},
    "cbow hs": {"model": "cbow", "loss": "hs"},
    "hogwild": {"deterministic": False},
    "jamo": {"units": "jamo"},
    "words only": {"maxn": 0},
}


@pytest.mark.parametrize("method", long_among(METHODS, "skipgram softmax"))
def test_planted_analogies(toy: Artifact, tmp_path: Path, method: str) -> None:
    trained(toy, tmp_path / "v", **({"dim": 50, "epochs": 10, "threads": 2} | METHODS[method]))
    assert right(tmp_path / "v") >= 0.95


@pytest.mark.parametrize("change", [{}, {"model": "cbow"}, {"loss": "hs"}, {"bucket": 50}], ids=str)
def test_the_same_bytes_for_any_number_of_threads(toy: Artifact, tmp_path: Path, change: dict[str, Any]) -> None:
    found = [trained(toy, tmp_path / "v", threads=threads, epochs=1, **change) for threads in (1, 2, 3, 11)]
    ngrams = np.load(tmp_path / "v/ngrams.npy")
    assert np.abs(ngrams).max() > 0.1
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_a_word_is_the_mean_of_its_parts(toy: Artifact) -> None:
    training = Training(open_corpus(toy), FasttextOptions(dim=20))
    spelling, weights = training.spelling, training.weights
    assert spelling is not None
    rows = weights.rows(weights.inputs)
    starts, buckets = spelling.rule.buckets(training.kept.words)
    for v in (0, 1, len(starts) - 2):
        own = np.searchsorted(spelling.buckets_G, buckets[starts[v] : starts[v + 1]]) + weights.words
        expected = np.concatenate([rows[[v]], rows[own]]).mean(axis=0)
        np.testing.assert_allclose(word_vectors(weights)[v], expected, atol=1e-7)


def test_every_part_of_a_word_receives_its_change() -> None:
    spelling = spell_vocabulary(["ab", "abc"], NgramRule(2, 2, 10**6), np.ones(2))
    weights = Weights(2, 4, parts=spelling.parts)
    weights.start(1)
    before = weights.rows(weights.inputs).copy()
    copies = ReplicaSet(weights.inputs, 2, 2, weights.stride, 2, 1, spelling.parts)
    numbers, slots = np.full(3, -1, np.int32), np.zeros(3, np.int32)
    changes = {0: {0: 1.0, 1: 10.0}, 1: {1: 30.0}}  # by shard, by word
    for shard, changed in changes.items():
        assert copies.gather(shard, np.array(list(changed), np.int32), 2, numbers, slots) == len(changed)
        for slot, change in enumerate(changed.values()):
            copies.copies_S[shard][slot * weights.stride :][: weights.dim] += change
        copies.differences(shard)
    progress = progress_at(0.1)
    copies.scatter_add(0, 1, progress)
    moved = weights.rows(weights.inputs) - before
    both = 40.0 * progress[2] / (2 * progress[1])
    starts, rows = spelling.parts.starts_V1, spelling.parts.rows
    shared = set(rows[starts[0] : starts[1]]) & set(rows[starts[1] : starts[2]])
    assert len(shared) == 2  # <a and ab
    for row in range(spelling.parts.count):
        expected = (row in rows[starts[0] : starts[1]]) * 1.0 + (row in rows[starts[1] : starts[2]]) * both
        np.testing.assert_allclose(moved[row], expected, rtol=1e-5)


def test_words_that_share_rows_hold_each_other_back() -> None:
    spelling = spell_vocabulary(["ab", "abc", "xy"], NgramRule(2, 2, 10**6), np.array([1.0, 2.0, 1.0]))
    # ab: itself, <a, ab, b>; abc: itself, <a, ab, bc, c>; xy: itself, <x, xy, y>.
    np.testing.assert_allclose(spelling.parts.sharing_V, [2 / 4 * 2 / 4, 2 / 5 * 1 / 4, 0])
    moved = {}
    for positions in (0, 100):
        weights = Weights(3, 4, parts=spelling.parts)
        copies = ReplicaSet(weights.inputs, 3, 3, weights.stride, 1, 1, spelling.parts, positions)
        copies.gather(0, np.array([0, 2], np.int32), 3, np.full(4, -1, np.int32), np.zeros(3, np.int32))
        copies.copies_S[0][: 2 * weights.stride] += 1
        copies.differences(0)
        copies.scatter_add(0, 1, progress_at(0.1))
        moved[positions] = weights.rows(weights.inputs)[[0, 2], 0].tolist()
    assert moved[0] == [1, 1]
    assert moved[100][0] < 0.8
    assert moved[100][1] == 1


@pytest.mark.parametrize("change", [{"bucket": 5}, {"minn": 1, "maxn": 1}, {"bucket": 2, "model": "cbow"}], ids=str)
def test_few_buckets_do_not_diverge(toy: Artifact, tmp_path: Path, change: dict[str, Any]) -> None:
    trained(toy, tmp_path / "v", dim=100, **change)


def test_only_buckets_that_are_seen_take_room(made_corpus: Made, tmp_path: Path) -> None:
    corpus = made_corpus("abc abd\n" * 5)
    trained(corpus, tmp_path / "v", minn=3, maxn=3, epochs=1)
    ngrams = load_vectors(tmp_path / "v").ngrams
    assert ngrams is not None
    assert ngrams.matrix_GD.shape == (5, 20)  # <ab abc bc> abd bd>
    assert describe(corpus, FasttextOptions(minn=3, maxn=3))["ngrams"] == 5
    assert open_artifact(tmp_path / "v").summary["ngrams"] == 5
    trained(corpus, tmp_path / "v", minn=3, maxn=3, bucket=1, epochs=1)
    assert np.load(tmp_path / "v/ngrams.npy").shape == (1, 20)


def test_unknown_words_are_near_those_they_are_spelled_like(toy: Artifact, tmp_path: Path) -> None:
    trained(toy, tmp_path / "v", dim=50, epochs=5)
    vectors = load_vectors(tmp_path / "v")
    assert vectors.ids_of(["grandmotherly", "seoulese"]).tolist() == [-1, -1]
    rows = vectors.rows_of(["grandmotherly", "seoulese"])
    nearest = vectors.neighbors(vectors.unit(rows), 1)[0][:, 0]
    assert [vectors.words[row] for row in nearest] == ["grandmother", "seoul"]


def test_a_training_cut_off_goes_on_to_the_same_bytes(
    toy: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = FasttextOptions(**SMALL | {"epochs": 3})
    train_word2vec(toy, options, Path("whole"))
    epoch = Training.epoch

    def stop(self: Training, *arguments: Any) -> Any:
        if self.state.epoch == 1:
            raise KeyboardInterrupt
        return epoch(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Training, "epoch", stop)
        with pytest.raises(InterruptedRunError):
            train_word2vec(toy, options, Path("cut"))
    assert train_word2vec(toy, options, Path("cut"))
    for name in ("vectors.npy", "ngrams.npy", "buckets.npy", "ngrams.json", "manifest.json"):
        assert Path("cut", name).read_bytes() == Path("whole", name).read_bytes(), name
    assert read_manifest(Path("cut")).recipe.command == "train-fasttext"


def test_init_from_goes_on_from_words_and_ngrams(
    made_corpus: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"min_count": 1, "epochs": 1, "sample": 0.0}
    before = trained(made_corpus("abcd abce\n" * 50), tmp_path / "old", **options)
    (tmp_path / "more").mkdir()
    text = tmp_path / "more/text.txt"
    text.write_text("abce abcf\n" * 9)
    build_corpus([str(text)], SourceOptions(), PreprocessOptions(), tmp_path / "more/c")
    corpus = open_artifact(tmp_path / "more/c")
    grown = trained(corpus, tmp_path / "v", **options, init_from=str(tmp_path / "old"), lr=0.0)
    old, new = load_vectors(tmp_path / "old"), load_vectors(tmp_path / "v")
    np.testing.assert_allclose(grown[new.ids["abce"]], before[old.ids["abce"]], atol=1e-6)
    assert "n-grams" in capsys.readouterr().err
    assert old.ngrams is not None
    assert new.ngrams is not None
    bucket = new.ngrams.rule.buckets(["abc"])[1][:1]  # <ab
    row = new.ngrams.matrix_GD[new.ngrams.rows_of(bucket)]
    np.testing.assert_array_equal(row, old.ngrams.matrix_GD[old.ngrams.rows_of(bucket)])


def test_a_least_length_over_the_most_is_refused(toy: Artifact, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--minn 7 .*--maxn 6"):
        trained(toy, tmp_path / "v", minn=7)


@pytest.mark.parametrize("text", ["a\n", "a a a a\n", "a b\n", "가 나\n"], ids=repr)
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_tiny_texts_give_finite_vectors(made_corpus: Made, tmp_path: Path, text: str, model: str) -> None:
    found = trained(made_corpus(text), tmp_path / "v", model=model, min_count=1, dim=1, sample=0.0, minn=5)
    assert found.shape == (len(set(text.split())), 1)
    assert np.isfinite(found).all()
