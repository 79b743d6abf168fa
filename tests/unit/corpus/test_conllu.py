"""CoNLL-U as a text: its sentences, or a column of its words."""

from __future__ import annotations

import gzip
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from table_columns import read_column

from seqtool.corpus.doctor.examine import examine_texts
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.corpus.reading.conllu import column_number, conllu_texts, is_conllu_name, looks_like_conllu
from seqtool.corpus.reading.sources import open_sources
from seqtool.errors import InputError


def row(number: str, form: str, lemma: str = "_", upos: str = "_", misc: str = "_") -> str:
    return "\t".join([number, form, lemma, upos, "_", "_", "_", "_", "_", misc])


SPANISH = [
    "# sent_id = 1",
    row("1", "Ana", "Ana", "PROPN"),
    row("2-3", "vámonos", misc="SpaceAfter=No"),
    row("2", "vamos", "ir", "VERB"),
    row("3", "nos", "nos", "PRON", "SpaceAfter=No"),
    row("3.1", "tú", "tú", "PRON"),
    row("4", "!", "!", "PUNCT"),
    "",
]


def texts(lines: list[str], column: str | None = None) -> tuple[list[str], dict[str, int]]:
    counts: Counter[str] = Counter()
    return list(conllu_texts("t.conllu", lines, column, counts)), dict(+counts)


def test_a_sentence_is_its_text_comment() -> None:
    assert texts(["# text = Ana, vámonos  ya!", *SPANISH, *SPANISH])[0] == ["Ana, vámonos  ya!", "Ana vámonos!"]


def test_forms_are_joined_as_they_are_written_where_there_is_no_text() -> None:
    assert texts(SPANISH) == (["Ana vámonos!"], {"joined": 1, "empty_nodes": 1})
    assert texts(["# text = ", *SPANISH, "# text_en = Let's go", *SPANISH])[0] == ["Ana vámonos!"] * 2
    quoted = [row("1", '"', misc="Gloss=x|SpaceAfter=No"), row("2", "a", misc="SpaceAfter=Nothing"), row("3", "b")]
    assert texts(quoted)[0] == ['"a b']


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("form", "Ana vamos nos !"),
        ("LEMMA", "Ana ir nos !"),
        ("upos", "PROPN VERB PRON PUNCT"),
        ("1", "Ana vamos nos !"),
        ("UPOSTAG", "PROPN VERB PRON PUNCT"),
    ],
)
def test_a_column_of_the_words_leaves_ranges_and_empty_nodes_out_and_counts_them(column: str, expected: str) -> None:
    assert texts(SPANISH, column) == ([expected], {"ranges": 1, "empty_nodes": 1})


def test_a_space_inside_a_word_becomes_an_underscore_and_a_missing_value_stays_one() -> None:
    vietnamese = [row("1", "Hà Nội"), row("2", "10\u00a0000"), row("3", "_", "_")]
    assert texts(vietnamese, "form") == (["Hà_Nội 10_000 _"], {"inner_spaces": 2})
    assert texts(vietnamese, "lemma") == (["_ _ _"], {"unspecified": 2})
    assert texts(vietnamese)[0] == ["Hà Nội 10\u00a0000 _"]


def test_comments_alone_and_several_blank_lines_are_no_sentence() -> None:
    assert texts(["# licence", "", "", *SPANISH, "", " \t", "# end", ""])[0] == ["Ana vámonos!"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([*SPANISH, row("1", "a"), row("3", "b")], ("line 10", "2", "3")),
        ([row("1", "a"), row("1", "b")], ("line 2", "2", "blank line")),
        ([row("1", "a"), "2\tb\tb"], ("line 2", "10", "3")),
        ([row("1", "a"), row("2", "b") + "\tNOUN"], ("line 2", "10", "11")),
        (["# c", "1 a b _ _ _ _ _ _ _"], ("line 2",)),
        ([row("1", "a"), row("x", "b")], ("line 2", "x")),
        ([row("1", "")], ("line 1", "FORM")),
        ([row("1", "a"), row("2-3", "bc"), row("2", "b"), ""], ("line 3", "2", "3")),
        ([row("1", "a"), row("1.2", "b")], ("line 2", "1.1", "1.2")),
        (["# text = a", ""], ("line 1", "no word")),
    ],
)
def test_a_malformed_sentence_is_an_error_that_names_its_line(lines: list[str], words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        texts(lines)
    assert all(word in str(caught.value) for word in ("t.conllu", *words))


def test_a_column_that_conllu_does_not_have_is_refused() -> None:
    assert [column_number(name) for name in ("xpos", "Misc", "9", "10", "word")] == [4, 9, 9, None, None]
    with pytest.raises(InputError, match="feats"):
        texts(SPANISH, "word")


def test_the_suffix_decides_also_where_it_is_compressed(tmp_path: Path) -> None:
    assert all(map(is_conllu_name, ("a.conllu", "A.CONLLU.gz", "b.conll-u.xz")))
    assert not any(map(is_conllu_name, ("a.conll", "conllu", "a.conllu.txt")))
    path = tmp_path / "a.conllu.gz"
    path.write_bytes(gzip.compress("\r\n".join(SPANISH).encode() + b"\r\n\r\n"))
    (source,) = open_sources([str(path)], SourceOptions())
    assert b"".join(block.data for block in source.blocks()).decode() == "Ana vámonos!\n"
    assert (source.kind, source.counts["crlf"]) == ("conllu", 9)


def test_doctor_finds_conllu_under_another_name(tmp_path: Path) -> None:
    assert looks_like_conllu(SPANISH)
    assert not looks_like_conllu(["# only a comment", ""])
    assert not looks_like_conllu(["\t".join("1234567890"), "\t".join("abcdefghij")])
    (tmp_path / "a.txt").write_text("\n".join(SPANISH) + "\n")
    (tmp_path / "a.conllu").write_text("\n".join(SPANISH) + "\n")
    (tmp_path / "b.txt").write_text("1\tone\n2\ttwo\n")
    found = {
        name: [f.what for f in examine_texts([str(tmp_path / name)], SourceOptions(), PreprocessOptions())[0].findings]
        for name in ("a.txt", "a.conllu", "b.txt")
    }
    assert [sum(what.startswith("CoNLL-U read") for what in some) for some in found.values()] == [1, 0, 0]


def test_conllu_under_another_name_is_warned_of_where_it_is_preprocessed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from seqtool.corpus.artifact import build_corpus

    for name, lines, expected in (
        ("a.txt", SPANISH, 1),
        ("b.txt", ["1\tone", "2\ttwo"], 0),
        ("c.conllu", SPANISH, 0),
    ):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        build_corpus(
            [str(tmp_path / name)], SourceOptions(), PreprocessOptions(threads=1), tmp_path / f"{name[0]}.corpus"
        )
        assert capsys.readouterr().err.count("CoNLL-U") == expected, name


@pytest.mark.parametrize("gap", [" ", "   "])
def test_columns_separated_by_spaces_are_named_and_the_command_separates_them_by_tabs(tmp_path: Path, gap: str) -> None:
    path = tmp_path / "a b.conllu"
    path.write_text("\n".join(["# text = Ana  y tú", *SPANISH]).replace("\t", gap) + "\n")
    for column in (None, "lemma"):
        with pytest.raises(InputError, match=r"line 3.*TABs") as caught:
            read_column(path, column)
    command = str(caught.value.remedy).partition(": ")[2]
    subprocess.run(["bash", "-c", command], check=True, cwd=tmp_path)
    (made,) = set(tmp_path.glob("*.conllu")) - {path}
    assert read_column(made)[0] == ["Ana  y tú"]
    assert read_column(made, "form")[0] == ["Ana vamos nos !"]


@pytest.mark.parametrize("suffix", ["txt", "tsv"])
@pytest.mark.parametrize("column", ["lemma", "1", "text", "tab/text"])
def test_conllu_is_not_read_as_a_table(tmp_path: Path, suffix: str, column: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_text("\n".join(SPANISH) + "\n")
    with pytest.raises(InputError, match=r"\.conllu") as caught:
        read_column(path, column)
    assert "line" not in caught.value.message
    assert read_column(path.rename(path.with_suffix(".conllu")), "lemma")[0] == ["Ana ir nos !"]


def test_words_alone_are_a_table_by_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.txt"
    path.write_text(row("1", "a") + "\n" + row("2", "b") + "\n")
    assert read_column(path, "1")[0] == ["a", "b"]
    assert ".conllu" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"\.conllu"):
        read_column(path, "form")


def test_a_table_with_numbers_is_not_conllu(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("\t".join("abcdefghij") + "\n" + "\t".join("1234567890") + "\n")
    assert read_column(path, "b")[0] == ["2"]
    assert "CoNLL" not in capsys.readouterr().err
