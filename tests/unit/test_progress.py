"""Notes, warnings and progress lines, on stderr only."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from seqtool import progress


@pytest.fixture(autouse=True)
def _loud() -> Iterator[None]:
    progress.set_quiet(False)
    yield
    progress.set_quiet(False)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress.time, "monotonic", made)
    return made


def test_seconds_and_rates() -> None:
    assert [progress.format_seconds(s) for s in (4.23, 59.99, 75, 3700)] == ["4.2 s", "60.0 s", "1:15", "1:01:40"]
    assert progress.format_rate(8312, "tokens") == "8.3 k tokens/s"
    assert progress.format_rate(2e6, "tokens") == "2.0 M tokens/s"
    assert progress.format_rate(3e9, "bytes") == "3.0 G bytes/s"
    assert progress.format_rate(1.25, "epochs") == "1.2 epochs/s"


def test_notes_are_silenced_and_warnings_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    progress.note("one")
    progress.set_quiet(True)
    progress.note("two")
    progress.warn("three")
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err == "one\nwarning: three\n"


def test_no_signal_comes_between_a_line_and_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(progress.sys, "stderr", SimpleNamespace(write=written.append, flush=lambda: None))
    progress.say("one")
    assert written[0] == "one\n"


def test_a_stage_that_advances_is_a_heartbeat_until_the_block_ends(clock: Clock) -> None:
    beats: list[float] = []
    progress.set_quiet(True)
    stage = progress.Stage("read", "lines")
    with progress.heartbeat(lambda: beats.append(clock.now)):
        for _ in range(10):
            clock.now += 0.4 * progress.BEAT_SECONDS
            stage.advance(1)
    clock.now += progress.BEAT_SECONDS
    stage.advance(1)
    assert len(beats) == 4


def test_off_a_terminal_a_line_every_ten_seconds_at_most(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with progress.stage("read", "lines", 100) as stage:
        for _ in range(50):
            clock.now += 0.5
            stage.advance(2, "detail")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0] == "read  40%  4.0 lines/s  ETA 15.0 s  detail"


def test_a_short_stage_says_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with progress.stage("read", "lines") as stage:
        clock.now += 1
        stage.advance(1000)
    assert capsys.readouterr().err == ""


def test_what_was_done_earlier_counts_as_done_not_as_speed(clock: Clock) -> None:
    stage = progress.Stage("train", "tokens", 100)
    stage.start_at(80)
    clock.now = 2
    stage.done += 10
    assert stage.line() == "train  90%  5.0 tokens/s  ETA 2.0 s"
    assert progress.Stage("train", "tokens").line().startswith("train  0 tokens")
