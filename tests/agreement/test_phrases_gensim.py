"""gensim's Phrases finds the same phrases with the same scores and joins the same tokens."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import PhraseOptions, PreprocessOptions, SourceOptions
from seqtool.corpus.phrases.joining import JoinedText, find_phrases
from seqtool.corpus.phrases.scoring import Phrases
from seqtool.corpus.preprocess import encode_corpus
from seqtool.corpus.reading.sources import open_sources

models = pytest.importorskip("gensim.models.phrases", reason="gensim is not installed (pip install gensim)")


def text() -> list[list[str]]:
    """A language in which some words call for others."""
    draw = random.Random(5)
    words = [f"w{i}" for i in range(60)]
    follows = {word: draw.choice(words) for word in words[:20]}
    lines = []
    for _ in range(800):
        line = [draw.choice(words)]
        while len(line) < 12:
            line.append(follows[line[-1]] if line[-1] in follows and draw.random() < 0.6 else draw.choice(words))
        lines.append(line)
    return lines


def ratio(worda_count, wordb_count, bigram_count, len_vocab, min_count, corpus_word_count):  # type: ignore[no-untyped-def]
    """word2phrase's, of which gensim's own differs in what it multiplies by."""
    return (bigram_count - min_count) / worda_count / wordb_count * corpus_word_count


@pytest.mark.parametrize(("scoring", "threshold"), [("ratio", 8.0), ("npmi", 0.3)])
def test_same_phrases(tmp_path: Path, scoring: str, threshold: float) -> None:
    lines = text()
    theirs = models.Phrases(
        lines, min_count=5, threshold=threshold, delimiter="_", scoring=ratio if scoring == "ratio" else "npmi"
    )
    (tmp_path / "text.txt").write_text("".join(" ".join(line) + "\n" for line in lines), encoding="utf-8")
    options = PreprocessOptions(threads=1)
    encode_corpus(open_sources([str(tmp_path / "text.txt")], SourceOptions()), SourceOptions(), options, tmp_path)
    found = find_phrases(
        JoinedText(Corpus(tmp_path, options)), PhraseOptions(scoring=scoring, threshold=threshold, min_count=5), 1
    )
    expected = theirs.export_phrases()
    assert len(expected) > 10
    assert {row.joined for row in found} == set(expected)
    np.testing.assert_allclose([row.score for row in found], [expected[row.joined] for row in found], rtol=1e-9)
    assert [Phrases(found).join(line) for line in lines] == [theirs[line] for line in lines]
