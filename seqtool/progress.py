"""Log lines and progress bars, on stderr only.

On a terminal a bar with rate and time left appears once a stage has run for two seconds; elsewhere plain lines are
written, at most one every ten seconds, so that a log file stays readable.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from seqtool.terminal import visible_line

QUIET_SECONDS = 2.0
PLAIN_LINE_SECONDS = 10.0
BEAT_SECONDS = 2.0
_BAR_SECONDS = 0.1
_ERASE_BAR = "\r\x1b[2K\x1b[?25h"  # clear the line, and show the cursor that rich hides


@dataclass
class _Settings:
    quiet: bool = False
    warned: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    heartbeats: list[Callable[[], object]] = field(default_factory=list)


_settings = _Settings()


def begin(quiet: bool | None = None) -> None:
    """Start a command, in which nothing has been said; ``None`` leaves notes and progress as they were set."""
    if quiet is not None:
        set_quiet(quiet)
    _settings.warned.clear()
    _settings.warnings.clear()


def set_quiet(quiet: bool) -> None:
    """Silence notes and progress (warnings still appear)."""
    _settings.quiet = quiet


def note(message: str) -> None:
    """Write one line for the user to stderr."""
    if not _settings.quiet:
        _write(message)


def note_once(message: str) -> None:
    """Write a note that the same command may have reason to give again."""
    if message not in _settings.warned:
        _settings.warned.add(message)
        note(message)


def warn(message: str) -> None:
    """Write one warning line to stderr, also when quiet."""
    _settings.warnings.append(message)
    _write(f"warning: {message}")


def warnings_given() -> list[str]:
    """The warnings since the command began."""
    return list(_settings.warnings)


def warn_once(message: str) -> None:
    """Write a warning that the same command may have reason to give again."""
    if message not in _settings.warned:
        _settings.warned.add(message)
        warn(message)


@contextmanager
def quieted() -> Iterator[None]:
    """No notes and no progress meanwhile (warnings still appear)."""
    before, _settings.quiet = _settings.quiet, True
    try:
        yield
    finally:
        _settings.quiet = before


@contextmanager
def heartbeat(beat: Callable[[], object]) -> Iterator[None]:
    """Until the block ends, call ``beat`` when a stage advances, every `BEAT_SECONDS` at most, also when quiet."""
    _settings.heartbeats.append(beat)
    try:
        yield
    finally:
        _settings.heartbeats.remove(beat)


def _beat() -> None:
    for beat in _settings.heartbeats:
        with suppress(OSError):
            beat()


def _write(line: str) -> None:
    with suppress(OSError):
        _clear_bars()
    say(line)


def say(line: str) -> None:
    """Write one line to stderr that no terminal obeys (see `visible`); nothing where stderr is closed."""
    if sys.stderr is not None:  # `print` would take stdout instead
        with suppress(OSError):  # a terminal that hung up, a full disk: the work goes on
            # With its end, so that no signal comes between the two.
            print(f"{visible_line(line)}\n", end="", file=sys.stderr, flush=True)


def say_last(line: str) -> None:
    """`say` for a command that ends, in the midst of drawing a bar perhaps, or while another thread does."""
    if _open_bars and sys.stderr is not None:
        _open_bars.clear()
        sys.stderr = getattr(sys.stderr, "rich_proxied_file", sys.stderr)
        with suppress(OSError):
            print(_ERASE_BAR, end="", file=sys.stderr)
    say(line)


def format_seconds(seconds: float) -> str:
    """``75`` → ``1:15``; ``3700`` → ``1:01:40``; under a minute ``4.2 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def format_rate(rate: float, unit: str) -> str:
    """``8312.0, "tokens"`` → ``8.3 k tokens/s``."""
    for factor, suffix in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if rate >= factor:
            return f"{rate / factor:.1f}{suffix} {unit}/s"
    return f"{rate:.1f} {unit}/s"


def _clear_bars() -> None:
    for shown in list(_open_bars):  # closing takes a bar out
        shown.close()


class Stage:
    """The progress of one stage of known or unknown length.

    Args:
        name: what is being done, shown first.
        unit: what is counted, in the plural.
        total: how many there will be, or ``None``.
    """

    def __init__(self, name: str, unit: str, total: int | None = None) -> None:
        self.name, self.unit, self.total = name, unit, total
        self.done = self._first = 0
        self.started = self._last = time.monotonic()
        self._last_beat = -BEAT_SECONDS
        self._bar: Any = None
        self._task: Any = None

    def start_at(self, done: int) -> None:
        """So much was done earlier: it counts as done, not as speed."""
        self.done = self._first = done

    def advance(self, count: int, detail: str = "") -> None:
        """Record ``count`` more units and show them when it is time to."""
        self.done += count
        now = time.monotonic()
        if now - self._last_beat >= BEAT_SECONDS:
            self._last_beat = now
            _beat()
        terminal = sys.stderr is not None and sys.stderr.isatty()
        interval = _BAR_SECONDS if terminal else PLAIN_LINE_SECONDS
        if _settings.quiet or now - self.started < QUIET_SECONDS or now - self._last < interval:
            return
        self._last = now
        if terminal:
            with suppress(OSError):
                self._draw(detail)
        else:
            say(f"{self.line()}  {detail}".rstrip())

    def line(self) -> str:
        """The progress as text: name, share, rate, time left."""
        rate = self._rate()
        if not self.total:
            return f"{self.name}  {self.done:,} {self.unit}  {format_rate(rate, self.unit)}"
        left = max(0, self.total - self.done) / max(rate, 1e-9)
        return f"{self.name}  {self.done / self.total:.0%}  {format_rate(rate, self.unit)}  ETA {format_seconds(left)}"

    def rate_and_time(self) -> str:
        """``8.3 k tokens/s  1:42``."""
        return f"{format_rate(self._rate(), self.unit)}  {format_seconds(time.monotonic() - self.started)}"

    def _rate(self) -> float:
        return (self.done - self._first) / max(time.monotonic() - self.started, 1e-9)

    def _draw(self, detail: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        if self._bar is None:
            name = TextColumn("{task.description}", markup=False)  # square brackets are no colors
            columns = (name, BarColumn(24), TextColumn("{task.fields[detail]}", markup=False))
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
            self._task = self._bar.add_task(visible_line(self.name), total=self.total, detail="")
            _open_bars.add(self)
            self._bar.start()
        shown = f"{self.line().removeprefix(self.name).strip()}  {detail}"
        self._bar.update(self._task, completed=self.done, detail=visible_line(shown), refresh=True)

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._bar is not None:
            with suppress(OSError):
                self._bar.stop()
            self._bar = None
            _open_bars.discard(self)  # last: what a signal leaves of it is erased by `say_last`


_open_bars: set[Stage] = set()


@contextmanager
def stage(name: str, unit: str, total: int | None = None) -> Iterator[Stage]:
    """A `Stage` whose bar is cleared at the end, however it ends."""
    current = Stage(name, unit, total)
    try:
        yield current
    finally:
        current.close()
