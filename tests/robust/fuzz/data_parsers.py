"""Files that other tools write too: ARPA text, word vectors, questions and pairs, WordNet's dictionary."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import struct
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from fuzz.parser import Parser, each
from seqtool.errors import InputError
from seqtool.metrics.analogy import read_questions
from seqtool.metrics.pairs import read_pairs
from seqtool.ngrams.arpa.read import is_arpa, read_arpa
from seqtool.vectors import questions
from seqtool.vectors.artifact import chosen_vectors, load_vectors
from seqtool.vectors.wordnet.thesaurus import MEASURES, Thesaurus

ARPA = """made by hand
\\data\\
ngram 1=5
ngram 2=4
ngram 3=1

\\1-grams:
-0.9\t<unk>
-99\t<s>\t-0.2
-0.8\t</s>
-0.6\tcat\t-0.3
-0.7\t눈\t-0.1

\\2-grams:
-0.3\t<s> cat\t-0.05
-0.4\tcat 눈
-0.5 눈 </s>
-1e0\tcat </s>

\\3-grams:
-0.2\t<s> cat 눈

\\end\\
"""
MATRIX = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
NAMES = ("cat", "dog", "눈", "New_York")
ANALOGIES = (
    ": capital-common\nAthens Greece Oslo Norway\nRome Italy Bonn Germany\n: gram1-adverb\nslow slowly free freely\n"
)
SIMILARITIES = (
    "word1\tword2\tscore\ncar\tauto\t9.1\nsun\tmoon\t4.0\nsea\tdoor\t0.3\n",
    "car,auto,9.1\nsun,moon,4\nsea,door,0.25\n",
    "# a comment\ncar-n auto-n 9.1\nsun-n moon-n 4.0\n",
    "gem;jewel;3,94\ncoast;shore;3,60\n",
)


def arpa(path: Path) -> None:
    """Read ARPA text."""
    is_arpa(path)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        read_arpa(path, Path(folder))


def vectors(path: Path) -> None:
    """Read word vectors, and ask for neighbours."""
    found = load_vectors(path)
    assert found.matrix.shape == (len(found), found.dim)
    found.neighbors(found.unit(np.arange(min(3, len(found)))), k=2)


def lenient_vectors(path: Path) -> None:
    """The first words alone, whatever their bytes."""
    load_vectors(path, limit=2, errors="skip")
    chosen_vectors(path, NAMES)


def text_vectors(header: bool) -> bytes:
    """Vectors as word2vec and GloVe write them."""
    rows = "".join(f"{name} {' '.join(map(str, row))}\n" for name, row in zip(NAMES, MATRIX.tolist(), strict=True))
    return (f"{len(NAMES)} 3\n" * header + rows).encode()


def binary_vectors() -> bytes:
    """Vectors as word2vec writes them in binary form."""
    return b"4 3\n" + b"".join(
        name.encode() + b" " + row.astype("<f4").tobytes() + b"\n" for name, row in zip(NAMES, MATRIX, strict=True)
    )


def fasttext_model(quantised: bool = False) -> bytes:
    """A model as fastText saves it, of two words and three buckets."""
    words, matrix = [b"</s>", b"ab"], np.arange(10, dtype="<f4").reshape(5, 2)
    head = b"\xba\x16\x4f\x2f" + struct.pack("<i", 12)
    head += struct.pack("<12id", 2, 5, 5, 1, 5, 1, 2, 2, 3, 2, 3, 100, 0.1)
    entries = b"".join(word + b"\0" + struct.pack("<qb", 10 - n, 0) for n, word in enumerate(words))
    sizes = struct.pack("<3i2q", len(words), len(words), 0, 100, -1)
    return head + sizes + entries + bytes([quantised]) + struct.pack("<2q", *matrix.shape) + matrix.tobytes()


def npy(matrix: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    """An array as numpy saves it."""
    file = io.BytesIO()
    np.lib.format.write_array(file, matrix, version, allow_pickle=False)
    return file.getvalue()


def tensors() -> list[bytes]:
    """Safetensors with and without words."""
    return [
        save({"vectors": MATRIX}, {"words": json.dumps(NAMES)}),
        save({"weights": MATRIX}, {"words": json.dumps(NAMES)}),
    ]


_LICENCE = "  1 A dictionary made for tests.  \n"
_SYNSETS = {
    "entity": "03 n 01 entity 0 000 | what is",
    "animal": "03 n 02 animal 0 beast 0 002 @ {entity} n 0000 ~ {dog} n 0000 | a living thing",
    "dog": "05 n 01 dog 0 002 @ {animal} n 0000 ! {cat} n 0101 | it barks",
    "cat": "05 n 02 cat 0 big_cat(a) 0 002 @ {animal} n 0000 ! {dog} n 0101 | it purrs",
}
_EXCEPTIONS = b"doggen dog\nkine cow\nmice mouse\n"


def wordnet() -> dict[str, bytes]:
    """A dictionary of four synsets, in which each stands at the byte that its number names."""
    places = dict.fromkeys(_SYNSETS, "0" * 8)
    for _ in range(2):  # the numbers are all of one width: the second time they are right
        text, found = _LICENCE, dict[str, str]()
        for name, line in _SYNSETS.items():
            found[name] = f"{len(text):08d}"
            text += f"{found[name]} {line.format(**places)}\n"
        places = found
    words = {"animal": "animal", "beast": "animal", "big_cat": "cat", "cat": "cat", "dog": "dog", "entity": "entity"}
    index = "".join(f"{word} n 1 1 @ 1 0 {places[synset]}  \n" for word, synset in words.items())
    return {"data.noun": text.encode(), "index.noun": (_LICENCE + index).encode(), "noun.exc": _EXCEPTIONS}


def thesaurus(path: Path) -> None:
    """Ask a dictionary all that can be asked."""
    known = Thesaurus(path.parent)
    for word in ("dog", "cats", "beast", "doggen"):
        for synset in known.synsets(word, "noun"):
            known.synonyms(word, synset), known.antonyms(word, synset), known.hypernyms(synset), known.name(synset)
    for measure in MEASURES:
        known.similarity("dog", "cat", measure, "noun")
    with contextlib.suppress(InputError):
        known.known_synsets("unheard", "noun")


def dictionary(file: str) -> Parser:
    """One of the dictionary's files damaged, the others whole."""
    files = wordnet()
    return Parser(f"wordnet-{file}", file, [files[file]], thesaurus, beside=files)


def asked(path: Path) -> None:
    """Read questions as they come through a pipe."""
    with path.open("rb") as file:
        list(questions.read_questions(file, 3))


def data_parsers() -> list[Parser]:
    """Those of this module."""
    text, glove, packed = text_vectors(True), text_vectors(False), gzip.compress(text_vectors(True), mtime=0)
    both, words = each(vectors, lenient_vectors), {"input.words.txt": "\n".join(NAMES).encode()}
    arrays = [npy(MATRIX), npy(MATRIX.astype("float16")), npy(MATRIX.astype(">f8"), (2, 0))]
    return [
        Parser("arpa", "input.arpa", [ARPA.encode(), ARPA[ARPA.index("\\data") :].encode()], arpa, native=True),
        Parser("vec", "input.vec", [text], both, native=True),
        Parser("glove", "input.txt", [glove, text], both, native=True),
        Parser("word2vec-binary", "input.bin", [binary_vectors()], both, "binary", native=True),
        Parser("fasttext-binary", "input.bin", [fasttext_model()], both, "binary", native=True),
        Parser("npy", "input.npy", arrays, both, "binary", native=True, beside=words),
        Parser("npy-header", "input.npy", arrays, both, "text", native=True, beside=words),
        Parser("safetensors", "input.safetensors", tensors(), both, "safetensors", native=True, beside=words),
        Parser("packed-vectors", "input.vec.gz", [packed], both, "compressed", native=True),
        Parser("analogies", "input.txt", [ANALOGIES.encode()], read_questions),
        Parser(
            "similarities",
            "input.txt",
            [one.encode() for one in SIMILARITIES],
            each(read_pairs, lambda path: read_pairs(path, "0,1,2")),
        ),
        *map(dictionary, ("data.noun", "index.noun", "noun.exc")),
    ]
