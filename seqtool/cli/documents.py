"""Commands that use word vectors on texts and plots: document-vectors, plot-vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seqtool.cli.options import Format, Json, Output, Overwrite
from seqtool.cli.saved_options import OverwriteEither, PictureOrKept
from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.evaluation.saved_answers import SavedAnswer, picture_of, tell_missing
from seqtool.vectors.documents.options import DocumentOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from seqtool.vectors.word_vectors import WordVectors

PANEL = "Using vectors"
Vectors = Annotated[
    Path, typer.Argument(help="word vectors: an artifact, or a file in any of the usual formats", show_default=False)
]


def document_vectors(
    vectors: Vectors,
    text: Annotated[list[str], typer.Argument(help="a text or corpus: path, glob, - or hf:NAME", show_default=False)],
    output: Output = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: DocumentOptions,
    sources: SourceOptions,
) -> None:
    """A vector for every line of a text, made of its words' vectors; and clusters of lines.

    Example: seqtool document-vectors corpus.vectors reviews.txt --weighting sif --clusters 20 -o reviews.documents
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.cli.answer import asked_form, print_made
    from seqtool.vectors.documents.artifact import build_documents

    form = asked_form(output_format, as_json)
    output = output or _output_of(text, options.weighting)
    written = build_documents(vectors, text, sources, options, output, overwrite)
    summary = {"documents": str(output), **open_artifact(output, "document-vectors").summary}
    del summary["preprocessing"]
    if form != "json":
        for row in summary.pop("clusters", ()):
            summary[f"cluster {row['cluster']}"] = f"{row['lines']} lines: {', '.join(row['words'])}"
    print_made(summary, written, form)


def _output_of(texts: list[str], weighting: str) -> Path:
    from seqtool.corpus.artifact import output_of

    return output_of(texts).with_suffix(f".{weighting}.documents")


def plot_vectors(
    vectors: Vectors,
    words: Annotated[
        list[str] | None, typer.Argument(help="words to draw [default: the most frequent]", show_default=False)
    ] = None,
    output: PictureOrKept = None,
    num: Annotated[int, typer.Option("--num", min=2, help="how many of the most frequent words")] = 200,
    method: Annotated[Literal["pca", "tsne"], typer.Option("--method", help="principal components, or t-SNE")] = "pca",
    perplexity: Annotated[
        float, typer.Option("--perplexity", min=1.0, help="of t-SNE; at most a third of the other words")
    ] = 30.0,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="of t-SNE")] = 1,
    overwrite: OverwriteEither = False,
    output_format: Format = None,
    as_json: Json = False,
) -> None:
    """Draw words where their vectors lie: PNG, SVG or PDF; with --json or --format their coordinates are printed.

    With -o and the name of a folder the coordinates are kept for report, which draws them.

    Example: seqtool plot-vectors corpus.vectors --num 200 --method tsne -o words.png
    """
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.progress import note
    from seqtool.vectors.artifact import load_vectors, vectors_input
    from seqtool.vectors.plots.plot import coordinates, draw

    form = form_of(output_format, as_json)
    asked = as_json or output_format is not None
    if output is None and not asked:
        raise UsageError("there is no picture to write", "name it with -o FILE.png, or print coordinates with --json")
    picture, exhibit = picture_of(output, overwrite), None
    if output is not None and picture is None:
        chosen = {"words": words, "num": num, "method": method, "perplexity": perplexity, "seed": seed}
        exhibit = SavedAnswer(output, "plot-vectors", chosen, [vectors_input(vectors)], overwrite)
        if exhibit.stands and not asked:
            note(f"{output} is up to date")
            return
    loaded = load_vectors(vectors, limit=None if words else num)
    loaded = loaded.knowing(words or ())
    rows = _chosen(loaded, words, num)
    shown = [loaded.words[row] for row in rows]
    places = coordinates(loaded.matrix[rows], method, seed, perplexity)
    columns = ("word", "x", "y")
    points = [(word, *place) for word, place in zip(shown, places.tolist(), strict=True)]
    if picture is not None:
        missing = draw(shown, places, picture, f"{vectors.name} ({method})", overwrite)
        note(f"wrote {picture}")
        tell_missing(missing)
    if exhibit is not None:
        exhibit.keep(vectors.name, method, columns, points)
    if asked:
        print_rows(columns, points, form)


def _chosen(loaded: WordVectors, words: Sequence[str] | None, num: int) -> np.ndarray[Any, Any]:
    import numpy as np

    if words:
        return np.array([loaded.id_of(word) for word in dict.fromkeys(words)], np.int64)
    if loaded.counts is None:
        return np.arange(min(num, len(loaded)))
    return np.argsort(-loaded.counts, kind="stable")[:num]
