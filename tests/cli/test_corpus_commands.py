"""preprocess, vocab, info, presets: answers, files, refusals."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from seqtool.artifact.read import open_artifact, read_manifest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)


def test_preprocess_says_what_it_made_on_stderr_unless_a_form_is_asked_for(run: Run, corpus_txt: Path) -> None:
    plain = run("preprocess", "corpus.txt", "-o", "plain.corpus").ok()
    assert plain.stdout == ""
    assert plain.stderr.splitlines()[0] == "wrote plain.corpus"
    assert "tokens        720" in plain.stderr
    done = run("preprocess", "corpus.txt", "--format", "tsv").ok()
    fields = dict(line.split("\t") for line in done.stdout.splitlines())
    assert fields["corpus"] == "corpus.corpus"
    assert (fields["sentences"], fields["tokens"], fields["types"]) == ("120", "720", "12")
    assert done.stderr == "wrote corpus.corpus\n"
    assert open_artifact(corpus_txt.with_name("corpus.corpus"), "corpus")


def test_preprocess_json_and_quiet(run: Run, corpus_txt: Path) -> None:
    done = run("preprocess", corpus_txt, "--json", "-q").ok()
    assert done.stderr == ""
    assert set(done.json) == {
        "corpus",
        "lines_read",
        "sentences",
        "tokens",
        "types",
        "characters",
        "bytes",
        "splits",
        "lossless",
        "dropped",
    }
    assert run("preprocess", corpus_txt, "--format", "json", "-q").ok().json == done.json


def test_format_text_is_aligned(run: Run, corpus_txt: Path) -> None:
    lines = run("preprocess", corpus_txt, "--format", "text", "-q").ok().stdout.splitlines()
    assert "\t" not in "".join(lines)
    assert lines[1].split() == ["lines_read", "120"]


def test_the_same_again_is_up_to_date_and_touches_nothing(run: Run, corpus_txt: Path) -> None:
    first = run("preprocess", corpus_txt, "-o", "c").ok()
    before = (corpus_txt.parent / "c" / "run.json").read_bytes()
    again = run("preprocess", corpus_txt, "-o", "c").ok()
    again.up_to_date("c", alone=True)
    assert again.stdout == first.stdout
    assert (corpus_txt.parent / "c" / "run.json").read_bytes() == before
    run("preprocess", corpus_txt, "-o", "c", "--threads", "2").up_to_date("c", alone=True)


def test_other_options_or_another_text_are_refused_until_overwrite(run: Run, corpus_txt: Path) -> None:
    run("preprocess", corpus_txt, "-o", "c").ok()
    run("preprocess", corpus_txt, "-o", "c", "--lower").failed(1, "c exists", "lower False", "True", "--overwrite")
    (corpus_txt.parent / "b.txt").write_text("b c d\n")
    run("preprocess", "b.txt", "-o", "c").failed(1, "inputs", "--overwrite")
    assert read_manifest(corpus_txt.parent / "c").recipe.inputs[0].name == "corpus.txt"
    run("preprocess", "b.txt", "-o", "c", "--overwrite").ok()
    assert read_manifest(corpus_txt.parent / "c").recipe.inputs[0].name == "b.txt"
    assert {p.name for p in corpus_txt.parent.iterdir()} == {"corpus.txt", "b.txt", "c"}


def test_what_is_not_seqtools_is_not_overwritten(run: Run, corpus_txt: Path) -> None:
    thesis = corpus_txt.parent / "thesis"
    thesis.mkdir()
    (thesis / "chapter.tex").write_text("years of work")
    run("preprocess", corpus_txt, "-o", "thesis", "--overwrite").failed(1, "thesis exists", "artifact")
    run("preprocess", corpus_txt, "-o", "corpus.txt", "--overwrite").failed(1, "artifact")
    assert (thesis / "chapter.tex").read_text() == "years of work"


def test_a_dry_run_makes_nothing(run: Run, corpus_txt: Path) -> None:
    done = run("preprocess", corpus_txt, "--dry-run", "--lower", "--json").ok()
    assert done.json["lower"] is True
    assert {p.name for p in corpus_txt.parent.iterdir()} == {"corpus.txt"}


def test_stdin_needs_an_output_and_gives_the_same_corpus(cli: Run, corpus_txt: Path) -> None:
    text = corpus_txt.read_text()
    cli("preprocess", "-", stdin=text).failed(2, "-o")
    cli("preprocess", "-", "-o", "piped", "-q", stdin=text).ok()
    cli("preprocess", "corpus.txt", "-o", "named", "-q").ok()
    folder = corpus_txt.parent
    assert read_manifest(folder / "piped").files == read_manifest(folder / "named").files
    assert read_manifest(folder / "piped").digest == read_manifest(folder / "named").digest


def test_every_determining_option_stands_in_the_manifest(run: Run, corpus_txt: Path) -> None:
    run(
        "preprocess",
        corpus_txt,
        "-o",
        "c",
        "--lower",
        "--digits",
        "zero",
        "--tokenizer",
        "char",
        "--split",
        "0.9,0.1",
        "--split-by",
        "hash",
        "--normalize",
        "nfkc",
        "--max-vocab",
        "9",
        "--blank-lines",
        "drop",
        "--threads",
        "1",
        "--memory",
        "64M",
    ).ok()
    options = read_manifest(corpus_txt.parent / "c").recipe.options
    expected = {
        "lower": True,
        "digits": "zero",
        "tokenizer": "char",
        "split": "0.9,0.1",
        "split_by": "hash",
        "normalize": "nfkc",
        "max_vocab": 9,
        "blank_lines": "drop",
    }
    assert {name: options[name] for name in expected} == expected
    assert not {"threads", "memory"} & set(options)
    assert json.loads((corpus_txt.parent / "c" / "run.json").read_text())["operational"] == {
        "vocab": None,
        "threads": 1,
        "memory": "64M",
    }


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.txt"], 1, ["missing.txt", "exist"]),
        (["empty.txt"], 1, ["empty.txt is", " empty"]),
        (["folder"], 1, ["folder is"]),
        (["no/such/*.txt", "-o", "c"], 1, ["no/such/*.txt"]),
        (["bad.txt"], 1, ["bad.txt", "line 2"]),
        (["cut.gz"], 1, ["cut.gz"]),
        (["table.csv"], 1, ["table.csv", "text"]),
        (["table.csv", "--column", "colour"], 1, ["colour", "name"]),
        (["corpus.txt", "--split", "2,3"], 2, ["--split 2,3"]),
        (["corpus.txt", "--tokenizer", "magic"], 2, ["magic"]),
        (["corpus.txt", "--max-vocab", "1"], 2, ["--max-vocab"]),
        (["corpus.txt", "--no-such-option"], 2, ["--no-such-option"]),
        (["corpus.txt", "--json", "--format", "tsv"], 2, ["--json", "--format tsv"]),
        (["corpus.txt", "--encoding", "klingon"], 2, ["klingon"]),
        (["corpus.txt", "--memory", "lots"], 2, ["lots"]),
        ([], 2, ["missing argument"]),
        (["corpus.txt", "-o", "corpus.txt/inside"], 1, ["cannot write"]),
        (["corpus.txt", "-o", "/proc/nowhere"], 1, ["cannot write"]),
    ],
    ids=str,
)
def test_bad_input_is_one_line(run: Run, corpus_txt: Path, arguments: list[str], code: int, words: list[str]) -> None:
    folder = corpus_txt.parent
    (folder / "folder").mkdir()
    (folder / "empty.txt").touch()
    (folder / "bad.txt").write_bytes(b"fine\nnot \xff fine\n")
    (folder / "cut.gz").write_bytes(gzip.compress(b"some text\n" * 100)[:-9])
    (folder / "table.csv").write_text("name,place\nann,rome\n")
    before = {p.name for p in folder.iterdir()}
    done = run("preprocess", *arguments).failed(code, *words)
    assert done.stdout == ""
    assert {p.name for p in folder.iterdir()} == before


def test_a_file_name_that_is_not_utf8_is_no_obstacle(cli: Run, tmp_path: Path, tiny_corpus: str) -> None:
    name = b"\xff.txt".decode("utf-8", "surrogateescape")
    (tmp_path / name).write_text(tiny_corpus)
    cli("preprocess", name, "-o", "c", "-q").ok()
    cli("info", "c").ok()
    cli("info", "c", "--json").ok()


def test_vocab_lists_ids_tokens_and_counts(run: Run, made: Path) -> None:
    for artifact in ("c.corpus", "m.lm"):
        lines = [line.split("\t") for line in run("vocab", made / artifact).ok().stdout.splitlines()]
        assert lines[0] == ["id", "token", "count"]
        assert [line[:2] for line in lines[1:5]] == [["0", "<unk>"], ["1", "<eos>"], ["2", "the"], ["3", "on"]]
        assert lines[3] == ["2", "the", "192"]
    rows = run("vocab", made / "c.corpus", "--json").ok().json
    assert rows[2] == {"id": 2, "token": "the", "count": 192}
    run("vocab", made / "e.eval").failed(1, "vocab.tsv")
    run("vocab", "nowhere").failed(1, "nowhere", "exist")


def test_info_says_what_an_artifact_is(run: Run, made: Path) -> None:
    record = run("info", made / "m.lm", "--json").ok().json
    assert set(record) == {"kind", "state", "digest", "command", "seed", "inputs", "options", "summary", "dropped"}
    assert (record["kind"], record["state"], record["command"], record["seed"]) == ("lm", "complete", "train-lm", 1)
    assert "options.emb_dim\t8" in run("info", made / "m.lm").ok().stdout
    rows = run("info", made / "m.lm", "--lineage", "--json").ok().json
    assert [(row["depth"], row["kind"]) for row in rows] == [(0, "lm"), (1, "corpus"), (2, "text")]
    assert run("info", made / "m.lm", "--verify", "--json").ok().json["problems"] == []


def test_info_of_the_current_folder(run: Run, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made / "m.lm")
    assert run("info", ".", "--json").ok().json["kind"] == "lm"
    assert run("perplexity", ".", made / "corpus.txt", "--threads", "1", "-q", "--json").ok().json["oov"] == 0


@pytest.mark.parametrize("path", ["nowhere", "corpus.txt", "folder", "x" * 300, "/dev/null", "/"])
def test_info_of_something_else_is_one_line(run: Run, corpus_txt: Path, path: str) -> None:
    (corpus_txt.parent / "folder").mkdir()
    run("info", path).failed(1, path[:20])


def test_verify_finds_a_flipped_bit(run: Run, copied: Path) -> None:
    weights = copied / "m.lm" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    done = run("info", copied / "m.lm", "--verify", "--json").failed(1, "model.safetensors", "sha256")
    assert len(done.json["problems"]) == 1


def test_presets_are_listed_and_shown(run: Run) -> None:
    rows = run("presets", "--json").ok().json
    assert {"book-rnnlm", "book-better-rnnlm", "zaremba-medium"} <= {row["preset"] for row in rows}
    assert all(row["source"] for row in rows)
    shown = run("presets", "--show", "book-rnnlm", "--json").ok().json
    assert (shown["emb_dim"], shown["lr"], shown["clip"]) == (100, 20.0, 0.25)
    run("presets", "--show", "nothing").failed(2, "nothing", "book-rnnlm")


def test_an_empty_part_of_a_split_is_a_warning(run: Run) -> None:
    Path("one.txt").write_text("the only line\n")
    done = run("preprocess", "one.txt", "--split", "0.8,0.1,0.1", "-o", "one.corpus").ok()
    assert "warning: the valid and test parts are empty" in done.stderr
