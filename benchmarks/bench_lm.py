"""Speed of training a word-level LSTM language model: a plain PyTorch loop against seqtool's blocks.

The model is the default of PyTorch's word-language-model example (2 × LSTM 200, dropout 0.2, bptt 35, batch 20,
SGD lr 20, clip 0.25). The contenders take turns within a run, because the machine's speed drifts; the figures are
medians over the rounds. ``--loss-tokens`` also trains each from the same weights on so many tokens and compares the
validation loss; ``--profile`` says where a batch's time goes.

    python benchmarks/bench_lm.py --data ptb/        # a folder with train.txt and valid.txt

T time, B batch, N = T × B, D = H = 200, V vocabulary.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqtool.nn import recurrent
from seqtool.nn.batching import Batch, StreamBatches
from seqtool.nn.dropout import Dropout
from seqtool.nn.optim import clip_gradients, make_optimizer
from seqtool.nn.output import OutputLayer

DIM, LAYERS, DROPOUT, BPTT, BATCH, LR, CLIP, SEED = 200, 2, 0.2, 35, 20, 20.0, 0.25, 1
EOS = 0
State = tuple[Tensor, ...]
Clock = Callable[[str], None]
Now = Callable[[], float]


class Plain(nn.Module):
    """What the example does, in PyTorch's standard modules."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, DIM)
        self.rnn = nn.LSTM(DIM, DIM, LAYERS, dropout=DROPOUT)
        self.output = nn.Linear(DIM, vocab_size)
        self.dropout = nn.Dropout(DROPOUT)
        self.criterion = nn.NLLLoss(ignore_index=-100)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.uniform_(self.output.weight, -0.1, 0.1)
        nn.init.zeros_(self.output.bias)

    def initial_state(self, batch_size: int) -> State:
        """The zero state of the LSTM."""
        zeros = torch.zeros(LAYERS, batch_size, DIM)
        return zeros, zeros

    def embed(self, ids_TB: Tensor) -> Tensor:
        """Embeddings with dropout."""
        x_TBD: Tensor = self.dropout(self.embedding(ids_TB))
        return x_TBD

    def run(self, x_TBD: Tensor, state: State) -> tuple[Tensor, State]:
        """The LSTM's outputs and last state."""
        h_TBH, state = self.rnn(x_TBD, state)
        return h_TBH, state

    def loss(self, h_TBH: Tensor, target_TB: Tensor) -> Tensor:
        """Mean cross-entropy after dropout."""
        scores_TBV = self.output(self.dropout(h_TBH))
        log_p_NV = torch.log_softmax(scores_TBV.view(-1, scores_TBV.shape[-1]), dim=1)
        loss: Tensor = self.criterion(log_p_NV, target_TB.view(-1))
        return loss

    def update(self, clock: Clock) -> None:
        """Clip, step of SGD, gradients back to nothing."""
        nn.utils.clip_grad_norm_(self.parameters(), CLIP)
        clock("clip")
        for parameter in self.parameters():
            if parameter.grad is not None:
                parameter.data.add_(parameter.grad, alpha=-LR)
        self.zero_grad()
        clock("update")


class Blocks(Plain):
    """The same model from seqtool's blocks, with the weights of ``twin``."""

    def __init__(self, vocab_size: int, precision: str, twin: Plain) -> None:
        super().__init__(vocab_size)
        self.embedding.load_state_dict(twin.embedding.state_dict())
        self.rnn = recurrent.Recurrent("lstm", DIM, [DIM] * LAYERS, dropout=DROPOUT, precision=precision)  # type: ignore[assignment]
        self.output = OutputLayer(DIM, vocab_size, precision=precision)  # type: ignore[assignment]
        self.output.load_state_dict(twin.output.state_dict())
        for depth, layer in enumerate(self.rnn.layers):  # type: ignore[arg-type]
            for name, parameter in layer.named_parameters():
                parameter.data.copy_(twin.rnn.get_parameter(name.replace("l0", f"l{depth}")))
        self.dropout = Dropout(DROPOUT)  # type: ignore[assignment]
        self.optimizer = make_optimizer("sgd", self.parameters(), LR)

    def initial_state(self, batch_size: int) -> State:
        """The zero state of the LSTM."""
        return self.rnn.initial_state(batch_size)  # type: ignore[operator, no-any-return]

    def loss(self, h_TBH: Tensor, target_TB: Tensor) -> Tensor:
        """Mean cross-entropy after dropout."""
        loss: Tensor = self.output(self.dropout(h_TBH), target_TB)
        return loss

    def update(self, clock: Clock) -> None:
        """Clip, step of SGD, gradients back to nothing."""
        clip_gradients(self.parameters(), CLIP)
        clock("clip")
        self.optimizer.step()
        self.optimizer.zero_grad()
        clock("update")


class Contender:
    """A model in training: it keeps its place in the stream and its state between rounds."""

    def __init__(self, name: str, model: Plain, ids: NDArray[np.int64]) -> None:
        self.name = name
        self.model = model
        self.batches = endless(StreamBatches(ids, EOS, BATCH, BPTT))
        self.state = model.initial_state(BATCH)

    def step(self) -> int:
        """Train on one batch; returns its tokens."""
        batch = next(self.batches)
        self.state = recurrent.detach(self.state)
        h_TBH, self.state = self.model.run(self.model.embed(batch.inputs), self.state)
        self.model.loss(h_TBH, batch.targets).backward()  # type: ignore[no-untyped-call]
        self.model.update(lambda part: None)
        return batch.tokens

    def timed_step(self, clock: Clock) -> None:
        """As `step`, cut between the parts so that each is timed forward and backward."""
        batch = next(self.batches)
        clock("batch")
        x_TBD = self.model.embed(batch.inputs)
        x_cut = x_TBD.detach().requires_grad_()
        clock("embedding forward")
        h_TBH, state = self.model.run(x_cut, self.state)
        self.state, h_cut = recurrent.detach(state), h_TBH.detach().requires_grad_()
        clock("LSTM forward")
        loss = self.model.loss(h_cut, batch.targets)
        clock("softmax forward")
        loss.backward()  # type: ignore[no-untyped-call]
        clock("softmax backward")
        h_TBH.backward(h_cut.grad)  # type: ignore[no-untyped-call]
        clock("LSTM backward")
        x_TBD.backward(x_cut.grad)  # type: ignore[no-untyped-call]
        clock("embedding backward")
        self.model.update(clock)


def endless(batches: StreamBatches) -> Iterator[Batch]:
    """Epoch after epoch."""
    while True:
        yield from batches


def contenders(train: NDArray[np.int64], vocab_size: int) -> list[Contender]:
    """All from the same weights."""
    torch.manual_seed(SEED)
    plain = Plain(vocab_size)
    blocks = [Contender(f"seqtool {p}", Blocks(vocab_size, p, plain), train) for p in ("fp32", "bf16")]
    return [Contender("plain PyTorch", plain, train), *blocks]


def measure_speed(runs: list[Contender], rounds: int, batches: int, now: Now) -> dict[str, list[float]]:
    """Tokens per second of every contender in every round, taking turns; a short warm-up comes first."""
    rates: dict[str, list[float]] = {run.name: [] for run in runs}
    for number in range(rounds + 1):
        for run in runs:
            start = now()
            tokens = sum(run.step() for _ in range(batches if number else 5))
            if number:
                rates[run.name].append(tokens / (now() - start))
    return rates


def profile(runs: list[Contender], batches: int, now: Now) -> dict[str, dict[str, float]]:
    """Median milliseconds a batch spends in each part, by contender."""
    spent: dict[str, dict[str, list[float]]] = {run.name: {} for run in runs}
    for _, run in itertools.product(range(batches), runs):
        last = now()

        def clock(part: str, parts: dict[str, list[float]] = spent[run.name]) -> None:
            nonlocal last
            parts.setdefault(part, []).append(1e3 * (now() - last))
            last = now()

        run.timed_step(clock)
    return {name: {part: statistics.median(times) for part, times in parts.items()} for name, parts in spent.items()}


@torch.no_grad()
def validation_loss(model: Plain, ids: NDArray[np.int64]) -> float:
    """Mean cross-entropy over all tokens, everything in fp32."""
    model.eval()
    if isinstance(model, Blocks):
        model.rnn.precision, model.output.dtype = "fp32", torch.float32  # type: ignore[assignment]
    state, total = model.initial_state(BATCH), 0.0
    for batch in StreamBatches(ids, EOS, BATCH, BPTT):
        h_TBH, state = model.run(model.embed(batch.inputs), state)
        total += batch.tokens * float(model.loss(h_TBH, batch.targets))
    return total / len(ids)


def read_corpus(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Ids of train.txt and valid.txt, a line ended by `<eos>` = 0, and the vocabulary size."""
    vocab = {"<eos>": EOS}
    train, valid = (
        np.array([vocab.setdefault(w, len(vocab)) for line in (folder / name).open() for w in [*line.split(), "<eos>"]])
        for name in ("train.txt", "valid.txt")
    )
    return train, valid, len(vocab)


def processor() -> str:
    """The CPU's name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()


def as_markdown(result: dict[str, dict[str, dict[str, float]]], about: dict[str, object]) -> str:
    """The result as one table per measurement."""
    lines = ["# Training an LSTM language model", "", *(f"- {key}: {value}" for key, value in about.items()), ""]
    for title, columns in result.items():
        names = list(columns)
        lines += [f"## {title}", "", f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
        lines += [f"| {row} | {' | '.join(f'{columns[n][row]:,.3f}' for n in names)} |" for row in columns[names[0]]]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write Markdown and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train.txt and valid.txt")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=200, help="per contender and round")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--loss-tokens", type=int, default=0, help="also compare the loss after so many tokens")
    parser.add_argument("--cpu-time", action="store_true", help="CPU instead of wall seconds, for a busy machine")
    parser.add_argument("--profile", action="store_true", help="also say where a batch's time goes")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    now = time.process_time if options.cpu_time else time.perf_counter
    train, valid, vocab_size = read_corpus(options.data)

    rates = measure_speed(contenders(train, vocab_size), options.rounds, options.batches, now)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    base = medians["plain PyTorch"]
    result = {"Speed": {name: {"tokens/s": rate, "ratio": rate / base} for name, rate in medians.items()}}
    if options.profile:
        result["Milliseconds a batch"] = profile(contenders(train, vocab_size), options.batches, now)
    if options.loss_tokens:
        result["Validation loss"] = {}
        for run in contenders(train, vocab_size):
            seen = 0
            while seen < options.loss_tokens:
                seen += run.step()
            result["Validation loss"][run.name] = {f"after {seen:,} tokens": validation_loss(run.model, valid)}

    today = datetime.date.today().isoformat()
    about: dict[str, object] = {"date": today, "cpu": processor(), "threads": options.threads, "vocabulary": vocab_size}
    about |= {"torch": torch.__version__, "python": platform.python_version(), "rounds": options.rounds}
    about["clock"] = "CPU time" if options.cpu_time else "wall time"
    text = as_markdown(result, about)
    print(text)
    options.output.mkdir(parents=True, exist_ok=True)
    stem = f"lm-{today}-{options.threads}threads" + ("-cpu-time" if options.cpu_time else "")
    (options.output / f"{stem}.md").write_text(text)
    (options.output / f"{stem}.json").write_text(json.dumps({**about, "rates": rates, **result}, indent=1) + "\n")


if __name__ == "__main__":
    main()
