"""How text is drawn from a language model."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.options import option


@dataclass(frozen=True)
class GenerateOptions:
    """How text is drawn from a language model."""

    num: int = option(1, "number of texts", minimum=1)
    prompt: str = option("", "text to continue", aliases=("--prefix", "--prime"))
    max_tokens: int = option(100, "maximum length of the continuation, in tokens", minimum=1)
    method: str = option(
        "sample", "random sampling, greedy decoding, or beam search", choices=("sample", "greedy", "beam")
    )
    temperature: float = option(1.0, "sampling temperature: sharper below 1, flatter above 1", minimum=1e-3)
    top_k: int = option(0, "sample from the k most probable tokens only (0: all)", minimum=0)
    top_p: float = option(
        1.0,
        "sample from the smallest set of tokens with this total probability (nucleus sampling)",
        minimum=1e-6,
        maximum=1.0,
    )
    beam: int = option(5, "beam size", aliases=("--beam-size",), minimum=1)
    no_unk: bool = option(False, "never output <unk>", flag="--no-unk/--unk")
    lines: int = option(1, "stop after this many lines (0: continue to --max-tokens)", minimum=0)
    batch_size: int = option(16, "number of texts per batch", minimum=1)
    seed: int = option(1, "random seed; text i does not depend on --num", minimum=0, maximum=2**63 - 1)
