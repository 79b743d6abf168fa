"""The example of every command's --help runs, as it stands, in a shell; trainings are cut short."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path

import pytest
import typer

from seqtool.cli.main import app

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_corpora"
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
EXAMPLES = {name: re.findall(r"^Example: (.*)", command.help, re.MULTILINE)[0] for name, command in COMMANDS.items()}
# What is missing in an example because it is a matter of course there, or would take long.
MORE = {
    "cooccur": "--min-count 1",
    "train-word2vec": "--min-count 1",
    "train-fasttext": "--min-count 1",
    "train-glove": "--epochs 1",
    "train-lm": "--epochs 1",
    "train-seq2seq": "--epochs 1",
    "train-classifier": "--epochs 1",
    "train-tagger": "--epochs 1",
    "plot-vectors": "--perplexity 5",
}
# Made before the examples run: what they begin with and no other example makes.
BEFORE = (
    "preprocess corpus.txt -o corpus.corpus",
    "train-lm corpus.txt --emb-dim 8 --hidden-dim 8 --layers 1 --epochs 1 -o corpus.lstm.lm",
    "train-word2vec corpus.txt --min-count 1 --dim 8 --epochs 1 -o corpus.vectors",
    "train-word2vec corpus.txt --min-count 1 --dim 8 --epochs 1 --seed 2 -o a.vectors",
    "train-word2vec corpus.txt --min-count 1 --dim 8 --epochs 1 --seed 3 -o b.vectors",
    "train-word2vec corpus.txt --min-count 1 --dim 8 --epochs 1 --seed 4 -o c.vectors",
    "train-ngram corpus.txt -o ngram.lm",
    "perplexity corpus.lstm.lm valid.txt -o lstm.eval",
    "perplexity ngram.lm valid.txt -o ngram.eval",
    "make-task dates --size 200 -o dates.tsv",
)
# Last: the text that `tag` reads has the name of a language model's, and a report is of all that is there.
LAST = ("tag", "report")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, quick: str) -> Path:
    folder = tmp_path_factory.mktemp("examples")

    def beginning(name: str, first: int, last: int) -> str:
        return "".join((SAMPLES / name).read_text(encoding="utf-8").splitlines(keepends=True)[first:last])

    world, chunks = "toy_world.en.txt", (SAMPLES / "chunks.en.txt").read_text(encoding="utf-8").split("\n\n")
    opinions = beginning("opinions.en.tsv", 0, 60)
    texts = "".join(line.split("\t", 1)[1] for line in opinions.splitlines(keepends=True))
    similar = beginning("toy_world.en.similarity.tsv", 0, 30)
    # Every word of the examples is there often enough.
    known = "the king and the queen saw a man a woman a cat and a dog .\n" * 5
    files = {
        "corpus.txt": known + beginning(world, 0, 200),
        "train.txt": known + beginning(world, 0, 200),
        "valid.txt": beginning(world, 200, 220),
        "test.txt": beginning(world, 220, 240),
        "sentences.txt": beginning(world, 240, 245),
        "reviews.txt": texts,
        "reviews.tsv": opinions,
        "texts.txt": texts,
        "chunks.txt": "\n\n".join(chunks[:40]) + "\n",
        "test.tsv": opinions,
        "predicted.txt": "".join(line.split("\t")[0] + "\n" for line in opinions.splitlines()),
        "questions.txt": "May 3, 2000\n",
        "translations.txt": "a b c d\n",
        "references.txt": "a b c d\n",
        "questions-words.txt": beginning("toy_world.en.analogies.txt", 0, 30),
        "wordsim353.tsv": similar,
        "men.csv": similar.replace("\t", ","),
    }
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    with gzip.open(folder / "reviews.txt.gz", "wt", encoding="utf-8") as file:
        file.write(texts)
    for line in BEFORE:
        ran(f"seqtool {line}", folder, quick)
    return folder


def ran(line: str, folder: Path, quick: str) -> None:
    script = f'seqtool() {{ {quick} "$@"; }}; {line}'
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}: {done.stderr}"


def cut_short(command: str) -> str:
    """The example as a test can afford it: small dimensions, one epoch, few pairs."""
    line = re.sub(r"--dim \d+", "--dim 8", re.sub(r"--epochs \d+", "--epochs 1", EXAMPLES[command]))
    line = re.sub(r"--size \d+", "--size 200", line)
    return re.sub(rf"^seqtool {command}\b", f"seqtool {command} {MORE.get(command, '')}", line)


@pytest.mark.long
def test_the_examples_run(folder: Path, quick: str) -> None:
    for command in [*(name for name in COMMANDS if name not in LAST and name != "thesaurus"), *LAST]:
        if command == "tag":
            (folder / "test.txt").write_text("the DT\ncat NN\n\n", encoding="utf-8")
        ran(cut_short(command), folder, quick)
    made = {
        "reviews.corpus",
        "book.lm",
        "corpus.3gram.lm",
        "corpus.arpa",
        "words.png",
        "flow.png",
        "dates.png",
        "vectors.bin",
        "reviews.documents",
        "corpus.svd.eval",
        "tagged.txt",
        "report",
    }
    assert made <= {path.name for path in folder.iterdir()}


def test_the_example_of_the_thesaurus_runs(tiny_wordnet: Path, quick: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WNSEARCHDIR", str(tiny_wordnet))
    ran(EXAMPLES["thesaurus"], tiny_wordnet.parent, quick)
