from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Encoded, contents

from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.tokenizers import korean
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.errors import InputError

TEXT = "나는 밥을 먹었다.\n\nABC 12개를 샀다\n".encode()


def test_morphemes(encode: Callable[..., Encoded]) -> None:
    pytest.importorskip("kiwipiepy")
    made = encode(TEXT, tokenizer="korean", lower=True, digits="number", threads=1)
    assert made.tokens()[0] == ["나", "는", "밥", "을", "먹", "었", "다", "."]
    assert made.tokens()[1] == []
    assert made.tokens()[2][:3] == ["abc", "N", "개"]
    assert made.corpus.lengths.tolist() == [
        [len(row) + 1, len(row.encode()) + 1] for row in TEXT.decode().split("\n")[:-1]
    ]
    assert contents(made.directory) == contents(
        encode(TEXT, tokenizer="korean", lower=True, digits="number", threads=2).directory
    )
    assert made.corpus.tokenizer.tokenize("밥을") == ["밥", "을"]


N = korean.LONGEST


@pytest.mark.parametrize(
    ("line", "sizes"),
    [
        ("", [0]),
        ("밥 을 " * 10, [40]),
        ("가" * N, [N]),
        ("acgt" * N, [N] * 4),
        ("가" * (N - 2) + " 나는 " + "하" * N, [N - 2, 3, N, 1]),  # white space goes with what follows it
        (" " * (N + 1), [N, 1]),
        ("가나 " * N, [N, N - 2, N - 2, 4]),
    ],
)
def test_a_long_line_is_cut_at_white_space_where_there_is_any(line: str, sizes: list[int]) -> None:
    parts = korean._parts(line)
    assert "".join(parts) == line
    assert list(map(len, parts)) == sizes


def test_a_long_line_loses_nothing(encode: Callable[..., Encoded]) -> None:
    pytest.importorskip("kiwipiepy")
    long = "나는 밥을 먹었다. " * (N // 8)
    made = encode(f"밥을 먹었다.\n{long}\n{'acgt' * N}\n밥을\n".encode(), tokenizer="korean", threads=1)
    first, second, third, last = made.tokens()
    assert first == ["밥", "을", "먹", "었", "다", "."]
    assert "".join(second).count("밥을먹었다.") == N // 8
    assert second == made.corpus.tokenizer.tokenize(long)
    assert "".join(third) == "acgt" * N
    assert last == ["밥", "을"]


def test_without_kiwipiepy(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name == "kiwipiepy":
            raise ImportError(name)
        return real(name, *args, **options)

    korean._kiwi.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"kiwipiepy.*seqtool\[korean\]"):
        load_tokenizer(PreprocessOptions(tokenizer="korean"))
