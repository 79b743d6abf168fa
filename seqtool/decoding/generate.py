"""Text from a language model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seqtool.decoding.beam import beam_search
from seqtool.decoding.options import GenerateOptions
from seqtool.decoding.protocol import TextModel
from seqtool.decoding.sampling import Sampling, sample_texts
from seqtool.errors import UsageError
from seqtool.progress import warn


@dataclass(frozen=True)
class GeneratedText:
    """A text, its prompt included, and the log10 probability of the continuation (beam search; else ``None``)."""

    text: str
    log10: float | None = None


def generate_texts(loaded: TextModel, how: GenerateOptions) -> Iterator[GeneratedText]:
    """Texts as the options ask for them, one after the other.

    Raises:
        UsageError: where beam search is asked for more texts than it keeps, or to go on past a line end.
    """
    model, prompt_ids = loaded.step_model(), encode_prompt(loaded, how.prompt)
    banned = (model.unk_id,) if how.no_unk else ()
    if how.method == "beam":
        if how.num > how.beam:
            raise UsageError(f"--num {how.num} is more than the beam keeps", f"give --beam {how.num}")
        if how.lines != 1:
            raise UsageError("beam search stops at the first line end", "leave --lines out")
        for found in beam_search(model, prompt_ids, how.beam, how.max_tokens, banned, how.num):
            yield GeneratedText(_text(loaded, how, found.ids), found.score / float(np.log(10)))
        return
    sampling = Sampling(
        how.max_tokens, how.method == "greedy", how.temperature, how.top_k, how.top_p, banned, how.lines, how.seed
    )
    for ids in sample_texts(model, prompt_ids, how.num, sampling, how.batch_size):
        yield GeneratedText(_text(loaded, how, ids))


def encode_prompt(loaded: TextModel, text: str) -> list[int]:
    """The ids of a text to go on from; what the model does not know of it is told."""
    ids = loaded.encode(text) if text else []
    if loaded.unk_id in ids:
        unknown = ", ".join(map(repr, loaded.unknown(text))) or "<unk>"
        warn(f"the model does not know {unknown} of the prompt: read as <unk>")
    return ids


def _text(loaded: TextModel, how: GenerateOptions, ids: list[int]) -> str:
    """The prompt as it was written, then the continuation."""
    continuation = loaded.decode(ids)
    if not how.prompt:
        return continuation
    gap = "" if loaded.lossless or not continuation or how.prompt[-1:].isspace() else " "
    return how.prompt + gap + continuation
