"""The ``lm`` artifact: a language model that stands alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seqtool.artifact.read import Artifact, open_artifact
from seqtool.corpus.characters import CharacterModel
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.tokenize import Tokenizer, load_tokenizer
from seqtool.corpus.vocabulary import Vocabulary
from seqtool.errors import ArtifactError, InputError, UsageError
from seqtool.lm.adapt import adapted_log_probs
from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import AdaptOptions, LanguageModelOptions
from seqtool.lm.scoring import token_log_probs
from seqtool.lm.text import ModelText, model_text
from seqtool.nn.checkpoint import WEIGHTS, load_weights
from seqtool.options import from_manifest

VOCAB, CHARACTERS, TOKENIZER = "vocab.tsv", "characters.tsv", "tokenizer.json"


@dataclass(frozen=True)
class LanguageModel:
    """A loaded language model with everything it needs to read and write text."""

    artifact: Artifact
    model: NeuralLanguageModel
    vocabulary: Vocabulary
    characters: CharacterModel
    tokenizer: Tokenizer
    normalizer: Normalizer
    preprocessing: PreprocessOptions

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.artifact.path.name

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.model.embedding.weight.device

    @property
    def context(self) -> str:
        """How it was trained, and is scored by default: ``stream`` or ``sentence``."""
        return self.model.options.batching

    def encode(self, text: str) -> list[int]:
        """The ids of a text without line ends; unknown tokens are 0."""
        return self.vocabulary.encode(self.tokenizer.tokenize(self.normalizer(text)))

    def encode_corpus(self, name: str, corpus: Corpus, sentences: slice) -> ModelText:
        """Sentences of a corpus in the model's ids, unknown tokens charged their spelling."""
        mapping = corpus.vocabulary.mapping(self.vocabulary)
        return model_text(name, corpus, sentences, mapping, self.characters)

    def log_probs(self, text: ModelText, context: str, learning: AdaptOptions | None = None) -> Iterator[np.ndarray]:
        """Natural-log probabilities (float32) of a text's tokens in order, in pieces.

        Args:
            text: in the model's ids.
            context: ``stream`` or ``sentence``.
            learning: what is learned from the text after it is scored.

        Raises:
            UsageError: where the model or the context has no state to learn along.
        """
        if learning is not None and learning.used:
            if context != "stream" or self.model.options.arch == "window":
                raise UsageError(
                    "--cache and --dynamic-lr need a state that is carried on",
                    "give --context stream and a model that is not a window",
                )
            return adapted_log_probs(self.model, text.ids, learning)
        return token_log_probs(self.model, text.ids, text.bounds, context)

    def decode(self, ids: list[int]) -> str:
        """The text of ids; a line break at each ``<eos>``."""
        lines: list[list[str]] = [[]]
        for token_id in ids:
            if token_id == NeuralLanguageModel.eos_id:
                lines.append([])
            else:
                lines[-1].append(self.vocabulary.tokens[token_id])
        return "\n".join(self.tokenizer.detokenize(line) for line in lines)


def write_static(folder: Path, vocabulary: Vocabulary, corpus: Artifact) -> None:
    """Write the parts of a model that training does not change: vocabulary, characters, tokenizer."""
    vocabulary.write(folder / VOCAB)
    for name in (CHARACTERS, TOKENIZER):
        if corpus.has(name):
            shutil.copyfile(corpus.file(name), folder / name)


def load_language_model(path: Path, device: torch.device | None = None) -> LanguageModel:
    """Open a language model for scoring or generating, in fp32 and evaluation mode.

    Raises:
        ArtifactError: where it is not a language model, or damaged.
    """
    artifact = open_artifact(path, "lm")
    for name in artifact.manifest.files:
        artifact.file(name)
    try:
        preprocessing = from_manifest(PreprocessOptions, artifact.summary["preprocessing"])
        vocabulary = Vocabulary.read(artifact.file(VOCAB))
        characters = CharacterModel.read(artifact.file(CHARACTERS))
        tokenizer = load_tokenizer(preprocessing, path)
        options = from_manifest(LanguageModelOptions, model_options(artifact.options))
    except (KeyError, TypeError, ValueError, OSError, InputError, UsageError) as error:
        raise ArtifactError(f"{path} is damaged ({error})", "train it again") from None
    model = _with_weights(artifact, options, len(vocabulary))
    model.to(device or torch.device("cpu")).eval()
    return LanguageModel(artifact, model, vocabulary, characters, tokenizer, Normalizer(preprocessing), preprocessing)


def _with_weights(artifact: Artifact, options: LanguageModelOptions, vocab_size: int) -> NeuralLanguageModel:
    """The model, whose size is checked against the file of its weights before memory is taken for it."""
    weights = load_weights(artifact.file(WEIGHTS))
    try:
        with torch.device("meta"):
            expected = NeuralLanguageModel(options, vocab_size).state_dict()
        if {k: (t.shape, t.dtype) for k, t in expected.items()} != {k: (t.shape, t.dtype) for k, t in weights.items()}:
            raise ValueError("other names, shapes or types")
        model = NeuralLanguageModel(options, vocab_size)
        model.load_state_dict(weights)
    except (RuntimeError, TypeError, ValueError, UsageError) as error:
        detail = " ".join(str(error).split())[:200]
        where = artifact.path / WEIGHTS
        raise ArtifactError(f"{where} does not fit the model's options ({detail})", "train it again") from None
    return model


def model_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `LanguageModelOptions` among a manifest's options."""
    return {name: options[name] for name in LanguageModelOptions.__dataclass_fields__ if name in options}
