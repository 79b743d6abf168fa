"""Pictures of a report as SVG: learning curves, and marks with intervals. Colors come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from seqtool.reporting.rendering.escapes import html_text as escape

_WIDTH, _HEIGHT = 560, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 40
_MAP_HEIGHT = 420
_NARROW, _WIDE, _LINE = 6.5, 12.0, 11.0  # of a letter of 12 pixels
COLORS = 8  # of the style sheet: --c0 … --c7; a chart has no more curves
_TICKS = 5


@dataclass(frozen=True)
class Curve:
    """A line of a chart: x ascending, y finite."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False
    color: int = 0


def figure(caption: str, content: str) -> str:
    """A picture, or more, under its caption."""
    return f"<figure><figcaption>{escape(caption)}</figcaption>{content}</figure>"


def legend(names: Iterable[str]) -> str:
    """The names of curves, each in its color."""
    keys = "".join(
        f'<li><span class="key" style="background:var(--c{color})"></span>{escape(name)}</li>'
        for color, name in enumerate(names)
    )
    return f'<ul class="legend">{keys}</ul>'


def line_chart(title: str, x_label: str, y_label: str, curves: Sequence[Curve]) -> str:
    """Curves with axes and round ticks, without a legend."""
    xs = [x for curve in curves for x, _ in curve.points]
    ys = [y for curve in curves for _, y in curve.points]
    across, up = _Axis(min(xs), max(xs), _LEFT, _WIDTH - _RIGHT), _Axis(min(ys), max(ys), _HEIGHT - _BOTTOM, _TOP)
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">']
    for y in up.ticks():
        place = up.at(y)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{place:.1f}" y2="{place:.1f}"/>')
        parts.append(_text(f"{y:g}", _LEFT - 6, place + 4, "end"))
    parts += [_text(f"{x:g}", across.at(x), _HEIGHT - _BOTTOM + 16) for x in across.ticks() if x == int(x)]
    parts.append(_text(x_label, (_LEFT + _WIDTH) / 2, _HEIGHT - 6))
    parts.append(f'<g transform="translate(12 {middle}) rotate(-90)">{_text(y_label, 0, 0)}</g>')
    for curve in curves:
        points = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in curve.points)
        color = f"var(--c{curve.color % COLORS})"
        style = f"stroke:{color}" + (";stroke-dasharray:4 4" if curve.dashed else "")
        parts.append(f'<polyline class="curve" style="{style}" points="{points}"/>')
        if len(curve.points) == 1:
            x, y = curve.points[0]
            parts.append(
                f'<circle r="3" cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" style="fill:var(--c{curve.color})"/>'
            )
    return "".join([*parts, "</svg>"])


def scatter(title: str, points: Sequence[tuple[str, float, float]]) -> str:
    """Words at their coordinates, both axes at one scale. A word that would cover an earlier one is only a tooltip."""
    xs, ys = [x for _, x, _ in points], [y for _, _, y in points]
    unit = min((_WIDTH - 110) / (max(xs) - min(xs) or 1.0), (_MAP_HEIGHT - 30) / (max(ys) - min(ys) or 1.0))
    parts = [f'<svg viewBox="0 0 {_WIDTH} {_MAP_HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">']
    taken: list[tuple[float, float, float]] = []
    for word, x, y in points:
        across, down = 15 + (x - min(xs)) * unit, _MAP_HEIGHT - 15 - (y - min(ys)) * unit
        dot = f'<circle class="dot" r="2" cx="{across:.1f}" cy="{down:.1f}"/>'
        parts.append(f"<g><title>{escape(word)}</title>{dot}</g>")
        end = across + 4 + sum(_WIDE if east_asian_width(letter) in "WF" else _NARROW for letter in word)
        if not any(across < right and left < end and abs(down - line) < _LINE for left, right, line in taken):
            taken.append((across, end, down))
            parts.append(_text(word, across + 4, down + 4, "start"))
    return "".join([*parts, "</svg>"])


def interval_bar(value: float, low: float, high: float, least: float, most: float) -> str:
    """A value with its interval, on the scale of its column."""
    axis = _Axis(least, most, 4, 116)
    ends = f'x1="{axis.at(low):.1f}" x2="{axis.at(high):.1f}"'
    label = f"{value:.4g}, {low:.4g} to {high:.4g}"
    return (
        f'<svg class="bar" viewBox="0 0 120 14" role="img" aria-label="{label}">'
        f'<line class="whisker" {ends} y1="7" y2="7"/>'
        f'<circle class="dot" r="3.5" cx="{axis.at(value):.1f}" cy="7"/></svg>'
    )


def _text(text: str, x: float, y: float, anchor: str = "middle") -> str:
    return f'<text class="tick" text-anchor="{anchor}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


class _Axis:
    """Values along a line of the picture."""

    def __init__(self, least: float, most: float, first: float, last: float) -> None:
        self.least, self.most = (least, most) if most > least else (least - 0.5, least + 0.5)
        self.first, self.last = first, last

    def at(self, value: float) -> float:
        """The position of a value."""
        return self.first + (value - self.least) / (self.most - self.least) * (self.last - self.first)

    def ticks(self) -> list[float]:
        """Round values within, about five."""
        raw = (self.most - self.least) / _TICKS
        unit = 10 ** math.floor(math.log10(raw))
        step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= raw)
        first = math.ceil(self.least / step - 1e-9)
        count = math.floor(self.most / step + 1e-9) - first + 1
        return [round((first + i) * step, 12) for i in range(count)]
