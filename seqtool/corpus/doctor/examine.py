"""Texts from their sources to findings: how each can be read, what is in it, what it shares with the first."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from seqtool.artifact.manifest import Input
from seqtool.corpus.artifact import known_input, read_input
from seqtool.corpus.doctor.inspect import Finding, Inspection, shared
from seqtool.corpus.doctor.remedies import Reading
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.corpus.preprocess import changes
from seqtool.corpus.reading.blocks import UndecodableTextError
from seqtool.corpus.reading.conllu import looks_like_conllu
from seqtool.corpus.reading.sources import Source, lines, open_sources
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.errors import InputError
from seqtool.options import determining

COLUMNS = ("text", "what", "value", "line", "remedy")
_LOOKED_AT = 1000  # lines that show whether a text is CoNLL-U
_COUNTED_AS = ("tokenizer", "normalize", "lower", "digits")  # the preprocessing that the findings depend on


class Examination(NamedTuple):
    """What was found in one text.

    Attributes:
        inspection: the text's lines, counted.
        findings: what is told of it, in order.
        input: the text as an artifact's input.
    """

    inspection: Inspection
    findings: list[Finding]
    input: Input

    def rows(self) -> list[tuple[Any, ...]]:
        """The findings as rows of `COLUMNS`."""
        name = self.inspection.name
        return [(name, finding.what, finding.value, finding.line, finding.remedy) for finding in self.findings]


def examine_texts(texts: Sequence[str], sources: SourceOptions, preprocessing: PreprocessOptions) -> list[Examination]:
    """Read texts and look for what is wrong or odd in each, and for what the others share with the first.

    Args:
        texts: paths, globs, ``-`` or ``hf:`` names.
        sources: how they are read. Under ``--errors strict`` a text that is not valid is read nevertheless.
        preprocessing: how they are tokenized.

    Raises:
        InputError: a text that cannot be read.
    """
    examined: list[Examination] = []
    for name in texts:
        text = _examine(name, sources, preprocessing)
        if examined:
            text.findings.extend(shared(examined[0].inspection, text.inspection))
        examined.append(text)
    return examined


def determining_options(sources: SourceOptions, preprocessing: PreprocessOptions) -> dict[str, Any]:
    """The options that the findings depend on."""
    counted = {name: value for name, value in determining(preprocessing).items() if name in _COUNTED_AS}
    return determining(sources) | counted


def known_inputs(texts: Sequence[str], sources: SourceOptions) -> list[Input] | None:
    """The texts as inputs before they are read; ``None`` where only reading tells what one of them is."""
    opened = [open_sources([name], sources) for name in texts]
    known = [[known_input(source, sources) for source in some] for some in opened]
    if any(entry is None for some in known for entry in some):
        return None
    return [_joined(name, [e for e in some if e is not None]) for name, some in zip(texts, known, strict=True)]


def _examine(name: str, sources: SourceOptions, preprocessing: PreprocessOptions) -> Examination:
    findings, lenient = _encoding(name, sources)
    opened, counts = _opened(name, lenient), Counter[str]()
    called = "stdin" if name == "-" else Path(name).name
    inspection = Inspection(called, load_tokenizer(preprocessing), Normalizer(preprocessing))
    read = lines(opened, lenient, counts)
    beginning = list(islice(read, _LOOKED_AT))
    if opened[0].kind == "text" and looks_like_conllu(beginning):
        remedy = "name it .conllu: its sentences are read then, not the columns' cells"
        findings.append(Finding("CoNLL-U that is read as plain text", "yes", remedy, 1))
    inspection.read(chain(beginning, read))
    inspection.reading = _reading(name, opened, lenient, counts)
    findings += _ragged(opened, lenient)
    findings += [Finding(f"{row['what']} {row['why']}", row["count"], _remedy(row["why"])) for row in changes(counts)]
    if counts["replaced"]:  # these were lost now, not by an earlier step
        inspection.odd["replacement characters (U+FFFD)"] = 0
    findings += inspection.findings()
    return Examination(inspection, findings, _joined(name, [read_input(source, sources) for source in opened]))


def _encoding(name: str, sources: SourceOptions) -> tuple[list[Finding], SourceOptions]:
    """What is wrong with a file's encoding, and how it is read nevertheless: in the one that it looks like."""
    if sources.errors != "strict":
        return [], sources
    lenient = dataclasses.replace(sources, errors="replace")
    if not Path(name).is_file():
        return [], lenient
    try:
        for _ in lines(_opened(name, sources), sources, Counter()):
            pass
    except UndecodableTextError as error:
        what = f"not {sources.encoding}, looks like {error.encoding}"
        finding = Finding("encoding", what, f"give --encoding {error.encoding}", error.line)
        return [finding], dataclasses.replace(lenient, encoding=error.encoding)
    except InputError:
        return [], lenient
    return [], sources


def _opened(name: str, sources: SourceOptions) -> list[Source]:
    """The sources of a text, whose faulty rows are to be counted."""
    opened = open_sources([name], sources)
    for source in opened:
        source.tolerant = True
    return opened


def _reading(name: str, opened: Sequence[Source], sources: SourceOptions, counts: Counter[str]) -> Reading:
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


def _ragged(opened: Sequence[Source], sources: SourceOptions) -> Iterator[Finding]:
    """The rows of each table that have more or fewer cells than its first."""
    for source in {source.name: source for source in opened}.values():  # a source for each column
        if source.first_ragged is not None:
            line = None if sources.errors == "skip" else source.first_ragged.line
            remedy = f"other commands stop here: {source.first_ragged}"
            yield Finding("rows with more or fewer cells than the first", source.ragged, remedy, line)


def _remedy(why: str) -> str:
    return "find the text's encoding and give --encoding" if "U+FFFD" in why else ""


def _joined(name: str, found: list[Input]) -> Input:
    """A text as an input: of several files one, called by the pattern that found them."""
    digest = "+".join(dict.fromkeys(entry.digest for entry in found))
    called = found[0].name if len({entry.name for entry in found}) == 1 else Path(name).name
    return dataclasses.replace(found[0], name=called, digest=digest)
