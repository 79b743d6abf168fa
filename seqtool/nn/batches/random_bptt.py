"""Truncated back-propagation over random lengths (Merity et al. 2017, arXiv 1708.02182, section 4.1).

With one length every epoch cuts the streams at the same places, and a token there never sends its error back.
"""

from __future__ import annotations

import numpy as np

from seqtool.nn.batches.batching import Batch, Ids, StreamBatches

_FULL_SHARE, _DEVIATION, _SHORTEST = 0.95, 5.0, 5


class RandomStreamBatches(StreamBatches):
    """Streams cut after N(bptt, 5²) steps, in a twentieth of the cases N(bptt / 2, 5²), at least 5; drawn each epoch.

    A batch's learning rate is its share of ``bptt`` steps, as its loss is a mean over fewer or more of them.

    Args:
        ids: all tokens of the corpus [n].
        eos: model id of `<eos>`.
        batch_size: number of streams B.
        bptt: the usual number of steps.
        seed: of the lengths.
        id_map: model id of every corpus id, where they differ.
    """

    def __init__(self, ids: Ids, eos: int, batch_size: int, bptt: int, seed: int, id_map: Ids | None = None) -> None:
        super().__init__(ids, eos, batch_size, bptt, id_map, seed)
        self._drawn = (-1, np.zeros(0, np.int64))  # an epoch and its bounds

    def __len__(self) -> int:
        return len(self._bounds()) - 1

    def batch(self, index: int) -> Batch:
        """Chunk ``index`` of all streams: inputs_TB, targets_TB."""
        first, last = (int(bound) for bound in self._bounds()[index : index + 2])
        return self._chunk(first, last)._replace(lr_share=(last - first) / self.bptt)

    def _bounds(self) -> np.ndarray:
        if self._drawn[0] != self.epoch:
            draw = np.random.default_rng((self.seed, self.epoch))
            most = -(-self.stream_length // _SHORTEST)
            centres = np.where(draw.random(most) < _FULL_SHARE, self.bptt, self.bptt / 2)
            lengths = np.maximum(_SHORTEST, draw.normal(centres, _DEVIATION).astype(np.int64))
            inner = np.cumsum(lengths)
            bounds = [0, *inner[inner < self.stream_length], self.stream_length]
            self._drawn = (self.epoch, np.array(bounds, np.int64))
        return self._drawn[1]
