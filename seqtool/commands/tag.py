"""The command that labels words: tag."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from seqtool.commands.answers import Lines
from seqtool.commands.declaration import answers_in_lines
from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.nn.options import DeviceOptions
from seqtool.options import Argument, Option


@answers_in_lines
def tag(
    model: Annotated[Path, Argument("a model that train-tagger made")],
    text: Annotated[str, Argument("columns; - or nothing: standard input")] = "-",
    batch_size: Annotated[int, Option("sentences computed side by side", minimum=1)] = 64,
    *,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Lines:
    """Columns with one more, the label of each word: exactly as many lines come out as go in.

    The columns that the model reads stand where they stood in its training text.

    Example: seqtool tag chunks.tagger test.txt > tagged.txt
    """
    from seqtool.corpus.text_inputs import read_text_lines
    from seqtool.labelling.tagging.tag import Counts, load_tagger, tag_lines
    from seqtool.nn.device import use_device

    if sources.errors == "skip" or sources.column is not None:
        raise UsageError("tag answers every line: it cannot skip any", "leave --errors skip and --column out")
    loaded, name = load_tagger(model, use_device(compute)), "standard input" if text == "-" else text
    return Lines(tag_lines(loaded, name, read_text_lines([text], sources, plain=True), batch_size, Counts()))
