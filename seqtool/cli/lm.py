"""Commands on language models: train-lm, perplexity, score, generate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seqtool.cli.options import DryRun, Format, Json, Output, Overwrite, PresetName, register
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import UsageError
from seqtool.lm.options import PRESETS, AdaptOptions, GenerateOptions, LanguageModelOptions
from seqtool.nn.options import DeviceOptions, TrainingOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from seqtool.artifact.manifest import Recipe
    from seqtool.lm.artifact import LanguageModel
    from seqtool.lm.plan import HeldOut
    from seqtool.lm.text import ModelText

PANEL = "Language models"
Model = Annotated[Path, typer.Argument(help="a language model (.lm)", show_default=False)]
Text = Annotated[list[str], typer.Argument(help="a text or corpus: path, glob, - or hf:NAME", show_default=False)]
Context = Annotated[
    Literal["stream", "sentence"] | None,
    typer.Option("--context", help="carry the state over line ends, or not [default: as the model was trained]"),
]


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this file."""
    register(app, PANEL, PRESETS)(train_lm)
    for command in (perplexity, score, generate):
        register(app, PANEL)(command)


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
    dry_run: DryRun = False,
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
    from seqtool.cli.answer import asked_form, form_of, print_made, print_record
    from seqtool.cli.texts import held_out_texts
    from seqtool.corpus.artifact import corpus_of, output_for
    from seqtool.lm.plan import plan
    from seqtool.lm.train import describe, train
    from seqtool.nn.distributed import join_world, leave_world
    from seqtool.progress import set_quiet

    form, world = asked_form(output_format, as_json), join_world()
    written = explicit - set(LanguageModelOptions.__dataclass_fields__)
    if world.rank:
        set_quiet(True)
        world.wait()  # for the first process, which makes the corpus
    artifact = corpus_of(corpus, sources, preprocessing, written, output, overwrite)
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
    if outcome == "time is up":
        print_record(_result(output, outcome), form)
    else:
        print_made(_result(output, outcome), outcome == "finished", form)


def _measure(text: ModelText, log_probs: Iterable[np.ndarray], context: str) -> dict[str, Any]:
    from seqtool.evaluate.perplexity import measure

    return measure(text, log_probs, context).to_json()


def _result(output: Path, outcome: str) -> dict[str, object]:
    from seqtool.artifact.read import Artifact, read_manifest

    summary = Artifact(output, read_manifest(output)).summary
    tests = {f"test_perplexity:{test['data']}": test["perplexity"] for test in summary.get("tests", ())}
    state = "unfinished" if outcome == "time is up" else "complete"
    return {"model": str(output), "state": state, "valid_perplexity": summary.get("best_valid_perplexity"), **tests}


def perplexity(
    model: Model,
    text: Text,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="also write an evaluation artifact")] = None,
    context: Context = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    learning: AdaptOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """Perplexity, bits per character and per byte of a text under a language model.

    Bits per character divide by the characters of the NFC-normalised text before case or digits are folded, line ends
    included; an unknown token is charged its spelling, so that models with different tokens can be compared.

    With --cache or --dynamic-lr the model learns from the text as it goes, from each token after it is scored.

    Example: seqtool perplexity corpus.lstm.lm test.txt --json
    """
    from seqtool.cli.answer import form_of, print_record

    form = form_of(output_format, as_json)
    summary = _evaluate(model, text, output, context, overwrite, sources, compute, learning=learning)[0]
    print_record(summary, form)


def score(
    model: Model,
    text: Text,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="also write an evaluation artifact")] = None,
    context: Context = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """The log10 probability of every sentence of a text: one line out for every line in.

    Example: seqtool score corpus.lstm.lm sentences.txt
    """
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.evaluate.perplexity import ITEM_COLUMNS

    form = form_of(output_format, as_json)
    if sources.errors == "skip":
        raise UsageError("score answers every line: it cannot skip any", "use --errors replace")
    rows = _evaluate(model, text, output, context, overwrite, sources, compute, keep_blank=True)[1]
    print_rows(ITEM_COLUMNS, rows, form)


def _evaluate(
    model: Path,
    text: list[str],
    output: Path | None,
    context: str | None,
    overwrite: bool,
    sources: SourceOptions,
    compute: DeviceOptions,
    keep_blank: bool = False,
    learning: AdaptOptions | None = None,
) -> tuple[dict[str, Any], list[Any]]:
    from seqtool.artifact.write import RunRecord
    from seqtool.cli.texts import model_text
    from seqtool.evaluate.artifact import keep_evaluation, kept_evaluation
    from seqtool.evaluate.perplexity import ITEM_COLUMNS, items, measure
    from seqtool.options import determining, operational
    from seqtool.progress import note

    run = RunRecord(operational(compute))
    loaded = _load(model, compute)
    run.details["device"] = str(loaded.device)
    context = context or loaded.context
    with model_text(loaded.artifact, text, sources, keep_blank) as held_out:
        recipe = _recipe(loaded, held_out, context, keep_blank, learning)
        kept = kept_evaluation(output, recipe, overwrite) if output else None
        if kept is not None:
            note(f"{output} is up to date")
            return kept
        encoded = loaded.encode_corpus(held_out.name, held_out.corpus, held_out.sentences)
        result = measure(encoded, loaded.log_probs(encoded, context, learning), context)
        rows = list(items(encoded, result.sentences))
    names = {"model": loaded.name, "data": held_out.name}
    kind = {"tokenizer": loaded.tokenizer.name, "lossless": loaded.tokenizer.lossless}
    learned = determining(learning) if learning and learning.used else {}
    summary = result.to_json() | names | kind | learned
    if output is not None:
        keep_evaluation(output, recipe, run, summary, ITEM_COLUMNS, rows, held_out.ledger)
        note(f"wrote {output}")
    return summary, rows


def _recipe(
    loaded: LanguageModel, text: HeldOut, context: str, keep_blank: bool, learning: AdaptOptions | None
) -> Recipe:
    from seqtool.artifact.manifest import Recipe
    from seqtool.options import determining

    inputs = [loaded.artifact.as_input(), *([text.source] if text.source else [])]
    # `score` keeps the blank lines that the model's preprocessing drops.
    command = "score" if keep_blank and loaded.preprocessing.blank_lines == "drop" else "perplexity"
    options = {"context": context} | (determining(learning) if learning and learning.used else {})
    return Recipe("evaluation", command, options, inputs)


def generate(
    model: Model,
    output_format: Format = None,
    as_json: Json = False,
    *,
    how: GenerateOptions,
    compute: DeviceOptions,
) -> None:
    """Write text with a language model, one text a line.

    Example: seqtool generate corpus.lstm.lm --num 5 --prompt "the king" --temperature 0.8
    """
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.lm.generate import generate_texts

    form = form_of(output_format, as_json)
    texts = generate_texts(_load(model, compute), how)
    if as_json or output_format is not None:
        rows = ((number, text.text, text.log10) for number, text in enumerate(texts, 1))
        print_rows(("number", "text", "log10_probability"), rows, form)
        return
    for text in texts:
        print(text.text.replace("\n", " " if how.lines == 1 else "\n"))
        sys.stdout.flush()


def _load(model: Path, compute: DeviceOptions) -> LanguageModel:
    from seqtool.lm.artifact import load_language_model
    from seqtool.nn.device import choose_device, set_threads

    set_threads(compute.threads)
    return load_language_model(model, choose_device(compute.device)[0])
