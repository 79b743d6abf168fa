"""Words and where their vectors lie in two dimensions, drawn. N words.

The same words, vectors and seed give the same file. Labels are in whatever installed fonts have their letters, so that
Hangul is Hangul and not a row of boxes; `choose_fonts` says which letters no font has.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.files import refuse_folder, replacing
from seqtool.errors import InputError, UsageError
from seqtool.vectors.options import WordMapOptions
from seqtool.vectors.unit_rows import unit_rows
from seqtool.vectors.word_vectors import Ids, WordVectors

SUFFIXES = (".png", ".svg", ".pdf")
FEWEST_WORDS = {"pca": 2, "tsne": 4}
_BASE_FONT = "DejaVu Sans"  # matplotlib brings it along
_BOXES = "Last Resort"  # matplotlib brings it along too: a box for every letter there is
_PREFERRED = ("Noto Sans CJK KR", "NanumGothic", "Nanum Gothic", "Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic")
_FONT_POINTS, _DPI = 8.0, 150
_GAPS = (2.0, 10.0, 20.0, 30.0, 45.0, 60.0, 80.0, 100.0)  # points between a word's place and its label
_FEWEST_INCHES, _MOST_INCHES = 6.0, 24.0
# What keeps the date out of a picture, so that the same numbers give the same file.
_NO_DATES: dict[str, dict[str, Any]] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def coordinates(
    vectors_ND: NDArray[np.float32], method: str = "pca", seed: int = 1, perplexity: float = 30.0
) -> NDArray[np.float64]:
    """The places of vectors in the plane: float64 (N, 2).

    Args:
        vectors_ND: made of length one before they are projected, so that angles decide.
        method: the first two principal components (pca), or t-SNE.
        seed: of t-SNE.
        perplexity: of t-SNE; at most a third of the other words.

    Raises:
        InputError: too few words.
    """
    count, dim = vectors_ND.shape
    if count < FEWEST_WORDS[method]:
        message = f"--method {method} needs at least {FEWEST_WORDS[method]} words, found {count}"
        raise InputError(message, "give more words")
    unit_ND = np.zeros((count, max(2, dim)))
    unit_ND[:, :dim] = unit_rows(vectors_ND)
    if not np.ptp(unit_ND, axis=0).any():
        return np.zeros((count, 2))  # both methods divide by the spread
    if method == "pca":
        from sklearn.decomposition import PCA

        return np.asarray(PCA(2, svd_solver="full").fit_transform(unit_ND), np.float64)
    from sklearn.manifold import TSNE

    bounded = min(perplexity, (count - 1) / 3)
    tsne = TSNE(2, perplexity=bounded, init="pca", random_state=seed)
    return np.asarray(tsne.fit_transform(unit_ND.astype(np.float32)), np.float64)


def check_output(path: Path) -> None:
    """Refuse a name under which no picture can be written, before anything is computed.

    Raises:
        UsageError: it ends in none of `SUFFIXES`.
        OutputError: it is a folder.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"unsupported image format: {path}", f"use a name ending in {', '.join(SUFFIXES)}")
    refuse_folder(path)


def draw(
    words: Sequence[str], places_N2: NDArray[np.float64], path: Path, title: str = "", overwrite: bool = False
) -> str:
    """Draw words as a scatter plot, written whole or not at all.

    Args:
        words: the labels.
        places_N2: where they lie.
        path: the file; its suffix decides the format.
        title: above the plot.
        overwrite: replace a file of that name.

    Returns:
        The characters that no installed font has, which are boxes in the plot (an SVG leaves them to its reader).

    Raises:
        OutputError: the file exists with another content, or cannot be written.
    """
    labels = [drawable(word) for word in words]
    settings = {"font.size": _FONT_POINTS, "axes.unicode_minus": False}
    inches = min(_MOST_INCHES, max(_FEWEST_INCHES, 0.8 * len(words) ** 0.5))
    with picture(path, (inches, inches), labels, overwrite, settings) as (figure, missing):
        _scatter(figure, labels, places_N2, title)
    return missing


@contextmanager
def picture(
    path: Path,
    inches: tuple[float, float],
    labels: Iterable[str],
    overwrite: bool = False,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[tuple[Any, str]]:
    """An empty figure that is written at the block's end, whole or not at all.

    Args:
        path: the file; its suffix decides the format.
        inches: width and height.
        labels: what will stand in it, for which fonts are chosen.
        overwrite: replace a file of that name.
        settings: more of matplotlib's.

    Yields:
        The figure, and the characters that no installed font has, which are boxes in it (an SVG leaves them to its
        reader).

    Raises:
        UsageError: the path is not that of a picture.
        OutputError: the file exists or cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    check_output(path)
    families, missing = choose_fonts(labels)
    chosen: Any = {
        "font.family": families,
        "svg.hashsalt": "seqtool",
        "svg.fonttype": "none" if missing else "path",
        **(settings or {}),
    }
    suffix = path.suffix.lower()
    with mpl.rc_context(chosen), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=inches, dpi=_DPI, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure, missing
        with replacing([path], overwrite) as (temporary,):
            figure.savefig(temporary, format=suffix[1:], metadata=_NO_DATES[suffix])


def choose_fonts(labels: Iterable[str]) -> tuple[list[str], str]:
    """The fonts in which labels are drawn, in the order they are tried, and the characters none of them has."""
    from matplotlib import font_manager

    letters = {ord(letter) for label in labels for letter in label if not letter.isspace()}
    families, missing = [_BASE_FONT], letters - _glyphs(font_manager.findfont(_BASE_FONT))
    if missing:
        _register_new_fonts()
        listed = [font for font in font_manager.fontManager.ttflist if not font.name.startswith(_BOXES)]
        fonts = {font.name: font.fname for font in reversed(listed)}
        for name in sorted(fonts, key=lambda name: (name not in _PREFERRED, name)):
            found = missing & _glyphs(fonts[name]) if missing else set()
            if found:
                families.append(name)
                missing -= found
    return families, "".join(map(chr, sorted(missing)))


def _register_new_fonts() -> None:
    """Tell matplotlib of the fonts that were installed since it last made its list."""
    from matplotlib import font_manager

    listed = {font.fname for font in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - listed):
        try:
            font_manager.fontManager.addfont(path)
        except (OSError, RuntimeError, ValueError):  # a font that FreeType cannot read
            continue


def _glyphs(font: str) -> set[int]:
    from matplotlib.ft2font import FT2Font

    try:
        return set(FT2Font(font).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return set()


def drawable(word: str) -> str:
    r"""A word on one line; bytes that are no text as ``\xNN``."""
    shown = "".join(f"\\x{ord(c) - 0xDC00:02x}" if 0xD800 <= ord(c) <= 0xDFFF else c for c in word)
    return " ".join(shown.split()) or "␣"


def _scatter(figure: Any, labels: Sequence[str], places_N2: NDArray[np.float64], title: str) -> None:
    axes = figure.add_subplot()
    axes.scatter(places_N2[:, 0], places_N2[:, 1], s=6, color="tab:blue")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(0.08)
    axes.set_title(title, parse_math=False)
    figure.draw_without_rendering()  # the axes take their size, from which that of the labels follows
    points_N2 = axes.transData.transform(places_N2) * 72 / figure.dpi
    frame_4 = np.array(axes.bbox.extents) * 72 / figure.dpi
    for label, place, (x, y, gap) in zip(labels, places_N2, _offsets(labels, points_N2, frame_4), strict=True):
        line = {"arrowstyle": "-", "linewidth": 0.4, "color": "0.6", "shrinkA": 0, "shrinkB": 1}
        note = axes.annotate(
            label,
            place,
            (x, y),
            textcoords="offset points",
            fontsize=_FONT_POINTS,
            parse_math=False,
            arrowprops=line if gap > _GAPS[0] else None,
        )
        note.set_in_layout(False)


def _offsets(
    labels: Sequence[str], points_N2: NDArray[np.float64], frame_4: NDArray[np.float64]
) -> NDArray[np.float64]:
    """From each point to its label's lower left corner, and the gap between them, in points: float64 (N, 3).

    Of eight places at each distance the nearest is taken that covers no other label and no point and lies in the frame,
    or else as little of them as can be and as much inside.
    """
    sizes_N2 = np.array([(_FONT_POINTS * 0.62 * _columns(label), _FONT_POINTS * 1.2) for label in labels])
    offsets_N3 = np.zeros((len(labels), 3))
    boxes = np.zeros((0, 4))
    dots = np.concatenate([points_N2 - 1.5, points_N2 + 1.5], axis=1)
    for index, (point, (width, height)) in enumerate(zip(points_N2, sizes_N2, strict=True)):
        places = np.array([(*place, gap) for gap in _GAPS for place in _around(width, height, gap)])
        corners = np.concatenate([point + places[:, :2], point + places[:, :2] + (width, height)], axis=1)
        outside = width * height - _overlap(corners, frame_4[None])
        best = int(np.argmin(_overlap(corners, boxes) + _overlap(corners, dots) + outside + places[:, 2] / 10))
        offsets_N3[index] = places[best]
        boxes = np.concatenate([boxes, corners[best : best + 1]])
    return offsets_N3


def _around(width: float, height: float, gap: float) -> list[tuple[float, float]]:
    """The lower left corners of boxes on all sides of a point."""
    middle_x, middle_y = -width / 2, -height / 2
    right, left, up, down = gap, -width - gap, gap, -height - gap
    sides = [(right, middle_y), (left, middle_y), (middle_x, up), (middle_x, down)]
    return [(right, up), (left, up), (right, down), (left, down), *sides]


def _overlap(boxes_A4: NDArray[np.float64], others_B4: NDArray[np.float64]) -> NDArray[np.float64]:
    """The area of each box that others cover: (A,)."""
    low = np.maximum(boxes_A4[:, None, :2], others_B4[None, :, :2])
    high = np.minimum(boxes_A4[:, None, 2:], others_B4[None, :, 2:])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=2).sum(axis=1))


def _columns(label: str) -> int:
    return sum(2 if ord(letter) >= 0x1100 else 1 for letter in label)


@dataclass(frozen=True)
class WordMap:
    """N words and their places, float64 (N, 2)."""

    words: Sequence[str]
    places_N2: NDArray[np.float64]

    def rows(self) -> list[tuple[str, float, float]]:
        """Each word with its x and y."""
        return [(word, x, y) for word, (x, y) in zip(self.words, self.places_N2.tolist(), strict=True)]


def map_words(vectors: WordVectors, words: Sequence[str] | None, options: WordMapOptions) -> WordMap:
    """The places of the words given, each once, or else of the most frequent ones.

    Raises:
        InputError: a word is unknown, or there are too few.
    """
    known = vectors.knowing(words or ())
    rows = np.array([known.id_of(word) for word in dict.fromkeys(words)]) if words else _frequent(known, options.num)
    places_N2 = coordinates(known.matrix[rows], options.method, options.seed, options.perplexity)
    return WordMap([known.words[row] for row in rows], places_N2)


def _frequent(vectors: WordVectors, num: int) -> Ids:
    if vectors.counts is None:
        return np.arange(min(num, len(vectors)))
    return np.argsort(-vectors.counts, kind="stable")[:num]
