"""Commands on neural language models: train-lm, gradient-flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from seqtool.commands.answers import Answer, Table
from seqtool.commands.declaration import PictureTarget, PresetName, TargetOfText
from seqtool.commands.training import described, made_model
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import UsageError
from seqtool.lm.options import GradientFlowOptions, LanguageModelOptions
from seqtool.nn.options import DeviceOptions, TrainingOptions
from seqtool.options import Argument, Option, changed, determining

if TYPE_CHECKING:
    import numpy as np

    from seqtool.corpus.model_text import ModelText


def train_lm(
    corpus: Annotated[list[str], Argument("a corpus or text to train on")],
    valid: Annotated[str | None, Option("text or corpus to validate on after each epoch", metavar="TEXT")] = None,
    test: Annotated[
        list[str] | None, Option("text or corpus to test on at the end (repeatable)", metavar="TEXT")
    ] = None,
    preset: PresetName = None,
    *,
    target: TargetOfText,
    model: LanguageModelOptions,
    training: TrainingOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> Answer:
    """Train a recurrent, transformer or window language model.

    Reads corpora or raw texts and writes a neural language model: RNN, LSTM, GRU, minGRU, minLSTM, transformer, or
    a network over a fixed window. After an interruption, run the same command again: training continues from the
    last checkpoint.

    Example: seqtool train-lm train.txt --valid valid.txt --test test.txt --preset book-rnnlm -o book.lm
    """
    from seqtool.corpus.artifact import ensure_corpus, output_path
    from seqtool.corpus.text_inputs import held_out_texts, warn_if_trained_on
    from seqtool.lm.planning import plan
    from seqtool.nn.training.distributed import training_world
    from seqtool.nn.training.driver import run_training

    written = explicit - set(LanguageModelOptions.__dataclass_fields__)
    with training_world() as world:
        with world.first_process_first():
            remake = target.overwrite and not world.rank
            artifact = ensure_corpus(corpus, sources, preprocessing, written, target.output, remake)
        kind = model.cell if model.arch == "recurrent" else model.arch
        output = target.output or output_path(artifact.path, f"{kind}.lm")
        with held_out_texts(artifact, [*([valid] if valid else []), *(test or [])], sources) as texts:
            for source in () if world.rank else [text.source for text in texts if text.source is not None]:
                warn_if_trained_on(artifact, source)
            planned = plan(artifact, texts[0] if valid else None, texts[bool(valid) :], model, training, _measure)
            if target.dry_run:
                return described(planned, world.rank)
            return made_model(run_training(planned, output, target.overwrite), world.rank, _scores)


def _measure(text: ModelText, log_probs: Iterable[np.ndarray], context: str) -> dict[str, Any]:
    from seqtool.metrics.perplexity import measure

    return measure(text, log_probs, context).to_json()


def _scores(summary: Mapping[str, Any]) -> dict[str, Any]:
    tests = {f"test_perplexity:{test['data']}": test["perplexity"] for test in summary.get("tests", ())}
    return {"valid_perplexity": summary.get("best_valid_perplexity"), **tests}


def gradient_flow(
    models: Annotated[
        list[Path] | None,
        Argument("language models (.lm) [default: untrained models of --cells]", metavar="MODEL"),
    ] = None,
    text: Annotated[str | None, Option("input text of the models [default: random tokens]", metavar="TEXT")] = None,
    singular_values: Annotated[
        bool, Option("show the singular values of the hidden-to-hidden matrices instead of gradients", negatable=False)
    ] = False,
    *,
    target: PictureTarget,
    how: GradientFlowOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Table:
    """Measure how gradients shrink or grow over time steps.

    Prints one row for each layer and distance: the norm of the gradient at that distance, the factor per step, and a
    bar on a logarithmic scale. It compares untrained cells, or trained models on a text.

    Example: seqtool gradient-flow --cells rnn,lstm,gru,minlstm --steps 200 -o flow.png
    """
    from seqtool.evaluation.saved_answers import SavedAnswer, picture_output, told_when_drawn
    from seqtool.lm.flow_measurement import NORM_COLUMNS, SPECTRUM_COLUMNS, draw_flows, measure_flow

    if text is not None and not models:
        raise UsageError("--text needs a trained model", "give a model, or leave --text out")
    picture = picture_output(target.output)
    if singular_values and target.output is not None and picture is None:
        raise UsageError(
            "--singular-values cannot be saved in a folder",
            "give -o an image name (.png, .svg or .pdf), or leave it out",
        )
    found = measure_flow(models or [], text, how, sources, compute)
    if picture is not None:
        with told_when_drawn(picture):
            draw_flows(found.flows, found.spectra, picture, target.overwrite)
    elif target.output is not None:
        chosen = {name: value for name, value in determining(how).items() if name != "cells" or not found.inputs}
        saved = SavedAnswer(target.output, "gradient-flow", chosen | changed(sources), found.inputs, target.overwrite)
        saved.keep(",".join(found.models), found.text, NORM_COLUMNS, found.norms())
    return Table(SPECTRUM_COLUMNS, found.spectrum_rows()) if singular_values else Table(*found.flow_table(how.steps))
