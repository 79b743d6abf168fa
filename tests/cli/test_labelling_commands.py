"""train-classifier, classify, train-tagger, tag, eval-labels: answers, files, refusals."""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny import tiny

from seqtool.artifact.lineage import lineage
from seqtool.artifact.read import read_manifest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
TINY = tiny(16, 8, "--epochs", "4", "--lr", "0.02", "--dropout", "0", "--input-dropout", "0", "--min-count", "1")
TAGGER = (
    "--emb-dim",
    "16",
    "--hidden-dim",
    "16",
    "--char-hidden",
    "8",
    "--epochs",
    "8",
    "--batch-size",
    "8",
    "--lr",
    "0.02",
    "--threads",
    "1",
    "--precision",
    "fp32",
    "--dropout",
    "0",
)
_GOOD, _BAD, _OTHER = ("fine", "good", "warm"), ("poor", "bad", "cold"), ("a", "film", "with", "music")


def reviews(count: int, seed: int = 1) -> list[tuple[str, str]]:
    """Labels and texts in which one word tells the label; sorted by label, as data sets are."""
    draw = random.Random(seed)
    rows = []
    for label, words in (("neg", _BAD), ("pos", _GOOD)):
        for _ in range(count // 2):
            text = [*draw.choices(_OTHER, k=draw.randint(1, 6)), draw.choice(words)]
            draw.shuffle(text)
            rows.append((label, " ".join(text)))
    return rows


def columns(count: int, seed: int = 1) -> str:
    """Sentences whose chunks follow from the words: a chunk is a determiner and what stands after it."""
    draw, lines = random.Random(seed), []
    for _ in range(count):
        for _ in range(draw.randint(1, 4)):
            if draw.random() < 0.5:
                lines += ["the DT B-NP", f"{draw.choice(['cat', 'dog', 'tree'])} NN I-NP"]
            else:
                lines.append(f"{draw.choice(['sees', 'runs', 'and'])} X O")
        lines.append("")
    return "\n".join(lines) + "\n"


@pytest.fixture
def table() -> Path:
    Path("reviews.tsv").write_text("".join(f"{label}\t{text}\n" for label, text in reviews(120)))
    return Path("reviews.tsv")


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that tells good from bad."""
    from seqtool.cli.main import run as main

    folder = tmp_path_factory.mktemp("classifier")
    (folder / "r.tsv").write_text("".join(f"{label}\t{text}\n" for label, text in reviews(120)))
    assert main(["train-classifier", str(folder / "r.tsv"), "-o", str(folder / "m"), *TINY, "-q"]) == 0
    return folder / "m"


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows the chunks of `columns`."""
    from seqtool.cli.main import run as main

    folder = tmp_path_factory.mktemp("tagger")
    (folder / "c.txt").write_text(columns(80))
    assert main(["train-tagger", str(folder / "c.txt"), "-o", str(folder / "m"), *TAGGER, "-q"]) == 0
    return folder / "m"


def test_train_classifier_learns_what_the_labels_follow_from(run: Run, table: Path) -> None:
    done = run("train-classifier", table, *TINY, "--json").ok()
    assert done.json == {
        "model": "reviews.lstm.classifier",
        "state": "complete",
        "valid_loss": done.json["valid_loss"],
        "valid_accuracy": 1.0,
        "valid_f1": 1.0,
    }
    for words in ("neg 60, pos 60", "12 of 120", "epoch 4/4", "texts/s"):
        assert words in done.stderr
    again = run("train-classifier", table, *TINY).ok()
    assert again.up_to_date("reviews.lstm.classifier", alone=True).stdout == ""
    run("train-classifier", table, *TINY, "--seed", "2").failed(1, "seed", "--overwrite")


def test_forms_of_labelled_texts_are_one(run: Run) -> None:
    rows = reviews(40)
    Path("a.tsv").write_text("".join(f"{label}\t{text}\n" for label, text in rows))
    Path("b.txt").write_text("".join(f"__label__{label} {text}\n" for label, text in rows))
    Path("c.txt").write_text("".join(f"{label}:x {text}\n" for label, text in rows))
    Path("d.csv").write_text("label,text\n" + "".join(f'{label},"{text}"\n' for label, text in rows))
    Path("e.jsonl").write_text("".join(json.dumps({"y": label, "x": text}) + "\n" for label, text in rows))
    given = {
        "a.tsv": (),
        "b.txt": (),
        "c.txt": ("--form", "word", "--label-until", ":"),
        "d.csv": (),
        "e.jsonl": ("--column", "x", "--label-column", "y"),
    }
    for name, more in given.items():
        run("train-classifier", name, *more, "-o", f"{name}.m", *TINY, "--epochs", "1").ok()
    files = [read_manifest(Path(f"{name}.m")).files for name in given]
    assert all(some == files[0] for some in files)


def test_a_text_with_tabs_is_read_whole(run: Run) -> None:
    Path("t.tsv").write_text("".join(f"{'ab'[i % 2]}\tx\t{'uv'[i % 2]}\n" for i in range(20)))
    run("train-classifier", "t.tsv", "-o", "m", *TINY).ok()
    assert run("classify", "m", stdin="x\tu\nx\tv\n").ok().stdout.split("\n")[0].startswith("a\t")
    assert "\nu\t" in Path("m/vocab.tsv").read_text()


def test_lines_come_out_as_they_went_in(run: Run, classifier: Path) -> None:
    lines = ["a fine film", "", "bad", "  ", "unheard of words", "good\tgood"]
    done = run("classify", classifier, stdin="\n".join(lines)).ok()
    answers = [line.split("\t") for line in done.stdout.split("\n")[:-1]]
    assert [answer[0] for answer in answers][::2][:2] == ["pos", "neg"]
    assert len(answers) == len(lines)
    assert all(0.5 <= float(p) <= 1 for _, p in answers)
    done.noted("2", "token")


def test_every_form_of_an_answer(run: Run, classifier: Path) -> None:
    stdin = "a good film\nbad\n"
    top = [line.split("\t") for line in run("classify", classifier, "-k", "2", stdin=stdin).ok().stdout.splitlines()]
    assert [row[::2] for row in top] == [["pos", "neg"], ["neg", "pos"]]
    assert all(float(row[1]) + float(row[3]) == pytest.approx(1, abs=1e-5) for row in top)
    native = run("classify", classifier, "--format", "native", stdin=stdin).ok().stdout
    assert native.startswith("__label__pos 0.")
    rows = run("classify", classifier, "--json", stdin=stdin).ok().json
    assert [(row["line"], row["rank"], row["label"]) for row in rows] == [(1, 1, "pos"), (2, 1, "neg")]
    run("classify", classifier, "-k", "3", stdin=stdin).failed(1, "2 labels")


def test_a_text_has_the_same_answer_in_any_company(run: Run, classifier: Path) -> None:
    lines = [text for _, text in reviews(60, seed=7)] + ["good " * 500]
    together = run("classify", classifier, stdin="\n".join(lines)).ok()
    alone = run("classify", classifier, "--batch-size", "1", stdin="\n".join(lines)).ok().stdout
    for one, other in zip(together.stdout.splitlines(), alone.splitlines(), strict=True):
        assert one.split("\t")[0] == other.split("\t")[0]
        assert float(one.split("\t")[1]) == pytest.approx(float(other.split("\t")[1]), abs=1e-5)
    together.noted("1", "400")


@pytest.mark.parametrize("arch", ["tfidf", "averaged"])
def test_linear_classifiers_go_the_whole_way(run: Run, table: Path, arch: str) -> None:
    words = sorted({word for _, text in reviews(120) for word in text.split()})
    vectors = "".join(f"{w} {float(w in _GOOD)} {float(w in _BAD)} 1.0\n" for w in words)
    Path("v.vec").write_text(f"{len(words)} 3\n{vectors}")
    more = ("--init-vectors", "v.vec") if arch == "averaged" else ()
    made = run("train-classifier", table, "--arch", arch, *more, "-o", "m", "--json").ok().json
    assert made["valid_accuracy"] == 1.0
    out = run("classify", "m", stdin="a good film\n\na bad film\nnever seen\n").ok().stdout.splitlines()
    assert len(out) == 4
    assert (out[0][:3], out[2][:3]) == ("pos", "neg")
    run("train-classifier", table, "--arch", arch, *more, "-o", "m").up_to_date("m", alone=True)


def test_linear_classifiers_are_reported_beside(run: Run, table: Path) -> None:
    made = run("train-classifier", table, *TINY, "--linear", "--json").ok().json
    assert made["valid_tfidf_accuracy"] == 1.0
    assert "valid_averaged_accuracy" not in made


def test_stopped_after_every_step_it_ends_in_the_same_bytes(run: Run, table: Path) -> None:
    run("train-classifier", table, "-o", "whole", *TINY, "--epochs", "2").ok()
    for _ in range(40):
        done = run(
            "train-classifier", table, "-o", "parts", *TINY, "--epochs", "2", "--max-minutes", "0", "--json"
        ).ok()
        if done.json["state"] == "complete":
            break
    assert read_manifest(Path("parts")).files == read_manifest(Path("whole")).files


def test_a_language_model_is_carried_over_and_unfrozen(run: Run, table: Path) -> None:
    Path("text.txt").write_text("".join(text + "\n" for _, text in reviews(200)))
    sizes = (
        "--emb-dim",
        "8",
        "--hidden-dim",
        "12",
        "--layers",
        "2",
        "--epochs",
        "1",
        "--threads",
        "1",
        "--precision",
        "fp32",
        "--batch-size",
        "4",
    )
    run("train-lm", "text.txt", *sizes, "-o", "t.lm").ok()
    own = (
        "--init-lm",
        "t.lm",
        "--no-bidirectional",
        "--batch-size",
        "8",
        "--threads",
        "1",
        "--precision",
        "fp32",
        "--lr",
        "0.02",
    )
    run("train-classifier", table, *own, "--epochs", "1", "--unfreeze-every", "1", "-o", "frozen").ok()
    from safetensors.numpy import load_file

    lm, frozen = load_file("t.lm/model.safetensors"), load_file("frozen/model.safetensors")
    assert (lm["embedding.weight"] == frozen["embedding.weight"]).all()
    assert (lm["encoder.layers.1.weight_hh_l0"] == frozen["encoder.forwards.1.layers.0.weight_hh_l0"]).all()
    made = run("train-classifier", table, *own, "--epochs", "6", "-o", "m", "--json").ok().json
    assert made["valid_accuracy"] > 0.9
    assert (load_file("m/model.safetensors")["embedding.weight"] != lm["embedding.weight"]).any()
    assert run("classify", "m", stdin="a good film\n").ok().stdout.startswith("pos\t")
    run("train-classifier", table, *own, "--lower").failed(2, "--lower", "--init-lm")
    run("train-classifier", table, "--init-lm", "t.lm").failed(2, "--no-bidirectional")


def test_what_is_left_out_is_counted(run: Run) -> None:
    rows = ["a\tx y", "a\tx", "b\ty y", "b\ty", "once\tx", "a\t", "", "b\t" + "y " * 30]
    Path("r.tsv").write_text("\n".join(rows) + "\n")
    Path("v.tsv").write_text("a\tx\nnew\ty\nb\ty\n")
    done = run("train-classifier", "r.tsv", "--valid", "v.tsv", "-o", "m", *TINY, "--max-length", "5").ok()
    for values in (
        ("1", "training", "label"),
        ("1", "training", "empty"),
        ("1", "validation", "new"),
        ("1", "training", "5"),
        ("b 3, a 2, once 1",),
    ):
        done.noted(*values)
    assert [row["count"] for row in read_manifest(Path("m")).ledger if "texts" in row["what"]] == [1, 1, 1, 1]


def test_other_labels_are_another_training(run: Run) -> None:
    Path("r.csv").write_text(
        "label,other,text\n" + "".join(f"{'ab'[i % 2]},{'uv'[i % 3 > 0]},w{i % 2}\n" for i in range(30))
    )
    run("train-classifier", "r.csv", "--arch", "tfidf", "-o", "m").ok()
    run("train-classifier", "r.csv", "--arch", "tfidf", "-o", "m", "--label-column", "other").failed(1, "--overwrite")
    run("train-classifier", "r.csv", "--arch", "tfidf", "-o", "m", "--label-column", "other", "--overwrite").ok()
    assert Path("m/labels.tsv").read_text().startswith("u\t")


def test_linear_classifiers_read_texts_whole(run: Run) -> None:
    rows = [f"{'ab'[i % 2]}\t" + "x " * 500 + "uv"[i % 2] for i in range(40)]
    Path("r.tsv").write_text("\n".join(rows) + "\n")
    made = run("train-classifier", "r.tsv", "--arch", "tfidf", "-o", "m", "--json").ok()
    assert made.json["valid_accuracy"] == 1.0
    done = run("classify", "m", "r.tsv", "--form", "tab").ok()
    assert [line[0] for line in done.stdout.splitlines()] == ["a", "b"] * 20
    assert "cut" not in made.stderr + done.stderr


def test_labels_with_white_space_and_escapes_come_back(run: Run) -> None:
    Path("r.tsv").write_text(
        "".join(f"{('very good', 'a' + chr(92) + 'b')[i % 2]}\t{'xy'[i % 2]}\n" for i in range(30))
    )
    run("train-classifier", "r.tsv", "--arch", "tfidf", "-o", "m", "--min-count", "1").ok()
    for form in ([], ["--format", "native"]):
        Path("p.txt").write_text(run("classify", "m", "r.tsv", "--form", "tab", *form).ok().stdout)
        found = run("eval-labels", "p.txt", "r.tsv", "--json").ok().json
        assert (found["accuracy"], "brier" in found) == (1.0, True)


def test_forms_of_guesses_are_understood(run: Run) -> None:
    Path("g.tsv").write_text("a\tx\nvery good\ty\n")
    for guesses in (
        "a\t0.9\tvery good\t0.1\nvery good\t0.8\ta\t0.2\n",
        "a\nvery good\n",
        "__label__a 0.9 __label__very good 0.1\n__label__very good 0.8 __label__a 1e-05\n",
        "__label__a\n__label__very good\n",
    ):
        Path("p.txt").write_text(guesses)
        found = run("eval-labels", "p.txt", "g.tsv", "--json").ok().json
        assert (found["accuracy"], "brier" in found) == (1.0, "0.9" in guesses), guesses
    assert (
        run("eval-labels", "p.txt", "-", "--form", "tab", "--json", stdin="a\tx\na\ty\n").ok().json["accuracy"] == 0.5
    )


def test_labels_that_no_training_sentence_has_are_no_divergence(run: Run) -> None:
    Path("c.tsv").write_text(columns(60).replace(" ", "\t"))
    Path("v.tsv").write_text("the\tDT\tO\ncat\tNN\tI-NP\n\nsees\tX\tB-VP\n\nsees\tX\tO\n")
    done = run("train-tagger", "c.tsv", "--valid", "v.tsv", "-o", "m", *TAGGER).ok()
    for values in (("1", "validation", "not in"), ("1", "validation", "--constrained")):
        done.noted(*values)
    assert run("tag", "m", "v.tsv").ok().stdout.splitlines()[0] == "the\tDT\tO\tB-NP"


def test_a_preset_is_of_the_model_not_of_the_corpus(run: Run, table: Path) -> None:
    answer = (
        run(
            "train-classifier",
            table,
            "--preset",
            "keras-imdb",
            "--tokenizer",
            "bpe",
            "--vocab-size",
            "300",
            "--dry-run",
            "--json",
        )
        .ok()
        .json
    )
    assert answer["max_vocab"] == 20_000


def test_the_command_of_the_lineage_makes_the_model_again(run: Run) -> None:
    rows = "".join(f"{label}:x {text}\n" for label, text in reviews(60))
    Path("r.txt").write_text(rows)
    Path("v.txt").write_text(rows)
    Path("c.txt").write_text(columns(30))
    Path("v.vec").write_text("2 3\nfilm 1 0 0\nmusic 0 1 0\n")
    made = {
        "m": [
            "train-classifier",
            "r.txt",
            "--form",
            "word",
            "--label-until",
            ":",
            "--valid",
            "v.txt",
            "--lower",
            "--tokenizer",
            "word",
            *[word for word in TINY if word not in ("--emb-dim",)],
            "--init-vectors",
            "v.vec",
        ],
        "t": ["train-classifier", "r.txt", "--form", "word", "--arch", "tfidf"],
        "g": ["train-tagger", "c.txt", *TAGGER, "--features", "1"],
    }
    made["m"].remove("16")
    for name, command in made.items():
        run(*command, "-o", name).ok()
        again = next(iter(lineage(name, read_manifest(Path(name))))).command
        assert again is not None
        words = shlex.split(again)
        run(*words[1:]).up_to_date(name)


def test_a_label_of_one_text_is_trained_on_not_held_out(run: Run) -> None:
    Path("r.tsv").write_text("".join(f"{'ab'[i % 2]}\t{'xy'[i % 2]} z\n" for i in range(20)) + "once\tq\n")
    done = run("train-classifier", "r.tsv", "-o", "m", *TINY).ok()
    done.noted("validation", "2 of 21")
    assert "once\t1\n" in Path("m/labels.tsv").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("train-classifier one.tsv", 1, ["1 label"]),
        ("train-classifier plain.txt", 1, ["TAB", "--form"]),
        ("train-classifier bad.tsv", 1, ["bad.tsv: line 2: ", "TAB"]),
        ("train-classifier two.txt", 1, ["line 2", "__label__"]),
        ("train-classifier -", 2, ["standard input"]),
        ("train-classifier missing.tsv", 1, ["missing.tsv", "exist"]),
        ("train-classifier reviews.tsv --errors skip", 2, ["--errors skip"]),
        ("train-classifier reviews.tsv --column 1 --form tab", 2, ["--form tab"]),
        ("train-classifier reviews.tsv --arch averaged", 2, ["--init-vectors"]),
        ("train-classifier reviews.tsv --ngrams 1", 2, ["--ngrams", "--arch tfidf"]),
        ("train-classifier reviews.tsv --cell mingru --recurrent-dropout 0.1", 2, ["mingru", "--recurrent-dropout"]),
        ("train-classifier reviews.tsv --hidden-dim 7", 2, ["--hidden-dim"]),
        ("train-classifier reviews.tsv --freeze-vectors", 2, ["--init-vectors"]),
        ("train-classifier reviews.tsv --unfreeze-every 1", 2, ["--init-lm"]),
        ("classify reviews.tsv", 1, ["reviews.tsv"]),
        ("eval-labels reviews.tsv", 2, ["or --columns"]),
        ("eval-labels short.txt reviews.tsv", 1, ["1", "120"]),
        ("train-tagger ragged.txt", 1, ["line 2", "expected 2", "found 1"]),
        ("train-tagger same.txt", 1, ["column 1", "one label"]),
        ("train-tagger chunks.txt --features 5", 1, ["column 5", "3"]),
        ("train-tagger chunks.txt --features x", 1, ["chunks.txt", "x"]),
        ("train-tagger -", 2, ["standard input"]),
        ("train-tagger ragged.iob --scheme iobes", 2, ["line 1", "IOB2"]),
        ("train-tagger words.txt", 2, ["column 0"]),
        ("train-tagger chunks.txt --features 2", 2, ["column 2"]),
        ("train-classifier reviews.tsv --arch tfidf --hidden-dim 8", 2, ["--hidden-dim", "--arch recurrent"]),
        ("train-classifier reviews.tsv --arch tfidf --linear", 2, ["--linear"]),
        ("train-classifier empty.tsv", 1, ["1 label"]),
        ("eval-labels chunks.txt --columns --label-until :", 2, ["--label-", "columns"]),
        ("eval-labels chunks.txt --columns --format native", 2, ["--format native"]),
        ("eval-labels short.txt reviews.tsv --gold-column 1", 2, ["--gold-column", "--columns"]),
        ("eval-labels short.txt reviews.tsv --json --format tsv", 2, ["--json", "--format tsv"]),
        ("eval-labels chunks.txt --columns --mistakes 3", 2, ["--mistakes"]),
    ],
)
def test_refusals(run: Run, table: Path, arguments: str, code: int, words: list[str]) -> None:
    Path("one.tsv").write_text("a\tx\na\ty\n")
    Path("plain.txt").write_text("no label here\n")
    Path("bad.tsv").write_text("a\tx\nb y\n")
    Path("two.txt").write_text("__label__a x\n__label__a __label__b y\n")
    Path("short.txt").write_text("pos\t0.9\n")
    Path("ragged.txt").write_text("a X\nb\n")
    Path("same.txt").write_text("a X\nb X\n")
    Path("chunks.txt").write_text(columns(4))
    Path("words.txt").write_text("a\nb\n")
    Path("ragged.iob").write_text("a I-X\nb O\n")
    Path("empty.tsv").write_text("a\tx\nb\t\n")
    run(*shlex.split(arguments)).failed(code, *words)


def test_eval_labels_of_classified_texts(run: Run, classifier: Path, table: Path) -> None:
    guessed = run("classify", classifier, table, "--form", "tab").ok().stdout
    Path("p.txt").write_text(guessed)
    found = run("eval-labels", "p.txt", table, "--json", "-o", "e.eval", "--model", classifier).ok().json
    assert (found["n"], found["accuracy"], found["f1"], found["f1_low"]) == (120, 1.0, 1.0, 1.0)
    wilson = (pytest.approx(120 / (120 + 1.959964**2)), pytest.approx(1.0))
    assert (found["accuracy_low"], found["accuracy_high"]) == wilson, "where every resample is all right"
    assert found["labels"]["pos"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 60}
    assert found["confusion"]["neg"] == {"neg": 60}
    assert 0 <= found["calibration_error"] < 0.5
    assert run("eval-labels", "p.txt", table, "--json", "-o", "e.eval", "--model", classifier).ok().json == found
    items = Path("e.eval/items.tsv").read_text().splitlines()
    assert (items[0], len(items)) == ("line\tright\tgold\tpredicted\tprobability", 121)
    native = run("eval-labels", "p.txt", table, "--format", "native").ok().stdout
    assert native == "N\t120\nP@1\t1\nR@1\t1\n"
    Path("f.txt").write_text(guessed.replace("pos\t", "__label__pos ").replace("neg\t", "__label__neg "))
    assert run("eval-labels", "f.txt", table, "--json").ok().json["calibration_error"] == found["calibration_error"]
    run("report", classifier, "e.eval", "-o", "r").ok()
    assert Path("r/labels.csv").read_text().splitlines()[1].startswith("reviews.tsv,m,120,1.0,0.9689")
    assert "| m | LSTM 16-16 bidirectional, max |" in Path("r/report.md").read_text()
    text = run("eval-labels", "p.txt", table, "--format", "text").ok().stdout
    assert "gold \\ predicted  neg  pos" in text


def test_eval_labels_of_a_classifier_is_that_of_what_it_prints(run: Run, classifier: Path, table: Path) -> None:
    Path("p.txt").write_text(run("classify", classifier, table, "--form", "tab").ok().stdout)
    printed = run("eval-labels", "p.txt", table, "--json", "--model", classifier, "-o", "printed.eval").ok().json
    asked = run("eval-labels", classifier, table, "--json", "-o", "asked.eval").ok()
    assert (asked.json["model"], asked.json["data"]) == ("m", "reviews.tsv")
    near = {name: pytest.approx(value, abs=1e-5) for name, value in printed.items() if isinstance(value, float)}
    assert asked.json == printed | near | {"trained_on": True}, "the probabilities are printed to six digits"
    asked.noted("training texts")
    again = run("eval-labels", classifier, table, "--json", "-o", "asked.eval").ok()
    assert again.json == asked.json
    assert "classified" not in again.stderr, "a kept answer asks no model"
    tree = list(lineage("asked.eval", read_manifest(Path("asked.eval"))))
    assert shlex.split(str(tree[0].command))[:4] == ["seqtool", "eval-labels", "m", "reviews.tsv"]
    assert [node.name for node in tree if node.kind == "classifier"] == ["m"]
    rows = run("report", "printed.eval", "asked.eval", "--json").ok().json["labels"]
    assert [row["data"] for row in rows] == ["reviews.tsv"] * 2, "one test set, by its labels"
    table.write_text(table.read_text().replace("pos\ta", "pos\ta film"))
    run("eval-labels", classifier, table, "-o", "asked.eval").failed(1, "asked.eval")


def test_as_many_labels_as_texts_are_told(run: Run) -> None:
    Path("t.txt").write_text("".join(f"word{i} and more\n" for i in range(20)))
    done = run("train-classifier", "t.txt", "--form", "word", "--arch", "tfidf", "--valid-share", "0.1", "-o", "m")
    done.noted("20 labels")
    run("train-classifier", "t.txt", "--column", "0").failed(1, "line 1", "TAB")
    Path("t.tsv").write_text("a\tb\n" * 4)
    before = sorted(Path().glob("*.corpus"))
    run("train-classifier", "t.tsv", "--column", "0").failed(1, "column 'label'")
    assert sorted(Path().glob("*.corpus")) == before, "refused before the corpus is made"


def test_mistakes_are_shown_the_surest_first(run: Run) -> None:
    Path("g.tsv").write_text("a\tone\nb\ttwo\na\tthree | 3\nb\t" + "x" * 300 + "\n")
    Path("p.txt").write_text("b\t0.6\nb\t0.9\nb\t0.8\na\t0.7\n")
    found = run("eval-labels", "p.txt", "g.tsv", "--json", "-o", "e.eval").ok().json["mistakes"]
    assert [(row["line"], row["gold"], row["predicted"], row["probability"]) for row in found] == [
        (3, "a", "b", 0.8),
        (4, "b", "a", 0.7),
        (1, "a", "b", 0.6),
    ]
    assert found[0]["text"] == "three | 3"
    assert found[1]["text"] == "x" * 199 + "…"
    assert len(run("eval-labels", "p.txt", "g.tsv", "--json", "--mistakes", "1").ok().json["mistakes"]) == 1
    assert (
        "3     a     b          0.8          three | 3"
        in run("eval-labels", "p.txt", "g.tsv", "--format", "text").ok().stdout
    )
    run("report", "e.eval", "-o", "r").ok()
    assert "| g.tsv | p.txt | 3 | a | b | 0.8 | three \\| 3 |" in Path("r/report.md").read_text()
    assert "three | 3" in Path("r/report.html").read_text()
    Path("n.txt").write_text("b\na\na\nb\n")
    first = run("eval-labels", "n.txt", "g.tsv", "--json").ok().json["mistakes"]
    assert [(row["line"], set(row)) for row in first] == [
        (line, {"line", "gold", "predicted", "text"}) for line in (1, 2)
    ], "without probabilities in their order"
    Path("g.tsv").write_text(Path("g.tsv").read_text().replace("three", "four"))
    run("eval-labels", "p.txt", "g.tsv", "-o", "e.eval").failed(1, "e.eval", "inputs")
    Path("alone.csv").write_text("label\na\na\n")
    Path("two.txt").write_text("a\nb\n")
    without = run("eval-labels", "two.txt", "alone.csv", "--json").ok()
    without.noted("alone.csv", "'text'")
    assert "mistakes" not in without.json
    swapped = run("eval-labels", "g.tsv", "p.txt").ok()
    swapped.noted("p.txt", "classify")


def test_eval_labels_reads_texts_as_the_model_s_were(run: Run) -> None:
    rows = "".join(f"{text},{label}\n" for label, text in reviews(60))
    Path("t.csv").write_bytes(("r\xe9vue,mood\n" + rows).encode("latin-1"))
    how = ("--column", "r\xe9vue", "--label-column", "mood", "--encoding", "latin-1", "--arch", "tfidf", "-o", "m")
    run("train-classifier", "t.csv", *how).ok()
    assert run("eval-labels", "m", "t.csv", "--json").ok().json["accuracy"] > 0.9
    Path("u.tsv").write_text("pos\tgood film\nneg\tbad film\n")
    assert run("eval-labels", "m", "u.tsv", "--json").ok().json["accuracy"] == 1, "another form is seen"
    Path("u.txt").write_bytes("pos good caf\xe9\nneg bad\n".encode("latin-1"))
    made = run("eval-labels", "m", "u.txt", "--form", "word", "--encoding", "latin-1", "-o", "u.eval", "--json").ok()
    assert made.json["n"] == 2
    command = str(next(iter(lineage("u.eval", read_manifest(Path("u.eval"))))).command)
    run(*shlex.split(command)[1:]).up_to_date("u.eval")


def test_two_columns_in_one_option_are_taken_apart(run: Run) -> None:
    Path("t.csv").write_text("".join(f"{text},{label}\n" for label, text in reviews(60)))
    run("train-classifier", "t.csv", "--column", "0,1").failed(2, "--column 0 --label-column 1")
    run("train-classifier", "t.csv", "--column", "0,1", "--label-column", "1").failed(1, "--column", "60 labels")


def test_of_several_readings_the_one_whose_labels_are_known_is_taken(run: Run) -> None:
    Path("t.tsv").write_text("".join(f"{text}\t{label}\n" for label, text in reviews(60)))
    run("train-classifier", "t.tsv", "--column", "0", "--label-column", "1", "--arch", "tfidf", "-o", "m").ok()
    assert run("eval-labels", "m", "t.tsv", "--json").ok().json["accuracy"] > 0.9
    assert run("compare", "m", "m", "t.tsv", "--resamples", "100", "--json").ok().json["measures"][0]["value_a"] > 0.9
    Path("s.tsv").write_text("good film\tstrange\n")
    run("eval-labels", "m", "s.tsv").noted("warning:", "'pos'", "'good film'")


def test_other_texts_of_the_same_labels_are_other_data(run: Run, classifier: Path) -> None:
    for name, words in (("x", ("good", "bad")), ("y", ("film", "music"))):
        Path(f"{name}.tsv").write_text("".join(f"pos\t{words[0]} a\nneg\t{words[1]} a\n" for _ in range(8)))
        run("eval-labels", classifier, f"{name}.tsv", "-o", f"{name}.eval").ok()
    rows = run("report", "x.eval", "y.eval", "--json").ok().json["labels"]
    assert sorted(row["data"] for row in rows) == ["x.tsv", "y.tsv"]
    run("compare", "x.eval", "y.eval").failed(1, "x.eval", "y.eval", "texts")


def test_eval_labels_of_a_tagger_is_that_of_what_it_prints(run: Run, tagger: Path) -> None:
    Path("c.txt").write_text(columns(20, seed=9))
    Path("t.txt").write_text(run("tag", tagger, "c.txt").ok().stdout)
    printed = run("eval-labels", "t.txt", "--columns", "--model", tagger, "--json", "-o", "printed.eval").ok().json
    asked = run("eval-labels", tagger, "c.txt", "--json", "-o", "asked.eval").ok().json
    assert asked == printed | {"data": "c.txt"}
    assert asked["f1"] == 1
    command = str(next(iter(lineage("asked.eval", read_manifest(Path("asked.eval"))))).command)
    assert shlex.split(command)[:4] == ["seqtool", "eval-labels", "m", "c.txt"]
    rows = run("report", "asked.eval", "printed.eval", "--json").ok().json["labels"]
    assert [row["data"] for row in rows] == ["c.txt"] * 2, "one test set, by its columns"
    run("eval-labels", "t.txt", "--columns", "-o", "unnamed.eval").noted("t.txt", "--model")


def test_a_model_of_another_kind_is_not_named_as_the_one_that_guessed(
    run: Run, classifier: Path, tagger: Path, table: Path
) -> None:
    Path("c.txt").write_text(columns(5))
    Path("p.txt").write_text("pos\n" * 120)
    run("eval-labels", "c.txt", "--columns", "--model", classifier).failed(1, "expected a tagger")
    run("eval-labels", "p.txt", table, "--model", tagger).failed(1, "expected a classifier")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("eval-labels MODEL", 2, ["model", "text"]),
        ("eval-labels MODEL reviews.tsv --columns", 2, ["words", "--columns"]),
        ("eval-labels MODEL reviews.tsv --model MODEL", 2, ["--model"]),
        ("eval-labels MODEL reviews.tsv --gold-column -1", 2, ["--gold-column", "--columns"]),
        ("eval-labels MODEL -", 2, ["standard input", "file"]),
        ("eval-labels MODEL missing.tsv", 1, ["missing.tsv", "exist"]),
        ("eval-labels reviews.tsv MODEL", 2, ["model", "first", "eval-labels"]),
        ("eval-labels plain.txt reviews.tsv --threads 1", 2, ["--device", "--threads"]),
        ("eval-labels TAGGER plain.txt --column 1", 2, ["columns", "--column "]),
        ("eval-labels TAGGER plain.txt --gold-column -1", 2, ["--gold-column -1", "predictions"]),
        ("eval-labels MODEL plain.txt", 1, ["plain.txt", "TAB"]),
        ("eval-labels MODEL empty.tsv", 1, ["line 2", "label"]),
    ],
)
def test_refusals_of_a_model_to_judge(
    run: Run, classifier: Path, tagger: Path, table: Path, arguments: str, code: int, words: list[str]
) -> None:
    Path("plain.txt").write_text("no label here\n")
    Path("empty.tsv").write_text("pos\tgood\n\tbad\n")
    run(*shlex.split(arguments.replace("MODEL", str(classifier)).replace("TAGGER", str(tagger)))).failed(code, *words)


def test_labels_read_as_text_or_written_otherwise_are_told(run: Run, classifier: Path, table: Path) -> None:
    Path("r.txt").write_text(table.read_text())
    run("classify", classifier, "r.txt").noted("warning:", "120 lines")
    guessed = run("classify", classifier, table, "--form", "auto").ok()
    assert "warning:" not in guessed.stderr
    Path("p.txt").write_text(guessed.stdout.replace("pos", "1").replace("neg", "0"))
    done = run("eval-labels", "p.txt", table, "--json").ok()
    assert done.json["accuracy"] == 0
    done.noted("'0'", "'neg'")
    Path("c.txt").write_text(columns(5))
    run("eval-labels", "c.txt", "--columns").noted("warning:", "last column")


def test_texts_are_read_as_the_model_s_were_where_they_are_compared(run: Run) -> None:
    """``pos:x text`` in Latin 1, which no look tells."""
    lines = "".join(f"{label}:{i % 3} {text} caf\xe9\n" for i, (label, text) in enumerate(reviews(40)))
    Path("l.txt").write_bytes(lines.encode("latin-1"))
    how = ("--form", "word", "--label-until", ":", "--encoding", "latin-1")
    for name, arch in (("t", "tfidf"), ("a", "recurrent")):
        run("train-classifier", "l.txt", *how, "--arch", arch, "--epochs", "1", "--threads", "1", "-o", name).ok()
    found = run("compare", "t", "a", "l.txt", "--resamples", "200", "--json").ok()
    assert [row["measure"] for row in found.json["measures"]] == ["accuracy", "f1"]
    assert found.json["measures"][0]["n"] == 40
    assert "label" not in found.stderr


def test_train_tagger_learns_chunks_and_tags_line_by_line(run: Run, tagger: Path) -> None:
    Path("t.txt").write_text("\n" + columns(20, seed=5).rstrip("\n"))
    done = run("tag", tagger, "t.txt").ok()
    lines, out = Path("t.txt").read_text().split("\n"), done.stdout.split("\n")[:-1]
    assert len(out) == len(lines)
    assert all(tagged.rpartition(" ")[0] == line for line, tagged in zip(lines, out, strict=True) if line)
    Path("out.txt").write_text(done.stdout)
    scores = run("eval-labels", "out.txt", "--columns", "--json").ok().json
    assert (scores["f1"], scores["accuracy"], scores["n"]) == (1.0, 1.0, 20)
    assert run("tag", tagger, stdin="the X ?\nwombat X ?\n").ok().stdout == "the X ? B-NP\nwombat X ? I-NP\n"
    run("tag", tagger, stdin="a b\n\nc\n").failed(1, "line 3", "found 1")
    Path("f.txt").write_text("".join(f"{line} {line[:1]}\n" if line else "\n" for line in columns(20).split("\n")))
    run("train-tagger", "f.txt", "-o", "f", *TAGGER, "--features", "1").ok()
    run("tag", "f", stdin="the\n").failed(1, "column 1")
    run("tag", "f", stdin="the odd cat\n").noted("1 word", "column 1", "odd")
    run("tag", tagger, stdin="The cat sat on the mat\n").noted("line 1", "6 columns", "column 0")


@pytest.mark.parametrize(
    "more", [("--no-crf",), ("--scheme", "iobes"), ("--characters", "lstm"), ("--features", "1"), ("--cell", "minlstm")]
)
def test_other_taggers_go_the_whole_way(run: Run, more: tuple[str, ...]) -> None:
    Path("c.txt").write_text(columns(60))
    made = run("train-tagger", "c.txt", "-o", "m", *TAGGER, *more, "--json").ok().json
    assert made["valid_f1"] > 0.9
    out = run("tag", "m", "c.txt").ok().stdout
    assert out.count("\n") == columns(60).count("\n")
    run("train-tagger", "c.txt", "-o", "m", *TAGGER, *more).up_to_date("m")


def test_a_tagger_starts_from_vectors_and_knows_their_words(run: Run) -> None:
    Path("c.txt").write_text(columns(60))
    draw = np.random.default_rng(1)
    words = {"cat": 1.0, "dog": 1.0, "tree": 1.0, "wombat": 1.0, "sees": -1.0, "runs": -1.0, "and": -1.0, "the": 0.0}
    rows = [" ".join([w, *(f"{value + 0.1 * draw.normal():.4f}" for _ in range(8))]) for w, value in words.items()]
    Path("v.vec").write_text("8 8\n" + "\n".join(rows) + "\n")
    more = [word for word in TAGGER if word not in ("--emb-dim",)]
    more.remove("16")
    run("train-tagger", "c.txt", "-o", "m", *more, "--characters", "none", "--init-vectors", "v.vec").ok()
    assert "wombat\t0\n" in Path("m/vocab.tsv").read_text()
    assert run("tag", "m", stdin="the X\nwombat X\n").ok().stdout == "the X B-NP\nwombat X I-NP\n"


def test_a_damaged_model_is_refused(run: Run, classifier: Path, tagger: Path, tmp_path: Path) -> None:
    import shutil

    for model, command in ((classifier, "classify"), (tagger, "tag")):
        for name in ("labels.tsv", "model.safetensors", "vocab.tsv"):
            folder = tmp_path / f"{command}-{name}"
            shutil.copytree(model, folder)
            (folder / name).write_bytes((folder / name).read_bytes()[:-3])
            run(command, folder, stdin="a X\n").failed(1, name)


def test_dry_run_says_what_would_be_and_trains_nothing(run: Run, table: Path) -> None:
    answer = run("train-classifier", table, "--preset", "keras-imdb", "--dry-run", "--json").ok().json
    assert (answer["hidden_dim"], answer["cut"], answer["recurrent_dropout"]) == (128, "start", 0.2)
    assert answer["parameters"] > 100_000
    assert any("cuDNN" in line for line in answer["choices"])
    Path("c.txt").write_text(columns(20))
    assert run("train-tagger", "c.txt", "--dry-run", "--json").ok().json["labels"] == 3
    assert not [path for path in Path().iterdir() if path.suffix in (".classifier", ".tagger")]


def test_labels_that_fit_no_scheme_are_told(run: Run) -> None:
    Path("t.txt").write_text("Ann\tPER_B\nLee\tPER_I\nruns\t-\n\n" * 6)
    trained = run("train-tagger", "t.txt", *TAGGER, "-o", "t.tagger", "-q").ok()
    for words in ("warning: t.txt", "PER_B (6", "B-PER)", "- (6"):
        assert words in trained.stderr
    planned = run("train-tagger", "t.txt", *TAGGER, "--dry-run", "--json", "-q").ok()
    assert "- (6, read as O)" in planned.json["choices"][-1]

    Path("judged.txt").write_text("Ann\tB-PER\t0\nLee\tI-PER\t0\nruns\tO\t0\n")
    for _ in ("measured", "up to date"):
        done = run("eval-labels", "judged.txt", "--columns", "--json", "-o", "j.eval", "-q").ok()
        assert "0 (3" in done.stderr
        assert done.json["odd_labels"] == {"0": {"count": 3, "read_as": "O"}}
        assert set(done.json["labels"]) == {"PER"}
    assert "odd_labels" not in run("eval-labels", "judged.txt", "--columns", "--format", "text").ok().stdout
    reported = json.loads(run("report", "j.eval", "--json").ok().stdout)
    assert any("judged.txt" in text and text.endswith(": 0") for text in reported["warnings"])
    model = run("eval-labels", "t.tagger", "t.txt", "--json").ok()
    assert model.json["odd_labels"]["-"] == {"count": 12, "read_as": "O"}


def test_parts_of_speech_are_no_odd_labels(run: Run) -> None:
    Path("t.txt").write_text("the\tDT\ncat\tNN\n,\t-\n3\t0\n\n" * 6)
    assert "warning" not in run("train-tagger", "t.txt", *TAGGER, "-o", "t.tagger").ok().stderr
    done = run("eval-labels", "t.tagger", "t.txt", "--json").ok()
    assert "warning: t.txt: labels" not in done.stderr
    assert "odd_labels" not in done.json
    assert set(done.json["labels"]) == {"DT", "NN", "-", "0"}


def test_blanks_and_tabs_at_the_end_of_a_cell_are_not_read(run: Run) -> None:
    Path("t.txt").write_text("Ann \tB-PER \t\nruns\tO \t\nfast\tO\t\n\n" * 6)
    run("train-tagger", "t.txt", *TAGGER, "-o", "t.tagger", "-q").ok()
    names = [line.split("\t")[0] for line in Path("t.tagger/labels.tsv").read_text().splitlines()]
    assert names == ["B-PER", "O"]
    tagged = run("tag", "t.tagger", "t.txt", "-q").ok()
    assert tagged.stdout.splitlines()[:4] == ["Ann \tB-PER \tB-PER", "runs\tO \tO", "fast\tO\tO", ""]
    assert "columns" not in tagged.stderr
    Path("tagged.txt").write_text(tagged.stdout)
    assert run("eval-labels", "tagged.txt", "--columns", "--json").ok().json["f1"] == 1
    assert run("eval-labels", "t.tagger", "t.txt", "--json").ok().json["f1"] == 1


CONLLU = """\
# sent_id = 1
# text = Dogs won't run
1\tDogs\tdog\tNOUN\t_\t_\t3\tnsubj\t_\t_
2-3\twon't\t_\t_\t_\t_\t_\t_\t_\t_
2\two\twill\tAUX\t_\t_\t4\taux\t_\t_
3\tn't\tnot\tPART\t_\t_\t4\tadvmod\t_\t_
3.1\tever\tever\tADV\t_\t_\t_\t_\t_\t_
4\trun\trun\tVERB\t_\t_\t0\troot\t_\t_

"""


def test_columns_of_conllu_have_names_and_what_is_no_word_comes_out_as_it_is(run: Run) -> None:
    Path("t.conllu").write_text(CONLLU * 8)
    how = ("--word-column", "FORM", "--label-column", "upos", "--features", "lemma")
    made = run("train-tagger", "t.conllu", *TAGGER, *how, "--dry-run", "--json").ok().json
    assert (made["word_column"], made["label_column"], made["features"]) == (1, 3, "2")
    assert (made["words"], made["labels"]) == (4 * made["sentences"], 4)
    trained = run("train-tagger", "t.conllu", *TAGGER).ok()
    trained.noted("16 comments", "8 ranges", "8 empty nodes")
    (made,) = Path().glob("*.tagger")
    assert json.loads(run("info", made, "--json").ok().stdout)["options"]["word_column"] == 1
    tagged = run("tag", made, "t.conllu", "-q").ok().stdout
    before, after = (CONLLU * 8).splitlines(), tagged.splitlines()
    for old, new in zip(before, after, strict=True):
        is_word = old[:1].isdigit() and old.split("\t")[0].isdigit()
        assert (new.rpartition("\t")[0] if is_word else new) == old
    Path("tagged.conllu").write_text(tagged)
    asked = run("eval-labels", made, "t.conllu", "--json").ok().json
    printed = run("eval-labels", "tagged.conllu", "--columns", "--gold-column", "UPOS", "--json").ok().json
    assert (asked["words"], asked["scheme"], asked["accuracy"]) == (32, "tags", printed["accuracy"])
    run("eval-labels", "tagged.conllu", "--columns").failed(1, "--gold-column")
    run("eval-labels", "tagged.conllu", "--columns", "--gold-column", "10").failed(1, "--gold-column 10")
    assert [line.split()[0] for line in run("tag", made, stdin="Dogs\nrun\n").ok().stdout.splitlines()] == [
        "Dogs",
        "run",
    ]


def test_a_model_of_columns_reads_the_forms_of_conllu(run: Run, tagger: Path) -> None:
    tagged = run("tag", tagger, stdin=CONLLU.replace("Dogs", "the").replace("run", "sees")).ok().stdout
    assert [line.split("\t")[1] for line in tagged.splitlines() if line.count("\t") == 10] == [
        "the",
        "wo",
        "n't",
        "sees",
    ]


def test_a_scheme_after_the_type_is_learned_as_spans_and_can_be_forced(run: Run) -> None:
    Path("t.txt").write_text("Ann\tPER_B\nLee\tPER_I\nruns\t-\n\n" * 12)
    made = run("train-tagger", "t.txt", *TAGGER, "-o", "m", "--json").ok()
    made.noted("iob2-suffix")
    assert made.json["valid_f1"] is not None
    allowed = [line.split("\t") for line in Path("m/allowed.tsv").read_text().splitlines()]
    assert allowed[0][2] == "0", "PER_I does not follow -"
    assert json.loads(run("info", "m", "--json").ok().stdout)["options"]["validate_on"] == "f1"
    planned = run("train-tagger", "t.txt", *TAGGER, "--label-scheme", "tags", "--dry-run", "--json").ok().json
    assert planned["validate_on"] == "accuracy"
    judged = run("eval-labels", "m", "t.txt", "--scheme", "tags", "--json").ok().json
    assert (judged["scheme"], set(judged["labels"])) == ("tags", {"PER_B", "PER_I", "-"})
    run("eval-labels", "m", "t.txt", "--scheme", "tags").noted("- (12)")
    run("eval-labels", "m", "t.txt", "--scheme", "bio").failed(2, "iob2-suffix")
