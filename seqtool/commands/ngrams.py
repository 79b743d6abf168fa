"""The train-ngram command."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

from seqtool.commands.answers import Answer, Made, Record, made
from seqtool.commands.declaration import TargetOfText
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import UsageError
from seqtool.ngrams.options import NgramOptions, check_parameters
from seqtool.options import Argument, Option, flags

_OF_ARPA = {"corpus", "arpa", "output", "overwrite", "threads", "memory"}  # options that apply to an ARPA file


def train_ngram(
    corpus: Annotated[list[str], Argument("a corpus or text to train on, or an ARPA file to convert")],
    arpa: Annotated[Path | None, Option("also write an ARPA file (.gz: compressed)", metavar="FILE")] = None,
    *,
    target: TargetOfText,
    options: NgramOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> Answer:
    """Train an n-gram language model.

    Reads a corpus or a raw text, counts n-grams and smooths the counts. An ARPA file from any tool is converted to a
    model with the same probabilities.

    Example: seqtool train-ngram corpus.txt --order 3 --arpa corpus.arpa -o corpus.3gram.lm
    """
    from seqtool.corpus.artifact import ensure_corpus, output_path
    from seqtool.ngrams.arpa.output import check_arpa_output
    from seqtool.ngrams.artifact import arpa_output_path, build_from_arpa, build_ngram, describe

    check_parameters(options, explicit)
    if arpa is not None:
        check_arpa_output(arpa, options, corpus, target.overwrite)
    given = _given_arpa(corpus, explicit)
    if given is not None:
        output = target.output or arpa_output_path(given)
        return _made(output, build_from_arpa(given, output, target.overwrite), arpa, options)
    written = explicit - set(NgramOptions.__dataclass_fields__)
    preprocessing = dataclasses.replace(preprocessing, vocab=None)
    artifact = ensure_corpus(corpus, sources, preprocessing, written, target.output, target.overwrite)
    output = target.output or output_path(artifact.path, f"{options.order}gram.lm")
    if target.dry_run:
        return Record({"output": str(output), **describe(artifact, options)})
    return _made(output, build_ngram(artifact, options, output, target.overwrite), arpa, options)


def _made(output: Path, written: bool, arpa: Path | None, options: NgramOptions) -> Made:
    """Write the ARPA file, if there is one, and return the answer."""
    from seqtool.ngrams.artifact import export_arpa, load_ngram
    from seqtool.progress import note

    if arpa is not None:
        export_arpa(load_ngram(output, options.threads), arpa)
        note(f"wrote {arpa}")
    return made(output, "ngram", written, "model")


def _given_arpa(corpus: list[str], explicit: frozenset[str]) -> Path | None:
    """The ARPA file that was given instead of a corpus.

    Raises:
        UsageError: options that have no effect on an ARPA file.
    """
    from seqtool.ngrams.arpa.read import is_arpa

    if len(corpus) != 1 or not is_arpa(Path(corpus[0])):
        return None
    unused = sorted(explicit - _OF_ARPA)
    if unused:
        raise UsageError(
            f"{flags(unused)} cannot be used with {corpus[0]}, which is a trained model",
            "give the text that it was trained on",
        )
    return Path(corpus[0])
