"""Texts, tables and treebanks in any encoding and compression, and the small files that go with them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow
import zstandard
from pyarrow import parquet

from fuzz.parser import Parse, Parser, each
from seqtool.corpus.doctor.examine import examine_texts
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.corpus.reading.sources import lines, open_sources
from seqtool.corpus.vocabulary import Vocabulary, read_token_list
from seqtool.labelling.classification.texts import read_labels, resolve_columns
from seqtool.labelling.options import LabelledTexts
from seqtool.labelling.tagging.columns import read_sentences
from seqtool.seq2seq.texts import pair_columns


def read(**options: Any) -> Parse:
    """Read a text line by line."""
    sources = SourceOptions(**options)

    def parse(path: Path) -> None:
        for _ in lines(open_sources([str(path)], sources), sources, Counter()):
            pass

    return parse


def examined(path: Path) -> None:
    """Look for what is odd in a text."""
    for one in examine_texts([str(path)], SourceOptions(), PreprocessOptions(tokenizer="word")):
        one.rows()


def labelled(**how: Any) -> Parse:
    """Read labels and texts, from whichever columns they are in."""

    def parse(path: Path) -> None:
        labels, sources = LabelledTexts(**how), SourceOptions()
        label, text = resolve_columns(str(path), labels, sources)
        read_labels(str(path), label, labels, sources)
        read(column=text)(path)

    return parse


def tagged(path: Path) -> None:
    """Read sentences in columns, and the columns."""
    for sentence in read_sentences(str(path), SourceOptions())[0]:
        sentence.labels(-1)
        sentence.column(0)


PROSE = (
    """the cat sat on the mat .
a dog , a "big" one , ran to the park

눈이 왔다 . 1,024 words and 3.5 more
    code  \twith\ttabs
it 's late ; don't wait
"""
    * 3
)
LATIN = "Le café était fermé à Noël ; où aller ?\nÇa ne fait rien, dit-elle.\n" * 8
HANGUL = "눈이 내리는 밤에 우리는 걸었다 .\n아무도 없는 길이었다 .\n" * 8
CSV = 'id,text,label\n1,"a cat, a dog",pos\n2,"say ""so""\nagain",neg\n3,plain,pos\n4,,neg\n'
TSV = "id\ttext\tlabel\n1\ta cat sat\tpos\n2\ta dog ran\tneg\n3\t눈이 왔다\tpos\n"
JSONL = (
    '{"text": "a cat", "n": 1, "doc": {"text": "inner"}}\n{"text": "d\\u00e9j\\u00e0 \\ud83d\\ude00", "n": 2.5}\n'
    '{"text": null, "n": 3}\n{"text": "a dog", "n": [1, 2]}\n'
)
DOCUMENT = '[\n {"text": "a cat", "n": 1},\n {"text": "a dog",\n  "n": 2},\n {"text": "x", "n": null}\n]\n'
LABELLED = "__label__pos a cat sat\n__label__neg a dog ran away\n__label__pos __label__new two labels\n"
PAIRS = "a cat\tein Kater\na dog\tein Hund\nsnow\tSchnee\n"
CONLL = "-DOCSTART- -X- O\n\nAnna NNP B-PER\nsaw VBD O\nBonn NNP B-LOC\n\nIt PRP O\nrained VBD O\n. . O\n\n"
CONLLU = (
    "# sent_id = 1\n# text = They buy books.\n1\tThey\tthey\tPRON\tPRP\tCase=Nom\t2\tnsubj\t_\t_\n"
    "2\tbuy\tbuy\tVERB\tVBP\t_\t0\troot\t_\t_\n3\tbooks\tbook\tNOUN\tNNS\t_\t2\tobj\t_\tSpaceAfter=No\n"
    "4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_\n\n# sent_id = 2\n1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "1\tde\tde\tADP\t_\t_\t0\troot\t_\t_\n2\tle\tle\tDET\t_\t_\t1\tdet\t_\t_\n"
    "2.1\tseen\tsee\tVERB\t_\t_\t_\t_\t1:conj\t_\n\n"
)
WORDS = "cat\t12\ndog\t7\n눈\t3\nsnow\t1\n"
VOCAB = "<unk>\t0\n<eos>\t9\ncat\t4\ndog\t3\na\\tb\t2\nstray\\xff\t1\n"


@cache
def parquet_file(codec: str) -> bytes:
    """A small table."""
    table = pyarrow.table({"text": ["a cat", "a dog", None, "눈"] * 5, "n": [1, 2, 3, 4] * 5})
    file = io.BytesIO()
    parquet.write_table(table, file, compression=codec)
    return file.getvalue()


def vocabulary(path: Path) -> None:
    """Read ``vocab.tsv``, and write the same bytes again."""
    found = Vocabulary.read(path)
    found.write(path.with_name("again.tsv"))
    assert path.with_name("again.tsv").read_bytes().count(b"\n") == len(found)


def text_parsers() -> list[Parser]:
    """Those of this module."""
    prose, korean, latin = PROSE.encode(), HANGUL.encode(), LATIN.encode()
    wide = [
        f"\ufeff{HANGUL}".encode("utf-16"),
        HANGUL.encode("utf-16-be"),
        LATIN.encode("utf-32"),
        HANGUL.encode("utf-32-le"),
    ]
    auto = [korean, HANGUL.encode("cp949"), LATIN.encode("latin-1"), *wide, HANGUL.encode("iso2022_kr"), prose]
    lenient, skipping = {"errors": "replace"}, {"errors": "skip"}
    rows, number = {"bad_rows": "skip"}, {"column": "0"}
    tables = [read(), read(**rows, **lenient), read(**number, **rows, quoting="none"), read(**rows, **skipping)]
    return [
        Parser(
            "text", "input.txt", [prose, latin, korean], each(read(), read(**skipping), read(**lenient, newline="any"))
        ),
        Parser("unwrapped", "input.txt", [prose, latin, korean], read(unwrap=True, **lenient)),
        Parser("doctor", "input.txt", [prose, latin, CONLLU.encode()], examined),
        Parser(
            "encoding-auto", "input.txt", auto, each(read(encoding="auto"), read(encoding="auto", **lenient)), "binary"
        ),
        Parser(
            "encoding-utf-16",
            "input.txt",
            wide[:2],
            each(read(encoding="utf-16"), read(encoding="utf-16-be", **skipping)),
            "binary",
        ),
        Parser(
            "encoding-utf-32",
            "input.txt",
            wide[2:],
            each(read(encoding="utf-32", **lenient), read(encoding="utf-32-le")),
            "binary",
        ),
        Parser(
            "encoding-cp949",
            "input.txt",
            auto[1:2],
            each(read(encoding="cp949"), read(encoding="cp949", **skipping)),
            "binary",
        ),
        Parser(
            "encoding-iso2022",
            "input.txt",
            auto[-2:-1],
            each(read(encoding="iso2022_kr"), read(encoding="utf-7", **lenient)),
            "binary",
        ),
        Parser(
            "csv",
            "input.csv",
            [CSV.encode(), CSV.replace(",", ";").encode()],
            each(*tables, read(separator=";", **rows)),
        ),
        Parser(
            "tsv",
            "input.tsv",
            [TSV.encode(), CSV.replace(",", "\t").encode()],
            each(*tables, read(quoting="csv", **rows)),
        ),
        Parser(
            "jsonl",
            "input.jsonl",
            [JSONL.encode()],
            each(read(**rows), read(column="doc.text", **rows), read(column="0")),
            "json",
        ),
        Parser("json", "input.json", [DOCUMENT.encode()], each(read(), read(column="n", **rows, **skipping)), "json"),
        Parser("jsonl-text", "input.jsonl", [JSONL.encode(), DOCUMENT.encode()], each(read(), read(**rows, **lenient))),
        Parser(
            "parquet",
            "input.parquet",
            [*map(parquet_file, ("NONE", "SNAPPY", "ZSTD"))],
            each(read(), read(column="n")),
            "binary",
            native=True,
        ),
        Parser(
            "labelled-lines",
            "input.txt",
            [LABELLED.encode()],
            each(labelled(), labelled(labels="first", label_until="o")),
        ),
        Parser(
            "labelled-table",
            "input.tsv",
            [TSV.encode(), b"label\ttext\npos\ta cat\nneg\ta dog\n"],
            each(labelled(), labelled(form="word")),
        ),
        Parser(
            "labelled-text",
            "input.txt",
            [b"pos\ta cat\nneg\ta dog\n", b"pos a cat\nneg a dog\n"],
            each(labelled(), labelled(form="word")),
        ),
        Parser(
            "pairs",
            "input.tsv",
            [PAIRS.encode(), TSV.encode(), b"ab_ba\ncd_dc\n"],
            each(lambda path: pair_columns(str(path), SourceOptions()), read(column="1")),
        ),
        Parser("columns", "input.txt", [CONLL.encode(), CONLL.replace(" ", "\t").encode(), CONLLU.encode()], tagged),
        Parser(
            "conllu",
            "input.conllu",
            [CONLLU.encode()],
            each(read(), read(column="form", **lenient), read(column="upos", **skipping)),
        ),
        Parser("conllu-columns", "input.conllu", [CONLLU.encode()], tagged),
        Parser("gzip", "input.txt.gz", [gzip.compress(prose, mtime=0)], read(**lenient), "compressed", native=True),
        Parser("bzip2", "input.txt.bz2", [bz2.compress(prose)], read(**lenient), "compressed", native=True),
        Parser("xz", "input.txt.xz", [lzma.compress(prose)], read(**lenient), "compressed", native=True),
        Parser("zstandard", "input.txt.zst", [zstandard.compress(prose)], read(**lenient), "compressed", native=True),
        Parser(
            "token-list",
            "input.tsv",
            [WORDS.encode(), VOCAB.encode(), b"cat 12\ndog 7\n", b"cat\ndog\n"],
            read_token_list,
        ),
        Parser("vocabulary", "vocab.tsv", [VOCAB.encode()], vocabulary),
    ]
