"""Zipf's and Heaps's curves of texts as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqtool.corpus.inspect import Inspection
from seqtool.vectors.plot import NO_DATES, check_output
from seqtool.vectors.replacing import replacing

_DPI = 150


def draw_text_laws(texts: Sequence[Inspection], path: Path, overwrite: bool = False) -> None:
    """Counts against ranks, and types against tokens, both in logarithms.

    Raises:
        OutputError: the file exists or cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    check_output(path, overwrite)
    with mpl.rc_context({"svg.hashsalt": "seqtool"}), replacing([path], overwrite) as (temporary,):
        figure = Figure(figsize=(11, 4.5), layout="constrained")
        FigureCanvasAgg(figure)
        zipf, heaps = figure.subplots(1, 2)
        for text in texts:
            ranked = text.ranked()
            if not len(ranked):
                continue
            ranks = np.unique(np.geomspace(1, len(ranked), 400).astype(int))
            zipf.loglog(ranks, ranked[ranks - 1], label=text.name)
            heaps.loglog(*zip(*text.growth, strict=True), label=text.name)
        zipf.set(xlabel="rank", ylabel="count", title="Zipf")
        heaps.set(xlabel="tokens", ylabel="types", title="Heaps")
        zipf.legend(fontsize="small")
        suffix = path.suffix.lower()
        figure.savefig(temporary, format=suffix[1:], dpi=_DPI, metadata=NO_DATES[suffix])
