"""The list of commands."""

from __future__ import annotations

import re
from typing import Any


def test_commands_are_listed_in_the_order_of_the_work_and_help_last(run: Any) -> None:
    panels = re.findall(r"^(\S.*):$", run("--help").ok().stdout, re.MULTILINE)
    assert panels[0] == "Corpus"
    assert panels[-2:] == ["Help", "Options"]
    assert panels.index("Count-based vectors") < panels.index("Using vectors") < panels.index("Evaluation")
