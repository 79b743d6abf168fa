"""Models of five sentences, computed by hand.

    a b      a b      a c      b a      c

Bigram counts: <s>a 3, <s>b 1, <s>c 1; ab 2, ac 1, a</s> 1; ba 1, b</s> 2; c</s> 2. Words: a 4, b 3, c 2, </s> 5: 14.
V = 5: a, b, c, </s>, <unk>.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from ngram_models import distribution

from seqtool.ngrams.estimation.smoothing import BACKOFF, DIVISOR, WEIGHT, Smoothing
from seqtool.ngrams.model import NgramModel
from seqtool.ngrams.options import NgramOptions

LINES = ["a b", "a b", "a c", "b a", "c"]
V = 5
Trained = Callable[..., NgramModel]


def test_maximum_likelihood(trained: Trained) -> None:
    model = trained(LINES, order=2, smoothing="ml")
    assert distribution(model, "") == pytest.approx({"a": 3 / 5, "b": 1 / 5, "c": 1 / 5, "</s>": 0, "<unk>": 0})
    assert distribution(model, "a") == pytest.approx({"a": 0, "b": 2 / 4, "c": 1 / 4, "</s>": 1 / 4, "<unk>": 0})
    # <unk> was never seen as a history: the model steps back to single words.
    assert distribution(model, "zebra") == pytest.approx(
        {"a": 4 / 14, "b": 3 / 14, "c": 2 / 14, "</s>": 5 / 14, "<unk>": 0}
    )


def test_add_one(trained: Trained) -> None:
    model = trained(LINES, order=2, smoothing="add-k", add_k=1.0)
    assert distribution(model, "a") == pytest.approx(
        {"a": 1 / 9, "b": 3 / 9, "c": 2 / 9, "</s>": 2 / 9, "<unk>": 1 / 9}
    )
    assert distribution(model, "zebra") == pytest.approx(dict.fromkeys(["a", "b", "c", "</s>", "<unk>"], 1 / V))


def test_add_half_with_three_words(trained: Trained) -> None:
    """After "b a" came the end once; after "a a", never seen, everything is equally probable."""
    model = trained(LINES, order=3, smoothing="add-k", add_k=0.5)
    assert distribution(model, "b a")["</s>"] == pytest.approx(1.5 / 3.5)
    assert distribution(model, "b a")["a"] == pytest.approx(0.5 / 3.5)
    assert distribution(model, "a a")["b"] == pytest.approx(1 / V)
    # The first word's history is <s> alone, and whole.
    assert distribution(model, "")["a"] == pytest.approx(3.5 / 7.5)


def test_witten_bell(trained: Trained) -> None:
    model = trained(LINES, order=2, smoothing="witten-bell")
    one = {"a": 4, "b": 3, "c": 2, "</s>": 5, "<unk>": 0}
    lower = {word: (count + 4 / V) / (14 + 4) for word, count in one.items()}
    assert distribution(model, "zebra") == pytest.approx(lower, rel=1e-6)
    after_a = {"a": 0, "b": 2, "c": 1, "</s>": 1, "<unk>": 0}
    assert distribution(model, "a") == pytest.approx(
        {word: (count + 3 * lower[word]) / (4 + 3) for word, count in after_a.items()}, rel=1e-6
    )


def test_absolute_discounting(trained: Trained) -> None:
    """Single words: n₁ = 0, so D falls back to 1/2. Pairs: n₁ = 5 (<s>b <s>c ac a</s> ba), n₂ = 3: D = 5/11."""
    model = trained(LINES, order=2, smoothing="absolute")
    one = {"a": 4, "b": 3, "c": 2, "</s>": 5, "<unk>": 0}
    lower = {word: max(0, count - 0.5) / 14 + 2 / 14 / V for word, count in one.items()}
    d = 5 / 11
    after_a = {"a": 0, "b": 2, "c": 1, "</s>": 1, "<unk>": 0}
    assert distribution(model, "a") == pytest.approx(
        {word: max(0, count - d) / 4 + 3 * d / 4 * lower[word] for word, count in after_a.items()}, rel=1e-6
    )
    assert model.artifact.summary["discounts_fallen_back"] == [1]


def test_kneser_ney(trained: Trained) -> None:
    """Words before: a <s> b; b <s> a; c <s> a; </s> a b c: 2 2 2 3 of 9. n₁ = 0: D = 1/2."""
    model = trained(LINES, order=2, smoothing="kneser-ney")
    before = {"a": 2, "b": 2, "c": 2, "</s>": 3, "<unk>": 0}
    lower = {word: max(0, count - 0.5) / 9 + 2 / 9 / V for word, count in before.items()}
    assert distribution(model, "zebra") == pytest.approx(lower, rel=1e-6)
    d = 5 / 11
    after_b = {"a": 1, "b": 0, "c": 0, "</s>": 2, "<unk>": 0}
    assert distribution(model, "b") == pytest.approx(
        {word: max(0, count - d) / 3 + 2 * d / 3 * lower[word] for word, count in after_b.items()}, rel=1e-6
    )


def test_modified_kneser_ney_falls_back_to_fixed_discounts(trained: Trained) -> None:
    """n₄ = 0 for single words and pairs alike: 1/2, 1 and 3/2 are taken off."""
    model = trained(LINES, order=2)
    assert model.artifact.summary["discounts"] == [[0.5, 1.0, 1.5]] * 2
    before = {"a": 1.0, "b": 1.0, "c": 1.0, "</s>": 1.5, "<unk>": 0}
    lower = {word: kept / 9 + 4.5 / 9 / V for word, kept in before.items()}
    kept = {"a": 0, "b": 1.0, "c": 0.5, "</s>": 0.5, "<unk>": 0}
    assert distribution(model, "a") == pytest.approx(
        {word: kept[word] / 4 + 2 / 4 * lower[word] for word in kept}, rel=1e-6
    )


def test_katz_falls_back_to_one_half(trained: Trained) -> None:
    model = trained(LINES, order=2, smoothing="katz")
    one = {"a": 3.5 / 14, "b": 2.5 / 14, "c": 1.5 / 14, "</s>": 4.5 / 14, "<unk>": 2 / 14}
    assert distribution(model, "zebra") == pytest.approx(one, rel=1e-6)
    left, unseen = 1.5 / 4, one["a"] + one["<unk>"]
    expected = {"b": 1.5 / 4, "c": 0.5 / 4, "</s>": 0.5 / 4}
    expected |= {word: left * one[word] / unseen for word in ("a", "<unk>")}
    assert distribution(model, "a") == pytest.approx(expected, rel=1e-6)


def test_katz_leaves_something_to_unseen_words_after_frequent_ones() -> None:
    """Ten times one word, nothing taken off: the history counts 11 times, and 1/11 goes to the other words' 0.8."""
    sums = np.array([[10.0, 10.0, 1.0, 0.2], [10.0, 10.0, 1.0, 1.0]])
    Smoothing(NgramOptions(smoothing="katz"), 5).resolve(sums, True)
    assert sums[0, [DIVISOR, WEIGHT, BACKOFF]].tolist() == pytest.approx([11.0, 0.0, 1 / 11 / 0.8])
    # Where every word was seen there is nobody to give anything to.
    assert sums[1, [DIVISOR, WEIGHT, BACKOFF]].tolist() == [10.0, 0.0, 0.0]


def test_stupid_backoff_gives_scores(trained: Trained) -> None:
    model = trained(LINES, order=3, smoothing="stupid-backoff", alpha=0.4)
    assert not model.probabilistic
    assert distribution(model, "a")["b"] == pytest.approx(2 / 3)  # after <s> a
    assert distribution(model, "b a")["c"] == pytest.approx(0.4 * 1 / 4)
    assert distribution(model, "c a")["a"] == pytest.approx(0.4 * 0.4 * 4 / 14)
    assert distribution(model, "zebra zebra")["a"] == pytest.approx(0.4 * 0.4 * 4 / 14)


def test_pruning_gives_the_mass_to_the_shorter_history(trained: Trained) -> None:
    whole, pruned = trained(LINES, order=2), trained(LINES, order=2, prune="0,1")
    assert whole.trie.sizes == [5, 9]
    assert pruned.trie.sizes == [5, 4]  # <s>a, ab, b</s>, c</s>
    for model, kept in ((whole, [5, 9]), (pruned, [5, 4])):
        assert (model.artifact.summary["ngrams"], model.artifact.summary["parameters"]) == (kept, sum(kept))
    lower = distribution(whole, "zebra")
    # After b: "a" once (pruned), "</s>" twice of 3, of which 1 is taken off.
    assert distribution(pruned, "b")["</s>"] == pytest.approx(1 / 3 + 2 / 3 * lower["</s>"], rel=1e-6)
    assert distribution(pruned, "b")["a"] == pytest.approx(2 / 3 * lower["a"], rel=1e-6)


def test_witten_bell_gives_what_is_pruned_to_the_shorter_history(trained: Trained) -> None:
    """After a: b twice of 4, and of 3 different words; c and </s>, once each, are pruned: 3 + 2 of 4 + 3 are left."""
    whole, pruned = (trained(LINES, order=2, smoothing="witten-bell", prune=prune) for prune in (None, "0,1"))
    lower = distribution(whole, "zebra")
    after_a = {"a": 0, "b": 2, "c": 0, "</s>": 0, "<unk>": 0}
    assert distribution(pruned, "a") == pytest.approx(
        {word: (count + (3 + 2) * lower[word]) / (4 + 3) for word, count in after_a.items()}, rel=1e-6
    )


def test_add_k_gives_what_is_pruned_to_all_words_alike(trained: Trained) -> None:
    """After a: 4 and k·V = 5; b keeps 2, c and </s> lose 1 each: 5 + 2 of 9 are for the five words."""
    pruned = trained(LINES, order=2, smoothing="add-k", add_k=1.0, prune="0,1")
    expected = {word: (count + 7 / 5) / 9 for word, count in {"a": 0, "b": 2, "c": 0, "</s>": 0, "<unk>": 0}.items()}
    assert distribution(pruned, "a") == pytest.approx(expected)
