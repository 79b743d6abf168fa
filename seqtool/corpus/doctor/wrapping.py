"""Whether the lines of a text are prose that was broken at a width.

A program that breaks lines fills each as far as the next word allows: of nearly every line that another follows, the
line and the first word of the next are longer together than the width. Of lines that are sentences, verses or items
of a list that is seldom so. The width may be one of characters, or of columns on a screen, of which Hangul, kana and
Han take two.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from seqtool.corpus.reading.unwrapping import UNSPACED, unspaced_share

_FEWEST = 6  # lines that another follows
_WIDTHS, _UNSPACED_WIDTHS = range(30, 201), range(15, 101)  # in characters
_LONGEST = 1000  # longer lines are counted as of this length
_AT_WIDTH = 0.95  # share of lines that are not longer than the width: some cannot be broken
_FULL = 0.75  # least share of lines that have no room for the next word
_ENDED = 0.5  # most of them do not end a sentence
_GOES_ON, _WITHIN = 0.5, 0.05  # shares of lines followed by a small letter, and of lines in which a sentence ends
_TWO_COLUMNS = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\U00020000-\U0003ffff]"
)
_NO_COLUMN = re.compile("[\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd]")
_WORD_OF_ASIA = re.compile("[\u0e00-\u0eff\u1000-\u17ff]{1,8}|.{1,2}")  # Thai and its neighbours break at words
_WORD = re.compile(f"[^\\s{UNSPACED}]*")
_EQUAL = 0.9  # share of lines of one length: a table
_END = re.compile("[.!?…。！？][\"'”’»)\\]」』]*$")
_END_WITHIN = re.compile("[.!?…][\"'”’»)\\]]*\\s+\\S|[。！？]」?[^」』\\s]")


@dataclass
class _Measure:
    """Lines by their length, and by the length that they and the first word of the next would have."""

    lengths: Counter[int] = field(default_factory=Counter)
    needs: Counter[int] = field(default_factory=Counter)

    def width(self, widths: range, equal: bool) -> int | None:
        """The width at which the lines were broken, if it is one of ``widths``.

        Args:
            widths: those that texts are broken at.
            equal: whether lines of one length may be text: they are a table where words have spaces between.
        """
        count = self.lengths.total()
        width = _percentile(self.lengths, _AT_WIDTH)
        if width not in widths or (not equal and self.lengths.most_common(1)[0][1] > _EQUAL * count):
            return None
        full = sum(lines for need, lines in self.needs.items() if need > width)
        return width if full >= _FULL * count else None


@dataclass
class Wrapping:
    """What is gathered of lines that another follows without a blank line between.

    Attributes:
        characters, columns: the lines by their lengths in these.
        ended, within, small: lines that end a sentence, that have a sentence's end within, that a small letter follows.
        first: index of the first, from 0.
    """

    characters: _Measure = field(default_factory=_Measure)
    columns: _Measure = field(default_factory=_Measure)
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
        unspaced = unspaced_share(after[:1]) > 0
        # Marks may not begin a line: such a line may end one character early.
        word = _WORD_OF_ASIA.match(after) if unspaced else _WORD.match(after)
        space = not unspaced and not unspaced_share(line[-1])
        for measure, measured in ((self.characters, len), (self.columns, _columns)):
            length = measured(line)
            measure.lengths[length] += 1
            measure.needs[length + space + measured(word[0] if word else "")] += 1
        self.unspaced += unspaced
        self.small += after[0].islower()
        self.ended += bool(_END.search(line))
        self.within += bool(_END_WITHIN.search(line))

    @property
    def count(self) -> int:
        """How many lines another follows."""
        return self.characters.lengths.total()

    def width(self) -> int | None:
        """The width at which the lines were broken, ``None`` where they were not."""
        count = self.count
        if count < _FEWEST or self.ended > _ENDED * count:
            return None
        unspaced = 2 * self.unspaced > count  # such lines are seldom of one length, and Thai has no full stop
        if not unspaced and self.small < _GOES_ON * count and self.within < _WITHIN * count:
            return None
        width = self.characters.width(_UNSPACED_WIDTHS if unspaced else _WIDTHS, unspaced)
        return self.columns.width(_WIDTHS, unspaced) if width is None else width


def _columns(text: str) -> int:
    return len(text) if text.isascii() else len(text) + len(_TWO_COLUMNS.findall(text)) - len(_NO_COLUMN.findall(text))


def _percentile(lengths: Counter[int], share: float) -> int:
    below = 0
    for length in sorted(lengths):
        below += lengths[length]
        if below >= share * lengths.total():
            break
    return length
