"""Rows with too many or too few cells, in every command that reads tables; NaN as a missing label or text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)

GOOD = "text\tlabel\n" + "good film\tpos\nbad film\tneg\n" * 20
RAGGED = GOOD + "bad\tfilm really\tneg\n"
LINE = ("line 42", "expected 2 cells", "found 3")
COLUMNS = ("--column", "text", "--label-column", "label")


@pytest.fixture
def model(run: Run) -> Path:
    """A classifier trained on columns, beside good and ragged tables."""
    for name, text in (("good.tsv", GOOD), ("bad.tsv", RAGGED), ("bad.csv", RAGGED.replace("\t", ","))):
        Path(name).write_text(text)
    Path("pairs.tsv").write_text("a b\tb a\n" * 41 + "a\tb\tc\n")
    Path("v.txt").write_text("good 1 0\nbad 0 1\nfilm 1 1\nreally 1 2\n")
    run("train-classifier", "good.tsv", *COLUMNS, "--arch", "tfidf", "-o", "m.classifier").ok()
    return Path("m.classifier")


def test_every_reader_of_tables_stops_at_a_ragged_row(run: Run, model: Path) -> None:
    for table in ("bad.tsv", "bad.csv"):
        for arguments in (
            ("preprocess", table, "--column", "text", "-o", "c.corpus"),
            ("preprocess", table, "--column", "1", "-o", "c.corpus"),
            ("train-classifier", table, *COLUMNS, "--arch", "tfidf", "-o", "new"),
            ("train-classifier", "good.tsv", *COLUMNS, "--valid", table, "--arch", "tfidf", "-o", "new"),
            ("classify", model, table, "--column", "text"),
            ("eval-labels", model, table, *COLUMNS),
            ("compare", model, model, table, "--column", "text"),
            ("document-vectors", "v.txt", table, "--column", "text", "-o", "d"),
        ):
            assert "; " in run(*arguments).failed(1, table, *LINE).stderr, "a remedy"
    run("train-seq2seq", "pairs.tsv", "-o", "s").failed(1, "pairs.tsv", *LINE)
    assert not any(Path(name).exists() for name in ("c.corpus", "new", "d", "s"))


def test_every_reader_of_tables_leaves_damaged_rows_out_when_asked(run: Run, model: Path) -> None:
    skip = ("--bad-rows", "skip")
    Path("bad.csv").rename("commas.csv")
    for number, table in enumerate(("bad.tsv", "commas.csv")):
        made = run("preprocess", table, "--column", "text", "-o", f"{number}.corpus", *skip, "--json").ok().json
        assert [row["count"] for row in made["dropped"]] == [1]
        assert made["sentences"] == 40
        new = f"{number}.classifier"
        run("train-classifier", table, *COLUMNS, *skip, "--valid", table, "--arch", "tfidf", "-o", new).ok()
        dropped = run("info", new, "--json").ok().json["dropped"]
        assert [row["count"] for row in dropped if "--bad-rows" in row["why"]] == [1, 1]
        done = run("classify", model, table, "--column", "text", *skip)
        assert len(done.ok().stdout.splitlines()) == 40
        done.noted("1 row")
        done = run("eval-labels", model, table, *COLUMNS, *skip, "--json")
        assert done.ok().json["n"] == 40
        done.noted("1 row")
        run("document-vectors", "v.txt", table, "--column", "text", *skip, "-o", f"{number}.documents").ok()
        rows = run("doctor", table, "--column", "text", *skip, "--json").ok().json
        assert [(row["value"], row["line"]) for row in rows if row["what"] == "damaged rows"] == [(1, 42)]
        assert [row["value"] for row in rows if row["what"] == "lines"] == [40]


def test_pairs_lose_the_same_rows(run: Run) -> None:
    Path("pairs.tsv").write_text("a b\tb a\n" * 20 + "a\tb\tc\n" + "lonely\n" + "c d\td c\n" * 20)
    for vocabulary in ("separate", "shared"):
        arguments = ("--bad-rows", "skip", "--epochs", "1", "--vocabulary", vocabulary, "-o", vocabulary)
        run("train-seq2seq", "pairs.tsv", *arguments).ok()
        dropped = run("info", vocabulary, "--json").ok().json["dropped"]
        assert [row["count"] for row in dropped] == [2]
    done = run("translate", "shared", "pairs.tsv", "--column", "0", "--bad-rows", "skip", "--max-tokens", "3").ok()
    assert len(done.stdout.splitlines()) == 40
    Path("said.txt").write_text("b a\n" * 20 + "d c\n" * 20)
    arguments = ("said.txt", "pairs.tsv", "--column", "1", "--bad-rows", "skip", "--json")
    found = run("eval-translation", *arguments).ok().json
    assert (found["n"], found["exact"]) == (40, 100.0)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("q.csv", "id,source,target\n1,go,va\n2,hi,salut\n"),
        ("q.tsv", "target\tsource\nva\tgo\nsalut\thi\n"),
        ("q.jsonl", '{"target": "va", "source": "go"}\n{"target": "salut", "source": "hi"}\n'),
        ("p.tsv", "go\tva\nhi\tsalut\n"),
    ],
)
def test_columns_called_source_and_target_are_the_pairs(run: Run, name: str, text: str) -> None:
    Path(name).write_text(text)
    run("train-seq2seq", name, "--epochs", 1, "--threads", 1, "-o", "m").noted("'go' → 'va'")


def test_padded_pairs_around_an_underscore_are_read(run: Run) -> None:
    Path("sums.txt").write_text("".join(f"{f'{i}+{i}':7}_{i + i:<5}\n" for i in range(10, 60)))
    done = run("train-seq2seq", "sums.txt", "--tokenizer", "char", "--epochs", "1", "-o", "m").ok()
    done.noted("'10+10' → '20'")
    Path("words.txt").write_text("no pairs\nin this text\n")
    error = run("train-seq2seq", "words.txt", "-o", "n").failed(1, "line 1", "TAB", "--source").stderr
    assert "--column" not in error
    for before in (0, 1, 7, 200):
        for bad in ("1+1 2", "1_1_2"):
            Path("sums.txt").write_text("1+1 _2\n" * before + f"{bad}\n" + "1+1 _2\n" * 20)
            run("train-seq2seq", "sums.txt", "-o", "n").failed(1, "sums.txt", f"line {before + 1}:", "--bad-rows")


@pytest.mark.parametrize("suffix", ["tsv", "txt"])
def test_a_first_pair_that_is_damaged_is_the_one_that_is_named(run: Run, suffix: str) -> None:
    Path(f"p.{suffix}").write_text("go va\n" + "hi\tsalut\n" * 9)
    run("train-seq2seq", f"p.{suffix}", "-o", "m").failed(1, "line 1:", "expected 2 cells")


EN_FR = [{"id": i, "en": f"go {i}", "fr": f"va {i}"} for i in range(9)]
INSIDE = [{"translation": {"en": row["en"], "fr": row["fr"]}} for row in EN_FR]


@pytest.mark.parametrize("suffix", ["jsonl", "json", "parquet", "folder"])
@pytest.mark.parametrize("rows", [EN_FR, INSIDE], ids=["wide", "inside"])
def test_columns_of_pairs_with_other_names_are_named_and_the_choice_is_read(
    run: Run, suffix: str, rows: list[dict[str, object]]
) -> None:
    import datasets

    name, table = f"p.{suffix}", datasets.Dataset.from_list(rows)
    if suffix == "folder":
        table.save_to_disk(name)
    elif suffix == "parquet":
        table.to_parquet(name)
    else:
        table.to_json(name, lines=suffix == "jsonl")
    error = run("train-seq2seq", name, "-o", "m").failed(1, "en", "fr", "--column").stderr
    chosen = re.search(r"--column (\S+)", error)
    assert chosen
    run("train-seq2seq", name, "--column", chosen[1], "--epochs", 1, "-o", "m").noted("'go 0' → 'va 0'")
    if suffix == "jsonl":
        run("compare", "m", "m", name).failed(1, "--column")
        run("compare", "m", "m", name, "--column", chosen[1]).ok()
        one = chosen[1].split(",")[0]
        assert len(run("translate", "m", name, "--column", one, "--max-tokens", 2).ok().stdout.splitlines()) == 9
        run("translate", "m", name).failed(1, "--column", one)


def test_conllu_as_pairs_names_the_columns_of_words(run: Run) -> None:
    row = "1\t{0}s\t{0}\tNOUN\t_\t_\t0\troot\t_\t_\n\n"
    Path("a.conllu").write_text("".join(map(row.format, ["dog", "cat", "bird"] * 5)))
    run("train-seq2seq", "a.conllu", "-o", "m").failed(1, "lemma", "--column form,lemma")
    run("train-seq2seq", "a.conllu", "--column", "form,lemma", "--epochs", 1, "-o", "m").noted("'dogs' → 'dog'")


def test_doctor_counts_words_for_missing_values(run: Run) -> None:
    Path("t.csv").write_text("label,text\n1,NA\n0,null\n1,good NA\n0,None\n")
    rows = run("doctor", "t.csv", "--json").ok().json
    assert [row["value"] for row in rows if "missing value" in row["what"]] == [3]
    Path("t.txt").write_text("NA\nnull\n")
    assert "missing value" not in run("doctor", "t.txt").ok().stdout


def test_an_artifact_is_not_written_to_standard_output(run: Run) -> None:
    Path("t.txt").write_text("a b\n")
    run("preprocess", "t.txt", "-o", "-").failed(2, "-o -")
    run("cooccur", "t.txt", "-o", "-").failed(2, "-o -")
    assert not Path("-").exists()


def test_a_folder_behind_hf_is_named_without_it(run: Run) -> None:
    Path("saved").mkdir()
    run("preprocess", "hf:saved", "-o", "c").failed(1, "give saved")


def test_labels_read_as_in_training_stop_at_a_ragged_row(run: Run, model: Path) -> None:
    run("eval-labels", model, "bad.csv").failed(1, "bad.csv", *LINE)
    run("eval-labels", model, "bad.tsv").failed(1, "bad.tsv", *LINE)
    run("eval-labels", model, "good.tsv").ok()


def test_doctor_counts_ragged_rows(run: Run) -> None:
    Path("t.csv").write_text('label,text\n1,"a\nb"\n0,x, y\n1\n1,c\n')
    for column in ("text", "1", "0,1"):
        rows = run("doctor", "t.csv", "--column", column, "--json").ok().json
        (found,) = [row for row in rows if row["what"].startswith("damaged rows")]
        assert (found["value"], found["line"]) == (2, 4)
        assert "t.csv: line 4" in found["remedy"]
    far = "1\t" + "a" * (5 << 20)  # past the first block
    Path("u.tsv").write_bytes(f"label\ttext\n1\ta\tb\n{far}\n0\t좋다 영화\n".encode("cp949"))
    rows = {row["what"]: row for row in run("doctor", "u.tsv", "--json").ok().json}
    assert rows["encoding"]["line"] == 4, "a ragged row does not hide the encoding"
    Path("fine.csv").write_text("label,text\n1,a\n\n0,b\n")
    assert "damaged rows" not in run("doctor", "fine.csv").ok().stdout


def test_nan_is_a_missing_text_or_label(run: Run) -> None:
    nan = float("nan")
    rows = [(label, text) for label, text in (("pos", "good film"), ("neg", "bad film")) for _ in range(20)]
    rows += [("pos", nan), (nan, "good film"), ("neg", None), ("neg", "nan bad")]
    Path("t.jsonl").write_text("".join(json.dumps({"label": y, "text": x}) + "\n" for y, x in rows))
    made = run("preprocess", "t.jsonl", "-o", "c.corpus", "--json").ok().json
    assert [row["count"] for row in made["dropped"] if "missing" in row["what"]] == [2]
    tokens = {row["token"]: row["count"] for row in run("vocab", "c.corpus", "--json").ok().json}
    assert tokens["nan"] == 1
    run("train-classifier", "t.jsonl", "--arch", "tfidf", "-o", "m").ok()
    assert [line.split("\t")[0] for line in Path("m/labels.tsv").read_text().splitlines()] == ["neg", "pos"]


def test_a_header_whose_texts_have_another_name_is_no_labelled_text(run: Run) -> None:
    Path("t.tsv").write_text("sentence\tlabel\n" + "good\tpos\nbad\tneg\n" * 6)
    run("train-classifier", "t.tsv", "--arch", "tfidf", "-o", "m").failed(1, "sentence", "--column")
    run("train-classifier", "t.tsv", "--column", "sentence", "--arch", "tfidf", "-o", "m").noted("neg 6", "pos 6")
