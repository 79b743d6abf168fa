"""Artifacts whose manifest or a file of whose payload is damaged, and signed anew by whoever damaged it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from fuzz.parser import Parse, Parser
from fuzz.text_parsers import HANGUL, PROSE
from seqtool.api.load import load
from seqtool.artifact.lineage import lineage
from seqtool.artifact.manifest import content_digest
from seqtool.artifact.read import Artifact, open_artifact, read_manifest, verify
from seqtool.artifact.write import claim
from seqtool.corpus.artifact import open_corpus
from seqtool.corpus.characters import CharacterModel
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.phrases.scoring import Phrases
from seqtool.corpus.tokenizers.subword import SubwordTokenizer, train_subword
from seqtool.counts.artifact import open_counts
from seqtool.evaluation.artifact import read_evaluation
from seqtool.evaluation.saved_answers import SavedAnswer
from seqtool.ngrams.artifact import load_ngram
from seqtool.nn.training.checkpoint import load_weights
from seqtool.reporting.collecting.collect import collect
from seqtool.vectors.artifact import load_vectors

MADE = Path(__file__).resolve().parents[2] / "artifacts" / "0.1.0"
Use = Callable[[Path], Any]
_FOLDER = "artifact"


def signed(folder: Path, name: str) -> None:
    """Make size, sha256 and digest of a manifest fit a payload file that was changed."""
    data, path = (folder / name).read_bytes(), folder / "manifest.json"
    raw = json.loads(path.read_text("utf-8"))
    raw["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    path.write_text(json.dumps(raw | {"digest": content_digest(raw)}), "utf-8")


def payload(artifact: str, name: str, use: Use, form: str = "text", native: bool = False) -> Parser:
    """A payload file of an artifact."""

    def parse(path: Path) -> None:
        folder = path.parent / _FOLDER
        if not folder.exists():
            shutil.copytree(MADE / artifact, folder)
        (folder / name).write_bytes(path.read_bytes())
        signed(folder, name)
        use(folder)

    seed = (MADE / artifact / name).read_bytes()
    return Parser(f"{artifact}/{name}", name, [seed], parse, form, native)


def manifest(artifact: str, use: Use) -> Parser:
    """The manifest of an artifact, with the digest that fits it where it has one."""

    def parse(path: Path) -> None:
        folder = path.parent / _FOLDER
        if not folder.exists():
            shutil.copytree(MADE / artifact, folder)
        data = path.read_bytes()
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raw = json.loads(data)
            data = json.dumps(raw | {"digest": content_digest(raw)}).encode("utf-8", "surrogatepass")
        (folder / "manifest.json").write_bytes(data)
        opened = Artifact(folder, read_manifest(folder))
        verify(opened)
        list(lineage(folder.name, opened.manifest))
        use(folder)

    return Parser(
        f"{artifact}/manifest.json", "manifest.json", [(MADE / artifact / "manifest.json").read_bytes()], parse, "json"
    )


def training(path: Path) -> None:
    """``checkpoint.json`` of a training that has not ended."""
    folder = path.parent / _FOLDER
    if not folder.exists():
        shutil.copytree(MADE / "lstm.lm", folder)
        raw = json.loads((folder / "manifest.json").read_text("utf-8")) | {"state": "training", "files": {}}
        (folder / "manifest.json").write_text(json.dumps(raw | {"digest": content_digest(raw)}), "utf-8")
        (folder / "checkpoint" / "a1").mkdir(parents=True)
        (folder / "checkpoint" / "a1" / "model.safetensors").write_bytes(b"{}")
    (folder / "checkpoint.json").write_bytes(path.read_bytes())
    opened = open_artifact(folder, "lm")
    opened.file("model.safetensors")
    opened.as_input()


CHECKPOINT = {"current": "a1", "files": {"model.safetensors": [2, hashlib.sha256(b"{}").hexdigest()]}}


def reported(folder: Path) -> None:
    """What a report shows of it."""
    collect([open_artifact(folder)])


def evaluation(folder: Path) -> None:
    """An evaluation, its items, and what a report shows of it."""
    found = read_evaluation(open_artifact(folder, "evaluation"))
    assert isinstance(found.items, list)
    reported(folder)


def answer(folder: Path) -> None:
    """An answer that stands already."""
    opened = open_artifact(folder)
    claim(folder, opened.manifest.recipe, False)
    recipe = opened.manifest.recipe
    SavedAnswer(folder, recipe.command, recipe.options, recipe.inputs, False).standing()
    reported(folder)


def whole_corpus(folder: Path) -> None:
    """Every sentence of a corpus, and its vocabulary."""
    corpus = open_corpus(open_artifact(folder, "corpus"))
    for name in corpus.splits:
        for sentence in corpus.sentences(name):
            assert sentence.max(initial=0) < len(corpus.vocabulary)


def scored(folder: Path) -> None:
    """What an n-gram model says."""
    model = load(folder, threads=1)
    model.score(["the cat sat", "눈"])
    load_ngram(folder, 1)


def known(folder: Path) -> None:
    """Word vectors, and the vector of a word that they spell."""
    found = load_vectors(folder)
    found.knowing(["unheard"])


def counted(folder: Path) -> None:
    """A sparse matrix."""
    open_counts(open_artifact(folder))


def opened(folder: Path) -> None:
    """Whatever it is, as `seqtool.load` opens it."""
    load(folder, device="cpu")


def subwords(name: str) -> Parser:
    """``tokenizer.json``."""

    def parse(path: Path) -> None:
        tokenizer = SubwordTokenizer.read(name, path.parent, path.name)
        tokenizer.detokenize(tokenizer.tokenize("the cat sat 눈 \U0001f600"))

    return Parser(f"tokenizer-{name}", "tokenizer.json", [_tokenizer(name)], parse, "json", native=True)


@cache
def _tokenizer(name: str) -> bytes:
    import tempfile

    import numpy as np

    words = [f" {word}" for word in dict.fromkeys((PROSE + HANGUL).split())]
    with tempfile.TemporaryDirectory() as folder:
        options = PreprocessOptions(tokenizer=name, vocab_size=300, lower=True)
        train_subword(words, np.full(len(words), 3, np.int64), options, Path(folder))
        return (Path(folder) / "tokenizer.json").read_bytes()


def reading(read: Callable[[Path], Any]) -> Parse:
    """Reading alone."""
    return lambda path: read(path)


def artifact_parsers() -> list[Parser]:
    """Those of this module."""
    phrases, characters = (MADE / "phrases.corpus" / "phrases.tsv"), (MADE / "text.corpus" / "characters.tsv")
    weights = (MADE / "lstm.lm" / "model.safetensors").read_bytes()
    array = partial(payload, form="binary", native=True)
    return [
        manifest("text.corpus", whole_corpus),
        manifest("phrases.corpus", reported),
        manifest("lstm.lm", reported),
        manifest("bigram.lm", scored),
        manifest("fasttext.vectors", known),
        manifest("text.counts", counted),
        manifest("compare.eval", evaluation),
        manifest("labels.eval", evaluation),
        manifest("neighbors.eval", answer),
        Parser("checkpoint.json", "checkpoint.json", [json.dumps(CHECKPOINT).encode()], training, "json"),
        payload("perplexity.eval", "items.tsv", evaluation),
        payload("compare.eval", "items.tsv", evaluation),
        payload("neighbors.eval", "items.tsv", answer),
        payload("lstm.lm", "history.tsv", reported),
        payload("word2vec.vectors", "history.tsv", reported),
        payload("lstm.lm", "run.json", reported, "json"),
        payload("fasttext.vectors", "ngrams.json", known, "json"),
        payload("text.corpus", "vocab.tsv", whole_corpus),
        payload("text.counts", "vocab.tsv", counted),
        Parser("phrases.tsv", "phrases.tsv", [phrases.read_bytes()], reading(Phrases.read)),
        Parser("characters.tsv", "characters.tsv", [characters.read_bytes()], reading(CharacterModel.read)),
        payload("tfidf.classifier", "labels.tsv", opened),
        payload("columns.tagger", "labels.tsv", opened, native=True),
        payload("columns.tagger", "allowed.tsv", opened, native=True),
        payload("columns.tagger", "letters.tsv", opened, native=True),
        *(array("text.corpus", f"{name}.npy", whole_corpus) for name in ("ids", "bounds", "lengths")),
        *(array("text.counts", f"{name}.npy", counted) for name in ("indptr", "indices", "data")),
        *(array("bigram.lm", f"ngrams{n}.npy", scored) for n in (1, 2)),
        *(array("fasttext.vectors", f"{name}.npy", known) for name in ("buckets", "ngrams", "vectors")),
        Parser("weights", "model.safetensors", [weights], reading(load_weights), "safetensors", native=True),
        payload("lstm.lm", "model.safetensors", opened, "safetensors", native=True),
        subwords("bpe"),
        subwords("unigram"),
    ]
