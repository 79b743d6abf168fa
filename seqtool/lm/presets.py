"""Hyper-parameters of language models from books and papers."""

from __future__ import annotations

from seqtool.options import Preset

_BOOK = 'Saito, "Deep Learning from Scratch 2" (2018)'
_ZAREMBA = "Zaremba, Sutskever and Vinyals 2014 (arXiv 1409.2329)"
_SUMMED = (
    "the paper sums the loss over {0} steps: its lr 1 and clip {1} become lr {0} and clip {1}/{0} for a mean per token"
)
_SGD = {"optimizer": "sgd", "batch_size": 20, "weight_decay": 0.0, "precision": "fp32"}
_BOOK_MODEL = {
    "cell": "lstm",
    "init": "book",
    "single_bias": True,
    "locked_dropout": False,
    "residual": False,
    "bptt": 35,
    "batching": "stream",
    "arch": "recurrent",
}


def _zaremba(
    size: str, dim: int, spread: float, dropout: float, bptt: int, clip: float, anneal: tuple[float, int], epochs: int
) -> Preset:
    values = _SGD | {
        "cell": "lstm",
        "arch": "recurrent",
        "emb_dim": dim,
        "hidden_dim": dim,
        "layers": 2,
        "dropout": dropout,
        "tied": False,
        "init": "uniform",
        "init_range": spread,
        "bptt": bptt,
        "lr": float(bptt),
        "clip": clip / bptt,
        "schedule": "step",
        "anneal_factor": anneal[0],
        "anneal_after": anneal[1],
        "epochs": epochs,
    }
    return Preset(f"zaremba-{size}", values, f"{_ZAREMBA}, {size}; {_SUMMED.format(bptt, f'{clip:g}')}")


def _awd(data: str, input_dropout: float, batch_size: int) -> Preset:
    values = _SGD | {
        "cell": "lstm",
        "arch": "recurrent",
        "emb_dim": 400,
        "hidden_dim": 1150,
        "layers": 3,
        "tied": True,
        "dropout": 0.4,
        "input_dropout": input_dropout,
        "hidden_dropout": 0.3,
        "embedding_dropout": 0.1,
        "weight_dropout": 0.5,
        "locked_dropout": True,
        "ar": 2.0,
        "tar": 1.0,
        "init": "word-language-model",
        "batching": "stream",
        "bptt": 70,
        "random_bptt": True,
        "optimizer": "nt-asgd",
        "nonmono": 5,
        "lr": 30.0,
        "clip": 0.25,
        "weight_decay": 1.2e-6,
        "schedule": "constant",
        "batch_size": batch_size,
        "epochs": 750,
    }
    source = (
        "Merity, Keskar and Socher 2017 (arXiv 1708.02182), section 4; weight decay from the authors' code; the loss "
        "is already a mean per token"
    )
    return Preset(f"awd-lstm-{data}", values, source)


PRESETS = (
    Preset(
        "book-rnnlm",
        _SGD
        | _BOOK_MODEL
        | {
            "emb_dim": 100,
            "hidden_dim": 100,
            "layers": 1,
            "dropout": 0.0,
            "tied": False,
            "lr": 20.0,
            "clip": 0.25,
            "schedule": "constant",
            "epochs": 4,
            "validate_every": 166,
        },
        f"{_BOOK}, section 6.4, Rnnlm; the loss is already a mean per token; one bias vector per gate; at this "
        "constant learning rate the loss fluctuates, so the best of eight validations per epoch of PTB is kept",
    ),
    Preset(
        "book-better-rnnlm",
        _SGD
        | _BOOK_MODEL
        | {
            "emb_dim": 650,
            "hidden_dim": 650,
            "layers": 2,
            "dropout": 0.5,
            "tied": True,
            "lr": 20.0,
            "clip": 0.25,
            "schedule": "plateau",
            "anneal_factor": 4.0,
            "epochs": 40,
        },
        f"{_BOOK}, section 6.5, BetterRnnlm; the loss is already a mean per token; one bias vector per gate",
    ),
    _zaremba("small", 200, 0.1, 0.0, 20, 5.0, (2.0, 4), 13),
    _zaremba("medium", 650, 0.05, 0.5, 35, 5.0, (1.2, 6), 39),
    _zaremba("large", 1500, 0.04, 0.65, 35, 10.0, (1.15, 14), 55),
    _awd("ptb", 0.4, 40),
    _awd("wt2", 0.65, 80),
)
