"""Hyper-parameters of sequence-to-sequence models from books and papers, and seqtool's own."""

from __future__ import annotations

from seqtool.options import Preset

_BOOK = 'Saito, "Deep Learning from Scratch 2" (2018)'
_BOOK_VALUES = {
    "arch": "recurrent",
    "cell": "lstm",
    "layers": 1,
    "tied": False,
    "dropout": 0.0,
    "reverse_source": True,
    "tokenizer": "char",
    "vocabulary": "separate",
    "optimizer": "adam",
    "lr": 0.001,
    "schedule": "constant",
    "clip": 5.0,
    "batch_size": 128,
    "precision": "fp32",
    "emb_dim": 16,
    "readout_dim": 0,
    "init": "book",
    "single_bias": True,
    "bucketing": False,
}
_TOY = {
    "arch": "recurrent",
    "cell": "lstm",
    "layers": 1,
    "tied": False,
    "dropout": 0.0,
    "tokenizer": "char",
    "optimizer": "adamw",
    "lr": 0.004,
    "schedule": "cosine",
    "clip": 1.0,
    "precision": "fp32",
    "emb_dim": 32,
    "validate_on": "exact",
}
_LOSS = "the loss is the mean per token"
PRESETS = (
    Preset(
        "book-addition",
        _BOOK_VALUES
        | {
            "hidden_dim": 128,
            "attention": "none",
            "peeky": True,
            "epochs": 25,
            "pad_source": 7,
        },
        f"{_BOOK}, section 7.4, PeekySeq2seq with reversed input; {_LOSS}; sources are padded to one length, "
        "targets end with <eos>",
    ),
    Preset(
        "book-dates",
        _BOOK_VALUES
        | {
            "hidden_dim": 256,
            "attention": "dot",
            "epochs": 10,
            "pad_source": 29,
        },
        f"{_BOOK}, section 8.2, AttentionSeq2seq with reversed input; {_LOSS}; sources are padded to one length, "
        "targets end with <eos>",
    ),
    Preset(
        "addition",
        _TOY
        | {
            "hidden_dim": 256,
            "attention": "none",
            "peeky": True,
            "reverse_source": True,
            "vocabulary": "shared",
            "batch_size": 128,
            "epochs": 8,
        },
        "seqtool's own: book-addition with twice the units, AdamW and a cosine schedule (docs/results.md)",
    ),
    Preset(
        "dates",
        _TOY | {"hidden_dim": 128, "attention": "general", "bidirectional": True, "batch_size": 64, "epochs": 4},
        "seqtool's own: attention over a bidirectional encoder, AdamW and a cosine schedule (docs/results.md)",
    ),
    Preset(
        "gnmt-small",
        {
            "arch": "recurrent",
            "cell": "lstm",
            "emb_dim": 512,
            "hidden_dim": 512,
            "layers": 4,
            "residual": True,
            "bidirectional": True,
            "bidirectional_layers": 1,
            "attention": "additive",
            "input_feeding": True,
            "dropout": 0.2,
            "label_smoothing": 0.1,
            "clip": 5.0,
        },
        "Wu et al. 2016 (arXiv 1609.08144), section 3, at half the width and depth; attention is computed from "
        "the top layer and fed to the lowest; label smoothing as in later work",
    ),
    Preset(
        "transformer-tiny",
        {
            "arch": "transformer",
            "emb_dim": 128,
            "hidden_dim": 256,
            "layers": 4,
            "heads": 4,
            "dropout": 0.3,
            "label_smoothing": 0.1,
            "vocabulary": "shared",
            "tokenizer": "bpe",
            "vocab_size": 10_000,
            "tied": True,
            "optimizer": "adam",
            "lr": 0.005,
            "schedule": "inverse-sqrt",
            "warmup": 2000,
            "clip": 0.0,
            "batch_tokens": 4096,
        },
        "Wu et al. 2021 (arXiv 2105.14462), section 4, Multi30k: transformer-tiny; layer norm before each sublayer",
    ),
)
