"""Where a model looked, as a picture and in blocks on a terminal.

S source tokens in columns, T target tokens in rows.
"""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from seqtool.artifact.files import replacing
from seqtool.corpus.normalize import display_width
from seqtool.seq2seq.translate import AttentionMap
from seqtool.vectors.plots.plot import NO_DATES, check_output, choose_fonts

_SHADES = " ░▒▓█"
_INCHES, _MOST_INCHES, _DPI = 0.28, 40.0, 150
_SPACE = "␣"


def draw_map(found: AttentionMap, path: Path, overwrite: bool = False) -> str:
    """Draw a heat map, written whole or not at all.

    Returns:
        The characters that no installed font has, which are boxes in the picture.

    Raises:
        OutputError: the file exists or cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    assert found.weights_TS is not None
    check_output(path)
    source, target = [shown(token) for token in found.source], [shown(token) for token in found.target]
    families, missing = choose_fonts([*source, *target])
    settings: Any = {
        "font.family": families,
        "font.size": 9.0,
        "svg.hashsalt": "seqtool",
        "svg.fonttype": "none" if missing else "path",
    }
    suffix = path.suffix.lower()
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        size = [min(_MOST_INCHES, 2.0 + _INCHES * count) for count in (len(source), len(target))]
        figure = Figure(figsize=(size[0], size[1]), dpi=_DPI, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        image = axes.imshow(found.weights_TS, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
        axes.set_xticks(range(len(source)), source, rotation=90 if max(map(len, source)) > 1 else 0)
        axes.set_yticks(range(len(target)), target)
        axes.xaxis.tick_top()
        figure.colorbar(image, label="weight")
        with replacing([path], overwrite) as (temporary,):
            figure.savefig(temporary, format=suffix[1:], metadata=NO_DATES[suffix])
    return missing


def terminal_map(found: AttentionMap) -> Iterator[str]:
    """Lines of a map: a row for each target token, as wide a column for each source token as the token is."""
    assert found.weights_TS is not None
    source, target = [shown(token) for token in found.source], [shown(token) for token in found.target]
    left = max(map(display_width, target))
    yield " " * (left + 2) + " ".join(source)
    for token, weights_S in zip(target, found.weights_TS, strict=True):
        levels = np.minimum((weights_S * len(_SHADES)).astype(int), len(_SHADES) - 1)
        cells = (_SHADES[level] * display_width(name) for level, name in zip(levels.tolist(), source, strict=True))
        yield f"{' ' * (left - display_width(token))}{token}  {' '.join(cells)}".rstrip()


def shown(token: str) -> str:
    """A token that can be seen: spaces and bytes marked."""
    text = "".join("�" if unicodedata.category(c) in ("Cs", "Cc") else _SPACE if c.isspace() else c for c in token)
    return text or _SPACE
