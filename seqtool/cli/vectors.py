"""Questions to word vectors: neighbors, analogy, similarity; `convert` is in convert.py."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqtool.cli.options import Format, Json, Overwrite
from seqtool.cli.saved_options import Kept
from seqtool.errors import InputError, UsageError
from seqtool.evaluation.saved_answers import SavedAnswer
from seqtool.options import determining
from seqtool.vectors.options import AnalogyOptions, SearchOptions, VectorFileOptions

if TYPE_CHECKING:
    from seqtool.vectors.word_vectors import WordVectors

PANEL = "Using vectors"
_BATCH = 1024
Vectors = Annotated[
    Path,
    typer.Argument(help="word vectors: an artifact, or a file of word2vec, GloVe, .vec, .bin, .npy, safetensors",
                   show_default=False),
]  # fmt: skip


def neighbors(
    vectors: Vectors,
    words: Annotated[list[str], typer.Argument(help="words, or - for stdin, one a line", show_default=False)],
    output: Kept = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    search: SearchOptions,
    file: VectorFileOptions,
) -> None:
    """The words of the greatest cosine with each word given, the word itself left out.

    The words that are known are answered, then an unknown one is an error; one that comes through stdin is reported and
    passed over. Vectors with n-grams (train-fasttext, fastText's .bin) spell unknown words, which are never answers.

    Example: seqtool neighbors corpus.vectors king queen -k 5
    """
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.vectors.artifact import vectors_input

    form = form_of(output_format, as_json)
    loaded = _load(vectors, file)
    questions = ([word] for _, word in _lines()) if words == ["-"] else [[word] for word in words]
    given = [] if words == ["-"] else words
    if given and not (loaded.rows_of(given) >= 0).any():
        loaded.id_of(given[0])  # an error that says what is spelled like it
    columns, rows = ("query", "rank", "word", "cosine"), _neighbors(loaded, questions, search)
    if output is not None and (not given or (loaded.rows_of(given) >= 0).all()):
        rows = iter(kept := list(rows))
        asked = [row[0] for row in kept if row[1] == 1]
        chosen = determining(search) | determining(file) | {"words": asked}
        exhibit = SavedAnswer(output, "neighbors", chosen, [vectors_input(vectors)], overwrite)
        exhibit.keep(vectors.name, f"{len(asked)} words", columns, kept)
    print_rows(columns, rows, form)
    for word in given:
        loaded.id_of(word)


def _neighbors(loaded: WordVectors, questions: Iterable[list[str]], search: SearchOptions) -> Iterator[tuple[Any, ...]]:
    for ids in _known(loaded, questions):
        found, cosines = loaded.neighbors(loaded.unit(ids[:, 0]), search.num, ids, search.restrict)
        yield from _ranked(loaded, ids, found, cosines)


def analogy(
    vectors: Vectors,
    words: Annotated[
        list[str], typer.Argument(help="three words A B C: A is to B as C is to ?; or - for stdin", show_default=False)
    ],
    output_format: Format = None,
    as_json: Json = False,
    *,
    how: AnalogyOptions,
    search: SearchOptions,
    file: VectorFileOptions,
) -> None:
    """Solve A : B = C : ? with 3CosAdd or 3CosMul; A, B and C are no answers.

    Through stdin come questions of three words a line; one with an unknown word is reported and passed over.

    Example: seqtool analogy corpus.vectors man king woman --method mul
    """
    from seqtool.cli.answer import form_of, print_rows

    form = form_of(output_format, as_json)
    if words != ["-"] and len(words) != 3:
        raise UsageError(f"analogy takes three words, not {len(words)}", "write A B C, or - for stdin")
    loaded = _load(vectors, file)
    questions = _fields(3) if words == ["-"] else _given(loaded, [words])
    print_rows(("a", "b", "c", "rank", "word", "score"), _analogies(loaded, questions, how, search), form)


def _analogies(
    loaded: WordVectors, questions: Iterable[list[str]], how: AnalogyOptions, search: SearchOptions
) -> Iterator[tuple[Any, ...]]:
    for ids in _known(loaded, questions):
        yield from _ranked(loaded, ids, *loaded.analogies(ids, search.num, how.method, search.restrict))


def similarity(
    vectors: Vectors,
    words: Annotated[
        list[str], typer.Argument(help="pairs of words, one after the other; or - for stdin", show_default=False)
    ],
    output_format: Format = None,
    as_json: Json = False,
    *,
    file: VectorFileOptions,
) -> None:
    """The cosine of each pair of words.

    Through stdin comes a pair a line, and a line goes out for it, the cosine left empty where a word is unknown.

    Example: seqtool similarity corpus.vectors cat dog king queen
    """
    from seqtool.cli.answer import form_of, print_rows

    form = form_of(output_format, as_json)
    if words != ["-"] and len(words) % 2:
        raise UsageError(f"similarity takes pairs of words, not {len(words)} words", "give an even number, or -")
    loaded = _load(vectors, file)
    given = [words[i : i + 2] for i in range(0, len(words), 2)] if words != ["-"] else None
    pairs = _fields(2) if given is None else _given(loaded, given)
    print_rows(("word1", "word2", "cosine"), _cosines(loaded, pairs), form)


def _cosines(loaded: WordVectors, pairs: Iterable[list[str]]) -> Iterator[tuple[str, str, float | None]]:
    missing = total = 0
    for batch in _batches(pairs, _BATCH):
        scores = loaded.pair_scores([(left, right) for left, right in batch], spell=True).tolist()
        for (left, right), score in zip(batch, scores, strict=True):
            total += 1
            missing += score != score
            yield left, right, score if score == score else None
    _report(missing, total, "pairs have")


def _load(path: Path, file: VectorFileOptions) -> WordVectors:
    from seqtool.vectors.artifact import load_vectors

    return load_vectors(path, file.limit, file.errors)


def _given(loaded: WordVectors, questions: list[list[str]]) -> list[list[str]]:
    """Questions of the command line, whose words must all be known."""
    for word in (word for question in questions for word in question):
        loaded.id_of(word)
    return questions


def _known(loaded: WordVectors, questions: Iterable[list[str]]) -> Iterator[Any]:
    """The rows of questions, in batches; those with an unknown word are reported and passed over.

    Raises:
        InputError: no question was known.
    """
    from seqtool.progress import note

    missing = total = 0
    for batch in _batches(questions, _BATCH):
        ids = loaded.rows_of(word for question in batch for word in question).reshape(len(batch), -1)
        known = (ids >= 0).all(axis=1)
        for question, rows in zip(batch, ids.tolist(), strict=True):
            unknown = [word for word, row in zip(question, rows, strict=True) if row < 0]
            if unknown:
                note(f"not known: {', '.join(unknown)}")
                missing += 1
        total += len(batch)
        if known.any():
            yield ids[known]
    _report(missing, total, "questions have")


def _report(missing: int, total: int, what: str) -> None:
    from seqtool.progress import warn

    if total == 0:
        raise InputError("standard input is empty", "give a question a line")
    if missing == total:
        raise InputError(f"all {total:,} {what} an unknown word", "give other words or other vectors")
    if missing:
        warn(f"{missing:,} of {total:,} {what} an unknown word")


def _ranked(loaded: WordVectors, asked: Any, found: Any, scores: Any) -> Iterator[tuple[Any, ...]]:
    for ids, best, values in zip(asked.tolist(), found.tolist(), scores.tolist(), strict=True):
        question = [loaded.word_at(row) for row in ids]
        for rank, (row, value) in enumerate(zip(best, values, strict=True), 1):
            if row >= 0:
                yield *question, rank, loaded.words[row], value


def _fields(count: int) -> Iterator[list[str]]:
    """Questions from stdin: a line has ``count`` words, separated by TABs, or else by spaces."""
    for number, line in _lines():
        fields = line.split("\t") if "\t" in line else line.split()
        if len(fields) != count:
            raise InputError(
                f"standard input, line {number}: {len(fields)} words, expected {count}", "correct the line"
            )
        yield fields


def _lines() -> Iterator[tuple[int, str]]:
    """The lines of stdin with their numbers; one that is blank asks for nothing."""
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            text = line.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise InputError(
                f"standard input, line {number}, byte {error.start}: not valid UTF-8", "convert it with iconv"
            ) from None
        if text.strip():
            yield number, text


def _batches(items: Iterable[list[str]], size: int) -> Iterator[list[list[str]]]:
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
