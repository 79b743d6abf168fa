"""The command that compares two evaluations, or two models on a text: compare."""

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
    a: Annotated[Path, Argument("an evaluation artifact (-o of perplexity, eval-…), or a model")],
    b: Annotated[Path, Argument("another, of the same command and data; or another model")],
    data: Annotated[
        str | None,
        Argument("with models: a text or corpus, analogies, word pairs, labelled texts, columns, or pairs"),
    ] = None,
    *,
    target: EvaluationTarget,
    options: CompareOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Table:
    """How much two evaluations of the same data differ, and whether that could be chance.

    Items are paired: sentences, questions, word pairs, labels, translations. The interval of the difference (b - a) and
    p_bootstrap are of the paired bootstrap, p_randomization of approximate randomization; better is a or b where both
    are below 0.05. Perplexities compare only where the vocabularies are equal, bits per byte where both tokenizers are
    lossless or both are the same.

    With DATA, two models are evaluated on it first, with the usual options of perplexity, eval-analogy,
    eval-similarity, eval-labels or eval-translation. Of a table of pairs the first column is translated, the second
    the reference.

    Example: seqtool compare lstm.eval ngram.eval
    """
    from seqtool.evaluation.compare import DIFFERENCE_COLUMNS, compare_evaluations, compare_models

    read = changed(sources)
    if data is None and read:
        raise UsageError("evaluations have read their data", f"leave {flags(read)} out, or give models")
    if data is None:
        found = compare_evaluations(a, b, options, **vars(target)).summary
    else:
        found = compare_models(a, b, data, options, sources=sources, compute=compute, **vars(target)).summary
    rows = [[row[name] for name in DIFFERENCE_COLUMNS] for row in found["measures"]]
    notes = (f"a is {found['a']}, b is {found['b']}", *found["notes"])
    return Table(DIFFERENCE_COLUMNS, rows, json=found, notes=notes)
