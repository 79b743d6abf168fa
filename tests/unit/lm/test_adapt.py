"""The cache and dynamic evaluation: by hand, as probabilities, and on texts that repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import AdaptOptions
from seqtool.lm.scoring import Cache, adapted_log_probs, token_log_probs

Build = Callable[..., NeuralLanguageModel]
IDS = np.array([3, 5, 2, 1, 4] * 40, np.uint16)


def adapted(model: NeuralLanguageModel, ids: np.ndarray = IDS, **options: float) -> np.ndarray:
    return np.concatenate(list(adapted_log_probs(model, ids, AdaptOptions(**options))))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options", [{"cell": "lstm"}, {"cell": "minlstm"}, {"arch": "transformer", "heads": 2}], ids=str
)
def test_learning_nothing_is_plain_scoring(build: Build, options: dict[str, Any]) -> None:
    model = build(**options)
    plain = np.concatenate(list(token_log_probs(model, IDS, np.array([0, len(IDS)]), "stream")))
    np.testing.assert_allclose(adapted(model), plain, atol=1e-5)
    np.testing.assert_allclose(adapted(model, cache=20, cache_weight=0.0), plain, atol=1e-5)


def test_the_cache_by_its_equation(build: Build) -> None:
    """Token after token, over the last seven states, in numpy."""
    model, weight, theta, size = build(), 0.3, 0.7, 7
    with torch.no_grad():
        inputs = torch.from_numpy(np.concatenate([[1], IDS[:-1]]).astype(np.int64))[:, None]
        hidden, _ = model.eval().encode(inputs, model.initial_state(1))
        p = model.output.log_probs(hidden[:, 0]).exp().double().numpy()
    h = hidden[:, 0].double().numpy()
    expected = []
    for t, word in enumerate(IDS):
        past = range(max(0, t - size), t)
        total = sum(np.exp(theta * h[t] @ h[i]) for i in past)
        mass = sum(np.exp(theta * h[t] @ h[i]) for i in past if IDS[i] == word)
        expected.append(np.log((1 - weight) * p[t, word] + weight * mass / total if t else p[t, word]))
    np.testing.assert_allclose(adapted(model, cache=size, cache_weight=weight, cache_theta=theta), expected, atol=1e-4)


def test_with_the_cache_the_probabilities_of_all_words_sum_to_one() -> None:
    how = AdaptOptions(cache=4, cache_weight=0.4, cache_theta=0.9)
    draw = torch.Generator().manual_seed(3)
    hidden = torch.randn(6, 5, generator=draw)
    p = torch.randn(6, 8, generator=draw).softmax(1)
    history = torch.tensor([2, 7, 2, 0, 5])
    total = 0.0
    for word in range(8):
        cache = Cache(how)
        cache(hidden[:5], history, p[:5].gather(1, history[:, None])[:, 0].log())
        total += float(cache(hidden[5:], torch.tensor([word]), p[5:, word].log()).exp())
    assert total == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("options", [{"cache": 50}, {"dynamic_lr": 0.5}, {"cache": 50, "dynamic_lr": 0.5}], ids=str)
def test_a_text_that_repeats_is_learned(build: Build, options: dict[str, float]) -> None:
    model = build()
    assert adapted(model, **options).mean() > adapted(model).mean() + 0.05


def test_a_step_of_dynamic_evaluation_is_made_after_its_segment_alone(build: Build) -> None:
    """The first segment is scored as it was trained, the second with W - η∂ + δ(W₀ - W), and the model comes back."""
    model = build()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    options = {"dynamic_lr": 0.2, "dynamic_decay": 0.5, "dynamic_steps": 4}
    found, plain = adapted(model, IDS[:12], **options), adapted(model, IDS[:12])
    np.testing.assert_allclose(found[:4], plain[:4], atol=1e-5)
    assert not np.allclose(found[4:8], plain[4:8], atol=1e-4)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    state, expected, first = model.initial_state(1), [], [p.detach().clone() for p in model.parameters()]
    inputs = torch.from_numpy(np.concatenate([[1], IDS[:11]]).astype(np.int64))
    targets = torch.from_numpy(IDS[:12].astype(np.int64))
    for piece in (slice(0, 4), slice(4, 8), slice(8, 12)):
        hidden, state = model.encode(inputs[piece, None], tuple(part.detach() for part in state))
        scores = model.output.log_probs(hidden[:, 0]).gather(1, targets[piece, None])[:, 0]
        expected.append(scores.detach().numpy())
        model.zero_grad()
        (-scores.mean()).backward()
        with torch.no_grad():
            for parameter, start in zip(model.parameters(), first, strict=True):
                assert parameter.grad is not None
                parameter += 0.5 * (start - parameter) - 0.2 * parameter.grad
    np.testing.assert_allclose(found, np.concatenate(expected), atol=1e-5)


def test_an_interrupted_evaluation_gives_the_model_back(build: Build) -> None:
    model = build()
    before = model.embedding.weight.detach().clone()
    pieces = adapted_log_probs(model, IDS, AdaptOptions(dynamic_lr=1.0))
    next(pieces), next(pieces)
    assert not torch.equal(model.embedding.weight, before)
    pieces.close()  # type: ignore[attr-defined]
    assert torch.equal(model.embedding.weight, before)
