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

def doctor(
    texts: _Texts,
    *,
    output: _Path | None = None,
    overwrite: bool = False,
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
) -> Table:
    """What is wrong or odd in a text, what it shares with others, and what each training would take with it. help(seqtool.doctor) lists the options."""

def cooccur(
    corpus: _Texts,
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    window: int = 5,
    weighting: Literal['flat', 'distance', 'dynamic'] = 'distance',
    direction: Literal['symmetric', 'left', 'right'] = 'symmetric',
    across_lines: bool = False,
    min_count: int = 5,
    max_vocab: int | None = None,
    sample: float = 0.0,
    seed: int = 1,
    threads: int | None = None,
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
    split: str | None = None,
    split_by: Literal['contiguous', 'hash'] = 'contiguous',
    blank_lines: Literal['keep', 'drop'] = 'keep',
    specials_in_text: bool = False,
) -> Made:
    """Count how often words stand near each other. help(seqtool.cooccur) lists the options."""

def ppmi(
    counts: _Path,
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    shift: float = 1.0,
    cds: float = 1.0,
    positive: bool = True,
    log: Literal['natural', '2'] = 'natural',
    threads: int | None = None,
) -> Made:
    """Turn co-occurrence counts into associations: PMI, PPMI, shifted PPMI. help(seqtool.ppmi) lists the options."""

def svd(
    matrix: _Path,
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    dim: int = 300,
    eig: float = 0.5,
    normalize: bool = False,
    add_contexts: bool = False,
    solver: Literal['lanczos', 'arpack', 'propack'] = 'lanczos',
    seed: int = 1,
    device: Literal['auto', 'cpu', 'cuda'] = 'auto',
    threads: int | None = None,
) -> Made:
    """Make word vectors of a matrix by truncated singular value decomposition. help(seqtool.svd) lists the options."""

def train_word2vec(
    corpus: _Texts,
    *,
    runs: int = 1,
    output: _Path | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    model: Literal['skipgram', 'cbow'] = 'skipgram',
    loss: Literal['ns', 'hs', 'softmax'] = 'ns',
    dim: int = 100,
    window: int = 5,
    negative: int = 5,
    ns_exponent: float = 0.75,
    sample: float = 0.001,
    min_count: int = 5,
    max_vocab: int | None = None,
    across_lines: bool = False,
    epochs: int = 5,
    lr: float | None = None,
    min_lr: float = 0.0001,
    add_contexts: bool = False,
    init_from: str | None = None,
    keep_words: bool = False,
    deterministic: bool = True,
    seed: int = 1,
    threads: int | None = None,
    device: Literal['cpu', 'cuda'] = 'cpu',
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
    split: str | None = None,
    split_by: Literal['contiguous', 'hash'] = 'contiguous',
    blank_lines: Literal['keep', 'drop'] = 'keep',
    specials_in_text: bool = False,
    memory: str | None = None,
) -> Made:
    """Train word vectors by predicting words from their neighbours: word2vec, skip-gram or CBOW. help(seqtool.train_word2vec) lists the options."""

def train_fasttext(
    corpus: _Texts,
    *,
    runs: int = 1,
    output: _Path | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    model: Literal['skipgram', 'cbow'] = 'skipgram',
    loss: Literal['ns', 'hs', 'softmax'] = 'ns',
    dim: int = 100,
    window: int = 5,
    negative: int = 5,
    ns_exponent: float = 0.5,
    sample: float = 0.001,
    min_count: int = 5,
    max_vocab: int | None = None,
    across_lines: bool = False,
    epochs: int = 5,
    lr: float | None = None,
    min_lr: float = 0.0001,
    add_contexts: bool = False,
    init_from: str | None = None,
    keep_words: bool = False,
    deterministic: bool = True,
    seed: int = 1,
    threads: int | None = None,
    device: Literal['cpu', 'cuda'] = 'cpu',
    minn: int = 3,
    maxn: int = 6,
    bucket: int = 2000000,
    units: Literal['characters', 'jamo'] = 'characters',
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
    split: str | None = None,
    split_by: Literal['contiguous', 'hash'] = 'contiguous',
    blank_lines: Literal['keep', 'drop'] = 'keep',
    specials_in_text: bool = False,
    memory: str | None = None,
) -> Made:
    """Train word vectors with character n-grams, which give vectors to unknown words too: fastText. help(seqtool.train_fasttext) lists the options."""

def train_glove(
    counts: _Path,
    *,
    runs: int = 1,
    output: _Path | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    dim: int = 100,
    epochs: int = 25,
    x_max: float = 100.0,
    weight_alpha: float = 0.75,
    eta: float = 0.05,
    add_contexts: bool = True,
    seed: int = 1,
    threads: int | None = None,
    device: Literal['cpu', 'cuda'] = 'cpu',
) -> Made:
    """Train word vectors whose products fit the logarithms of co-occurrence counts: GloVe. help(seqtool.train_glove) lists the options."""

def neighbors(
    vectors: _Path,
    words: str | Iterable[str],
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    num: int = 10,
    restrict: int | None = None,
    limit: int | None = None,
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
) -> Table:
    """The words of the greatest cosine with each word given, the word itself left out. help(seqtool.neighbors) lists the options."""

def analogy(
    vectors: _Path,
    words: str | Iterable[str],
    *,
    method: Literal['add', 'mul'] = 'add',
    num: int = 10,
    restrict: int | None = None,
    limit: int | None = None,
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
) -> Table:
    """Solve A : B = C : ? with 3CosAdd or 3CosMul; A, B and C are no answers. help(seqtool.analogy) lists the options."""

def similarity(
    vectors: _Path,
    words: str | Iterable[str],
    *,
    limit: int | None = None,
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
) -> Table:
    """The cosine of each pair of words. help(seqtool.similarity) lists the options."""

def convert(
    source: _Path,
    target: _Path | None = None,
    *,
    output: _Path | None = None,
    to: Literal['word2vec', 'word2vec-binary', 'glove', 'fasttext', 'npy', 'safetensors', 'npz', 'vectors'] | None = None,
    overwrite: bool = False,
    limit: int | None = None,
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
) -> Made:
    """Write vectors in another form, from artifact to file, file to artifact or file to file; sparse counts as .npz. help(seqtool.convert) lists the options."""

def document_vectors(
    vectors: _Path,
    text: _Texts,
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    weighting: Literal['mean', 'idf', 'sif'] = 'sif',
    sif_a: float = 0.001,
    clusters: int | None = None,
    tokenizer: Literal['whitespace', 'word', 'char', 'syllable', 'jamo', 'korean'] | None = None,
    lower: bool | None = None,
    seed: int = 1,
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
) -> Made:
    """A vector for every line of a text, made of its words' vectors; and clusters of lines. help(seqtool.document_vectors) lists the options."""

def plot_vectors(
    vectors: _Path,
    words: str | Iterable[str] | None = None,
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    num: int = 200,
    method: Literal['pca', 'tsne'] = 'pca',
    perplexity: float = 30.0,
    seed: int = 1,
) -> Picture:
    """Draw words where their vectors lie: PNG, SVG or PDF; with --json or --format their coordinates are printed. help(seqtool.plot_vectors) lists the options."""

def thesaurus(
    word: str,
    word2: str | None = None,
    *,
    wordnet: _Path | None = None,
    pos: Literal['noun', 'verb', 'adj', 'adv'] | None = None,
    relation: Literal['synsets', 'synonyms', 'antonyms', 'hypernyms'] | None = None,
) -> Table:
    """What WordNet knows of a word: its senses, synonyms, antonyms or hypernyms; of two words, how similar they are. help(seqtool.thesaurus) lists the options."""

def train_ngram(
    corpus: _Texts,
    *,
    arpa: _Path | None = None,
    output: _Path | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    order: int = 5,
    smoothing: Literal['modified-kneser-ney', 'kneser-ney', 'absolute', 'witten-bell', 'katz', 'add-k', 'ml', 'stupid-backoff'] = 'modified-kneser-ney',
    add_k: float = 1.0,
    alpha: float = 0.4,
    prune: str | None = None,
    vocab: str | None = None,
    min_count: int = 1,
    max_vocab: int | None = None,
    unk: Literal['word', 'skip'] = 'word',
    quantize: int | None = None,
    threads: int | None = None,
    memory: str = '2G',
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
    tokenizer: Literal['whitespace', 'word', 'char', 'syllable', 'jamo', 'bpe', 'unigram', 'korean'] = 'whitespace',
    normalize: Literal['nfc', 'nfkc', 'none'] = 'nfc',
    lower: bool = False,
    digits: Literal['keep', 'zero', 'number'] = 'keep',
    vocab_size: int = 8000,
    split: str | None = None,
    split_by: Literal['contiguous', 'hash'] = 'contiguous',
    blank_lines: Literal['keep', 'drop'] = 'keep',
    specials_in_text: bool = False,
) -> Made:
    """Train an n-gram language model: count the n-grams of a text and smooth the counts. help(seqtool.train_ngram) lists the options."""

def gradient_flow(
    models: _Path | Iterable[_Path] | None = None,
    *,
    text: _Texts | None = None,
    singular_values: bool = False,
    output: _Path | None = None,
    overwrite: bool = False,
    steps: int = 100,
    sequences: int = 8,
    cells: str = 'rnn,lstm,gru,minlstm',
    hidden_dim: int = 100,
    layers: int = 1,
    gain: float | None = None,
    seed: int = 1,
    encoding: str = 'utf-8',
    errors: Literal['strict', 'replace', 'skip'] = 'strict',
    column: str | None = None,
    hf_revision: str | None = None,
    device: Literal['auto', 'cpu', 'cuda'] = 'auto',
    threads: int | None = None,
) -> Table:
    """How the gradient of one loss shrinks or grows through the steps before it. help(seqtool.gradient_flow) lists the options."""

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

def report(
    artifacts: _Path | Iterable[_Path],
    *,
    output: _Path | None = None,
    overwrite: bool = False,
    title: str = 'seqtool report',
) -> Lines:
    """One report over models and evaluations: results, learning curves, cost, what was dropped, lineage. help(seqtool.report) lists the options."""
