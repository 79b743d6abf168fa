"""The report command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from seqtool.commands.answers import Lines
from seqtool.commands.declaration import Target, answers_in
from seqtool.options import Argument, Option, redeclared

if TYPE_CHECKING:
    from seqtool.artifact.read import Artifact


@dataclass(frozen=True)
class ReportTarget(Target):
    """Where a report goes, if it is not to be printed."""

    output: Path | None = redeclared(
        Target, "output", None, "folder for report.html, report.md, report.json and a CSV per table"
    )


@answers_in("json")
def report(
    artifacts: Annotated[list[Path], Argument("models, evaluations and corpora")],
    *,
    target: ReportTarget,
    title: Annotated[str, Option("heading of the report")] = "seqtool report",
) -> Lines:
    """One report over models and evaluations: results, learning curves, cost, what was dropped, lineage.

    Without -o the report is printed as Markdown. report.html is one page that needs no network.

    Example: seqtool report *.lm *.eval -o report
    """
    from seqtool.artifact.read import open_artifact

    opened = [open_artifact(path) for path in artifacts]
    return (
        _printed(opened, title) if target.output is None else _written(opened, title, target.output, target.overwrite)
    )


def _printed(artifacts: list[Artifact], title: str) -> Lines:
    from seqtool.progress import warn
    from seqtool.reporting.build import to_json
    from seqtool.reporting.collecting.collect import collect
    from seqtool.reporting.rendering.markdown import render

    collected = collect(artifacts)
    for text in collected.warnings:
        warn(text)
    return Lines(render(collected, title).split("\n"), json=to_json(collected))


def _written(artifacts: list[Artifact], title: str, output: Path, overwrite: bool) -> Lines:
    from seqtool.progress import note, warn
    from seqtool.reporting.build import build_report

    built = build_report(artifacts, output, title, overwrite)
    for text in built.warnings:
        warn(text)
    note(f"wrote {output}" if built.written else f"{output} is up to date")
    return Lines([str(output / "report.html")], json={"report": str(output)})
