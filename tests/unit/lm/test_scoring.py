"""Scoring in batches is the same as reading token by token; padding and batching change no score."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch

from seqtool.lm import scoring
from seqtool.lm.neural import NeuralLanguageModel, NeuralStepModel
from seqtool.lm.scoring import mean_loss, token_log_probs

Text = tuple[np.ndarray, np.ndarray]
TOLERANCE = 2e-6


def scores(model: NeuralLanguageModel, text: Text, context: str, streams: int = 1) -> np.ndarray:
    return np.concatenate(list(token_log_probs(model, *text, context, streams)))


def step_by_step(model: NeuralLanguageModel, ids: np.ndarray) -> np.ndarray:
    """The log-probability of each token, read one at a time after ``<eos>``."""
    stepper = NeuralStepModel(model)
    state, last, found = stepper.start(1), stepper.eos_id, []
    for token in ids:
        log_probs_1V, state = stepper.step(state, np.array([last]))
        found.append(log_probs_1V[0, token])
        last = int(token)
    return np.array(found)


def test_a_stream_is_scored_as_if_read_token_by_token(model: NeuralLanguageModel, text: Text) -> None:
    found = scores(model, text, "stream")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, step_by_step(model, text[0]), atol=TOLERANCE)


def test_a_stream_longer_than_a_batch_carries_its_state(
    model: NeuralLanguageModel, text: Text, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = scores(model, text, "stream")
    monkeypatch.setattr(scoring, "_STREAM_STEPS", 7)
    monkeypatch.setattr(scoring, "_WINDOWS", 5)
    pieces = list(token_log_probs(model, *text, "stream"))
    assert len(pieces) == -(-len(text[0]) // (5 if model.options.arch == "window" else 7))
    np.testing.assert_allclose(np.concatenate(pieces), expected, atol=TOLERANCE)


def test_sentences_are_scored_as_if_each_stood_alone(model: NeuralLanguageModel, text: Text) -> None:
    ids, bounds = text
    alone = [step_by_step(model, ids[a:b]) for a, b in itertools.pairwise(bounds)]
    np.testing.assert_allclose(scores(model, text, "sentence"), np.concatenate(alone), atol=TOLERANCE)


@pytest.mark.parametrize("together", [1, 2, 3, 100])
def test_padding_and_neighbours_change_no_score(
    model: NeuralLanguageModel, text: Text, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    expected = scores(model, text, "sentence")
    monkeypatch.setattr(scoring, "_SENTENCES", together)
    np.testing.assert_allclose(scores(model, text, "sentence"), expected, atol=TOLERANCE)


def test_the_contexts_differ(model: NeuralLanguageModel, text: Text) -> None:
    if model.options.arch == "window" and model.options.context == 1:
        pytest.skip("one token back lies within the sentence, or is its <eos>")
    stream, sentence = scores(model, text, "stream"), scores(model, text, "sentence")
    assert np.abs(stream - sentence).max() > 0.01
    np.testing.assert_allclose(stream[: text[1][1]], sentence[: text[1][1]], atol=TOLERANCE)


@pytest.mark.parametrize("streams", [1, 2, 3, 7, 50])
def test_parallel_streams_cover_all_tokens(model: NeuralLanguageModel, text: Text, streams: int) -> None:
    assert len(scores(model, text, "stream", streams)) == len(text[0])
    assert mean_loss(model, *text, "stream", 1) == pytest.approx(-scores(model, text, "stream").mean(), abs=1e-5)


def test_an_empty_text_has_no_scores(model: NeuralLanguageModel) -> None:
    empty = np.zeros(0, np.uint16), np.zeros(1, np.int64)
    for context in ("stream", "sentence"):
        assert list(token_log_probs(model, *empty, context)) == []
        assert mean_loss(model, *empty, context, 3) == 0


def test_probabilities_of_all_next_tokens_sum_to_one(model: NeuralLanguageModel, text: Text) -> None:
    stepper = NeuralStepModel(model)
    state = stepper.start(3)
    for token in text[0][:12]:
        log_probs_BV, state = stepper.step(state, np.full(3, token))
        assert log_probs_BV.shape == (3, 9)
        np.testing.assert_allclose(np.exp(log_probs_BV.astype(float)).sum(1), 1, atol=1e-6)


def test_a_state_is_never_changed_in_place_and_rows_can_be_reordered(model: NeuralLanguageModel) -> None:
    stepper = NeuralStepModel(model)
    _, state = stepper.step(stepper.start(3), np.array([2, 3, 4]))
    kept = [part.clone() for part in state]
    first, _ = stepper.step(state, np.array([5, 5, 5]))
    assert all(torch.equal(a, b) for a, b in zip(kept, state, strict=True))
    swapped, _ = stepper.step(stepper.reorder(state, np.array([2, 0, 0])), np.array([5, 5, 5]))
    np.testing.assert_allclose(swapped, first[[2, 0, 0]], atol=TOLERANCE)


def test_dropout_is_off_when_scoring(build: Callable[..., NeuralLanguageModel], text: Text) -> None:
    model = build(cell="lstm", dropout=0.9)
    model.train()
    assert np.array_equal(scores(model, text, "stream"), scores(model, text, "stream"))


def test_the_loss_in_training_is_the_mean_of_the_scores(model: NeuralLanguageModel, text: Text) -> None:
    model.eval()
    ids, targets = torch.tensor([1, *text[0][:-1].tolist()]), torch.tensor(text[0].astype(np.int64))
    if model.options.arch == "window":
        padded = torch.cat([torch.ones(model.options.context, dtype=torch.int64), targets])
        inputs = padded.unfold(0, model.options.context, 1)[: len(targets)]
        loss, _ = model.loss(inputs, targets, ())
    else:
        loss, _ = model.loss(ids[:, None], targets[:, None], model.initial_state(1))
    assert float(loss.detach()) == pytest.approx(-float(scores(model, text, "stream").mean()), abs=1e-5)
