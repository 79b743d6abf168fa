"""Embeddings, encoder, decoder and output of one sequence-to-sequence model.

B batch, S source steps, T target steps, D embedding, V target vocabulary.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from seqtool.corpus.vocabulary import EOS, UNK
from seqtool.nn.batches.batching import IGNORED, Batch
from seqtool.nn.cells.encoder import RecurrentEncoder, reordered, reversing
from seqtool.nn.cells.recurrent import Recurrent, State, initialise, initialise_matrix
from seqtool.nn.layers.dropout import make_dropout
from seqtool.nn.losses.output import OutputLayer, write_tied_once
from seqtool.seq2seq.architectures.convolution import ConvolutionalDecoder, ConvolutionalEncoder
from seqtool.seq2seq.architectures.memory import Memory, VectorEncoder
from seqtool.seq2seq.architectures.recurrent import RecurrentDecoder, recurrent_encoder
from seqtool.seq2seq.architectures.transformer import TransformerDecoder, TransformerEncoder
from seqtool.seq2seq.architectures.turing import TuringMachine
from seqtool.seq2seq.options import Seq2SeqOptions

Decoder = RecurrentDecoder | ConvolutionalDecoder | TransformerDecoder | TuringMachine


class Seq2Seq(nn.Module):
    """A model of P(target | source).

    Args:
        options: the architecture.
        source_size: of the source's vocabulary, or the dimension of given vectors.
        target_size: V.
        precision: of the large products while training, ``fp32`` or ``bf16``.
        smoothing: of the labels while training.
        pad_id: what fills a source up to ``options.pad_source``.
    """

    eos_id, unk_id = EOS, UNK

    def __init__(
        self,
        options: Seq2SeqOptions,
        source_size: int,
        target_size: int,
        precision: str = "fp32",
        smoothing: float = 0.0,
        pad_id: int = EOS,
    ) -> None:
        super().__init__()
        self.options, self.source_size, self.pad_id = options, source_size, pad_id
        self.embedding = nn.Embedding(target_size, options.emb_dim)
        own = options.vocabulary != "shared" and options.source_vectors is None
        self.source_embedding = nn.Embedding(source_size, options.emb_dim) if own else None
        share = options.dropout if options.arch in ("recurrent", "ntm") else 0.0  # the others drop within
        self.input_dropout, self.dropout = (make_dropout(share, options.locked_dropout) for _ in range(2))
        self.encoder = _encoder(options, source_size, precision)
        self.decoder: Decoder = _decoder(options, precision)
        tied = cast(nn.Parameter, self.embedding.weight) if options.tied else None
        self.output = OutputLayer(
            self.decoder.output_dim, target_size, tied=tied, precision=precision, smoothing=smoothing
        )
        self._initialise()
        if options.tied:
            write_tied_once(self)

    def _initialise(self) -> None:
        book = self.options.init == "book"
        for table in (self.embedding, self.source_embedding):
            if table is not None:
                nn.init.normal_(table.weight, std=0.01 if book else 1 / math.sqrt(self.options.emb_dim))
        if not book:
            return
        for module in self.modules():
            if isinstance(module, Recurrent):
                initialise(module, "book")
            elif isinstance(module, nn.Linear):
                initialise_matrix(module.weight, "book", "output")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        if not self.options.tied:
            initialise_matrix(self.output.weight, "book", "output")

    def encode(self, source: Tensor) -> Memory:
        """Read sources.

        Args:
            source: ids_SB with `IGNORED` after each sentence's end, or vectors_DB.
        """
        if isinstance(self.encoder, VectorEncoder):
            return self.decoder.prepare(self.encoder(source))
        ids_SB, lengths_B = self._padded(source)
        mask_SB = torch.arange(len(ids_SB), device=ids_SB.device)[:, None] < lengths_B
        table = self.embedding if self.source_embedding is None else self.source_embedding
        order = None
        if self.options.reverse_source:
            kept = 0 if self.options.pad_source else 1  # <eos> stays last
            order = reversing(len(ids_SB), (lengths_B - kept).clamp(min=1))
            ids_SB = ids_SB.gather(0, order)
        x_SBD, mask_BS = self.input_dropout(table(ids_SB)), mask_SB.t()
        if isinstance(self.encoder, RecurrentEncoder):
            states, ends = self.encoder(x_SBD, lengths_B)
            memory = Memory(
                (states if order is None else reordered(states, order)).transpose(0, 1), mask_BS, tuple(ends)
            )
        elif isinstance(self.encoder, TransformerEncoder | ConvolutionalEncoder):
            memory = self.encoder(x_SBD, mask_BS)
            if order is not None:
                memory = _turned(memory, order)
        else:
            assert isinstance(self.decoder, TuringMachine)
            memory = self.decoder.read(x_SBD, mask_BS)
        return self.decoder.prepare(memory)

    def _padded(self, source_SB: Tensor) -> tuple[Tensor, Tensor]:
        """The ids without `IGNORED`, and how many of each source are read.

        With ``pad_source`` padding takes the place of ``<eos>`` and is read up to that length.
        """
        lengths_B, width = (source_SB != IGNORED).sum(0), self.options.pad_source
        if not width:
            return source_SB.clamp(min=0), lengths_B
        ids_SB = nn.functional.pad(source_SB, (0, 0, 0, max(0, width - len(source_SB))), value=IGNORED)
        padding_SB = (ids_SB == IGNORED) | (ids_SB == self.eos_id)
        return ids_SB.masked_fill(padding_SB, self.pad_id), (lengths_B - 1).clamp(min=width)

    def start(self, memory: Memory, hypotheses: int = 1) -> State:
        """The decoder's state before the first token, whose input is ``<eos>``, for so many hypotheses a source."""
        return self.decoder.start(memory, hypotheses)

    def decode(
        self, ids_TN: Tensor, memory: Memory, state: State, look: bool = False
    ) -> tuple[Tensor, State, Tensor | None]:
        """What the tokens after ``ids`` are predicted from (T, N, O), the state, and where it looked (N, T, S).

        N is the rows of the memory, or as many times more as there are hypotheses of each. A transformer tells where
        it looked only if ``look``.
        """
        x_TND = self.input_dropout(self.embedding(ids_TN))
        if look and isinstance(self.decoder, TransformerDecoder):
            return self.decoder(x_TND, memory, state, look=True)  # type: ignore[no-any-return]
        return self.decoder(x_TND, memory, state)

    def look(self, ids_TN: Tensor, memory: Memory) -> Tensor | None:
        """Where each target token looked (N, T, S), or ``None`` where the architecture does not tell."""
        return self.decode(ids_TN, memory, self.start(memory), look=True)[2]

    def loss(self, batch: Batch, own_share: float = 0.0) -> Tensor:
        """Mean cross-entropy of a batch per target token, in nats.

        Args:
            batch: with its source.
            own_share: of the decoder's inputs that are replaced by its own predictions (scheduled sampling).
        """
        assert batch.source is not None
        memory, inputs = self.encode(batch.source), batch.inputs
        if own_share:
            inputs = self._with_own(batch, memory, own_share)
        hidden, _, _ = self.decode(inputs, memory, self.start(memory))
        return self.output(self.dropout(hidden), batch.targets)  # type: ignore[no-any-return]

    @torch.no_grad()
    def target_log_probs(self, batch: Batch) -> Tensor:
        """The natural-log probability of each target token, float32 (T · B,), 0 where it is `IGNORED`; not floored."""
        assert batch.source is not None
        memory = self.encode(batch.source)
        hidden_TBO, _, _ = self.decode(batch.inputs, memory, self.start(memory))
        return self.output.token_log_probs(hidden_TBO.flatten(0, -2), batch.targets.flatten())

    @torch.no_grad()
    def _with_own(self, batch: Batch, memory: Memory, share: float) -> Tensor:
        hidden, _, _ = self.decode(batch.inputs, memory, self.start(memory))
        predicted_TB = torch.stack([self.output.log_probs(h_BO).argmax(-1) for h_BO in hidden])
        replaced_TB = torch.rand(batch.inputs.shape, device=batch.inputs.device) < share
        replaced_TB[0] = False
        return torch.where(replaced_TB, predicted_TB.roll(1, 0), batch.inputs)


def _turned(memory: Memory, order_SB: Tensor) -> Memory:
    """States back in the order of the source."""

    def back(x_RSH: Tensor) -> Tensor:
        return reordered(x_RSH.transpose(0, 1), order_SB).transpose(0, 1)

    return memory._replace(states_RSH=back(memory.states_RSH), extra=tuple(back(part) for part in memory.extra))


def _encoder(options: Seq2SeqOptions, source_size: int, precision: str) -> nn.Module | None:
    """A Turing machine has none of its own."""
    if options.source_vectors is not None:
        size = options.hidden_size if options.arch == "recurrent" else options.emb_dim
        return VectorEncoder(source_size, size)
    encoders = {"recurrent": recurrent_encoder, "transformer": TransformerEncoder, "conv": ConvolutionalEncoder}
    return encoders[options.arch](options, precision) if options.arch in encoders else None


def _decoder(options: Seq2SeqOptions, precision: str) -> Decoder:
    if options.arch == "transformer":
        return TransformerDecoder(options, precision)
    if options.arch == "conv":
        return ConvolutionalDecoder(options, precision)
    if options.arch == "ntm":
        return TuringMachine(options, options.emb_dim if options.tied else options.hidden_size)
    return RecurrentDecoder(options, precision)
