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
    """Accuracy of word vectors on analogies: per section, semantic, syntactic, total.

    A question with a word that is not known is counted and left out of the accuracy, which is a share of the known
    questions. The three words given are never answers. low and high are Wilson's 95 % interval.

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
    pairs: Annotated[list[Path], Argument("files of two words and a score a line")],
    wordnet: Annotated[
        Path | None, Option("WordNet's dictionary [default: where it usually is]", metavar="FOLDER")
    ] = None,
    *,
    target: EvaluationTarget,
    options: SimilarityOptions,
) -> Table:
    """How word vectors, or a thesaurus, agree with people on the similarity of words.

    The files may be separated by TABs, commas, semicolons, colons or spaces, with a header or without. Ids, parts of
    speech and contexts beside the words are recognised, and the columns that were read are reported unless they are
    word, word, score. A pair with an unknown word is counted and left out, never scored 0. The intervals are of the
    bootstrap over pairs.

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
    vectors: Annotated[list[Path], Argument("two or more word vectors")],
    *,
    target: EvaluationTarget,
    options: StabilityOptions,
) -> Table:
    """How far word vectors, such as trainings with different seeds, agree on the nearest neighbours of words.

    The overlap of a word is the share of its nearest words that two runs have in common, the mean over all pairs of
    runs. It is reported for words of rank 1 to 100, 101 to 1,000 and so on, and for all; low and high are the 95 %
    interval of the bootstrap over words. Words that a run lacks are left out of all.

    Example: seqtool eval-stability a.vectors b.vectors c.vectors
    """
    from seqtool.evaluation.stability import BAND_COLUMNS, evaluate_stability

    found = evaluate_stability(vectors, options=options, output=target.output, overwrite=target.overwrite)
    return Table(BAND_COLUMNS, [[band[name] for name in BAND_COLUMNS] for band in found.summary["bands"]])
