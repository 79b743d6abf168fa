"""Faults that change nothing a test could see, each with the reason; they are not tried.

What belongs here changes neither an answer, a file, a message nor an exit code, on any input, or does so only on
hardware that the tests do not need. A fault that is only hard to see does not belong here.
"""

from __future__ import annotations

from typing import NamedTuple

from mutate.faults import Fault


class Equivalent(NamedTuple):
    """The module and the source line of a `Fault`, its two sources, and why no test can tell these apart.

    Where the line has several such faults, ``ahead`` is how the line before the one that is meant ends.
    """

    path: str
    code: str
    old: str
    new: str
    reason: str
    ahead: str = ""

    def is_of(self, fault: Fault) -> bool:
        """Whether this is the fault."""
        same = self[:4] == (fault.path, fault.code, fault.old, fault.new)
        return same and fault.ahead.endswith(self.ahead)


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
        "seqtool/nn/cells/scan.py",
        "else scan(self.cell, inputs, h_1BH[0])",
        "0",
        "(1)",
        "on a CUDA device only: make test-gpu",
    ),
    Equivalent(
        "seqtool/nn/cells/scan_kernels.py",
        "_Gates(a_3H[first:last], a_3H[size + first : size + last], a_3H[2 * size + first : 2 * size + last]),",
        "2 * size",
        "(2 / size)",
        "where the slice ends; the loop over the outputs looks at its beginning",
        "first :",
    ),
    Equivalent(
        "seqtool/nn/cells/scan_kernels.py",
        "a_2H[size + first : size + last],",
        "size + last",
        "(size - last)",
        "where the slice ends; the loop over the outputs looks at its beginning",
    ),
    Equivalent(
        "seqtool/nn/cells/scan_kernels.py",
        "d_2H[size + first : size + last],",
        "size + last",
        "(size - last)",
        "where the slice ends; the loop over the outputs looks at its beginning",
    ),
    Equivalent(
        "seqtool/ngrams/counting/count.py",
        "while 64 * len(large) * buckets.fine_size > memory:  # their counts, 8 bytes each, take an eighth at most",
        "64 * len(large) * buckets.fine_size > memory",
        "(64 * len(large) * buckets.fine_size >= memory)",
        "larger parts, when memory is just enough for smaller ones",
    ),
    Equivalent(
        "seqtool/ngrams/estimation/estimate.py",
        "return last - first",
        "last - first",
        "(last + first)",
        "only the progress bar",
    ),
    Equivalent(
        "seqtool/reporting/collecting/collect.py",
        "if compared and compared[0].manifest is not None:",
        "0",
        "(1)",
        "a comparison has two evaluations, and the manifests of both",
    ),
    Equivalent(
        "seqtool/vectors/documents/mixture.py",
        "return (sums_ND / np.maximum(divisor_N, 1e-12)[:, None]).astype(np.float32), known_N",
        "1e-12",
        "(1.000000000001)",
        "a divisor that is not 0 is 1 or more; single precision does not see the rest",
    ),
    Equivalent(
        "seqtool/vectors/formats/binary.py",
        'yield VectorBlock(words, raw[:read].view("<f4"), range(found + 1, found + read + 1), "word")',
        "1",
        "(2)",
        "the number of a word that is not there",
        "read +",
    ),
    Equivalent(
        "seqtool/corpus/encoding/kernels.py",
        "fits = starts[size] + length + 1 <= arena.size",
        "1",
        "(2)",
        "the table grows one entry earlier",
    ),
    Equivalent(
        "seqtool/embeddings/glove/device.py",
        "deterministic(True)",
        "True",
        "(False)",
        "on a CUDA device only: make test-gpu",
    ),
    Equivalent(
        "seqtool/nn/cells/recurrent.py",
        "mogrify: tuple[int, int | None] = (5, None),",
        "5",
        "(6)",
        "every caller that has a mogrifier gives it",
    ),
    Equivalent(
        "seqtool/ngrams/querying/query.py",
        "step *= 2",
        "2",
        "(3)",
        "the search closes in with other steps on the same place",
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


def reason(fault: Fault) -> str:
    """Why a fault cannot be seen; empty where it can."""
    return next((one.reason for one in EQUIVALENT if one.is_of(fault)), "")
