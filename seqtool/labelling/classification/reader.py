"""From the labelled texts that a user gives to examples of a classifier."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seqtool.artifact.read import Artifact, is_artifact, open_artifact
from seqtool.corpus.artifact import ensure_corpus, open_corpus
from seqtool.corpus.model_text import HeldOut
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.corpus.output_names import free_output_path
from seqtool.corpus.reading.tables.kinds import FIRST_OF_LABELS
from seqtool.corpus.text_inputs import held_out_texts
from seqtool.errors import UsageError
from seqtool.labelling.classification.texts import Labelled, read_labels, resolve_columns
from seqtool.labelling.options import ClassifierOptions, LabelledTexts, Validation
from seqtool.options import determining, flags


@dataclass(frozen=True)
class LabelledReader:
    """Where labelled texts are, and how they are read."""

    texts: str
    labelled: LabelledTexts
    validation: Validation
    model: ClassifierOptions
    sources: SourceOptions
    preprocessing: PreprocessOptions

    def check(self) -> None:
        """Refuse options that would part texts from their labels.

        Raises:
            UsageError: saying what is wanted.
        """
        if self.texts == "-":
            raise UsageError("labelled texts are read twice, standard input only once", "write them to a file")
        dropping = self.sources.errors == "skip" or self.preprocessing.blank_lines == "drop"
        if dropping or self.preprocessing.split is not None:
            remedy = (
                "leave --errors skip, --blank-lines drop and --split out (--valid and --valid-share hold texts out)"
            )
            raise UsageError("every text has its label", remedy)

    def default_output(self) -> Path:
        """The name of a model that the user did not name: after the texts."""
        if self.texts.startswith("hf:") or Path(self.texts).name in ("", ".."):
            raise UsageError(f"an output name cannot be derived from {self.texts}", "name the result with -o")
        kind = self.model.cell if self.model.arch == "recurrent" else self.model.arch
        return free_output_path(Path(self.texts), f"{kind}.classifier")

    def text_processor(self, explicit: frozenset[str], output: Path, overwrite: bool) -> Artifact:
        """What tokenises the texts: their own corpus, made where it is not there yet, or the model of ``--init-lm``.

        Args:
            explicit, output, overwrite: see `ensure_corpus`.
        """
        if is_artifact(Path(self.texts)):
            raise UsageError(f"{self.texts} is an artifact, which has no labels", "give the labelled texts")
        _ = self._labels  # read first, so that no corpus is made of texts without labels
        if self.model.init_lm is None:
            return ensure_corpus([self.texts], self._read, self.preprocessing, explicit, output, overwrite)
        like = open_artifact(Path(self.model.init_lm), "lm")
        for name in sorted(explicit & (set(PreprocessOptions.__dataclass_fields__) - {"threads", "memory"})):
            raise UsageError(f"{flags([name])} is fixed by --init-lm", "leave it out")
        return like

    @contextmanager
    def open(self, like: Artifact) -> Iterator[tuple[Labelled, Labelled | None]]:
        """The texts to train on, and those that are given to validate on; ``like`` is the `text_processor`."""
        with ExitStack() as stack:
            if self.model.init_lm is None:
                corpus = open_corpus(like)
                lines = slice(0, len(corpus))
                text = HeldOut(Path(self.texts).name, corpus, lines, like.as_input(), like.manifest.ledger)
            else:
                text = stack.enter_context(held_out_texts(like, [self.texts], self._read, keep_blank=True))[0]
            data = Labelled(text, self._labels, self._reading())
            given, valid = None, self.validation.valid
            if valid is not None:
                label, column = resolve_columns(valid, self.labelled, self.sources)
                read = dataclasses.replace(self.sources, column=column)
                other = stack.enter_context(held_out_texts(like, [valid], read, keep_blank=True))[0]
                given = Labelled(other, read_labels(valid, label, self.labelled, self.sources))
            yield data, given

    @cached_property
    def _columns(self) -> tuple[str, str]:
        return resolve_columns(self.texts, self.labelled, self.sources)

    @cached_property
    def _labels(self) -> list[str | None]:
        return read_labels(self.texts, self._columns[0], self.labelled, self.sources)

    @property
    def _read(self) -> SourceOptions:
        """How the texts are read without their labels."""
        return dataclasses.replace(self.sources, column=self._columns[1])

    def _reading(self) -> dict[str, Any]:
        """The options by which the texts are read, the form of the labels filled in."""
        form, apart, _ = self._columns[1].partition("/")
        form = "fasttext" if form == FIRST_OF_LABELS else form
        labelled = dataclasses.replace(self.labelled, form=form if apart else "columns")
        own = determining(self.preprocessing) if self.model.init_lm is None else {}
        own.pop("max_vocab", None)
        return own | determining(self.sources) | determining(labelled)
