"""The report command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from seqtool.commands.answers import Lines
from seqtool.commands.declaration import Target, answers_in
from seqtool.options import Argument, Option, redeclared


@dataclass(frozen=True)
class ReportTarget(Target):
    """The folder of a report that is not printed."""

    output: Path | None = redeclared(
        Target, "output", None, "folder for report.html, report.md, report.json and a CSV per table"
    )


@answers_in("json")
def report(
    artifacts: Annotated[list[Path], Argument("models, vectors, evaluations and corpora")],
    *,
    target: ReportTarget,
    title: Annotated[str, Option("title of the report")] = "seqtool report",
) -> Lines:
    """Build one report from models and evaluations.

    Writes one page with results, learning curves, cost, dropped items and lineage. report.html is a single file that
    needs no network. Without -o, the report is printed as Markdown.

    Example: seqtool report *.lm *.eval -o report
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.progress import warn
    from seqtool.reporting.build import build_report, to_json
    from seqtool.reporting.collecting.collect import collect
    from seqtool.reporting.rendering.markdown import render

    opened, output = [open_artifact(path) for path in artifacts], target.output
    if output is None:
        collected = collect(opened)
        warnings, answer = collected.warnings, Lines(render(collected, title).split("\n"), json=to_json(collected))
    else:
        built = build_report(opened, output, title, target.overwrite)
        outcome = f"wrote {output}" if built.written else f"{output} is up to date"
        answer = Lines([str(output / "report.html")], json={"report": str(output)}, notes=[outcome])
        warnings = built.warnings
    for text in warnings:
        warn(text)
    return answer
