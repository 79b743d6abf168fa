"""How counts become probabilities.

Every method but two is of one form. With c the count of h·w, C(h) the sum of the counts after h, and h' the history h
without its first word:

    P(w | h) = (m[c]·c − s[c]) / D(h) + λ(h)·P(w | h')        where h·w was counted
    P(w | h) = β(h)·P(w | h')                                 where it was not

The last step back is to the uniform distribution over the vocabulary. A history that was never seen has β = 1.

    modified-kneser-ney  s = D₁, D₂, D₃₊; λ = β = what was taken off, over C(h)  (Chen and Goodman 1999, eq. 26)
    kneser-ney           one D = n₁/(n₁ + 2n₂); λ as above               (Kneser and Ney 1995, interpolated)
    absolute             the same on plain counts                        (Ney, Essen and Kneser 1994)
    witten-bell          D = C + T, λ = β = T/(C + T), T(h) the number of different words after h
                                                                         (Witten and Bell 1991, method C)
    katz                 m = Good and Turing's discount up to 5, λ = 0, β = what is left over, over what the words not
                         seen after h have after h'                      (Katz 1987)
    ml                   D = C, λ = β = 0: a seen history gives nothing to an unseen word
    stupid-backoff       D = C, λ = 0, β = α: scores, not probabilities  (Brants et al. 2007, eq. 5)
    add-k                (c + k)/(C + k·V) for whole histories (of N - 1 words, or from the sentence's beginning);
                         1/V for others                                  (Lidstone 1920)

For Kneser-Ney counts are those of `counting`. n_i is how many n-grams of the order have count i.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.ngrams.options import MODIFIED_KNESER_NEY, NgramOptions

Floats = NDArray[np.float64]

# Columns of what is summed by history, and of what becomes of it.
SUM, KEPT, TYPES, LOWER = range(4)
DIVISOR, WEIGHT, BACKOFF = range(3)
MOST_COUNTED = 7  # counts of counts up to here are needed
_KATZ_LIMIT = 5
_FALL_BACK = (0.5, 1.0, 1.5)
_NOTHING_LEFT, _ROUNDING = 1e-9, 1e-5


@dataclass(frozen=True)
class Discounts:
    """What of a count is kept, m[c]·c − s[c]; the last entry of the tables is for all larger counts.

    ``named`` are the figures as they are told to the user; ``fallen_back``: the text was too small for the formula.
    """

    multiply: Floats
    subtract: Floats
    named: tuple[float, ...] = ()
    fallen_back: bool = False

    def kept(self, counts: NDArray[Any]) -> Floats:
        """Of every count what is kept."""
        row = np.minimum(counts, len(self.multiply) - 1)
        return self.multiply[row] * counts - self.subtract[row]


class Smoothing:
    """A method with its options, as `NgramOptions` name them, for a vocabulary of ``size`` words."""

    def __init__(self, options: NgramOptions, size: int) -> None:
        self._method, self._options, self._size = options.smoothing, options, size
        self.continuation = options.smoothing in (MODIFIED_KNESER_NEY, "kneser-ney")

    def discounts(self, counts_of_counts: NDArray[np.int64]) -> Discounts:
        """The discounts of an order from n_0, n_1, … n_`MOST_COUNTED`."""
        n = counts_of_counts.astype(np.float64)
        if self._method == MODIFIED_KNESER_NEY:
            return _modified(n)
        if self._method in ("kneser-ney", "absolute"):
            fallen_back = not n[1] or not n[2]
            discount = _FALL_BACK[0] if fallen_back else n[1] / (n[1] + 2 * n[2])
            return _subtracting((discount,), fallen_back)
        if self._method == "katz":
            return _good_turing(n)
        return _subtracting(())

    def resolve(self, sums: Floats, whole: NDArray[np.bool_] | bool) -> None:
        """Replace what was summed by history (`SUM` … `LOWER`) by D, λ and β (`DIVISOR`, `WEIGHT`, `BACKOFF`).

        Args:
            sums: (histories, 4): C(h); of that what was kept; T(h); ΣP(w | h') over the words w kept after h.
            whole: whether a history is as long as can be.
        """
        total, kept, types, lower = sums.T.copy()
        seen = total > 0
        total[~seen] = 1.0
        left = np.maximum(total - kept, 0.0) / total  # of plain counts, what was pruned
        if self._method == "add-k":
            added = self._options.add_k * self._size
            sums[:, DIVISOR] = np.where(whole, total + added, np.inf)
            sums[:, WEIGHT] = sums[:, BACKOFF] = np.where(whole, (added + left * total) / (total + added), 1.0)
        elif self._method == "witten-bell":
            sums[:, DIVISOR] = total + types
            sums[:, WEIGHT] = sums[:, BACKOFF] = (types + left * total) / (total + types)
        elif self._method == "katz":
            rest = 1.0 - lower
            # Every word was seen after h: none can be given what is left. Float32 probabilities sum to 1 but nearly.
            nothing = (rest < _NOTHING_LEFT) | ((types >= self._size) & (rest < _ROUNDING))
            # After frequent words only, nothing was taken off: as in SRILM the history then counts once more.
            total = total + (~nothing & (left < _NOTHING_LEFT))
            left = np.maximum(total - kept, 0.0) / total
            sums[:, DIVISOR] = np.where(nothing & (kept > 0), kept, total)
            sums[:, WEIGHT], sums[:, BACKOFF] = 0.0, np.where(nothing, 0.0, left / np.where(nothing, 1.0, rest))
        elif self._method in ("ml", "stupid-backoff"):
            sums[:, DIVISOR], sums[:, WEIGHT] = total if self._method == "stupid-backoff" else kept.clip(1.0), 0.0
            # Maximum likelihood: a history after which everything was pruned is as if never seen.
            sums[:, BACKOFF] = self._options.alpha if self._method == "stupid-backoff" else kept == 0
        else:
            sums[:, DIVISOR] = total
            sums[:, WEIGHT] = sums[:, BACKOFF] = left
        sums[~seen, WEIGHT] = 0.0
        sums[~seen, BACKOFF] = 1.0


def _subtracting(discounts: tuple[float, ...], fallen_back: bool = False) -> Discounts:
    size = max(1, len(discounts))
    subtract = np.array([0.0, *(discounts or (0.0,))])
    return Discounts(np.ones(size + 1), subtract, discounts, fallen_back)


def _modified(n: Floats) -> Discounts:
    """Chen and Goodman 1999, eq. 26: D_i = i − (i + 1)·Y·n_(i+1)/n_i, Y = n₁/(n₁ + 2n₂)."""
    if not n[1:5].all():
        return _subtracting(_FALL_BACK, True)
    y = n[1] / (n[1] + 2 * n[2])
    found = tuple(float(i - (i + 1) * y * n[i + 1] / n[i]) for i in (1, 2, 3))
    if min(found) <= 0:
        return _subtracting(_FALL_BACK, True)
    return _subtracting(found)


def _good_turing(n: Floats) -> Discounts:
    """Katz 1987, eq. 17: d_r = (r*/r − A)/(1 − A), r* = (r + 1)·n_(r+1)/n_r, A = 6·n₆/n₁, for r up to 5."""
    limit = _KATZ_LIMIT
    r = np.arange(1, limit + 1)
    if n[1 : limit + 2].all():
        common = (limit + 1) * n[limit + 1] / n[1]
        found = ((r + 1) * n[2 : limit + 2] / n[1 : limit + 1] / r - common) / (1 - common) if common != 1 else 0 * r
        if ((found > 0) & (found < 1)).all():
            return Discounts(np.array([1.0, *found, 1.0]), np.zeros(limit + 2), tuple(found.tolist()))
    return _subtracting(_FALL_BACK[:1], True)
