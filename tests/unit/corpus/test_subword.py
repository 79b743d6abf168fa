from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Encoded
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.corpus.tokenizers.subword import SubwordTokenizer, train_subword
from seqtool.errors import InputError

WORDS = [
    "the",
    " the",
    " cat",
    " cats",
    " sat",
    " sitting",
    " 안녕",
    " 안녕하세요",
    ",",
    " 12",
    "  x",
    "<unk>",
    "<eos>",
]


@pytest.fixture(scope="module", params=["bpe", "unigram"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[SubwordTokenizer, Path]:
    folder = tmp_path_factory.mktemp("subword")
    options = PreprocessOptions(tokenizer=request.param, vocab_size=290, lower=True)
    counts = np.arange(len(WORDS), 0, -1, dtype=np.int64) * 10
    return train_subword(WORDS, counts, options, folder), folder


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n")))
@settings(max_examples=200, deadline=None)
def test_nothing_is_lost_and_nothing_unknown(trained: tuple[SubwordTokenizer, Path], text: str) -> None:
    tokenizer, _ = trained
    tokens = tokenizer.tokenize(text)
    assert tokenizer.detokenize(tokens) == text
    assert set(tokens) <= set(tokenizer.pieces)


def test_every_byte_is_a_piece(trained: tuple[SubwordTokenizer, Path]) -> None:
    tokenizer, _ = trained
    assert {bytes([byte]).decode("utf-8", "surrogateescape") for byte in range(256)} <= set(tokenizer.pieces)
    assert 256 < len(tokenizer.pieces) <= 288
    assert {" the", " 안녕"} <= set(tokenizer.pieces)


def test_the_tokenizer_is_read_back(trained: tuple[SubwordTokenizer, Path]) -> None:
    tokenizer, folder = trained
    again = load_tokenizer(PreprocessOptions(tokenizer=tokenizer.name), folder)
    text = "the cats, 안녕하세요 <unk><eos> THE"
    assert again.tokenize(text) == tokenizer.tokenize(text)


def test_other_programs_read_it(trained: tuple[SubwordTokenizer, Path]) -> None:
    from tokenizers import Tokenizer

    tokenizer, folder = trained
    encoding = Tokenizer.from_file(str(folder / "tokenizer.json")).encode("The cats,  안녕하세요 ")
    pieces = [tokenizer.pieces[number] for number in encoding.ids]
    assert pieces == tokenizer.tokenize(Normalizer(PreprocessOptions(lower=True))("The cats,  안녕하세요 "))


def test_special_tokens_of_a_file_are_not_matched_in_text(
    trained: tuple[SubwordTokenizer, Path], tmp_path: Path
) -> None:
    tokenizer, folder = trained
    settings_ = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    special = {"id": 0, "content": "cat", "special": True, "single_word": False, "lstrip": False, "rstrip": False}
    settings_["added_tokens"] = [special | {"normalized": False}]
    (tmp_path / "tokenizer.json").write_text(json.dumps(settings_), encoding="utf-8")
    again = SubwordTokenizer.read(tokenizer.name, tmp_path)
    assert again.tokenize("the cat") == tokenizer.tokenize("the cat")


@pytest.mark.parametrize(
    "content", [None, "", "{}", "[1]", '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}']
)
def test_a_damaged_tokenizer_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(InputError, match=r"tokenizer\.json"):
        load_tokenizer(PreprocessOptions(tokenizer="bpe"), tmp_path)


@pytest.mark.parametrize("name", ["bpe", "unigram"])
def test_a_corpus_of_subwords(encode: Callable[..., Encoded], name: str) -> None:
    text = "the cat sat\n" * 20 + "  the <unk> mat <eos>\n안녕\n"
    made = encode(text.encode(), tokenizer=name, vocab_size=270, split="0.9,0.1")
    corpus = made.corpus
    joined = [corpus.tokenizer.detokenize(row) for row in made.tokens()]
    assert joined == text.split("\n")[:-1]
    assert set(corpus.tokenizer.pieces) == set(corpus.vocabulary.tokens[2:])  # type: ignore[attr-defined]
    assert corpus.encode("zebra 漢")
    assert 0 not in corpus.encode("zebra 漢")
    assert made.result.summary["lossless"] is True


SCRIPT = """
import hashlib, sys
from pathlib import Path
import numpy as np
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.tokenizers.subword import train_subword
random = np.random.default_rng(0)
words = sorted({"".join(random.choice(list("abcde"), n)) for n in random.integers(1, 12, 3000)})
order = np.random.default_rng(int(sys.argv[2])).permutation(len(words))
counts = (1 + np.arange(len(words)) % 17)[order]
options = PreprocessOptions(tokenizer=sys.argv[1], vocab_size=500)
train_subword([words[i] for i in order], counts, options, Path(sys.argv[3]))
print(hashlib.sha256((Path(sys.argv[3]) / "tokenizer.json").read_bytes()).hexdigest())
"""


@pytest.mark.parametrize("name", ["bpe", "unigram"])
def test_training_gives_the_same_bytes_in_every_process(name: str, tmp_path: Path) -> None:
    def digest(run: int) -> Any:
        command = [sys.executable, "-c", SCRIPT, name, str(run), str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert len({digest(run) for run in range(3)}) == 1
