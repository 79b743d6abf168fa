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
        "passes over the training text [default: as many as two cores do in a few minutes, 3 to 20]",
        aliases=("--iter",),
        minimum=1,
        panel=_PANEL,
    )
    batch_size: int = option(20, "streams or sentences trained side by side", minimum=1, panel=_PANEL)
    accumulate: int = option(
        1, "parts in which a batch is computed one after the other, to save memory", minimum=1, panel=_PANEL
    )
    optimizer: str = option(
        "adamw",
        "how a step is made; nt-asgd: SGD whose weights are averaged once validation stalls (Merity et al. 2017)",
        choices=("sgd", "nt-asgd", "adam", "adamw"),
        panel=_PANEL,
    )
    nonmono: int = option(5, "validations without improvement after which nt-asgd averages", minimum=1, panel=_PANEL)
    lr: float | None = option(
        None,
        "learning rate [default: adam and adamw 0.005, of a transformer 0.001; sgd and nt-asgd 20]",
        aliases=("--learning-rate",),
        minimum=0.0,
        panel=_PANEL,
    )
    weight_decay: float = option(0.0, "decay of the weights at each step", minimum=0.0, panel=_PANEL)
    clip: float = option(0.25, "largest global norm of the gradient (0: no clipping)", minimum=0.0, panel=_PANEL)
    schedule: str = option(
        "cosine",
        "learning rate over time: down to 0 (linear, cosine), as 1/√step after --warmup (inverse-sqrt), ÷ "
        "the factor when validation stalls (plateau), ÷ the factor each epoch after --anneal-after (step)",
        choices=("constant", "linear", "cosine", "inverse-sqrt", "plateau", "step"),
        panel=_PANEL,
    )
    anneal_factor: float = option(
        4.0, "what the learning rate is divided by (plateau, step)", minimum=1.0, panel=_PANEL
    )
    anneal_after: int = option(0, "epochs before the step schedule begins to divide", minimum=0, panel=_PANEL)
    warmup: int = option(0, "steps over which the learning rate grows from 0", minimum=0, panel=_PANEL)
    patience: int | None = option(
        None, "stop after so many epochs without a better validation loss [default: never]", minimum=1, panel=_PANEL
    )
    validate_every: int | None = option(
        None,
        "steps after which to validate within an epoch too, the best weights are kept [default: only after it]",
        minimum=1,
        panel=_PANEL,
    )
    precision: str = option(
        "auto",
        "arithmetic of the large matrix products (weights stay fp32)",
        choices=("auto", "fp32", "bf16"),
        panel=_PANEL,
    )
    seed: int = option(1, "seed of every random choice", minimum=0, maximum=2**63 - 1, panel=_PANEL)
    device: str = option(
        "auto", "where to compute; CPU and CUDA round differently", choices=("auto", "cpu", "cuda"), operational=True
    )
    threads: int | None = option(
        None,
        "CPU threads; another number rounds differently, and 1 is best beside other work [default: all cores]",
        aliases=("--workers",),
        minimum=1,
        operational=True,
    )
    max_minutes: float | None = option(
        None, "stop after so long with a checkpoint; the same command goes on", minimum=0.0, operational=True
    )
    checkpoint_seconds: float = option(
        60.0, "seconds between checkpoints within an epoch", minimum=0.0, operational=True
    )
    deterministic: bool = option(False, "on CUDA: the same bytes every time, slower", operational=True)


@dataclass(frozen=True)
class DeviceOptions:
    """Where a trained model computes."""

    device: str = option("auto", "where to compute", choices=("auto", "cpu", "cuda"), operational=True)
    threads: int | None = option(
        None, "CPU threads [default: all cores]", aliases=("--workers",), minimum=1, operational=True
    )
