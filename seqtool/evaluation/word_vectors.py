"""Word vectors on analogies, and word vectors or a thesaurus on pairs of words that people scored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.write import RunRecord
from seqtool.errors import UsageError, plural
from seqtool.evaluation.artifact import Evaluation, Row, evaluate_once
from seqtool.metrics import analogy, similarity
from seqtool.metrics.analogy import Questions, read_questions
from seqtool.metrics.options import AnalogyOptions, SimilarityOptions
from seqtool.metrics.pairs import Pairs, read_pairs
from seqtool.metrics.similarity import SimilarityScorer
from seqtool.options import determining
from seqtool.progress import note, warn
from seqtool.vectors.artifact import load_vectors, vectors_input

WORDNET = "wordnet:"


def evaluate_analogies(
    vectors: Path,
    files: Sequence[Path],
    *,
    options: AnalogyOptions = AnalogyOptions(),
    output: Path | None = None,
    overwrite: bool = False,
) -> Evaluation:
    """Accuracy of word vectors on files of analogies.

    Args:
        vectors: an artifact, or a file of any format.
        files: questions in Google's format.
        options: how they are answered.
        output: also keep the evaluation here.
        overwrite: replace an artifact made otherwise.

    Returns:
        An evaluation whose summary has a record per file in ``data_sets``, and whose items are the questions.
    """
    read = [read_questions(path) for path in files]
    inputs = [vectors_input(vectors), *_data_inputs("questions", read)]
    recipe, run = Recipe("evaluation", "eval-analogy", determining(options), inputs), RunRecord()
    found = evaluate_once(recipe, lambda: _measure_analogies(vectors, read, options, run), output, overwrite)
    for record in found.summary["data_sets"]:
        _warn_of_unknown_questions(record)
    return found


def _measure_analogies(
    vectors: Path, files: Sequence[Questions], options: AnalogyOptions, run: RunRecord
) -> Evaluation:
    solver = load_vectors(vectors, options.restrict)
    records: list[dict[str, Any]] = []
    rows: list[Row] = []
    for file in files:
        results = [
            analogy.measure(solver, file, method, options.restrict, options.case_sensitive)
            for method in ("add", "mul")
            if options.method in (method, "both")
        ]
        known = results[0].totals[-1].known
        counts = {"n": len(file.questions), "known": known, "unknown": len(file.questions) - known}
        names = {"model": vectors.name, "data": file.name, "sha256": file.sha256}
        records.append(names | counts | {"methods": [result.to_json() for result in results]})
        rows += [row for result in results for row in analogy.items(result)]
    return Evaluation({"model": vectors.name, "data_sets": records}, analogy.ITEM_COLUMNS, rows, run=run)


def _warn_of_unknown_questions(record: Mapping[str, Any]) -> None:
    if not record["known"]:
        warn(f"{record['data']}: no accuracy, because every question contains an unknown word ({record['n']:,} in all)")
    elif 2 * record["known"] < record["n"]:
        asked = plural(record["n"], "question")
        note(f"{record['data']}: accuracy covers {record['known']:,} of {asked}; the others contain unknown words")


def evaluate_similarity(
    vectors: str,
    files: Sequence[Path],
    *,
    options: SimilarityOptions = SimilarityOptions(),
    wordnet: Path | None = None,
    output: Path | None = None,
    overwrite: bool = False,
) -> Evaluation:
    """Correlation of word vectors' similarities, or a thesaurus's, with people's scores.

    Args:
        vectors: an artifact, a file of any format, or ``wordnet:path``, ``wordnet:wup`` or ``wordnet:lch``.
        files: pairs of words and their scores.
        options: how they are scored.
        wordnet: the folder of WordNet's dictionary; searched where it usually is if left out.
        output: also keep the evaluation here.
        overwrite: replace an artifact made otherwise.

    Returns:
        An evaluation whose summary has a record per file in ``data_sets``, and whose items are the pairs.

    Raises:
        UsageError: an unknown measure, or ``wordnet`` beside word vectors.
    """
    read = [read_pairs(path, options.columns) for path in files]
    source, load_scorer = _scorer(vectors, wordnet)
    determined = determining(options)
    seed = determined.pop("seed")
    if options.columns is None:
        del determined["columns"]
    inputs = [source, *_data_inputs("pairs", read)]
    recipe, run = Recipe("evaluation", "eval-similarity", determined, inputs, seed), RunRecord()
    model = vectors if vectors.startswith(WORDNET) else Path(vectors).name
    ledger = _ledger(read)

    def measured() -> Evaluation:
        records, rows = _measure_similarities(model, load_scorer(), read, options)
        return Evaluation({"model": model, "data_sets": records}, similarity.ITEM_COLUMNS, rows, ledger, run)

    found = evaluate_once(recipe, measured, output, overwrite)
    _warn_of_undefined(found.summary["data_sets"])
    return found


def _scorer(name: str, wordnet: Path | None) -> tuple[Input, Callable[[], SimilarityScorer]]:
    """What scores the pairs, as an input, and how it is loaded."""
    if name.startswith(WORDNET):
        return _thesaurus(name, wordnet)
    if wordnet is not None:
        raise UsageError(f"--wordnet needs a WordNet measure such as wordnet:path, not {name}", "leave it out")
    return vectors_input(Path(name)), lambda: load_vectors(Path(name))


def _thesaurus(name: str, wordnet: Path | None) -> tuple[Input, Callable[[], SimilarityScorer]]:
    from seqtool.vectors.wordnet.thesaurus import MEASURES, WordNetScorer, find_folder, wordnet_input

    kind = name.removeprefix(WORDNET)
    if kind not in MEASURES:
        choices = ", ".join(WORDNET + known for known in MEASURES)
        raise UsageError(f"unknown measure: {name}", f"choose one of {choices}")
    folder = find_folder(wordnet)
    # Names do not count when two inputs are compared, kinds do.
    return replace(wordnet_input(folder), name=name, kind=name), lambda: WordNetScorer(folder, kind)


def _ledger(files: Sequence[Pairs]) -> list[dict[str, Any]]:
    """The lines that were not read as pairs; a header is noted too."""
    rows = []
    for file in files:
        if file.header is not None:
            note(f"{file.name}: the first line is read as a header")
            rows.append({"what": "lines", "count": 1, "why": f"read as the header of {file.name}"})
        if file.read_as is not None:
            note(f"{file.name}: {file.read_as} (--columns to choose others)")
        if file.untagged is not None:
            note(f"{file.name}: every word ends with a part of speech; unknown words are looked up without it")
        if file.comments:
            rows.append({"what": "lines", "count": file.comments, "why": f"read as comments in {file.name}"})
    return rows


def _measure_similarities(
    model: str, scorer: SimilarityScorer, files: Sequence[Pairs], options: SimilarityOptions
) -> tuple[list[dict[str, Any]], list[Row]]:
    records: list[dict[str, Any]] = []
    rows: list[Row] = []
    for file in files:
        result = similarity.measure(
            scorer, file, options.resamples, options.seed, options.case_sensitive, options.spell
        )
        records.append({"model": model, "data": file.name, "sha256": file.sha256} | result.to_json())
        rows += list(similarity.items(result))
    return records, rows


def _warn_of_undefined(records: Iterable[Mapping[str, Any]]) -> None:
    for record in records:
        if record["undefined"]:
            warn(f"{record['data']} has no correlation ({record['undefined']})")


def _data_inputs(kind: str, files: Iterable[Questions | Pairs]) -> list[Input]:
    return [Input(file.name, f"{kind}:file", file.sha256) for file in files]
