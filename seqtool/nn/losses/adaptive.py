"""An output layer for large vocabularies: rare words share classes (Grave et al. 2017, arXiv 1609.04309).

N rows, H hidden, V vocabulary. The ids are by falling frequency. The first ``cutoffs[0]`` words are predicted at once,
together with one symbol for each class of rarer ones; a class is predicted, from fewer and fewer features (H / 4,
H / 16 …), only for the rows whose target lies in it. So a batch costs about what its frequent words cost.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seqtool.errors import UsageError
from seqtool.nn.batches.batching import IGNORED


class AdaptiveOutput(nn.Module):
    """Called like `output.OutputLayer`; its weights are its own, and everything is fp32.

    Args:
        hidden_dim: H.
        vocab_size: V.
        cutoffs: the first id of each class, rising; those past V are left out.

    Raises:
        UsageError: no cut-off is within the vocabulary, or they do not rise.
    """

    def __init__(self, hidden_dim: int, vocab_size: int, cutoffs: Sequence[int]) -> None:
        super().__init__()
        within = [cutoff for cutoff in cutoffs if cutoff < vocab_size]
        if list(cutoffs) != sorted({*cutoffs}) or not within or within[0] < 1:
            shown = ",".join(map(str, cutoffs))
            raise UsageError(
                f"--cutoffs {shown} must increase from at least 1, and start below the vocabulary size of {vocab_size}",
                "use other --cutoffs, or --softmax full",
            )
        narrowing = 4.0
        while hidden_dim < narrowing ** len(within):  # the last class has a feature at least
            narrowing /= 2
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(
            hidden_dim, vocab_size, within, div_value=narrowing, head_bias=True
        )

    def forward(self, hidden: Tensor, target: Tensor) -> Tensor:
        """The mean cross-entropy per real token (nats), 0 where no target is real; see `OutputLayer.forward`."""
        real = target != IGNORED
        if not real.any():
            return hidden.sum() * 0.0
        with torch.autocast(hidden.device.type, enabled=False):
            return -self.softmax(hidden[real].float(), target[real]).output.mean()  # type: ignore[no-any-return]

    def log_probs(self, hidden: Tensor) -> Tensor:
        """Log-probabilities of all words after ``hidden`` [..., H]: float32 [..., V]."""
        with torch.autocast(hidden.device.type, enabled=False):
            flat: Tensor = self.softmax.log_prob(hidden.flatten(0, -2).to(self.softmax.head.weight.dtype))
        return flat.view(*hidden.shape[:-1], -1)

    @torch.no_grad()
    def token_log_probs(self, hidden_NH: Tensor, target_N: Tensor) -> Tensor:
        """The log-probability of each target, float32 [N], 0 where it is `IGNORED`."""
        real = target_N != IGNORED
        scores_N = hidden_NH.new_zeros(len(target_N))
        if real.any():
            scores_N[real] = self.softmax(hidden_NH[real], target_N[real]).output
        return scores_N
