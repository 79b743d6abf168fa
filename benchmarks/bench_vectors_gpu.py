"""Words a second of word2vec and fastText, and entries a second of GloVe, on a CUDA device; and what share that is of
what the device's memory allows.

A position reads the vectors of its word and its targets, and reads and writes them to change them: three times
(1 + targets) rows, whatever caches hold. A GloVe entry does so with two vectors and two rows of AdaGrad's sums. The
bound is the words whose rows pass through the memory in a second, as fast as this device copies a large tensor.

The text is drawn from Zipf's law, lines of 20 words: no corpus is needed, and nothing is subsampled.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from measure import save, setting

from seqtool.embeddings.glove.device import MOST_ENTRIES, DeviceFit
from seqtool.embeddings.options import FasttextOptions, GloveOptions, Word2vecOptions
from seqtool.embeddings.schedules.device import DeviceRounds
from seqtool.embeddings.schedules.worker import make_setting
from seqtool.embeddings.subwords import spell_vocabulary
from seqtool.embeddings.weights import Weights
from seqtool.embeddings.word2vec import PART

METHODS: dict[str, dict[str, Any]] = {
    "skipgram ns": {},
    "skipgram ns, --hogwild": {"deterministic": False},
    "skipgram hs, --hogwild": {"loss": "hs", "deterministic": False},
    "cbow ns": {"model": "cbow"},
    "cbow ns, --hogwild": {"model": "cbow", "deterministic": False},
    "fasttext skipgram ns, --hogwild": {"fasttext": True, "deterministic": False},
}


def bandwidth() -> float:
    """Bytes a second that a copy reads and writes."""
    source, target = (torch.empty(1 << 28, device="cuda") for _ in range(2))
    target.copy_(source)
    return 2 * 4 * len(source) / timed(lambda: target.copy_(source), 10)


def timed(run: Callable[[], Any], rounds: int) -> float:
    """The median of the seconds."""
    seconds = []
    for _ in range(rounds):
        torch.cuda.synchronize()
        started = time.perf_counter()
        run()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def zipf(words: int, size: int) -> np.ndarray:
    """Words drawn from Zipf's law."""
    shares = 1 / (np.arange(words) + 10)
    return np.random.default_rng(1).choice(words, size, p=shares / shares.sum()).astype(np.int32)


def word2vec(arguments: argparse.Namespace, given: dict[str, Any]) -> tuple[float, float]:
    """Words a second, and rows that a position reads or writes at least."""
    given = dict(given)
    kind = FasttextOptions if given.pop("fasttext", False) else Word2vecOptions
    options = kind(dim=arguments.dim, **given)
    stream = zipf(arguments.words, PART)
    stream[::21] = arguments.words
    ends = np.full(options.window, arguments.words, np.int32)
    counts = np.bincount(stream, minlength=arguments.words)[: arguments.words] * 1000 + 1
    rule = options.rule
    parts = spell_vocabulary([f"word{row:07}" for row in range(arguments.words)], rule).parts if rule else None
    weights, chosen = Weights(arguments.words, arguments.dim, parts=parts), make_setting(counts, options)
    weights.start(1)
    schedule, padded = DeviceRounds(chosen, weights, torch.device("cuda")), np.concatenate([ends, stream, ends])
    schedule.learn(padded, (0,), lambda share: 0.025)
    seconds = timed(lambda: schedule.learn(padded, (1,), lambda share: 0.025), arguments.rounds)
    schedule.close()
    targets = 1.0 + options.negative
    if chosen.paths is not None:
        targets = float((np.diff(chosen.paths.starts_V1) * counts).sum() / counts.sum())
    return int((stream < arguments.words).sum()) / seconds, 3 * (1 + targets)


def glove(arguments: argparse.Namespace) -> tuple[float, float]:
    """Entries a second, and rows that one reads or writes at least."""
    options = GloveOptions(dim=arguments.dim)
    weights, squares = Weights(arguments.words, arguments.dim), Weights(arguments.words, arguments.dim)
    weights.start(1)
    squares.inputs[:], squares.outputs[:] = 1, 1
    fit = DeviceFit(weights, squares, np.ones((2, arguments.words, 2)), options, 1 << 30, torch.device("cuda"))
    size = 4 * MOST_ENTRIES
    block = zipf(arguments.words, size), zipf(arguments.words, size)[::-1].copy(), np.ones(size, np.float32)
    fit.learn([block])
    seconds = timed(lambda: fit.learn([block]), arguments.rounds)
    fit.close()
    return size / seconds, 2 * 4


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--words", type=int, default=100_000, help="size of the vocabulary")
    parser.add_argument("--dim", type=int, default=100)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("bench_vectors_gpu: no CUDA device is available; nothing was measured")
    speed = bandwidth()
    lines = [
        f"The device copies {speed / 1e9:,.0f} GB/s.",
        "",
        "| | M words/s (GloVe: entries) | of the bound |",
        "|---|---:|---:|",
    ]
    data: dict[str, Any] = {"bandwidth": speed}
    runs: dict[str, Callable[[], tuple[float, float]]] = {
        name: lambda given=given: word2vec(arguments, given) for name, given in METHODS.items()
    }
    for name, run in (runs | {"glove": lambda: glove(arguments)}).items():
        found, rows = run()
        share = found * rows * 4 * arguments.dim / speed
        lines.append(f"| {name} | {found / 1e6:.2f} | {share:.1%} |")
        data[name] = {"per_second": found, "of_the_bound": share}
    where = setting("seqtool", "numpy", "torch") | {
        "gpu": torch.cuda.get_device_name(),
        "cuda": torch.version.cuda,
        "rounds": arguments.rounds,
        "words": arguments.words,
        "dim": arguments.dim,
    }
    save("bench_vectors_gpu", where, "\n".join(lines), data)


if __name__ == "__main__":
    main()
