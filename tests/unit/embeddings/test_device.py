"""Learning in big batches with torch: on CPU tensors, where a GPU would have them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from marks import long_among

from seqtool.artifact.read import Artifact, open_artifact
from seqtool.corpus.artifact import open_corpus
from seqtool.embeddings.kernels.arguments import Positions
from seqtool.embeddings.options import FasttextOptions, Word2vecOptions
from seqtool.embeddings.schedules import device as device_schedule
from seqtool.embeddings.schedules import device_steps
from seqtool.embeddings.schedules.device import DeviceParts, DeviceRounds
from seqtool.embeddings.schedules.replicas import progress_at
from seqtool.embeddings.schedules.worker import Worker, make_setting
from seqtool.embeddings.subwords import spell_vocabulary, word_vectors
from seqtool.embeddings.weights import Weights
from seqtool.embeddings.word2vec import Training, train_word2vec
from seqtool.errors import DivergedError, InputError
from seqtool.vectors.artifact import load_vectors, open_vectors
from seqtool.vectors.ngrams import NgramRule

ROOT = Path(__file__).parents[3]
CPU = torch.device("cpu")
SMALL: dict[str, Any] = {"dim": 20, "epochs": 1, "threads": 1}
Made = Callable[[str], Artifact]
Array = np.ndarray[Any, Any]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tests run beside each other, and threads would wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device cuda is the CPU."""
    monkeypatch.setattr(device_steps, "torch_device", lambda name: {"cuda": CPU}[name])


def trained(corpus: Artifact, output: Path, **options: Any) -> Array:
    shutil.rmtree(output, ignore_errors=True)
    kind = FasttextOptions if options.pop("fasttext", False) else Word2vecOptions
    assert train_word2vec(corpus, kind(**{**SMALL, "device": "cuda", **options}), output)
    return np.array(open_vectors(open_artifact(output)).matrix)


def right(path: Path) -> float:
    """The share of the planted analogies that come out right."""
    lines = (ROOT / "sample_corpora/toy_world.en.analogies.txt").read_text(encoding="utf-8").splitlines()
    vectors = load_vectors(path)
    ids = np.array([vectors.ids_of(line.split()) for line in lines if not line.startswith(":")])
    assert (ids >= 0).all()
    return float((vectors.analogies(ids[:, :3])[0][:, 0] == ids[:, 3]).mean())


METHODS: dict[str, dict[str, Any]] = {
    "skipgram ns": {},
    "skipgram hs": {"loss": "hs"},
    "skipgram softmax": {"loss": "softmax", "epochs": 2, "lr": 0.05},
    "cbow ns": {"model": "cbow", "epochs": 8},
    "cbow hs": {"model": "cbow", "loss": "hs"},
    "cbow softmax": {"model": "cbow", "loss": "softmax", "epochs": 3, "lr": 0.1},
    "fasttext skipgram ns": {"fasttext": True},
    "fasttext cbow hs": {"fasttext": True, "model": "cbow", "loss": "hs"},
}


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("method", long_among(METHODS, "cbow ns", "fasttext cbow hs"))
def test_planted_analogies(toy: Artifact, tmp_path: Path, method: str) -> None:
    trained(toy, tmp_path / "v", **({"dim": 50, "epochs": 4} | METHODS[method]))
    assert right(tmp_path / "v") >= 0.95
    losses = [float(line.split("\t")[3]) for line in (tmp_path / "v/history.tsv").read_text().splitlines()[1:]]
    assert losses == sorted(losses, reverse=True)


def test_who_looks_at_whom() -> None:
    """Against the two loops that the definition is."""
    draw, end, window = np.random.default_rng(1), 7, 3
    stream = draw.choice([0, 1, 2, end], 22)
    widths = draw.integers(1, window + 1, (1, 16))
    lines = (stream == end).cumsum()
    pairs = device_steps.context_mask(*(torch.from_numpy(a) for a in (stream[None], lines[None], widths)), end)
    expected = np.zeros((16, 22), bool)
    for k in range(16):
        for step in (-1, 1):
            for place in range(k + window + step, k + window + step * (widths[0, k] + 1), step):
                if end in (stream[k + window], stream[place]):
                    break
                expected[k, place] = True
    np.testing.assert_array_equal(pairs[0].numpy(), expected)
    assert expected.any()


def random_case(words: bool) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Hidden vectors and outputs (the last row a filler's), and the rest of the arguments between them."""
    draw = torch.Generator().manual_seed(3)
    hidden, outputs = (torch.randn(*shape, generator=draw, dtype=torch.float64) for shape in ((2, 6, 5), (9, 5)))
    outputs[8] = 0
    pairs = (torch.rand(2, 4, 6, generator=draw) < 0.5).double()
    rows = torch.randint(9, (2, 4) if words else (2, 4, 3), generator=draw)
    if words:
        pairs *= (rows != 8)[:, :, None]
        return [hidden, outputs], [pairs, rows]
    return [hidden, outputs], [pairs, rows, torch.rand(2, 4, 3, generator=draw) < 0.5]


def plain_loss(
    hidden: torch.Tensor, outputs: torch.Tensor, pairs: torch.Tensor, rows: torch.Tensor, *labels: Any
) -> float:
    """The formulas, pair by pair."""
    loss = 0.0
    for n, k, r in pairs.nonzero().tolist():
        h = hidden[n, r].numpy()
        if not labels:
            scores = outputs[:-1].numpy() @ h
            loss += np.log(np.exp(scores).sum()) - scores[rows[n, k]]
        for t in range(rows.shape[2] if labels else 0):
            if rows[n, k, t] != 8:
                score = (1 if labels[0][n, k, t] else -1) * float(outputs[rows[n, k, t]].numpy() @ h)
                loss += np.log1p(np.exp(-score))
    return float(loss)


@pytest.mark.parametrize("words", [False, True], ids=["targets", "softmax"])
def test_gradients(words: bool) -> None:
    learn = device_steps.learn_words if words else device_steps.learn_targets
    (hidden, outputs), rest = random_case(words)
    expected = []
    for matrix in (hidden, outputs):
        gradient = torch.zeros_like(matrix)
        for place in np.ndindex(matrix.shape):
            if matrix is outputs and place[0] == 8:
                continue
            before, losses = matrix[place].item(), []
            for step in (1e-6, -1e-6):
                matrix[place] = before + step
                losses.append(plain_loss(hidden, outputs, *rest))
            matrix[place] = before
            gradient[place] = (losses[0] - losses[1]) / 2e-6
        expected.append(gradient)
    before, rate = outputs.clone(), 1e-9  # with which no row is damped
    loss, change = learn(hidden.clone(), *rest, outputs, rate)
    assert float(loss) == pytest.approx(plain_loss(hidden, before, *rest), rel=1e-9)
    np.testing.assert_allclose(-change / rate, expected[0], atol=1e-6)
    np.testing.assert_allclose((before - outputs) / rate, expected[1], atol=1e-6)
    assert expected[1].abs().max() > 0.1


@pytest.mark.parametrize("fasttext", [False, True])
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("loss", ["hs", "softmax"])
def test_a_batch_changes_the_inputs_along_the_gradient_of_its_loss(
    toy: Artifact, monkeypatch: pytest.MonkeyPatch, model: str, loss: str, fasttext: bool
) -> None:
    options = (FasttextOptions if fasttext else Word2vecOptions)(model=model, loss=loss, window=2, dim=4, max_vocab=12)
    training = Training(open_corpus(toy), options)
    weights = Weights(12, 4, np.float64, training.weights.parts)
    draw = np.random.default_rng(2)
    for matrix in (weights.inputs, weights.outputs):
        weights.rows(matrix)[:] = draw.normal(0, 0.5, weights.rows(matrix).shape)
    stream = np.array([12, 12, 1, 2, 3, 4, 5, 6, 7, 12, 8, 9, 10, 3, 12, 12], np.int32)
    if model == "cbow":  # every word that is looked at receives the whole gradient of a mean: here of two words
        pairs = device_steps.context_mask

        def two(*arguments: Any) -> torch.Tensor:
            found = pairs(*arguments)
            return found & (found.sum(2, keepdim=True) == 2)

        monkeypatch.setattr(device_schedule, "context_mask", two)

    def run(rate: float) -> float:
        device = DeviceRounds(make_setting(training.kept.counts_V, options), weights, CPU)
        found = device.learn(stream, (1,), lambda share: rate)[0]
        device.collect()
        return found

    rows, gradient = weights.rows(weights.inputs), np.zeros_like(weights.rows(weights.inputs))
    seen = np.unique(training.weights.parts.rows) if training.weights.parts else np.arange(12)
    for place in ((row, d) for row in seen[:: 1 + len(seen) // 20] for d in range(2)):
        before, losses = rows[place], []
        for step in (1e-5, -1e-5):
            rows[place] = before + step
            losses.append(run(0.0))
        rows[place] = before
        gradient[place] = (losses[0] - losses[1]) / 2e-5
    before = rows.copy()
    run(1e-8)
    change = (before - rows) / 1e-8
    if training.weights.parts:  # every part receives the whole gradient of its word, not a share of it
        sizes = np.diff(training.weights.parts.starts_V1)
        gradient[:12] *= sizes[:, None]
        change[12:], gradient[12:] = 0, 0
    touched = gradient != 0
    np.testing.assert_allclose(change[touched], gradient[touched] * (2 if model == "cbow" else 1), rtol=1e-4, atol=1e-6)
    assert touched.sum() > 3
    assert not weights.inputs.reshape(-1, weights.stride)[-1].any(), "the fillers' row stays 0"
    assert not weights.outputs.reshape(-1, weights.stride)[-1].any()


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("loss", ["hs", "softmax"])
def test_the_loss_is_that_of_the_kernels(model: str, loss: str) -> None:
    options = Word2vecOptions(model=model, loss=loss, window=1, dim=8)
    setting = make_setting(np.arange(20, 0, -1) * 1000, options)
    weights, draw = Weights(20, 8), np.random.default_rng(4)
    for matrix in (weights.inputs, weights.outputs):
        weights.rows(matrix)[:] = draw.normal(0, 0.5, (20, 8))
    stream = np.r_[20, draw.integers(0, 21, 17), 20].astype(np.int32)
    worker = Worker(setting, weights.stride)
    worker.draw(stream, 1, 18, 5)
    targets = stream[1:18] if loss == "softmax" else worker.targets.rows
    expected = worker.learn(weights.inputs, weights.outputs, Positions(stream, 20, 1, 17), targets, 0.0)
    found = DeviceRounds(setting, weights, CPU).learn(stream, (1,), lambda share: 0.0)
    assert found == (pytest.approx(expected[0], rel=1e-4), expected[1])


def test_negatives_follow_the_noise_and_are_never_the_word_itself() -> None:
    setting = make_setting(np.array([4000, 3000, 2000, 1000]), Word2vecOptions(ns_exponent=1.0, negative=3))
    draw = device_schedule._targets(setting, CPU)
    assert draw is not None
    words = torch.full((100, 100), 3)
    words[0] = 4
    rows, labels = draw(words, torch.Generator().manual_seed(1))
    assert labels.tolist() == [[[True, False, False, False]]]
    assert (rows[0] == 4).all()
    assert (rows[1:, :, 0] == 3).all()
    counts = np.bincount(rows[1:, :, 1:].reshape(-1), minlength=5)
    np.testing.assert_allclose(counts / counts.sum(), [0.4, 0.3, 0.2, 0, 0.1], atol=0.01)


def test_damping_is_that_of_the_rounds() -> None:
    """A row that several shards used once each is scaled by p(n) over n p(1)."""
    for rate in (0.0, 0.025, 0.5):
        progress = progress_at(rate)
        found = device_steps.damping(torch.arange(1, 1000), rate, torch.float64).numpy()
        np.testing.assert_allclose(found, progress[1:1000] / (np.arange(1, 1000) * progress[1]), rtol=1e-6)
    assert device_steps.damping(torch.tensor([1]), 0.1, torch.float32).item() == 1


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_big_batches_of_few_words_do_not_diverge(
    made_corpus: Made, tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_schedule, "LEAST_POSITIONS", 4096)
    text = "".join(f"{word} {word.upper()} x\n" for word in "abcdefgh") * 500
    found = trained(made_corpus(text), tmp_path / "v", model=model, sample=0.0, epochs=8, lr=0.1)
    losses = [float(line.split("\t")[3]) for line in (tmp_path / "v/history.tsv").read_text().splitlines()[1:]]
    assert losses[-1] < 0.9 * losses[0]
    assert np.abs(found).max() < 10


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("fasttext", [False, True])
@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_a_training_cut_off_goes_on_to_the_same_bytes(
    made_corpus: Made, tmp_path: Path, loss: str, fasttext: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"epochs": 2, "loss": loss, "fasttext": fasttext}
    text = (ROOT / "sample_corpora/toy_world.en.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    toy = made_corpus("".join(text[:1500]))
    whole = trained(toy, tmp_path / "whole", **options)
    epoch = Training.epoch

    def stop(self: Training, *arguments: Any) -> Any:
        if self.state.epoch == 1:
            raise MemoryError
        return epoch(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Training, "epoch", stop)
        with pytest.raises(MemoryError):
            trained(toy, tmp_path / "cut", **options)
    kind = FasttextOptions if fasttext else Word2vecOptions
    again = kind(**SMALL | {"device": "cuda", "epochs": 2, "loss": loss})
    assert train_word2vec(toy, again, tmp_path / "cut")
    for name in ("vectors.npy", "history.tsv", "manifest.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert np.abs(trained(toy, tmp_path / "other", **options, seed=2) - whole).max() > 0.01


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("text", ["a\n", "a a a a\n", "a\nb\nc\n", "a b\n"], ids=repr)
@pytest.mark.parametrize("loss", ["ns", "hs", "softmax"])
@pytest.mark.parametrize("options", [{}, {"model": "cbow"}, {"fasttext": True, "window": 30}], ids=str)
def test_tiny_texts_give_finite_vectors(
    made_corpus: Made, tmp_path: Path, text: str, loss: str, options: dict[str, Any]
) -> None:
    found = trained(made_corpus(text), tmp_path / "v", loss=loss, min_count=1, dim=1, sample=0.0, **options)
    assert found.shape == (len(set(text.split())), 1)
    assert np.isfinite(found).all()


@pytest.mark.usefixtures("cuda")
def test_a_learning_rate_out_of_all_bounds_is_a_divergence(toy: Artifact, tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match=r"epoch 1.*no epoch"):
        trained(toy, tmp_path / "v", lr=1e30)


def test_spelled_words_are_means_of_their_parts_and_every_part_receives_a_change() -> None:
    parts = spell_vocabulary(["abcd", "xyz", "abce"], NgramRule(3, 4, 10**6), np.ones(3)).parts
    weights = Weights(3, 20, parts=parts)
    weights.start(1)
    device, inputs = DeviceParts(parts, CPU), torch.from_numpy(weights.inputs.copy()).view(-1, weights.stride)
    words = torch.tensor([0, 3, 2, 0])  # 3 is the filler
    found, means = device.take(inputs, words).numpy()[:, :20], word_vectors(weights)
    np.testing.assert_allclose(found, np.stack([means[0], 0 * means[0], means[2], means[0]]), atol=1e-6)
    before, change = inputs.clone(), torch.zeros(4, weights.stride)
    change[:, 0] = torch.tensor([1.0, 0.0, 10.0, 2.0])
    device.give(inputs, words, device_steps.count_uses(words, 4), change, 0.1)
    p = progress_at(0.1)
    first, last = (set(parts.rows[parts.starts_V1[word] : parts.starts_V1[word + 1]].tolist()) for word in (0, 2))
    assert len(first & last) == 3  # <ab <abc abc
    for row in range(parts.count + 1):
        both = 13.0 * p[3] / (p[2] + p[1])
        expected = both if row in first & last else 3.0 if row in first else 10.0 if row in last else 0.0
        assert (inputs - before)[row, 0].item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_where_there_is_no_cuda_device_nothing_is_made(toy: Artifact, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CUDA"):
        trained(toy, tmp_path / "v")
    assert not (tmp_path / "v").exists()
