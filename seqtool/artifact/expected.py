"""What to say where a command is given something else than the artifact that it reads, and what to type instead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqtool.artifact.manifest import MAKERS
from seqtool.artifact.paths import exists, is_file
from seqtool.errors import did_you_mean, in_shell

_NAMES = {
    "corpus": "a corpus",
    "counts": "co-occurrence counts",
    "matrix": "a matrix",
    "vectors": "word vectors",
    "document-vectors": "document vectors",
    "lm": "a neural language model (lm)",
    "ngram": "an n-gram model (ngram)",
    "seq2seq": "a seq2seq model",
    "classifier": "a classifier",
    "tagger": "a tagger",
    "evaluation": "an evaluation",
    "report": "a report",
}
# Which command makes one kind from another; "text" is a plain file. Without {} the file is the only argument.
_STEPS = {
    ("text", "corpus"): "preprocess",
    ("text", "counts"): "cooccur",
    ("text", "classifier"): "train-classifier",
    ("text", "tagger"): "train-tagger",
    ("text", "seq2seq"): "train-seq2seq",
    ("text", "lm"): "train-lm",
    ("text", "vectors"): "train-word2vec",
    ("corpus", "counts"): "cooccur",
    ("corpus", "vectors"): "train-word2vec",
    ("corpus", "lm"): "train-lm",
    ("corpus", "ngram"): "train-ngram",
    ("counts", "matrix"): "ppmi",
    ("counts", "vectors"): "svd",
    ("matrix", "vectors"): "svd",
    ("vectors", "evaluation"): "eval-analogy {} QUESTIONS -o NAME.eval",
    ("lm", "evaluation"): "perplexity {} TEXT -o NAME.eval",
    ("ngram", "evaluation"): "perplexity {} TEXT -o NAME.eval",
    ("classifier", "evaluation"): "eval-labels {} TEXTS.tsv -o NAME.eval",
    ("tagger", "evaluation"): "eval-labels {} COLUMNS.txt -o NAME.eval",
}
_USES = {
    "corpus": "use it with vocab, train-word2vec, train-lm or train-ngram",
    "counts": "use it with ppmi, svd or train-glove",
    "matrix": "use it with svd",
    "vectors": "use it with neighbors, analogy or plot-vectors",
    "lm": "use it with perplexity, score or generate",
    "ngram": "use it with perplexity, score or generate",
    "seq2seq": "use it with translate or plot-attention",
    "classifier": "use it with classify or eval-labels",
    "tagger": "use it with tag or eval-labels",
    "evaluation": "use it with compare or report",
}
_HEAD = 512


def wrong_kind(path: Path, found: str, kinds: Sequence[str]) -> tuple[str, str]:
    """What is wrong with an artifact of another kind, and the command that leads to the right one."""
    message = f"{path} is {_named(found)}, expected {_expected(kinds)}"
    if step := _step(path, found, kinds):
        return message, step
    return message, ", or ".join(filter(None, [_USES.get(found), _makers(kinds)]))


def no_artifact(path: Path, kinds: Sequence[str]) -> tuple[str, str]:
    """What is wrong with a path that is no artifact, and what to type instead."""
    if not exists(path):
        return f"{path} does not exist", did_you_mean(str(path)) or _makers(kinds)
    if not is_file(path):
        return f"{path} is a folder, but not a seqtool artifact (it has no manifest.json)", _makers(kinds)
    if is_file(path.parent / "manifest.json"):
        return f"{path} is a file of an artifact, expected its folder", f"give {path.parent}"
    what, kind, importing = _file(path)
    suits = importing and (not kinds or kind in kinds)
    remedy = f"import it first: seqtool {importing}" if suits else _step(path, kind, kinds) or _makers(kinds)
    return f"{path} is {what}, expected {_expected(kinds)}", remedy


def _file(path: Path) -> tuple[str, str, str]:
    """What a file is, the kind it would be as an artifact, and the command that makes it one."""
    quoted, stem = in_shell(str(path)), path.with_suffix("")
    if is_arpa_text(path):
        return "an ARPA file", "ngram", f"train-ngram {quoted} -o {in_shell(f'{stem}.ngram.lm')}"
    if is_vector_text(path):
        return "a file of word vectors", "vectors", f"convert {quoted} {in_shell(f'{stem}.imported.vectors')}"
    return "a file", "text", ""


def is_arpa_text(path: Path) -> bool:
    """Whether a file begins as an n-gram model in ARPA format, which may have comments before it."""
    return b"\\data\\" in _head(path)


def is_vector_text(path: Path) -> bool:
    """Whether a file begins with the header of word2vec's text format, or with a word and many numbers."""
    first = _head(path).partition(b"\n")[0].split()
    if len(first) == 2:
        return all(cell.isdigit() for cell in first)
    return len(first) > 10 and all(_is_number(cell) for cell in first[1:-1])


def _is_number(cell: bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""


def _named(kind: str) -> str:
    return _NAMES.get(kind, f"of kind {kind}")


def _expected(kinds: Sequence[str]) -> str:
    return " or ".join(map(_named, kinds)) or "the folder of a seqtool artifact"


def _makers(kinds: Sequence[str]) -> str:
    if not kinds:
        return "give a folder that a command wrote with -o"
    return f"make one with {' or '.join(MAKERS.get(kind, kind) for kind in kinds)}"


def _step(path: Path, found: str, kinds: Sequence[str]) -> str:
    """The command that makes what was expected from what was given, if there is one."""
    makers = [_STEPS[found, kind] for kind in kinds if (found, kind) in _STEPS]
    if not makers:
        return ""
    command = makers[0] if "{}" in makers[0] else f"{makers[0]} {{}}"
    return f"first run: seqtool {command.format(in_shell(str(path)))}"
