"""A WordNet dictionary in the files of wndb(5WN): ``index.noun data.noun noun.exc`` and those of the other parts.

The files are memory-mapped and looked up by binary search, so that a word costs milliseconds. (nltk's reader refuses
folders outside its own data paths, needs a file that Debian's package lacks, and takes seconds to start.)
"""

from __future__ import annotations

import mmap
import re
import zipfile
import zlib
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from seqtool.corpus.normalize import in_form
from seqtool.errors import InputError

PARTS = ("noun", "verb", "adj", "adv")
LETTERS = {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}
REINSTALL = "reinstall the dictionary"

# Endings taken off and what takes their place, as morphy(7WN) lists them.
_ENDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "noun": (
        ("s", ""),
        ("ses", "s"),
        ("xes", "x"),
        ("zes", "z"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("men", "man"),
        ("ies", "y"),
    ),
    "verb": (("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")),
    "adj": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    "adv": (),
}
_MARKER = re.compile(r"\((?:a|p|ip)\)$")
_HYPERNYM = re.compile(rb" @i? (\d{8}) ")


@dataclass(frozen=True)
class Pointer:
    """A relation to another synset: its symbol (``@`` hypernym, ``!`` antonym …) and where it leads.

    ``source`` and ``target`` are the numbers, from 1, of the words it holds between; 0 where it holds between synsets.
    """

    symbol: str
    part: str
    offset: int
    source: int
    target: int


@dataclass(frozen=True)
class Synset:
    """A set of synonyms: its part of speech, its place in the data file, words, gloss and relations."""

    part: str
    offset: int
    words: tuple[str, ...]
    gloss: str
    pointers: tuple[Pointer, ...]


class WordNetFiles:
    """The dictionary in a folder, or in the zip file of one.

    Raises:
        InputError: where a file is missing or damaged, when it is first needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open = cache(self._opened)
        self._exceptions = cache(self._read_exceptions)

    def names(self) -> list[str]:
        """The files that are read."""
        return [f"{kind}.{part}" for part in PARTS for kind in ("index", "data")] + [f"{part}.exc" for part in PARTS]

    def offsets(self, form: str, part: str) -> list[int]:
        """Where the synsets of a word are in the data file, the most usual first; nothing where it is unknown.

        Args:
            form: the word in its base form, as `index_form` writes it.
            part: noun, verb, adj or adv.
        """
        data, wanted = self._open(f"index.{part}"), form.encode()
        start = _line_start(data, bisect_left(range(len(data)), wanted, key=lambda at: _lemma_after(data, at)))
        line = bytes(data[start : _line_end(data, start)])
        lemma, _, rest = line.partition(b" ")
        if lemma != wanted or not wanted:
            return []
        fields = rest.split()
        try:
            return [int(field) for field in fields[-int(fields[1]) :]]
        except (ValueError, IndexError):
            raise InputError(f"{self.folder / f'index.{part}'}: the entry of {form!r} is damaged", REINSTALL) from None

    def synset(self, part: str, offset: int) -> Synset:
        """The synset at a place in the data file of its part of speech."""
        data = self._open(f"data.{part}")
        try:
            line = bytes(data[offset : _line_end(data, offset)]).decode(errors="replace")
            if int(line[:8]) != offset:
                raise ValueError
            return _parsed(part, offset, line)
        except (ValueError, IndexError, KeyError, OverflowError):
            where = self.folder / f"data.{part}"
            raise InputError(f"{where}: expected a synset at byte {offset}", REINSTALL) from None

    def hypernyms(self, part: str) -> dict[int, tuple[int, ...]]:
        """Every synset of a part of speech with its hypernyms (those of instances too), by their offsets."""
        data = bytes(self._open(f"data.{part}"))
        parents = {}
        for line in data.split(b"\n"):
            if line[:8].isdigit():
                head = line.partition(b" | ")[0] + b" "
                parents[int(line[:8])] = tuple(int(found) for found in _HYPERNYM.findall(head))
        return parents

    def base_forms(self, word: str, part: str) -> list[str]:
        """The base forms under which a word is in the index: itself, and those of its inflection."""
        form = index_form(word)
        irregular = self._exceptions(part).get(form)
        regular = [form[: -len(end)] + new for end, new in _ENDINGS[part] if form.endswith(end)]
        candidates = dict.fromkeys([form, *(regular if irregular is None else irregular)])
        return [candidate for candidate in candidates if candidate and self.offsets(candidate, part)]

    def lemmas(self, part: str) -> list[str]:
        """The words of the index, in its order."""
        lines = bytes(self._open(f"index.{part}")).decode(errors="replace").split("\n")
        return [line.partition(" ")[0] for line in lines if line[:1] not in ("", " ")]

    def _opened(self, name: str) -> bytes | mmap.mmap:
        path = self.folder / name
        try:
            if self.folder.suffix == ".zip":
                with zipfile.ZipFile(self.folder) as archive:
                    member = next(found for found in archive.namelist() if Path(found).name == name)
                    return archive.read(member)
            with path.open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError, StopIteration, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
            reason = getattr(error, "strerror", None) or "missing, empty or damaged"
            raise InputError(f"{path}: {reason}", REINSTALL) from None

    def _read_exceptions(self, part: str) -> dict[str, list[str]]:
        try:
            lines = bytes(self._open(f"{part}.exc")).decode(errors="replace").splitlines()
        except InputError:  # a dictionary may have none
            return {}
        fields = [line.split() for line in lines]
        return {form: bases for form, *bases in filter(None, fields)}


def index_form(word: str) -> str:
    """``Ice cream`` → ``ice_cream``: how the index writes a word."""
    return "_".join(in_form(word, "NFC").lower().split())


def _parsed(part: str, offset: int, line: str) -> Synset:
    head, _, gloss = line.partition(" | ")
    fields = iter(head.split()[3:])
    words = []
    for _ in range(int(next(fields, ""), 16)):
        word = _MARKER.sub("", next(fields, "")).replace("_", " ")
        if not word:
            raise ValueError
        words.append(word)
        next(fields, None)
    pointers = []
    for _ in range(int(next(fields, ""))):
        symbol, target, letter, ends = (next(fields, "") for _ in range(4))
        pointers.append(Pointer(symbol, LETTERS[letter], int(target), int(ends[:2], 16), int(ends[2:], 16)))
        if not 0 <= pointers[-1].source <= len(words):
            raise ValueError
    return Synset(part, offset, tuple(words), gloss.strip(), tuple(pointers))


def _line_start(data: bytes | mmap.mmap, at: int) -> int:
    """Where the first line begins that begins at ``at`` or after it."""
    if at == 0 or data[at - 1 : at] == b"\n":
        return at
    return _line_end(data, at) + 1


def _line_end(data: bytes | mmap.mmap, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def _lemma_after(data: bytes | mmap.mmap, at: int) -> bytes:
    """The word of the first line that begins at ``at`` or after it; after the last line, what sorts last."""
    start = _line_start(data, at)
    if start >= len(data):
        return b"\xff"
    # The lines of the license begin with two spaces: their empty word sorts first.
    return bytes(data[start : _line_end(data, start)]).partition(b" ")[0]
