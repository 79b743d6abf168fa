"""Speed of training a word-level LSTM language model: a plain PyTorch loop beside seqtool's training loop.

The model is the default of PyTorch's word-language-model example (2 x LSTM 200, dropout 0.2, bptt 35, batch 20, SGD
with lr 20, clip 0.25). All start from the same weights and take turns, because the machine's speed drifts; the speeds
are medians over the rounds, and the validation loss is measured when all have seen the same number of tokens.
``--profile`` says where a batch's time goes.

T time, B batch, D = H = 200, V vocabulary.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measure import save, setting
from numpy.typing import NDArray
from torch import Tensor, nn

from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import LanguageModelOptions
from seqtool.nn.batches.batching import Batch, StreamBatches
from seqtool.nn.cells.recurrent import detach
from seqtool.nn.options import TrainingOptions
from seqtool.nn.training import optim
from seqtool.nn.training.trainer import Hidden, Trainer

DIM, LAYERS, DROPOUT, BPTT, BATCH, LR, CLIP, SEED = 200, 2, 0.2, 35, 20, 20.0, 0.25, 1
UNK, EOS = 0, 1
Clock = Callable[[str], None]


class PlainModel(nn.Module):
    """What the example does, in PyTorch's standard modules."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, DIM)
        self.rnn = nn.LSTM(DIM, DIM, LAYERS, dropout=DROPOUT)
        self.decoder = nn.Linear(DIM, vocab_size)
        self.dropout = nn.Dropout(DROPOUT)
        self.criterion = nn.NLLLoss(ignore_index=-100)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.uniform_(self.decoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def loss(self, h_TBH: Tensor, target_TB: Tensor) -> Tensor:
        """Mean cross-entropy after dropout."""
        scores_TBV = self.decoder(self.dropout(h_TBH))
        log_p_NV = torch.log_softmax(scores_TBV.view(-1, scores_TBV.shape[-1]), dim=1)
        loss: Tensor = self.criterion(log_p_NV, target_TB.view(-1))
        return loss


class PlainLoop:
    """The example's loop: it keeps its place in the stream and its state between rounds."""

    name = "plain PyTorch"

    def __init__(self, ids: NDArray[np.int64], vocab_size: int) -> None:
        self.model = PlainModel(vocab_size)
        self.batches = endless(StreamBatches(ids, EOS, BATCH, BPTT))
        zeros = torch.zeros(LAYERS, BATCH, DIM)
        self.state: tuple[Tensor, ...] = (zeros, zeros)

    def step(self, clock: Clock) -> int:
        """Train on one batch; its tokens."""
        model, batch = self.model, next(self.batches)
        x_TBD = model.dropout(model.embedding(batch.inputs))
        clock("embedding, dropout")
        h_TBH, self.state = model.rnn(x_TBD, detach(self.state))
        clock("LSTM forward")
        loss = model.loss(h_TBH, batch.targets)
        clock("softmax forward")
        loss.backward()  # type: ignore[no-untyped-call]
        clock("backward (softmax and LSTM)")
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.data.add_(parameter.grad, alpha=-LR)
        model.zero_grad()
        clock("clip, update")
        return batch.tokens

    @torch.no_grad()
    def valid_loss(self, ids: NDArray[np.int64]) -> float:
        """Mean cross-entropy over all tokens."""
        self.model.eval()
        zeros, total = torch.zeros(LAYERS, BATCH, DIM), 0.0
        state = (zeros, zeros)
        for batch in StreamBatches(ids, EOS, BATCH, BPTT):
            h_TBH, state = self.model.rnn(self.model.embedding(batch.inputs), state)
            total += batch.tokens * float(self.model.loss(h_TBH, batch.targets))
        return total / len(ids)


class Task:
    """The task of seqtool's loop; nothing is validated during it."""

    perplexity = True

    def __init__(self, model: NeuralLanguageModel) -> None:
        self.model = model

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """As in `seqtool.lm.plan`."""
        return self.model.loss(batch.inputs, batch.targets, hidden or self.model.initial_state(batch.inputs.shape[1]))

    def validate(self) -> tuple[float, dict[str, float]]:
        """Not used."""
        return 0.0, {}


class SeqtoolLoop:
    """seqtool's own training loop on the same model, with the weights of ``twin``."""

    def __init__(self, ids: NDArray[np.int64], vocab_size: int, precision: str, twin: PlainModel) -> None:
        self.name = f"seqtool {precision}"
        options = LanguageModelOptions(emb_dim=DIM, hidden_dim=DIM, layers=LAYERS, dropout=DROPOUT, tied=False)
        self.model = NeuralLanguageModel(options, vocab_size, precision)
        self.options = options
        self.vocab_size = vocab_size
        _copy_weights(twin, self.model)
        training = TrainingOptions(epochs=99, optimizer="sgd", lr=LR, clip=CLIP, schedule="constant")
        batches = StreamBatches(ids, EOS, BATCH, BPTT)
        self.trainer = Trainer(Task(self.model), batches, training, torch.device("cpu"), lambda write: None)
        self.batches = endless(batches)

    def step(self, clock: Clock) -> int:
        """Train on one batch; its tokens."""
        batch = next(self.batches)
        self.trainer.step(batch)
        return batch.tokens

    def profiled_step(self, clock: Clock) -> None:
        """What the trainer's step does, cut into its parts."""
        model, trainer, batch = self.model, self.trainer, next(self.batches)
        state = trainer.hidden or model.initial_state(BATCH)
        x_TBD = model.dropout(model.embedding(batch.inputs))
        clock("embedding, dropout")
        h_TBH, state = model.encoder(x_TBD, state)
        clock("LSTM forward")
        loss = model.output(model.dropout(h_TBH), batch.targets)
        clock("softmax forward")
        trainer.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        clock("backward (softmax and LSTM)")
        optim.clip_gradients(model.parameters(), CLIP)
        trainer.optimizer.step()
        trainer.hidden = detach(state)
        clock("clip, update")

    def valid_loss(self, ids: NDArray[np.int64]) -> float:
        """Mean cross-entropy over all tokens, everything in fp32."""
        exact = NeuralLanguageModel(self.options, self.vocab_size)
        exact.load_state_dict(self.model.state_dict())
        exact.eval()
        state, total = exact.initial_state(BATCH), 0.0
        with torch.no_grad():
            for batch in StreamBatches(ids, EOS, BATCH, BPTT):
                loss, state = exact.loss(batch.inputs, batch.targets, state)
                total += batch.tokens * float(loss)
        return total / len(ids)


Contestant = PlainLoop | SeqtoolLoop


def _copy_weights(twin: PlainModel, model: NeuralLanguageModel) -> None:
    model.embedding.load_state_dict(twin.embedding.state_dict())
    model.output.load_state_dict(twin.decoder.state_dict())
    for depth, layer in enumerate(model.encoder.layers):
        for name, parameter in layer.named_parameters():
            parameter.data.copy_(twin.rnn.get_parameter(name.replace("l0", f"l{depth}")))


def endless(batches: StreamBatches) -> Iterator[Batch]:
    """Epoch after epoch."""
    while True:
        yield from batches


def contestants(train: NDArray[np.int64], vocab_size: int) -> list[Contestant]:
    """All from the same weights."""
    torch.manual_seed(SEED)
    plain = PlainLoop(train, vocab_size)
    return [plain, *(SeqtoolLoop(train, vocab_size, precision, plain.model) for precision in ("fp32", "bf16"))]


def measure_speed(runs: list[Contestant], rounds: int, batches: int) -> dict[str, list[float]]:
    """Tokens per second of each in every round, taking turns; a short warm-up comes first."""
    rates: dict[str, list[float]] = {run.name: [] for run in runs}
    for number, run in itertools.product(range(rounds + 1), runs):
        start = time.perf_counter()
        tokens = sum(run.step(lambda part: None) for _ in range(batches if number else 5))
        if number:
            rates[run.name].append(tokens / (time.perf_counter() - start))
    return rates


def profile(runs: list[Contestant], batches: int) -> dict[str, dict[str, float]]:
    """Median milliseconds a batch spends in each part, by contestant."""
    spent: dict[str, dict[str, list[float]]] = {run.name: {} for run in runs}
    for _, run in itertools.product(range(batches), runs):
        last = time.perf_counter()

        def clock(part: str, parts: dict[str, list[float]] = spent[run.name]) -> None:
            nonlocal last
            parts.setdefault(part, []).append(1e3 * (time.perf_counter() - last))
            last = time.perf_counter()

        (run.profiled_step if isinstance(run, SeqtoolLoop) else run.step)(clock)
    return {name: {part: statistics.median(times) for part, times in parts.items()} for name, parts in spent.items()}


def read_corpus(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Ids of train.txt and valid.txt, each line ended by ``<eos>``, and the vocabulary size."""
    vocab = {"<unk>": UNK, "<eos>": EOS}
    train, valid = (
        np.array([vocab.setdefault(w, len(vocab)) for line in (folder / name).open() for w in [*line.split(), "<eos>"]])
        for name in ("train.txt", "valid.txt")
    )
    return train, valid, len(vocab)


def table(rows: dict[str, dict[str, float]]) -> str:
    """Contestants as columns, figures as rows."""
    names = list(rows)
    lines = [f"| | {' | '.join(names)} |", "|---" + "|---:" * len(names) + "|"]
    lines += [
        f"| {figure} | {' | '.join(f'{rows[name][figure]:,.3f}' for name in names)} |" for figure in rows[names[0]]
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("SEQTOOL_DATA"), help="folder with ptb/")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=200, help="per contestant and round")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--profile", action="store_true", help="also say where a batch's time goes")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    train, valid, vocab_size = read_corpus(Path(arguments.data) / "ptb")
    runs = contestants(train, vocab_size)
    rates = measure_speed(runs, arguments.rounds, arguments.batches)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    base = medians[PlainLoop.name]
    speed: dict[str, dict[str, float]] = {
        run.name: {
            "tokens/s": medians[run.name],
            "ratio": medians[run.name] / base,
            "validation loss": run.valid_loss(valid),
        }
        for run in runs
    }
    tokens = (arguments.rounds * arguments.batches + 5) * BPTT * BATCH
    text = f"Validation loss after {tokens:,} tokens, every model evaluated in fp32.\n\n{table(speed)}"
    result: dict[str, Any] = {"speed": speed, "rates": rates}
    if arguments.profile:
        result["milliseconds"] = profile(contestants(train, vocab_size), arguments.batches)
        text += f"\n\nMilliseconds a batch (medians):\n\n{table(result['milliseconds'])}"
    where = setting("torch", "numpy") | {"threads": arguments.threads, "rounds": arguments.rounds}
    save("bench_lm", where, text, result)


if __name__ == "__main__":
    main()
