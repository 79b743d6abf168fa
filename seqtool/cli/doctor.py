"""The command that looks a text over: doctor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqtool.cli.options import Format, Json
from seqtool.cli.saved_options import OverwriteEither, PictureOrKept
from seqtool.corpus.options import SUBWORD_TOKENIZERS, PreprocessOptions, SourceOptions
from seqtool.errors import InputError, UsageError
from seqtool.evaluation.saved_answers import SavedAnswer, picture_of, tell_missing

if TYPE_CHECKING:
    from collections import Counter

    from seqtool.artifact.manifest import Input
    from seqtool.corpus.doctor.inspect import Finding, Inspection
    from seqtool.corpus.doctor.remedies import Reading
    from seqtool.corpus.reading.sources import Source

_COLUMNS = ("text", "what", "value", "line", "remedy")
_COUNTED_AS = ("tokenizer", "normalize", "lower", "digits")  # the preprocessing that the findings depend on


def doctor(
    texts: Annotated[list[str], typer.Argument(help="texts; the first to train on, the others to test with")],
    output: PictureOrKept = None,
    overwrite: OverwriteEither = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
) -> None:
    """What is wrong or odd in a text, what it shares with others, and what each training would take with it.

    A file whose bytes are not valid is read in the encoding that it looks like, or they are replaced; either is told.
    Nothing is written but what -o names: Zipf's and Heaps's curves, or in a folder what was found, which is then the
    answer. Otherwise times are told too, rough ones, of the commands' defaults, by the cores of this machine.

    Example: seqtool doctor corpus.txt
    """
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.corpus.doctor.inspect import shared
    from seqtool.progress import note

    form = form_of(output_format, as_json)
    if preprocessing.tokenizer in SUBWORD_TOKENIZERS:
        raise UsageError(f"--tokenizer {preprocessing.tokenizer} is learned from the text first", "use another")
    picture = picture_of(output, overwrite)
    exhibit = None if output is None or picture else _exhibit(texts, sources, preprocessing, output, overwrite)
    if exhibit is not None and exhibit.stands:
        note(f"{output} is up to date")
        print_rows(_COLUMNS, map(_kept, exhibit.rows()), form)
        return
    rows: list[list[tuple[Any, ...]]] = []  # of each text
    inspected: list[Inspection] = []
    inputs: list[Input] = []
    for name in texts:
        findings, inspection, entry = _inspected(name, sources, preprocessing)
        findings += shared(inspected[0], inspection) if inspected else ()
        rows.append([_row(inspection.name, finding) for finding in findings])
        inspected.append(inspection)
        inputs.append(entry)
    if picture is not None:
        _draw(inspected, picture, overwrite)
    if output is not None and picture is None:
        exhibit = exhibit or SavedAnswer(output, "doctor", _determined(sources, preprocessing), inputs, overwrite)
        _keep(exhibit, list(chain(*rows)), preprocessing.tokenizer)
    else:
        rows[0] += [_row(inspected[0].name, cost) for cost in _costs(inspected[0], preprocessing)]
    print_rows(_COLUMNS, chain(*rows), form)


def _row(name: str, finding: Finding) -> tuple[Any, ...]:
    return name, finding.what, finding.value, finding.line, finding.remedy


def _draw(texts: Sequence[Inspection], picture: Path, overwrite: bool) -> None:
    from seqtool.progress import note
    from seqtool.vectors.plots.text_plot import draw_text_laws

    missing = draw_text_laws(texts, picture, overwrite)
    note(f"wrote {picture}")
    tell_missing(missing)


def _determined(sources: SourceOptions, preprocessing: PreprocessOptions) -> dict[str, Any]:
    from seqtool.options import determining

    counted = {name: value for name, value in determining(preprocessing).items() if name in _COUNTED_AS}
    return determining(sources) | counted


def _exhibit(
    texts: Sequence[str], sources: SourceOptions, preprocessing: PreprocessOptions, output: Path, overwrite: bool
) -> SavedAnswer | None:
    """Where the answer is kept; ``None`` where only reading tells what the texts are."""
    from seqtool.corpus.artifact import known_input
    from seqtool.corpus.reading.sources import open_sources

    opened = [open_sources([name], sources) for name in texts]
    known = [[known_input(source, sources) for source in some] for some in opened]
    if any(entry is None for some in known for entry in some):
        return None
    inputs = [_joined(name, [e for e in some if e is not None]) for name, some in zip(texts, known, strict=True)]
    return SavedAnswer(output, "doctor", _determined(sources, preprocessing), inputs, overwrite)


def _keep(exhibit: SavedAnswer, rows: Sequence[tuple[Any, ...]], tokenizer: str) -> None:
    written = [["" if cell is None else cell for cell in row] for row in rows]
    exhibit.keep(",".join(dict.fromkeys(row[0] for row in rows)), tokenizer, _COLUMNS, written)


def _kept(row: list[str]) -> tuple[Any, ...]:
    """A row of `_COLUMNS` as it was found."""
    text, what, value, line, remedy = row
    for kind in (int, float):
        try:
            return text, what, kind(value), int(line) if line else None, remedy
        except ValueError:
            continue
    return text, what, value, int(line) if line else None, remedy


def _inspected(
    name: str, sources: SourceOptions, preprocessing: PreprocessOptions
) -> tuple[list[Finding], Inspection, Input]:
    """What was changed while the text was read and what was found in it, the text looked over, and what it is."""
    from collections import Counter

    from seqtool.corpus.artifact import read_input
    from seqtool.corpus.doctor.inspect import Finding, Inspection
    from seqtool.corpus.normalize import Normalizer
    from seqtool.corpus.preprocess import changes
    from seqtool.corpus.reading.sources import lines
    from seqtool.corpus.tokenizers.load import load_tokenizer

    told, lenient = _encoding(name, sources)
    called = "stdin" if name == "-" else Path(name).name
    opened, counts = _opened(name, lenient), Counter[str]()
    inspection = Inspection(called, load_tokenizer(preprocessing), Normalizer(preprocessing))
    inspection.read(lines(opened, lenient, counts))
    inspection.reading = _reading(name, opened, lenient, counts)
    told += _ragged(opened, lenient)
    told += [Finding(f"{row['what']} {row['why']}", row["count"], _remedy(row["why"])) for row in changes(counts)]
    if counts["replaced"]:  # these were lost now, not by an earlier step
        inspection.odd["replacement characters (U+FFFD)"] = 0
    return (
        [*told, *inspection.findings()],
        inspection,
        _joined(name, [read_input(source, sources) for source in opened]),
    )


def _opened(name: str, sources: SourceOptions) -> list[Source]:
    """The sources of a text, whose faulty rows are to be counted."""
    from seqtool.corpus.reading.sources import open_sources

    opened = open_sources([name], sources)
    for source in opened:
        source.tolerant = True
    return opened


def _ragged(opened: Sequence[Source], sources: SourceOptions) -> Iterator[Finding]:
    """The rows of each table that have more or fewer cells than its first."""
    from seqtool.corpus.doctor.inspect import Finding

    for source in {source.name: source for source in opened}.values():  # a source for each column
        if source.first_ragged is not None:
            line = None if sources.errors == "skip" else source.first_ragged.line
            remedy = f"other commands stop here: {source.first_ragged}"
            yield Finding("rows with more or fewer cells than the first", source.ragged, remedy, line)


def _reading(name: str, opened: Sequence[Source], sources: SourceOptions, counts: Counter[str]) -> Reading:
    from seqtool.corpus.doctor.remedies import Reading

    kind, column = opened[0].kind, sources.column
    numbered = column is not None and column.isdecimal()
    return Reading(
        file=Path(name).name if len(opened) == 1 and Path(name).is_file() else "",
        cells=kind != "text",
        column=int(column) if column is not None and numbered and kind == "tsv" else None,
        as_is=not any(count for what, count in counts.items() if what != "nulls"),
        encoding=sources.encoding,
        first=2 if kind in ("csv", "tsv") and not numbered else 1,
        numbered=len(opened) == 1 and sources.errors != "skip",
    )


def _joined(name: str, found: list[Input]) -> Input:
    """A text as an input: of several files one, called by the pattern that found them."""
    import dataclasses

    digest = "+".join(dict.fromkeys(entry.digest for entry in found))
    called = found[0].name if len({entry.name for entry in found}) == 1 else Path(name).name
    return dataclasses.replace(found[0], name=called, digest=digest)


def _encoding(name: str, sources: SourceOptions) -> tuple[list[Finding], SourceOptions]:
    """What is wrong with a file's encoding, and how it is read nevertheless: in the one that it looks like."""
    import dataclasses
    import re
    from collections import Counter

    from seqtool.corpus.doctor.inspect import Finding
    from seqtool.corpus.reading.sources import lines

    if sources.errors != "strict":
        return [], sources
    lenient = dataclasses.replace(sources, errors="replace")
    if not Path(name).is_file():
        return [], lenient
    try:
        for _ in lines(_opened(name, sources), sources, Counter()):
            pass
    except InputError as error:
        guess = re.search(r", line (\d+), byte .*it looks like ([\w-]+)", error.message)
        if guess is None:
            return [], lenient
        line, encoding = int(guess[1]), guess[2]
        told = Finding(
            "encoding", f"not {sources.encoding}, looks like {encoding}", f"give --encoding {encoding}", line
        )
        return [told], dataclasses.replace(sources, encoding=encoding, errors="replace")
    return [], sources


def _remedy(why: str) -> str:
    return "find the text's encoding and give --encoding" if "U+FFFD" in why else ""


def _costs(inspection: Inspection, preprocessing: PreprocessOptions) -> Iterator[Finding]:
    from seqtool.corpus.doctor.costs import costs
    from seqtool.corpus.doctor.inspect import Finding
    from seqtool.corpus.options import thread_count

    for cost in costs(inspection, thread_count(preprocessing.threads)):
        yield Finding(f"{cost.command}: about", f"{cost.minutes:g} min; memory: {cost.memory}")
