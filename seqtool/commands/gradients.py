"""The command on gradients through time: gradient-flow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from seqtool.commands.answers import Table
from seqtool.commands.declaration import PictureTarget
from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.evaluation.saved_answers import SavedAnswer, picture_output
from seqtool.lm.options import GradientFlowOptions
from seqtool.nn.options import DeviceOptions
from seqtool.options import Argument, Option, changed, determining

if TYPE_CHECKING:
    from seqtool.lm.flow_measurement import Measurement


def gradient_flow(
    models: Annotated[
        list[Path] | None,
        Argument("language models (.lm) [default: untrained ones of --cells]", metavar="[MODEL]..."),
    ] = None,
    text: Annotated[str | None, Option("what the models read [default: random tokens]", metavar="TEXT")] = None,
    singular_values: Annotated[
        bool, Option("the matrices between hidden states instead of the gradients", negatable=False)
    ] = False,
    *,
    target: PictureTarget,
    how: GradientFlowOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Table:
    """How the gradient of one loss shrinks or grows through the steps before it.

    A row for each layer's state: the norm so many steps back, the factor a step, and bars on one logarithmic scale.

    Example: seqtool gradient-flow --cells rnn,lstm,gru,minlstm --steps 200 -o flow.png
    """
    from seqtool.lm.flow_measurement import SPECTRUM_COLUMNS, measure_flow

    if text is not None and not models:
        raise UsageError("--text needs a model that knows its words", "name a model, or leave --text out")
    picture = picture_output(target.output, target.overwrite)
    if singular_values and target.output is not None and picture is None:
        raise UsageError("--singular-values are printed or drawn, not kept", "name a picture, or leave -o out")
    found = measure_flow(models or [], text, how, sources, compute)
    if picture is not None:
        _draw(found, picture, target.overwrite)
    elif target.output is not None:
        _keep(found, target.output, how, sources, target.overwrite)
    return Table(SPECTRUM_COLUMNS, found.spectrum_rows()) if singular_values else Table(*found.flow_table(how.steps))


def _draw(found: Measurement, picture: Path, overwrite: bool) -> None:
    from seqtool.lm.flow_measurement import draw_flows
    from seqtool.progress import note

    draw_flows(found.flows, found.spectra, picture, overwrite)
    note(f"wrote {picture}")


def _keep(found: Measurement, output: Path, how: GradientFlowOptions, sources: SourceOptions, overwrite: bool) -> None:
    from seqtool.lm.flow_measurement import NORM_COLUMNS

    chosen = determining(how)
    if found.inputs:
        del chosen["cells"]
    saved = SavedAnswer(output, "gradient-flow", chosen | changed(sources), found.inputs, overwrite)
    saved.keep(",".join(found.models), found.text, NORM_COLUMNS, found.norms())
