"""The command line that was probably meant, where arguments are swapped or an option is misspelt."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqtool.errors import in_shell

_VECTORS, _LM = ("vectors",), ("lm", "ngram")
# Commands whose first argument is an artifact, followed by words or texts.
_FIRST = {
    "neighbors": _VECTORS,
    "analogy": _VECTORS,
    "similarity": _VECTORS,
    "plot-vectors": _VECTORS,
    "document-vectors": _VECTORS,
    "eval-analogy": _VECTORS,
    "eval-similarity": _VECTORS,
    "perplexity": _LM,
    "score": _LM,
    "generate": _LM,
    "translate": ("seq2seq",),
    "plot-attention": ("seq2seq",),
    "classify": ("classifier",),
    "tag": ("tagger",),
    "eval-labels": ("classifier", "tagger"),
}
# What other tools and people call an option or a value.
_OPTIONS = {
    "--size": ("--dim", "--emb-dim"),
    "--vector-size": ("--dim", "--emb-dim"),
    "--topn": ("-k",),
    "--top": ("-k",),
    "--n": ("--order", "--num", "-k"),
    "--temp": ("--temperature",),
    "--hidden": ("--hidden-dim",),
    "--learning-rate": ("--lr",),
    "--batch": ("--batch-size",),
    "--out": ("--output", "-o"),
    "--text-column": ("--column",),
}
_VALUES = {"kiwi": "korean", "mecab": "korean", "okt": "korean", "morpheme": "korean", "space": "whitespace"}
_NEAR = 0.6


def in_order(arguments: Sequence[str]) -> str | None:
    """The remedy, a command line with the model first, where it was given after its texts or words; else ``None``."""
    from seqtool.artifact.paths import is_file
    from seqtool.artifact.read import is_artifact, read_manifest
    from seqtool.errors import SeqtoolError

    kinds = _FIRST.get(arguments[0]) if arguments else None
    if kinds is None or len(arguments) < 3 or arguments[1].startswith("-"):
        return None

    def suits(name: str) -> bool:
        try:
            return is_artifact(Path(name)) and read_manifest(Path(name)).kind in kinds
        except (SeqtoolError, OSError):
            return False

    def is_vectors(name: str) -> bool:
        return kinds == _VECTORS and Path(name).suffix in (".vec", ".w2v", ".glove") and is_file(name)

    if suits(arguments[1]) or is_vectors(arguments[1]):
        return None
    for place, name in enumerate(arguments[2:], 2):
        after_option = arguments[place - 1].startswith("-") and arguments[place - 1] != "-"
        if not after_option and (suits(name) or is_vectors(name)):
            rest = [*arguments[1:place], *arguments[place + 1 :]]
            prompt = ["--prompt"] if arguments[0] == "generate" else []
            first = "vectors come" if kinds == _VECTORS else "model comes"
            return f"the {first} first: {in_shell('seqtool', arguments[0], name, *prompt, *rest)}"
    return None


def with_option(name: str, context: Any, arguments: Sequence[str]) -> str | None:
    """The command line with an option that the command has in place of ``name``, which it has not."""
    known = [option for parameter in context.command.params for option in parameter.opts]
    wrong = next((word for word in arguments if _names_option(word, name)), None)
    if wrong is None:
        return None
    written, equals, value = wrong.partition("=")
    meant = _nearest_option(written, known)
    if meant is None:
        return None
    return in_shell("seqtool", *(f"{meant}{equals}{value}" if word == wrong else word for word in arguments))


def with_value(message: str, arguments: Sequence[str]) -> str | None:
    """The command line with one of the values that an option takes in place of a misspelt one."""
    found = re.search(r"'([^']*)' is not one of (.*)", message)
    if found is None or found[1] not in arguments:
        return None
    choices = re.findall(r"'([^']*)'", found[2])
    meant = _VALUES.get(found[1].lower(), "")
    close = [meant] if meant in choices else difflib.get_close_matches(found[1].lower(), choices, 1, _NEAR)
    if not close:
        return None
    return in_shell("seqtool", *(close[0] if word == found[1] else word for word in arguments))


def example(context: Any) -> str | None:
    """The example in the help of a command."""
    found = re.search(
        r"^\s*Example:\s+(seqtool .*?)(?:\n\s*\n|\Z)", context.command.help or "", re.MULTILINE | re.DOTALL
    )
    return " ".join(found[1].split()) if found else None


def plain_value(message: str, arguments: Sequence[str]) -> str:
    """A message about a number with the number that was given."""
    found = re.match(r"(Invalid value for (.*)): Input should be (.*)", message)
    if found is None:
        return message
    names = re.findall(r"'(-[^']*)'", found[2])
    places = [place for place, word in enumerate(arguments[:-1]) if word in names]
    given = f", found {arguments[places[-1] + 1]!r}" if places else ""
    wanted = re.sub(r"a valid (integer|number), unable.*", r"\1", found[3])
    wanted = wanted.replace("greater than or equal to", "at least").replace("less than or equal to", "at most")
    article = "an " if wanted == "integer" else "a " if wanted == "number" else ""
    return f"{found[1]}: expected {article}{wanted}{given}"


def _names_option(word: str, name: str) -> bool:
    """Whether an argument is what the parser named: ``--epoch``, ``--epoch=3``; of ``-epochs`` it names ``-e``."""
    written = word.partition("=")[0]
    return written == name or (len(name) == 2 and written.startswith(name) and len(written) > 2)


def _nearest_option(written: str, known: Sequence[str]) -> str | None:
    spelling = "--" + written.lstrip("-").replace("_", "-").lower()
    if spelling in known:
        return spelling
    for meant in _OPTIONS.get(spelling, ()):
        if meant in known:
            return meant
    begins = [option for option in known if option.startswith(spelling)]
    if len(begins) == 1:
        return begins[0]
    close = difflib.get_close_matches(spelling, known, 1, _NEAR)
    return close[0] if close else None


def as_command(names: Mapping[str, Any], arguments: Sequence[str]) -> str | None:
    """The command line with the command whose name is spelled most like the one given."""
    name = arguments[0].lower().replace("_", "-")
    close = difflib.get_close_matches(name, names, 1, 0.7)
    return in_shell("seqtool", close[0], *arguments[1:]) if close else None
