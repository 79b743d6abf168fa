"""Files of n-gram models that are not ARPA text, known by how they begin."""

from __future__ import annotations

from pathlib import Path

from seqtool.artifact.expected import is_vector_text
from seqtool.errors import in_shell

_KEEP = "give the ARPA file that it was built from"
_BEGINNINGS = (
    (b"mmap lm http://kheafield.com/code", "is a KenLM binary model, not ARPA text", _KEEP),
    (b"SRILM_BINARY_NGRAM", "is an SRILM binary model, not ARPA text", "convert it: ngram -lm IN -write-lm OUT"),
    (b"blmt", "is an IRSTLM binary model, not ARPA text", "convert it: compile-lm --text=yes IN OUT"),
    (b"Qblmt", "is an IRSTLM binary model, not ARPA text", "convert it: compile-lm --text=yes IN OUT"),
)


def not_arpa(path: Path) -> tuple[str, str]:
    """What a file is that was given as a language model and is not ARPA text, and what to do."""
    with path.open("rb") as file:
        head = file.read(64)
    for beginning, what, remedy in _BEGINNINGS:
        if head.startswith(beginning):
            return f"{path} {what}", remedy
    if is_vector_text(path):
        message = f"{path} is a file of word vectors, not a language model"
        return message, f"use it with the commands of word vectors: seqtool neighbors {in_shell(str(path))} WORD"
    return f"{path} is not ARPA text", "give the folder of a model, or an ARPA file"
