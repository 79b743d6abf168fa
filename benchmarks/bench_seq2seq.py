"""Training and translating beside JoeyNMT: the same small transformer, and the same recurrent model with attention.

JoeyNMT lives in an environment of its own (``--joey PYTHON``: ``pip install torch==… joeynmt``). Both train on the
same pairs, words of the text as tokens, batches of as many tokens, and translate the same lines with a beam of 5; whole
processes, alternating. Training tokens a second are of target tokens, sentences a second of the search alone, as both
programs say themselves. Models of one epoch end their translations at random; with ``--epochs 8`` they are trained
once, until their translations are of one length, and every round translates only. The data: ``$SEQTOOL_DATA/multi30k``.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measure import save, setting

DIM, HEADS, VOCAB, TOKENS, BEAM = 256, 4, 8000, 2048, 5
MODELS = ("transformer", "recurrent")
Figures = dict[str, float]


def written(data: Path, work: Path, pairs: int, lines: int) -> None:
    """The first pairs and the first lines to translate, in the folder both read."""
    for part, count in (("train", pairs), ("test_2016", lines)):
        for language in ("en", "de"):
            some = (data / f"{part}.{language}").read_text(encoding="utf-8").splitlines(keepends=True)[:count]
            (work / f"{part}.{language}").write_text("".join(some), encoding="utf-8")


def seqtool(work: Path, model: str, threads: int, precision: str, epochs: int) -> Figures:
    """Train, unless it was trained for several epochs before, and translate."""
    output = work / f"{model}-{precision}-{epochs}.seq2seq"
    if epochs == 1:
        shutil.rmtree(output, ignore_errors=True)
    shape = {
        "transformer": ["--arch", "transformer", "--layers", "3", "--hidden-dim", str(4 * DIM), "--heads", str(HEADS)],
        "recurrent": [
            "--cell",
            "lstm",
            "--layers",
            "1",
            "--bidirectional",
            "--attention",
            "general",
            "--input-feeding",
        ],
    }[model]
    limits = ["--threads", str(threads), "--precision", precision]
    told = ended(
        [
            sys.executable,
            "-m",
            "seqtool",
            "train-seq2seq",
            "--source",
            "train.en",
            "--target",
            "train.de",
            "--valid-source",
            "test_2016.en",
            "--valid-target",
            "test_2016.de",
            "--emb-dim",
            str(DIM),
            "--no-tied",
            "--max-vocab",
            str(VOCAB),
            "--batch-tokens",
            str(TOKENS),
            "--epochs",
            str(epochs),
            "--dropout",
            "0.1",
            "--lr",
            "0.001",
            "--schedule",
            "constant",
            *shape,
            *limits,
            "-o",
            str(output),
        ],
        work,
    )
    trained = re.search(r"epoch 1/\d+ .*?([\d.]+) (k?) ?tokens/s", told)
    found = ended(
        [
            sys.executable,
            "-m",
            "seqtool",
            "translate",
            str(output),
            "test_2016.en",
            "--beam",
            str(BEAM),
            "--max-tokens",
            "40",
            "--threads",
            str(threads),
        ],
        work,
        f"{model}.out",
    )
    searched = re.search(r"translated .*? lines, ([\d.]+) (k?) ?lines/s", found)
    assert searched is not None, found
    return {"tokens/s": _number(trained), "sentences/s": _number(searched), "words": words(work, model)}


def _number(match: re.Match[str] | None) -> float:
    """``1.2 k`` → 1200; not a number where nothing was trained in this round."""
    return math.nan if match is None else float(match[1]) * (1000 if match[2] else 1)


def joey(work: Path, model: str, threads: int, python: str, epochs: int) -> Figures:
    """The same by JoeyNMT."""
    folder, config = work / f"joey-{model}-{epochs}", work / f"{model}-{epochs}.yaml"
    if epochs == 1:
        shutil.rmtree(folder, ignore_errors=True)
    config.write_text(
        _CONFIG.format(
            work=work,
            folder=folder,
            vocab=VOCAB,
            tokens=TOKENS,
            beam=BEAM,
            epochs=epochs,
            shape=_SHAPES[model].format(dim=DIM, heads=HEADS, wide=4 * DIM),
        ),
        encoding="utf-8",
    )
    limits = {"OMP_NUM_THREADS": str(threads)}
    speeds = [math.nan]
    if not (folder / "latest.ckpt").exists():
        told = ended([python, "-m", "joeynmt", "train", str(config), "--skip-test"], work, environment=limits)
        speeds = [float(speed) for speed in re.findall(r"Tokens per Sec:\s*([\d.]+)", told)]
        assert speeds, told
    found = ended([python, "-m", "joeynmt", "test", str(config), "-o", str(folder / "out")], work, environment=limits)
    seconds = [float(s) for s in re.findall(r"Generation took ([\d.]+)\[sec\]", found)]
    count = len((work / "test_2016.en").read_text(encoding="utf-8").splitlines())
    shutil.copyfile(folder / "out.test", work / f"{model}.out")
    return {
        "tokens/s": statistics.median(speeds[1:] or speeds),
        "sentences/s": count / seconds[-1],
        "words": words(work, model),
    }


def words(work: Path, model: str) -> float:
    """Words of a translation, on average."""
    lines = (work / f"{model}.out").read_text(encoding="utf-8").splitlines()
    return sum(len(line.split()) for line in lines) / len(lines)


def ended(
    command: list[str], work: Path, output: str | None = None, environment: Mapping[str, str] | None = None
) -> str:
    """Run a command to its end in the folder; what it told on stderr, and on stdout where that is not kept."""
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, env=os.environ | dict(environment or {}))
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    if output is not None:
        (work / output).write_text(done.stdout, encoding="utf-8")
        return done.stderr
    return done.stderr + done.stdout


_SHAPES = {
    "transformer": """
    encoder: {{type: transformer, num_layers: 3, num_heads: {heads}, embeddings: {{embedding_dim: {dim}, dropout: 0.}},
              hidden_size: {dim}, ff_size: {wide}, dropout: 0.1, layer_norm: pre}}
    decoder: {{type: transformer, num_layers: 3, num_heads: {heads}, embeddings: {{embedding_dim: {dim}, dropout: 0.}},
              hidden_size: {dim}, ff_size: {wide}, dropout: 0.1, layer_norm: pre}}""",
    "recurrent": """
    encoder: {{type: recurrent, rnn_type: lstm, bidirectional: True, num_layers: 1, hidden_size: 128, dropout: 0.1,
              embeddings: {{embedding_dim: {dim}, dropout: 0.1}}}}
    decoder: {{type: recurrent, rnn_type: lstm, num_layers: 1, hidden_size: {dim}, dropout: 0.1, attention: luong,
              input_feeding: True, init_hidden: last, embeddings: {{embedding_dim: {dim}, dropout: 0.1}}}}""",
}
_CONFIG = """
name: bench
model_dir: {folder}
use_cuda: False
random_seed: 1
data:
    train: {work}/train
    dev: {work}/test_2016
    test: {work}/test_2016
    dataset_type: plain
    src: {{lang: en, level: word, voc_limit: {vocab}, lowercase: False, max_length: 100}}
    trg: {{lang: de, level: word, voc_limit: {vocab}, lowercase: False, max_length: 100}}
testing: {{n_best: 1, beam_size: {beam}, beam_alpha: 0.6, batch_size: 64, batch_type: sentence, max_output_length: 40,
          eval_metrics: [bleu]}}
training: {{scheduling: exponential, decrease_factor: 1.0, optimizer: adam, learning_rate: 0.001,
           batch_size: {tokens}, batch_type: token, epochs: {epochs}, clip_grad_norm: 1.0,
           validation_freq: 100000, logging_freq: 5, normalization: tokens,
           keep_best_ckpts: 1, num_workers: 0}}
model:
    tied_embeddings: False
    tied_softmax: False{shape}
"""


def table(figures: Mapping[str, Mapping[str, list[Figures]]]) -> str:
    """Medians, and ratios to JoeyNMT's."""
    lines = [
        "| model | | tokens/s | ratio | sentences/s | ratio | words a translation |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for model, tools in figures.items():
        found = {
            tool: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for tool, runs in tools.items()
        }
        for tool, of in found.items():
            ratios = [of[key] / found["JoeyNMT"][key] for key in ("tokens/s", "sentences/s")]
            trained = "| |" if math.isnan(of["tokens/s"]) else f"| {of['tokens/s']:,.0f} | {ratios[0]:.2f} |"
            lines.append(
                f"| {model} | {tool} {trained} {of['sentences/s']:.1f} | {ratios[1]:.2f} | {of['words']:.1f} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--joey", required=True, help="the Python of the environment that has JoeyNMT")
    parser.add_argument("--work", type=Path, default=Path("/tmp/bench_seq2seq"))
    parser.add_argument("--pairs", type=int, default=4000)
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=1, help="more than one: train once, then translate only")
    parser.add_argument("--models", default=",".join(MODELS))
    options = parser.parse_args()
    options.work = options.work / f"{options.pairs}-{options.lines}"  # the corpora of other sizes stay theirs
    options.work.mkdir(parents=True, exist_ok=True)
    written(Path(os.environ["SEQTOOL_DATA"]) / "multi30k", options.work, options.pairs, options.lines)
    figures: dict[str, dict[str, list[Figures]]] = {}
    for model in options.models.split(","):
        # Translations are computed in fp32 whatever the training was in: one trained model is enough.
        precisions = ("fp32", "bf16") if options.epochs == 1 else ("bf16",)
        runs = figures.setdefault(model, {"JoeyNMT": [], **{f"seqtool {name}": [] for name in precisions}})
        for number in range(options.rounds):
            runs["JoeyNMT"].append(joey(options.work, model, options.threads, options.joey, options.epochs))
            for precision in precisions:
                runs[f"seqtool {precision}"].append(
                    seqtool(options.work, model, options.threads, precision, options.epochs)
                )
            print(f"{model}, round {number + 1}", {name: some[-1] for name, some in runs.items()}, file=sys.stderr)
    where: dict[str, Any] = setting("torch", "numpy") | {
        "pairs": options.pairs,
        "threads": options.threads,
        "epochs": options.epochs,
    }
    save("bench_seq2seq", where, table(figures), _known(figures))


def _known(figures: Any) -> Any:
    """The figures, null where nothing was measured."""
    if isinstance(figures, dict):
        return {name: _known(value) for name, value in figures.items()}
    if isinstance(figures, list):
        return [_known(value) for value in figures]
    return None if math.isnan(figures) else figures


if __name__ == "__main__":
    main()
