"""Blocks of text as the kernels take them: valid, in the Unicode form, beside what their lengths are taken from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from seqtool.corpus.normalize import Normalizer, in_form
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.blocks import Block, checked_text


@dataclass(frozen=True)
class CleanBlock:
    """Lines ready to be pretokenized.

    Attributes:
        text: UTF-8 in the Unicode form asked for, case and digits as they were.
        measured: the same lines in NFC, whose characters and bytes are counted; often the same object.
        lines: how many.
        read: how many there were in the block.
        counts: what was dropped or changed.
    """

    text: bytes
    measured: bytes
    lines: int
    read: int
    counts: Counter[str]


def clean(block: Block, options: SourceOptions, normalizer: Normalizer) -> CleanBlock:
    """Check, repair and normalise a block.

    Raises:
        InputError: bytes that are not valid in the encoding, under ``--errors strict``.
    """
    counts: Counter[str] = Counter()
    data = checked_text(block, options, counts)
    text = measured = data
    if not data.isascii():
        decoded = data.decode()
        composed = in_form(decoded, "NFC")
        measured = data if composed is decoded else composed.encode()
        formed = composed if normalizer.form == "NFC" else normalizer.compose(decoded)
        text = measured if formed is composed else data if formed is decoded else formed.encode()
    return CleanBlock(text, measured, block.lines - counts["undecodable"], block.lines, counts)
