"""Every parser on damaged input, in small, and each input that once ended in a traceback (`make fuzz` is large)."""

from __future__ import annotations

import json
import os
import struct
import time
from pathlib import Path

import pytest
from fuzz.artifact_parsers import CHECKPOINT
from fuzz.data_parsers import ARPA, fasttext_model, vectors, wordnet
from fuzz.engine import damaged, fuzz, place
from fuzz.parser import Parse, Parser, complain_of_message
from fuzz.parsers import PARSERS
from fuzz.text_parsers import CONLLU, labelled, read

from seqtool.errors import InputError, SeqtoolError

BY_NAME = {parser.name: parser for parser in PARSERS}
SLOW = ("doctor", "columns.tagger/", "lstm.lm/model", "tfidf.classifier/", "bigram.lm/", "xz")  # a child warms up long
MANY = "9" * 5000  # digits: more than Python makes a number of


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_damaged_input_is_read_or_refused_in_one_line_that_names_the_file(parser: Parser) -> None:
    found = fuzz(parser, 5 if parser.name.startswith(SLOW) else 40, seed=11)
    assert not found.finds, "\n".join(find.trace for find in found.finds.values())
    assert found.read + found.refused == found.runs


def test_an_input_can_be_made_again_from_the_seed_and_its_number() -> None:
    parser = BY_NAME["csv"]
    assert [damaged(parser, 5, number) for number in range(20)] == [damaged(parser, 5, number) for number in range(20)]
    assert len({damaged(parser, 5, number) for number in range(20)}) > 10


def _raise(path: Path) -> None:
    raise KeyError(path.name)


def _hang(path: Path) -> None:
    while path.read_bytes() != b"seed":
        pass


def _grow(path: Path) -> None:
    if path.read_bytes() != b"seed":
        bytearray(3 << 30)


def _vanish(path: Path) -> None:
    if path.read_bytes() != b"seed":
        os.abort()


def _nameless(path: Path) -> None:
    if path.read_bytes() != b"seed":
        raise InputError("it is damaged", "make it anew")


@pytest.mark.parametrize(
    ("parse", "key"),
    [(_hang, "HangError"), (_grow, "MemoryError"), (_vanish, "stopped by signal -6"), (_nameless, "BadMessageError")],
)
def test_a_hang_too_much_memory_a_crash_and_a_message_without_the_file_are_finds(
    parse: object, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuzz.engine.MOST_SECONDS", 0.2)
    parser = Parser("bad", "input.txt", [b"seed"], parse, "binary")  # type: ignore[arg-type]
    found = fuzz(parser, 3, seed=1)
    assert any(find.startswith(key) for find in found.finds), list(found.finds)
    assert all(find.data != b"seed" for find in found.finds.values())


def test_a_seed_that_cannot_be_read_is_no_seed() -> None:
    with pytest.raises(KeyError):
        fuzz(Parser("bad", "input.txt", [b"seed"], _raise), 1, seed=1)


def test_time_that_is_up_ends_the_runs() -> None:
    found = fuzz(BY_NAME["token-list"], 10**9, seed=1, until=time.monotonic() + 0.2)
    assert 0 < found.runs < 10**6


def _rule(**values: object) -> str:
    return json.dumps({"minn": 3, "maxn": 6, "bucket": 50, "units": "characters"} | values)


def _with_damaged_ancestor(artifact: str) -> str:
    raw = json.loads(BY_NAME[f"{artifact}/manifest.json"].seeds[0])
    raw["inputs"][0]["manifest"].pop("files")
    return json.dumps(raw)


def _with_infinite_part(artifact: str) -> str:
    raw = json.loads(BY_NAME[f"{artifact}/manifest.json"].seeds[0])
    raw["summary"]["splits"] = {"train": [0, float("inf")]}
    return json.dumps(raw)


def _with_long_name(artifact: str) -> str:
    raw = json.loads(BY_NAME[f"{artifact}/manifest.json"].seeds[0])
    raw["files"]["눈" * 100] = raw["files"].pop("vocab.tsv")
    return json.dumps(raw)


NPY = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<u4', 'fortran_order': False, 'shape': (60, 2),(}".ljust(117) + b"\n"
NEGATIVE = fasttext_model().replace(struct.pack("<3i", 3, 2, 3), struct.pack("<3i", 3, -(2**24), 3))
NAN = fasttext_model().replace(b"\0\0\x80\x3f", b"\0\0\xc0\x7f")  # 1.0 → nan
_UNMERGED = {"model": {"type": "BPE", "vocab": {"b": 0}, "merges": [f"{'a' * 9000} b"]}}
DATA, INDEX = (wordnet()[name].decode() for name in ("data.noun", "index.noun"))
DOG = INDEX.partition("\ndog n 1 1 @ 1 0 ")[2][:8]
UNCLOSED = f'text,{"n" * 200_000}\n2,"b\n'  # as many rows as are read at once, the last of which is not closed
REFUSED: dict[str, tuple[str | Parse, str | bytes, str]] = {  # how it is read, the file, what the message says
    "an ID of very many digits": ("conllu", CONLLU.replace("3\tbooks", f"{MANY}\tbooks"), "line 5: "),
    "a range of very many digits": ("conllu-columns", CONLLU.replace("1-2\tdu", f"1-{MANY}\tdu"), "line 9: "),
    "an empty node of very many digits": ("conllu", CONLLU.replace("2.1\t", f"2.{MANY}\t"), "line 12: "),
    "a very long label": (labelled(), f"__label__a __label__{'b' * 9000} text\n", "found 2 (__label__a __label__b"),
    "very many n-grams": ("arpa", ARPA.replace("ngram 2=4", f"ngram 2={MANY}"), "line 4: "),
    "an order of very many digits": ("arpa", ARPA.replace("ngram 2=4", f"ngram {MANY}=4"), "line 4: "),
    "a count of very many digits": ("characters.tsv", f"<end>\t1\na\t{MANY}\n", "line 2: "),
    "phrases without a line end": ("phrases.tsv", "phrase\tfirst\tsecond\tpass\tcount\tscore", "table of phrases"),
    "a tokenizer with a very long token": ("tokenizer-bpe", json.dumps(_UNMERGED), "tokenizer.json"),
    "a header that is no Python": ("text.corpus/lengths.npy", NPY, "lengths.npy"),
    "n-grams longer than a number": ("fasttext.vectors/ngrams.json", _rule(minn=2**64), str(2**64)),
    "n-grams of broken lengths": ("fasttext.vectors/ngrams.json", _rule(minn=0.5), "0.5"),
    "n-grams of lists without end": ("fasttext.vectors/ngrams.json", "[" * 100_000, "ngrams.json"),
    "n-grams of True letters": ("fasttext.vectors/ngrams.json", _rule(maxn=True), "True"),
    "items that are no text": ("perplexity.eval/items.tsv", b"sentence\n\xff\n", "items.tsv"),
    "an answer that is no text": ("neighbors.eval/items.tsv", b"query\n\xff\n", "items.tsv"),
    "a damaged ancestor of a corpus": (
        "phrases.corpus/manifest.json",
        _with_damaged_ancestor("phrases.corpus"),
        "'files'",
    ),
    "a damaged ancestor of counts": ("text.counts/manifest.json", _with_damaged_ancestor("text.counts"), "'files'"),
    "an infinite part of a corpus": (
        "text.corpus/manifest.json",
        _with_infinite_part("text.corpus"),
        "artifact is damaged",
    ),
    "an infinite part in a report": (
        "phrases.corpus/manifest.json",
        _with_infinite_part("phrases.corpus"),
        "artifact is damaged",
    ),
    "a checkpoint of a very long name": (
        "checkpoint.json",
        json.dumps(CHECKPOINT | {"current": "a" * 999}),
        "checkpoint.json",
    ),
    "a file of a very long name": ("lstm.lm/manifest.json", _with_long_name("lstm.lm"), "unsafe file name"),
    "a model of fastText with n-grams of less than nothing": ("fasttext-binary", NEGATIVE, "is damaged"),
    "labels that follow by no number": ("columns.tagger/allowed.tsv", "1\t\U0010ffff\n" * 9, "0 and 1"),
    "labels that follow in rows of two lengths": ("columns.tagger/allowed.tsv", "1\t0\n1\n", "artifact is damaged"),
    "a model of fastText with nan": (vectors, NAN, "input.txt: the vector of"),
    "an antonym of a word that is not there": (
        "wordnet-data.noun",
        DATA.replace("0101 | it barks", "0901 | it"),
        "byte",
    ),
    "words without end": ("wordnet-data.noun", DATA.replace("n 01 dog", "n fffffffff dog"), "byte"),
    "a place longer than a number": ("wordnet-index.noun", INDEX.replace(DOG, str(2**64)), f"byte {2**64}"),
    "a batch of rows, the last not closed": (read(), UNCLOSED, "line 2: "),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_once_was_a_traceback_is_refused(what: str) -> None:
    way, data, said = REFUSED[what]
    parser = (
        BY_NAME[way] if isinstance(way, str) else Parser("one", "input.csv" if "rows" in what else "input.txt", [], way)
    )
    with place(parser) as path:
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        began = time.process_time()
        with pytest.raises(SeqtoolError) as refused:
            parser.parse(path)
        assert time.process_time() - began < 20
        complain_of_message(refused.value, path)
    assert said in str(refused.value)
