"""Whether the lines of a text are prose that was broken at a width.

A program that breaks lines fills each as far as the next word allows: of nearly every line that another follows, the
line and the first word of the next are longer together than the width. Of lines that are sentences, verses or items
of a list that is seldom so.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from seqtool.corpus.reading.unwrapping import unspaced_share

_FEWEST = 6  # lines that another follows
_WIDTHS, _UNSPACED_WIDTHS = range(30, 201), range(15, 101)  # in characters
_LONGEST = 1000  # longer lines are counted as of this length
_AT_WIDTH = 0.95  # share of lines that are not longer than the width: some cannot be broken
_FULL = 0.75  # least share of lines that have no room for the next word
_ENDED = 0.5  # most of them do not end a sentence
_GOES_ON, _WITHIN = 0.5, 0.05  # shares of lines followed by a small letter, and of lines in which a sentence ends
_EQUAL = 0.9  # share of lines of one length: a table
_END = re.compile("[.!?…。！？][\"'”’»)\\]」』]*$")
_END_WITHIN = re.compile("[.!?…][\"'”’»)\\]]*\\s+\\S|[。！？]」?[^」』\\s]")


@dataclass
class Wrapping:
    """What is gathered of lines that another follows without a blank line between.

    Attributes:
        lengths: lines by their length in characters.
        needs: lines by the length that they and the first word of the next would have.
        ended, within, small: lines that end a sentence, that have a sentence's end within, that a small letter follows.
        first: index of the first, from 0.
    """

    lengths: Counter[int] = field(default_factory=Counter)
    needs: Counter[int] = field(default_factory=Counter)
    ended: int = 0
    within: int = 0
    small: int = 0
    unspaced: int = 0
    first: int | None = None
    _before: str = ""

    def add(self, line: str, index: int) -> None:
        """Go on to the line of that index."""
        line = line.strip()[-_LONGEST:]
        if line and self._before:
            self._followed(self._before, line)
            self.first = index - 1 if self.first is None else self.first
        self._before = line

    def _followed(self, line: str, after: str) -> None:
        length = len(line)
        unspaced = unspaced_share(after[:1]) > 0
        self.lengths[length] += 1
        # Marks may not begin a line: such a line may end one character early.
        self.needs[length + (2 if unspaced else 1 + len(after.split(None, 1)[0]))] += 1
        self.unspaced += unspaced
        self.small += after[0].islower()
        self.ended += bool(_END.search(line))
        self.within += bool(_END_WITHIN.search(line))

    @property
    def count(self) -> int:
        """How many lines another follows."""
        return self.lengths.total()

    def width(self) -> int | None:
        """The width at which the lines were broken, ``None`` where they were not."""
        count = self.count
        if count < _FEWEST or self.ended > _ENDED * count:
            return None
        if self.small < _GOES_ON * count and self.within < _WITHIN * count:
            return None
        unspaced = 2 * self.unspaced > count
        width = _percentile(self.lengths, _AT_WIDTH)
        if width not in (_UNSPACED_WIDTHS if unspaced else _WIDTHS):
            return None
        if not unspaced and self.lengths.most_common(1)[0][1] > _EQUAL * count:
            return None
        full = sum(lines for need, lines in self.needs.items() if need > width)
        return width if full >= _FULL * count else None


def _percentile(lengths: Counter[int], share: float) -> int:
    below = 0
    for length in sorted(lengths):
        below += lengths[length]
        if below >= share * lengths.total():
            break
    return length
