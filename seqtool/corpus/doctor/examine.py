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
from seqtool.corpus.reading.conllu import looks_like_conllu
from seqtool.corpus.reading.sources import Source, lines, open_sources
from seqtool.corpus.reading.transcoding import UndecodableTextError
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.errors import InputError
from seqtool.options import determining
from seqtool.progress import quieted

COLUMNS = ("text", "what", "value", "line", "remedy")
_MISSING_REMEDY = "read as ordinary words; empty these cells if their values are missing"
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
    if opened[0].kind == "text" and (looks_like_conllu(beginning) or looks_like_conllu(beginning, None)):
        remedy = "rename it to .conllu to read its sentences instead of its cells"
        findings.append(Finding("CoNLL-U read as plain text", "yes", remedy, 1))
    inspection.read(chain(beginning, read))
    inspection.reading = _reading(name, opened, lenient, counts)
    findings += _doubts(opened)
    findings += _bad_rows(opened, lenient)
    del counts["bad_rows"]
    missing = counts.pop("missing_words", 0)
    if missing:
        findings.append(Finding("cells such as NA that may stand for a missing value", missing, _MISSING_REMEDY))
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
    files = [source for source in _opened(name, sources) if Path(source.name).is_file()]
    wrong: dict[str, UndecodableTextError] = {}
    for file in files:
        try:
            with quieted():
                for _ in lines([file], sources, Counter()):
                    pass
        except UndecodableTextError as error:
            wrong[file.name] = error
        except InputError:
            return [], lenient
    found = {error.encoding for error in wrong.values()}
    if not files or found & {None, sources.encoding}:
        return [], lenient
    if not wrong:
        return [], sources
    if len(files) > 1:
        what = (
            f"{len(wrong):,} of {len(files):,} files {'is' if len(wrong) == 1 else 'are'} not {sources.encoding}; "
            f"the first is {Path(next(iter(wrong))).name}"
        )
        return [Finding("encoding", what, "use --encoding auto")], dataclasses.replace(lenient, encoding="auto")
    (only,) = wrong.values()
    what = f"not {sources.encoding}, looks like {only.encoding}"
    finding = Finding("encoding", what, f"use --encoding {only.encoding}", only.line)
    return [finding], dataclasses.replace(lenient, encoding=str(only.encoding))


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
        encoding=_in_python(opened[0].taken.encoding or sources.encoding, marked=counts["bom"] > 0),
        first=2 if kind in ("csv", "tsv") and not numbered else 1,
        numbered=len(opened) == 1 and sources.errors != "skip" and not sources.unwrap and not counts["bad_rows"],
    )


def _in_python(encoding: str, marked: bool) -> str:
    """The encoding's name with which Python reads and writes the byte order mark too, where there is one."""
    if not marked:
        return encoding
    return "utf-8-sig" if encoding == "utf-8" else encoding.removesuffix("-le").removesuffix("-be")


def _doubts(opened: Sequence[Source]) -> Iterator[Finding]:
    """What speaks against the encoding that a file was read in."""
    for source in {source.name: source for source in opened}.values():  # a source for each column
        for doubt in source.taken.doubts:
            yield Finding(doubt.what, doubt.number, doubt.remedy, doubt.line)


def _bad_rows(opened: Sequence[Source], sources: SourceOptions) -> Iterator[Finding]:
    """The rows of each table that cannot be read."""
    for source in {source.name: source for source in opened}.values():  # a source for each column
        if source.first_bad_row is not None:
            first = source.first_bad_row
            remedy = (
                f"doctor skips them; other commands stop with: {first}" if sources.bad_rows == "error" else str(first)
            )
            yield Finding("damaged rows", source.bad_rows, remedy, first.line)


def _remedy(why: str) -> str:
    return "find out the encoding of the text and give it with --encoding" if "U+FFFD" in why else ""


def _joined(name: str, found: list[Input]) -> Input:
    """A text as an input: of several files one, called by the pattern that found them."""
    digest = "+".join(dict.fromkeys(entry.digest for entry in found))
    called = found[0].name if len({entry.name for entry in found}) == 1 else Path(name).name
    return dataclasses.replace(found[0], name=called, digest=digest)
