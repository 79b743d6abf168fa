from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SMALL = ("--threads", "1", "--precision", "fp32", "--dropout", "0", "--epochs", "1", "-q")
NETWORK = ("--emb-dim", "8", "--hidden-dim", "8", *SMALL)
TAGGER = (str(ROOT / "sample_corpora/chunks.en.txt"), "--char-hidden", "4", *NETWORK)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, tiny_corpus: str) -> Path:
    """A folder with a model of every kind, none of them good; read only."""
    from seqtool.cli.main import run as entry

    folder = tmp_path_factory.mktemp("models")
    (folder / "corpus.txt").write_text(tiny_corpus, encoding="utf-8")
    (folder / "p.tsv").write_text("ab\tba\nba\tab\naab\tbaa\nbb\tbb\n", encoding="utf-8")
    commands = (
        ["train-ngram", "corpus.txt", "--order", "2", "--arpa", "m.arpa", "-o", "ngram.lm", "-q"],
        ["cooccur", "corpus.txt", "--min-count", "1", "-o", "c.counts", "-q"],
        ["train-word2vec", "corpus.txt", "--dim", "8", "--min-count", "1", "--threads", "1", "-o", "w.vectors", "-q"],
        ["train-fasttext", "corpus.txt", "--dim", "8", "--min-count", "1", "--threads", "1", "-o", "f.vectors", "-q"],
        ["train-classifier", str(ROOT / "sample_corpora/opinions.en.tsv"), *NETWORK, "-o", "c.classifier"],
        ["train-tagger", *TAGGER, "-o", "t.tagger"],
        ["train-tagger", *TAGGER, "--features", "1", "-o", "f.tagger"],
        ["train-seq2seq", "p.tsv", *NETWORK, "-o", "s.seq2seq"],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command in commands:
            assert entry(list(command)) == 0, command
    return folder
