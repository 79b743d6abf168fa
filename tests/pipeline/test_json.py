"""Every answer of --json is as docs/json.md says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_corpora"
WITHOUT = {"thesaurus", "make-task", "tag"}
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_WORD = re.compile(r"[\w*]+\??|[{}\[\],:?]")


def understood(notation: str) -> Any:
    """``{a: [integer], b?: string?}`` → nested dicts, one-item lists and names of types."""
    words = _WORD.findall(notation)

    def value() -> Any:
        word = words.pop(0)
        if word == "[":
            found: Any = [value()]
            assert words.pop(0) == "]"
        elif word == "{":
            found = {}
            while words[0] != "}":
                name = words.pop(0)
                assert words.pop(0) == ":"
                found[name] = value()
                if words[0] == ",":
                    words.pop(0)
            words.pop(0)
        else:
            found = word
        return found

    found = value()
    assert words == [], notation
    return found


def fits(answer: Any, schema: Any, where: str) -> None:
    if isinstance(schema, list):
        assert isinstance(answer, list), where
        for one in answer:
            fits(one, schema[0], where + "[]")
    elif isinstance(schema, dict):
        assert isinstance(answer, dict), where
        named = {name.removesuffix("?") for name in schema}
        for name, kind in schema.items():
            if name == "*":
                for other in set(answer) - named:
                    fits(answer[other], kind, f"{where}.{other}")
            elif name.removesuffix("?") in answer:
                fits(answer[name.removesuffix("?")], kind, f"{where}.{name}")
            else:
                assert name.endswith("?"), f"{where}.{name} is missing"
        assert "*" in schema or set(answer) <= named, f"{where}: {set(answer) - named} are not on the page"
    elif schema != "any":
        kinds = _KINDS[schema.removesuffix("?")] + ((type(None),) if schema.endswith("?") else ())
        assert isinstance(answer, kinds), f"{where} is {answer!r}, not {schema}"
        assert not isinstance(answer, bool) or bool in kinds, f"{where} is {answer!r}, not {schema}"


def schemas() -> dict[str, list[Any]]:
    """By command, its answers, in the order of the page."""
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    found = {}
    for command, cell in re.findall(r"^\| `([\w-]+)` \| (.*) \|$", page, re.MULTILINE):
        found[command] = [understood(text) for text in re.findall(r"`([{\[][^`]*)`", cell)]
    found["phrases"] = [found["preprocess"][0] | {"phrases": "integer", "joined": "integer"}]
    return found


def test_every_command_is_on_the_page() -> None:
    import typer

    from seqtool.cli.main import app

    assert set(schemas()) == set(typer.main.get_command(app).commands) - WITHOUT  # type: ignore[attr-defined]


@pytest.mark.parametrize("wrong", [{"a": 1}, {"a": "x", "b": 1}, {"a": "x", "c": 1, "d": None}, [], {"a": True}])
def test_what_does_not_fit_is_found(wrong: Any) -> None:
    with pytest.raises(AssertionError):
        fits(wrong, understood("{a: string, b?: string?, c: integer}"), "it")


_COMMANDS: list[tuple[str, int]] = [
    ("preprocess c.txt --split 0.8,0.1,0.1 -o c.corpus", 0),
    ("preprocess c.txt c.txt -o cc.corpus", 0),
    ("phrases c.corpus -o p.corpus", 0),
    ("vocab c.corpus", 0),
    ("doctor c.txt", 0),
    ("info c.corpus", 0),
    ("info p.corpus --lineage", 1),
    ("info c.corpus --verify", 2),
    ("presets", 0),
    ("presets --show dates", 1),
    ("cooccur c.corpus --min-count 2 -o c.counts", 0),
    ("ppmi c.counts -o c.matrix", 0),
    ("svd c.matrix --dim 8 -o c.vectors", 0),
    ("train-word2vec c.corpus --min-count 1 --dim 8 --epochs 1 -o w", 0),
    ("train-fasttext c.corpus --min-count 1 --dim 8 --epochs 1 --bucket 100 -o f", 0),
    ("train-glove c.counts --dim 8 --epochs 1 -o g", 0),
    ("neighbors w the", 0),
    ("analogy w the a .", 0),
    ("similarity w the a", 0),
    ("convert w w.vec", 0),
    ("document-vectors w c.txt --clusters 2 -o d", 0),
    ("plot-vectors w --num 5", 0),
    ("train-ngram c.corpus -o n.lm", 0),
    ("train-lm c.corpus --emb-dim 8 --hidden-dim 8 --layers 1 --epochs 1 -o m.lm", 0),
    ("perplexity m.lm c.corpus:test -o m.eval", 0),
    ("perplexity n.lm c.corpus:test -o n.eval", 0),
    ("score m.lm c.corpus:test", 0),
    ("score n.lm c.corpus:test --per-token", 1),
    ("score m.lm --next the", 2),
    ("generate m.lm --num 2", 0),
    ("gradient-flow --cells rnn,lstm --steps 12", 0),
    ("gradient-flow --cells lstm --singular-values", 1),
    ("train-seq2seq d.tsv --preset dates --epochs 1 -o d.seq2seq", 0),
    ("translate d.seq2seq d.tsv --column 0", 0),
    ("plot-attention d.seq2seq May", 0),
    ("eval-translation a.txt b.txt", 0),
    ("train-classifier o.tsv --epochs 1 --hidden-dim 8 -o o.classifier", 0),
    ("classify o.classifier a.txt", 0),
    ("train-tagger t.txt --hidden-dim 8 --char-hidden 4 --epochs 1 -o t.tagger", 0),
    ("eval-labels g.txt o.tsv", 0),
    ("eval-labels t.txt --columns", 0),
    ("eval-labels odd.txt --columns", 0),
    ("eval-analogy w q.txt", 0),
    ("eval-similarity w s.tsv", 0),
    ("eval-stability w g", 0),
    ("compare m.eval n.eval", 0),
    ("report m.lm m.eval", 1),
    ("report m.lm -o r", 0),
]


def test_answers_fit_the_page(run: Run, tmp_path: Path) -> None:
    def beginning(name: str, lines: int) -> str:
        return "".join((SAMPLES / name).read_text(encoding="utf-8").splitlines(keepends=True)[:lines])

    texts = {
        "c.txt": beginning("toy_world.en.txt", 150),
        "o.tsv": beginning("opinions.en.tsv", 60),
        "t.txt": beginning("chunks.en.txt", 120),
        "q.txt": beginning("toy_world.en.analogies.txt", 30),
        "s.tsv": beginning("toy_world.en.similarity.tsv", 20),
        "a.txt": "x y\nz\n",
        "b.txt": "x y\nw\n",
        "g.txt": "pos\n" * 60,
        "odd.txt": "a\tB-X\t0\n\nb\tY\tO\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    run("make-task", "dates", "--size", "60", "-o", "d.tsv").ok()
    found, tried = schemas(), set()
    for line, which in _COMMANDS:
        command, *arguments = line.split()
        done = run(command, *arguments, "--json", "-q").ok()
        fits(json.loads(done.stdout), found[command][which], command)
        tried.add((command, which))
    assert tried == {(command, which) for command, some in found.items() for which in range(len(some))}
