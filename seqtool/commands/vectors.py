"""Commands on word vectors: neighbors, analogy, similarity, convert."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from seqtool.commands.answers import Made, Table
from seqtool.commands.declaration import SavedTarget, Target
from seqtool.errors import UsageError, plural
from seqtool.options import Argument, determining, option, redeclared
from seqtool.vectors.options import AnalogyOptions, SearchOptions, VectorFileOptions

if TYPE_CHECKING:
    from seqtool.vectors.questions import Neighbor

_FORMATS = ("word2vec", "word2vec-binary", "glove", "fasttext", "npy", "safetensors", "npz", "vectors")
_NEIGHBOR = ("query", "rank", "word", "cosine")
_STDIN = ["-"]
Vectors = Annotated[
    Path, Argument("word vectors: an artifact, or a file (word2vec, GloVe, .vec, .bin, .npy, safetensors)")
]


def neighbors(
    vectors: Vectors,
    words: Annotated[list[str], Argument("words, or - for standard input, one per line")],
    *,
    target: SavedTarget,
    search: SearchOptions,
    file: VectorFileOptions,
) -> Table:
    """Find the nearest words by cosine similarity.

    Prints the nearest words of each given word, without the word itself. Words can also come from standard input,
    one per line. An unknown word given as an argument is an error; one from standard input is reported and skipped.
    Vectors with n-grams (train-fasttext, fastText's .bin) also accept unknown words.

    Example: seqtool neighbors corpus.vectors king queen -k 5
    """
    from seqtool.evaluation.saved_answers import SavedAnswer
    from seqtool.vectors.artifact import load_vectors, vectors_input
    from seqtool.vectors.questions import neighbors as answered
    from seqtool.vectors.questions import read_words, unknown_word

    if not words:
        raise UsageError("neighbors needs at least one word", "give words, or - for standard input")
    loaded = load_vectors(vectors, file.limit, file.errors)
    stream = words == _STDIN
    error = None if stream else unknown_word(loaded, words)
    if error is not None and not (loaded.rows_of(words) >= 0).any():
        raise error
    rows: Iterable[Neighbor] = answered(loaded, read_words(sys.stdin.buffer) if stream else words, search)
    if not stream or target.output is not None:
        rows = list(rows)
        if target.output is not None and error is None:
            asked = [row[0] for row in rows if row[1] == 1]
            chosen = determining(search) | determining(file) | {"words": asked}
            saved = SavedAnswer(target.output, "neighbors", chosen, [vectors_input(vectors)], target.overwrite)
            saved.keep(vectors.name, plural(len(asked), "word"), _NEIGHBOR, rows)
    return Table(_NEIGHBOR, rows, error=error)


def analogy(
    vectors: Vectors,
    words: Annotated[list[str], Argument("three words A B C (A is to B as C is to ?), or - for standard input")],
    *,
    how: AnalogyOptions,
    search: SearchOptions,
    file: VectorFileOptions,
) -> Table:
    """Solve word analogies: A is to B as C is to what?

    Prints the best answers by 3CosAdd or 3CosMul, never A, B or C themselves. Questions can also come from standard
    input, three words per line; a question with an unknown word is reported and skipped.

    Example: seqtool analogy corpus.vectors man king woman --method mul
    """
    from seqtool.vectors.artifact import load_vectors
    from seqtool.vectors.questions import analogies, read_questions, require_known

    if words != _STDIN and len(words) != 3:
        raise UsageError(f"analogy takes three words, not {len(words)}", "give A B C, or - for standard input")
    loaded = load_vectors(vectors, file.limit, file.errors)
    columns = ("a", "b", "c", "rank", "word", "score")
    if words == _STDIN:
        return Table(columns, analogies(loaded, read_questions(sys.stdin.buffer, 3), how, search))
    require_known(loaded, words)
    return Table(columns, list(analogies(loaded, [words], how, search)))


def similarity(
    vectors: Vectors,
    words: Annotated[list[str], Argument("pairs of words, or - for standard input")],
    *,
    file: VectorFileOptions,
) -> Table:
    """Compute the cosine similarity of word pairs.

    Prints one cosine per pair. Pairs can also come from standard input, one per line; the cosine is empty if a word
    is unknown.

    Example: seqtool similarity corpus.vectors cat dog king queen
    """
    from seqtool.vectors.artifact import load_vectors
    from seqtool.vectors.questions import read_questions, require_known, similarities

    if words != _STDIN and (not words or len(words) % 2):
        raise UsageError(
            f"similarity takes pairs of words, not {plural(len(words), 'word')}",
            "give an even number of words, or - for standard input",
        )
    loaded = load_vectors(vectors, file.limit, file.errors)
    columns = ("word1", "word2", "cosine")
    if words == _STDIN:
        return Table(columns, similarities(loaded, read_questions(sys.stdin.buffer, 2)))
    require_known(loaded, words)
    return Table(columns, list(similarities(loaded, [words[i : i + 2] for i in range(0, len(words), 2)])))


@dataclass(frozen=True)
class ConvertedFile:
    """The output file."""

    output: Path | None = option(
        None, "output file, instead of FILE", short="-o", metavar="FILE", operational=True, panel="Output"
    )
    to: str | None = option(None, "format to write [default: from the file name]", choices=_FORMATS)
    overwrite: bool = redeclared(Target, "overwrite", False)


def convert(
    source: Annotated[Path, Argument("an artifact (vectors, counts, matrix) or a file of vectors", metavar="SOURCE")],
    target: Annotated[Path | None, Argument("output file, or NAME.vectors for an artifact", metavar="FILE")] = None,
    *,
    written: ConvertedFile,
    file: VectorFileOptions,
) -> Made:
    """Convert vectors between formats; sparse counts to .npz.

    Reads and writes artifacts and files. The file name determines the format: .txt .w2v (word2vec text), .bin
    (word2vec binary), .vec (fastText), .glove and glove*.txt (GloVe), .npy (words in NAME.words.txt beside it),
    .safetensors, .npz (counts and matrices; words as for .npy), .vectors (artifact).

    Example: seqtool convert corpus.vectors vectors.bin
    """
    from seqtool.artifact.files import stamp
    from seqtool.artifact.read import is_artifact, read_manifest
    from seqtool.counts.artifact import export_npz
    from seqtool.vectors.artifact import convert_vectors

    path = target or written.output
    if path is None or (target and written.output):
        raise UsageError("convert needs exactly one output file", "give it after the source or with -o")
    if str(path) == "-" or (path.is_dir() and path.resolve() == source.resolve()):
        raise UsageError(f"convert cannot write to {path}", "give the name of a new file or artifact")
    if is_artifact(source) and read_manifest(source).kind in ("counts", "matrix"):
        before = stamp(path)
        words, nonzeros = export_npz(source, path, written.to, written.overwrite)
        counted = {"output": str(path), "format": "npz", "words": words, "nonzeros": nonzeros}
        return Made(counted, written=stamp(path) != before)
    done = convert_vectors(source, path, written.to, file, written.overwrite)
    values = {"output": str(path), "format": done.form, "words": done.words, "dim": done.dim}
    return Made(values, written=done.written)
