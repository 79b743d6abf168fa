"""The train-lm command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqtool.cli.options import DryRunOfText, Format, Json, Output, Overwrite, PresetName
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.lm.options import LanguageModelOptions
from seqtool.nn.options import TrainingOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from seqtool.corpus.model_text import ModelText

PANEL = "Language models"


def train_lm(
    corpus: Annotated[list[str], typer.Argument(help="a corpus or text to train on", show_default=False)],
    valid: Annotated[
        str | None, typer.Option("--valid", metavar="TEXT", help="text or corpus to validate on after each epoch")
    ] = None,
    test: Annotated[
        list[str] | None,
        typer.Option("--test", metavar="TEXT", help="text or corpus to test at the end (may be repeated)"),
    ] = None,
    output: Output = None,
    preset: PresetName = None,
    overwrite: Overwrite = False,
    dry_run: DryRunOfText = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    model: LanguageModelOptions,
    training: TrainingOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> None:
    """Train a language model: recurrent (RNN, LSTM, GRU, minGRU, minLSTM), transformer or of a fixed window.

    A raw text is first made into a corpus artifact beside it. Run the same command again after an interruption and the
    training goes on where it stood.

    Example: seqtool train-lm train.txt --valid valid.txt --test test.txt --preset book-rnnlm -o book.lm
    """
    from seqtool.cli.answer import asked_form, form_of, print_record, print_trained
    from seqtool.corpus.artifact import corpus_of, output_for
    from seqtool.corpus.text_inputs import held_out_texts
    from seqtool.lm.plan import plan
    from seqtool.lm.train import describe, train
    from seqtool.nn.training.distributed import join_world, leave_world
    from seqtool.progress import set_quiet

    form, world = asked_form(output_format, as_json), join_world()
    written = explicit - set(LanguageModelOptions.__dataclass_fields__)
    if world.rank:
        set_quiet(True)
        world.wait()  # for the first process, which makes the corpus
    artifact = corpus_of(corpus, sources, preprocessing, written, output, overwrite and not world.rank)
    if not world.rank:
        world.wait()
    output = output or output_for(artifact.path, f"{model.cell if model.arch == 'recurrent' else model.arch}.lm")
    with held_out_texts(artifact, [*([valid] if valid else []), *(test or [])], sources) as texts:
        job = plan(artifact, texts[0] if valid else None, texts[bool(valid) :], model, training)
        if dry_run:
            print_record(describe(job), form_of(output_format, as_json))
            return
        outcome = train(job, output, _measure, overwrite)
    leave_world()
    if world.rank:
        return
    print_trained(_result(output, outcome), outcome, form)


def _measure(text: ModelText, log_probs: Iterable[np.ndarray], context: str) -> dict[str, Any]:
    from seqtool.metrics.perplexity import measure

    return measure(text, log_probs, context).to_json()


def _result(output: Path, outcome: str) -> dict[str, object]:
    from seqtool.artifact.read import read_manifest
    from seqtool.artifact.training import under_way

    output = under_way(output) if outcome == "time is up" else output
    summary = read_manifest(output).summary
    tests = {f"test_perplexity:{test['data']}": test["perplexity"] for test in summary.get("tests", ())}
    state = "unfinished" if outcome == "time is up" else "complete"
    return {"model": str(output), "state": state, "valid_perplexity": summary.get("best_valid_perplexity"), **tests}
