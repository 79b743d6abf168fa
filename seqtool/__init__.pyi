"""Written by docs/stubs.py from the declarations of the commands; do not edit."""

import os
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

from seqtool.commands.answers import Answer, Lines, Made, Record, Table
from seqtool.api.artifact import Artifact as Artifact
from seqtool.api.corpus import Corpus as Corpus
from seqtool.api.labelling import Classifier as Classifier, Tagger as Tagger
from seqtool.api.language_model import LanguageModel as LanguageModel
from seqtool.api.load import load as load
from seqtool.api.translator import Translator as Translator
from seqtool.api.word_vectors import WordVectors as WordVectors
from seqtool.errors import SeqtoolError as SeqtoolError
from seqtool.progress import set_quiet as set_quiet

__version__: str

_Path: TypeAlias = str | os.PathLike[str]
# A path, a list of Paths, or sentences in memory: strings or lists of tokens.
_Texts: TypeAlias = _Path | Iterable[str] | Sequence[os.PathLike[str]] | Iterable[Sequence[str]]

def preprocess(
    texts: _Texts,
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
    tokenizer: Literal['whitespace', 'word', 'char', 'syllable', 'jamo', 'bpe', 'unigram', 'korean'] = 'whitespace',
    normalize: Literal['nfc', 'nfkc', 'none'] = 'nfc',
    lower: bool = False,
    digits: Literal['keep', 'zero', 'number'] = 'keep',
    vocab_size: int = 8000,
    vocab: str | None = None,
    max_vocab: int | None = None,
    split: str | None = None,
    split_by: Literal['contiguous', 'hash'] = 'contiguous',
    blank_lines: Literal['keep', 'drop'] = 'keep',
    specials_in_text: bool = False,
    threads: int | None = None,
    memory: str | None = None,
) -> Made:
    """Make a corpus of texts: normalise, tokenise, count the vocabulary, encode as ids. help(seqtool.preprocess) lists the options."""

def phrases(
    corpus: _Texts,
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    scoring: Literal['ratio', 'npmi', 'llr'] = 'ratio',
    threshold: float | None = None,
    min_count: int = 5,
    passes: int = 1,
    delimiter: str = '_',
    memory: str = '1G',
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
    tokenizer: Literal['whitespace', 'word', 'char', 'syllable', 'jamo', 'bpe', 'unigram', 'korean'] = 'whitespace',
    normalize: Literal['nfc', 'nfkc', 'none'] = 'nfc',
    lower: bool = False,
    digits: Literal['keep', 'zero', 'number'] = 'keep',
    vocab_size: int = 8000,
    vocab: str | None = None,
    max_vocab: int | None = None,
    split: str | None = None,
    split_by: Literal['contiguous', 'hash'] = 'contiguous',
    blank_lines: Literal['keep', 'drop'] = 'keep',
    specials_in_text: bool = False,
    threads: int | None = None,
) -> Made:
    """Join the collocations of a corpus: new york becomes new_york. help(seqtool.phrases) lists the options."""

def vocab(
    artifact: _Path,
) -> Table:
    """The vocabulary of a corpus, a model, counts or vectors: id, token, count. help(seqtool.vocab) lists the options."""

def info(
    artifact: _Path,
    *,
    lineage: bool = False,
    verify: bool = False,
) -> Any:
    """What an artifact is: kind, options, summary, what was dropped. help(seqtool.info) lists the options."""

def presets(
    *,
    show: str | None = None,
) -> Any:
    """Named sets of hyper-parameters and the books and papers they come from. help(seqtool.presets) lists the options."""
