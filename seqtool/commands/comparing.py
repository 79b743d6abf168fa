"""The compare command: two evaluations, or two models on one text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from seqtool.commands.answers import Table
from seqtool.commands.declaration import EvaluationTarget
from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.metrics.options import CompareOptions
from seqtool.nn.options import DeviceOptions
from seqtool.options import Argument, changed, flags


def compare(
    a: Annotated[Path, Argument("an evaluation (made with -o by perplexity or eval-…), or a model")],
    b: Annotated[Path, Argument("another evaluation of the same kind on the same data, or another model")],
    data: Annotated[
        str | None,
        Argument("for models: a text, corpus, analogies, word pairs, labeled texts, columns or translation pairs"),
    ] = None,
    *,
    target: EvaluationTarget,
    options: CompareOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Table:
    """Test whether two evaluations differ by more than chance.

    Reads two evaluations of the same data and pairs their items: sentences, questions, word pairs, labels or
    translations. It prints the difference b - a, its interval and p_bootstrap from the paired bootstrap, and
    p_randomization from approximate randomization. "better" names a or b if both p values are below 0.05.
    Perplexities can be compared only if the vocabularies are equal; bits per byte, if both tokenizers are lossless
    or both are the same.

    With DATA, compare first evaluates two models on it, with the default options of perplexity, eval-analogy,
    eval-similarity, eval-labels or eval-translation. For translation, DATA is a table of source and reference.

    Example: seqtool compare lstm.eval ngram.eval
    """
    from seqtool.evaluation.compare import DIFFERENCE_COLUMNS, compare_evaluations, compare_models

    read = changed(sources)
    if data is None and read:
        raise UsageError(
            f"{flags(read)} cannot be used with evaluations, which have already read their data",
            f"leave {flags(read)} out, or give two models and DATA",
        )
    if data is None:
        found = compare_evaluations(a, b, options, **vars(target)).summary
    else:
        found = compare_models(a, b, data, options, sources=sources, compute=compute, **vars(target)).summary
    rows = [[row[name] for name in DIFFERENCE_COLUMNS] for row in found["measures"]]
    notes = (f"a is {found['a']}, b is {found['b']}", *found["notes"])
    return Table(DIFFERENCE_COLUMNS, rows, json=found, notes=notes)
