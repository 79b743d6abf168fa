"""Mixtures: several language models, n-gram and neural alike, interpolated as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from seqtool.artifact.manifest import Input, Recipe
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.model_text import HeldOut, ModelText
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.text_inputs import model_text
from seqtool.decoding.mixture import MixedSteps, aligned, mix, tune_weights
from seqtool.errors import UsageError
from seqtool.evaluation.any_model import LoadedModel, open_language_model
from seqtool.nn.options import DeviceOptions
from seqtool.progress import note


@contextmanager
def open_mixture(
    path: Path,
    mix: Sequence[str] | None,
    tune: str | None,
    sources: SourceOptions,
    compute: DeviceOptions,
    context: str | None = None,
) -> Iterator[LoadedModel]:
    """The model at a path, interpolated with those of ``mix``.

    Weights are tuned once they are asked for, in the ``context`` given or each model's own.

    Raises:
        UsageError: invalid weights, models of other words or tokens, or nothing to tune on.
    """
    parts = [_split(name) for name in mix or ()]
    paths = [path, *(other for other, _ in parts)]
    with ExitStack() as stack:
        models = [stack.enter_context(open_language_model(one, compute)) for one in paths]
        if not parts:
            if tune:
                raise UsageError("--tune needs --mix", "add --mix MODEL")
            yield models[0]
            return
        _check(models)
        given = _given([weight for _, weight in parts], tune)
        held_out = stack.enter_context(model_text(models[0].artifact, [tune], sources)) if tune else None
        yield Mixture(models, given, held_out, context)


def _given(weights: list[float | None], tune: str | None) -> list[float] | None:
    """The weights of all but the first model; ``None`` where they are to be tuned."""
    given = [weight for weight in weights if weight is not None]
    if not given and tune is None:
        raise UsageError("--mix needs a weight", "write --mix MODEL:0.5, or add --tune TEXT")
    if given and (tune is not None or len(given) < len(weights) or not 0 <= sum(given) <= 1):
        raise UsageError(
            "--mix needs either a weight for each model, at most 1 in total (the first model gets the rest), or --tune",
            "give all weights, or none of them and --tune",
        )
    return given or None


@dataclass(frozen=True)
class MixedText(ModelText):
    """A text in the ids of the first model, and of every model in ``texts``."""

    texts: tuple[ModelText, ...]


class Mixture:
    """Models with weights, as one `LoadedModel`.

    Args:
        models: of the same words.
        given: the weights of all but the first.
        tune: the text that the weights are tuned on where none are given.
        tuned_in: the context in which they are; each model's own where it is left out.
    """

    contexts: ClassVar[tuple[str, ...]] = ()
    probabilistic = True

    def __init__(
        self,
        models: Sequence[LoadedModel],
        given: Sequence[float] | None,
        tune: HeldOut | None,
        tuned_in: str | None = None,
    ) -> None:
        self.models, self.given, self._tune, self._tuned_in = list(models), given, tune, tuned_in
        first = models[0]
        self.artifact, self.vocabulary, self.unk_id = first.artifact, first.vocabulary, first.unk_id
        self.tokenizer, self.preprocessing, self.lossless = first.tokenizer, first.preprocessing, first.lossless
        self.encode, self.unknown, self.decode = first.encode, first.unknown, first.decode
        self.device = first.device

    @cached_property
    def weights(self) -> list[float]:
        """One for each model, together 1."""
        if self.given is not None:
            return [1 - sum(self.given), *self.given]
        assert self._tune is not None
        return _tuned(self.models, self._tune, self._tuned_in or self.context)

    @property
    def name(self) -> str:
        """All names, with their weights."""
        return "+".join(f"{model.name}:{weight:.6g}" for model, weight in zip(self.models, self.weights, strict=True))

    @property
    def context(self) -> str:
        """Every model's own."""
        return "+".join(model.context for model in self.models)

    @property
    def inputs(self) -> list[Input]:
        """What a result depends on, the first model, the others, and the text of the tuning."""
        first, *others = (model.artifact.as_input() for model in self.models)
        tuned = [] if self._tune is None or self._tune.source is None else [self._tune.source]
        roles = [("mix", entry) for entry in others] + [("tune", entry) for entry in tuned]
        return [first, *(replace(entry, kind=f"{role}:{entry.kind}") for role, entry in roles)]

    def encode_corpus(self, name: str, corpus: Corpus, sentences: slice) -> Any:
        """Sentences of a corpus in the ids of every model."""
        texts = tuple(model.encode_corpus(name, corpus, sentences) for model in self.models)
        return MixedText(**vars(texts[0]), texts=texts)

    def log_probs(self, text: Any, context: str) -> Iterable[np.ndarray]:
        """Natural-log probabilities under the mixture, in pieces."""
        return mix(_log_probs(self.models, text.texts, context), self.weights)

    def step_model(self) -> Any:
        """The mixture, token by token."""
        ids_MV = np.stack([self.vocabulary.mapping(model.vocabulary) for model in self.models])
        return MixedSteps([model.step_model() for model in self.models], self.weights, ids_MV)


def evaluation_recipe(
    command: str, options: Mapping[str, Any], loaded: LoadedModel, text: HeldOut | None = None
) -> Recipe:
    """What determines a result of a model or a mixture, with the text that it is about, if there is one."""
    models, weights = [loaded.artifact.as_input()], {}
    if isinstance(loaded, Mixture):
        models = loaded.inputs
        weights = {"weights": list(loaded.given)} if loaded.given is not None else {}
    texts = [text.source] if text is not None and text.source is not None else []
    return Recipe("evaluation", command, {**options, **weights}, [*models, *texts])


def _split(name: str) -> tuple[Path, float | None]:
    """``model.lm:0.3`` → the path and 0.3; a path without a weight stays whole."""
    path, _, weight = name.rpartition(":")
    try:
        number = float(weight) if path else None
    except ValueError:
        number = None
    if number is None:
        return Path(name), None
    if not 0 <= number <= 1:
        raise UsageError(f"--mix {name}: {weight} is not a weight", "give a number from 0 to 1")
    return Path(path), number


def _check(models: Sequence[LoadedModel]) -> None:
    """Refuse models whose probabilities are not of the same events."""
    from seqtool.corpus.text_processor import is_from_arpa

    first = models[0]
    words = set(first.vocabulary.tokens)
    for model in models:
        if not model.probabilistic:
            message = f"{model.name} gives scores, not probabilities, and cannot be mixed"
            raise UsageError(message, "use models with another --smoothing")
        for name in ("tokenizer", "normalize", "lower", "digits"):
            if name == "normalize" and (is_from_arpa(model.artifact) or is_from_arpa(first.artifact)):
                continue
            if getattr(model.preprocessing, name) != getattr(first.preprocessing, name):
                message = f"{model.name} and {first.name} were trained with different --{name}"
                raise UsageError(message, "train both on the same corpus")
        if set(model.vocabulary.tokens) != words:
            raise UsageError(
                f"{model.name} and {first.name} have different vocabularies, of {len(model.vocabulary):,} and "
                f"{len(words):,} words",
                "train both on the same corpus with the same --min-count and --max-vocab",
            )


def _tuned(models: Sequence[LoadedModel], held_out: HeldOut, context: str) -> list[float]:
    encoded = [m.encode_corpus(held_out.name, held_out.corpus, held_out.sentences) for m in models]
    pieces = list(aligned(_log_probs(models, encoded, context)))
    weights = tune_weights(np.concatenate(pieces, axis=1)).tolist() if pieces else [1 / len(models)] * len(models)
    note("tuned weights: " + ", ".join(f"{m.name} {weight:.4f}" for m, weight in zip(models, weights, strict=True)))
    return list(weights)


def _log_probs(models: Sequence[LoadedModel], texts: Sequence[ModelText], context: str) -> list[Iterable[np.ndarray]]:
    """Every model's log-probabilities; one context for all, or one for each joined by ``+``."""
    contexts = context.split("+") if "+" in context else [context] * len(models)
    return [model.log_probs(part, of) for model, part, of in zip(models, texts, contexts, strict=True)]
