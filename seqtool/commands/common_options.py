"""The options that ``-h`` shows: the dozen that most people set. For commands not listed here, ``-h`` shows all."""

from __future__ import annotations

_TEXT = ("column", "encoding", "tokenizer", "lower")
_CORPUS = ("output", "overwrite", *_TEXT)
_NETWORK = ("arch", "hidden_dim", "layers", "dropout", "epochs", "lr", "device")
_WORD_VECTORS = ("dim", "window", "negative", "min_count", "epochs", "lr", "seed", "threads", "tokenizer", "lower")
_EVALUATION = ("output", "column", "encoding", "output_format", "as_json")

COMMON_OPTIONS: dict[str, tuple[str, ...]] = {
    "doctor": ("output", *_TEXT, "unwrap", "vocab_size", "output_format", "as_json"),
    "preprocess": (*_CORPUS, "unwrap", "vocab_size", "vocab", "max_vocab", "split", "threads", "memory"),
    "phrases": (*_CORPUS, "scoring", "threshold", "min_count", "passes", "delimiter"),
    "cooccur": (*_CORPUS, "window", "weighting", "direction", "min_count", "max_vocab", "threads", "memory"),
    "train-word2vec": ("output", "overwrite", "model", "loss", *_WORD_VECTORS),
    "train-fasttext": ("output", "overwrite", "model", "minn", "maxn", "units", *_WORD_VECTORS),
    "document-vectors": ("output", "overwrite", "weighting", "clusters", "column", "encoding"),
    "train-ngram": (*_CORPUS, "order", "smoothing", "prune", "arpa", "max_vocab", "vocab", "threads", "memory"),
    "train-lm": ("output", "valid", "test", "preset", "cell", "tokenizer", "emb_dim", *_NETWORK),
    "perplexity": (*_EVALUATION, "mix", "tune", "context", "cache", "dynamic_lr", "device"),
    "score": ("per_token", "next_after", "top", "mix", "column", "encoding", "output_format", "as_json", "device"),
    "gradient-flow": ("output", "text", "cells", "steps", "hidden_dim", "layers", "output_format", "as_json"),
    "train-seq2seq": ("output", "valid", "preset", "attention", "column", "tokenizer", *_NETWORK[1:], "arch"),
    "generate": ("num", "prompt", "max_tokens", "temperature", "top_k", "top_p", "seed", "lines", "mix", "as_json"),
    "translate": ("beam", "n_best", "max_tokens", "temperature", "column", "output_format", "as_json", "device"),
    "plot-attention": ("output", "target", "beam", "output_format", "as_json", "device"),
    "train-classifier": ("output", "valid", "form", "column", "label_column", "tokenizer", *_NETWORK),
    "classify": ("top", "form", "column", "encoding", "output_format", "as_json", "device"),
    "train-tagger": ("output", "valid", "word_column", "label_column", "features", "crf", "characters", *_NETWORK[1:]),
    "tag": ("column", "encoding", "output_format", "as_json", "device"),
    "eval-labels": (*_EVALUATION, "columns", "scheme", "form", "label_column", "gold_column", "mistakes"),
    "eval-translation": (*_EVALUATION, "tokenize", "chrf_words", "resamples", "model"),
    "compare": (*_EVALUATION, "resamples", "seed", "device"),
}
