"""The command that looks a text over: doctor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqtool.cli.options import Format, Json, register
from seqtool.corpus.options import SUBWORD_TOKENIZERS, PreprocessOptions, SourceOptions
from seqtool.errors import InputError, UsageError

if TYPE_CHECKING:
    from seqtool.corpus.inspect import Inspection

_COLUMNS = ("text", "what", "value", "remedy")


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this file."""
    register(app, "Corpus")(doctor)


def doctor(
    texts: Annotated[list[str], typer.Argument(help="texts; the first to train on, the others to test with")],
    picture: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Zipf's and Heaps's curves: .png, .svg or .pdf"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace a picture of that name")] = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
) -> None:
    """What is wrong or odd in a text, what it shares with others, and what each training would take with it.

    A file whose bytes are not valid is read in the encoding that it looks like, or they are replaced; either is told.
    Nothing is written but the picture. Times are rough, of the commands' defaults, by the cores of this machine.

    Example: seqtool doctor corpus.txt
    """
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.corpus.inspect import shared
    from seqtool.vectors.plot import check_output

    form = form_of(output_format, as_json)
    if preprocessing.tokenizer in SUBWORD_TOKENIZERS:
        raise UsageError(f"--tokenizer {preprocessing.tokenizer} is learned from the text first", "use another")
    if picture is not None:
        check_output(picture, overwrite)
    rows: list[tuple[Any, ...]] = []
    found: list[Inspection] = []
    for name in texts:
        told, inspection = _inspected(name, sources, preprocessing)
        rows += [(inspection.name, *finding) for finding in (*told, *inspection.findings())]
        if found:
            rows += [(inspection.name, *finding) for finding in shared(found[0], inspection)]
        else:
            rows += [(inspection.name, *cost) for cost in _costs(inspection, preprocessing)]
        found.append(inspection)
    if picture is not None:
        from seqtool.progress import note
        from seqtool.vectors.text_plot import draw_text_laws

        draw_text_laws(found, picture, overwrite)
        note(f"wrote {picture}")
    print_rows(_COLUMNS, rows, form)


def _inspected(
    name: str, sources: SourceOptions, preprocessing: PreprocessOptions
) -> tuple[list[tuple[str, Any, str]], Inspection]:
    """What was changed while the text was read, and the text looked over."""
    from collections import Counter

    from seqtool.corpus.inspect import Inspection
    from seqtool.corpus.normalize import Normalizer
    from seqtool.corpus.preprocess import changes
    from seqtool.corpus.read import lines, open_sources
    from seqtool.corpus.tokenize import load_tokenizer

    told, lenient = _encoding(name, sources)
    inspection = Inspection(
        "stdin" if name == "-" else Path(name).name, load_tokenizer(preprocessing), Normalizer(preprocessing)
    )
    changed: Counter[str] = Counter()
    inspection.read(lines(open_sources([name], lenient), lenient, changed))
    told += [(f"{row['what']} {row['why']}", row["count"], _remedy(row["why"])) for row in changes(changed)]
    if changed["replaced"]:  # these were lost now, not by an earlier step
        inspection.odd["replacement characters (U+FFFD)"] = 0
    return told, inspection


def _encoding(name: str, sources: SourceOptions) -> tuple[list[tuple[str, Any, str]], SourceOptions]:
    """What is wrong with a file's encoding, and how it is read nevertheless: in the one that it looks like."""
    import dataclasses
    import re
    from collections import Counter

    from seqtool.corpus.read import lines, open_sources

    if sources.errors != "strict":
        return [], sources
    lenient = dataclasses.replace(sources, errors="replace")
    if not Path(name).is_file():
        return [], lenient
    try:
        for _ in lines(open_sources([name], sources), sources, Counter()):
            pass
    except InputError as error:
        guess = re.search(r"it looks like ([\w-]+)", error.message)
        if guess is None:
            return [], lenient
        found = dataclasses.replace(sources, encoding=guess[1], errors="replace")
        return [("encoding", f"not {sources.encoding}, looks like {guess[1]}", f"give --encoding {guess[1]}")], found
    return [], sources


def _remedy(why: str) -> str:
    return "find the text's encoding and give --encoding" if "U+FFFD" in why else ""


def _costs(inspection: Inspection, preprocessing: PreprocessOptions) -> Iterator[tuple[str, str, str]]:
    from seqtool.corpus.inspect import costs
    from seqtool.corpus.options import thread_count

    for cost in costs(inspection, thread_count(preprocessing.threads)):
        yield f"{cost.command}: about", f"{cost.minutes:g} min; memory: {cost.memory}", ""
