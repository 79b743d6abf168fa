"""The report artifact: Markdown, a page of HTML, a CSV per table, and everything as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqtool.artifact.fractions import finite
from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact, open_artifact
from seqtool.artifact.write import RunRecord, claim, write_artifact
from seqtool.reporting.collecting.collect import Collected, collect
from seqtool.reporting.rendering.html import render_html
from seqtool.reporting.rendering.markdown import render
from seqtool.reporting.rendering.tables import all_tables, write_csv

_LAYOUT = 2  # increased when a report on the same artifacts shows more


@dataclass(frozen=True)
class BuiltReport:
    """Whether a report was written (``False``: it was up to date), and its warnings."""

    written: bool
    warnings: list[str]


def build_report(
    artifacts: Sequence[Artifact], output: Path, title: str = "seqtool report", overwrite: bool = False
) -> BuiltReport:
    """Write a report on artifacts.

    Args:
        artifacts: models, evaluations and corpora, in the order in which they appear.
        output: the report's folder.
        title: its heading.
        overwrite: replace a report made from other artifacts.

    Raises:
        ArtifactError: an artifact is damaged, or of a kind that a report cannot show.
        OutputError: ``output`` may not be replaced or cannot be written.
    """
    inputs = [artifact.as_input() for artifact in artifacts]
    recipe = Recipe("report", "report", {"title": title, "layout": _LAYOUT}, inputs)
    if claim(output, recipe, overwrite) == "up to date":
        return BuiltReport(False, open_artifact(output, "report").summary.get("warnings", []))
    run = RunRecord()
    collected = collect(artifacts)
    with write_artifact(output, recipe, run, overwrite) as draft:
        (draft.path / "report.md").write_text(render(collected, title), encoding="utf-8")
        (draft.path / "report.html").write_text(render_html(collected, title), encoding="utf-8")
        (draft.path / "report.json").write_text(
            json.dumps(finite(to_json(collected)), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        for table in all_tables(collected):
            write_csv(table, draft.path / f"{table.key}.csv")
        results = sum(len(some) for some in collected.by_table().values())
        draft.summary.update(models=len(collected.models) + len(collected.vectors), results=results)
        draft.summary["warnings"] = collected.warnings
    return BuiltReport(draft.written, collected.warnings)


def to_json(collected: Collected) -> dict[str, Any]:
    """Everything a report shows, as JSON."""
    return {
        "models": [dataclasses.asdict(model) for model in collected.models],
        "vectors": [dataclasses.asdict(model) for model in collected.vectors],
        **{name: [dataclasses.asdict(one) for one in some] for name, some in collected.by_table().items()},
        "corpora": [dataclasses.asdict(one) for one in collected.corpora],
        "exhibits": [dataclasses.asdict(one) for one in collected.saved_answers],
        "ledger": [{"artifact": name, **row} for name, row in collected.ledgers],
        "warnings": collected.warnings,
        "lineage": [[dataclasses.asdict(node) for node in nodes] for _, nodes in collected.lineages],
    }
