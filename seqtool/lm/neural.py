"""Neural language models: recurrent, transformer, and of a fixed window.

B batch, T time, N window, D embedding, H hidden, V vocabulary.

    recurrent   P(w_t | w_<t) = softmax(W h_t + b),  h = Recurrent(dropout(E w_<t))         (Mikolov et al. 2010)
    transformer the same with h = Transformer(…), a state of keys and values                    (Radford et al. 2019)
    window      concat: h = tanh(U [E w_{t-N}; …; E w_{t-1}] + d)                           (Bengio et al. 2003, eq. 1)
                sum:    h = (E w_{t-N} + … + E w_{t-1}) / N, CBOW read as a language model  (Mikolov et al. 2013)
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from seqtool.errors import UsageError
from seqtool.lm.options import LanguageModelOptions
from seqtool.nn.attention.transformer import Transformer
from seqtool.nn.cells.recurrent import Recurrent, detach, initialise, initialise_matrix, select
from seqtool.nn.layers.dropout import EmbeddingDropout, make_dropout
from seqtool.nn.losses.adaptive import AdaptiveOutput
from seqtool.nn.losses.output import OutputLayer, write_tied_once

State = tuple[Tensor, ...]
_CELLS = {"rnn": "rnn_tanh", "rnn-relu": "rnn_relu"}


class NeuralLanguageModel(nn.Module):
    """Embedding, encoder and output layer.

    Args:
        options: the architecture.
        vocab_size: V, ``<unk>`` 0 and ``<eos>`` 1 included.
        precision: of the large products while training, ``fp32`` or ``bf16``.
    """

    eos_id, unk_id = 1, 0

    def __init__(self, options: LanguageModelOptions, vocab_size: int, precision: str = "fp32") -> None:
        super().__init__()
        self.options = options
        self.embedding = nn.Embedding(vocab_size, options.emb_dim)
        into = options.dropout if options.input_dropout is None else options.input_dropout
        self.word_dropout = EmbeddingDropout(options.embedding_dropout)
        self.input_dropout = make_dropout(into, options.locked_dropout)
        self.dropout = make_dropout(options.dropout, options.locked_dropout)
        self.encoder = _encoder(options, precision)
        self.output = self._output_layer(self.encoder.output_dim, precision)
        self._initialise()
        if options.tied:
            write_tied_once(self)

    def _output_layer(self, hidden_dim: int, precision: str) -> OutputLayer | AdaptiveOutput:
        if self.options.softmax == "full":
            tied = cast(nn.Parameter, self.embedding.weight) if self.options.tied else None
            return OutputLayer(hidden_dim, self.vocab_size, tied=tied, precision=precision)
        if self.options.tied:
            raise UsageError("--softmax adaptive cannot be combined with --tied", "use --no-tied")
        return AdaptiveOutput(hidden_dim, self.vocab_size, self.options.class_starts())

    def _initialise(self) -> None:
        scheme, bound = self.options.init.replace("-", "_"), self.options.init_range
        initialise_matrix(self.embedding.weight, scheme, "embedding", bound)
        if isinstance(self.output, OutputLayer) and not self.options.tied:
            initialise_matrix(self.output.weight, scheme, "output", bound)
        if scheme == "uniform" and isinstance(self.output, OutputLayer) and self.output.bias is not None:
            nn.init.uniform_(self.output.bias, -bound, bound)
        if isinstance(self.encoder, Recurrent):
            initialise(self.encoder, scheme, bound)

    @property
    def vocab_size(self) -> int:
        """V."""
        return self.embedding.num_embeddings

    def initial_state(self, batch_size: int) -> State:
        """The state before the first token; the first input is ``<eos>``."""
        return self.encoder.initial_state(batch_size)

    def forward(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """The hidden states from which the tokens after ``ids`` are predicted.

        Args:
            ids: int64 ids_TB for a recurrent model or a transformer, contexts ids_BN for a window.
            state: what `initial_state` or an earlier call gave (not used by a window).

        Returns:
            hidden_TBH (or hidden_BH), and the new state.
        """
        hidden, state = self.encode(ids, state)
        return self.dropout(hidden), state

    def encode(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """The encoder's outputs, as in `forward` but before the last dropout."""
        embedded = self.word_dropout(self.embedding(ids), ids, self.vocab_size)
        return self.encoder(self.input_dropout(embedded), state)  # type: ignore[no-any-return]

    def loss(self, ids: Tensor, targets: Tensor, state: State) -> tuple[Tensor, State]:
        """Mean cross-entropy per real target (nats), and the detached state after the batch.

        Activation regularisation (Merity et al. 2017, section 4.3) is in the gradient, not in the value.
        """
        raw, state = self.encode(ids, state)
        hidden = self.dropout(raw)
        loss = self.output(hidden, targets)
        if self.training and (self.options.ar or self.options.tar):
            penalty = self.options.ar * hidden.square().mean()
            if len(raw) > 1:
                penalty = penalty + self.options.tar * raw.diff(dim=0).square().mean()
            loss = loss + (penalty - penalty.detach())
        return loss, detach(state)


class Window(nn.Module):
    """Hidden layers over the embeddings of the last N tokens."""

    def __init__(self, options: LanguageModelOptions) -> None:
        super().__init__()
        self.combine, self.context = options.combine, options.context
        sizes = [options.emb_dim]
        if options.combine == "concat":
            sizes = [options.context * options.emb_dim, *options.hidden_sizes()]
        self.output_dim = sizes[-1]
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))

    def initial_state(self, batch_size: int) -> State:
        """A window has no state of its own."""
        return ()

    def forward(self, embedded_BND: Tensor, state: State) -> tuple[Tensor, State]:
        """Embeddings of the contexts → hidden_BH."""
        if self.combine == "sum":
            return embedded_BND.mean(-2), ()
        hidden = embedded_BND.flatten(-2)
        for layer in self.layers:
            hidden = torch.tanh(layer(hidden))
        return hidden, ()


def _encoder(options: LanguageModelOptions, precision: str) -> Recurrent | Transformer | Window:
    dropout = options.dropout if options.hidden_dropout is None else options.hidden_dropout
    if options.arch == "window":
        return Window(options)
    if options.arch == "transformer":
        return Transformer(
            options.emb_dim,
            options.feed_forward_dim(),
            options.layers,
            options.heads,
            options.span,
            options.positions,
            dropout,
            options.locked_dropout,
            precision,
        )
    return Recurrent(
        _CELLS.get(options.cell, options.cell),
        options.emb_dim,
        options.hidden_sizes(),
        dropout=dropout,
        locked=options.locked_dropout,
        residual=options.residual,
        single_bias=options.single_bias,
        weight_dropout=options.weight_dropout,
        mogrify=(options.mogrify_rounds, options.mogrify_rank),
        precision=precision,
    )


class NeuralStepModel:
    """A language model read token by token, for `seqtool.decoding`."""

    eos_id, unk_id = NeuralLanguageModel.eos_id, NeuralLanguageModel.unk_id

    def __init__(self, model: NeuralLanguageModel) -> None:
        self.model = model.eval()
        self.device = model.embedding.weight.device

    def start(self, rows: int) -> Any:
        """The zero state; for a window the last N tokens, all ``<eos>``."""
        if self.model.options.arch == "window":
            return (torch.full((rows, self.model.options.context), self.eos_id, device=self.device),)
        return self.model.initial_state(rows)

    @torch.no_grad()
    def step(self, state: Any, ids_B: np.ndarray) -> tuple[np.ndarray, Any]:
        """Read one token a row; see `decoding.protocol`."""
        ids = torch.from_numpy(np.asarray(ids_B, np.int64)).to(self.device)
        if self.model.options.arch == "window":
            window_BN = torch.cat([state[0][:, 1:], ids[:, None]], 1)
            hidden, state = self.model(window_BN, ())[0], (window_BN,)
        else:
            hidden_1BH, state = self.model(ids[None], state)
            hidden = hidden_1BH[0]
        return self.model.output.log_probs(hidden).cpu().numpy(), state

    def reorder(self, state: Any, rows_B: np.ndarray) -> Any:
        """Pick rows of the state."""
        return select(state, torch.from_numpy(np.asarray(rows_B, np.int64)).to(self.device))
