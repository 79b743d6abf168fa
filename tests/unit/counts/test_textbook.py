"""The example of every textbook, by hand: "you say goodbye and i say hello .", neighbours at distance 1.

Its words by falling count, equal counts in alphabetical order: say, ., and, goodbye, hello, i, you.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtool.artifact.read import open_artifact
from seqtool.counts.artifact import build_counts, build_matrix, open_counts
from seqtool.counts.factorize import build_vectors
from seqtool.counts.options import CooccurOptions, PpmiOptions, SvdOptions
from seqtool.vectors.artifact import load_vectors

WORDS = ["say", ".", "and", "goodbye", "hello", "i", "you"]
COUNTS = np.array(
    [  # say  .  and  goodbye  hello  i  you
        [0, 0, 0, 1, 1, 1, 1],  # say
        [0, 0, 0, 0, 1, 0, 0],  # .
        [0, 0, 0, 1, 0, 1, 0],  # and
        [1, 0, 1, 0, 0, 0, 0],  # goodbye
        [1, 1, 0, 0, 0, 0, 0],  # hello
        [1, 0, 1, 0, 0, 0, 0],  # i
        [1, 0, 0, 0, 0, 0, 0],  # you
    ]
)
# All counts are 1, and they sum to 14: PMI = log2(14 / (row's sum × column's sum)).
SAY_YOU = np.log2(14 / (4 * 1))
SAY_GOODBYE = SAY_I = SAY_HELLO = np.log2(14 / (4 * 2))
AND_GOODBYE = AND_I = np.log2(14 / (2 * 2))
HELLO_DOT = np.log2(14 / (2 * 1))


def hand_ppmi() -> np.ndarray:
    upper = np.zeros((7, 7))
    say, dot, and_, goodbye, hello, i, you = range(7)
    upper[say, [you, goodbye, i, hello]] = SAY_YOU, SAY_GOODBYE, SAY_I, SAY_HELLO
    upper[and_, [goodbye, i]] = AND_GOODBYE, AND_I
    upper[dot, hello] = HELLO_DOT
    return upper + upper.T


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The counts ``c``, and ``m``, their PPMI to base 2."""
    from seqtool.corpus.artifact import build_corpus
    from seqtool.corpus.options import PreprocessOptions, SourceOptions

    path = tmp_path_factory.mktemp("textbook")
    (path / "t.txt").write_text("You say goodbye and I say hello .\n")
    build_corpus([str(path / "t.txt")], SourceOptions(), PreprocessOptions(lower=True, threads=1), path / "t")
    options = CooccurOptions(window=1, weighting="flat", min_count=1, threads=1)
    assert build_counts(open_artifact(path / "t"), options, path / "c")
    assert build_matrix(open_artifact(path / "c"), PpmiOptions(log="2", threads=1), path / "m")
    return path


def vectors(folder: Path, source: str, name: str, **options: Any) -> Any:
    build_vectors(open_artifact(folder / source), SvdOptions(threads=1, **options), folder / name)
    return load_vectors(folder / name)


def test_counts(folder: Path) -> None:
    artifact = open_artifact(folder / "c", "counts")
    assert (artifact.path / "vocab.tsv").read_text() == "say\t2\n.\t1\nand\t1\ngoodbye\t1\nhello\t1\ni\t1\nyou\t1\n"
    assert open_counts(artifact).toarray().tolist() == COUNTS.tolist()
    assert (artifact.summary["entries"], artifact.summary["unit"], artifact.summary["tokens"]) == (14, 1, 8)
    assert np.load(folder / "c" / "indices.npy").tolist() == [3, 4, 5, 6, 4, 3, 5, 0, 2, 0, 1, 0, 2, 0]
    assert np.load(folder / "c" / "indptr.npy").tolist() == [0, 4, 5, 7, 9, 11, 13, 14]


def test_cosine_of_you_and_i(folder: Path) -> None:
    """(1, 0 …) and (1, 0, 1, 0 …): 1/√2. All seven dimensions of U S keep the angles of the counts."""
    rows = open_counts(open_artifact(folder / "c")).toarray()
    you, i = rows[WORDS.index("you")], rows[WORDS.index("i")]
    assert you @ i / np.linalg.norm(you) / np.linalg.norm(i) == pytest.approx(0.7071, abs=5e-5)
    assert vectors(folder, "c", "cv", dim=7, eig=1.0).pair_scores([("you", "i")], False)[0] == pytest.approx(
        2**-0.5, abs=1e-6
    )


def test_ppmi(folder: Path) -> None:
    matrix = open_counts(open_artifact(folder / "m", "matrix"))
    assert matrix.dtype == np.float32
    assert matrix.nnz == 14
    np.testing.assert_allclose(matrix.toarray(), hand_ppmi(), atol=1e-6)
    assert matrix[0, 6] == pytest.approx(1.807, abs=5e-4)
    assert matrix[0, 3] == pytest.approx(0.807, abs=5e-4)
    assert matrix[1, 4] == pytest.approx(2.807, abs=5e-4)


def test_singular_values(folder: Path) -> None:
    """say, and, . stand only beside you, goodbye, i, hello: every singular value of that 3 × 4 block comes twice.

    With x = s² they are the roots of the characteristic polynomial of block · block'.
    """
    a, b, c = SAY_YOU, SAY_GOODBYE, HELLO_DOT
    assert a == AND_GOODBYE
    say_say, and_and, dot_dot, say_and, say_dot = a * a + 3 * b * b, 2 * a * a, c * c, 2 * a * b, b * c
    trace = say_say + and_and + dot_dot
    minors = say_say * and_and - say_and**2 + say_say * dot_dot - say_dot**2 + and_and * dot_dot
    determinant = say_say * and_and * dot_dot - say_dot**2 * and_and - say_and**2 * dot_dot
    expected = np.sqrt(np.sort(np.roots([1, -trace, minors, -determinant]).real)[::-1])
    matrix = vectors(folder, "m", "u", dim=6, eig=1.0).matrix.astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=0), np.repeat(expected, 2), atol=1e-6)
    summary = open_artifact(folder / "u").summary
    assert summary["largest_value"] == pytest.approx(expected[0], abs=1e-6)
    assert summary["smallest_value"] == pytest.approx(expected[-1], abs=1e-6)
    assert summary["energy"] == pytest.approx(2 * trace, abs=1e-4)
    assert summary["energy_share"] == 1.0, "the seventh value is 0"


def test_vectors(folder: Path) -> None:
    """M is symmetric: U S² U' = M², and U S U' = √(M²)."""
    exact = hand_ppmi()
    full = vectors(folder, "m", "full", dim=7, eig=1.0).matrix.astype(np.float64)
    np.testing.assert_allclose(full @ full.T, exact @ exact, atol=2e-6)
    half = vectors(folder, "m", "half", dim=7, eig=0.5).matrix.astype(np.float64)
    np.testing.assert_allclose(half @ half.T @ half @ half.T, exact @ exact, atol=2e-6)


def test_u_times_s_is_the_matrix_times_v(folder: Path) -> None:
    from seqtool.counts.factorize import decompose

    found = decompose(open_counts(open_artifact(folder / "m")), SvdOptions(dim=6))
    np.testing.assert_allclose(found.u_NK * found.s_K, hand_ppmi() @ found.v_NK, atol=1e-6)
    np.testing.assert_allclose(found.u_NK * found.s_K @ found.v_NK.T, hand_ppmi(), atol=1e-6)


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        ({"window": 2, "weighting": "flat"}, {("you", "say"): 1, ("you", "goodbye"): 1, ("say", "hello"): 1}),
        ({"window": 2, "weighting": "distance"}, {("you", "say"): 1, ("you", "goodbye"): 0.5, ("say", "."): 0.5}),
        ({"window": 2, "weighting": "dynamic"}, {("you", "say"): 1, ("you", "goodbye"): 0.5, ("i", "hello"): 0.5}),
        ({"window": 3, "weighting": "dynamic"}, {("you", "and"): 1 / 3, ("say", "say"): 0, ("say", "and"): 4 / 3}),
        ({"window": 3, "weighting": "distance"}, {("you", "and"): 1 / 3, ("say", "and"): 1, ("i", "."): 1 / 3}),
        ({"window": 4, "weighting": "distance"}, {("say", "say"): 0.5, ("you", "i"): 0.25}),
        ({"window": 1, "direction": "left"}, {("you", "say"): 0, ("say", "you"): 1, ("say", "goodbye"): 0}),
        ({"window": 1, "direction": "right"}, {("you", "say"): 1, ("say", "you"): 0, ("say", "goodbye"): 1}),
    ],
    ids=str,
)
def test_single_weights(
    folder: Path, tmp_path: Path, options: dict[str, Any], weights: dict[tuple[str, str], float]
) -> None:
    build_counts(open_artifact(folder / "t"), CooccurOptions(min_count=1, threads=1, **options), tmp_path / "c")
    matrix = open_counts(open_artifact(tmp_path / "c"))
    found = {pair: matrix[WORDS.index(pair[0]), WORDS.index(pair[1])] for pair in weights}
    assert found == pytest.approx(weights, abs=1e-12)
