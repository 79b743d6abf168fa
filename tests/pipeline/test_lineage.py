"""The commands that a lineage prints: pasted, they find their own work done."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
TINY = ("--epochs", "1", "--emb-dim", "8", "--hidden-dim", "8", "--threads", "1")
COMMANDS = (
    ("perplexity", "a.lm", "t.txt"),
    ("perplexity", "a.lm", "t.tsv", "--column", "1"),
    ("perplexity", "a.lm", "latin.txt", "--encoding", "latin-1"),
    ("perplexity", "n.lm", "c.corpus:test", "--cache", "20"),
    ("perplexity", "n.lm", "t.txt", "--mix", "a.lm:0.25"),
    ("perplexity", "n.lm", "t.txt", "--mix", "a.lm:0.25", "--mix", "b.lm:0.5", "--context", "sentence"),
    ("perplexity", "n.lm", "t.tsv", "--column", "1", "--mix", "a.lm", "--tune", "t.tsv"),
    ("perplexity", "n.lm", "c.corpus:test", "--mix", "a.lm", "--tune", "c.corpus:valid"),
    ("score", "a.lm", "t.tsv", "--column", "1"),
    ("generate", "n.lm", "--mix", "a.lm", "--tune", "t.txt", "--num", "2"),
    ("generate", "a.lm", "--mix", "b.lm:0.5", "--num", "2", "--seed", "7"),
    ("gradient-flow", "n.lm", "--text", "latin.txt", "--encoding", "latin-1", "--steps", "4", "--sequences", "1"),
    ("gradient-flow", "--cells", "rnn,gru", "--steps", "4", "--hidden-dim", "4"),
    ("svd", "p.matrix", "--dim", "2"),
    ("convert", "v.txt"),
    ("neighbors", "w.vectors", "a", "b"),
    ("plot-vectors", "w.vectors", "a", "b", "c"),
    ("document-vectors", "w.vectors", "t.tsv", "--column", "1"),
    ("document-vectors", "w.vectors", "latin.txt", "--encoding", "latin-1", "--clusters", "2"),
    ("eval-analogy", "w.vectors", "questions.txt"),
    ("eval-similarity", "w.vectors", "pairs.tsv"),
    ("eval-stability", "w.vectors", "v.txt"),
    ("eval-labels", "k.classifier", "t.tsv"),
    ("eval-labels", "guesses.txt", "t.tsv", "--model", "k.classifier"),
    ("eval-translation", "guesses.txt", "t.tsv", "--column", "1"),
    ("compare", "a.lm", "n.lm", "t.txt"),
    ("compare", "k.classifier", "k.classifier", "t.tsv"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts, and models of every kind that is evaluated."""
    from seqtool.cli.main import run

    folder = tmp_path_factory.mktemp("made")
    lines = [f"{'a b' if i % 3 else 'b a'} {'c' if i % 2 else 'd'} e" for i in range(40)]
    labels = ["one" if i % 2 else "two" for i in range(40)]
    (folder / "t.txt").write_text("\n".join(lines) + "\n")
    (folder / "latin.txt").write_bytes("a b caf\xe9\nb a c\nd e b\n".encode("latin-1"))
    (folder / "t.tsv").write_text("".join(f"{x}\t{line}\n" for x, line in zip(labels, lines, strict=True)))
    (folder / "guesses.txt").write_text("".join(f"{x}\t0.75\n" for x in labels))
    (folder / "questions.txt").write_text(": some\na b c d\nb a d c\n")
    (folder / "pairs.tsv").write_text("a\tb\t3\na\tc\t1\nb\td\t2\n")
    (folder / "v.txt").write_text("a 1 0\nb 0 1\nc 1 1\nd 1 2\n")
    few = ["--min-count", "1"]
    with contextlib.chdir(folder):
        for command in (
            ["preprocess", "t.txt", "--split", "0.6,0.2,0.2", "-o", "c.corpus"],
            ["train-ngram", "c.corpus", "--order", "2", "-o", "a.lm"],
            ["train-ngram", "c.corpus", "--order", "1", "-o", "b.lm"],
            ["train-lm", "c.corpus", *TINY, "-o", "n.lm"],
            ["cooccur", "c.corpus", *few, "-o", "o.counts"],
            ["ppmi", "o.counts", "-o", "p.matrix"],
            ["train-word2vec", "c.corpus", *few, "--dim", "4", "--epochs", "1", "--threads", "1", "-o", "w.vectors"],
            ["train-classifier", "t.tsv", "--arch", "tfidf", "-o", "k.classifier"],
        ):
            assert run([*command, "-q"]) == 0, command
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_a_lineage_prints_finds_its_work_done(
    run: Run, made: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    for path in made.iterdir():
        (tmp_path / path.name).symlink_to(path)
    run(*command, "-o", "made.vectors").ok()
    before = Path("made.vectors/manifest.json").read_bytes()
    rows = run("info", "made.vectors", "--lineage", "--json").ok().json
    own = run(*shlex.split(rows[0]["command"])[1:]).ok()
    own.up_to_date("made.vectors")
    if command[0] == "perplexity":
        assert "tuned weights" not in own.stderr, "nothing is computed"
    assert Path("made.vectors/manifest.json").read_bytes() == before
