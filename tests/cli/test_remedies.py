"""What an error says to do works: a wrong command, the values in its error, and the command that its remedy names."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

NGRAM = "train-ngram --order 2 --smoothing witten-bell --threads 1"

# The wrong command; its exit code; values in its error; what the remedy says to do instead.
CASES = [
    ("info s.corpus:train", 1, ["s.corpus:train", "give s.corpus"], "info s.corpus"),
    ("vocab s.corpus:test", 1, ["s.corpus:test", "give s.corpus"], "vocab s.corpus"),
    ("perplexity s.corpus:test m", 1, ["test", "perplexity m s.corpus:test"], "perplexity m s.corpus:test"),
    (f"{NGRAM} s.corpus:train", 2, ["s.corpus:train", "give s.corpus"], f"{NGRAM} s.corpus"),
    ("cooccur s.corpus:train", 2, ["s.corpus:train", "give s.corpus"], "cooccur s.corpus"),
    ("perplexity m s.corpus:dev", 1, ["dev", "train", "valid", "test"], "perplexity m s.corpus:valid"),
    ("preprocess t.csv --column nix -o o", 1, ["nix", "one", "two"], "preprocess t.csv --column two -o o"),
    ("preprocess t.csv -o o", 1, ["t.csv", "--column"], "preprocess t.csv --column one -o o"),
    ("preprocess x.txt y.txt", 2, ["-o"], "preprocess x.txt y.txt -o both.corpus"),
    ("preprocess [xy].txt", 2, ["-o"], "preprocess [xy].txt -o both.corpus"),
    (f"{NGRAM} x.txt y.txt", 2, ["-o"], f"{NGRAM} x.txt y.txt -o both.lm"),
    ("preprocess x.txt --tokenizer word -o x.corpus", 1, ["--overwrite"], "preprocess x.txt --tokenizer word -o new"),
    ("preprocess x.txt --lower -o x.corpus", 1, ["--overwrite"], "preprocess x.txt --lower -o x.corpus --overwrite"),
    (f"{NGRAM} s.corpus x.txt -o o", 2, ["s.corpus"], f"{NGRAM} y.txt x.txt -o o"),
    (f"{NGRAM} x.corpus --lower -o o", 2, ["--lower", "x.corpus"], f"{NGRAM} x.corpus -o o"),
    ("preprocess x.txt --split 0.5 -o o", 2, ["0.5", "0.9,0.05,0.05"], "preprocess x.txt --split 0.9,0.05,0.05 -o o"),
    ("preprocess xx.txt -o o", 1, ["xx.txt", "x.txt"], "preprocess x.txt -o o"),
    ("preprocess nothing*.txt -o o", 1, ["nothing*.txt"], "preprocess ?.txt -o o"),
    ("preprocess . -o o", 1, ["*.txt"], "preprocess ./*.txt -o o"),
    ("preprocess x.corpus -o o", 1, ["x.corpus", "text"], "preprocess x.txt -o o"),
    ("preprocess empty.csv -o o", 1, ["empty.csv"], "preprocess t.csv --column one -o o"),
    ("preprocess bad.text -o o", 1, ["bad.text", "--errors"], "preprocess bad.text --errors replace -o o"),
    ("perplexity x.txt m", 2, ["x.txt", "model"], "perplexity m x.txt"),
    ("perplexity x.corpus m", 1, ["x.corpus", "seqtool perplexity m x.corpus"], "perplexity m x.corpus"),
    ("score x.txt m --json", 2, ["x.txt", "seqtool score m x.txt --json"], "score m x.txt --json"),
    ("generate cat m", 2, ["seqtool generate m --prompt cat"], "generate m --prompt cat"),
    ("neighbors cat v -k 2", 1, ["seqtool neighbors v cat -k 2"], "neighbors v cat -k 2"),
    ("analogy cat dog bird v", 1, ["seqtool analogy v cat dog bird"], "analogy v cat dog bird"),
    ("similarity cat dog v", 1, ["seqtool similarity v cat dog"], "similarity v cat dog"),
    ("perplexity n x.corpus", 1, ["n does not exist", "m"], "perplexity m x.corpus"),
    ("ppmi x.corpus", 1, ["corpus", "seqtool cooccur x.corpus"], "cooccur x.corpus --min-count 1"),
    ("svd x.corpus", 1, ["corpus", "seqtool cooccur x.corpus"], "cooccur x.corpus --min-count 1"),
    ("train-glove x.txt", 1, ["x.txt", "seqtool cooccur x.txt"], "cooccur x.txt --min-count 1"),
    ("neighbors x.corpus cat", 1, ["seqtool train-word2vec x.corpus"], "train-word2vec x.corpus --min-count 1"),
    ("generate x.corpus", 1, ["corpus", "seqtool train-lm x.corpus"], f"{NGRAM} x.corpus -o o"),
    ("vocab x.arpa", 1, ["ARPA", "seqtool train-ngram x.arpa -o x.ngram.lm"], "train-ngram x.arpa -o x.ngram.lm"),
    ("info v.vec", 1, ["word vectors", "seqtool convert v.vec v.imported.vectors"], "convert v.vec v.imported.vectors"),
    ("perplexity v.vec x.txt", 2, ["v.vec", "seqtool neighbors v.vec"], "neighbors v.vec cat"),
    ("neighbors x.arpa cat", 1, ["ARPA", "seqtool perplexity x.arpa"], "perplexity x.arpa x.txt"),
    ("cooccur x.txt --min-count 99 -o o", 1, ["99", "36 times", "--min-count 36"], "cooccur x.txt --min-count 36 -o o"),
    ("train-lm x.txt --min-count 99 -o o", 1, ["99"], f"{NGRAM} x.txt --min-count 2 -o o"),
    ("cooccur x.txt --min_count 2 -o o", 2, ["cooccur x.txt --min-count 2 -o o"], "cooccur x.txt --min-count 2 -o o"),
    ("train-ngram x.txt --n 2 -o o", 2, ["train-ngram x.txt --order 2 -o o"], "train-ngram x.txt --order 2 -o o"),
    ("cooccur x.txt -min-count 2", 2, ["seqtool cooccur x.txt --min-count 2"], "cooccur x.txt --min-count 2"),
    ("neighbors v cat --topn 2", 2, ["seqtool neighbors v cat -k 2"], "neighbors v cat -k 2"),
    ("preprocess x.txt --tokenizer words -o o", 2, ["seqtool preprocess x.txt --tokenizer word -o o"],
     "preprocess x.txt --tokenizer word -o o"),
    ("train-ngram x.txt --order ten -o o", 2, ["--order", "integer", "ten"], "train-ngram x.txt --order 2 -o o"),
    ("train-ngram x.txt --order 0 -o o", 2, ["--order", "at least 1", "0"], "train-ngram x.txt --order 2 -o o"),
    ("generate", 2, ["model", "seqtool generate"], "generate m"),
    ("preproces x.txt -o o", 2, ["seqtool preprocess x.txt -o o"], "preprocess x.txt -o o"),
    ("info m --lineage --verify", 2, ["--lineage", "--verify"], "info m --lineage"),
    ("score m bad.text --errors skip", 2, ["--errors replace"], "score m bad.text --errors replace"),
    ("preprocess x.txt --tokenizer bpe --max-vocab 9 -o o", 2, ["--vocab-size"],
     "preprocess x.txt --tokenizer bpe --vocab-size 260 -o o"),
    ("phrases b.corpus", 2, ["bpe", "whitespace"], "phrases x.corpus"),
    ("cooccur x.corpus --memory 1M -o o", 2, ["100M"], "cooccur x.corpus --memory 100M -o o"),
    ("cooccur x.corpus --memory lots -o o", 2, ["512M"], "cooccur x.corpus --memory 512M -o o"),
]  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts, a table, corpora and a model."""
    from seqtool.cli.main import run as entry

    folder = tmp_path_factory.mktemp("remedies")
    lines = [f"the {who} {what}" for who in ("cat", "dog", "bird") for what in ("sat", "ran", "slept")] * 4
    for name in ("x", "y"):
        (folder / f"{name}.txt").write_text("".join(f"{line} {name}\n" for line in lines))
    (folder / "bad.text").write_bytes(b"the cat\nsat \xff there\n")
    (folder / "t.csv").write_text("one,two\n" + "".join(f"{line},{line}\n" for line in lines))
    (folder / "empty.csv").write_text("")
    text = folder / "x.txt"
    for command in (
        f"preprocess {text} -q",
        f"preprocess {text} --split 0.8,0.1,0.1 -o {folder}/s.corpus -q",
        f"preprocess {text} --tokenizer bpe --vocab-size 260 -o {folder}/b.corpus -q",
        f"{NGRAM} {folder}/x.corpus -o {folder}/m --arpa {folder}/x.arpa -q",
        f"cooccur {folder}/x.corpus --min-count 1 -o {folder}/c -q",
        f"svd {folder}/c --dim 3 -o {folder}/v -q",
        f"convert {folder}/v {folder}/v.vec -q",
    ):
        assert entry(shlex.split(command)) == 0, command
    return folder


@pytest.mark.parametrize(("wrong", "code", "values", "right"), CASES, ids=[case[0] for case in CASES])
def test_following_a_remedy_succeeds(
    run: Any, prepared: Path, tmp_path: Path, wrong: str, code: int, values: list[str], right: str
) -> None:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    run(*shlex.split(wrong)).failed(code, *values)
    assert not (tmp_path / "o").exists()
    run(*shlex.split(right)).ok()
