"""The report command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqtool.cli.options import Overwrite


def report(
    artifacts: Annotated[list[Path], typer.Argument(help="models, evaluations and corpora", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="folder for report.html, report.md, report.json and a CSV per table"),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="heading of the report")] = "seqtool report",
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON, not Markdown")] = False,
    overwrite: Overwrite = False,
) -> None:
    """One report over models and evaluations: results, learning curves, cost, what was dropped, lineage.

    Without -o the report is printed as Markdown. report.html is one page that needs no network.

    Example: seqtool report *.lm *.eval -o report
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.cli.answer import dumps
    from seqtool.progress import note, warn
    from seqtool.reporting.build import build_report, to_json
    from seqtool.reporting.collecting.collect import collect
    from seqtool.reporting.rendering.markdown import render

    if output is None:
        collected = collect(artifacts)
        for text in collected.warnings:
            warn(text)
        print(dumps(to_json(collected)) if as_json else render(collected, title))
        return
    written = build_report(artifacts, output, title, overwrite)
    for text in open_artifact(output, "report").summary.get("warnings", ()):
        warn(text)
    note(f"wrote {output}" if written else f"{output} is up to date")
    print(dumps({"report": str(output)}) if as_json else output / "report.html")
