"""Perplexity, scores, next words and texts of a model whose probabilities are written down here."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from seqtool.corpus.options import SourceOptions
from seqtool.decoding.options import GenerateOptions
from seqtool.errors import OutputError, SeqtoolError, UsageError
from seqtool.evaluation.artifact import Evaluation
from seqtool.evaluation.generation import predict_next, write_texts
from seqtool.evaluation.language_models import evaluate_perplexity, score_sentences, score_tokens
from seqtool.lm.options import AdaptOptions

PROBABILITIES = {"</s>": 0.5, "a": 0.25, "b": 0.15, "<unk>": 0.1}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    grams = "".join(f"{math.log10(p):.7f}\t{word}\n" for word, p in PROBABILITIES.items())
    path = tmp_path / "m.arpa"
    path.write_text(f"\\data\\\nngram 1=5\n\n\\1-grams:\n-99\t<s>\n{grams}\n\\end\\\n")
    return path


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "t.txt"
    path.write_text("a b\n\na zebra\n")
    return str(path)


def log10(*words: str) -> float:
    return sum(math.log10(PROBABILITIES[word]) for word in words)


def test_perplexity_is_that_of_the_probabilities(model: Path, text: str) -> None:
    found = evaluate_perplexity(model, [text])
    sentences = [log10("a", "b", "</s>"), log10("</s>"), log10("a", "<unk>", "</s>")]
    assert found.summary["perplexity"] == pytest.approx(10 ** (-sum(sentences) / 7), rel=1e-5)
    assert (found.summary["tokens"], found.summary["oov"], found.summary["data"]) == (7, 1, "t.txt")
    assert [row[1] for row in found.rows] == pytest.approx(sentences)
    assert found.rows[-1] == found.rows[2] == found.rows[2:][0]
    assert [len(row) for row in found.rows] == [len(found.columns)] * 3


def test_an_evaluation_is_kept_only_where_it_is_asked_for(model: Path, text: str, tmp_path: Path) -> None:
    def evaluated(output: Path | None) -> Evaluation:
        return evaluate_perplexity(model, [text], output=output)

    output = tmp_path / "e.eval"
    before = {path.name for path in tmp_path.iterdir()}
    new = evaluated(None)
    assert {path.name for path in tmp_path.iterdir()} - before == {"m.arpa.lm"}
    assert evaluated(output).summary == new.summary
    again = evaluated(output)
    assert again.kept
    assert again.summary == new.summary
    assert [tuple(row) for row in again.rows] == list(new.rows)
    with pytest.raises(OutputError):
        evaluate_perplexity(model, [text], output=output, sources=SourceOptions(errors="replace"))


def test_a_mixture_of_a_model_with_itself_is_the_model(model: Path, text: str) -> None:
    alone, mixed = evaluate_perplexity(model, [text]), evaluate_perplexity(model, [text], mix=[f"{model}:0.5"])
    assert mixed.summary["perplexity"] == pytest.approx(alone.summary["perplexity"], rel=1e-5)
    assert mixed.summary["model"] == "m.arpa.lm:0.5+m.arpa.lm:0.5"


def test_many_unknown_words_are_a_warning(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.txt"
    path.write_text("one two three\n")
    assert evaluate_perplexity(model, [str(path)]).summary["oov"] == 3
    assert "warning: 75%" in capsys.readouterr().err


def test_every_line_has_a_score_blank_ones_too(model: Path, text: str) -> None:
    found = score_sentences(model, [text])
    expected = [log10("a", "b", "</s>"), log10("</s>"), log10("a", "<unk>", "</s>")]
    assert [row[1] for row in found.rows] == pytest.approx(expected)


def test_every_token_has_a_score_and_its_own_spelling(model: Path, text: str) -> None:
    tokens = list(score_tokens(model, [text]))
    assert [token.token for token in tokens] == ["a", "b", "<eos>", "<eos>", "a", "zebra", "<eos>"]
    assert [(token.sentence, token.position, token.oov) for token in tokens[3:6]] == [(2, 1, 0), (3, 1, 0), (3, 2, 1)]
    assert sum(token.log10_probability for token in tokens[:3]) == pytest.approx(log10("a", "b", "</s>"))


def test_what_cannot_be_read_is_refused_before_the_first_token(model: Path, tmp_path: Path) -> None:
    with pytest.raises(SeqtoolError):
        score_tokens(model, [str(tmp_path / "nothing.txt")])
    with pytest.raises(SeqtoolError):
        write_texts(tmp_path / "nothing.lm")


def test_the_most_probable_next_tokens(model: Path) -> None:
    found = predict_next(model, "a", top=2)
    assert [(token.rank, token.token) for token in found] == [(1, "<eos>"), (2, "a")]
    assert [token.probability for token in found] == pytest.approx([0.5, 0.25], rel=1e-5)


def test_texts_are_the_same_kept_or_not(model: Path, tmp_path: Path) -> None:
    options = GenerateOptions(num=5, seed=3)
    texts = [text.text for text in write_texts(model, options)]
    assert [text.text for text in write_texts(model, options, output=tmp_path / "g.eval")] == texts
    assert (tmp_path / "g.eval" / "items.tsv").read_text().count("\n") == 6


def test_contradictions_are_refused(model: Path, text: str) -> None:
    with pytest.raises(UsageError, match="standard input"):
        evaluate_perplexity(model, ["-"], mix=[str(model)], tune="-")
    with pytest.raises(UsageError, match="skip"):
        score_sentences(model, [text], sources=SourceOptions(errors="skip"))
    with pytest.raises(UsageError, match="--cache"):
        evaluate_perplexity(model, [text], learning=AdaptOptions(cache=10))
    with pytest.raises(UsageError, match="--tune"):
        evaluate_perplexity(model, [text], tune=text)
