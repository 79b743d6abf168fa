"""What commands show is kept with -o and stands in the report: samples, neighbours, maps, attention, gradients."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)


def items(path: Path) -> list[list[str]]:
    with (path / "items.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    path = tmp_path / "v.txt"
    path.write_text("king 1 0 0\nqueen 0.9 0.1 0\n나무 0 1 0\nriver 0 0.9 0.4\n", encoding="utf-8")
    return path


@pytest.fixture
def pairs_model(run: Run, tmp_path: Path) -> str:
    (tmp_path / "p.tsv").write_text("a b\tx y\nb a\ty x\na a\tx x\nb b\ty y\n" * 3)
    run(
        "train-seq2seq",
        "p.tsv",
        "--emb-dim",
        "8",
        "--hidden-dim",
        "8",
        "--layers",
        "1",
        "--epochs",
        "1",
        "-q",
        "--attention",
        "dot",
        "--threads",
        "1",
        "-o",
        "m.seq2seq",
    ).ok()
    return "m.seq2seq"


def test_what_is_kept_is_what_was_printed(
    run: Run, made: Path, vectors: Path, pairs_model: str, tmp_path: Path
) -> None:
    commands = [
        (["generate", made / "m.lm", "--num", "3", "-o", "s"], ["number", "text", "log10_probability"]),
        (["neighbors", vectors, "king", "나무", "-k", "2", "-o", "n"], ["query", "rank", "word", "cosine"]),
        (["plot-vectors", vectors, "-o", "m"], ["word", "x", "y"]),
        (
            ["plot-attention", pairs_model, "a b", "-o", "a"],
            ["target_position", "target", "source_position", "source", "weight"],
        ),
        (
            ["gradient-flow", made / "m.lm", "--text", made / "corpus.txt", "--steps", "4", "-o", "g"],
            ["model", "layer", "state", "back", "norm"],
        ),
    ]
    for command, columns in commands:
        folder = tmp_path / str(command[-1])
        shown = run(*command, "--json").ok()
        assert f"wrote {command[-1]}" in shown.stderr
        head, *rows = items(folder)
        assert head == columns
        if command[0] != "gradient-flow":  # which prints some of the steps
            assert [row[:2] for row in rows] == [[str(one[name]) for name in columns[:2]] for one in shown.json]
        before = (folder / "manifest.json").read_bytes()
        again = run(*command, "--json").ok()
        again.up_to_date(command[-1])
        assert again.stderr.count("up to date") == 1
        assert again.json == shown.json
        assert (folder / "manifest.json").read_bytes() == before
    assert len(items(tmp_path / "g")) == 1 + 4 * 2  # h and c of an LSTM's layer
    run("generate", made / "m.lm", "--num", "4", "-o", "s").failed(1, "s exists", "--overwrite")
    run("generate", made / "m.lm", "--num", "4", "-o", "s", "--overwrite").ok()
    assert len(items(tmp_path / "s")) == 5


def test_they_stand_in_the_report(run: Run, made: Path, vectors: Path, pairs_model: str, tmp_path: Path) -> None:
    run("generate", made / "m.lm", "--num", "2", "--prompt", "the", "-o", "s").ok()
    run("neighbors", vectors, "king", "-k", "2", "-o", "n").ok()
    run("plot-vectors", vectors, "-o", "m").ok()
    run("plot-attention", pairs_model, "a b", "-o", "a").ok()
    run("gradient-flow", "--cells", "rnn", "--steps", "5", "-o", "g").ok()
    run("report", made / "m.lm", "s", "n", "m", "a", "g", "-o", "r").ok()
    markdown = (tmp_path / "r" / "report.md").read_text(encoding="utf-8")
    assert "plot-vectors of" in markdown
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    for key in ("samples", "neighbors", "maps", "attention", "gradients"):
        assert f'<section id="{key}"' in page, key
    assert "<title>나무</title>" in page
    assert '</th><th scope="col">a</th>' in page
    near = list(csv.DictReader((tmp_path / "r" / "neighbors.csv").open(encoding="utf-8")))
    assert near == [{"word": "king", "vectors": "v.txt", "nearest": "queen 0.994, 나무 0.000"}]
    samples = list(csv.DictReader((tmp_path / "r" / "samples.csv").open(encoding="utf-8")))
    assert [row["text"] for row in samples] == [row[1] for row in items(tmp_path / "s")[1:]]
    assert {row["prompt"] for row in samples} == {"the"}
    raw = json.loads((tmp_path / "r" / "report.json").read_text(encoding="utf-8"))
    assert [one["command"] for one in raw["exhibits"]] == [
        "generate",
        "neighbors",
        "plot-vectors",
        "plot-attention",
        "gradient-flow",
    ]
    assert "## Samples" in (tmp_path / "r" / "report.md").read_text(encoding="utf-8")


def test_texts_of_several_lines_come_back(run: Run, made: Path, tmp_path: Path) -> None:
    shown = (
        run("generate", made / "m.lm", "--lines", "3", "--num", "4", "--max-tokens", "200", "-o", "s", "--json")
        .ok()
        .json
    )
    assert any("\n" in one["text"] for one in shown)
    run("report", "s", "-o", "r").ok()
    found = list(csv.DictReader((tmp_path / "r" / "samples.csv").open(encoding="utf-8", newline="")))
    assert [one["text"] for one in found] == [one["text"] for one in shown]


@pytest.mark.parametrize("name", ["x.jpg", "x.html", "x.GIF"])
def test_other_pictures_are_refused(run: Run, vectors: Path, name: str) -> None:
    run("plot-vectors", vectors, "-o", name).failed(2, ".svg", "folder")


@pytest.mark.parametrize(
    ("line", "said"), [("1\tonly two", "line 2"), ("one\ttext\t", "s is damaged"), ("x\ta\t", "s is damaged")]
)
def test_damaged_rows_are_named(
    run: Run, made: Path, tmp_path: Path, forge: Callable[..., None], line: str, said: str
) -> None:
    run("generate", made / "m.lm", "-o", "s").ok()
    (tmp_path / "s" / "items.tsv").write_text(f"number\ttext\tlog10_probability\n{line}\n")
    forge(tmp_path / "s")
    run("report", "s").failed(1, said)


def test_too_many_rows_are_refused(
    run: Run, made: Path, tmp_path: Path, forge: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from seqtool.reporting.collecting import saved_answers

    run("generate", made / "m.lm", "--num", "5", "-o", "s").ok()
    monkeypatch.setattr(saved_answers, "_MOST_ROWS", 4)
    run("report", "s").failed(1, "s has", "4")
    monkeypatch.setattr(saved_answers, "_MOST_BYTES", 4)
    run("report", "s").failed(1, "s has", "MB")


def test_words_that_are_no_text_or_markup_stand_on_the_page(run: Run, tmp_path: Path) -> None:
    """Pieces of bytes of a bpe corpus, and a word that would be a tag."""
    (tmp_path / "t.txt").write_text(
        "".join(chr(0xAC00 + 37 * i) + "가 " + chr(0xB000 + 29 * i) + "나 <script>x</script>\n" for i in range(60)),
        encoding="utf-8",
    )
    run(
        "train-word2vec",
        "t.txt",
        "--tokenizer",
        "bpe",
        "--vocab-size",
        "265",
        "--min-count",
        "1",
        "--dim",
        "8",
        "--epochs",
        "1",
        "-o",
        "v",
    ).ok()
    run("plot-vectors", "v", "--num", "30", "-o", "m").ok()
    assert "\\x" in (tmp_path / "m" / "items.tsv").read_text(encoding="utf-8")
    (tmp_path / "w.txt").write_text("<script> 1 0\n&amp; 0 1\nb 1 1\n")
    run("neighbors", "w.txt", "<script>", "-k", "2", "-o", "n").ok()
    run("plot-vectors", "w.txt", "-o", "m2").ok()
    run("report", "m", "m2", "n", "-o", "r").ok()
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\\x" in page


def test_every_curve_is_drawn(run: Run, tmp_path: Path) -> None:
    """Two layers of four cells, of which one has a memory cell too: ten curves, eight a chart."""
    run("gradient-flow", "--layers", "2", "--steps", "5", "--hidden-dim", "8", "-o", "g").ok()
    run("report", "g", "-o", "r").ok()
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    names = {f"{row[0]}, layer {row[1]}, {row[2]}" for row in items(tmp_path / "g")[1:]}
    assert len(names) == 10
    assert all(f"</span>{name}</li>" in page for name in names)
    assert page.count("Gradients: ") == 2


def test_singular_values_are_not_kept(run: Run) -> None:
    run("gradient-flow", "--cells", "rnn", "--singular-values", "-o", "g").failed(2, "--singular-values")


def test_the_lineage_of_a_saved_answer_is_a_command(run: Run, made: Path, vectors: Path, tmp_path: Path) -> None:
    run("neighbors", vectors, "king", "나무", "-k", "2", "-o", "n").ok()
    command = run("info", "n", "--lineage", "--json").ok().json[0]["command"]
    assert command == "seqtool neighbors v.txt king '나무' --num 2 --errors strict -o n"
    run(*shlex.split(command)[1:]).ok()
    run("gradient-flow", made / "m.lm", "--text", made / "corpus.txt", "--steps", "4", "-o", "g").ok()
    command = run("info", "g", "--lineage", "--json").ok().json[0]["command"]
    assert command.startswith("seqtool gradient-flow m.lm --text corpus.txt ")
    assert str(made) not in (tmp_path / "g" / "manifest.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("back", ["1" + "0" * 400, "10000000000"])
def test_numbers_out_of_range_are_damage(run: Run, tmp_path: Path, forge: Callable[..., None], back: str) -> None:
    run("gradient-flow", "--cells", "rnn", "--steps", "3", "-o", "g").ok()
    (tmp_path / "g" / "items.tsv").write_text(f"model\tlayer\tstate\tback\tnorm\nrnn\t1\th\t{back}\t1.0\n")
    forge(tmp_path / "g")
    run("report", "g").failed(1, "g is", "damaged")
