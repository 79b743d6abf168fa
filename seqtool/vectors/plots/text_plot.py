"""Zipf's and Heaps's curves of texts as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqtool.corpus.doctor.inspect import Inspection
from seqtool.vectors.plots.plot import drawable, picture


def draw_text_laws(texts: Sequence[Inspection], path: Path, overwrite: bool = False) -> str:
    """Counts against ranks, and types against tokens, both in logarithms.

    Returns:
        The characters of the texts' names that no installed font has, which are boxes in the picture (an SVG leaves
        them to its reader).

    Raises:
        OutputError: the file exists or cannot be written.
    """
    names = [drawable(text.name) for text in texts]
    with picture(path, (11, 4.5), names, overwrite) as (figure, missing):
        _curves(figure, texts)
    return missing


def _curves(figure: Any, texts: Sequence[Inspection]) -> None:
    zipf, heaps = figure.subplots(1, 2)
    drawn = []
    for text in texts:
        ranked = text.ranked()
        if not len(ranked):
            continue
        ranks = np.unique(np.geomspace(1, len(ranked), 400).astype(int))
        drawn += [(*zipf.loglog(ranks, ranked[ranks - 1]), drawable(text.name))]
        heaps.loglog(*zip(*text.growth, strict=True))
    zipf.set(xlabel="rank", ylabel="count", title="Zipf")
    heaps.set(xlabel="tokens", ylabel="types", title="Heaps")
    if not drawn:
        return
    lines, names = zip(*drawn, strict=True)
    legend = zipf.legend(lines, ["" for _ in names], fontsize="small")
    for label, name in zip(legend.get_texts(), names, strict=True):
        # Given as labels, names with $ would be read as formulas, and those with _ in front be left out.
        label.set_parse_math(False)
        label.set_text(name)
