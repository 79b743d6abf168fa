"""Signals at random moments of every command, from its first instruction to its last.

``python tests/robust/interrupts.py MINUTES [SEED]`` prints each ending that breaks the promise: within two seconds exit
code 128 + the signal and one line that begins with ``error:``, no traceback, nothing left behind. Half of the commands
have a terminal as their stderr. A command that ended by itself before the signal came keeps its promise too, and one in
which Python had not begun with seqtool's first line is counted apart: its end is Python's own.
"""

from __future__ import annotations

import contextlib
import os
import pty
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

SECONDS = 2.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NET = ("--emb-dim", "8", "--hidden-dim", "8", "--threads", "1")
MAKE = (
    ("preprocess", "t.txt", "-o", "c.corpus", "--split", "0.8,0.1,0.1"),
    ("cooccur", "c.corpus", "--min-count", "1", "-o", "c.counts"),
    ("ppmi", "c.counts", "-o", "c.matrix"),
    ("svd", "c.matrix", "--dim", "8", "-o", "s.vectors"),
    ("train-ngram", "c.corpus", "-o", "n.lm"),
    ("train-lm", "c.corpus", *NET, "--epochs", "1", "-o", "m.lm"),
    ("train-seq2seq", "pairs.tsv", *NET, "--epochs", "1", "-o", "s.seq2seq"),
    ("train-classifier", "labels.tsv", *NET, "--epochs", "1", "-o", "k.classifier"),
    ("train-tagger", "tags.conll", *NET, "--epochs", "1", "-o", "g.tagger"),
    ("perplexity", "m.lm", "t.txt", "-o", "m.eval"),
    ("perplexity", "n.lm", "t.txt", "-o", "n.eval"),
)
COMMANDS = (
    ("doctor", "big.txt"),
    ("preprocess", "big.txt", "-o", "x"),
    ("preprocess", "big.txt", "--tokenizer", "bpe", "-o", "x"),
    ("vocab", "c.corpus"),
    ("phrases", "c.corpus", "--threshold", "1", "-o", "x"),
    ("cooccur", "big.txt", "-o", "x"),
    ("ppmi", "c.counts", "-o", "x"),
    ("svd", "c.matrix", "--dim", "8", "-o", "x"),
    ("train-word2vec", "c.corpus", "--epochs", "5000", "--min-count", "1", "-o", "x"),
    ("train-fasttext", "c.corpus", "--epochs", "5000", "--min-count", "1", "--bucket", "2000", "-o", "x"),
    ("train-glove", "c.counts", "--epochs", "50000", "-o", "x"),
    ("train-ngram", "big.txt", "-o", "x"),
    ("train-lm", "c.corpus", *NET, "--epochs", "500", "-o", "x"),
    ("train-lm", "c.corpus", "--arch", "transformer", "--heads", "2", *NET, "--epochs", "500", "-o", "x"),
    ("train-seq2seq", "pairs.tsv", *NET, "--epochs", "500", "-o", "x"),
    ("train-classifier", "labels.tsv", *NET, "--epochs", "500", "-o", "x"),
    ("train-classifier", "labels.tsv", "--linear", "-o", "x"),
    ("train-tagger", "tags.conll", *NET, "--epochs", "500", "-o", "x"),
    ("perplexity", "m.lm", "big.txt", "-o", "x"),
    ("perplexity", "n.lm", "big.txt"),
    ("score", "m.lm", "--next", "the"),
    ("generate", "m.lm", "--num", "20000"),
    ("generate", "n.lm", "--num", "200000", "-o", "x"),
    ("gradient-flow", "m.lm", "--text", "t.txt"),
    ("translate", "s.seq2seq", "big.txt"),
    ("classify", "k.classifier", "big.txt"),
    ("tag", "g.tagger", "tags.conll"),
    ("eval-labels", "k.classifier", "labels.tsv"),
    ("neighbors", "s.vectors", "the", "-k", "20"),
    ("similarity", "s.vectors", "the", "a"),
    ("document-vectors", "s.vectors", "t.txt", "--clusters", "3", "-o", "x"),
    ("plot-vectors", "s.vectors", "-o", "x.png"),
    ("compare", "m.eval", "n.eval"),
    ("convert", "s.vectors", "x.txt"),
    ("report", "m.lm", "m.eval", "n.eval", "-o", "x"),
    ("info", "m.lm", "--lineage"),
    ("presets",),
    ("--help",),
)


# What moves a terminal's cursor or colours its text.
_CONTROL = re.compile("\x1b\\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Ending:
    """How a command ended after a signal."""

    number: int
    code: int
    seconds: float
    errors: str
    left: tuple[str, ...]

    @property
    def late(self) -> bool:
        """Whether it had come to its own end."""
        return self.code == 0

    @property
    def early(self) -> bool:
        """Whether Python was starting: the signal itself ended it, or its own traceback has no line of seqtool's."""
        frames = [line.strip() for line in self.errors.splitlines() if line.strip().startswith("File ")]
        begun = any("seqtool" in frame and "__editable__" not in frame for frame in frames)
        return self.code == -self.number or (bool(frames) and frames[0].startswith('File "<frozen') and not begun)

    def faults(self) -> list[str]:
        """What is wrong with it."""
        if self.early:
            return [f"left {self.left}"] if self.left else []
        lines = [line for line in _CONTROL.sub("", self.errors).splitlines() if line.startswith("error: ")]
        return [
            *([f"exit code {self.code}"] if self.code != 128 + self.number and not self.late else []),
            *([f"{self.seconds:.1f} s"] if self.seconds > SECONDS and not self.late else []),
            *(["a traceback"] if "Traceback" in self.errors or "Exception ignored" in self.errors else []),
            *([f"{len(lines)} error lines"] if len(lines) != (not self.late) else []),
            *([f"left {self.left}"] if self.left else []),
        ]


def write_texts(folder: Path, lines: int = 20_000) -> None:
    """Texts, pairs, labels and tags of a small language."""
    draw = random.Random(1)
    words = [f"{first}{second}" for first in ("ba", "de", "li", "mo", "su") for second in ("ka", "re", "to", "n", "")]
    texts = [" ".join(["the", *draw.choices(words, k=7), "a"]) for _ in range(lines)]
    (folder / "big.txt").write_text("\n".join(texts) + "\n")
    (folder / "t.txt").write_text("\n".join(texts[:500]) + "\n")
    (folder / "labels.tsv").write_text("".join(f"{'yes' if 'bato' in t else 'no'}\t{t}\n" for t in texts[:300]))
    (folder / "pairs.tsv").write_text("".join(f"{t}\t{t[::-1]}\n" for t in texts[:300]))
    tagged = ("".join(f"{word} {'N' if len(word) > 3 else 'V'}\n" for word in t.split()) for t in texts[:200])
    (folder / "tags.conll").write_text("\n".join(tagged))


def started(arguments: tuple[str, ...], folder: Path, errors: int) -> subprocess.Popen[bytes]:
    """A command under way; it hears SIGINT also where this process does not."""
    return subprocess.Popen(
        [sys.executable, "-m", "seqtool", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        preexec_fn=lambda: [signal.signal(number, signal.SIG_DFL) for number in SIGNALS],
    )


class Listener(threading.Thread):
    """Reads what a command writes to a pipe or a terminal, until that is closed."""

    def __init__(self, terminal: bool) -> None:
        super().__init__(daemon=True)
        self._reading, self.writing = pty.openpty() if terminal else os.pipe()
        self.heard = b""

    def run(self) -> None:
        """Listen; a closed terminal is an error, a closed pipe an end."""
        with contextlib.suppress(OSError):
            while piece := os.read(self._reading, 1 << 16):
                self.heard += piece
        os.close(self._reading)


def ending(arguments: tuple[str, ...], folder: Path, number: int, delay: float, terminal: bool) -> Ending:
    """Start a command, send it a signal after a while, and look at what it left."""
    for path in [*folder.glob("x*"), *folder.glob(".[!.]*"), folder / "big.corpus"]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    before = set(os.listdir(folder))
    listener = Listener(terminal)
    process = started(arguments, folder, listener.writing)
    os.close(listener.writing)
    listener.start()
    try:
        process.wait(timeout=delay)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    sent = time.monotonic()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    seconds = time.monotonic() - sent
    listener.join(10)
    left = {name for name in set(os.listdir(folder)) - before if name.startswith(".") and not name.endswith(".lock")}
    errors = listener.heard.decode("utf-8", "replace")
    return Ending(number, process.returncode, seconds, errors, tuple(sorted(left)))


def main() -> None:
    """Attack until the time is up."""
    draw = random.Random(sys.argv[2] if len(sys.argv) > 2 else 1)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_texts(folder)
        for arguments in MAKE:
            subprocess.run([sys.executable, "-m", "seqtool", *arguments, "-q"], cwd=folder, check=True)
        end = time.monotonic() + 60 * float(sys.argv[1])
        while time.monotonic() < end:
            arguments, number = draw.choice(COMMANDS), draw.choice(SIGNALS)
            delay = draw.uniform(0.05, draw.choice((0.5, 1.5, 5.0)))
            ended = ending(arguments, folder, number, delay, draw.random() < 0.5)
            faults = ended.faults()
            counts["too late" if ended.late else "Python starting" if ended.early else "ended"] += 1
            counts["faults"] += bool(faults)
            if faults:
                print(f"{' '.join(arguments)}: {signal.Signals(number).name} at {delay:.2f} s: {faults}")
                print(textwrap.indent(ascii(ended.errors).replace("\\n", "\n"), "    "), flush=True)
    print(dict(counts))
    sys.exit(bool(counts["faults"]))


if __name__ == "__main__":
    main()
