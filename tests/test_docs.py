"""The documentation is true: generated pages are fresh, examples run, links lead somewhere."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from seqtool.cli.main import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("[!.]*/README.md")])
READMES = [ROOT / "README.md", ROOT / "README.ko.md"]
RUN = [
    ROOT / name
    for name in (
        "README.md",
        "docs/quickstart.md",
        "docs/tutorial.md",
        "docs/tutorial.ko.md",
        "docs/models/counts.md",
        "docs/models/vectors.md",
        "docs/models/ngrams.md",
        "docs/models/gradients.md",
        "docs/models/transformer.md",
        "docs/models/seq2seq.md",
        "docs/models/labelling.md",
    )
]
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NOT_RUN = ("make ", "pip install")
_LINES = 200


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("script", ["generate.py", "stubs.py"])
def test_what_is_written_from_the_commands_is_fresh(script: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / script), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(command: str) -> None:
    examples = re.findall(r"^Example: seqtool (\S+)", COMMANDS[command].help, re.MULTILINE)
    assert examples == [command]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("page", [*READMES, ROOT / "docs/cli.md"], ids=name_of)
def test_every_command_is_named(command: str, page: Path) -> None:
    assert f"`{command}`" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_lead_to_files(page: Path) -> None:
    targets = [target for target in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_tree_names_every_package() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tree = re.search(r"^```text\nseqtool/\n(.*?)^tests/", page, re.MULTILINE | re.DOTALL)
    assert tree is not None
    drawn = re.findall(r"(?<![\w/])(\w+)/", tree[1])
    existing = [path.parent.name for path in (ROOT / "seqtool").glob("**/*/__init__.py")]
    assert sorted(drawn) == sorted(existing)


def test_readmes_say_the_same() -> None:
    """The same commands in the same order, in both languages."""
    english, korean = (page.read_text(encoding="utf-8") for page in READMES)
    without_comments = [[re.sub(r"\s+#.*", "", block) for block in _BLOCK.findall(text)] for text in (english, korean)]
    assert without_comments[0] == without_comments[1]
    assert "`make test`" in english
    assert "`make test`" in korean


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.long) if page.name == "tutorial.ko.md" else page  # tutorial.md in Korean
        for page in RUN
    ],
    ids=name_of,
)
def test_the_commands_of_a_page_run(
    page: Path, tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every block in order, in one folder, on the beginnings of the toy worlds and tasks; no training is longer than an
    epoch."""
    lay_out_texts(tmp_path)
    blocks = [block for block in _BLOCK.findall(page.read_text(encoding="utf-8")) if not block.startswith(_NOT_RUN)]
    assert blocks
    for line in "".join(blocks).splitlines():
        short = re.sub(r"--size \d+", "--size 200", re.sub(r"--epochs \d+", "--epochs 1", line))
        command, _, file = short.partition(" > ")
        arguments, stdin = understood(command)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        done = run(*arguments).ok()
        if file:
            (tmp_path / file).write_text(done.stdout, encoding="utf-8")


def taggers_trained() -> list[str]:
    """The lines of all pages that train a tagger, each once, whatever its result is called."""
    lines = [
        line
        for page in PAGES
        for block in _BLOCK.findall(page.read_text(encoding="utf-8"))
        for line in block.splitlines()
    ]
    return sorted(
        {line.partition(" -o ")[0] for line in lines if line.startswith("seqtool train-tagger sample_corpora/")}
    )


@pytest.mark.parametrize("line", taggers_trained())
def test_the_taggers_of_the_pages_learn(line: str, tmp_path: Path, run: Callable[..., Any]) -> None:
    lay_out_texts(tmp_path)
    arguments, _ = understood(line)
    assert run(*arguments, "-o", "chunks.tagger", "--json").ok().json["valid_f1"] > 0.95


def python_blocks() -> list[str]:
    """The programs of the page on Python; each runs by itself."""
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(python_blocks())))
def test_the_programs_of_the_python_page_run(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = python_blocks()[number]
    assert program.count("\n") <= 30
    lay_out_texts(tmp_path, lines=3000)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(re.sub(r"epochs=\d+", "epochs=1", program), names)
    if "report(" in program:
        assert (tmp_path / "report" / "report.html").exists()
        assert names["result"]["tokens"] > 0


def lay_out_texts(folder: Path, lines: int = _LINES) -> None:
    """Put the beginnings of the toy worlds where the pages have them; the English one is also ``corpus.txt``.

    The questions and pairs about them are whole: some of their words are not known then.
    """
    (folder / "sample_corpora").mkdir()
    for language in ("en", "ko"):
        name = f"sample_corpora/toy_world.{language}.txt"
        text = (ROOT / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / name).write_text("".join(text[:lines]), encoding="utf-8")
        for about in (f"toy_world.{language}.analogies.txt", f"toy_world.{language}.similarity.tsv"):
            (folder / "sample_corpora" / about).write_bytes((ROOT / "sample_corpora" / about).read_bytes())
    for name in ("opinions.en.tsv", "opinions.ko.tsv", "chunks.en.txt"):
        (folder / "sample_corpora" / name).write_bytes((ROOT / "sample_corpora" / name).read_bytes())
    (folder / "corpus.txt").write_bytes((folder / "sample_corpora/toy_world.en.txt").read_bytes())


def understood(line: str) -> tuple[list[str], str]:
    """The arguments and stdin of ``[echo TEXT |] seqtool ARGUMENTS [| head …]``; nothing but ``> FILE`` may follow."""
    stages = [shlex.split(stage) for stage in line.split("|")]
    stdin = " ".join(stages.pop(0)[1:]) + "\n" if stages[0][0] == "echo" else ""
    command, *after = stages
    assert command[0] == "seqtool", line
    assert [stage[0] for stage in after] in ([], ["head"]), line
    return command[1:], stdin


def test_every_option_of_the_migration_page_exists() -> None:
    page = (ROOT / "docs/migration.md").read_text(encoding="utf-8")
    found = re.findall(r"`seqtool ([^`]+)`", page)
    assert len(found) > 30
    for line in found:
        command, *words = shlex.split(line)
        known = {
            flag for parameter in COMMANDS[command].params for flag in (*parameter.opts, *parameter.secondary_opts)
        }
        assert {word for word in words if re.match(r"--?[a-zA-Z]", word)} <= known, line
