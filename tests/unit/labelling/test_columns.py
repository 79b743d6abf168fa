"""Sentences in columns: blanks around cells, and TABs that begin no column."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from seqtool.errors import InputError
from seqtool.labelling.tagging.columns import _what, sentences


def words(*lines: str, name: str = "t") -> list[list[str]]:
    return [columns for sentence in sentences(name, lines) for columns in sentence.words]


def test_blanks_around_a_cell_are_not_part_of_it() -> None:
    assert words("Ann \tB-PER ", " runs\tO", "New  York\t B-LOC") == [
        ["Ann", "B-PER"],
        ["runs", "O"],
        ["New  York", "B-LOC"],
    ]


def test_a_space_is_a_word_where_characters_are_labelled() -> None:
    assert words("a\tB", " \tO", "\u3000\tO") == [["a", "B"], [" ", "O"], ["\u3000", "O"]]


def test_a_tab_at_the_end_of_lines_begins_no_column() -> None:
    found = next(sentences("t", ["Ann\tB-PER\t", "runs\tO", "far\tO\t \t"]))
    assert found.words == [["Ann", "B-PER"], ["runs", "O"], ["far", "O"]]
    assert found.lines == ["Ann\tB-PER", "runs\tO", "far\tO"]
    assert words("", "Ann\t") == [["Ann"]]


def test_a_column_that_is_empty_in_some_lines_is_one() -> None:
    assert words("The\tDT\t", "", "Ann\tNNP\tPER") == [["The", "DT", ""], ["Ann", "NNP", "PER"]]
    assert words("a\t\tX\t", "b\t\tY\t") == [["a", "", "X"], ["b", "", "Y"]]


def test_lines_of_another_width_are_named() -> None:
    with pytest.raises(InputError, match=r"line 3: expected 2 .* 3"):
        words("a\tX", "b\tX\t", "c\tX\tY")
    with pytest.raises(InputError, match=r"line 2: expected 2 .* 1"):
        words("a\tX\t", "b")


def test_many_blank_lines_come_first() -> None:
    assert words(*[""] * 3000, "a b\tX\t") == [["a b", "X"]]


def shape(*lines: str, name: str = "t") -> list[tuple[int, int, list[str]]]:
    """Number, lines and first cells of what has words."""
    found = sentences(name, lines)
    return [(s.number, len(s.lines), [row[0] for row in s.words]) for s in found if s.words]


def test_comments_before_a_sentence_are_not_words() -> None:
    assert shape("# id 7", "## two words here", "a X", "b Y", "", "# newdoc", "c X") == [
        (1, 4, ["a", "b"]),
        (6, 2, ["c"]),
    ]
    assert shape("# only words follow", "a", "#", "b") == [(1, 4, ["a", "#", "b"])]
    assert shape("# sent_id = 1", "EU NNP B-NP B-ORG", "", "# Sentence 2 here", "of IN B-PP O") == [
        (1, 2, ["EU"]),
        (4, 2, ["of"]),
    ]


def test_a_hash_alone_is_a_word_wherever_it_is() -> None:
    assert words("# O", "1 O", "", "# O", "# O", "me B-PER") == [
        ["#", "O"],
        ["1", "O"],
        ["#", "O"],
        ["#", "O"],
        ["me", "B-PER"],
    ]
    assert words("# # B-NP", "1 CD I-NP", "", "# # B-NP") == [
        ["#", "#", "B-NP"],
        ["1", "CD", "I-NP"],
        ["#", "#", "B-NP"],
    ]
    assert words("#\tSYM\tO", "#news\tNN\tO", "", "# 1\tNN\tO") == [
        ["#", "SYM", "O"],
        ["#news", "NN", "O"],
        ["# 1", "NN", "O"],
    ]


def test_a_title_with_the_width_of_a_word_is_a_comment() -> None:
    assert shape("## id-1\t봄이 왔다", "봄\tB-DT", " \tO", "왔\tO", "", "## id-2\t안녕", "안\tO") == [
        (1, 4, ["봄", " ", "왔"]),
        (6, 2, ["안"]),
    ]
    assert shape("# id-1\tThe whole text.", "The\tO") == [(1, 2, ["The"])]


def test_a_comment_inside_a_sentence_is_a_line_of_another_width() -> None:
    with pytest.raises(InputError, match="line 2"):
        words("a X", "# a comment here", "b Y")
    with pytest.raises(InputError, match="line 1"):
        words("#news", "a X", "b Y")


def test_document_lines_of_any_width_are_not_words() -> None:
    for line in ("-DOCSTART-", "-DOCSTART- -X- O O", "-DOCSTART- (1) O"):
        assert shape(line, "", "a X O", "b Y O") == [(3, 2, ["a", "b"])]
    assert shape("a X", "-DOCSTART- -X-", "b Y", "c Y", "-DOCSTART-") == [(1, 1, ["a"]), (2, 3, ["b", "c"])]


def test_only_spaces_and_tabs_separate_columns() -> None:
    assert words("10\u00a0000 CD", "东\u3000京\tNNP", "a\x0cb\u2003c  X ") == [
        ["10\u00a0000", "CD"],
        ["东\u3000京", "NNP"],
        ["a\x0cb\u2003c", "X"],
    ]
    assert words("\u00a0 SP", "a X") == [["\u00a0", "SP"], ["a", "X"]]


def test_the_line_that_differs_from_most_is_the_wrong_one() -> None:
    for lines, number in (
        (["New York X", "b Y", "c Y"], 1),
        (["a\tb\tX", "b\tY", "", "c\tY"], 1),
        (["a X", "b Y", "", "c", "d Y"], 4),
        (["a\tX", "b Y", "c\tZ", "d\tZ Z"], 2),
    ):
        with pytest.raises(InputError, match=f"line {number}: expected 2 "):
            words(*lines)


def test_an_empty_label_is_an_error_with_its_line() -> None:
    found = list(sentences("t", ["# c", "a\tX", "b\t", "c\t "]))
    with pytest.raises(InputError, match="line 3"):
        found[0].labels(-1)
    assert found[0].column(0) == ["a", "b", "c"]


def test_ranges_and_empty_nodes_of_conllu_are_not_words() -> None:
    rest = "\t".join("_" * 8)
    lines = ["# text = a", f"1-2\tvámonos\t{rest}", f"1\tvamos\t{rest}", f"2\tnos\t{rest}", f"2.1\tx\t{rest}", ""]
    for name in ("t", "t.conllu"):
        (found,) = [s for s in sentences(name, lines) if s.words]
        assert (found.conllu, found.lines, list(found.places)) == (True, lines[:-1], [2, 3])
        assert found.column(found.column_number("form")) == ["vamos", "nos"]
    with pytest.raises(InputError, match="line 2: expected 10"):
        words("\t".join(["1", "a", rest]), "2\tb\tc", name="t.conllu")
    with pytest.raises(InputError, match="UPOS"):
        found.column_number("word")
    with pytest.raises(InputError, match="FORM"):
        next(sentences("t", ["a X"])).column_number("FORM")


@pytest.mark.parametrize("name", ["a.jsonl", "a.json.gz", "a.parquet", "hf:org/name"])
def test_what_has_no_words_a_line_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(InputError, match=re.escape(name)):
        list(sentences(name, ['{"tokens": ["a", "b"]}']))


@pytest.mark.parametrize("separator", [",", ";"])
def test_commas_between_columns_are_refused_with_a_command_that_writes_tabs(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "a b.csv"
    path.write_text(f'The{separator}O\n"{separator}"{separator}O\n\nCats{separator}B-X\n')
    with pytest.raises(InputError, match="TABs") as caught:
        list(sentences(str(path), path.read_text().splitlines()))
    subprocess.run(["bash", "-c", str(caught.value.remedy).partition(": ")[2]], check=True, cwd=tmp_path)
    (made,) = tmp_path.glob("*.tsv")
    found = list(sentences(str(made), made.read_text().splitlines()))
    assert [word for sentence in found for word in sentence.words] == [["The", "O"], [separator, "O"], ["Cats", "B-X"]]


def test_a_header_is_not_a_word() -> None:
    with pytest.raises(InputError, match="line 1"):
        list(sentences("a.tsv", ["Word\tPOS\tTag", "The\tDT\tO"]))
    assert len(list(sentences("a.tsv", ["word\tO", "label\tO"]))) == 1


@pytest.mark.parametrize(
    ("line", "what"),
    [("# a", "comment"), ("-DOCSTART- O", "-DOCSTART- line"), ("1-2\tam\t_", "range"), ("1.1\tx-y\t_", "empty node")],
)
def test_lines_that_are_not_words_are_told_apart(line: str, what: str) -> None:
    assert _what(line) == what
