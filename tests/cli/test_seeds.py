"""Every command with ``--seed``: the same seed gives the same result again, and another seed another one."""

from __future__ import annotations

import importlib
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import TINY, tiny

from seqtool.commands.declaration import command_parameters
from seqtool.commands.table import COMMANDS

ONE = ("--threads", "1")
_SIZE = ("--dim", "4", "--epochs", "1", "--min-count", "1", *ONE)
_LABELLER = ("--emb-dim", "6", "--hidden-dim", "6", "--epochs", "1", "--min-count", "1", *ONE)
_PAIRS = tiny(6, 4, "--layers", "1", "--epochs", "1")
_DRAWN = ("--method", "sample", *ONE)
_RESAMPLED = ("--resamples", "100", "--json")

# What each command is called with, and the file of the result `out` that differs; none: its answer does.
CALLS: dict[str, tuple[tuple[str, ...], str]] = {
    "cooccur": (("c.corpus", "--sample", "0.01", "--min-count", "1", *ONE), "data.npy"),
    "svd": (("t.matrix", "--solver", "arpack", "--dim", "3", *ONE), "vectors.npy"),
    "train-word2vec": (("c.corpus", *_SIZE), "vectors.npy"),
    "train-fasttext": (("c.corpus", *_SIZE, "--bucket", "50"), "vectors.npy"),
    "train-glove": (("t.counts", "--dim", "4", "--epochs", "1", *ONE), "vectors.npy"),
    "train-lm": (("c.corpus", *TINY, "--epochs", "1"), "model.safetensors"),
    "train-seq2seq": (("p.tsv", *_PAIRS), "model.safetensors"),
    "train-classifier": (("l.tsv", "--arch", "recurrent", *_LABELLER), "model.safetensors"),
    "train-tagger": (("t.conll", *_LABELLER), "model.safetensors"),
    "plot-vectors": (("a.vec", "--method", "tsne", "--json"), ""),
    "document-vectors": (("a.vec", "texts.txt", "--clusters", "9"), "clusters.tsv"),
    "generate": (("m.lm", "--num", "4", "--max-tokens", "8", *ONE), ""),
    "gradient-flow": (("m.lm", "--steps", "4", "--json", *ONE), ""),
    "make-task": (("addition", "--size", "9"), ""),
    "translate": (("p.seq2seq", "sources.txt", *_DRAWN), ""),
    "plot-attention": (("p.seq2seq", "1 2 3 1", "--json", *_DRAWN), ""),
    "eval-similarity": (("a.vec", "pairs.tsv", *_RESAMPLED), ""),
    "eval-stability": (("a.vec", "b.vec", "--num", "3", "--json"), ""),
    "eval-labels": (("found.txt", "l.tsv", *_RESAMPLED), ""),
    "compare": (("a.eval", "b.eval", *_RESAMPLED), ""),
}

# Solvers that reach the same result from another start, and the argument by which they are given it.
STARTS = {"svd": ("scipy.sparse.linalg", "svds", "v0"), "plot-vectors": ("sklearn.manifold", "TSNE", "random_state")}


@pytest.fixture(scope="module")
def material(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `CALLS` name."""
    from seqtool.cli.main import run as entry

    folder, draw = tmp_path_factory.mktemp("seeds"), random.Random(3)
    for name in ("c.corpus", "m.lm"):
        shutil.copytree(made / name, folder / name)
    words = [f"w{i}" for i in range(30)]
    for name in "ab":
        rows = "".join(f"{word} {' '.join(f'{draw.gauss(0, 1):.3f}' for _ in range(60))}\n" for word in words)
        (folder / f"{name}.vec").write_text(f"{len(words)} 60\n{rows}")
    pairs = [(a, b, f"{draw.random():.3f}") for a, b in zip(words[:15], words[15:], strict=True)]
    (folder / "pairs.tsv").write_text("".join("\t".join(pair) + "\n" for pair in pairs))
    (folder / "texts.txt").write_text("".join(" ".join(draw.sample(words, 3)) + "\n" for _ in range(40)))
    labels = [draw.choice("xy") for _ in range(40)]
    (folder / "l.tsv").write_text("".join(f"{label}\t{draw.choice(words)} {label}\n" for label in labels))
    (folder / "found.txt").write_text("".join(f"{draw.choice(label + 'xy')}\n" for label in labels))
    (folder / "t.conll").write_text("".join(f"{draw.choice(words)} {label}\n\n" for label in labels))
    lines = [" ".join(draw.choices("123", k=4)) for _ in range(40)]
    (folder / "p.tsv").write_text("".join(f"{line}\t{line[::-1]}\n" for line in lines))
    (folder / "sources.txt").write_text("1 2 3\n3 2 1 1\n")
    commands = [
        ("cooccur", "c.corpus", "--min-count", "1", "-o", "t.counts", *ONE),
        ("ppmi", "t.counts", "-o", "t.matrix"),
        ("train-seq2seq", "p.tsv", *_PAIRS, "-o", "p.seq2seq"),
        *(("eval-similarity", f"{name}.vec", "pairs.tsv", "-o", f"{name}.eval") for name in "ab"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command in commands:
            assert entry([*command, "-q"]) == 0, command
    return folder


def test_every_command_with_a_seed_is_here() -> None:
    seeded = {
        entry.name
        for entry in COMMANDS.values()
        if any(parameter.name == "seed" for parameter in command_parameters(entry.function()))
    }
    assert set(CALLS) == seeded


@pytest.mark.parametrize("command", CALLS)
def test_a_result_is_that_of_its_seed(
    command: str, run: Callable[..., Any], material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, file = CALLS[command]
    monkeypatch.chdir(material)
    found = []
    for number, seed in enumerate((1, 1, 2, 7)):
        out = tmp_path / f"out{number}"
        kept = ("-o", out) if file else ()
        done = run(command, *arguments, *kept, "--seed", seed, "-q").ok()
        found.append((out / file).read_bytes() if file else re.sub(r"seed=\d+", "", done.stdout))
    assert found[0] == found[1]
    assert len({*found}) > 1 or command in STARTS, f"--seed changes nothing of {command}"


@pytest.mark.parametrize("command", STARTS)
def test_a_start_is_that_of_its_seed(
    command: str, run: Callable[..., Any], material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, argument = STARTS[command]
    solver, starts = getattr(importlib.import_module(module), name), list[str]()

    def solve(*arguments: Any, **named: Any) -> Any:
        starts.append(str(named[argument]))
        return solver(*arguments, **named)

    monkeypatch.chdir(material)
    monkeypatch.setattr(f"{module}.{name}", solve)
    for number, seed in enumerate((1, 1, 2)):
        out = ("-o", tmp_path / f"out{number}") if CALLS[command][1] else ()
        run(command, *CALLS[command][0], *out, "--seed", seed, "-q").ok()
    assert starts[0] == starts[1] != starts[2]
