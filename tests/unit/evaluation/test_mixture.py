"""How the weights of a mixture are tuned."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seqtool.corpus.model_text import HeldOut
from seqtool.evaluation.mixture import Mixture


@pytest.mark.parametrize(("context", "surer"), [(None, 0), ("stream", 0), ("sentence", 1)])
def test_a_mixture_is_tuned_in_the_context_that_is_evaluated(context: str | None, surer: int) -> None:
    """The first model is better than the second where it knows what stood before a sentence, and worse elsewhere."""

    def model(name: str, own: str, probability: Callable[[str], float]) -> Any:
        parts = (
            "artifact",
            "vocabulary",
            "unk_id",
            "tokenizer",
            "preprocessing",
            "lossless",
            "encode",
            "unknown",
            "decode",
            "device",
        )
        return SimpleNamespace(
            name=name,
            context=own,
            encode_corpus=lambda *text: text,
            **dict.fromkeys(parts),
            log_probs=lambda text, of: iter([np.log(np.full(50, probability(of)))]),
        )

    models = [
        model("n", "stream", {"stream": 0.9, "sentence": 0.1}.__getitem__),
        model("g", "sentence", lambda of: 0.5),
    ]
    weights = Mixture(models, None, HeldOut("t", None, slice(0, 1)), context).weights  # type: ignore[arg-type]
    assert weights[surer] > 0.99
