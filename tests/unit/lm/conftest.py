"""Tiny language models of every kind, with random weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import LanguageModelOptions

KINDS: dict[str, dict[str, Any]] = {
    "rnn": {"cell": "rnn"},
    "rnn-relu": {"cell": "rnn-relu"},
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru"},
    "mingru, single bias": {"cell": "mingru", "single_bias": True},
    "mogrifier": {"cell": "mogrifier", "mogrify_rounds": 3, "mogrify_rank": 2, "weight_dropout": 0.5},
    "every dropout": {"input_dropout": 0.2, "hidden_dropout": 0.3, "embedding_dropout": 0.4, "weight_dropout": 0.5},
    "minlstm": {"cell": "minlstm", "residual": True},
    "lstm residual, single bias, untied": {"cell": "lstm", "residual": True, "single_bias": True, "tied": False},
    "gru, hidden of another size": {"cell": "gru", "hidden_dim": 5},
    "adaptive softmax": {"softmax": "adaptive", "cutoffs": "3,6", "tied": False},
    "transformer": {"arch": "transformer", "heads": 2, "span": 5},
    "transformer, learned": {"arch": "transformer", "heads": 1, "span": 4, "positions": "learned", "tied": False},
    "window concat": {"arch": "window", "context": 3},
    "window sum": {"arch": "window", "combine": "sum", "context": 3},
    "window of one, untied": {"arch": "window", "context": 1, "tied": False, "layers": 1},
}
VOCABULARY = 9


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest, build: Callable[..., NeuralLanguageModel]) -> NeuralLanguageModel:
    return build(**KINDS[request.param])


@pytest.fixture(scope="session")
def build() -> Callable[..., NeuralLanguageModel]:
    """A model of the given options, its weights larger than usual so that everything matters."""

    def call(**options: Any) -> NeuralLanguageModel:
        torch.manual_seed(11)
        values = {"emb_dim": 4, "hidden_dim": 4, "layers": 2, "dropout": 0.5, "init": "uniform", "init_range": 1.0}
        return NeuralLanguageModel(LanguageModelOptions(**(values | options)), VOCABULARY)

    return call


@pytest.fixture
def text() -> tuple[np.ndarray, np.ndarray]:
    """Ids of ten sentences of lengths 1 to 9, each ended by ``<eos>``, and their bounds."""
    draw = np.random.default_rng(2)
    lengths = [1, 3, 9, 1, 4, 2, 7, 5, 5, 1]
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    ids = draw.integers(2, VOCABULARY, bounds[-1]).astype(np.uint16)
    ids[bounds[1:] - 1] = 1
    ids[4] = 0
    return ids, bounds
