"""Commands that evaluate word vectors: eval-analogy, eval-similarity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqtool.cli.options import Format, Json, Overwrite
from seqtool.errors import UsageError
from seqtool.metrics.options import AnalogyOptions, SimilarityOptions

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Input, Recipe
    from seqtool.evaluation.artifact import Row
    from seqtool.metrics.analogy import Questions
    from seqtool.metrics.pairs import Pairs
    from seqtool.metrics.similarity import SimilarityScorer

    Evaluation = tuple[list[dict[str, Any]], list[Row]]

PANEL = "Evaluation"
WORDNET = "wordnet:"
ANALOGY_COLUMNS = ("data", "method", "section", "n", "known", "right", "accuracy", "low", "high")
SIMILARITY_COLUMNS = ("data", "n", "oov", "spearman", "spearman_low", "spearman_high", "pearson")
Artifact = Annotated[Path | None, typer.Option("-o", "--output", help="also write an evaluation artifact")]


def eval_analogy(
    vectors: Annotated[Path, typer.Argument(help="word vectors: an artifact or a file", show_default=False)],
    questions: Annotated[list[Path], typer.Argument(help="question files in Google's format", show_default=False)],
    output: Artifact = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: AnalogyOptions,
) -> None:
    """Accuracy of word vectors on analogies: per section, semantic, syntactic, total.

    A question with a word that is not known is counted and left out of the accuracy, which is a share of the known
    questions. The three words given are never answers. low and high are Wilson's 95 % interval.

    Example: seqtool eval-analogy corpus.svd.vectors questions-words.txt --method both
    """
    from seqtool.artifact.manifest import Recipe
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.metrics.analogy import ITEM_COLUMNS, read_questions
    from seqtool.options import determining
    from seqtool.vectors.artifact import vectors_input

    form = form_of(output_format, as_json)
    files = [read_questions(path) for path in questions]
    inputs = [vectors_input(vectors), *_data_inputs("questions", files)]
    recipe = Recipe("evaluation", "eval-analogy", determining(options), inputs)
    records = _kept(output, recipe, overwrite, ITEM_COLUMNS, [], lambda: _analogies(vectors, files, options))
    for record in records:
        _warn_of_unknown(record)
    if form == "json":
        _print_json(records)
        return
    print_rows(ANALOGY_COLUMNS, (row for record in records for row in _analogy_rows(record)), form)


def _analogies(vectors: Path, files: Sequence[Questions], options: AnalogyOptions) -> Evaluation:
    from seqtool.metrics.analogy import items, measure
    from seqtool.vectors.artifact import load_vectors

    solver = load_vectors(vectors, options.restrict)
    records: list[dict[str, Any]] = []
    rows: list[Row] = []
    for file in files:
        results = [
            measure(solver, file, method, options.restrict, options.case_sensitive)
            for method in ("add", "mul")
            if options.method in (method, "both")
        ]
        known = results[0].totals[-1].known
        counts = {"n": len(file.questions), "known": known, "unknown": len(file.questions) - known}
        names = {"model": vectors.name, "data": file.name, "sha256": file.sha256}
        records.append(names | counts | {"methods": [result.to_json() for result in results]})
        rows += [row for result in results for row in items(result)]
    return records, rows


def _analogy_rows(record: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for result in record["methods"]:
        for part in (*(section for section in result["sections"] if section["section"]), *result["totals"]):
            yield record["data"], result["method"], *(part[name] for name in ANALOGY_COLUMNS[2:])


def _warn_of_unknown(record: Mapping[str, Any]) -> None:
    from seqtool.progress import note, warn

    if not record["known"]:
        warn(f"{record['data']}: none of its {record['n']:,} questions is known, so it has no accuracy")
    elif 2 * record["known"] < record["n"]:
        note(f"{record['data']}: only {record['known']:,} of {record['n']:,} questions have known words alone")


def eval_similarity(
    vectors: Annotated[
        str,
        typer.Argument(
            help="word vectors: an artifact or a file; or a thesaurus: wordnet:path, wordnet:wup, wordnet:lch",
            show_default=False,
        ),
    ],
    pairs: Annotated[list[Path], typer.Argument(help="files of two words and a score a line", show_default=False)],
    output: Artifact = None,
    wordnet: Annotated[
        Path | None,
        typer.Option("--wordnet", metavar="FOLDER", help="WordNet's dictionary [default: where it usually is]"),
    ] = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: SimilarityOptions,
) -> None:
    """How word vectors, or a thesaurus, agree with people on the similarity of words.

    The files may be separated by TABs, commas, semicolons or spaces, with a header or without. A pair with an unknown
    word is counted and left out, never scored 0. The intervals are of the bootstrap over pairs.

    Example: seqtool eval-similarity corpus.svd.vectors wordsim353.tsv men.csv -o corpus.svd.eval
    """
    from seqtool.artifact.manifest import Recipe
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.metrics.pairs import read_pairs
    from seqtool.metrics.similarity import ITEM_COLUMNS
    from seqtool.options import determining

    form = form_of(output_format, as_json)
    files = [read_pairs(path) for path in pairs]
    source, scorer = _scorer(vectors, wordnet)
    determined = determining(options)
    seed = determined.pop("seed")
    inputs = [source, *_data_inputs("pairs", files)]
    recipe = Recipe("evaluation", "eval-similarity", determined, inputs, seed)
    model = vectors if vectors.startswith(WORDNET) else Path(vectors).name
    records = _kept(
        output, recipe, overwrite, ITEM_COLUMNS, _ledger(files), lambda: _similarities(model, scorer(), files, options)
    )
    _warn_of_undefined(records)
    if form == "json":
        _print_json(records)
        return
    rows = ([record[name] for name in SIMILARITY_COLUMNS] for record in records)
    print_rows(SIMILARITY_COLUMNS, rows, form)


def _scorer(name: str, wordnet: Path | None) -> tuple[Input, Callable[[], SimilarityScorer]]:
    """What says how similar words are, as an input, and how to load it."""
    if name.startswith(WORDNET):
        return _thesaurus(name, wordnet)
    from seqtool.vectors.artifact import load_vectors, vectors_input

    if wordnet is not None:
        raise UsageError(f"--wordnet goes with wordnet:path, not with {name}", "leave it out")
    return vectors_input(Path(name)), lambda: load_vectors(Path(name))


def _thesaurus(name: str, wordnet: Path | None) -> tuple[Input, Callable[[], SimilarityScorer]]:
    from seqtool.vectors.wordnet.thesaurus import MEASURES, WordNetScorer, find_folder, wordnet_input

    kind = name.removeprefix(WORDNET)
    if kind not in MEASURES:
        choices = ", ".join(WORDNET + known for known in MEASURES)
        raise UsageError(f"the measure {name} is not known", f"choose one of {choices}")
    folder = find_folder(wordnet)
    # Names do not count when two inputs are compared, kinds do.
    return replace(wordnet_input(folder), name=name, kind=name), lambda: WordNetScorer(folder, kind)


def _ledger(files: Sequence[Pairs]) -> list[dict[str, Any]]:
    """What was read as no pair, noted too."""
    from seqtool.progress import note

    rows = []
    for file in files:
        if file.header is not None:
            note(f"{file.name}: its first line is taken for a header")
            rows.append({"what": "lines", "count": 1, "why": f"taken for the header of {file.name}"})
        if file.comments:
            rows.append({"what": "lines", "count": file.comments, "why": f"comments in {file.name}"})
    return rows


def _similarities(
    model: str, scorer: SimilarityScorer, files: Sequence[Pairs], options: SimilarityOptions
) -> Evaluation:
    from seqtool.metrics.similarity import items, measure

    records: list[dict[str, Any]] = []
    rows: list[Row] = []
    how = options.resamples, options.seed, options.case_sensitive, options.spell
    for file in files:
        result = measure(scorer, file, *how)
        records.append({"model": model, "data": file.name, "sha256": file.sha256} | result.to_json())
        rows += list(items(result))
    return records, rows


def _warn_of_undefined(records: Iterable[Mapping[str, Any]]) -> None:
    from seqtool.progress import warn

    for record in records:
        if record["undefined"]:
            warn(f"{record['data']} has no correlation: {record['undefined']}")


def _data_inputs(kind: str, files: Iterable[Questions | Pairs]) -> list[Input]:
    from seqtool.artifact.manifest import Input

    return [Input(file.name, f"{kind}:file", file.sha256) for file in files]


def _kept(
    output: Path | None,
    recipe: Recipe,
    overwrite: bool,
    columns: Sequence[str],
    ledger: Iterable[Mapping[str, Any]],
    evaluate: Callable[[], Evaluation],
) -> list[dict[str, Any]]:
    """A record per data set: of the evaluation that stands at ``output``, or of a new one, which is kept there."""
    from seqtool.artifact.write import RunRecord
    from seqtool.evaluation.artifact import keep_evaluation, kept_evaluation
    from seqtool.progress import note

    run = RunRecord()
    kept = kept_evaluation(output, recipe, overwrite) if output else None
    if kept is not None:
        note(f"{output} is up to date")
        return list(kept[0]["data_sets"])
    records, rows = evaluate()
    if output is not None:
        summary = {"model": records[0]["model"], "data_sets": records}
        keep_evaluation(output, recipe, run, summary, columns, rows, ledger, overwrite=overwrite)
        note(f"wrote {output}")
    return records


def _print_json(records: Sequence[Mapping[str, Any]]) -> None:
    """A list with an object per data set."""
    from seqtool.cli.answer import dumps

    print(dumps(records))
