"""What holds of every model: distributions sum to one; neither threads nor memory nor the way through ARPA matter."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ngram_models import distribution, train

from seqtool.artifact.read import open_artifact
from seqtool.corpus.artifact import build_corpus
from seqtool.corpus.options import PreprocessOptions, SourceOptions, counting_bytes
from seqtool.errors import InputError, OutputError, UsageError
from seqtool.ngrams.artifact import build_from_arpa, build_ngram, export_arpa, load_ngram
from seqtool.ngrams.counting import count as counting
from seqtool.ngrams.counting import sort
from seqtool.ngrams.counting.sort import ALIKE, radix_sort, sort_records
from seqtool.ngrams.model import NgramModel
from seqtool.ngrams.options import SMOOTHINGS, NgramOptions, pruned_counts
from seqtool.ngrams.paging import mapped_file
from seqtool.ngrams.querying.quantized import _codes, code_book

Trained = Callable[..., NgramModel]
PROBABILISTIC = [name for name in SMOOTHINGS if name != "stupid-backoff"]
LINES = [
    "the cat sat on the mat",
    "the dog sat on the log",
    "a cat and a dog",
    "the mat",
    "",
    "sat sat sat sat",
    "the cat sat on the log",
    "on and on and on",
]
lines = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "d", "<unk>"]), max_size=6).map(" ".join), min_size=1, max_size=12
)


@settings(max_examples=60)
@example(["", "", "a a a a", "a a <unk>"], 2, "katz", None, "word", ["a"])  # every word was seen after a
@given(
    lines,
    st.integers(1, 4),
    st.sampled_from(PROBABILISTIC),
    st.sampled_from([None, "0,1"]),
    st.sampled_from(["word", "skip"]),
    st.lists(st.sampled_from("abcdz"), max_size=4),
)
def test_probabilities_sum_to_one(
    tmp_path_factory: pytest.TempPathFactory,
    text: list[str],
    order: int,
    smoothing: str,
    prune: str | None,
    unk: str,
    history: list[str],
) -> None:
    options = {"order": order, "smoothing": smoothing, "unk": unk, "prune": prune if order > 1 else None}
    model = train(tmp_path_factory.mktemp("m"), text, **options)
    found = distribution(model, " ".join(history))
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-5)
    assert min(found.values()) >= 0


@pytest.mark.parametrize("smoothing", PROBABILISTIC)
@pytest.mark.parametrize(("order", "prune"), [(2, "0,1"), (3, "0,1"), (3, "0,0,1"), (3, "0,2,2")])
def test_what_is_pruned_is_not_lost(trained: Trained, smoothing: str, order: int, prune: str) -> None:
    model = trained(LINES, order=order, smoothing=smoothing, prune=prune)
    assert model.trie.sizes[-1] < trained(LINES, order=order, smoothing=smoothing).trie.sizes[-1]
    for history in ("", "the", "the cat", "sat on", "and a", "on", "sat sat"):
        found = distribution(model, history)
        assert sum(found.values()) == pytest.approx(1.0, abs=1e-5), history
        assert min(found.values()) >= 0


@settings(max_examples=40)
@given(lines, st.integers(1, 4), st.sampled_from(SMOOTHINGS))
def test_scores_of_a_text_are_those_of_its_words_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, text: list[str], order: int, smoothing: str
) -> None:
    """The kernel for whole texts and the one for generation are different code."""
    model = train(tmp_path_factory.mktemp("m"), text, order=order, smoothing=smoothing)
    for line in [*text[:3], "a z b"]:
        words = line.split()
        expected = []
        for i, word in enumerate([*words, "</s>"]):
            after = distribution(model, " ".join(words[:i]))
            expected.append(after.get(word, after["<unk>"]))
        with np.errstate(divide="ignore"):
            assert sentence_scores(model, line) == pytest.approx(np.log(expected).tolist(), abs=1e-4)


def sentence_scores(model: NgramModel, line: str) -> list[float]:
    from seqtool.corpus.model_text import MappedIds, ModelText

    ids = np.array([*model.encode(line), model.eos_id])
    text = ModelText(
        "t",
        MappedIds(ids, np.arange(len(model.vocabulary))),
        np.array([0, len(ids)]),
        np.zeros((1, 2), np.uint32),
        np.zeros(1),
    )
    return [float(p) for piece in model.log_probs(text, "sentence") for p in piece]


@pytest.mark.parametrize("smoothing", PROBABILISTIC)
@pytest.mark.parametrize("prune", [None, "0,0,1"])
def test_a_model_comes_back_from_its_own_arpa(
    trained: Trained, tmp_path: Path, smoothing: str, prune: str | None
) -> None:
    model = trained(LINES, order=3, smoothing=smoothing, prune=prune)
    export_arpa(model, tmp_path / "m.arpa.gz")
    build_from_arpa(tmp_path / "m.arpa.gz", tmp_path / "again.lm")
    again = load_ngram(tmp_path / "again.lm")
    assert again.trie.sizes == model.trie.sizes
    for line in [*LINES, "the zebra sat", "cat the the"]:
        first, second = sentence_scores(model, line), sentence_scores(again, line)
        impossible = [score for score in first if np.isinf(score)]
        if impossible:
            assert sum(second) < -99
        else:
            assert first == pytest.approx(second, abs=1e-5)


def payload(path: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(path.iterdir())
        if file.name != "run.json"
    }


@pytest.mark.parametrize("smoothing", ["modified-kneser-ney", "katz", "witten-bell"])
def test_the_same_bytes_for_any_threads_and_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smoothing: str
) -> None:
    from seqtool.artifact.read import open_artifact
    from seqtool.ngrams.estimation import estimate

    rng = np.random.default_rng(3)
    words = [f"w{i}" for i in range(60)]
    text = [" ".join(rng.choice(words, rng.integers(1, 12), p=np.arange(60, 0, -1) / 1830)) for _ in range(800)]
    (tmp_path / "t.txt").write_text("\n".join(text) + "\n")
    build_corpus([str(tmp_path / "t.txt")], SourceOptions(), PreprocessOptions(), tmp_path / "t.corpus")
    corpus = open_artifact(tmp_path / "t.corpus", "corpus")
    found = []
    for number, (threads, smallest, largest, ranges, bits) in enumerate(
        [(1, 1 << 14, 1 << 22, 1, 20), (2, 1 << 14, 1 << 22, 8, 20), (3, 64, 100, 50, 20), (2, 64, 100, 8, 4)]
    ):
        monkeypatch.setattr(sort, "_BUCKET_BITS", bits)
        monkeypatch.setattr(sort, "_FINE_BITS", 5)
        monkeypatch.setattr(counting, "_SMALLEST_PART", smallest)
        monkeypatch.setattr(counting, "_LARGEST_PART", largest)
        monkeypatch.setattr(estimate, "_FEWEST_RANGES", ranges)
        options = NgramOptions(order=4, smoothing=smoothing, threads=threads, prune="0,0,1")
        build_ngram(corpus, options, tmp_path / f"{number}.lm")
        found.append(payload(tmp_path / f"{number}.lm"))
    assert found[0] == found[1] == found[2] == found[3]
    assert len(found[0]) >= 7  # four orders, vocabulary, characters, manifest


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize("text", [["a"], [""], ["<unk> <unk>", "<unk>"], ["a a a a a a a"], ["a b"], ["", "", "a"]])
@pytest.mark.parametrize("unk", ["word", "skip"])
def test_the_smallest_texts(trained: Trained, text: list[str], order: int, unk: str) -> None:
    """One sentence, one word, nothing but unknown words, an order longer than every sentence."""
    model = trained(text, order=order, unk=unk)
    assert model.trie.order == order
    for history in ("", "a", "a a a a a"):
        found = distribution(model, history)
        assert sum(found.values()) == pytest.approx(1.0, abs=1e-5)
        assert all(p > 0 for p in found.values())


def test_words_of_a_given_vocabulary(trained: Trained, tmp_path: Path) -> None:
    words = tmp_path.parent / f"{tmp_path.name}.words"
    words.write_text("cat\ndog\nunicorn\n")
    model = trained(LINES, order=2, vocab=str(words))
    assert set(model.vocabulary.tokens) == {"<unk>", "<eos>", "cat", "dog", "unicorn"}
    found = distribution(model, "cat")
    assert 0 < found["unicorn"] < found["dog"]
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-5)


def test_unknown_words_taken_out_or_counted(trained: Trained) -> None:
    text = ["a <unk> b", "a <unk> b", "a c"]
    counted, skipped = trained(text, order=2, smoothing="ml"), trained(text, order=2, smoothing="ml", unk="skip")
    assert distribution(counted, "a")["<unk>"] == pytest.approx(2 / 3)
    assert distribution(skipped, "a")["b"] == pytest.approx(2 / 3)


def test_unknown_words_taken_out_are_told(trained: Trained, tmp_path: Path) -> None:
    trained(["a <unk> b", "a <unk> b", "a c"], order=2, unk="skip")
    ledger = [dict(row) for row in open_artifact(tmp_path / "0.lm").manifest.ledger]
    assert {"what": "tokens", "count": 2, "why": "left out: unknown (<unk>)"} in ledger


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("smoothing", ["modified-kneser-ney", "ml"])
def test_quantised_models_are_near_the_exact(trained: Trained, order: int, smoothing: str) -> None:
    exact = trained(LINES, order=order, smoothing=smoothing)
    for bits, most in ((3, 1.5), (16, 1e-6)):  # 16 bits hold every value of so small a model
        near = trained(LINES, order=order, smoothing=smoothing, quantize=bits)
        for ours, theirs in zip(near.trie.orders, exact.trie.orders, strict=True):
            np.testing.assert_array_equal(ours[:, 0], theirs[:, 0])
            if ours.shape[1] == 4:
                np.testing.assert_array_equal(ours[:, 1], theirs[:, 1])
        with np.errstate(invalid="ignore"):
            for line in LINES:
                first, second = np.array(sentence_scores(near, line)), np.array(sentence_scores(exact, line))
                assert ((first == second) | (np.abs(first - second) <= most * (1 + order))).all()


def test_single_words_of_quantised_models_are_exact(trained: Trained) -> None:
    exact, near = trained(LINES, order=3), trained(LINES, order=3, quantize=2)
    np.testing.assert_array_equal(near.trie.orders[0], exact.trie.orders[0])


@given(
    st.lists(st.just(-np.inf) | st.just(0.0) | st.floats(-90, 2, width=32), min_size=1, max_size=40), st.integers(2, 5)
)
def test_a_code_is_of_the_nearest_value_and_what_is_certain_stays_so(drawn: list[float], bits: int) -> None:
    values = np.array(drawn, np.float32)
    book = code_book(values, bits)
    assert len(book) == 1 << bits
    read = book[_codes(values, book)]
    exact = np.isneginf(values) | (values == 0)
    np.testing.assert_array_equal(read[exact], values[exact])
    finite = book[np.isfinite(book)].astype(np.float64)
    for value, its in zip(values[~exact].tolist(), read[~exact].tolist(), strict=True):
        assert abs(its - value) == pytest.approx(np.abs(finite - value).min(), abs=1e-5)


def test_quantised_models_take_less_room(trained: Trained) -> None:
    text = [f"w{i % 97} w{i % 53} w{i % 31}" for i in range(3000)]
    sizes = [
        sum(path.stat().st_size for path in trained(text, order=3, quantize=bits).artifact.path.glob("*s?.npy"))
        for bits in (None, 4)
    ]
    assert sizes[1] < 0.6 * sizes[0]


@settings(max_examples=50)
@given(st.lists(st.tuples(*[st.integers(1, 5)] * 3), min_size=1, max_size=60))
@example([(i, j, 6 - i) for i in range(5, 0, -1) for j in (2, 1)])
def test_records_are_sorted_and_what_they_share_is_right(rows: list[tuple[int, ...]]) -> None:
    for key_bits in (64, 16, 13, 11, 10):  # of few bits a key has room for one word, or for none beside rank and number
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sort, "_KEY_BITS", key_bits)
            check_sorted(rows, *sort_records(np.array(rows, np.uint32), 3))


def check_sorted(rows: list[tuple[int, ...]], records: np.ndarray, shared: np.ndarray) -> None:
    assert [tuple(row) for row in records.tolist()] == sorted(rows)
    for before, here, count in zip(records[:-1].tolist(), records[1:].tolist(), shared[1:].tolist(), strict=True):
        same = next((i for i in range(3) if before[i] != here[i]), ALIKE)
        assert count == same


def test_radix_sort_sorts_by_the_bits_it_is_given() -> None:
    rng = np.random.default_rng(1)
    keys = rng.integers(0, 1 << 40, 5000, dtype=np.uint64)
    expected = keys[np.argsort(keys >> np.uint64(7), kind="stable")]
    found, _ = radix_sort(keys.copy(), np.empty_like(keys), 7, 33)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("prune", ["1", "0,2,1", "0,x", "0,0,0,0,0,0", "-1", ""])
def test_prunings_that_make_no_sense(prune: str) -> None:
    with pytest.raises(UsageError):
        pruned_counts(NgramOptions(order=5, prune=prune))


def test_the_last_pruning_holds_for_all_longer_ones() -> None:
    assert pruned_counts(NgramOptions(order=5, prune="0,0,1")) == [0, 0, 1, 1, 1]
    assert pruned_counts(NgramOptions(order=2)) == [0, 0]


def test_too_little_memory_is_refused() -> None:
    with pytest.raises(UsageError, match="at least"):
        counting_bytes(NgramOptions(memory="1M").memory)


def test_tokens_that_arpa_cannot_hold(trained: Trained, tmp_path: Path) -> None:
    model: Any = trained(["a b", "a <s>"], order=2)
    with pytest.raises(InputError, match="<s>"):
        export_arpa(model, tmp_path / "x.arpa")
    assert not (tmp_path / "x.arpa").exists()
    with pytest.raises(UsageError, match="stupid"):
        export_arpa(trained(["a b"], order=2, smoothing="stupid-backoff"), tmp_path / "x.arpa")


def test_a_frequent_word_is_counted_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part has no more records than fit, however many of them end in the same word."""
    monkeypatch.setattr(counting, "_SMALLEST_PART", 128)
    monkeypatch.setattr(counting, "_LARGEST_PART", 128)
    monkeypatch.setattr(sort, "_BUCKET_BITS", 4)
    monkeypatch.setattr(sort, "_FINE_BITS", 8)
    rng = np.random.default_rng(4)
    parts: list[counting.Range] = []
    count = counting._count_part

    def counted(*arguments: Any) -> counting.Part:
        parts.append(arguments[-1])
        return count(*arguments)

    monkeypatch.setattr(counting, "_count_part", counted)
    train(tmp_path, [" ".join(f"w{i} the" for i in rng.integers(0, 100, 10)) for _ in range(100)], order=3, threads=1)
    assert sum(part.records for part in parts) == 2100
    assert max(part.records for part in parts) <= 128
    assert any(part.fine_low for part in parts)


def test_a_full_disk_is_told_before_it_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OutputError, match=os.strerror(errno.ENOSPC)):
        mapped_file(tmp_path / "a.histories", 100, np.uint32)
