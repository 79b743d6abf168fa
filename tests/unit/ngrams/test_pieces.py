"""A model does not depend on the pieces in which its text is read and its numbers are estimated."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from seqtool.ngrams import artifact
from seqtool.ngrams.counting import text
from seqtool.ngrams.estimation import estimate
from seqtool.ngrams.model import NgramModel

_DRAW = random.Random(5)
LINES = [" ".join(_DRAW.choices("abcdefg", weights=[9, 5, 3, 2, 1, 1, 1], k=_DRAW.randrange(1, 9))) for _ in range(80)]


def arrays(model: NgramModel) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(model.artifact.path).glob("*.npy")}


@pytest.mark.parametrize("smoothing", ["modified-kneser-ney", "katz"])
def test_pieces_of_text_and_of_estimates(
    trained: Callable[..., NgramModel], smoothing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    how: dict[str, Any] = {"order": 3, "smoothing": smoothing, "prune": "0,0,1"}
    whole = arrays(trained(LINES, **how))
    assert len(whole) >= 3
    monkeypatch.setattr(text, "_BLOCK_TOKENS", 37)
    assert arrays(trained(LINES, **how)) == whole
    monkeypatch.setattr(estimate, "PIECE", 3)
    monkeypatch.setattr(artifact, "estimate", partial(_short_of_memory, estimate.estimate))
    assert arrays(trained(LINES, **how)) == whole


def _short_of_memory(function: Callable[..., Any], counts: Any, smoothing: Any, pruned: Any, end: int, *_: int) -> Any:
    return function(counts, smoothing, pruned, end, 1, 2)
