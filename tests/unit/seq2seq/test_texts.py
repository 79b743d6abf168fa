"""Which columns of a file of pairs are source and target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqtool.corpus.options import SourceOptions
from seqtool.errors import InputError, UsageError
from seqtool.seq2seq.texts import pair_columns


def columns(tmp_path: Path, name: str, text: str, **options: Any) -> list[str | None]:
    (tmp_path / name).write_text(text)
    return pair_columns(str(tmp_path / name), SourceOptions(**options))


def test_the_first_two_unless_others_are_named(tmp_path: Path) -> None:
    assert columns(tmp_path, "p.tsv", "a\tb\nc\td\n") == ["0", "1"]
    assert columns(tmp_path, "p.csv", "a,b\nc,d\n") == ["0", "1"]
    assert columns(tmp_path, "p.csv", "a;b;c\n", separator=";", column="2,0") == ["2", "0"]
    assert columns(tmp_path, "p.tsv", "source\tn\ttarget\na\t1\tb\n") == ["source", "target"]


def test_lines_without_a_tab(tmp_path: Path) -> None:
    assert len(set(columns(tmp_path, "p.txt", "1+1  _2  \n2+3  _5  \n"))) == 2
    with pytest.raises(InputError, match="line 1"):
        columns(tmp_path, "p.txt", "a b\nc d\n")
    assert columns(tmp_path, "p.txt", "a;b\nc;d\n", separator=";") == ["0", "1"]
    assert columns(tmp_path, "p.tsv", "a_b\nc_d\n", column="1,0") == ["1", "0"]
    with pytest.raises(UsageError, match="--column"):
        columns(tmp_path, "p.tsv", "a\tb\n", column="0")
