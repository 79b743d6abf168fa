"""The options of n-gram language models."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from seqtool.errors import UsageError
from seqtool.options import flags, option

MODIFIED_KNESER_NEY = "modified-kneser-ney"
SMOOTHINGS = (
    MODIFIED_KNESER_NEY,
    "kneser-ney",
    "absolute",
    "witten-bell",
    "katz",
    "add-k",
    "ml",
    "stupid-backoff",
)


@dataclass(frozen=True)
class NgramOptions:
    """Which n-grams are counted, and how counts become probabilities."""

    order: int = option(5, "longest n-grams: n - 1 tokens of history", aliases=("-n",), minimum=1, maximum=32)
    smoothing: str = option(
        MODIFIED_KNESER_NEY,
        "modified-kneser-ney or kneser-ney (interpolated), absolute discounting, witten-bell, katz (Good-Turing "
        "discounts and back-off), add-k, ml (maximum likelihood), or stupid-backoff, whose scores are no probabilities",
        choices=SMOOTHINGS,
    )
    add_k: float = option(1.0, "what add-k adds to every count", minimum=1e-9)
    alpha: float = option(0.4, "what stupid-backoff multiplies by at each step back", minimum=1e-9, maximum=1.0)
    prune: str | None = option(
        None,
        "leave out the n-grams that occur at most so often, by order, the last number for all longer ones: 0,0,1",
        metavar="COUNTS",
    )
    vocab: str | None = option(
        None,
        "the words of the model: a file of one a line (a TAB and what follows it, or a count after a space in every "
        "line, is ignored); others are <unk>",
        metavar="FILE",
        operational=True,
        panel="Options",
    )
    min_count: int = option(1, "rarer words become <unk>", minimum=1)
    max_vocab: int | None = option(
        None, "keep at most this many types, <unk> and <eos> included (all if left out)", minimum=3
    )
    unk: str = option(
        "word",
        "<unk> in the text is counted as a word, or taken out (skip, as lmplz --skip_symbols)",
        choices=("word", "skip"),
    )
    quantize: int | None = option(
        None,
        "compact model: probabilities and back-offs as one of 2^BITS values per order",
        metavar="BITS",
        minimum=2,
        maximum=16,
    )
    threads: int | None = option(None, "threads (all cores if left out)", minimum=1, operational=True)
    memory: str = option(
        "2G", "working memory; what does not fit is counted in parts", metavar="SIZE", operational=True
    )


def check_parameters(options: NgramOptions, explicit: Collection[str]) -> None:
    """Refuse a parameter of another smoothing than the one chosen.

    Raises:
        UsageError: it is among the ``explicit`` options and not the default, which a lineage's command writes out.
    """
    for name, smoothing in (("add_k", "add-k"), ("alpha", "stupid-backoff")):
        changed = name in explicit and getattr(options, name) != getattr(NgramOptions, name)
        if changed and options.smoothing != smoothing:
            raise UsageError(f"{flags([name])} goes with --smoothing {smoothing}", "leave it out, or choose that")


def pruned_counts(options: NgramOptions) -> list[int]:
    """For every order from 1 the largest count that is left out, 0 where all stay.

    Raises:
        UsageError: not whole numbers, more than the order, falling, or words left out.
    """
    try:
        given = [int(part) for part in ("0" if options.prune is None else options.prune).replace(",", " ").split()]
    except ValueError:
        given = []
    if not given or len(given) > options.order or min(given) < 0:
        raise UsageError(f"--prune {options.prune} is not understood", "give a count for each order, such as 0,0,1")
    if given != sorted(given) or given[0] != 0:
        raise UsageError(
            f"--prune {options.prune} must begin with 0 and not fall: a longer n-gram needs its parts",
            "use --min-count for rare words",
        )
    return given + [given[-1]] * (options.order - len(given))
