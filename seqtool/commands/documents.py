"""Commands that apply word vectors: document-vectors, plot-vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from seqtool.commands.answers import Made, Picture
from seqtool.commands.declaration import PictureTarget, Target
from seqtool.corpus.options import SourceOptions
from seqtool.errors import plural
from seqtool.options import Argument, determining
from seqtool.vectors.options import DocumentOptions, WordMapOptions

_PLACES = ("word", "x", "y")
Vectors = Annotated[Path, Argument("word vectors: an artifact or a file")]


def document_vectors(
    vectors: Vectors,
    text: Annotated[list[str], Argument("a text or corpus: path, glob, - (standard input) or hf:NAME")],
    *,
    target: Target,
    options: DocumentOptions,
    sources: SourceOptions,
) -> Made:
    """Compute a vector for each line, and cluster the lines.

    Reads word vectors and a text, and writes one vector per line, computed from the vectors of its words. With
    --clusters, it also groups similar lines.

    Example: seqtool document-vectors corpus.vectors reviews.txt --weighting sif --clusters 20 -o reviews.documents
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.vectors.documents.artifact import KIND, build_documents, documents_output_path

    output = target.output or documents_output_path(text, options)
    written = build_documents(vectors, text, sources, options, output, target.overwrite)
    values = {"documents": str(output), **open_artifact(output, KIND).summary}
    del values["preprocessing"]
    shown = {name: value for name, value in values.items() if name != "clusters"} | {
        f"cluster {row['cluster']}": f"{plural(row['lines'], 'line')}: {', '.join(row['words'])}"
        for row in values.get("clusters", ())
    }
    return Made(values, shown=shown, written=written)


def plot_vectors(
    vectors: Vectors,
    words: Annotated[list[str] | None, Argument("words to draw [default: the most frequent]")] = None,
    *,
    target: PictureTarget,
    options: WordMapOptions,
) -> Picture:
    """Draw a map of word vectors: PNG, SVG or PDF.

    Projects word vectors to two dimensions. With -o and an image name it writes the picture; with -o and a folder
    name it saves the coordinates for report; with --json or --format it prints the coordinates.

    Example: seqtool plot-vectors corpus.vectors --num 200 --method tsne -o words.png
    """
    from seqtool.evaluation.saved_answers import SavedAnswer, picture_output, tell_missing, told_when_drawn
    from seqtool.vectors.artifact import load_vectors, vectors_input
    from seqtool.vectors.plots.plot import draw, map_words

    output, saved = target.output, None
    picture = picture_output(output)
    if output is not None and picture is None:
        chosen = {"words": words} | determining(options)
        saved = SavedAnswer(output, "plot-vectors", chosen, [vectors_input(vectors)], target.overwrite)
        standing = saved.standing()
        if standing is not None:
            return Picture(_PLACES, [(word, float(x), float(y)) for word, x, y in standing], path=output)
    found = map_words(load_vectors(vectors, limit=None if words else options.num), words, options)
    if picture is not None:
        title = f"{vectors.name} ({options.method})"
        with told_when_drawn(picture):
            missing = draw(found.words, found.places_N2, picture, title, target.overwrite)
        tell_missing(missing)
    if saved is not None:
        saved.keep(vectors.name, options.method, _PLACES, found.rows())
    return Picture(_PLACES, found.rows(), path=output)
