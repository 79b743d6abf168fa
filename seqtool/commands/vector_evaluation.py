"""Commands that evaluate word vectors: eval-analogy, eval-similarity, eval-stability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from seqtool.commands.answers import Table
from seqtool.commands.declaration import EvaluationTarget
from seqtool.metrics.options import AnalogyOptions, SimilarityOptions, StabilityOptions
from seqtool.options import Argument, Option

_ANALOGY_COLUMNS = ("data", "method", "section", "n", "known", "right", "accuracy", "low", "high")
_SIMILARITY_COLUMNS = ("data", "n", "oov", "spearman", "spearman_low", "spearman_high", "pearson")


def eval_analogy(
    vectors: Annotated[Path, Argument("word vectors: an artifact or a file")],
    questions: Annotated[list[Path], Argument("question files in Google's format")],
    *,
    target: EvaluationTarget,
    options: AnalogyOptions,
) -> Table:
    """Measure the accuracy of word vectors on analogies.

    Prints the accuracy for each section, for semantic and syntactic questions, and in total. Questions with an
    unknown word are counted and left out of the accuracy. The three given words are never answers. low and high are
    the limits of Wilson's 95 % interval.

    Example: seqtool eval-analogy corpus.svd.vectors questions-words.txt --method both
    """
    from seqtool.evaluation.word_vectors import evaluate_analogies

    found = evaluate_analogies(vectors, questions, options=options, output=target.output, overwrite=target.overwrite)
    records = found.summary["data_sets"]
    return Table(_ANALOGY_COLUMNS, [row for record in records for row in _analogy_rows(record)], json=records)


def _analogy_rows(record: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for result in record["methods"]:
        for part in (*(section for section in result["sections"] if section["section"]), *result["totals"]):
            yield record["data"], result["method"], *(part[name] for name in _ANALOGY_COLUMNS[2:])


def eval_similarity(
    vectors: Annotated[
        str, Argument("word vectors: an artifact or a file; or a thesaurus: wordnet:path, wordnet:wup, wordnet:lch")
    ],
    pairs: Annotated[list[Path], Argument("files with two words and a score per line")],
    wordnet: Annotated[
        Path | None, Option("folder of WordNet's files [default: as in thesaurus]", metavar="FOLDER")
    ] = None,
    *,
    target: EvaluationTarget,
    options: SimilarityOptions,
) -> Table:
    """Compare word similarities with human ratings.

    Prints Spearman's and Pearson's correlation between human ratings and the similarities of word vectors (cosine) or
    of a thesaurus. Columns may be separated by TABs, commas, semicolons, colons or spaces, with or without a header.
    Columns of ids, parts of speech and contexts are recognized; seqtool reports which columns it read unless they
    are word, word, score. Pairs with an unknown word are counted and left out, never scored 0. Intervals are 95 %
    bootstrap intervals over pairs.

    Example: seqtool eval-similarity corpus.svd.vectors wordsim353.tsv men.csv -o corpus.svd.eval
    """
    from seqtool.evaluation.word_vectors import evaluate_similarity

    found = evaluate_similarity(
        vectors, pairs, options=options, wordnet=wordnet, output=target.output, overwrite=target.overwrite
    )
    records = found.summary["data_sets"]
    return Table(
        _SIMILARITY_COLUMNS, [[record[name] for name in _SIMILARITY_COLUMNS] for record in records], json=records
    )


def eval_stability(
    vectors: Annotated[list[Path], Argument("two or more sets of word vectors")],
    *,
    target: EvaluationTarget,
    options: StabilityOptions,
) -> Table:
    """Measure how far vectors agree on nearest neighbors.

    Reads several sets of vectors, for example trained with different seeds. The overlap of a word is the share of its
    nearest words that two sets have in common, averaged over all pairs of sets. It is reported by frequency rank (1
    to 100, 101 to 1,000, …) and in total, for the words that all sets contain. low and high are the limits of the
    95 % bootstrap interval over words.

    Example: seqtool eval-stability a.vectors b.vectors c.vectors
    """
    from seqtool.evaluation.stability import BAND_COLUMNS, evaluate_stability

    found = evaluate_stability(vectors, options=options, output=target.output, overwrite=target.overwrite)
    return Table(BAND_COLUMNS, [[band[name] for name in BAND_COLUMNS] for band in found.summary["bands"]])
