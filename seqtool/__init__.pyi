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

def perplexity(
    model: _Path,
    text: _Texts,
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    mix: str | Iterable[str] | None = None,
    tune: _Texts | None = None,
    context: Literal['stream', 'sentence'] | None = None,
    cache: int = 0,
    cache_weight: float = 0.1,
    cache_theta: float = 0.3,
    dynamic_lr: float = 0.0,
    dynamic_decay: float = 0.0,
    dynamic_steps: int = 5,
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
    device: Literal['auto', 'cpu', 'cuda'] = 'auto',
    threads: int | None = None,
) -> Record:
    """Perplexity, bits per character and per byte of a text under a language model. help(seqtool.perplexity) lists the options."""

def score(
    model: _Path,
    text: _Texts | None = None,
    *,
    per_token: bool = False,
    next_after: str | None = None,
    top: int = 10,
    output: _Path | None = None,
    overwrite: bool = False,
    mix: str | Iterable[str] | None = None,
    tune: _Texts | None = None,
    context: Literal['stream', 'sentence'] | None = None,
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
    device: Literal['auto', 'cpu', 'cuda'] = 'auto',
    threads: int | None = None,
) -> Table:
    """The log10 probability of every sentence of a text: one line out for every line in. help(seqtool.score) lists the options."""

def generate(
    model: _Path,
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    mix: str | Iterable[str] | None = None,
    tune: _Texts | None = None,
    num: int = 1,
    prompt: str = '',
    max_tokens: int = 100,
    method: Literal['sample', 'greedy', 'beam'] = 'sample',
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    beam: int = 5,
    no_unk: bool = False,
    lines: int = 1,
    batch_size: int = 16,
    seed: int = 1,
    device: Literal['auto', 'cpu', 'cuda'] = 'auto',
    threads: int | None = None,
) -> Lines:
    """Write text with a language model, one text a line. help(seqtool.generate) lists the options."""

def translate(
    model: _Path,
    text: _Texts | None = None,
    *,
    method: Literal['beam', 'greedy', 'sample'] = 'beam',
    beam: int = 5,
    length_penalty: float = 0.6,
    coverage_penalty: float = 0.0,
    n_best: int = 1,
    max_tokens: int | None = None,
    temperature: float = 1.0,
    no_unk: bool = False,
    batch_size: int = 64,
    seed: int = 1,
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
    device: Literal['auto', 'cpu', 'cuda'] = 'auto',
    threads: int | None = None,
) -> Any:
    """Turn lines into lines: one out for every line in, in order; with --n-best so many for each, and their scores. help(seqtool.translate) lists the options."""

def plot_attention(
    model: _Path,
    line: str,
    *,
    target: str | None = None,
    output: _Path | None = None,
    overwrite: bool = False,
    method: Literal['beam', 'greedy', 'sample'] = 'beam',
    beam: int = 5,
    length_penalty: float = 0.6,
    coverage_penalty: float = 0.0,
    n_best: int = 1,
    max_tokens: int | None = None,
    temperature: float = 1.0,
    no_unk: bool = False,
    batch_size: int = 64,
    seed: int = 1,
    device: Literal['auto', 'cpu', 'cuda'] = 'auto',
    threads: int | None = None,
) -> Table:
    """Where a model looked while it wrote: a row for every token of the target, a column for every one of the source. help(seqtool.plot_attention) lists the options."""

def eval_translation(
    translations: str,
    references: str | Iterable[str],
    *,
    model: _Path | None = None,
    output: _Path | None = None,
    overwrite: bool = False,
    tokenize: Literal['13a', 'intl', 'char', 'zh', 'none'] = '13a',
    lower: bool = False,
    chrf_words: int = 0,
    resamples: int = 1000,
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
) -> Record:
    """Exact matches, BLEU and chrF of translations, with sacrebleu's signatures and 95 % bootstrap intervals. help(seqtool.eval_translation) lists the options."""

def classify(
    model: _Path,
    text: _Texts | None = None,
    *,
    top: int = 1,
    form: Literal['auto', 'tab', 'word', 'fasttext', 'columns'] | None = None,
    batch_size: int = 64,
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
    device: Literal['auto', 'cpu', 'cuda'] = 'auto',
    threads: int | None = None,
) -> Lines:
    """A label for every line, and its probability: exactly as many lines come out as go in. help(seqtool.classify) lists the options."""

def tag(
    model: _Path,
    text: _Texts = '-',
    *,
    batch_size: int = 64,
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
    device: Literal['auto', 'cpu', 'cuda'] = 'auto',
    threads: int | None = None,
) -> Lines:
    """Columns with one more, the label of each word: exactly as many lines come out as go in. help(seqtool.tag) lists the options."""

def eval_analogy(
    vectors: _Path,
    questions: _Path | Iterable[_Path],
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    method: Literal['add', 'mul', 'both'] = 'add',
    restrict: int | None = None,
    case_sensitive: bool = False,
) -> Table:
    """Accuracy of word vectors on analogies: per section, semantic, syntactic, total. help(seqtool.eval_analogy) lists the options."""

def eval_similarity(
    vectors: str,
    pairs: _Path | Iterable[_Path],
    *,
    wordnet: _Path | None = None,
    output: _Path | None = None,
    overwrite: bool = False,
    case_sensitive: bool = False,
    spell: bool = False,
    resamples: int = 1000,
    seed: int = 1,
) -> Table:
    """How word vectors, or a thesaurus, agree with people on the similarity of words. help(seqtool.eval_similarity) lists the options."""

def eval_labels(
    predictions: str,
    gold: str | None = None,
    *,
    columns: bool = False,
    gold_column: int = -2,
    model: _Path | None = None,
    output: _Path | None = None,
    overwrite: bool = False,
    resamples: int = 1000,
    seed: int = 1,
    mistakes: int = 10,
    form: Literal['auto', 'tab', 'word', 'fasttext', 'columns'] = 'auto',
    label_column: str = 'label',
    label_until: str | None = None,
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
    device: Literal['auto', 'cpu', 'cuda'] = 'auto',
    threads: int | None = None,
) -> Record:
    """Accuracy, precision, recall and F1 of labels, their confusion and calibration; or F1 of spans. help(seqtool.eval_labels) lists the options."""

def compare(
    a: _Path,
    b: _Path,
    data: str | None = None,
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    resamples: int = 10000,
    seed: int = 1,
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
    device: Literal['auto', 'cpu', 'cuda'] = 'auto',
    threads: int | None = None,
) -> Table:
    """How much two evaluations of the same data differ, and whether that could be chance. help(seqtool.compare) lists the options."""

def eval_stability(
    vectors: _Path | Iterable[_Path],
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    num: int = 10,
    seed: int = 1,
) -> Table:
    """How far word vectors, such as trainings with different seeds, agree on the nearest neighbours of words. help(seqtool.eval_stability) lists the options."""
