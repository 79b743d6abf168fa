"""Learning from a big batch on a device, with torch: products of matrices, and gradients by hand.

A batch is made of *tiles*: B positions of a text, and the R places of words that any of them may look at. A matrix of
ones and zeros says which position looks at which place; so all scores of a tile are one product of matrices, and what
is learned two more. Scores are taken, and changes made, for the whole batch at once: a row that n positions of the
batch used moves p(n) / (n p(1)) of the sum (`damping`), for the reason that `replica_kernels.scatter_add` gives.

The losses and gradients are those of `kernels`, which says what a target is.

Shapes: N tiles; B positions and R hidden vectors of a tile; T targets of a position; V words, row V of zeros for the
fillers; D.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from seqtool.embeddings.schedules.replicas import PULL


def torch_device(name: str) -> torch.device:
    """The device of an option; tests put another here.

    Raises:
        InputError: there is none.
    """
    from seqtool.nn.device import choose_device

    return choose_device(name)[0]


def count_uses(rows: Tensor, size: int) -> Tensor:
    """How often each of ``size`` rows stands in ``rows``: int32."""
    rows = rows.reshape(-1)
    uses = torch.zeros(size, dtype=torch.int32, device=rows.device)
    return uses.index_add_(0, rows, torch.ones_like(rows, dtype=torch.int32))


def damping(uses: Tensor, rate: float, dtype: torch.dtype) -> Tensor:
    """What part of the sum of its movements a row makes after so many uses: p(n) / (n p(1)), 1 for one use.

    p(n) = 1 - exp(-5 rate n), see `replicas.progress_at`.
    """
    pull, uses = PULL * max(rate, 1e-12), uses.clamp(min=1).to(torch.float64)
    return (torch.expm1(-pull * uses) / (uses * torch.expm1(uses.new_tensor(-pull)))).to(dtype)


def joint_damping(rows: Tensor, uses: Tensor, size: int, rate: float, dtype: torch.dtype) -> Tensor:
    """What part of the sum of words' movements, each damped, a row makes that is a part of all of them.

    Args:
        rows: which row moves; each as often as words have it.
        uses: how often the word is used.
        size: rows there are.
        rate: learning rate.

    Returns:
        p(sum n) / sum p(n) by word of a row, 1 where a row has one word only.
    """
    pull = PULL * max(rate, 1e-12)
    totals, shares = (torch.zeros(size, dtype=torch.float64, device=rows.device) for _ in range(2))
    totals.index_add_(0, rows, uses.double())
    shares.index_add_(0, rows, -torch.expm1(-pull * uses.double()))
    return (-torch.expm1(-pull * totals[rows]) / shares[rows]).to(dtype)


def context_mask(words_NR: Tensor, lines_NR: Tensor, widths_NB: Tensor, end: int) -> Tensor:
    """Which positions look at which places: ones and zeros (N, B, R), in booleans.

    Args:
        words_NR: the words of the tiles; positions are the middle ones, with a window's places on both sides.
        lines_NR: a number that is the same for all words of a line.
        widths_NB: how far each position looks.
        end: what stands where a line ends.
    """
    window = (words_NR.shape[1] - widths_NB.shape[1]) // 2
    middle = slice(window, window + widths_NB.shape[1])
    places = torch.arange(words_NR.shape[1], device=words_NR.device)
    distances_BR = (places - places[middle, None]).abs()
    near = (distances_BR <= widths_NB[:, :, None]) & (distances_BR > 0)
    word = words_NR != end
    return near & (lines_NR[:, None] == lines_NR[:, middle, None]) & word[:, None] & word[:, middle, None]


def learn_targets(
    hidden_NRD: Tensor, pairs_NBR: Tensor, targets_NBT: Tensor, labels_NBT: Tensor, outputs: Tensor, rate: float
) -> tuple[Tensor, Tensor]:
    """Learn targets from hidden vectors: -log σ(s) where the label is true, -log σ(-s) where it is not.

    Args:
        hidden_NRD: the hidden vectors.
        pairs_NBR: which of them predicts which positions' targets; of the dtype of the vectors.
        targets_NBT: int64, output rows; V for a filler.
        labels_NBT: whether it is a word that is there.
        outputs: (V + 1, D), changed.
        rate: learning rate.

    Returns:
        (the sum of the losses before learning, what the hidden vectors are to be changed by).
    """
    tiles, width = hidden_NRD.shape[:2]
    positions, size = targets_NBT.shape[1:]
    rows_NK = targets_NBT.reshape(tiles, positions * size)
    targets_NKD = outputs[rows_NK]
    scores = (hidden_NRD @ targets_NKD.transpose(1, 2)).view(tiles, width, positions, size)
    real = (targets_NBT != len(outputs) - 1).to(scores.dtype)
    weights = pairs_NBR.transpose(1, 2).unsqueeze(3) * real.unsqueeze(1)
    labels = labels_NBT.unsqueeze(1).to(scores.dtype)
    loss = ((functional.softplus(scores) - labels * scores) * weights).sum(dtype=torch.float64)
    steps_NRK = ((labels - scores.sigmoid_()) * weights).mul_(rate).view(tiles, width, -1)
    # Before the steps are damped for the output rows: hidden vectors are damped by their own uses, by the caller.
    change_NRD = steps_NRK @ targets_NKD
    share_NK = damping(count_uses(rows_NK, len(outputs))[rows_NK], rate, scores.dtype)
    learned_NKD = steps_NRK.mul_(share_NK.unsqueeze(1)).transpose(1, 2) @ hidden_NRD
    outputs.index_add_(0, rows_NK.view(-1), learned_NKD.view(-1, outputs.shape[1]))
    return loss, change_NRD


def learn_words(
    hidden_NRD: Tensor, pairs_NBR: Tensor, words_NB: Tensor, outputs: Tensor, rate: float
) -> tuple[Tensor, Tensor]:
    """As `learn_targets`, with the softmax over all words: -log of the probability of each position's word.

    Every output row is touched by every prediction, but little by most: an occurrence counts as two uses.
    """
    size, dim = len(outputs) - 1, outputs.shape[1]
    hidden = hidden_NRD.reshape(-1, dim)
    # All positions that a hidden vector predicts have the same probabilities: one softmax, counted so many times.
    uses = pairs_NBR.sum(1).view(-1, 1)
    scores = hidden @ outputs[:-1].T
    logs = scores.logsumexp(1, keepdim=True)
    shares = (scores - logs).exp_().mul_(uses * rate)
    own_NBD, sums_NBD = outputs[words_NB], pairs_NBR @ hidden_NRD
    loss = (uses * logs).sum(dtype=torch.float64) - (own_NBD * sums_NBD).sum(dtype=torch.float64)
    change_NRD = rate * (pairs_NBR.transpose(1, 2) @ own_NBD) - (shares @ outputs[:-1]).view(hidden_NRD.shape)
    learned = torch.zeros_like(outputs)
    torch.mm(shares.T, hidden, out=learned[:-1]).neg_()
    learned.index_add_(0, words_NB.view(-1), rate * sums_NBD.view(-1, dim))
    occurrences = count_uses(words_NB, size + 1)
    outputs += learned * damping(1 + 2 * occurrences, rate, outputs.dtype).unsqueeze(1)
    return loss, change_NRD


def context_means(rows_NRD: Tensor, pairs_NBR: Tensor) -> tuple[Tensor, Tensor]:
    """The means that CBOW predicts from, and which positions have one: (N, B, D) and ones and zeros (N, B)."""
    sizes_NB = pairs_NBR.sum(2)
    means = (pairs_NBR / sizes_NB.clamp(min=1).unsqueeze(2)) @ rows_NRD
    return means, (sizes_NB > 0).to(rows_NRD.dtype)
