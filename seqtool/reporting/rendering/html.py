"""The report as one self-contained HTML page: tables, pictures, lineage; light and dark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from seqtool.errors import plural
from seqtool.reporting.collecting.collect import Collected, Model, Result
from seqtool.reporting.collecting.provenance import LINEAGE_NOTE, lineage_lines
from seqtool.reporting.rendering.escapes import html_text as escape
from seqtool.reporting.rendering.figures import COLORS, Curve, figure, interval_bar, legend, line_chart
from seqtool.reporting.rendering.html_figures import picture_sections
from seqtool.reporting.rendering.markdown import show
from seqtool.reporting.rendering.table import Cell, Table
from seqtool.reporting.rendering.tables import all_tables

_MOST_CONFUSED = 30
_LONG = ("ledger", "label", "samples", "mistakes", "phrases", "texts")
_SHOWN_ROWS = 12
STYLE = """
:root{color-scheme:light dark;--page:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--fill:#f6f8fa;--link:#0550ae;
--c0:#0b62c4;--c1:#b35900;--c2:#1a7f37;--c3:#8250df;--c4:#cf222e;--c5:#0f6e84;--c6:#7d4e00;--c7:#bf3989;--heat:9,98,196}
@media(prefers-color-scheme:dark){:root{--page:#0d1117;--ink:#e6edf3;--soft:#9da7b3;--line:#30363d;--fill:#161b22;
--link:#79b8ff;--c0:#6cb6ff;--c1:#f0883e;--c2:#57d364;--c3:#bc8cff;--c4:#ff7b72;--c5:#56d4dd;--c6:#e3b341;--c7:#ff9bce;
--heat:108,182,255}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",
"Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR","Noto Sans CJK KR",sans-serif}
main,header,nav{max-width:1200px;margin:0 auto;padding:0 16px}
h1{font-size:1.7rem;margin:24px 0 4px}h2{font-size:1.25rem;margin:36px 0 8px;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:20px 0 6px}p{margin:6px 0}.soft{color:var(--soft)}
nav ul{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;padding:0;margin:8px 0}a{color:var(--link)}
.scroll{overflow-x:auto;max-width:100%;border:1px solid var(--line);border-radius:6px}
table{border-collapse:collapse;font-size:.9rem;width:max-content;min-width:100%}
th,td{padding:4px 10px;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
td.long{white-space:normal;min-width:16rem}thead th{background:var(--fill)}tbody tr:last-child>*{border-bottom:0}
.number{text-align:right;font-variant-numeric:tabular-nums}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:20px}figure{margin:0}
figcaption{font-weight:600}svg{width:100%;height:auto}svg.bar{width:120px;height:14px;vertical-align:middle}
.heat td,.heat th{padding:2px 5px;text-align:center}
.grid{stroke:var(--line)}.tick{fill:var(--soft);font-size:12px}.curve{fill:none;stroke-width:2}
.whisker{stroke:var(--c0);stroke-width:2}.dot{fill:var(--c0)}
.legend{display:flex;flex-wrap:wrap;gap:2px 14px;list-style:none;padding:0;margin:4px 0;font-size:.85rem}
.key{display:inline-block;width:14px;height:3px;vertical-align:middle;margin-right:6px}
details{margin:8px 0}summary{cursor:pointer;color:var(--link)}
pre{background:var(--fill);border:1px solid var(--line);border-radius:6px;padding:10px;margin:0;overflow-x:auto;
font-size:.85rem}
code{font-family:ui-monospace,"SFMono-Regular",Menlo,Consolas,"D2Coding",monospace}
@media print{details:not([open])>*{display:block}}
"""


def render_html(collected: Collected, title: str = "seqtool report") -> str:
    """The whole report as one HTML page, without scripts and without anything from a network."""
    sections = [*_sections(collected)]
    links = "".join(f'<li><a href="#{key}">{escape(name)}</a></li>' for key, name, _ in sections)
    body = "".join(
        f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{escape(name)}</h2>{content}</section>'
        for key, name, content in sections
    )
    warnings = "".join(f'<p role="note"><strong>Note:</strong> {escape(text)}</p>' for text in collected.warnings)
    models = len(collected.models) + len(collected.vectors)
    counted = f"{plural(models, 'model')}, {plural(len(collected.lineages), 'artifact')}"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f'<header><h1>{escape(title)}</h1><p class="soft">{counted}</p>{warnings}</header>'
        f'<nav aria-label="sections"><ul>{links}</ul></nav><main>{body}</main></body></html>\n'
    )


def _sections(collected: Collected) -> Iterator[tuple[str, str, str]]:
    """Key, heading and content."""
    pictures = {"curves": _charts(collected.learned()), "confusion": "".join(_confusions(collected.labels))}
    for table in all_tables(collected):
        if table.key in pictures:
            content = pictures[table.key] + _folded(table, f"{plural(len(table.rows), 'row')} as a table")
        elif table.key in _LONG and len(table.rows) > _SHOWN_ROWS:
            begun = replace(table, rows=table.rows[:_SHOWN_ROWS])
            content = _table(begun) + _folded(table, f"all {len(table.rows):,} rows")
        else:
            content = _table(table)
        yield table.key, table.title, content
    yield from picture_sections(collected.saved_answers, _scrolled)
    if collected.lineages:
        note = f'<p class="soft">{escape(LINEAGE_NOTE)}</p>'
        yield "lineage", "Lineage", note + "".join(_lineage(collected))


def _folded(table: Table, summary: str) -> str:
    return f"<details><summary>{summary}</summary>{_table(table)}</details>"


def _table(table: Table) -> str:
    """The columns that have values; after the first value with an interval, a picture of the interval."""
    bars = _bars(table)
    columns = []
    for place, name in enumerate(table.columns):
        cells = [row[place] for row in table.rows]
        if any(cell not in (None, "") for cell in cells):
            right = all(isinstance(cell, int | float | None) for cell in cells)
            columns.append((_head(name.replace("_", " "), right), [_cell(cell, right) for cell in cells]))
        if bars is not None and name == bars[0]:
            columns.append((_head("95 % interval", False), [f"<td>{bar}</td>" for bar in bars[1]]))
    heads = "".join(head for head, _ in columns)
    rows = "".join(f"<tr>{''.join(cells[i] for _, cells in columns)}</tr>" for i in range(len(table.rows)))
    note = f'<p class="soft">{escape(table.note)}</p>' if table.note else ""
    return _scrolled(table.title, f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>") + note


def _head(name: str, right: bool) -> str:
    return f'<th scope="col"{_number(right)}>{escape(name)}</th>'


def _scrolled(name: str, content: str) -> str:
    """Content that may be wider than the page, in a box that scrolls and can be reached with the keyboard."""
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(name, quote=True)}">{content}</div>'


def _number(right: bool) -> str:
    return ' class="number"' if right else ""


def _cell(cell: Cell, right: bool) -> str:
    text = show(cell)
    long = ' class="long"' if len(text) > 60 else ""
    return f"<td{_number(right) or long}>{escape(text)}</td>"


def _bars(table: Table) -> tuple[str, list[str]] | None:
    """The first column with an interval, drawn: its name, and a picture for each row."""
    for name in table.columns:
        low, high = (f"{name}_low", f"{name}_high") if f"{name}_low" in table.columns else ("low", "high")
        known = name in ("accuracy", "overlap", "difference", "spearman", "bleu", "f1")
        if known and low in table.columns and high in table.columns:
            places = [table.columns.index(column) for column in (name, low, high)]
            return name, _drawn([tuple(row[place] for place in places) for row in table.rows])
    return None


def _drawn(rows: Sequence[tuple[Cell, ...]]) -> list[str]:
    numbers = [[float(cell) for cell in row if isinstance(cell, int | float)] for row in rows]
    known = [row for row in numbers if len(row) == 3 and all(map(math.isfinite, row))]
    least, most = min((row[1] for row in known), default=0.0), max((row[2] for row in known), default=0.0)
    return [interval_bar(row[0], row[1], row[2], least, most) if row in known else "" for row in numbers]


def _charts(models: Sequence[Model]) -> str:
    """Learning curves: charts for the models of each kind, so that a chart has losses of one unit."""
    figures: list[str] = []
    for kind in dict.fromkeys(map(_unit, models)):
        some = [model for model in models if _unit(model) == kind]
        for first in range(0, len(some), COLORS):
            few = some[first : first + COLORS]
            title = "loss" if few[0].kind == "vectors" else "loss, nats"
            figures.append(_chart(kind, few, title, ("train_loss", "valid_loss")))
            measures = dict.fromkeys(name for model in few for name in model.measured())
            figures += [_chart(kind, few, name.removeprefix("valid_"), (name,)) for name in measures]
    return f'<div class="charts">{"".join(figures)}</div><p class="soft">Dashed lines: loss on the training text.</p>'


def _unit(model: Model) -> str:
    """What models whose losses have one unit share."""
    return str(model.summary.get("method", model.kind)) if model.kind == "vectors" else model.kind


def _chart(kind: str, models: Sequence[Model], title: str, columns: Sequence[str]) -> str:
    curves = [
        Curve(model.name, points, name == "train_loss", color)
        for color, model in enumerate(models)
        for name in columns
        if (points := _points(model, name))
    ]
    if not curves:
        return ""
    picture = line_chart(f"Learning curves, {kind}, {title}", "epoch", title, curves)
    return figure(f"{kind}: {title}", picture + legend(model.name for model in models))


def _points(model: Model, name: str) -> list[tuple[float, float]]:
    """The last finite value of every epoch."""
    by_epoch = {int(line["epoch"]): float(line.get(name) or "nan") for line in model.history}
    return [(float(epoch), value) for epoch, value in sorted(by_epoch.items()) if math.isfinite(value)]


def _confusions(results: Sequence[Result]) -> Iterator[str]:
    """A matrix for each evaluation: rows gold, columns predicted, darker for a larger share of the row."""
    for result in results:
        confusion = result.measures.get("confusion", {})
        if not 1 < len(confusion) <= _MOST_CONFUSED:
            continue
        name = f"{result.model} on {result.data}"
        heads = "".join(f'<th scope="col" class="number">{escape(label)}</th>' for label in confusion)
        rows = "".join(
            f'<tr><th scope="row">{escape(gold)}</th>{"".join(_heat(row, predicted) for predicted in confusion)}</tr>'
            for gold, row in confusion.items()
        )
        corner = '<th scope="col">gold \\ predicted</th>'
        matrix = f"<table><thead><tr>{corner}{heads}</tr></thead><tbody>{rows}</tbody></table>"
        yield f"<h3>{escape(name)}</h3>{_scrolled(name, matrix)}"


def _heat(row: dict[str, int], predicted: str) -> str:
    share = row.get(predicted, 0) / max(1, sum(row.values()))
    return f'<td class="number" style="background:rgba(var(--heat),{0.45 * share:.2f})">{row.get(predicted, 0):,}</td>'


def _lineage(collected: Collected) -> Iterator[str]:
    for name, lines in lineage_lines(collected.lineages):
        box = f'<pre tabindex="0" aria-label="lineage of {escape(name, quote=True)}"><code>{escape(lines)}</code></pre>'
        yield f"<details><summary>{escape(name)}</summary>{box}</details>"
