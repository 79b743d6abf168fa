"""The options of n-gram language models."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from seqtool.errors import UsageError, plural
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

    order: int = option(5, "maximum length of n-grams, in tokens", aliases=("-n",), minimum=1, maximum=32)
    smoothing: str = option(
        MODIFIED_KNESER_NEY,
        "smoothing method; kneser-ney and modified-kneser-ney are interpolated, katz uses Good-Turing discounts, "
        "ml is maximum likelihood, and the scores of stupid-backoff are not probabilities",
        choices=SMOOTHINGS,
    )
    add_k: float = option(1.0, "add-k: constant added to every count", minimum=1e-9)
    alpha: float = option(0.4, "stupid-backoff: factor at each back-off step", minimum=1e-9, maximum=1.0)
    prune: str | None = option(
        None,
        "drop n-grams with at most this count, one value per order; the last value covers all higher orders: 0,0,1",
        metavar="COUNTS",
    )
    vocab: str | None = option(
        None,
        "fixed vocabulary: a file with one word per line (text after a TAB, or a count after a space on every "
        "line, is ignored); other words become <unk>",
        metavar="FILE",
        operational=True,
        panel="Options",
    )
    min_count: int = option(1, "replace words with a lower count by <unk>", minimum=1)
    max_vocab: int | None = option(
        None, "maximum number of types, including <unk> and <eos> [default: no limit]", minimum=3
    )
    unk: str = option(
        "word",
        "count <unk> in the text as a word, or skip it (as lmplz --skip_symbols)",
        choices=("word", "skip"),
    )
    quantize: int | None = option(
        None,
        "store probabilities and back-off weights as one of 2^BITS values per order",
        metavar="BITS",
        minimum=2,
        maximum=16,
    )
    threads: int | None = option(None, "CPU threads [default: all cores]", minimum=1, operational=True)
    memory: str = option(
        "2G", "working memory; larger texts are counted in parts on disk", metavar="SIZE", operational=True
    )


def check_parameters(options: NgramOptions, explicit: Collection[str]) -> None:
    """Refuse a parameter of another smoothing than the one chosen.

    Raises:
        UsageError: it is among the ``explicit`` options and not the default, which a lineage's command writes out.
    """
    for name, smoothing in (("add_k", "add-k"), ("alpha", "stupid-backoff")):
        changed = name in explicit and getattr(options, name) != getattr(NgramOptions, name)
        if changed and options.smoothing != smoothing:
            raise UsageError(f"{flags([name])} needs --smoothing {smoothing}", "leave one of them out")


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
        raise UsageError(
            f"invalid --prune {options.prune}",
            f"give at most {plural(options.order, 'count')}, one per order, such as 0,0,1",
        )
    if given != sorted(given) or given[0] != 0:
        raise UsageError(
            f"--prune {options.prune} must start with 0 and not decrease, because each n-gram needs its shorter parts",
            "use --min-count to replace rare words",
        )
    return given + [given[-1]] * (options.order - len(given))
