"""The judge of `tests/robust/interrupts.py`, which itself runs for as long as one wishes."""

from __future__ import annotations

import signal

import pytest
from interrupts import Ending

LINE = "error: interrupted\n"
STARTING = 'Traceback (most recent call last):\n  File "<frozen site>", line 616, in <module>\nKeyboardInterrupt\n'
BEGUN = (
    'Traceback (most recent call last):\n  File "<frozen runpy>", line 198, in _run_module_as_main\n'
    '  File "/a/seqtool/cli/main.py", line 60, in main\nKeyboardInterrupt\n'
)
IN_A_LIBRARY = 'Exception ignored in: <x>\n  File "/a/torch/x.py", line 1, in x\nKeyboardInterrupt\n'


def judged(code: int, errors: str, seconds: float = 1.0, left: tuple[str, ...] = ()) -> list[str]:
    return Ending(signal.SIGINT, code, seconds, errors, left).faults()


@pytest.mark.parametrize(
    ("code", "errors"),
    [
        (130, LINE),
        (130, "a note\n" + LINE),
        (130, "train  50%\r\x1b[2K\x1b[?25h" + LINE.replace("\n", "\r\n")),
        (0, "a note\n"),
        (1, STARTING),
        (-signal.SIGINT, ""),
    ],
)
def test_the_judge_sees_no_fault(code: int, errors: str) -> None:
    assert judged(code, errors) == []


@pytest.mark.parametrize(
    ("code", "errors"),
    [
        (1, LINE),
        (130, ""),
        (130, LINE * 2),
        (130, "train  50%  ETA 3.0 s" + LINE),
        (130, BEGUN),
        (130, BEGUN + LINE),
        (130, IN_A_LIBRARY + LINE),
        (-signal.SIGKILL, ""),
    ],
)
def test_the_judge_sees_faults(code: int, errors: str) -> None:
    assert judged(code, errors)


def test_what_is_late_or_left_is_a_fault() -> None:
    assert judged(130, LINE, seconds=2.5)
    assert judged(130, LINE, left=(".x.partial",))
    assert judged(-signal.SIGINT, "", left=(".x.partial",))
