"""Models of a few lines, and their probabilities asked for one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqtool.corpus.artifact import build_corpus
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.ngrams.artifact import build_ngram, load_ngram
from seqtool.ngrams.model import NgramModel
from seqtool.ngrams.options import NgramOptions


def train(folder: Path, lines: Sequence[str], **options: Any) -> NgramModel:
    from seqtool.artifact.read import open_artifact

    number = len(list(folder.iterdir()))
    text, corpus, model = (folder / f"{number}.{kind}" for kind in ("txt", "corpus", "lm"))
    text.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    build_corpus([str(text)], SourceOptions(), PreprocessOptions(), corpus)
    build_ngram(open_artifact(corpus, "corpus"), NgramOptions(**options), model)
    return load_ngram(model)


def distribution(model: NgramModel, history: str) -> dict[str, float]:
    """P of every word (``</s>`` the line end) after a history at the beginning of a sentence."""
    steps = model.step_model()
    state = steps.start(1)
    for token in [model.eos_id, *model.encode(history)]:
        log_probs_BV, state = steps.step(state, np.array([token]))
    words = ["<unk>", "</s>", *model.vocabulary.tokens[2:]]
    return dict(zip(words, np.exp(log_probs_BV[0].astype(float)).tolist(), strict=True))
