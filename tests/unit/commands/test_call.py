"""`seqtool.NAME(…)`: the command as a function, with sentences in memory, types and help."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from finished import says

import seqtool
from seqtool.commands.answers import Made, Table
from seqtool.commands.call import python_function
from seqtool.commands.declaration import command_parameters
from seqtool.commands.table import COMMANDS
from seqtool.commands.texts import TEXTS
from seqtool.errors import InputError, OutputError, UsageError

# Lists of strings that are words, names or artifacts, and so are no texts.
NOT_TEXTS = frozenset({"words", "vectors", "models", "model", "artifacts", "evaluations", "references", "mix", "on"})


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_corpus: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("corpus.txt").write_text(tiny_corpus, encoding="utf-8")


def test_a_function_does_what_the_command_does(run: Any) -> None:
    made = seqtool.preprocess("corpus.txt", tokenizer="char", output="python.corpus")
    run("preprocess", "corpus.txt", "--tokenizer", "char", "-o", "shell.corpus").ok()
    files = {path.name for path in Path("shell.corpus").iterdir()} - {"run.json"}
    assert made.written
    assert all((Path("python.corpus") / n).read_bytes() == (Path("shell.corpus") / n).read_bytes() for n in files)


def test_without_output_the_result_is_where_the_command_puts_it(capsys: pytest.CaptureFixture[str]) -> None:
    made = seqtool.preprocess(Path("corpus.txt"))
    assert made.path == Path("corpus.corpus")
    assert "wrote corpus.corpus\n" in capsys.readouterr().err
    assert not seqtool.preprocess(Path("corpus.txt")).written
    assert says(capsys.readouterr().err, "corpus.corpus", "up to date")
    assert len(made.load()) == 120


def test_set_quiet_lasts(capsys: pytest.CaptureFixture[str]) -> None:
    seqtool.set_quiet(True)
    try:
        seqtool.preprocess("corpus.txt")
        assert capsys.readouterr().err == ""
    finally:
        seqtool.set_quiet(False)


@pytest.mark.parametrize(
    "sentences",
    [["the cat sat", "a dog"], [["the", "cat", "sat"], ("a", "dog")], iter(["the cat sat", ["a", "dog"]])],
    ids=["strings", "tokens", "mixed"],
)
def test_sentences_in_memory_are_a_text(sentences: Any) -> None:
    made = seqtool.preprocess(sentences, output="m.corpus")
    assert list(made.load()) == [["the", "cat", "sat"], ["a", "dog"]]
    assert not seqtool.preprocess(["the cat sat", "a dog"], output="m.corpus").written
    with pytest.raises(OutputError, match="overwrite"):
        seqtool.preprocess(["another"], output="m.corpus")
    assert seqtool.preprocess(["another"], output="m.corpus", overwrite=True).written


def test_the_corpus_of_sentences_is_beside_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    sentences = ["New York is big", "I like New York"] * 5
    made = seqtool.phrases(sentences, output="joined", lower=True, threshold=0.1)
    assert "wrote joined.corpus\n" in capsys.readouterr().err
    assert seqtool.load("joined.corpus")[0] == ["new", "york", "is", "big"]
    assert made.load()[0] == ["new_york", "is", "big"]
    assert not seqtool.phrases(sentences, output="joined", lower=True, threshold=0.1).written


def test_a_model_is_measured_on_sentences_in_memory(made: Path) -> None:
    sentences = ["the cat sat on the mat", ["a", "zebra"]]
    Path("t.txt").write_text("the cat sat on the mat\na zebra\n", encoding="utf-8")
    found = seqtool.perplexity(made / "m.lm", sentences)
    assert found["perplexity"] == seqtool.perplexity(made / "m.lm", "t.txt")["perplexity"]
    assert found["perplexity"] == pytest.approx(seqtool.load(made / "m.lm").perplexity(sentences), rel=1e-5)
    rows = seqtool.score(made / "m.lm", sentences)
    assert [row["tokens"] for row in rows] == [7, 3]
    assert seqtool.perplexity(made / "m.lm", sentences, output="m.eval")["tokens"] == 10
    assert seqtool.load("m.eval").summary["tokens"] == 10
    assert len(seqtool.generate(made / "m.lm", num=3)) == 3


def test_sentences_need_an_output() -> None:
    with pytest.raises(UsageError, match="output="):
        seqtool.preprocess(["the cat sat"])
    with pytest.raises(UsageError, match=r"texts\[1\]"):
        seqtool.preprocess([["fine"], ["new york"]], output="x")
    with pytest.raises(UsageError, match="Path"):
        seqtool.preprocess(["corpus.txt"], output="x")
    assert not Path("x").exists()


def test_paths_are_files_of_one_text() -> None:
    Path("more.txt").write_text("one more line\n")
    made = seqtool.preprocess([Path("corpus.txt"), Path("more.txt")], output="both.corpus")
    assert made["sentences"] == 121


def test_an_object_with_a_path_goes_where_a_path_goes() -> None:
    made = seqtool.preprocess("corpus.txt")
    assert seqtool.info(made)["kind"] == "corpus"
    assert len(seqtool.vocab(made.load())) == made["types"] + 2


def test_a_keyword_that_does_not_exist_names_those_like_it() -> None:
    with pytest.raises(TypeError, match=r"preprocess\(\).*'lowr'.* lower"):
        seqtool.preprocess("corpus.txt", lowr=True)
    with pytest.raises(TypeError, match="texts"):
        seqtool.preprocess()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vocab_size", "8000"),
        ("vocab_size", 1.5),
        ("vocab_size", True),
        ("lower", 1),
        ("lower", "yes"),
        ("split", 0.9),
        ("output", 3),
        ("texts", 3),
        ("texts", {"a": 1}),
        ("threads", [1]),
        ("lower", None),
    ],
)
def test_a_value_of_another_type_names_the_keyword(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"{name}="):
        seqtool.preprocess(**{"texts": "corpus.txt", name: value})


@pytest.mark.parametrize(("name", "value"), [("vocab_size", 3), ("tokenizer", "wrod"), ("threads", 0)])
def test_a_value_out_of_bounds_names_the_keyword(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"{name}="):
        seqtool.preprocess("corpus.txt", **{name: value})


def test_numbers_of_numpy_are_numbers() -> None:
    made = seqtool.preprocess("corpus.txt", max_vocab=np.int64(5))
    assert len(seqtool.vocab(made)) == 5


def test_an_answer_that_failed_in_part_is_raised() -> None:
    made = seqtool.preprocess("corpus.txt")
    (made.path / "vocab.tsv").write_text("broken")
    with pytest.raises(seqtool.SeqtoolError):
        seqtool.info(made, verify=True)


@pytest.mark.parametrize("entry", list(COMMANDS.values()), ids=lambda entry: entry.name)
def test_help_lists_every_option(entry: Any) -> None:
    text = inspect.getdoc(python_function(entry.function_name)) or ""
    assert text.startswith(entry.help)
    for parameter in command_parameters(entry.function()):
        assert f"\n    {parameter.name} (" in text
        assert " ".join(parameter.details.help.split()) in text


@pytest.mark.parametrize("entry", list(COMMANDS.values()), ids=lambda entry: entry.name)
def test_every_list_of_strings_is_known_as_texts_or_not(entry: Any) -> None:
    lists = {one.name for one in command_parameters(entry.function()) if "list[str]" in str(one.hint)}
    assert lists <= TEXTS | NOT_TEXTS


def test_answers_are_what_a_function_gives() -> None:
    assert isinstance(seqtool.preprocess("corpus.txt"), Made)
    assert isinstance(seqtool.vocab("corpus.corpus"), Table)
    with pytest.raises(AttributeError, match="no_such_command"):
        _ = seqtool.no_such_command
    assert {"load", "preprocess", "WordVectors"} <= set(dir(seqtool))
    with pytest.raises(InputError, match="nothing"):
        seqtool.preprocess("nothing.txt")


def test_a_choice_among_names_is_checked() -> None:
    assert len(seqtool.make_task("addition", size=3)) == 3
    with pytest.raises(UsageError, match=r"task='additions'.*addition"):
        seqtool.make_task("additions")  # type: ignore[arg-type]


def test_reading_options_and_file_names_beside_sentences_are_refused() -> None:
    with pytest.raises(UsageError, match="encoding="):
        seqtool.preprocess(["é à"], output="e.corpus", encoding="latin-1")
    with pytest.raises(UsageError, match=r"corpus\.txt"):
        seqtool.preprocess(["corpus.txt", "a b"], output="e.corpus")
    assert not Path("e.corpus").exists()
