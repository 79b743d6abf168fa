"""The ``seq2seq`` artifact: a model that stands alone, with what it needs to read sources and write targets.

vocab.tsv, tokenizer.json                of the target; the tokenizer where it is of bpe or unigram
source.vocab.tsv, source.tokenizer.json  of the source, where it has its own
model.safetensors, history.tsv           see `docs/formats.md`
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from seqtool.artifact.manifest import DAMAGE
from seqtool.artifact.read import Artifact, open_artifact
from seqtool.corpus.artifact import preprocess_options
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.text_processor import VOCAB, preprocessing_summary
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.corpus.tokenizers.tokenize import TOKENIZER, Tokenizer
from seqtool.corpus.vocabulary import EOS, UNK, Vocabulary
from seqtool.errors import InputError, UsageError, damaged
from seqtool.nn.training.checkpoint import WEIGHTS, load_fitting
from seqtool.options import from_manifest, select_fields
from seqtool.seq2seq.model import Seq2Seq
from seqtool.seq2seq.options import Seq2SeqOptions

KIND = "seq2seq"
_SOURCE = "source."


@dataclass(frozen=True)
class Language:
    """How the text of one side becomes ids and back."""

    vocabulary: Vocabulary
    tokenizer: Tokenizer
    normalizer: Normalizer
    preprocessing: PreprocessOptions

    def tokens(self, text: str) -> list[str]:
        """The tokens of a line."""
        return self.tokenizer.tokenize(self.normalizer(text))

    def encode(self, text: str) -> list[int]:
        """The ids of a line with its final ``<eos>``; unknown tokens are 0."""
        return [*self.vocabulary.encode(self.tokens(text)), EOS]

    def decode(self, ids: Sequence[int]) -> str:
        """The line of ids, without ``<eos>``."""
        text = self.tokenizer.detokenize(self.vocabulary.tokens[i] for i in ids)
        return text.replace("\n", " ")


@dataclass(frozen=True)
class TranslationModel:
    """A loaded model; ``source`` is ``None`` where it reads vectors."""

    artifact: Artifact
    model: Seq2Seq
    source: Language | None
    target: Language

    eos_id, unk_id = EOS, UNK

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.artifact.path.name

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.model.embedding.weight.device


def write_languages(
    folder: Path, vocabularies: tuple[Vocabulary, Vocabulary], corpora: tuple[Artifact | None, Artifact]
) -> dict[str, Any]:
    """Write what a model carries of both sides into its folder.

    Returns:
        The preprocessing of both, for its summary.
    """
    source, target = corpora
    _write(folder, "", vocabularies[1], target)
    if source is None:
        return {"preprocessing": preprocessing_summary(target)}
    if vocabularies[0] is not vocabularies[1]:
        _write(folder, _SOURCE, vocabularies[0], source)
    return {
        "preprocessing": preprocessing_summary(target),
        "source_preprocessing": preprocessing_summary(source),
    }


def _write(folder: Path, prefix: str, vocabulary: Vocabulary, corpus: Artifact) -> None:
    vocabulary.write(folder / (prefix + VOCAB))
    if corpus.has(TOKENIZER):
        shutil.copyfile(corpus.file(TOKENIZER), folder / (prefix + TOKENIZER))


def load_translation_model(path: Path, device: torch.device | None = None) -> TranslationModel:
    """Open a model in fp32 and evaluation mode.

    Raises:
        ArtifactError: where it is none, or damaged.
    """
    artifact = open_artifact(path, KIND)
    for name in artifact.manifest.files:
        artifact.file(name)
    try:
        source_vectors = None if "source_preprocessing" in artifact.summary else "vectors"
        values = select_fields(Seq2SeqOptions, artifact.options) | {"source_vectors": source_vectors}
        options = from_manifest(Seq2SeqOptions, values)
        target = _language(artifact, "preprocessing", "")
        source = None
        if options.source_vectors is None:
            prefix = _SOURCE if artifact.has(_SOURCE + VOCAB) else ""
            source = _language(artifact, "source_preprocessing", prefix)
        size = int(artifact.summary["source_size"])
    except (*DAMAGE, OSError, InputError, UsageError) as error:
        raise damaged(path, error) from None
    padding = source.vocabulary.padding if source else EOS
    model = load_fitting(artifact.file(WEIGHTS), lambda: Seq2Seq(options, size, len(target.vocabulary), pad_id=padding))
    model.to(device or torch.device("cpu")).eval()
    return TranslationModel(artifact, model, source, target)


def _language(artifact: Artifact, summary: str, prefix: str) -> Language:
    preprocessing = preprocess_options(artifact.summary[summary])
    return Language(
        Vocabulary.read(artifact.file(prefix + VOCAB)),
        load_tokenizer(preprocessing, artifact.path, prefix + TOKENIZER),
        Normalizer(preprocessing),
        preprocessing,
    )
