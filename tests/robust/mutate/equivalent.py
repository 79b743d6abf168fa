"""Faults that change nothing a test could see, each with the reason; they are not tried.

What belongs here changes neither an answer, a file, a message nor an exit code, on any input. A fault that is only
hard to see does not.
"""

from __future__ import annotations

from typing import NamedTuple

from mutate.faults import Fault


class Equivalent(NamedTuple):
    """The module and the source line of a `Fault`, its two sources, and why no test can tell these apart."""

    path: str
    code: str
    old: str
    new: str
    reason: str


EQUIVALENT = (
    Equivalent(
        "seqtool/artifact/atomic_rename.py",
        "return bool(libc.renameat2(-1, names[0], -1, names[1], 2) == 0)",
        "-1",
        "(1)",
        "the folder that relative names begin in; these are absolute",
    ),
    Equivalent(
        "seqtool/counts/lanczos.py",
        "_, ritz_MM = np.linalg.eigh((t_MM + t_MM.T) / 2)",
        "2",
        "(3)",
        "a multiple of a matrix has its eigenvectors",
    ),
    Equivalent(
        "seqtool/embeddings/kernels/sgd.py",
        "if likelihood < 1e-200:",
        "1e-200",
        "(1.0)",
        "more logarithms of fewer factors have the same sum",
    ),
    Equivalent(
        "seqtool/ngrams/arpa/write.py",
        "room = int(lengths[labels_PN].sum()) + len(log10) * (n + 2 + 2 * _NUMBER_BYTES)",
        "2",
        "(3)",
        "more room than the lines need",
    ),
    Equivalent(
        "seqtool/vectors/word_vectors.py",
        "return in_blocks(answer, len(queries), rows, k, 1)",
        "1",
        "(2)",
        "smaller blocks of queries",
    ),
    Equivalent(
        "seqtool/vectors/word_vectors.py",
        "return 4 * (self.dim + 8) * float(np.finfo(np.float32).eps)",
        "8",
        "(9)",
        "more candidates are compared exactly",
    ),
    Equivalent(
        "seqtool/vectors/formats/text.py",
        "long = bounds[:, 1] - bounds[:, 0] > 2 * dim",
        "bounds[:, 1] - bounds[:, 0] > 2 * dim",
        "(bounds[:, 1] - bounds[:, 0] >= 2 * dim)",
        "a line one byte too short is refused when its numbers are read",
    ),
)

_REASONS = {one[:4]: one.reason for one in EQUIVALENT}


def reason(fault: Fault) -> str:
    """Why a fault cannot be seen; empty where it can."""
    return _REASONS.get((fault.path, fault.code, fault.old, fault.new), "")
