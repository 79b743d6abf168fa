"""BLEU and chrF are sacrebleu's; intervals cover; exact matches are counted."""

from __future__ import annotations

import numpy as np
import pytest

from seqtool.errors import InputError
from seqtool.metrics.bootstrap import mean_interval, statistic_interval
from seqtool.metrics.options import TranslationScoreOptions
from seqtool.metrics.translation import items, measure, quick_scores

WORDS = ["the", "cat", "sat", "on", "a", "mat", ".", "here", "고양이"]


def texts(count: int, seed: int) -> list[str]:
    draw = np.random.default_rng(seed)
    return [" ".join(draw.choice(WORDS, int(draw.integers(4, 12)))) for _ in range(count)]


REFERENCES = texts(40, 1)
TRANSLATIONS = [a if i % 4 == 0 else f"{a} {b}" for i, (a, b) in enumerate(zip(REFERENCES, texts(40, 2), strict=True))]


@pytest.mark.parametrize("how", [{}, {"tokenize": "none", "lower": True, "chrf_words": 2}])
def test_scores_are_sacrebleus(how: dict[str, object]) -> None:
    sacrebleu = pytest.importorskip("sacrebleu")
    found = measure(TRANSLATIONS, [REFERENCES, REFERENCES[::-1]], TranslationScoreOptions(resamples=0, **how))  # type: ignore[arg-type]
    lower, tokenize, words = how.get("lower", False), how.get("tokenize", "13a"), how.get("chrf_words", 0)
    bleu = sacrebleu.corpus_bleu(TRANSLATIONS, [REFERENCES, REFERENCES[::-1]], lowercase=lower, tokenize=tokenize)
    chrf = sacrebleu.CHRF(lowercase=lower, word_order=words).corpus_score(TRANSLATIONS, [REFERENCES, REFERENCES[::-1]])
    assert (found["bleu"], found["chrf"]) == pytest.approx((bleu.score, chrf.score))
    assert found["exact"] == pytest.approx(25.0)
    assert f"tok:{tokenize}" in found["bleu_signature"]
    assert "nrefs:2" in found["bleu_signature"]


def test_intervals_hold_the_score_and_narrow_with_more_lines() -> None:
    how = TranslationScoreOptions(resamples=200)
    few, many = measure(TRANSLATIONS, [REFERENCES], how), measure(TRANSLATIONS * 9, [REFERENCES * 9], how)
    for name in ("exact", "bleu", "chrf"):
        assert few[f"{name}_low"] < few[name] < few[f"{name}_high"]
        assert many[f"{name}_high"] - many[f"{name}_low"] < 0.6 * (few[f"{name}_high"] - few[f"{name}_low"])


def test_a_score_that_is_a_mean_has_the_interval_of_a_mean() -> None:
    values = np.random.default_rng(3).random(50)
    rows = np.stack([values, np.ones(50)], 1)
    found = statistic_interval(rows, lambda sums: float(sums[0] / sums[1]), 5, 300)
    assert found == pytest.approx(mean_interval(values, 5, 300))


def test_lines_have_scores_of_their_own() -> None:
    rows = list(items(["a b c d e", "x"], [["a b c d e", "y"]], TranslationScoreOptions()))
    assert rows[0][:5] == (1, 1, 100.0, 100.0, "5 5 5 4 3 2 5 4 3 2")
    assert rows[1][1:4] == (0, 0.0, 0.0)


def test_empty_references_and_translations_are_lines_too() -> None:
    found = measure(["", "a b c d"], [["", "a b c d"]], TranslationScoreOptions(resamples=20))
    assert found["exact"] == 100.0
    assert quick_scores([""], [""], by_character=False)["exact"] == 100.0


def test_files_of_unequal_length_and_of_none() -> None:
    with pytest.raises(InputError, match=r"\b2 .*\b1 "):
        measure(["a", "b"], [["a"]], TranslationScoreOptions())
    with pytest.raises(InputError, match="translation"):
        measure([], [[]], TranslationScoreOptions())
