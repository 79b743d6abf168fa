"""The tag command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.nn.options import DeviceOptions


def tag(
    model: Annotated[Path, typer.Argument(help="a model that train-tagger made", show_default=False)],
    text: Annotated[str, typer.Argument(help="columns; - or nothing: standard input")] = "-",
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="sentences computed side by side")] = 64,
    *,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """Columns with one more, the label of each word: exactly as many lines come out as go in.

    The columns that the model reads stand where they stood in its training text.

    Example: seqtool tag chunks.tagger test.txt > tagged.txt
    """
    from seqtool.corpus.text_inputs import lines_of
    from seqtool.labelling.tagging.tag import Counts, load_tagger, tag_lines
    from seqtool.nn.device import choose_device, set_threads

    if sources.errors == "skip" or sources.column is not None:
        raise UsageError("tag answers every line: it cannot skip any", "leave --errors skip and --column out")
    set_threads(compute.threads)
    loaded = load_tagger(model, choose_device(compute.device)[0])
    name = "standard input" if text == "-" else text
    for line in tag_lines(loaded, name, lines_of([text], sources, plain=True), batch_size, Counts()):
        print(line)
