"""compare: two evaluations of the same data, of every kind that has items."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
FEW = ("--resamples", "300", "--json")


def measures(run: Run, a: str = "a.eval", b: str = "b.eval") -> dict[str, dict[str, float]]:
    found = run("compare", a, b, *FEW).ok().json
    return {row["measure"]: row for row in found["measures"]}


def two_ngram_models(run: Run) -> None:
    """1.lm and 2.lm, of one and of two words, and their evaluations on v.txt."""
    lines = [" ".join(random.Random(i).choices("abcdef", k=6)) for i in range(120)]
    Path("t.txt").write_text("\n".join(lines[:80]) + "\n")
    Path("v.txt").write_text("\n".join(lines[80:]) + "\n")
    for order in ("1", "2"):
        run("train-ngram", "t.txt", "--order", order, "-o", f"{order}.lm").ok()
        run("perplexity", f"{order}.lm", "v.txt", "-o", f"{order}.eval").ok()


def test_labels(run: Run) -> None:
    draw = random.Random(1)
    gold = draw.choices("xyz", k=400)
    Path("gold.tsv").write_text("".join(f"{label}\tt\n" for label in gold))
    for name, wrong in (("a", 0.4), ("b", 0.2)):
        guesses = [draw.choice("xyz") if draw.random() < wrong else label for label in gold]
        Path(f"{name}.txt").write_text("".join(f"{label}\n" for label in guesses))
        run("eval-labels", f"{name}.txt", "gold.tsv", "-o", f"{name}.eval", "--resamples", "0").ok()
    found = measures(run)
    assert set(found) == {"accuracy", "f1"}
    for row in found.values():
        assert row["difference"] == pytest.approx(row["value_b"] - row["value_a"])
        assert row["low"] < row["difference"] < row["high"]
        assert max(row["p_bootstrap"], row["p_randomization"]) < 0.05
    run("compare", "a.eval", "b.eval", "-o", "c.eval").ok()
    again = run("compare", "a.eval", "b.eval", "-o", "c.eval").ok()
    assert again.stdout.splitlines()[0].split("\t")[0] == "measure"
    run("report", "c.eval", "-o", "r").ok()
    assert "## Comparisons" in Path("r/report.md").read_text()
    Path("short.tsv").write_text("x\tt\n")
    Path("short.txt").write_text("x\n")
    run("eval-labels", "short.txt", "short.tsv", "-o", "short.eval").ok()
    run("compare", "a.eval", "short.eval").failed(1, "400 items", "same data")


def test_spans(run: Run) -> None:
    words = ["a B B", "b I I", "c O B", ""] * 30
    Path("a.txt").write_text("\n".join(words) + "\n")
    Path("b.txt").write_text("\n".join(words).replace("c O B", "c O O") + "\n")
    for name in "ab":
        text = Path(f"{name}.txt").read_text().replace("B", "B-X").replace("I", "I-X")
        Path(f"{name}.txt").write_text(text)
        run("eval-labels", f"{name}.txt", "--columns", "-o", f"{name}.eval").ok()
    assert measures(run)["f1 of spans"]["difference"] == pytest.approx(1 - 2 / 3)


def test_translations(run: Run) -> None:
    lines = [f"the {word} sees a tree in the garden" for word in ("cat", "dog", "bird", "man") * 10]
    Path("r.txt").write_text("\n".join(lines) + "\n")
    Path("a.txt").write_text("\n".join(line.replace("tree", "house") for line in lines) + "\n")
    Path("b.txt").write_text("\n".join(lines) + "\n")
    for name in "ab":
        run("eval-translation", f"{name}.txt", "r.txt", "--tokenize", "none", "-o", f"{name}.eval").ok()
    found = measures(run)
    scores = run("eval-translation", "a.txt", "r.txt", "--tokenize", "none", "--json").ok().json
    assert found["bleu"]["value_a"] == pytest.approx(scores["bleu"])
    assert found["chrf"]["value_a"] == pytest.approx(scores["chrf"])
    assert (found["exact"]["value_a"], found["exact"]["value_b"]) == (0, 100)
    run("eval-translation", "a.txt", "r.txt", "-lc", "-o", "l.eval").ok()
    run("compare", "a.eval", "l.eval").failed(1, "tok:13a")


def test_perplexities_of_one_vocabulary_and_of_two(run: Run) -> None:
    two_ngram_models(run)
    found = measures(run, "1.eval", "2.eval")
    assert set(found) == {"perplexity", "bits_per_byte"}
    assert found["perplexity"]["value_a"] == pytest.approx(
        run("perplexity", "1.lm", "v.txt", "--json").ok().json["perplexity"], rel=1e-5
    )
    for name, options in (("c", ("char", "--order", "3")), ("b", ("bpe", "--vocab-size", "300", "--order", "1"))):
        run("train-ngram", "t.txt", "--tokenizer", *options, "-o", f"{name}.lm").ok()
        run("perplexity", f"{name}.lm", "v.txt", "-o", f"{name}.eval").ok()
    done = run("compare", "c.eval", "b.eval", *FEW).ok()
    assert [row["measure"] for row in done.json["measures"]] == ["bits_per_byte"]
    assert "different vocabularies" in done.stderr
    done.noted("a is c.lm", "b is b.lm")
    assert done.json["measures"][0]["better"] == "a", "fewer bits are better"
    run("compare", "1.eval", "1.lm").failed(1, "ngram")


def test_a_lossy_tokenizer_beside_another_is_refused_unless_it_is_worse_all_the_same(run: Run) -> None:
    """Sentences of six random letters: words of them need about as many bits as characters and spaces."""
    two_ngram_models(run)
    text = Path("t.txt").read_text()
    for name, tokenizer in (("c", "char"), ("w", "word")):
        run("train-ngram", "t.txt", "--tokenizer", tokenizer, "--order", "2", "-o", f"{name}.lm").ok()
        run("perplexity", f"{name}.lm", "v.txt", "-o", f"{name}.eval").ok()
    refused = ("--vocab", "lossless")
    run("compare", "1.eval", "c.eval").failed(1, "1.lm (whitespace)", "c.lm (char)", *refused)
    Path("other.txt").write_text(text.upper())  # knows none of the words: worse than any
    run("train-ngram", "other.txt", "--order", "1", "-o", "o.lm").ok()
    run("perplexity", "o.lm", "v.txt", "-o", "o.eval").ok()
    done = run("compare", "o.eval", "c.eval", *FEW).ok()
    done.noted("o.lm")
    assert done.json["measures"][0]["better"] == "b"
    Path("v.txt").write_text("a,b c\n" * 20)  # two lossy ones that differ
    for name in "1w":
        run("perplexity", f"{name}.lm", "v.txt", "-o", f"{name}2.eval").ok()
    run("compare", "12.eval", "w2.eval").failed(1, "1.lm (whitespace)", "w.lm (word)", *refused)


def test_word_vectors(run: Run) -> None:
    draw = random.Random(2)
    words = [f"w{i}" for i in range(20)]
    on_a_circle = [(math.cos(i / 10), math.sin(i / 10), 0, 0, 0) for i in range(19)]
    at_random = [[draw.gauss(0, 1) for _ in range(5)] for _ in range(19)]
    for name, vectors in (("a", at_random), ("b", on_a_circle)):
        rows = "".join(f"{w} {' '.join(f'{x:.3f}' for x in row)}\n" for w, row in zip(words, vectors, strict=False))
        Path(f"{name}.vec").write_text(f"{len(words) - 1} 5\n{rows}")
    pairs = "".join(f"{one}\t{other}\t{draw.random():.3f}\n" for one in words[:6] for other in words[10:])
    Path("pairs.tsv").write_text(pairs)
    Path("questions.txt").write_text(": s\n" + "".join(f"w{i} w{i + 1} w{i + 2} w{i + 3}\n" for i in range(17)))
    for name in "ab":
        run("eval-similarity", f"{name}.vec", "pairs.tsv", "-o", f"{name}.eval").ok()
        run("eval-analogy", f"{name}.vec", "questions.txt", "-o", f"{name}.analogies").ok()
    done = run("compare", "a.eval", "b.eval", *FEW).ok()
    assert done.json["measures"][0]["n"] == 54
    done.noted("54", "60")
    found = run("compare", "a.analogies", "b.analogies", *FEW).ok().json["measures"]
    assert [row["measure"] for row in found] == ["accuracy (questions.txt, add)"]
    assert found[0]["n"] == 16
    assert found[0]["value_a"] < 0.5 < found[0]["value_b"] == 1
    one, other = (
        run("eval-similarity", f"{name}.vec", "pairs.tsv", "--json").ok().json[0]["spearman"] for name in "ab"
    )
    row = done.json["measures"][0]
    assert (row["value_a"], row["value_b"]) == pytest.approx((one, other), abs=1e-5)
    assert one != pytest.approx(other, abs=0.01)
    run("compare", "a.eval", "b.analogies").failed(1, "eval-similarity", "eval-analogy")


def test_another_seed_draws_anew_for_every_measure(run: Run) -> None:
    two_ngram_models(run)
    draw = random.Random(4)
    words = [f"w{i}" for i in range(12)]
    Path("pairs.tsv").write_text("".join(f"{a}\t{b}\t{draw.random():.3f}\n" for a in words[:5] for b in words[5:]))
    for name in "ab":
        rows = "".join(f"{w} {draw.gauss(0, 1):.3f} {draw.gauss(0, 1):.3f}\n" for w in words)
        Path(f"{name}.vec").write_text(f"{len(words)} 2\n{rows}")
        run("eval-similarity", f"{name}.vec", "pairs.tsv", "-o", f"{name}.eval").ok()
    for a, b in (("1.eval", "2.eval"), ("a.eval", "b.eval")):
        drawn = [run("compare", a, b, *FEW, "--seed", seed).ok().json["measures"] for seed in (1, 1, 2, 3)]
        assert drawn[0] == drawn[1]
        for rows in zip(*drawn, strict=True):
            assert len({row["difference"] for row in rows}) == 1
            assert len({(row["low"], row["high"]) for row in rows}) == 3, rows[0]["measure"]


def test_two_models_on_a_text(run: Run, tmp_path: Path) -> None:
    """The same as their evaluations, kept nowhere."""
    two_ngram_models(run)
    there = sorted(tmp_path.iterdir())
    given = run("compare", "1.eval", "2.eval", "--json").ok().json
    found = run("compare", "1.lm", "2.lm", "v.txt", "--json").ok().json
    assert found == given
    assert sorted(tmp_path.iterdir()) == there
    kept = run("compare", "1.lm", "2.lm", "v.txt", "-o", "c.eval").ok()
    assert "wrote c.eval\n" in kept.stderr
    assert "seqtool-" not in kept.stderr, "what is temporary is not told"
    tree = run("info", "c.eval", "--lineage", "--json").ok().json
    commands = [entry["command"] for entry in tree if entry["depth"] < 2]
    assert commands[0].startswith("seqtool compare 1.lm 2.lm v.txt --")
    trained = [["seqtool", "train-ngram", "t.corpus"]] * 2
    assert [(command or "").split()[:3] for command in commands[1:]] == [*trained, []]
    assert run("compare", "1.lm", "2.lm", "v.txt", "-o", "c.eval", "--json").ok().json["measures"] == given["measures"]
    run("compare", "1.lm", "2.lm").failed(1, "1.lm", "evaluation")
    run("compare", "1.eval", "2.lm", "v.txt").failed(2, "1.eval", "evaluation")
    run("compare", "1.lm", "2.lm", "missing.txt").failed(1, "missing.txt")


def test_figures_on_training_texts_are_told(run: Run) -> None:
    two_ngram_models(run)
    warning = "t.txt is what 1.lm was made from"
    assert warning in run("perplexity", "1.lm", "t.txt").ok().stderr
    assert warning in run("compare", "1.lm", "2.lm", "t.txt").ok().stderr
    assert "too optimistic" not in run("perplexity", "1.lm", "v.txt").ok().stderr
    run("train-ngram", "t.txt", "--tokenizer", "char", "-o", "c.lm").ok()
    run("compare", "1.lm", "c.lm", "t.corpus").failed(1, "t.corpus")


def test_vectors_on_analogies_and_on_pairs(run: Run) -> None:
    words = ["man", "woman", "king", "queen", "boy", "girl"]
    rows = [[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [0.5, 0, 0.5], [0.5, 1, 0.5]]
    for name, scale in (("a", 1.0), ("b", -1.0)):
        text = "".join(f"{word} {x} {y * scale} {z}\n" for word, (x, y, z) in zip(words, rows, strict=True))
        Path(f"{name}.txt").write_text(text)
    Path("q.txt").write_text(": family\nman woman king queen\nman woman boy girl\n")
    Path("s.tsv").write_text("man\tking\t1\nman\twoman\t5\nking\tqueen\t4\nboy\tgirl\t3\n")
    for data, measure in (("q.txt", "accuracy (q.txt, add)"), ("s.tsv", "spearman (s.tsv)")):
        found = run("compare", "a.txt", "b.txt", data, "--json").ok().json["measures"]
        assert [row["measure"] for row in found] == [measure]
        assert found[0]["difference"] == pytest.approx(0)


def test_classifiers_taggers_and_models_of_pairs(run: Run) -> None:
    texts = [f"{'pos' if i % 2 else 'neg'}\t{'good' if i % 2 else 'bad'} w{i % 5}" for i in range(40)]
    Path("o.tsv").write_text("\n".join(texts) + "\n")
    tags = "".join(f"w{i % 4} {'A' if i % 4 else 'B'}\n" + ("\n" if i % 5 == 4 else "") for i in range(60))
    Path("c.txt").write_text(tags + "\n")
    Path("p.tsv").write_text("a b\tx y\nb a\ty x\na a\tx x\nb b\ty y\n" * 3)
    tiny = ("--epochs", "1", "--hidden-dim", "8", "--threads", "1", "-q")
    for name, seed in (("a", "1"), ("b", "2")):
        run("train-classifier", "o.tsv", *tiny, "--seed", seed, "-o", f"{name}.classifier").ok()
        run("train-tagger", "c.txt", *tiny, "--char-hidden", "4", "--seed", seed, "-o", f"{name}.tagger").ok()
        run("train-seq2seq", "p.tsv", *tiny, "--emb-dim", "8", "--seed", seed, "-o", f"{name}.seq2seq").ok()
    expected = {
        "classifier": ("o.tsv", {"accuracy", "f1"}),
        "tagger": ("c.txt", {"f1 of spans"}),
        "seq2seq": ("p.tsv", {"exact", "bleu", "chrf"}),
    }
    for kind, (data, names) in expected.items():
        found = run("compare", f"a.{kind}", f"b.{kind}", data, "--json").ok().json
        assert {row["measure"] for row in found["measures"]} == names, kind
        assert (found["a"], found["b"]) == (f"a.{kind}", f"b.{kind}")
        assert found["data"] == data
        run("compare", f"a.{kind}", f"b.{kind}", data, "-o", f"{kind}.eval").ok()
        tree = run("info", f"{kind}.eval", "--lineage", "--json").ok().json
        assert tree[0]["command"].startswith(f"seqtool compare a.{kind} b.{kind} {data} --")


def test_the_data_of_models_is_read_as_told(run: Run) -> None:
    lines = [f"{'pos' if i % 2 else 'neg'}\ta b {'c' if i % 3 else 'd'}" for i in range(30)]
    Path("t.tsv").write_text("\n".join(lines) + "\n")
    Path("t.txt").write_text("\n".join(line.partition("\t")[2] for line in lines) + "\n")
    Path("v.txt").write_text("a 1 0\nb 0 1\nc 1 1\nd 1 2\n")
    Path("q.txt").write_text(": some\na b c d\n")
    run("preprocess", "t.txt", "-o", "c").ok()
    for order in (1, 2):
        run("train-ngram", "c", "--order", str(order), "-o", f"{order}.lm").ok()
    table = run("compare", "1.lm", "2.lm", "t.tsv", "--column", "1", "-o", "e.eval", "--json").ok().json
    assert table["measures"] == run("compare", "1.lm", "2.lm", "t.txt", "--json").ok().json["measures"]
    command = run("info", "e.eval", "--lineage", "--json").ok().json[0]["command"]
    run(*command.split()[1:]).up_to_date()
    run("compare", "e.eval", "e.eval", "--column", "1").failed(2, "data")
    run("perplexity", "1.lm", "t.txt", "-o", "p.eval").ok()
    run("compare", "p.eval", "2.lm", "t.txt").failed(2, "p.eval", "evaluation", "t.txt")
    run("compare", "v.txt", "v.txt", "q.txt", "--column", "1").failed(2, "--column")
    run("compare", "p.eval", "p.eval", "--errors", "replace").failed(2, "--errors")
    run("compare", "1.lm", "v.txt", "t.txt").failed(2, "1.lm", "ngram", "v.txt", "vectors")


def test_contexts_are_named_where_they_differ(run: Run) -> None:
    Path("t.txt").write_text("a b\nb a\n" * 20)
    run("preprocess", "t.txt", "--split", "0.8,0.1,0.1", "-o", "c").ok()
    tiny = ("--emb-dim", "8", "--hidden-dim", "8", "--epochs", "1", "--threads", "1")
    run("train-lm", "c", *tiny, "-o", "n.lm").ok()
    run("train-ngram", "c", "--order", "2", "-o", "g.lm").ok()
    run("perplexity", "n.lm", "c:test", "-o", "stream.eval").ok()
    run("perplexity", "n.lm", "c:test", "--context", "sentence", "-o", "sentence.eval").ok()
    run("perplexity", "g.lm", "c:test", "-o", "g.eval").ok()
    apart = run("compare", "g.eval", "stream.eval", "--json").ok().json
    assert (apart["a"], apart["b"]) == ("g.lm (sentence)", "n.lm (stream)")
    alike = run("compare", "g.eval", "sentence.eval", "--json").ok().json
    assert (alike["a"], alike["b"]) == ("g.lm", "n.lm")
