"""How a neural model is trained: the options every training command shares."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.options import option

_PANEL = "Training"


@dataclass(frozen=True)
class TrainingOptions:
    """Options of `seqtool.nn.training.trainer`. The loss is the mean per token, so lr and clip are on that scale."""

    epochs: int | None = option(
        None,
        "passes over the training text [default: 3 to 20, as many as fit in a few minutes on two cores]",
        aliases=("--iter",),
        minimum=1,
        panel=_PANEL,
    )
    batch_size: int = option(20, "number of streams, sentences or texts in a batch", minimum=1, panel=_PANEL)
    accumulate: int = option(
        1, "split each batch into this many parts, computed in turn, to save memory", minimum=1, panel=_PANEL
    )
    optimizer: str = option(
        "adamw",
        "optimizer; nt-asgd is SGD that averages its weights once validation stops improving (Merity et al. 2017)",
        choices=("sgd", "nt-asgd", "adam", "adamw"),
        panel=_PANEL,
    )
    nonmono: int = option(
        5, "nt-asgd: number of validations without improvement before averaging starts", minimum=1, panel=_PANEL
    )
    lr: float | None = option(
        None,
        "learning rate [default: 0.005 for adam and adamw, 0.001 for transformers; 20 for sgd and nt-asgd]",
        aliases=("--learning-rate",),
        minimum=0.0,
        panel=_PANEL,
    )
    weight_decay: float = option(0.0, "weight decay per step", minimum=0.0, panel=_PANEL)
    clip: float = option(
        0.25, "clip the global gradient norm at this value (0: no clipping)", minimum=0.0, panel=_PANEL
    )
    schedule: str = option(
        "cosine",
        "learning-rate schedule: linear and cosine fall to 0, inverse-sqrt follows 1/√step after --warmup, "
        "plateau divides by --anneal-factor when validation stops improving, step divides by it after each epoch "
        "from --anneal-after on",
        choices=("constant", "linear", "cosine", "inverse-sqrt", "plateau", "step"),
        panel=_PANEL,
    )
    anneal_factor: float = option(
        4.0, "factor by which plateau and step divide the learning rate", minimum=1.0, panel=_PANEL
    )
    anneal_after: int = option(0, "step: number of epochs before the first division", minimum=0, panel=_PANEL)
    warmup: int = option(0, "number of steps over which the learning rate rises from 0", minimum=0, panel=_PANEL)
    patience: int | None = option(
        None, "stop after this many epochs without a better validation loss [default: never]", minimum=1, panel=_PANEL
    )
    validate_every: int | None = option(
        None,
        "also validate after every N steps within an epoch; the best weights are kept [default: only after each epoch]",
        minimum=1,
        panel=_PANEL,
    )
    precision: str = option(
        "auto",
        "precision of large matrix products (weights stay fp32)",
        choices=("auto", "fp32", "bf16"),
        panel=_PANEL,
    )
    seed: int = option(1, "random seed", minimum=0, maximum=2**63 - 1, panel=_PANEL)
    device: str = option(
        "auto", "device; results on CPU and CUDA differ by rounding", choices=("auto", "cpu", "cuda"), operational=True
    )
    threads: int | None = option(
        None,
        "CPU threads; the number affects rounding, and 1 is best if the machine is busy [default: all cores]",
        aliases=("--workers",),
        minimum=1,
        operational=True,
    )
    max_minutes: float | None = option(
        None,
        "stop after this many minutes with a checkpoint; the same command continues",
        minimum=0.0,
        operational=True,
    )
    checkpoint_seconds: float = option(
        60.0, "seconds between checkpoints within an epoch", minimum=0.0, operational=True
    )
    deterministic: bool = option(
        False, "on CUDA, compute the same result in every run, byte for byte (slower)", operational=True
    )


@dataclass(frozen=True)
class DeviceOptions:
    """Where a trained model computes."""

    device: str = option("auto", "device", choices=("auto", "cpu", "cuda"), operational=True)
    threads: int | None = option(
        None, "CPU threads [default: all cores]", aliases=("--workers",), minimum=1, operational=True
    )
