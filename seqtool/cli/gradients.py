"""The command on gradients through time: gradient-flow."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seqtool.cli.options import Format, Json
from seqtool.cli.saved_options import OverwriteEither, PictureOrKept
from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.evaluation.saved_answers import SavedAnswer, picture_of
from seqtool.lm.options import GradientFlowOptions
from seqtool.nn.options import DeviceOptions

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Input
    from seqtool.lm.gradient_flow import Flow, Spectrum

PANEL = "Language models"
_SPECTRUM_COLUMNS = ("model", "layer", "gate", "largest", "median", "smallest")
_STEPS_SHOWN = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def gradient_flow(
    models: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[MODEL]...", help="language models (.lm) [default: untrained ones of --cells]", show_default=False
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="what the models read [default: random tokens]")
    ] = None,
    output: PictureOrKept = None,
    singular_values: Annotated[
        bool, typer.Option("--singular-values", help="the matrices between hidden states instead of the gradients")
    ] = False,
    overwrite: OverwriteEither = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    how: GradientFlowOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """How the gradient of one loss shrinks or grows through the steps before it.

    A row for each layer's state: the norm so many steps back, the factor a step, and bars on one logarithmic scale.

    Example: seqtool gradient-flow --cells rnn,lstm,gru,minlstm --steps 200 -o flow.png
    """  # fmt: skip
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.lm.gradient_plot import draw_flows
    from seqtool.options import changed, determining
    from seqtool.progress import note

    form = form_of(output_format, as_json)
    if text is not None and not models:
        raise UsageError("--text needs a model that knows its words", "name a model, or leave --text out")
    picture = picture_of(output, overwrite)
    if singular_values and output is not None and picture is None:
        raise UsageError("--singular-values are printed or drawn, not kept", "name a picture, or leave -o out")
    flows, spectra, inputs, read = _measure(models or [], text, how, sources, compute)
    if picture is not None:
        draw_flows(flows, spectra, picture, overwrite)
        note(f"wrote {picture}")
    elif output is not None:
        values = {name: value for name, value in determining(how).items() if not inputs or name != "cells"}
        exhibit = SavedAnswer(output, "gradient-flow", values | changed(sources), inputs, overwrite)
        _keep(exhibit, flows, read)
    if singular_values:
        print_rows(_SPECTRUM_COLUMNS, (_spectrum_row(spectrum) for spectrum in spectra), form)
        return
    shown = [steps for steps in _STEPS_SHOWN if steps < how.steps]
    columns = ("model", "layer", "state", *(f"back_{steps}" for steps in shown), "per_step", "flow")
    print_rows(columns, _flow_rows(flows, shown), form)


def _keep(exhibit: SavedAnswer, flows: list[Flow], read: str) -> None:
    rows = (
        (flow.model, flow.layer, flow.state, back, float(norm))
        for flow in flows
        for back, norm in enumerate(flow.norms_T)
    )
    names = ",".join(dict.fromkeys(flow.model for flow in flows))
    exhibit.keep(names, read, ("model", "layer", "state", "back", "norm"), rows)


def _measure(
    paths: list[Path], text: str | None, how: GradientFlowOptions, sources: SourceOptions, compute: DeviceOptions
) -> tuple[list[Flow], list[Spectrum], list[Input], str]:
    """Flows, spectra, what they are about as inputs, and the name of what was read."""
    from seqtool.corpus.text_inputs import model_text
    from seqtool.lm import gradient_flow as compute_flow
    from seqtool.lm.artifact import load_language_model
    from seqtool.nn.device import choose_device, set_threads

    set_threads(compute.threads)
    device, flows, spectra = choose_device(compute.device)[0], [], []
    inputs: list[Input] = []
    of_text, read = None, "random tokens"
    for path in paths:
        loaded = load_language_model(path, device)
        inputs.append(loaded.artifact.as_input())
        if text is None:
            runs = compute_flow.random_sequences(len(loaded.vocabulary), how)
        else:
            with model_text(loaded.artifact, [text], sources) as held_out:
                encoded = loaded.encode_corpus(held_out.name, held_out.corpus, held_out.sentences)
                runs = compute_flow.sequences(encoded.ids, how.sequences, how.steps)
                of_text, read = held_out.source, held_out.name
        flows += compute_flow.gradient_flow(loaded.name, loaded.model, *runs)
        spectra += compute_flow.spectra(loaded.name, loaded.model)
    for cell in how.cell_names() if not paths else ():
        model = compute_flow.fresh_model(cell, how).to(device)
        flows += compute_flow.gradient_flow(cell, model, *compute_flow.random_sequences(model.vocab_size, how))
        spectra += compute_flow.spectra(cell, model)
    if of_text is not None:
        inputs.append(dataclasses.replace(of_text, kind=f"text:{of_text.kind}"))
    return flows, spectra, inputs, read


def _flow_rows(flows: list[Flow], shown: list[int]) -> list[tuple[object, ...]]:
    from seqtool.lm.gradient_flow import bars

    return [
        (flow.model, flow.layer, flow.state, *(float(flow.norms_T[steps]) for steps in shown), flow.per_step, line)
        for flow, line in zip(flows, bars(flows), strict=True)
    ]


def _spectrum_row(spectrum: Spectrum) -> tuple[object, ...]:
    values = spectrum.values_H
    places = (0, len(values) // 2, -1)
    return spectrum.model, spectrum.layer, spectrum.gate, *(float(values[place]) for place in places)
