"""Gradient flow of saved and of untrained models, on a text or on random tokens; tables and a picture of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seqtool.artifact.manifest import Input
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.text_inputs import model_text
from seqtool.lm.artifact import LanguageModel, load_language_model
from seqtool.lm.gradient_flow import (
    Flow,
    Sequences,
    Spectrum,
    bars,
    fresh_model,
    gradient_flow,
    random_sequences,
    sequences,
    spectra,
)
from seqtool.lm.options import GradientFlowOptions
from seqtool.nn.device import choose_device, set_threads
from seqtool.nn.options import DeviceOptions
from seqtool.vectors.plots.plot import picture

SPECTRUM_COLUMNS = ("model", "layer", "gate", "largest", "median", "smallest")
NORM_COLUMNS = ("model", "layer", "state", "back", "norm")
_STEPS_SHOWN = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@dataclass
class Measurement:
    """What was measured.

    Attributes:
        flows: gradients through time, of every model, layer and state.
        spectra: singular values of the recurrent matrices.
        inputs: the models and the text.
        text: the name of what the models read.
    """

    flows: list[Flow] = field(default_factory=list)
    spectra: list[Spectrum] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    text: str = "random tokens"

    @property
    def models(self) -> list[str]:
        """The names of the models, each once."""
        return list(dict.fromkeys(flow.model for flow in self.flows))

    def norms(self) -> Iterator[tuple[str, int, str, int, float]]:
        """Every norm, as `NORM_COLUMNS`."""
        for flow in self.flows:
            for back, norm in enumerate(flow.norms_T):
                yield flow.model, flow.layer, flow.state, back, float(norm)

    def flow_table(self, steps: int) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        """Columns and rows: of each flow the norms so many steps back, the factor a step, and bars."""
        shown = [back for back in _STEPS_SHOWN if back < steps]
        columns = ("model", "layer", "state", *(f"back_{back}" for back in shown), "per_step", "flow")
        rows: list[tuple[object, ...]] = [
            (flow.model, flow.layer, flow.state, *(float(flow.norms_T[back]) for back in shown), flow.per_step, line)
            for flow, line in zip(self.flows, bars(self.flows), strict=True)
        ]
        return columns, rows

    def spectrum_rows(self) -> list[tuple[object, ...]]:
        """The largest, the median and the smallest singular value of each matrix, as `SPECTRUM_COLUMNS`."""
        return [
            (one.model, one.layer, one.gate, *(float(one.values_H[at]) for at in (0, len(one.values_H) // 2, -1)))
            for one in self.spectra
        ]


def measure_flow(
    models: Sequence[Path],
    text: str | None,
    how: GradientFlowOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Measurement:
    """Measure saved models, or untrained ones where there are none.

    Args:
        models: language models.
        text: what they read; left out, random tokens.
        how: the measurement, and the untrained models.
        sources: how the text is read.
        compute: device and threads.

    Raises:
        UsageError: a model is not recurrent, or a cell is not known.
        InputError: the text cannot be read or is too short.
    """
    set_threads(compute.threads)
    device = choose_device(compute.device)[0]
    found = Measurement()
    of_text = None
    for path in models:
        loaded = load_language_model(path, device)
        found.inputs.append(loaded.artifact.as_input())
        if text is None:
            runs = random_sequences(len(loaded.vocabulary), how)
        else:
            runs, of_text, found.text = _read(loaded, text, how, sources)
        found.flows += gradient_flow(loaded.name, loaded.model, *runs)
        found.spectra += spectra(loaded.name, loaded.model)
    for cell in () if models else how.cell_names():
        model = fresh_model(cell, how).to(device)
        found.flows += gradient_flow(cell, model, *random_sequences(model.vocab_size, how))
        found.spectra += spectra(cell, model)
    if of_text is not None:
        found.inputs.append(dataclasses.replace(of_text, kind=f"text:{of_text.kind}"))
    return found


def _read(
    loaded: LanguageModel, text: str, how: GradientFlowOptions, sources: SourceOptions
) -> tuple[Sequences, Input | None, str]:
    """Runs of a text in a model's ids, the text as an input, and its name."""
    with model_text(loaded.artifact, [text], sources) as held_out:
        encoded = loaded.encode_corpus(held_out.name, held_out.corpus, held_out.sentences)
        return sequences(encoded.ids, how.sequences, how.steps), held_out.source, held_out.name


def draw_flows(flows: Sequence[Flow], spectra: Sequence[Spectrum], path: Path, overwrite: bool = False) -> None:
    """The norms against the steps back and, where there are any, the singular values beside them.

    Raises:
        OutputError: the file exists or cannot be written.
    """
    with picture(path, (12 if spectra else 7, 4.5), (), overwrite) as (figure, _):
        axes = figure.subplots(1, 2 if spectra else 1, squeeze=False)[0]
        for flow in flows:
            label = f"{flow.model}, layer {flow.layer}, {flow.state}"
            norms_T = np.where(flow.norms_T > 0, flow.norms_T, np.nan)  # none at all is no small gradient
            axes[0].semilogy(norms_T, label=label, linestyle="--" if flow.state == "c" else "-")
        axes[0].set(xlabel="steps back from the loss", ylabel="gradient norm")
        axes[0].legend(fontsize="small")
        for spectrum in spectra:
            axes[1].plot(spectrum.values_H, label=f"{spectrum.model}, layer {spectrum.layer}, gate {spectrum.gate}")
        if spectra:
            axes[1].axhline(1.0, color="grey", linewidth=0.8)
            axes[1].set(xlabel="rank", ylabel="singular value of the hidden-to-hidden matrix")
            axes[1].legend(fontsize="x-small")
