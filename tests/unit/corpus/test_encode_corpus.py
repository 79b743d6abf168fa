from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Encoded, contents

from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import PreprocessOptions, SourceOptions, as_given, byte_count, split_shares
from seqtool.corpus.preprocess import encode_text
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.errors import ArtifactError, InputError, UsageError

Encode = Callable[..., Encoded]

TEXT = "the cat sat on the mat\n\nthe dog's  <eos> <pad> 12\n안녕 é <unk>\n".encode()


def random_text(lines: int = 3000, seed: int = 0) -> bytes:
    """Lines of Zipf-like words, some blank, some equal, not all ASCII."""
    random = np.random.default_rng(seed)
    words = [f"w{rank}" + "é가 "[rank % 3] for rank in range(2000)]
    rows = [" ".join(words[min(r - 1, 1999)] for r in random.zipf(1.3, n)) for n in random.integers(0, 20, lines)]
    return "".join(f"{row}\n" for row in rows).encode()


def test_ids_bounds_lengths_vocabulary(encode: Encode) -> None:
    made = encode(TEXT)
    corpus = made.corpus
    assert corpus.vocabulary.tokens == (
        ["<unk>", "<eos>", "the", "12", "<eos>", "<pad>", "cat", "dog's", "mat", "on", "sat", "é", "안녕"]
    )
    assert corpus.vocabulary.counts.tolist() == [1, 4, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert corpus.ids.dtype == np.uint16
    assert corpus.ids.tolist() == [2, 6, 10, 9, 2, 8, 1, 1, 2, 7, 4, 5, 3, 1, 12, 11, 0, 1]
    assert corpus.bounds.tolist() == [0, 7, 8, 14, 18]
    rows = [row + "\n" for row in TEXT.decode().split("\n")[:-1]]
    assert corpus.lengths.tolist() == [[len(row), len(row.encode())] for row in rows]
    assert made.result.summary == {
        "lines_read": 4,
        "sentences": 4,
        "tokens": 14,
        "types": 11,
        "characters": len(TEXT.decode()),
        "bytes": len(TEXT),
        "splits": {"train": [0, 4]},
        "lossless": False,
    }
    assert made.result.ledger == []
    (source,) = made.result.sources
    assert (source.kind, source.sha256) == ("text", hashlib.sha256(TEXT).hexdigest())


def test_counts_are_those_of_a_counter(encode: Encode) -> None:
    text = random_text()
    expected = Counter(text.decode().split())
    vocabulary = encode(text).corpus.vocabulary
    assert dict(zip(vocabulary.tokens[2:], vocabulary.counts[2:].tolist(), strict=True)) == expected
    assert vocabulary.counts[:2].tolist() == [0, 3000]
    assert vocabulary.tokens[2:] == sorted(expected, key=lambda token: (-expected[token], token.encode()))


def test_eos_in_the_text_is_read_on_request(encode: Encode) -> None:
    made = encode(b"a <eos> b\n", specials_in_text=True)
    assert made.corpus.ids.tolist() == [2, 1, 3, 1]
    assert made.corpus.vocabulary.counts.tolist() == [0, 2, 1, 1]


@pytest.mark.parametrize(
    "options",
    [
        {"tokenizer": "whitespace"},
        {"tokenizer": "word", "lower": True},
        {"tokenizer": "char", "split": "0.8,0.1,0.1"},
        {"tokenizer": "jamo", "split": "0.7,0.3", "split_by": "hash"},
        {"tokenizer": "bpe", "vocab_size": 400, "split": "0.8,0.2"},
        {"tokenizer": "unigram", "vocab_size": 400},
    ],
    ids=lambda options: options["tokenizer"],
)
def test_same_bytes_for_any_threads_and_blocks(encode: Encode, options: dict[str, Any]) -> None:
    text = random_text(12_000)
    first = encode(text, threads=1, **options)
    second = encode(text, threads=3, memory="1M", **options)
    assert contents(first.directory) == contents(second.directory)


def test_contiguous_split(encode: Encode) -> None:
    text = random_text(1000)
    whole, made = encode(text), encode(text, split="0.9,0.05,0.05")
    assert made.corpus.splits == {"train": (0, 900), "valid": (900, 950), "test": (950, 1000)}
    assert made.tokens() == whole.tokens()
    assert made.corpus.lengths.tolist() == whole.corpus.lengths.tolist()
    train = Counter(token for sentence in made.tokens()[:900] for token in sentence)
    vocabulary = made.corpus.vocabulary
    counts = dict(zip(vocabulary.tokens[2:], vocabulary.counts[2:].tolist(), strict=True))
    held_out = [token for token in vocabulary.tokens[2:] if counts[token] == 0]
    assert held_out
    assert held_out == sorted(held_out, key=str.encode) == vocabulary.tokens[-len(held_out) :]
    assert {token: count for token, count in counts.items() if count} == train
    assert vocabulary.counts[1] == 900


def test_hash_split_depends_on_nothing_but_the_line(encode: Encode) -> None:
    rows = [f"line number {number}" for number in range(4000)]
    options = {"split": "0.8,0.1,0.1", "split_by": "hash"}

    def parts(lines: list[str]) -> dict[str, set[str]]:
        made = encode("".join(f"{line}\n" for line in lines).encode(), **options)
        tokens = made.tokens()
        return {name: {" ".join(row) for row in tokens[a:b]} for name, (a, b) in made.corpus.splits.items()}

    first, second = parts(rows), parts([*reversed(rows), *(f"new {n}" for n in range(1000)), *rows[:50]])
    assert {name: len(part) for name, part in first.items()} == pytest.approx(
        {"train": 3200, "valid": 400, "test": 400}, abs=70
    )
    for name, part in first.items():
        assert part == {row for row in second[name] if not row.startswith("new")}


def test_split_lengths_follow_their_sentences(encode: Encode) -> None:
    made = encode(random_text(500), split="0.5,0.5", split_by="hash")
    tokens = made.tokens()
    rows = {
        tuple(line.split()): [len(line) + 1, len(line.encode()) + 1] for line in random_text(500).decode().split("\n")
    }
    for row, lengths in zip(tokens, made.corpus.lengths.tolist(), strict=True):
        assert len(row) == 0 or rows[tuple(row)] == lengths


@pytest.mark.parametrize("split", ["0.9", "0.9,0.2", "a,b", "1,0", "0.25,0.25,0.25,0.25", "1.5,-0.5", ""])
def test_impossible_splits(split: str) -> None:
    with pytest.raises(UsageError, match="--split"):
        split_shares(PreprocessOptions(split=split))


def test_blank_lines_are_dropped_and_counted(encode: Encode) -> None:
    made = encode(b"a\n\n \t\nb\n", blank_lines="drop")
    assert made.tokens() == [["a"], ["b"]]
    assert made.corpus.lengths.tolist() == [[2, 2], [2, 2]]
    assert made.ledger() == {"blank lines: dropped (--blank-lines drop)": 2}
    assert made.result.summary["lines_read"] == 4


def test_the_ledger_counts_what_was_changed(encode: Encode) -> None:
    made = encode(b"\xef\xbb\xbfa\r\nb\0c\n\xff\n", SourceOptions(errors="skip"))
    assert made.tokens() == [["a"], ["b", "c"]]
    assert [(entry["what"], entry["count"]) for entry in made.result.ledger] == [
        ("byte order marks", 1),
        ("carriage returns", 1),
        ("NUL bytes", 1),
        ("lines", 1),
    ]
    assert made.result.summary["lines_read"] == 3


def test_nothing_but_undecodable_lines(encode: Encode) -> None:
    made = encode(b"\xff\n", SourceOptions(errors="skip"))
    assert made.tokens() == []
    assert len(made.corpus) == 0
    assert made.corpus.vocabulary.tokens == ["<unk>", "<eos>"]


def test_lengths_are_those_of_composed_unfolded_text(encode: Encode) -> None:
    made = encode("e\u0301İ①\n\u1112\u1161\u11ab\n".encode(), normalize="nfkc", lower=True)
    assert made.corpus.lengths.tolist() == [[4, 2 + 2 + 3 + 1], [2, 4]]
    assert made.tokens() == [["éi\u03071"], ["한"]]


def test_compatibility_spaces_split_words(encode: Encode) -> None:
    # U+00A8 is, in NFKC, a space and a combining diaeresis.
    assert encode("a\u00a8b\n".encode(), normalize="nfkc").tokens() == [["a", "\u0308b"]]


def test_a_fixed_vocabulary(encode: Encode, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("dog\t7\ncat\nzebra\n<unk>\n", encoding="utf-8")
    made = encode(b"cat dog the cat <unk> a\n", vocab=str(words))
    assert made.corpus.vocabulary.tokens == ["<unk>", "<eos>", "cat", "dog", "zebra"]
    assert made.corpus.vocabulary.counts.tolist() == [3, 1, 2, 1, 0]
    assert made.corpus.ids.tolist() == [2, 3, 0, 2, 0, 0, 1]
    ((row, count),) = made.ledger().items()
    assert re.fullmatch("tokens: .*--vocab.*<unk>", row)
    assert count == 2
    again = encode(b"cat dog the cat <unk> a\n", vocab=str(made.directory / "vocab.tsv"))
    assert contents(again.directory) == contents(made.directory)


@pytest.mark.parametrize("listed", ["", "\n\n", "<unk>\n<eos>\n", "<unk>\t0\n<eos>\t0\n"])
def test_a_fixed_vocabulary_of_nothing_is_refused(encode: Encode, tmp_path: Path, listed: str) -> None:
    (tmp_path / "words").write_text(listed)
    with pytest.raises(InputError, match=r"words.* token"):
        encode(b"a\n", vocab=str(tmp_path / "words"))


def test_max_vocab(encode: Encode) -> None:
    made = encode(b"a a a b b c\n", max_vocab=4)
    assert made.corpus.vocabulary.tokens == ["<unk>", "<eos>", "a", "b"]
    assert made.corpus.ids.tolist() == [2, 2, 2, 3, 3, 0, 1]
    ((row, count),) = made.ledger().items()
    assert re.fullmatch("tokens: .*--max-vocab 4.*<unk>", row)
    assert count == 1


def test_subwords_take_no_other_vocabulary(encode: Encode) -> None:
    with pytest.raises(UsageError, match="--vocab-size"):
        encode(b"a\n", tokenizer="bpe", max_vocab=300)


def test_ids_are_wide_where_the_vocabulary_is(encode: Encode) -> None:
    words = [f"w{number}" for number in range(65_534)]
    assert encode(" ".join(words).encode()).corpus.ids.dtype == np.uint16
    wide = encode(" ".join([*words, "more"]).encode())
    assert wide.corpus.ids.dtype == np.uint32
    assert sorted(wide.corpus.ids.tolist()) == list(range(1, 65_537))


@pytest.mark.long
def test_a_line_of_100_megabytes(encode: Encode) -> None:
    made = encode(b"a line\n" + b"word " * 20_000_000 + b"\nlast\n")
    assert np.diff(made.corpus.bounds).tolist() == [3, 20_000_001, 2]
    assert made.corpus.lengths[1].tolist() == [100_000_001, 100_000_001]
    assert made.corpus.vocabulary.counts.tolist() == [0, 3, 20_000_000, 1, 1, 1]


def test_the_first_bad_line_is_reported_whichever_thread_is_first(encode: Encode) -> None:
    text = b"fine\n" * 2_000_000 + b"\xff\n" + b"fine\n" * 2_000_000 + b"\xfe\n"
    with pytest.raises(InputError, match=r"text\.txt: line 2000001: byte 10000000 "):
        encode(text, threads=4)


def test_no_temporary_files_stay(encode: Encode, tmp_path: Path) -> None:
    made = encode(TEXT, split="0.5,0.5")
    assert sorted(contents(made.directory)) == ["bounds.npy", "characters.tsv", "ids.npy", "lengths.npy", "vocab.tsv"]


def test_text_for_a_trained_model(encode: Encode, tmp_path: Path) -> None:
    options = PreprocessOptions(lower=True, max_vocab=4, split="0.5,0.5")
    model = encode(b"a a a b b c\nx\n", lower=True, max_vocab=4).corpus.vocabulary
    (tmp_path / "held-out").mkdir()
    (tmp_path / "test.txt").write_bytes(b"B zebra A\n")
    tokenizer = load_tokenizer(options)
    made = encode_text([str(tmp_path / "test.txt")], SourceOptions(), options, tokenizer, tmp_path / "held-out")
    corpus = Corpus(tmp_path / "held-out", options)
    assert made.vocabulary.tokens == ["<unk>", "<eos>", "a", "b", "zebra"]
    assert made.vocabulary.mapping(model)[corpus.ids].tolist() == [3, 0, 2, 1]
    assert made.summary["splits"] == {"train": [0, 1]}


def test_sources_of_several_kinds_in_one_corpus(encode: Encode, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a b")
    (tmp_path / "b.csv").write_bytes(b'text\n"c\nd"\n')
    made = encode([str(tmp_path / "a.txt"), str(tmp_path / "b.csv")])
    assert made.tokens() == [["a", "b"], ["c", "d"]]
    ((row, count),) = made.ledger().items()
    assert re.fullmatch("line ends: .*cells.*", row)
    assert count == 1
    assert [source.kind for source in made.result.sources] == ["text", "csv"]


def test_a_short_text_as_ids(encode: Encode) -> None:
    corpus = encode(b"the cat\n", lower=True).corpus
    assert corpus.encode("The CAT sat") == [3, 2, 0]


@pytest.mark.parametrize(
    ("size", "count"), [("512M", 512 << 20), ("4g", 4 << 30), ("1.5K", 1536), ("7", 7), ("2 GiB", 2 << 30)]
)
def test_sizes(size: str, count: int) -> None:
    assert byte_count(size) == count


def test_a_size_that_is_none() -> None:
    with pytest.raises(UsageError, match="4 apples"):
        byte_count("4 apples")


def _overwrite(name: str, array: Any) -> Callable[[Path], None]:
    return lambda folder: np.save(folder / name, array)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "ids.npy").unlink(), "ids.npy"),
        (lambda folder: (folder / "ids.npy").write_bytes(b"\x93NUMPY"), "ids.npy"),
        (
            lambda folder: (folder / "ids.npy").write_bytes((folder / "ids.npy").read_bytes()[:-2]),
            "ids.npy",
        ),
        (_overwrite("ids.npy", np.array([{}], object)), "ids.npy"),
        (_overwrite("ids.npy", np.zeros(3, np.int64)), "uint16 or uint32"),
        (_overwrite("bounds.npy", np.array([0, 5, 3, 18], np.int64)), "bounds.npy.* ids.npy"),
        (_overwrite("bounds.npy", np.array([1, 18], np.int64)), "bounds.npy.* ids.npy"),
        (_overwrite("bounds.npy", np.array([0, 2**62, -(2**63), -(2**62), 18], np.int64)), "bounds.npy.* ids.npy"),
        (_overwrite("bounds.npy", np.zeros(0, np.int64)), "bounds.npy.* ids.npy"),
        (_overwrite("lengths.npy", np.zeros((3, 2), np.uint32)), "lengths.npy.* 3 .* 4 "),
        (_overwrite("ids.npy", np.full(18, 99, np.uint16)), r"ids\.npy.* 99.* vocab\.tsv .*13"),
    ],
)
def test_damaged_folders_are_refused(encode: Encode, damage: Callable[[Path], None], message: str) -> None:
    made = encode(TEXT)
    del made.corpus.ids
    damage(made.directory)
    with pytest.raises((ArtifactError, InputError)) as caught:
        Corpus(made.directory, PreprocessOptions()).vocabulary  # noqa: B018
    assert re.search(message, str(caught.value))


def test_a_split_outside_the_corpus_is_refused(encode: Encode) -> None:
    made = encode(TEXT)
    with pytest.raises(InputError, match=r"split.* 4 "):
        Corpus(made.directory, PreprocessOptions(), {"train": (0, 5)})
    with pytest.raises(InputError, match="'valid'"):
        made.corpus.split("valid")


@pytest.mark.parametrize("tokenizer", ["whitespace", "word", "syllable"])
def test_tables_that_fill_up_do_not_change_a_byte(
    encode: Encode, monkeypatch: pytest.MonkeyPatch, tokenizer: str
) -> None:
    from seqtool.corpus.encoding import pretokenize

    text = random_text(6000, 4)
    whole = contents(encode(text, tokenizer=tokenizer, threads=1, memory="1M").directory)
    monkeypatch.setattr(pretokenize, "_MOST_ENTRIES", 300)
    assert contents(encode(text, tokenizer=tokenizer, threads=3, memory="1M").directory) == whole


def test_very_short_lines_make_small_blocks() -> None:
    from seqtool.corpus.reading.blocks import cut

    text = b"\n" * 10_000 + b"a\n" * 10_000 + b"a longer line of words\n" * 1000
    found = list(cut("t", [text], 4096))
    assert b"".join(block.data for block in found) == text
    assert max(block.lines for block in found) <= 512
    assert [block.first_line for block in found] == [1 + text.count(b"\n", 0, block.offset) for block in found]


def test_a_very_large_vocabulary_is_warned_of(
    encode: Encode, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from seqtool.corpus import preprocess

    monkeypatch.setattr(preprocess, "_MANY_TYPES", 11)
    monkeypatch.setattr(preprocess, "BYTES_OF_A_TYPE", 3_000_000)
    encode(TEXT, max_vocab=11)
    assert "--max-vocab" not in capsys.readouterr().err
    encode(TEXT)
    warned = capsys.readouterr().err
    assert warned.startswith("warning:")
    assert " 13 " in warned
    assert " 39 MB" in warned
    assert "--max-vocab" in warned


@pytest.mark.parametrize(
    ("name", "value", "given"),
    [
        ("tokenizer", "bpe", "--tokenizer bpe"),
        ("blank_lines", "drop", "--blank-lines drop"),
        ("lower", True, "--lower"),
        ("lower", False, "--no-lower"),
        ("max_vocab", None, "no --max-vocab"),
    ],
)
def test_an_option_is_named_as_it_is_given(name: str, value: object, given: str) -> None:
    assert as_given(name, value) == given
