"""Gradients through time as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqtool.artifact.files import replacing
from seqtool.lm.gradient_flow import Flow, Spectrum
from seqtool.vectors.plots.plot import NO_DATES, check_output

_DPI = 150


def draw_flows(flows: Sequence[Flow], spectra: Sequence[Spectrum], path: Path, overwrite: bool = False) -> None:
    """The norms against the steps back and, where there are any, the singular values beside them.

    Raises:
        OutputError: the file exists or cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    check_output(path)
    with mpl.rc_context({"svg.hashsalt": "seqtool"}), replacing([path], overwrite) as (temporary,):
        figure = Figure(figsize=(12 if spectra else 7, 4.5), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, 2 if spectra else 1, squeeze=False)[0]
        for flow in flows:
            label = f"{flow.model}, layer {flow.layer}, {flow.state}"
            norms_T = np.where(flow.norms_T > 0, flow.norms_T, np.nan)  # none at all is no small gradient
            axes[0].semilogy(norms_T, label=label, linestyle="--" if flow.state == "c" else "-")
        axes[0].set(xlabel="steps back from the loss", ylabel="norm of the gradient")
        axes[0].legend(fontsize="small")
        for spectrum in spectra:
            axes[1].plot(spectrum.values_H, label=f"{spectrum.model}, layer {spectrum.layer}, gate {spectrum.gate}")
        if spectra:
            axes[1].axhline(1.0, color="grey", linewidth=0.8)
            axes[1].set(xlabel="number", ylabel="singular value of the matrix between hidden states")
            axes[1].legend(fontsize="x-small")
        suffix = path.suffix.lower()
        figure.savefig(temporary, format=suffix[1:], dpi=_DPI, metadata=NO_DATES[suffix])
