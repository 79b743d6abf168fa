"""How text is drawn from a language model."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.options import option


@dataclass(frozen=True)
class GenerateOptions:
    """How text is drawn from a language model."""

    num: int = option(1, "texts to write", minimum=1)
    prompt: str = option("", "text to go on from", aliases=("--prefix", "--prime"))
    max_tokens: int = option(100, "longest continuation, in tokens", minimum=1)
    method: str = option(
        "sample", "sample, the most probable token (greedy), or beam search", choices=("sample", "greedy", "beam")
    )
    temperature: float = option(1.0, "below 1 sharper, above 1 flatter", minimum=1e-3)
    top_k: int = option(0, "draw among the k most probable tokens (0: all)", minimum=0)
    top_p: float = option(1.0, "draw among the fewest tokens with this total probability", minimum=1e-6, maximum=1.0)
    beam: int = option(5, "hypotheses kept by beam search", aliases=("--beam-size",), minimum=1)
    no_unk: bool = option(False, "never write <unk>", flag="--no-unk/--unk")
    lines: int = option(1, "stop after so many line ends (0: go on to --max-tokens)", minimum=0)
    batch_size: int = option(16, "texts computed side by side", minimum=1)
    seed: int = option(1, "seed of the draws; text i does not depend on --num", minimum=0, maximum=2**63 - 1)
