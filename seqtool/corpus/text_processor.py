"""What a language model carries of the corpus it was trained on, so that it reads and writes text on its own."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqtool.artifact.manifest import DAMAGE
from seqtool.artifact.read import Artifact
from seqtool.corpus.characters import CharacterModel
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.model_text import ModelText, model_text
from seqtool.corpus.normalize import Normalizer, spellings
from seqtool.corpus.options import PreprocessOptions, WordOptions, recorded_options
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.corpus.tokenizers.tokenize import PHRASES, TOKENIZER, Tokenizer
from seqtool.corpus.vocabulary import EOS, UNK, Vocabulary
from seqtool.errors import InputError, UsageError, damaged

VOCAB, CHARACTERS = "vocab.tsv", "characters.tsv"
# The kind of a model's only input where that is ARPA text.
ARPA = "arpa"


@dataclass(frozen=True)
class TextProcessor:
    """The artifact of a model, and from it everything but the model itself."""

    artifact: Artifact
    vocabulary: Vocabulary
    characters: CharacterModel
    tokenizer: Tokenizer
    normalizer: Normalizer
    preprocessing: PreprocessOptions

    eos_id, unk_id = EOS, UNK

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.artifact.path.name

    @property
    def lossless(self) -> bool:
        """Whether its tokens hold the white space too."""
        return self.tokenizer.lossless

    def encode(self, text: str) -> list[int]:
        """The ids of a text without line ends; unknown tokens are 0."""
        return self.vocabulary.encode(self._known_tokens(text))

    def unknown(self, text: str) -> list[str]:
        """The tokens of a text that are not in the vocabulary."""
        return self._missing(self._known_tokens(text))

    def encode_corpus(self, name: str, corpus: Corpus, sentences: slice) -> ModelText:
        """Sentences of a corpus in the model's ids, unknown tokens charged their spelling."""
        mapping = corpus.vocabulary.mapping(self.vocabulary)
        return model_text(name, corpus, sentences, mapping, self.characters)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; a line break at each ``<eos>``."""
        lines: list[list[str]] = [[]]
        for token_id in ids:
            if token_id == EOS:
                lines.append([])
            else:
                lines[-1].append(self.vocabulary.tokens[token_id])
        return "\n".join(self.tokenizer.detokenize(line) for line in lines)

    def _known_tokens(self, text: str) -> list[str]:
        """The tokens of a text; of a model that has no Unicode form, in the form that leaves the fewest unknown."""
        tokens = self._tokens(text)
        if self.normalizer.form or text.isascii() or not self._missing(tokens):
            return tokens
        return min([tokens, *map(self._tokens, spellings(text))], key=lambda some: len(self._missing(some)))

    def _missing(self, tokens: list[str]) -> list[str]:
        return [token for token in tokens if token not in self.vocabulary.ids]

    def _tokens(self, text: str) -> list[str]:
        return self.tokenizer.tokenize(self.normalizer(text))


def write_text_processor(folder: Path, vocabulary: Vocabulary, corpus: Artifact) -> None:
    """Write into a model's folder what it carries: vocabulary, characters, tokenizer, phrases."""
    vocabulary.write(folder / VOCAB)
    for name in (CHARACTERS, TOKENIZER, PHRASES):
        if corpus.has(name):
            shutil.copyfile(corpus.file(name), folder / name)


def is_from_arpa(model: Artifact) -> bool:
    """Whether a model was made from ARPA text, which has no tokenizer: its words are tokens, whatever made them."""
    return [entry.kind for entry in model.manifest.recipe.inputs] == [ARPA]


def preprocessing_summary(corpus: Artifact) -> dict[str, Any]:
    """The preprocessing of a corpus, for the summary of a model's manifest."""
    return {name: corpus.options[name] for name in WordOptions.__dataclass_fields__ if name in corpus.options}


def read_text_processor(artifact: Artifact) -> dict[str, Any]:
    """The fields of `TextProcessor`, read and checked.

    Raises:
        ArtifactError: where the files are damaged.
    """
    path = artifact.path
    for name in artifact.manifest.files:
        artifact.file(name)
    try:
        preprocessing = recorded_options(artifact.summary["preprocessing"])
        return {
            "artifact": artifact,
            "vocabulary": Vocabulary.read(artifact.file(VOCAB)),
            "characters": CharacterModel.read(artifact.file(CHARACTERS)),
            "tokenizer": load_tokenizer(preprocessing, path, phrases=phrases_file(artifact)),
            "normalizer": Normalizer(preprocessing),
            "preprocessing": preprocessing,
        }
    except (*DAMAGE, OSError, InputError, UsageError) as error:
        raise damaged(path, error) from None


def phrases_file(artifact: Artifact) -> Path | None:
    """The file of phrases of a corpus, model or vectors, checked; ``None`` where words are not joined."""
    return artifact.file(PHRASES) if artifact.has(PHRASES) else None
