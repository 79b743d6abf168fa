"""What all tests share: a cache folder of their own, tiny corpora and models, and the command line in two forms.

`cli` runs the real ``python -m seqtool`` in a process of its own; `run` calls the same entry point in this process,
which is some seconds faster where torch is needed. Both give a `Finished`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Before numba and torch are imported: compiled kernels are shared by all tests, and torch computes on one thread
# (two threads that wait for each other on a busy machine are many times slower).
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
os.environ.setdefault("NUMBA_CACHE_DIR", str(_CACHE / "seqtool" / "numba"))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest  # noqa: E402
from finished import Finished  # noqa: E402
from hypothesis import settings  # noqa: E402
from tiny import TINY  # noqa: E402

from seqtool import progress  # noqa: E402

# Time is measured in benchmarks, never asserted in a test: a busy machine is no defect.
settings.register_profile("seqtool", deadline=None)
settings.load_profile("seqtool")

GOLDEN_WRITE = os.environ.get("SEQTOOL_GOLDEN") == "write"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True)
def _not_quiet() -> None:
    """A command with ``-q`` in this process leaves it quiet for the test after it."""
    progress.begin(quiet=False)


@pytest.fixture
def cli(tmp_path: Path) -> Callable[..., Finished]:
    """Run ``python -m seqtool ARGUMENTS`` in ``tmp_path`` in a process of its own."""

    def call(*arguments: object, stdin: str | bytes = b"", timeout: float = 120, **environment: str) -> Finished:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            seqtool_command(*arguments),
            input=data,
            capture_output=True,
            cwd=tmp_path,
            timeout=timeout,
            env=os.environ | environment,
            check=False,
        )
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


def seqtool_command(*arguments: object) -> list[str]:
    """The command line of a real process."""
    return [sys.executable, "-m", "seqtool", *map(str, arguments)]


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., Finished]:
    """Run a line of bash in ``tmp_path``, ``seqtool`` being this one; ``$?`` of a pipe is its last failure's."""

    def call(line: str, timeout: float = 120) -> Finished:
        function = f'seqtool() {{ "{sys.executable}" -m seqtool "$@"; }}\n'
        done = subprocess.run(
            ["bash", "-c", function + line], capture_output=True, cwd=tmp_path, timeout=timeout, check=False
        )
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


@pytest.fixture(scope="session")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A command line in place of ``seqtool`` that starts in some hundredths of a second (`tests/quick.py`)."""
    script, address = Path(__file__).with_name("quick.py"), tmp_path_factory.mktemp("quick") / "socket"
    serving = subprocess.Popen([sys.executable, str(script), "serve", str(address)])
    while not address.exists():
        assert serving.poll() is None, "the server of commands did not start"
        time.sleep(0.05)
    yield f"{sys.executable} -IS {script} ask {address}"
    serving.kill()
    serving.wait()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Finished]:
    """Call seqtool's entry point in this process, in ``tmp_path``; no signals, no stdin but what is given."""
    from seqtool.cli.main import run as entry

    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, stdin: str | bytes | None = None) -> Finished:
        capfd.readouterr()
        if stdin is not None:
            fed = stdin.encode() if isinstance(stdin, str) else stdin
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(fed)))
        code = entry([str(argument) for argument in arguments])
        return Finished(code, *capfd.readouterr())

    return call


@pytest.fixture(scope="session")
def tiny_corpus() -> str:
    """120 lines of a small language in which the next word is often certain."""
    draw = random.Random(7)
    nouns, verbs, places = ["cat", "dog", "bird"], ["sat", "ran", "slept"], ["mat", "park", "tree", "hill"]
    lines = [f"the {draw.choice(nouns)} {draw.choice(verbs)} on the {draw.choice(places)}" for _ in range(120)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def corpus_txt(tmp_path: Path, tiny_corpus: str) -> Path:
    """The tiny corpus as a file ``corpus.txt``."""
    path = tmp_path / "corpus.txt"
    path.write_text(tiny_corpus, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, tiny_corpus: str) -> Path:
    """A folder with ``corpus.txt``, ``c.corpus`` (split), ``m.lm`` (trained for an epoch) and ``e.eval``; read only."""
    from seqtool.cli.main import run as entry

    folder = tmp_path_factory.mktemp("made")
    (folder / "corpus.txt").write_text(tiny_corpus, encoding="utf-8")
    text, corpus, model = folder / "corpus.txt", folder / "c.corpus", folder / "m.lm"
    commands = (
        ["preprocess", text, "-o", corpus, "--split", "0.8,0.1,0.1", "--threads", "1", "-q"],
        ["train-lm", corpus, "-o", model, "--epochs", "1", "-q", *TINY],
        ["perplexity", model, f"{corpus}:test", "-o", folder / "e.eval", "--threads", "1", "-q"],
    )
    for command in commands:
        assert entry([str(word) for word in command]) == 0, command
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    """A copy of `made` that a test may spoil."""
    import shutil

    return Path(shutil.copytree(made, tmp_path / "made"))


@pytest.fixture
def forge() -> Callable[..., None]:
    """Write an artifact's manifest anew so that sizes and digests fit what now lies in the folder.

    A hostile folder is not a damaged one: whoever makes it computes the digests too.
    """
    return forge_manifest


def forge_manifest(path: Path, change: Callable[[dict[str, Any]], None] = lambda raw: None) -> None:
    """See `forge`; ``change`` edits the manifest before its own digest is computed."""
    from seqtool.artifact.digests import sha256_file
    from seqtool.artifact.manifest import content_digest

    raw = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    for name in raw["files"]:
        if (path / name).is_file():
            raw["files"][name] = {"bytes": (path / name).stat().st_size, "sha256": sha256_file(path / name)}
    change(raw)
    with contextlib.suppress(KeyError, TypeError, AttributeError):  # a forged ancestor that has no digest
        raw["digest"] = content_digest(raw)
    (path / "manifest.json").write_text(json.dumps(raw), encoding="utf-8")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real corpora, ``$SEQTOOL_DATA``."""
    folder = os.environ.get("SEQTOOL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("SEQTOOL_DATA names no folder of real corpora")
    return Path(folder)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start ``python -m seqtool ARGUMENTS`` in ``tmp_path`` without waiting; what still runs at the end is killed."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            seqtool_command(*arguments),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


# A WordNet a hand can follow: key, part of speech and type, words, pointers (symbol, key[, from word, to word]).
_SYNSETS = (
    ("entity", "n", "entity", ()),
    ("object", "n", "object physical_object", (("@", "entity"),)),
    ("animal", "n", "animal", (("@", "object"),)),
    ("canine", "n", "canine", (("@", "animal"),)),
    ("dog", "n", "dog domestic_dog", (("@", "canine"),)),
    ("rex", "n", "Rex", (("@i", "dog"),)),
    ("feline", "n", "feline", (("@", "animal"),)),
    ("cat", "n", "cat", (("@", "feline"),)),
    ("artifact", "n", "artifact", (("@", "object"),)),
    ("car", "n", "car auto", (("@", "artifact"),)),
    ("frump", "n", "frump dog", (("@", "entity"),)),
    ("mouse", "n", "mouse", (("@", "animal"),)),
    ("mouse2", "n", "mouse computer_mouse", (("@", "artifact"),)),
    ("travel", "v", "travel go", ()),
    ("run", "v", "run", (("@", "travel"),)),
    ("walk", "v", "walk", (("@", "travel"),)),
    ("think", "v", "think", ()),
    ("hot", "a", "hot torrid(p)", (("!", "cold", 1, 1),)),
    ("cold", "a", "cold icy", (("!", "hot", 1, 1),)),
    ("warm", "s", "warm", (("&", "hot"),)),
    ("quickly", "r", "quickly", ()),
)
_PARTS = {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}


@pytest.fixture
def tiny_wordnet(tmp_path: Path) -> Path:
    """A folder with a dictionary in WordNet's own format: an animal or two, a car, three verbs, hot and cold."""
    folder = tmp_path / "wordnet"
    folder.mkdir()
    parts = {key: _PARTS[kind] for key, kind, _, _ in _SYNSETS}
    offsets = dict.fromkeys(parts, 0)
    for _ in range(2):  # the second time with the offsets that the first has found
        lines = {part: ["  1 Free to use.  \n"] for part in parts.values()}
        for synset in _SYNSETS:
            part = parts[synset[0]]
            offsets[synset[0]] = len("".join(lines[part]))
            lines[part].append(_data_line(synset, offsets))
    for part, written in lines.items():
        (folder / f"data.{part}").write_text("".join(written))
        senses: dict[str, list[int]] = {}
        for key, _, words, _ in _SYNSETS:
            for word in words.split() if parts[key] == part else ():
                senses.setdefault(word.partition("(")[0].lower(), []).append(offsets[key])
        (folder / f"index.{part}").write_text("  1 Free to use.  \n" + "".join(_index_lines(part[0], senses)))
    (folder / "noun.exc").write_text("geese goose\nmice mouse\n")
    return folder


def _data_line(synset: Any, offsets: dict[str, int]) -> str:
    key, kind, words, pointers = synset
    named = " ".join(f"{word} 0" for word in words.split())
    kinds = {key: "a" if kind == "s" else kind for key, kind, _, _ in _SYNSETS}
    shown = "".join(
        f" {symbol} {offsets[to]:08d} {kinds[to]} {''.join(f'{end:02x}' for end in ends) or '0000'}"
        for symbol, to, *ends in pointers
    )
    verb = " 01 + 02 00" if kind == "v" else ""
    count = len(words.split())
    return (
        f"{offsets[key]:08d} 03 {kind} {count:02x} {named} {len(pointers):03d}{shown}{verb} | what is called {key}  \n"
    )


def _index_lines(letter: str, senses: dict[str, list[int]]) -> Iterator[str]:
    for word in sorted(senses):
        found = senses[word]
        places = " ".join(f"{offset:08d}" for offset in found)
        yield f"{word} {letter} {len(found)} 1 @ {len(found)} 0 {places}  \n"
