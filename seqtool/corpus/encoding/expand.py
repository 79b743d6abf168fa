"""The compiled loops over pretokenized blocks: counting pretokens, and pretoken numbers → token ids.

Shapes: E distinct pretokens ("entries").
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqtool.compute.jit import kernel


@kernel
def count(ids: Any, pretokens: Any, parts: Any, mapping: Any, counts: Any) -> None:
    """Add the occurrences of each entry to ``counts`` (parts, E), by the part that each line belongs to."""
    at = 0
    for line in range(pretokens.size):
        row = counts[parts[line]]
        for index in range(at, at + pretokens[line]):
            row[mapping[ids[index]]] += 1
        at += pretokens[line]


@kernel
def expand(ids: Any, pretokens: Any, parts: Any, part: int, mapping: Any, firsts: Any, tokens: Any, eos: int) -> Any:
    """The sentences of one part as token ids.

    Args:
        ids, pretokens, parts: of the block's pretokens; of its lines.
        part: which lines are wanted.
        mapping, firsts, tokens: pretoken → entry; entry e has the tokens ``tokens[firsts[e]:firsts[e + 1]]``.
        eos: the id that ends a sentence.

    Returns:
        (ids, of the type of ``tokens``; ends int64, where each sentence ends in them).
    """
    total = sentences = at = 0
    for line in range(pretokens.size):
        after = at + pretokens[line]
        if parts[line] == part:
            sentences += 1
            total += 1
            for index in range(at, after):
                entry = mapping[ids[index]]
                total += firsts[entry + 1] - firsts[entry]
        at = after
    out = np.empty(total, tokens.dtype)
    ends = np.empty(sentences, np.int64)
    filled = sentence = at = 0
    for line in range(pretokens.size):
        after = at + pretokens[line]
        if parts[line] == part:
            for index in range(at, after):
                entry = mapping[ids[index]]
                for token in range(firsts[entry], firsts[entry + 1]):
                    out[filled] = tokens[token]
                    filled += 1
            out[filled] = eos
            filled += 1
            ends[sentence] = filled
            sentence += 1
        at = after
    return out, ends
