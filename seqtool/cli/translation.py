"""Commands that use models of pairs: translate, plot-attention, eval-translation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqtool.cli.options import Format, Json, Overwrite
from seqtool.cli.saved_options import OverwriteEither, PictureOrKept
from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.evaluation.saved_answers import SavedAnswer, picture_of
from seqtool.metrics.options import TranslationScoreOptions
from seqtool.nn.options import DeviceOptions
from seqtool.options import changed, determining
from seqtool.seq2seq.options import TranslateOptions

if TYPE_CHECKING:
    from seqtool.seq2seq.artifact import TranslationModel
    from seqtool.seq2seq.translate import AttentionMap, Counts, Translation

Model = Annotated[Path, typer.Argument(help="a model that train-seq2seq made", show_default=False)]
COLUMNS = ("line", "rank", "score", "log10_probability", "finished", "translation")


def translate(
    model: Model,
    text: Annotated[
        list[str] | None, typer.Argument(help="texts, a source a line; - or nothing: standard input; .npy for vectors")
    ] = None,
    output_format: Format = None,
    as_json: Json = False,
    *,
    how: TranslateOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """Turn lines into lines: one out for every line in, in order; with --n-best so many for each, and their scores.

    A blank line gives a blank line. With --format or --n-best the answer is a table.

    Example: seqtool translate dates.seq2seq - < questions.txt
    """
    import sys

    from seqtool.cli.answer import escape, form_of, print_rows
    from seqtool.progress import note
    from seqtool.seq2seq.translate import Counts

    table = as_json or output_format is not None or how.n_best > 1
    form = form_of(output_format, as_json)
    if sources.errors == "skip":
        raise UsageError("translate answers every line: it cannot skip any", "use --errors replace")
    if how.method != "sample" and how.n_best > (how.beam if how.method == "beam" else 1):
        raise UsageError(f"--n-best {how.n_best} is more than is kept", f"give --method beam --beam {how.n_best}")
    loaded, counts = _loaded(model, compute), Counts()
    found = _found(loaded, text or ["-"], sources, how, counts)
    if table:
        rows = ((t.line, t.rank, t.score, t.log10, int(t.finished), t.text) for some in found for t in some)
        print_rows(COLUMNS, rows, form)
    else:
        for some in found:
            print(some[0].text if "\t" not in some[0].text else escape(some[0].text))
            sys.stdout.flush()
    if counts.unknown:
        note(f"{counts.unknown:,} tokens of the sources are not known to the model")


def _loaded(path: Path, compute: DeviceOptions) -> TranslationModel:
    from seqtool.nn.device import choose_device, set_threads
    from seqtool.seq2seq.artifact import load_translation_model

    set_threads(compute.threads)
    return load_translation_model(path, choose_device(compute.device)[0])


def _found(
    loaded: TranslationModel, names: list[str], sources: SourceOptions, how: TranslateOptions, counts: Counts
) -> Iterator[list[Translation]]:
    from seqtool.corpus.text_inputs import lines_of
    from seqtool.seq2seq.pairs import open_vectors
    from seqtool.seq2seq.translate import translate_lines, translate_vectors

    if loaded.source is None:
        for name in names:
            yield from translate_vectors(loaded, open_vectors(Path(name)), how, counts)
        return
    yield from translate_lines(loaded, lines_of(names, sources), how, counts)


def plot_attention(
    model: Model,
    line: Annotated[str, typer.Argument(help="the source", show_default=False)],
    target: Annotated[
        str | None, typer.Option("--target", metavar="LINE", help="a given target [default: the model's own]")
    ] = None,
    output: PictureOrKept = None,
    overwrite: OverwriteEither = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    how: TranslateOptions,
    compute: DeviceOptions,
) -> None:
    """Where a model looked while it wrote: a row for every token of the target, a column for every one of the source.

    On a terminal a map of blocks, darker where it looked more; otherwise the weights. With -o a picture, or the weights
    kept for report; then the weights are printed with --json or --format only.

    Example: seqtool plot-attention dates.seq2seq "September 27, 1994" -o dates.png
    """
    from seqtool.cli.answer import asked_form, form_of, print_rows
    from seqtool.seq2seq.attention_plot import terminal_map

    form, picture, exhibit = form_of(output_format, as_json), picture_of(output, overwrite), None
    loaded = _loaded(model, compute)
    if output is not None and picture is None:
        chosen = determining(how) | {"line": line, "target": target}
        exhibit = SavedAnswer(output, "plot-attention", chosen, [loaded.artifact.as_input()], overwrite)
    found = _looked(loaded, line, target, how)
    columns, rows = ("target_position", "target", "source_position", "source", "weight"), _weights(found)
    if picture is not None:
        _draw(found, picture, overwrite)
    if exhibit is not None:
        exhibit.keep(model.name, line, columns, rows)
    if form == "text":
        for shown in terminal_map(found):
            print(shown)
    elif output is None or asked_form(output_format, as_json):
        print_rows(columns, rows, form)


def _looked(loaded: TranslationModel, line: str, target: str | None, how: TranslateOptions) -> AttentionMap:
    from seqtool.errors import InputError
    from seqtool.seq2seq.translate import attention_map

    name = loaded.artifact.path
    if not line.strip():
        raise InputError("the line is blank: there is nothing to look at", "give a source")
    if loaded.source is None:
        raise InputError(f"{name} reads vectors, which have no tokens to look at", "give another model")
    found = attention_map(loaded, line, target, how)
    if found.weights_TS is None:
        raise InputError(f"{name} has no attention", "train one with an --attention, or --arch transformer")
    return found


def _weights(found: AttentionMap) -> list[tuple[int, str, int, str, float]]:
    assert found.weights_TS is not None
    return [
        (t + 1, out, s + 1, into, float(found.weights_TS[t, s]))
        for t, out in enumerate(found.target)
        for s, into in enumerate(found.source)
    ]


def _draw(found: AttentionMap, output: Path, overwrite: bool) -> None:
    from seqtool.progress import note, warn
    from seqtool.seq2seq.attention_plot import draw_map

    missing = draw_map(found, output, overwrite)
    if missing:
        warn(f"no font has {missing}: boxes in the picture")
    note(f"wrote {output}")


def eval_translation(
    translations: Annotated[str, typer.Argument(help="a text of translations; - for standard input")],
    references: Annotated[list[str], typer.Argument(help="texts of references, a line for each", show_default=False)],
    model: Annotated[
        Path | None, typer.Option("--model", metavar="MODEL", help="the model that wrote them, for reports and lineage")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="also write an evaluation artifact")] = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: TranslationScoreOptions,
    sources: SourceOptions,
) -> None:
    """Exact matches, BLEU and chrF of translations, with sacrebleu's signatures and 95 % bootstrap intervals.

    With --column, translations that are no table by their name are read as they stand.

    Example: seqtool eval-translation translations.txt references.txt --tokenize none
    """
    from seqtool.artifact.manifest import Recipe
    from seqtool.artifact.read import open_artifact
    from seqtool.artifact.write import RunRecord
    from seqtool.cli.answer import form_of, print_record
    from seqtool.corpus.preprocess import changes
    from seqtool.corpus.text_inputs import whole_text
    from seqtool.evaluation.artifact import keep_evaluation, kept_evaluation
    from seqtool.metrics.translation import ITEM_COLUMNS, items, measure
    from seqtool.progress import note

    form = form_of(output_format, as_json)
    if sources.errors == "skip":
        raise UsageError("lines are compared one by one: none can be skipped", "use --errors replace")
    texts, inputs, ledger = [], [], []
    for role, name in (("translations", translations), *(("references", name) for name in references)):
        read = whole_text(name, role, _as_written(name, sources) if role == "translations" else sources)
        texts.append(read.lines)
        inputs.append(read.entry)
        ledger += [row | {"why": f"{row['why']}, of {name}"} for row in changes(read.counts)]
    if model is not None:
        inputs.append(dataclasses.replace(open_artifact(model, "seq2seq").as_input(), kind="model:seq2seq"))
    recipe = Recipe("evaluation", "eval-translation", determining(options) | changed(sources), inputs)
    kept = kept_evaluation(output, recipe, overwrite) if output else None
    of = inputs[0].name if model is None else model.name
    names = {"model": of, "data": ",".join(entry.name for entry in inputs[1 : 1 + len(references)])}
    summary: dict[str, Any] = kept[0] if kept else names | measure(texts[0], texts[1:], options)
    if output is not None and kept is None:
        rows = items(texts[0], texts[1:], options)
        keep_evaluation(output, recipe, RunRecord(), summary, ITEM_COLUMNS, rows, ledger, overwrite=overwrite)
    if output is not None:
        note(f"{output} is up to date" if kept else f"wrote {output}")
    for row in ledger:
        note(f"{row['count']:,} {row['what']} {row['why']}")
    print_record(summary, form)


def _as_written(name: str, sources: SourceOptions) -> SourceOptions:
    """How translations are read: what `translate` writes has no columns, unless its name says that it is a table."""
    from seqtool.corpus.reading.sources import open_sources

    plain = dataclasses.replace(sources, column=None)
    return plain if open_sources([name], plain)[0].kind == "text" else sources
