"""A model of any kind on data, and two of them compared without anything that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqtool.artifact.read import open_artifact
from seqtool.corpus.options import SourceOptions
from seqtool.errors import ArtifactError, UsageError
from seqtool.evaluation.compare import compare_evaluations, compare_models
from seqtool.evaluation.models import evaluate_model, kind_of_model
from seqtool.evaluation.translation import evaluate_translations
from seqtool.evaluation.word_vectors import evaluate_similarity
from seqtool.metrics.options import CompareOptions, TranslationScoreOptions

FEW = CompareOptions(resamples=100)
ARPA = """\\data\\
ngram 1=4

\\1-grams:
-1.0\t<unk>
-99\t<s>
-0.5\t</s>
-{a}\ta

\\end\\
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, sign in (("a", 1), ("b", -1)):
        rows = [f"w{i} {i} {sign * (i % 3)} 1\n" for i in range(9)]
        (tmp_path / f"{name}.vec").write_text("9 3\n" + "".join(rows))
        (tmp_path / f"{name}.arpa").write_text(ARPA.format(a={"a": 0.4, "b": 0.6}[name]))
    (tmp_path / "pairs.tsv").write_text("".join(f"w{i}\tw{(2 * i + 3) % 9}\t{i}\n" for i in range(9)))
    (tmp_path / "questions.txt").write_text(": s\nw1 w2 w3 w4\n")
    (tmp_path / "text.txt").write_text("a a\na\n" * 4)
    return tmp_path


def test_the_kind_decides_how_it_is_evaluated(folder: Path) -> None:
    assert (kind_of_model(folder / "a.vec"), kind_of_model(folder / "a.arpa")) == ("vectors", "ngram")
    commands = {
        data: evaluate_model(folder / model, str(folder / data)).recipe.command
        for model, data in (("a.vec", "pairs.tsv"), ("a.vec", "questions.txt"), ("a.arpa", "text.txt"))
    }
    assert commands == {"pairs.tsv": "eval-similarity", "questions.txt": "eval-analogy", "text.txt": "perplexity"}
    with pytest.raises(ArtifactError):
        kind_of_model(folder / "missing")
    with pytest.raises(UsageError, match="--column"):
        evaluate_model(folder / "a.vec", str(folder / "pairs.tsv"), SourceOptions(column="1"))


def test_models_compare_as_their_evaluations_do(folder: Path) -> None:
    pairs = folder / "pairs.tsv"
    for name in "ab":
        evaluate_similarity(str(folder / f"{name}.vec"), [pairs], output=folder / f"{name}.eval")
    kept = compare_evaluations(folder / "a.eval", folder / "b.eval", FEW)
    there = sorted(folder.iterdir())
    found = compare_models(folder / "a.vec", folder / "b.vec", str(pairs), FEW)
    assert found.summary == kept.summary
    assert sorted(folder.iterdir()) == there
    assert [(entry.name, entry.kind) for entry in found.recipe.inputs] == [
        ("a.vec", "vectors:file"),
        ("b.vec", "vectors:file"),
        ("pairs.tsv", "pairs:file"),
    ]


def test_both_models_are_inputs_of_a_comparison_of_arpa_texts(folder: Path) -> None:
    """An ARPA text is evaluated as the artifact that is made beside it, which has another name."""
    output = folder / "c.eval"
    compare_models(folder / "a.arpa", folder / "b.arpa", str(folder / "text.txt"), FEW, output=output)
    inputs = open_artifact(output).manifest.recipe.inputs
    assert [(entry.name, entry.kind) for entry in inputs] == [
        ("a.arpa.lm", "ngram"),
        ("b.arpa.lm", "ngram"),
        ("text.txt", "text"),
    ]


def test_translations_of_two_references(folder: Path) -> None:
    for name, text in (("t", "a b\nc\n"), ("r", "a b\nd\n"), ("s", "x\nc\n")):
        (folder / f"{name}.txt").write_text(text)
    files = [str(folder / f"{name}.txt") for name in "trs"]
    found = evaluate_translations(files[0], files[1:], options=TranslationScoreOptions(resamples=0))
    assert (found.summary["model"], found.summary["data"], found.summary["exact"]) == ("t.txt", "r.txt,s.txt", 100.0)
    assert [row[:2] for row in found.rows] == [(1, 1), (2, 1)]


@pytest.mark.parametrize(("references", "noted"), [("a\nb c d\n", True), ("a\nb c d e\n", False)])
def test_references_too_short_for_bleu_are_noted(folder: Path, references: str, noted: bool) -> None:
    (folder / "t.txt").write_text("a\nb c d\n")
    (folder / "r.txt").write_text(references)
    how = TranslationScoreOptions(tokenize="none", resamples=0)
    found = evaluate_translations(str(folder / "t.txt"), [str(folder / "r.txt")], options=how)
    assert found.summary["bleu"] == 0
    assert [("BLEU" in note, "chrf" in note) for note in found.notes] == [(True, True)] * noted
