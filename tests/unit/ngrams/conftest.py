"""Models of a few lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ngram_models import train

from seqtool.ngrams.model import NgramModel


@pytest.fixture
def trained(tmp_path: Path) -> Callable[..., NgramModel]:
    """Train on lines; options are those of `NgramOptions`. Each model has a folder of its own."""
    return lambda lines, **options: train(tmp_path, lines, **options)
