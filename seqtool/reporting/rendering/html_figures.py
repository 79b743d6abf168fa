"""Saved answers as sections of the page: maps of words, attention, gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from seqtool.errors import plural
from seqtool.reporting.collecting.saved_answers import AnswerRows
from seqtool.reporting.rendering.escapes import html_text as escape
from seqtool.reporting.rendering.figures import COLORS, Curve, figure, legend, line_chart, scatter

Box = Callable[[str, str], str]  # a name and content that may be wider than the page → a box that scrolls
_MOST_TOKENS = 200


def picture_sections(answers: Sequence[AnswerRows], box: Box) -> Iterator[tuple[str, str, str]]:
    """Key, heading and content of each section of pictures."""
    kinds: tuple[tuple[str, str, str, Callable[[AnswerRows, Box], str]], ...] = (
        ("maps", "Maps of word vectors", "plot-vectors", _map),
        ("attention", "Attention", "plot-attention", _attention),
        ("gradients", "Gradients through time", "gradient-flow", _gradients),
    )
    for key, heading, command, drawn in kinds:
        some = [drawn(one, box) for one in answers if one.command == command and one.rows]
        if some:
            yield key, heading, f'<div class="charts">{"".join(some)}</div>'


def _map(answer: AnswerRows, box: Box) -> str:
    points = [(str(word), float(x), float(y)) for word, x, y in answer.rows]
    name = f"{answer.model}, {answer.data}"
    if not all(math.isfinite(x) and math.isfinite(y) for _, x, y in points):
        return figure(name, "<p>Not drawn: some coordinates are not finite numbers.</p>")
    return figure(name, scatter(f"Map of word vectors: {name}", points))


def _attention(answer: AnswerRows, box: Box) -> str:
    """One row per target token, one column per source token, darker for larger weights."""
    name = f"{answer.model}: {answer.data}"
    targets = {int(row[0]): _visible(str(row[1])) for row in answer.rows}
    sources = {int(row[2]): _visible(str(row[3])) for row in answer.rows}
    if max(len(targets), len(sources)) > _MOST_TOKENS:
        size = f"{len(targets):,} by {len(sources):,} tokens"
        return figure(name, f"<p>Not drawn: {size} are more than {_MOST_TOKENS} by {_MOST_TOKENS}.</p>")
    weights = {(int(row[0]), int(row[2])): float(row[4]) for row in answer.rows}
    heads = "".join(f'<th scope="col">{escape(source)}</th>' for source in sources.values())
    lines = "".join(
        f'<tr><th scope="row">{escape(target)}</th>{"".join(_shade(weights.get((t, s), 0.0)) for s in sources)}</tr>'
        for t, target in targets.items()
    )
    corner = '<th scope="col">target \\ source</th>'
    table = f'<table class="heat"><thead><tr>{corner}{heads}</tr></thead><tbody>{lines}</tbody></table>'
    return figure(name, box(f"Attention of {name}", table))


def _visible(token: str) -> str:
    return "".join("␣" if character.isspace() else character for character in token) or "␣"


def _shade(weight: float) -> str:
    shown = f"{weight:.2f}".removeprefix("0") if weight >= 0.05 else ""
    return f'<td style="background:rgba(var(--heat),{0.45 * min(1.0, max(0.0, weight)):.2f})">{shown}</td>'


def _gradients(answer: AnswerRows, box: Box) -> str:
    """log10 of the norm against the steps back, at most `COLORS` curves in a chart."""
    curves: dict[str, list[tuple[float, float]]] = {}
    left_out = 0
    for model, layer, state, back, norm in answer.rows:
        if float(norm) > 0 and math.isfinite(float(norm)):
            curves.setdefault(f"{model}, layer {layer}, {state}", []).append((float(back), math.log10(float(norm))))
        else:
            left_out += 1
    shown, name = list(curves.items()), f"{answer.model} on {answer.data}"
    charts = [_chart(name, shown[first : first + COLORS]) for first in range(0, len(shown), COLORS)]
    omitted = plural(left_out, "norm that is 0 or not finite is", "norms that are 0 or not finite are")
    note = f'<p class="soft">{omitted} left out.</p>' if left_out else ""
    return "".join(charts) + note


def _chart(name: str, some: Sequence[tuple[str, list[tuple[float, float]]]]) -> str:
    lines = [Curve(curve, points, color=color) for color, (curve, points) in enumerate(some)]
    chart = line_chart(f"Gradients: {name}", "steps back", "log10 of the norm", lines)
    return figure(name, chart + legend(curve for curve, _ in some))
