"""How near two senses are in a tree of hypernyms.

With d the edges of the shortest way from one sense up to a common ancestor and down to the other:

    path   1 / (d + 1)
    lch    −log((d + 1) / (2 · D))                          Leacock & Chodorow 1998; D the edges of the deepest branch
    wup    2 · depth(lcs) / (depth(a) + depth(b))           Wu & Palmer 1994

The depth of the root is 1; ``lcs`` is the lowest common subsumer: the common ancestor that is farthest from the root by
its shortest way, its own depth being that of its longest, and the depths of a and b are measured through it. Where
nothing but a root put above all trees joins two senses (verbs have hundreds of trees), that root is the ancestor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property

from seqtool.errors import InputError
from seqtool.vectors.wordnet.files import REINSTALL

ROOT = -1


class Taxonomy:
    """The hypernyms of one part of speech.

    Args:
        parents: synset → its hypernyms.
        rooted: put a common root above those that have no hypernym.

    Raises:
        InputError: where hypernyms form a cycle.
    """

    def __init__(self, parents: Mapping[int, tuple[int, ...]], rooted: bool) -> None:
        top = (ROOT,) if rooted else ()
        self._parents = {synset: above or top for synset, above in parents.items()}
        self._longest: dict[int, int] = {}
        self._shortest: dict[int, int] = {}
        self._above: dict[int, dict[int, int]] = {}

    @cached_property
    def depth(self) -> int:
        """Edges of the deepest branch."""
        return max((self._depth(synset, max, self._longest) for synset in self._parents), default=0)

    def path(self, left: int, right: int) -> float:
        """Path similarity; nan where nothing joins the two."""
        distance = self._distance(left, right)
        return math.nan if distance is None else 1 / (distance + 1)

    def lch(self, left: int, right: int) -> float:
        """Leacock-Chodorow similarity."""
        distance = self._distance(left, right)
        return math.nan if distance is None or not self.depth else -math.log((distance + 1) / (2 * self.depth))

    def wup(self, left: int, right: int) -> float:
        """Wu-Palmer similarity."""
        above_left, above_right = self._ancestors(left), self._ancestors(right)
        common = above_left.keys() & above_right.keys()
        if not common:
            return math.nan
        lowest = max(self._depth(synset, min, self._shortest) for synset in common)
        scores = []
        for synset in common:
            if self._depth(synset, min, self._shortest) == lowest:
                depth = 1 + self._depth(synset, max, self._longest)
                scores.append(2 * depth / (above_left[synset] + above_right[synset] + 2 * depth))
        return max(scores)

    def _distance(self, left: int, right: int) -> int | None:
        above_left, above_right = self._ancestors(left), self._ancestors(right)
        return min((above_left[s] + above_right[s] for s in above_left.keys() & above_right.keys()), default=None)

    def _ancestors(self, synset: int) -> dict[int, int]:
        """Every ancestor, the synset itself included, with the edges up to it."""
        if synset not in self._above:
            found = {synset: 0}
            queue = [synset]
            for current in queue:
                for parent in self._parents.get(current, ()):
                    if parent not in found:
                        found[parent] = found[current] + 1
                        queue.append(parent)
            self._above[synset] = found
        return self._above[synset]

    def _depth(self, synset: int, choose: Callable[[list[int]], int], known: dict[int, int]) -> int:
        """Edges of the longest or shortest way to a root, without recursion: a chain may be of any length."""
        trail = [synset]
        while trail:
            current = trail[-1]
            above = self._parents.get(current, ())
            waiting = [parent for parent in above if parent not in known]
            if not waiting:
                known[current] = 1 + choose([known[parent] for parent in above]) if above else 0
                trail.pop()
            elif len(trail) > len(self._parents) + 1:
                raise InputError(f"the hypernyms of the synset at byte {synset} form a cycle", REINSTALL)
            else:
                trail.append(waiting[0])
        return known[synset]
