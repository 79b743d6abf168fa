"""Where a model looked, as a picture and in blocks on a terminal.

S source tokens in columns, T target tokens in rows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seqtool.corpus.normalize import display_width
from seqtool.seq2seq.translate import AttentionMap
from seqtool.vectors.plots.plot import picture

_SHADES = " ░▒▓█"
_INCHES, _MOST_INCHES = 0.28, 40.0
_SPACE = "␣"


def draw_map(found: AttentionMap, path: Path, overwrite: bool = False) -> str:
    """Draw a heat map, written whole or not at all.

    Returns:
        The characters that no installed font has, which are boxes in the picture.

    Raises:
        OutputError: the file exists or cannot be written.
    """
    assert found.weights_TS is not None
    source, target = [shown(token) for token in found.source], [shown(token) for token in found.target]
    width, height = (min(_MOST_INCHES, 2.0 + _INCHES * count) for count in (len(source), len(target)))
    with picture(path, (width, height), [*source, *target], overwrite, {"font.size": 9.0}) as (figure, missing):
        axes = figure.subplots()
        image = axes.imshow(found.weights_TS, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
        axes.set_xticks(range(len(source)), source, rotation=90 if max(map(len, source)) > 1 else 0)
        axes.set_yticks(range(len(target)), target)
        axes.xaxis.tick_top()
        figure.colorbar(image, label="weight")
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
