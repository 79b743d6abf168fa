"""Hostile folders through the command line: exit 1 and one line, whatever reads them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ONE = ("--threads", "1", "-q")
TINY = ("--emb-dim", "8", "--hidden-dim", "8", "--layers", "1", "--epochs", "1", *ONE)
Spoil = Callable[[Path], Callable[[dict[str, Any]], None] | None]


def payload(name: str, data: bytes) -> Spoil:
    def spoil(path: Path) -> None:
        (path / name).write_bytes(data)

    return spoil


def cut(name: str) -> Spoil:
    def spoil(path: Path) -> None:
        (path / name).write_bytes((path / name).read_bytes()[:-3])

    return spoil


def option(**values: Any) -> Spoil:
    return lambda path: lambda raw: raw["options"].update(values)


def summary(**values: Any) -> Spoil:
    return lambda path: lambda raw: raw["summary"].update(values)


def without(part: str, name: str) -> Spoil:
    return lambda path: lambda raw: raw[part].pop(name)


def link(name: str) -> Spoil:
    def spoil(path: Path) -> None:
        (path / name).unlink()
        (path / name).symlink_to("/etc/passwd")

    return spoil


def missing(name: str) -> Spoil:
    def spoil(path: Path) -> Callable[[dict[str, Any]], None]:
        (path / name).unlink()
        return lambda raw: raw["files"].pop(name)

    return spoil


def array(name: str, value: np.ndarray) -> Spoil:
    return lambda path: np.save(path / name, value)


# Each folder's manifest is computed anew, so that what is wrong is found in the content.
MODELS: dict[str, Spoil] = {
    "weights cut": cut("model.safetensors"),
    "weights empty": payload("model.safetensors", b""),
    "weights a pickle": payload("model.safetensors", pickle.dumps({"a": 1})),
    "weights of nothing": payload("model.safetensors", (2).to_bytes(8, "little") + b"{}"),
    "weights with a huge header": payload("model.safetensors", (2**62).to_bytes(8, "little") + b"{}"),
    "weights a link": link("model.safetensors"),
    "weights missing": without("files", "model.safetensors"),
    "a huge layer": option(hidden_dim=10**9, tied=False),
    "an impossible layer": option(hidden_dim=10**18, emb_dim=10**18),
    "an infinite layer": option(emb_dim=10**40),
    "too many layers": option(layers=10**9),
    "layers of text": option(layers="many"),
    "layers of null": option(emb_dim=None),
    "an unknown cell": option(cell="evil"),
    "another cell": option(cell="rnn"),
    "another size": option(emb_dim=9, hidden_dim=9),
    "a list for a cell": option(cell=["lstm"]),
    "vocabulary cut": cut("vocab.tsv"),
    "vocabulary empty": payload("vocab.tsv", b""),
    "vocabulary not text": payload("vocab.tsv", b"\xff\xfe\0\0"),
    "vocabulary shorter": payload("vocab.tsv", b"<unk>\t0\n<eos>\t3\na\t1\n"),
    "vocabulary repeated": payload("vocab.tsv", b"<unk>\t0\n<eos>\t3\na\t1\na\t1\n"),
    "vocabulary with a count of 5000 digits": payload("vocab.tsv", b"<unk>\t0\n<eos>\t" + b"9" * 5000 + b"\n"),
    "characters wrong": payload("characters.tsv", b"abc\n"),
    "characters with a count of 5000 digits": payload("characters.tsv", b"<end>\t" + b"9" * 5000 + b"\n"),
    "characters with a count of 40 digits": payload("characters.tsv", b"<end>\t" + b"9" * 40 + b"\n"),
    "characters missing": without("files", "characters.tsv"),
    "no preprocessing": without("summary", "preprocessing"),
    "preprocessing a list": summary(preprocessing=[1]),
    "preprocessing of a newer version": summary(preprocessing={"tokenizer": "word", "magic": True}),
    "an unknown tokenizer": summary(preprocessing={"tokenizer": "evil"}),
    "a tokenizer that is not there": summary(preprocessing={"tokenizer": "bpe"}),
    "a newer format": lambda path: lambda raw: raw.update(format_version=99),
    "another kind": lambda path: lambda raw: raw.update(kind="corpus"),
    "a path out of the folder": lambda path: lambda raw: raw["files"].update({"../x": {"bytes": 1, "sha256": "a"}}),
}


@pytest.mark.parametrize("kind", MODELS)
def test_a_hostile_model_is_one_line(run: Any, copied: Path, forge: Any, kind: str) -> None:
    model = copied / "m.lm"
    change = MODELS[kind](model)
    forge(model, change or (lambda raw: None))
    for command in (["perplexity", model, copied / "corpus.txt", *ONE], ["generate", model, *ONE]):
        done = run(*command).failed(1)
        assert done.stdout == ""


CORPORA: dict[str, Spoil] = {
    "ids cut": cut("ids.npy"),
    "ids empty": payload("ids.npy", b""),
    "ids a pickle": payload("ids.npy", pickle.dumps([1, 2])),
    "ids of objects": lambda path: np.save(path / "ids.npy", np.array([{}], object), allow_pickle=True),
    "ids of floats": array("ids.npy", np.ones(840)),
    "ids past the vocabulary": array("ids.npy", np.full(840, 60000, np.uint16)),
    "ids fewer than the bounds say": array("ids.npy", np.ones(7, np.uint16)),
    "a shape of 2**60": payload(
        "ids.npy",
        b"\x93NUMPY\x01\x00\x76\x00"
        + b"{'descr': '<u2', 'fortran_order': False, 'shape': (1152921504606846976,), }".ljust(117)
        + b"\n",
    ),
    "bounds that fall": array("bounds.npy", np.array([0, 800, 7, 840], np.int64)),
    "bounds of a huge number": array("bounds.npy", np.array([0, 2**62], np.int64)),
    "bounds negative": array("bounds.npy", np.array([-5, 840], np.int64)),
    "bounds of nothing": array("bounds.npy", np.zeros(0, np.int64)),
    "lengths of another shape": array("lengths.npy", np.zeros((120, 3), np.uint32)),
    "ids a link": link("ids.npy"),
    "vocabulary cut": cut("vocab.tsv"),
    "vocabulary missing": missing("vocab.tsv"),
    "bounds missing": missing("bounds.npy"),
    "characters missing": missing("characters.tsv"),
    "a split past the end": summary(splits={"train": [0, 10**9]}),
    "a split backwards": summary(splits={"train": [9, 2]}),
    "a split negative": summary(splits={"train": [-9, 2]}),
    "splits a list": summary(splits=[1, 2]),
    "an unknown tokenizer": option(tokenizer="evil"),
    "a tokenizer that is not there": option(tokenizer="bpe"),
    "options of other types": option(tokenizer=3),
}


@pytest.mark.parametrize("kind", CORPORA)
def test_a_hostile_corpus_is_one_line(run: Any, copied: Path, forge: Any, kind: str) -> None:
    corpus = copied / "c.corpus"
    change = CORPORA[kind](corpus)
    forge(corpus, change or (lambda raw: None))
    run("train-lm", corpus, "-o", "new.lm", *TINY).failed(1)
    assert not Path("new.lm").exists()
    assert not list(Path().glob(".new.lm*"))


@pytest.mark.parametrize(
    "name", ["manifest.json", "ids.npy", "model.safetensors", "vocab.tsv", "items.tsv", "history.tsv"]
)
def test_a_truncated_file_is_named(run: Any, copied: Path, name: str) -> None:
    folder = next(path for path in (copied / "m.lm", copied / "e.eval", copied / "c.corpus") if (path / name).exists())
    (folder / name).write_bytes((folder / name).read_bytes()[:-5])
    run("info", folder, "--verify").failed(1, name)


HISTORY = b"step\tepoch\ttokens\ttrain_loss\tvalid_loss\tlr\tgrad_norm\n"
REPORTED: dict[str, tuple[str, Spoil]] = {
    "a history of other columns": ("m.lm", payload("history.tsv", b"a\tb\n1\t2\n")),
    "a history of words": ("m.lm", payload("history.tsv", HISTORY + b"x\t" * 6 + b"x\n")),
    "a history not text": ("m.lm", payload("history.tsv", b"\xff\xfe\0\1")),
    "a short history": ("m.lm", payload("history.tsv", HISTORY + b"1\n")),
    "tests of numbers": ("m.lm", summary(tests=[1, 2])),
    "tests a number": ("m.lm", summary(tests=3)),
    "an ancestor of the wrong type": ("m.lm", lambda path: lambda raw: raw["inputs"][0].update(manifest=7)),
    "mistakes that are words": ("e.eval", summary(mistakes=["x"])),
    "mistakes that are a number": ("e.eval", summary(mistakes=3)),
    "labels that are a word": ("e.eval", summary(labels="x")),
    "labels of words": ("e.eval", summary(labels={"a": "x"})),
    "parts of a corpus that are numbers": ("c.corpus", summary(splits={"train": 3})),
    "a ledger of numbers": ("m.lm", lambda path: lambda raw: raw.update(ledger=[1])),
}


@pytest.mark.parametrize("kind", REPORTED)
def test_a_report_over_a_hostile_artifact_is_one_line(run: Any, copied: Path, forge: Any, kind: str) -> None:
    name, spoil = REPORTED[kind]
    forge(copied / name, spoil(copied / name) or (lambda raw: None))
    run("report", copied / name).failed(1)
    run("report", copied / name, "-o", "r").failed(1)
    assert not Path("r").exists()


@pytest.mark.parametrize("value", [[1], {"a": 1}, None, "text", "a|b\n# c", 10**30, True])
def test_a_report_over_odd_values_shows_them_as_text(run: Any, copied: Path, forge: Any, value: Any) -> None:
    forge(copied / "e.eval", summary(perplexity=value, context=value, data=value)(copied))
    forge(copied / "m.lm", summary(parameters=value, architecture=value)(copied))
    (copied / "m.lm" / "run.json").write_text(json.dumps({"threads": value, "peak_memory_bytes": value}))
    page = run("report", copied / "m.lm", copied / "e.eval").ok().stdout
    assert "\n# c" not in page
    run("report", copied / "m.lm", copied / "e.eval", "-o", "r").ok()
