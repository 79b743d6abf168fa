"""The train-ngram command."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Annotated

import typer

from seqtool.cli.options import DryRunOfText, Format, Json, Output, Overwrite
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import OutputError, UsageError
from seqtool.ngrams.options import NgramOptions

PANEL = "Language models"
Arpa = Annotated[
    Path | None, typer.Option("--arpa", metavar="FILE", help="also write the model as ARPA text (.gz: compressed)")
]


def train_ngram(
    corpus: Annotated[
        list[str], typer.Argument(help="a corpus or text to train on, or a model as ARPA text", show_default=False)
    ],
    arpa: Arpa = None,
    output: Output = None,
    overwrite: Overwrite = False,
    dry_run: DryRunOfText = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: NgramOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> None:
    """Train an n-gram language model: count the n-grams of a text and smooth the counts.

    A raw text is first made into a corpus artifact beside it. ARPA text, of any tool, is made into a model as it is.

    Example: seqtool train-ngram corpus.txt --order 3 --arpa corpus.arpa -o corpus.3gram.lm
    """
    from seqtool.cli.answer import asked_form, form_of, made, print_made, print_record
    from seqtool.corpus.artifact import corpus_of, output_for
    from seqtool.ngrams.artifact import build_from_arpa, build_ngram, describe, export_arpa, load_ngram
    from seqtool.progress import note

    form = asked_form(output_format, as_json)
    _check(corpus, arpa, options, overwrite, explicit)
    given = _given_arpa(corpus, explicit)
    if given is not None:
        output = output or output_for(given, "lm")
        written_anew = build_from_arpa(given, output, overwrite)
    else:
        written = explicit - set(NgramOptions.__dataclass_fields__)
        preprocessing = dataclasses.replace(preprocessing, vocab=None)
        artifact = corpus_of(corpus, sources, preprocessing, written, output, overwrite)
        output = output or output_for(artifact.path, f"{options.order}gram.lm")
        if dry_run:
            print_record({"output": str(output), **describe(artifact, options)}, form_of(output_format, as_json))
            return
        written_anew = build_ngram(artifact, options, output, overwrite)
    if arpa is not None:
        export_arpa(load_ngram(output, options.threads), arpa)
        note(f"wrote {arpa}")
    print_made(made(output, "ngram", "model"), written_anew, form)


def _check(
    corpus: list[str], arpa: Path | None, options: NgramOptions, overwrite: bool, explicit: frozenset[str]
) -> None:
    """Refuse what would be found out after the training only, or not at all.

    Raises:
        UsageError: options of another smoothing, scores as ARPA.
        OutputError: --arpa names the input, a missing folder, or a file that is no ARPA text.
    """
    from seqtool.ngrams.arpa.read import is_arpa

    for name, smoothing in (("add_k", "add-k"), ("alpha", "stupid-backoff")):
        usual = getattr(NgramOptions, name)  # which the command of a lineage writes out
        if name in explicit and options.smoothing != smoothing and getattr(options, name) != usual:
            flag = "--" + name.replace("_", "-")
            raise UsageError(f"{flag} goes with --smoothing {smoothing}", "leave it out, or choose that")
    if arpa is None:
        return
    if options.smoothing == "stupid-backoff":
        raise UsageError("ARPA holds probabilities, stupid-backoff gives none", "choose another --smoothing")
    if not arpa.absolute().parent.is_dir():
        raise OutputError(f"--arpa {arpa}: its folder does not exist", "make it first, or choose another name")
    if not os.access(arpa if arpa.exists() else arpa.absolute().parent, os.W_OK):
        raise OutputError(f"--arpa {arpa} cannot be written", "choose another name")
    if arpa.exists() and any(Path(name).exists() and arpa.samefile(name) for name in corpus):
        raise OutputError(f"--arpa {arpa} is the input", "choose another name")
    if arpa.is_dir() or (arpa.exists() and not overwrite and not is_arpa(arpa)):
        raise OutputError(f"--arpa {arpa} exists and is no ARPA text", "choose another name, or add --overwrite")


def _given_arpa(corpus: list[str], explicit: frozenset[str]) -> Path | None:
    """The ARPA text that was given instead of a corpus.

    Raises:
        UsageError: options that would have no effect on it.
    """
    from seqtool.ngrams.arpa.read import is_arpa
    from seqtool.options import flags

    if len(corpus) != 1 or not is_arpa(Path(corpus[0])):
        return None
    usable = {"arpa", "output", "overwrite", "output_format", "as_json", "quiet", "debug", "threads", "memory"}
    unused = sorted(explicit - usable - {"corpus"})
    if unused:
        raise UsageError(
            f"{flags(unused)} cannot change {corpus[0]}, a finished model", "give the text it was trained on"
        )
    return Path(corpus[0])
