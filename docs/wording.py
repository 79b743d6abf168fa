"""Find habits of wording that make help, messages and pages hard to read.

python docs/wording.py                          list them; exit 1 if there are any
python docs/wording.py --sample 500 --seed 1    print strings that users can see, drawn at random
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
HABITS = {
    r"\b(?:is|are|was|were|be) told\b": "name who does what: seqtool reports, the summary counts",
    r"\btold (?:on|in|too|by)\b": "name who does what",
    r"\b(?:stands|stood|lies)\b": "is, is stored in, occurs",
    r"\bstand (?:in|beside|near|on|after|before)\b": "is, is stored in, occurs",
    r"\bto be (?:waited|had|told|mended)\b": "say what it costs, or what to do",
    r"\b(?:goes|went|go) on\b": "continues",
    r"\bhas no place\b": "say what is missing and which option gives it",
    r"\bmends?\b|\bmended\b": "fix",
    r"\banew\b": "again, or recreate",
    r"\bif left out\b": "[default: …]",
    r"\bso many\b": "this many, at most N",
    r"\blikest\b|\bgone through\b|\bin any company\b|\bheeded?\b|\bnobody\b": "use the plain term",
    r"\bno picture\b|\bis no (?:table|model|text|corpus|artifact|number|file|folder|vector)": "is not a …",
    r"(?<![−+–] )(?<![.,\d])\b1 (?:line|token|word|row|sentence|file|pair|label|type|text)s\b": "1 line, 2 lines",
    r"\w\(s\)(?!\w)": "write the plural that fits the number",
    r"\b[Tt]okenis(?:er|e|ed|ing|ation)\b": "tokenizer, tokenize",
    r"(?i)\b(?:neighbour|judgement|licence|favour|behaviour)|(?<![./])\blabell(?:ed|ing)\b": "American spelling",
    r"(?:[Nn]ormal|[Rr]ecogn|nitial|ptim|inim|axim|actor|uant)is(?:e[ds]?|ing|ation)\b": "American spelling",
    r"--no-no-": "name the positive option",
    r"(?:^|[.;] )Of [a-z ]+, ": "start with the subject",
}


class Found(NamedTuple):
    """A string that a user can see."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.text}"


def messages() -> Iterator[Found]:
    """The strings of the source that hold words: help, errors, notes, captions, docstrings of the Python API."""
    for path in sorted((ROOT / "seqtool").rglob("*.py")):
        if path.name == "other_names.py":  # what users type, not what they read
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        public = path.parent.name in ("api", "commands")
        skipped = set() if public else set(_docstrings(tree))
        for node in _outermost(tree):
            text = _text(node)
            if node not in skipped and re.search(r"[A-Za-z]{2,}\W+[A-Za-z]{2,}", text) and " " in text:
                yield Found(path, node.lineno, " ".join(text.split()))


def _docstrings(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            yield node.body[0].value  # type: ignore[attr-defined]


def _outermost(node: ast.AST) -> Iterator[ast.expr]:
    """Strings, an f-string as one."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr) or (isinstance(child, ast.Constant) and isinstance(child.value, str)):
            yield child
        else:
            yield from _outermost(child)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "{}"


def pages() -> Iterator[Found]:
    """The lines of the pages, without code."""
    others = [ROOT / name / "README.md" for name in ("benchmarks", "sample_corpora")]
    for path in (*sorted(ROOT.glob("*.md")), *others, *sorted((ROOT / "docs").rglob("*.md"))):
        code = False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            code ^= line.lstrip().startswith("```")
            if not code and path.name != "cli.md" and ".ko." not in path.name:
                yield Found(path, number, re.sub(r"`[^`]*`", "`…`", line))


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, metavar="N", help="print N strings drawn at random")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    seen = [*messages(), *pages()]
    if asked.sample:
        strings = sorted({found.text: found for found in seen if " " in found.text.strip()}.values())
        print(*random.Random(asked.seed).sample(strings, min(asked.sample, len(strings))), sep="\n")
        return
    habits = [
        (found, match[0], HABITS[habit])
        for found in seen
        for habit in HABITS
        if (match := re.search(habit, found.text))
    ]
    for found, words, better in habits:
        print(f"{found}\n    {words!r}: {better}")
    if habits:
        sys.exit(f"{len(habits)} sentences to write again")


if __name__ == "__main__":
    main()
