"""eval-analogy, eval-similarity, and what a report shows of them: answers, files, refusals."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.read import open_artifact
from seqtool.artifact.write import RunRecord, write_artifact

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
VECTORS = """\
6 3
man 1 0 0
woman 0 1 0
king 1 0 1
apple -1 -1 0
queen 0 1 1
Queen -1 -1 -1
"""
QUESTIONS = """\
: family
man woman king queen
man woman apple king
: gram1-plural
Man Woman King Queen
man men woman women
"""
PAIRS = "word1,word2,score\nman,woman,5\nking,queen,9\nking,Man,6\nman,apple,1\nman,prince,7\n"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text(VECTORS)
    (tmp_path / "q.txt").write_text(QUESTIONS)
    (tmp_path / "p.csv").write_text(PAIRS)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_eval_analogy_answers_per_section_and_in_total(run: Run) -> None:
    done = run("eval-analogy", "v.txt", "q.txt").ok()
    assert done.stderr == ""
    rows = rows_of(done.stdout)
    counts = [(row["section"], row["n"], row["known"], row["right"], row["accuracy"]) for row in rows]
    assert counts == [
        ("family", "2", "2", "1", "0.5"),
        ("gram1-plural", "2", "1", "1", "1"),
        ("semantic", "2", "2", "1", "0.5"),
        ("syntactic", "2", "1", "1", "1"),
        ("total", "4", "3", "2", "0.666667"),
    ]
    assert {(row["data"], row["method"]) for row in rows} == {("q.txt", "add")}
    assert all(float(row["low"]) <= float(row["accuracy"]) <= float(row["high"]) for row in rows)


def test_eval_analogy_as_json_has_everything(run: Run) -> None:
    Path("r.txt").write_text("man woman king queen\n")
    first, second = run("eval-analogy", "v.txt", "q.txt", "r.txt", "--method", "both", "--json").ok().json
    assert (first["model"], first["data"], first["n"], first["known"], first["unknown"]) == ("v.txt", "q.txt", 4, 3, 1)
    assert [result["method"] for result in first["methods"]] == ["add", "mul"]
    for result in first["methods"]:
        assert [part["section"] for part in result["totals"]] == ["semantic", "syntactic", "total"]
        assert set(result["totals"][2]) == {"section", "n", "known", "right", "accuracy", "low", "high"}
    assert second["methods"][0]["totals"] == [{**second["methods"][0]["sections"][0], "section": "total"}]


def test_eval_analogy_options_reach_the_measure(run: Run) -> None:
    def known(*options: str) -> int:
        return run("eval-analogy", "v.txt", "q.txt", "--json", *options).ok().json[0]["known"]

    assert (known(), known("--case-sensitive"), known("--restrict", "4")) == (3, 2, 1)


def test_nothing_known_is_warned_of(run: Run) -> None:
    Path("x.txt").write_text("w x y z\n")
    done = run("eval-analogy", "v.txt", "x.txt").ok()
    assert rows_of(done.stdout)[0]["accuracy"] == ""
    done.noted("warning:", "x.txt", "1", alone=True)


def test_eval_analogy_keeps_an_evaluation(run: Run) -> None:
    command = ("eval-analogy", "v.txt", "q.txt", "--method", "both", "-o", "a.eval")
    done = run(*command).ok()
    assert done.stderr == "wrote a.eval\n"
    again = run(*command).ok()
    assert again.up_to_date("a.eval", alone=True).stdout == done.stdout
    artifact = open_artifact(Path("a.eval"), "evaluation")
    assert (artifact.summary["measure"], artifact.summary["model"]) == ("eval-analogy", "v.txt")
    items = rows_of(artifact.file("items.tsv").read_text())
    assert [(row["method"], row["outcome"]) for row in items] == [
        (method, outcome) for method in ("add", "mul") for outcome in ("right", "wrong", "right", "unknown")
    ]
    assert items[2] == {
        "data": "q.txt",
        "method": "add",
        "section": "gram1-plural",
        "a": "Man",
        "b": "Woman",
        "c": "King",
        "expected": "Queen",
        "predicted": "queen",
        "outcome": "right",
    }
    run("eval-analogy", "v.txt", "q.txt", "-o", "a.eval").failed(1, "method 'both'", "'add'", "--overwrite")
    run("eval-analogy", "v.txt", "q.txt", "-o", "a.eval", "--overwrite").ok()
    Path("q.txt").write_text("man woman king queen\n")
    run("eval-analogy", "v.txt", "q.txt", "-o", "a.eval").failed(1, "inputs")
    run("eval-similarity", "v.txt", "p.csv", "-o", "a.eval").failed(1, "made by eval-analogy")


def test_eval_similarity_answers_a_row_per_data_set(run: Run) -> None:
    Path("tabs.txt").write_text("man\tking\t2\nwoman\tqueen\t3\nman\tapple\t1\n")
    done = run("eval-similarity", "v.txt", "p.csv", "tabs.txt").ok()
    done.noted("p.csv", "header", alone=True)
    first, second = rows_of(done.stdout)
    assert (first["data"], first["n"], first["oov"]) == ("p.csv", "5", "1")
    cosines = [0, 0.5, np.sqrt(0.5), -np.sqrt(0.5)]
    assert float(first["spearman"]) == pytest.approx(spearmanr([5, 9, 6, 1], cosines).statistic, abs=1e-5)
    assert float(first["pearson"]) == pytest.approx(pearsonr([5, 9, 6, 1], cosines).statistic, abs=1e-5)
    assert float(first["spearman_low"]) <= float(first["spearman_high"])
    assert (second["data"], second["n"], second["oov"]) == ("tabs.txt", "3", "0")


def test_eval_similarity_as_json_and_its_options(run: Run) -> None:
    record = run("eval-similarity", "v.txt", "p.csv", "--json", "-q").ok().json[0]
    assert set(record) == {
        "model",
        "data",
        "sha256",
        "n",
        "oov",
        "spearman",
        "spearman_low",
        "spearman_high",
        "pearson",
        "pearson_low",
        "pearson_high",
        "resamples",
        "undefined",
        "columns",
    }
    assert (record["resamples"], record["undefined"]) == (1000, None)
    other = run("eval-similarity", "v.txt", "p.csv", "--json", "--seed", "5", "--resamples", "20").ok().json[0]
    assert other["spearman"] == record["spearman"]
    assert other["pearson_low"] != record["pearson_low"]
    none = run("eval-similarity", "v.txt", "p.csv", "--json", "--resamples", "0").ok().json[0]
    assert none["spearman_low"] is None
    assert run("eval-similarity", "v.txt", "p.csv", "--json", "--case-sensitive").ok().json[0]["oov"] == 2


def test_too_few_known_pairs_are_warned_of(run: Run) -> None:
    Path("few.txt").write_text("man woman 3\nman king 2\nman prince 1\n")
    for output in ([], ["-o", "s.eval"], ["-o", "s.eval"]):
        done = run("eval-similarity", "v.txt", "few.txt", *output).ok()
        done.noted("warning:", "few.txt", "2")
        assert rows_of(done.stdout)[0]["spearman"] == ""


def test_eval_similarity_keeps_an_evaluation(run: Run) -> None:
    command = ("eval-similarity", "v.txt", "p.csv", "-o", "s.eval")
    done = run(*command).ok()
    again = run(*command).ok()
    assert again.stdout == done.stdout
    again.up_to_date("s.eval")
    artifact = open_artifact(Path("s.eval"), "evaluation")
    items = rows_of(artifact.file("items.tsv").read_text())
    assert [row["score"] for row in items] == ["0.0", "0.5", "0.707107", "-0.707107", ""]
    assert items[4] == {"data": "p.csv", "word1": "man", "word2": "prince", "gold": "7.0", "score": ""}
    recipe = artifact.manifest.recipe
    assert (recipe.seed, recipe.options) == (1, {"case_sensitive": False, "spell": False, "resamples": 1000})
    assert [entry.name for entry in recipe.inputs] == ["v.txt", "p.csv"]
    assert artifact.manifest.ledger[0]["why"] == "read as the header of p.csv"
    run(*command, "--seed", "2").failed(1, "seed", "--overwrite")


def test_a_thesaurus_stands_in_place_of_vectors(run: Run, tiny_wordnet: Path) -> None:
    Path("t.tsv").write_text("Car\tauto\t9\nmouse\tcat\t6\nwalk\trun\t7\ndog\tzebra\t5\nhot\tcold\t1\n")
    command = ("eval-similarity", "wordnet:path", "t.tsv", "--wordnet", tiny_wordnet, "-o", "wn.eval")
    row = rows_of(run(*command).ok().stdout)[0]
    assert (row["n"], row["oov"], row["spearman"]) == ("5", "2", "1")
    run(*command).up_to_date("wn.eval")
    artifact = open_artifact(Path("wn.eval"))
    assert artifact.summary["model"] == "wordnet:path"
    items = rows_of(artifact.file("items.tsv").read_text())
    assert items[0]["score"] == "1.0"
    assert [row["score"] for row in items][3:] == ["", ""]
    run("eval-similarity", "wordnet:wup", *command[2:]).failed(1, "inputs")
    run("eval-similarity", "wordnet:lch", *command[2:], "--overwrite").ok()
    assert open_artifact(Path("wn.eval")).summary["model"] == "wordnet:lch"
    run("eval-similarity", "wordnet:path", "t.tsv", "--wordnet", "nowhere").failed(1, "nowhere")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["eval-similarity", "wordnet:lin", "p.csv"], 2, ["wordnet:lin", "wordnet:path", "wordnet:wup", "wordnet:lch"]),
        (["eval-similarity", "v.txt", "p.csv", "--wordnet", "wn"], 2, ["--wordnet", "wordnet:path"]),
        (["eval-similarity", "v.txt", "q.txt"], 1, ["q.txt: line 1", "score"]),
        (["eval-similarity", "v.txt", "none.txt"], 1, ["none.txt"]),
        (["eval-similarity", "none.txt", "p.csv"], 1, ["none.txt"]),
        (["eval-similarity", "v.txt"], 2, ["pairs"]),
        (["eval-similarity", "v.txt", "p.csv", "--resamples", "-1"], 2, ["--resamples"]),
        (["eval-similarity", "v.txt", "p.csv", "-o", "q.txt"], 1, ["q.txt", "artifact"]),
        (["eval-analogy", "v.txt", "p.csv"], 1, ["p.csv: line 1", "four words"]),
        (["eval-analogy", "v.txt", "q.txt", "--method", "best"], 2, ["--method"]),
        (["eval-analogy", "v.txt", "q.txt", "--restrict", "0"], 2, ["--restrict"]),
        (["eval-analogy", "none.txt", "q.txt"], 1, ["none.txt"]),
        (
            ["eval-analogy", "v.txt", "folder"],
            1,
            ["folder is"],
        ),
        (["eval-analogy", "v.txt", "q.txt", "--json", "--format", "tsv"], 2, ["--json", "--format"]),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else str(value),
)
def test_what_cannot_be_evaluated_is_refused(run: Run, arguments: list[str], code: int, words: list[str]) -> None:
    Path("folder").mkdir()
    assert run(*arguments).failed(code, *words).stdout == ""


def test_a_report_shows_evaluations_of_vectors(run: Run, made: Path) -> None:
    for name, vectors in (("one.vectors", VECTORS), ("two.txt", VECTORS.replace("queen 0 1 1", "queen 0 -1 -1"))):
        Path(name).write_text(vectors)
        run("eval-analogy", name, "q.txt", "--method", "both", "-o", f"{name}.a", "-q").ok()
        run("eval-similarity", name, "p.csv", "-o", f"{name}.s", "-q").ok()
    names = [f"{name}.{kind}" for name in ("two.txt", "one.vectors") for kind in ("a", "s")]
    page = run("report", *names, made / "e.eval").ok().stdout
    assert page.index("## Results") < page.index("## Word similarity") < page.index("## Analogies")
    record = run("report", *names, made / "e.eval", "--json").ok().json
    assert len(record["results"]) == 1
    assert [row["model"] for row in record["similarity"]] == ["two.txt", "one.vectors"]
    assert len(record["analogy"]) == 4
    run("report", *names, "-o", "r").ok()
    with Path("r/similarity.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["model"] for row in rows] == ["one.vectors", "two.txt"], "the better one first"
    assert (rows[0]["data"], rows[0]["n"], rows[0]["oov"]) == ("p.csv", "5", "1")
    with Path("r/analogy.csv").open() as file:
        rows = list(csv.DictReader(file))
    best = rows[0]
    assert (best["model"], best["known"], best["right"]) == ("one.vectors", "3", "2")
    assert (float(best["semantic"]), float(best["syntactic"])) == (0.5, 1.0)
    assert {row["method"] for row in rows} == {"add", "mul"}
    assert not Path("r/results.csv").exists()


def test_an_artifact_of_vectors_is_evaluated_with_its_lineage(run: Run) -> None:
    from seqtool.vectors.artifact import write_vectors

    words = ["man", "woman", "king", "queen"]
    matrix = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1]], np.float32)
    recipe = Recipe("vectors", "svd", {"dim": 3}, [Input("c.txt", "text", "0" * 64)])
    with write_artifact(Path("m.vectors"), recipe, RunRecord()) as draft:
        write_vectors(draft, words, None, matrix)
        draft.summary.update(words=4, dim=3, method="svd")
    run("eval-analogy", "m.vectors", "q.txt", "-o", "a.eval").ok()
    artifact = open_artifact(Path("a.eval"))
    assert artifact.summary["model"] == "m.vectors"
    assert (artifact.manifest.recipe.inputs[0].manifest or {})["options"] == {"dim": 3}
    page = run("report", "m.vectors", "a.eval").ok().stdout
    for words_of_it in (
        "## Analogies",
        "## Word vectors",
        "## Cost",
        "seqtool eval-analogy m.vectors q.txt",
        "| m.vectors | vectors | svd | 4 | 3 |",
    ):
        assert words_of_it in page
    run("eval-analogy", "a.eval", "q.txt").failed(1, "a.eval", "an evaluation", "vectors")


def test_a_report_lists_counts_and_vectors(run: Run) -> None:
    for name, summary in (("a.counts", {"words": 9}), ("b.vectors", {"words": 9, "dim": 3, "method": "svd"})):
        recipe = Recipe(name.split(".")[1], "svd", {}, [Input("c.txt", "text", name)])
        with write_artifact(Path(name), recipe, RunRecord()) as draft:
            draft.summary.update(summary)
    run("report", "a.counts", "b.vectors", "-o", "r").ok()
    with Path("r/vectors.csv").open() as file:
        rows = [list(row.values()) for row in csv.DictReader(file)]
    assert rows == [["a.counts", "counts", "", "9", ""], ["b.vectors", "vectors", "svd", "9", "3"]]
    assert {"cost.csv", "vectors.csv"} <= {path.name for path in Path("r").iterdir()}
    assert not Path("r/models.csv").exists()
    assert len(json.loads(Path("r/report.json").read_text())["lineage"]) == 2


@pytest.mark.parametrize(
    "damage", ["x", [1], [{"model": "m"}], {"a": 1}, [{"model": 1, "data": 2, "sha256": 3, "methods": 4}]]
)
def test_a_report_refuses_a_damaged_evaluation(run: Run, damage: object, forge: Callable[..., None]) -> None:
    run("eval-analogy", "v.txt", "q.txt", "-o", "a.eval", "-q").ok()
    forge(Path("a.eval"), lambda raw: raw["summary"].update(data_sets=damage))
    run("report", "a.eval").failed(1, "a.eval", "damaged")
