"""Neural and n-gram language models, with methods that users of KenLM know."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from seqtool.api.artifact import OnDisk
from seqtool.api.options import filled
from seqtool.corpus.in_memory import line_in_memory, lines_in_memory, lines_of_text
from seqtool.corpus.model_text import MappedIds, ModelText
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.text_inputs import model_text
from seqtool.corpus.vocabulary import EOS, Vocabulary
from seqtool.decoding.generate import encode_prompt, generate_texts
from seqtool.decoding.options import GenerateOptions
from seqtool.decoding.sampling import next_log_probs
from seqtool.errors import UsageError, plural
from seqtool.evaluation.any_model import LoadedModel
from seqtool.metrics.perplexity import Perplexity, measure

Sentence = str | Sequence[str]


class LanguageModel(OnDisk):
    """A language model: scores of sentences, perplexity, next words and generated text.

    A sentence is a string, which is tokenized like the training text, or a list of tokens.

    Args:
        loaded: a model opened by `seqtool.evaluation.any_model`.
        path: the path of the model.
    """

    def __init__(self, loaded: LoadedModel, path: Path) -> None:
        self._loaded, self.path = loaded, path

    def __repr__(self) -> str:
        summary = self._loaded.artifact.summary
        parts = [str(summary.get("architecture", "n-grams")), plural(len(self.vocabulary), "type")]
        if isinstance(summary.get("parameters"), int):
            parts.append(plural(summary["parameters"], "parameter"))
        return f"<LanguageModel {self.path.name}: {', '.join(parts)}>"

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary, with its ``tokens``, ``counts`` and ``ids``."""
        return self._loaded.vocabulary

    @overload
    def score(self, sentences: str) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def score(self, sentences: Iterable[Sentence]) -> list[float]: ...
    def score(self, sentences: str | Iterable[Sentence]) -> float | list[float]:
        """Return the log10 probability of a sentence, including its end, or a list for several sentences.

        Each sentence is scored on its own, as with ``--context sentence``.
        """
        if isinstance(sentences, str):
            return self._scores([line_in_memory(sentences)])[0]
        return self._scores(lines_in_memory(sentences))

    def _scores(self, lines: list[str]) -> list[float]:
        return [float(value) for value in self._measured(lines, "sentence").sentences.log10]

    def perplexity(self, text: str | os.PathLike[str] | Iterable[Sentence], context: str | None = None) -> float:
        """Return the perplexity of a text, including line ends and unknown words.

        Args:
            text: a string of one or more lines, sentences, or the path of a text or corpus (a ``Path``, not a ``str``).
            context: ``stream`` carries the state over line ends, ``sentence`` does not [default: as in training].

        Raises:
            UsageError: the model's scores are not probabilities, or it does not support this context.
        """
        if not self._loaded.probabilistic:
            raise UsageError(
                f"{self.path.name} has no perplexity: its scores are not normalized to probabilities", "use score"
            )
        if context is not None and context not in self._loaded.contexts:
            raise UsageError(
                f"{self.path.name} does not support context={context!r}",
                f"choose {' or '.join(self._loaded.contexts)}",
            )
        context = context or self._loaded.context
        if isinstance(text, os.PathLike):
            return self._of_file(os.fspath(text), context)
        lines = lines_of_text(text) if isinstance(text, str) else lines_in_memory(text)
        if self._loaded.preprocessing.blank_lines == "drop":
            lines = [line for line in lines if line.strip()]
        return self._measured(lines, context).perplexity

    def next_words(self, text: str = "", topn: int = 10) -> list[tuple[str, float]]:
        """Return the most probable tokens after the beginning of a sentence: ``[(token, probability), …]``.

        ``<eos>`` is the end of the sentence.
        """
        log_probs_V = next_log_probs(self._loaded.step_model(), encode_prompt(self._loaded, line_in_memory(text)))
        best = np.argsort(-log_probs_V, kind="stable")[:topn].tolist()
        return [(self.vocabulary.tokens[i], math.exp(float(log_probs_V[i]))) for i in best]

    def generate(
        self,
        num: int = 1,
        *,
        prompt: str = "",
        temperature: float = 1.0,
        seed: int = 1,
        max_tokens: int = 100,
        **options: Any,
    ) -> list[str]:
        """Generate texts. The same seed gives the same texts.

        Args:
            num: number of texts.
            prompt: text to continue.
            temperature: below 1, probable tokens become more frequent; above 1, less.
            seed: random seed.
            max_tokens: maximum number of new tokens in a text.
            options: the other options of `seqtool.generate`: method, top_k, top_p, beam, no_unk, lines, batch_size.
        """
        how = filled(
            GenerateOptions,
            num=num,
            prompt=prompt,
            temperature=temperature,
            seed=seed,
            max_tokens=max_tokens,
            **options,
        )
        return [found.text for found in generate_texts(self._loaded, how)]

    def _measured(self, lines: list[str], context: str) -> Perplexity:
        text = self._encoded(lines)
        return measure(text, self._loaded.log_probs(text, context) if lines else (), context)

    def _encoded(self, lines: list[str]) -> ModelText:
        """Encode lines with the model's ids. Characters are not counted, because perplexity does not need them."""
        sentences = [[*self._loaded.encode(line), EOS] for line in lines]
        ids = np.array([token_id for ids in sentences for token_id in ids], np.int64)
        bounds = np.cumsum([0, *map(len, sentences)])
        every = MappedIds(ids, np.arange(len(self.vocabulary)))
        nothing = np.zeros((len(lines), 2), np.uint32)
        return ModelText("text", every, bounds, nothing, np.zeros(len(lines)))

    def _of_file(self, name: str, context: str) -> float:
        with model_text(self._loaded.artifact, [name], SourceOptions()) as found:
            text = self._loaded.encode_corpus(found.name, found.corpus, found.sentences)
            return measure(text, self._loaded.log_probs(text, context), context).perplexity
