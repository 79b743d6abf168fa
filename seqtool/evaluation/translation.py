"""Translations against references: those in a text, or those that a model makes of a table of pairs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqtool.artifact.manifest import Input, Recipe, ledger_line
from seqtool.artifact.read import open_artifact
from seqtool.artifact.write import RunRecord
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.preprocess import changes
from seqtool.corpus.reading.sources import open_sources
from seqtool.corpus.text_inputs import WholeText, warn_if_trained_on, whole_text
from seqtool.errors import InputError, UsageError
from seqtool.evaluation.artifact import KIND, DeferredRows, Evaluation, evaluate_once, trained_on_summary
from seqtool.metrics import translation as metrics
from seqtool.metrics.options import TranslationScoreOptions
from seqtool.nn.options import DeviceOptions
from seqtool.options import changed, determining, operational
from seqtool.progress import note
from seqtool.seq2seq.options import TranslateOptions

_COMMAND = "eval-translation"


def evaluate_translations(
    translations: str,
    references: Sequence[str],
    *,
    options: TranslationScoreOptions = TranslationScoreOptions(),
    sources: SourceOptions = SourceOptions(),
    model: Path | None = None,
    output: Path | None = None,
    overwrite: bool = False,
) -> Evaluation:
    """Exact matches, BLEU and chrF of a text of translations.

    Args:
        translations: a text (``-``: standard input).
        references: texts of as many lines.
        options: of the scores.
        sources: how the texts are read; a column is that of the references.
        model: what wrote the translations.
        output: also keep the evaluation here.
        overwrite: replace an artifact made otherwise.

    Returns:
        An evaluation whose summary holds the scores of `metrics.translation`, and whose items are the lines.

    Raises:
        InputError: the texts have different lengths, or no line.
        UsageError: lines would be skipped.
    """
    _check(sources)
    read = whole_text(translations, "translations", _as_written(translations, sources))
    others = [whole_text(name, "references", sources) for name in references]
    if sum(text.counts["bad_rows"] > 0 for text in (read, *others)) > 1:
        raise InputError("damaged rows were left out of several files, so lines no longer match", "fix these rows")
    inputs = [read.entry, *(other.entry for other in others), *([] if model is None else [_model_input(model)])]
    recipe, run = Recipe(KIND, _COMMAND, determining(options) | changed(sources), inputs), RunRecord()
    names = _names(read.entry.name if model is None else model.name, model, others)
    ledger = [
        row
        for name, text in zip((translations, *references), (read, *others), strict=True)
        for row in _changes(name, text)
    ]
    found = evaluate_once(recipe, lambda: _measure(read.lines, others, options, names, ledger, run), output, overwrite)
    _note_changes(ledger)
    return dataclasses.replace(found, notes=_notes(others, options))


def evaluate_pairs(
    model: Path,
    pairs: str,
    *,
    decoding: TranslateOptions = TranslateOptions(),
    options: TranslationScoreOptions = TranslationScoreOptions(),
    sources: SourceOptions = SourceOptions(),
    compute: DeviceOptions = DeviceOptions(),
) -> Evaluation:
    """Let a model translate the first column of a table, and score that by the second.

    Args:
        model: a sequence-to-sequence model.
        pairs: the table.
        decoding: how a translation is searched for.
        options: of the scores.
        sources: how the table is read.
        compute: where the model computes.

    Raises:
        InputError: the table has no line, or no second column.
        UsageError: ``--column`` does not name two columns, or lines would be skipped or joined.
    """
    from seqtool.seq2seq.texts import pair_columns

    _check(sources)
    source, target = (dataclasses.replace(sources, column=column) for column in pair_columns(pairs, sources))
    run = RunRecord(operational(compute))
    lines = _translated(model, pairs, decoding, source, compute)
    read = whole_text(pairs, "references", target)
    values, ledger = determining(options) | changed(target) | changed(decoding), _changes(pairs, read)
    recipe = Recipe(KIND, _COMMAND, values, [read.entry, _model_input(model)])
    names = _names(model.name, model, [read])
    found = evaluate_once(recipe, lambda: _measure(lines, [read], options, names, ledger, run))
    _note_changes(ledger)
    return dataclasses.replace(found, notes=_notes([read], options))


def _translated(
    model: Path, pairs: str, decoding: TranslateOptions, sources: SourceOptions, compute: DeviceOptions
) -> list[str]:
    from seqtool.nn.device import use_device
    from seqtool.seq2seq.artifact import load_translation_model
    from seqtool.seq2seq.translate import translate_texts

    loaded = load_translation_model(model, use_device(compute))
    return [best.text for best, *_ in translate_texts(loaded, [pairs], sources, decoding)]


def _check(sources: SourceOptions) -> None:
    if sources.errors == "skip":
        raise UsageError("--errors skip cannot be used, because lines are compared one by one", "use --errors replace")
    if sources.unwrap:
        raise UsageError("--unwrap cannot be used, because lines are compared one by one", "leave it out")


def _as_written(name: str, sources: SourceOptions) -> SourceOptions:
    """How translations are read: what `translate` writes has no columns, unless its name is that of a table."""
    plain = dataclasses.replace(sources, column=None)
    return plain if open_sources([name], plain)[0].kind == "text" else sources


def _model_input(model: Path) -> Input:
    return dataclasses.replace(open_artifact(model, "seq2seq").as_input(), kind="model:seq2seq")


def _names(name: str, model: Path | None, references: Sequence[WholeText]) -> dict[str, Any]:
    """What the model and the data are called, and whether the model was made from the references."""
    made = None if model is None else open_artifact(model, "seq2seq")
    trained_on = [] if made is None else [warn_if_trained_on(made, text.entry) for text in references]
    names = {"model": name, "data": ",".join(text.entry.name for text in references)}
    return names | trained_on_summary(",".join(filter(None, trained_on)), names["data"])


def _changes(name: str, text: WholeText) -> list[dict[str, Any]]:
    return [row | {"why": f"{row['why']}, of {name}"} for row in changes(text.counts)]


def _note_changes(ledger: Iterable[Mapping[str, Any]]) -> None:
    for row in ledger:
        note(ledger_line(row))


def _notes(references: Iterable[WholeText], options: TranslationScoreOptions) -> tuple[str, ...]:
    """Why BLEU says nothing about these references, if it cannot."""
    longest = metrics.BLEU_ORDER
    if metrics.has_tokens((text.lines for text in references), longest, options):
        return ()
    return (
        f"BLEU is 0 or not meaningful: it counts matches of 1 to {longest} tokens, and no reference has {longest}; "
        "use exact and chrf instead",
    )


def _measure(
    lines: Sequence[str],
    references: Iterable[WholeText],
    options: TranslationScoreOptions,
    names: Mapping[str, Any],
    ledger: Sequence[Mapping[str, Any]],
    run: RunRecord,
) -> Evaluation:
    others = [text.lines for text in references]
    rows = DeferredRows(lambda: metrics.items(lines, others, options))
    return Evaluation({**names} | metrics.measure(lines, others, options), metrics.ITEM_COLUMNS, rows, ledger, run)
