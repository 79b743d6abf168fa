"""What a command left behind, and checks of it: the kind of an error and the values in it, never its sentences."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any


def says(text: str, *values: str) -> bool:
    """Whether one line of ``text`` holds all ``values``; a number counts as a whole one only."""
    return any(all(_holds(line, value) for value in values) for line in text.splitlines())


def _holds(line: str, value: str) -> bool:
    if value.isdigit():
        return re.search(rf"(?<![\w.]){value}(?!\w|\.\d)", line) is not None
    return value in line


@dataclass(frozen=True)
class Finished:
    """A command that ran."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """stdout as JSON: exactly one line of it."""
        assert self.stdout.count("\n") == 1, self.stdout
        return json.loads(self.stdout)

    def ok(self) -> Finished:
        """The same, after checking that the command succeeded."""
        assert self.returncode == 0, f"exit {self.returncode}: {self.stderr}"
        return self

    def failed(self, code: int, *values: str) -> Finished:
        """The same, after checking that it failed as an expected failure does: a code and one line with ``values``."""
        assert self.returncode == code, f"exit {self.returncode}: {self.stderr}"
        errors = [line for line in self.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1, self.stderr
        assert self.stderr.splitlines()[-1] == errors[0], self.stderr
        assert "Traceback" not in self.stderr
        assert "unexpected" not in errors[0], errors[0]
        for value in values:
            assert _holds(errors[0], value), f"{value!r} is not in {errors[0]!r}"
        return self

    def noted(self, *values: str, alone: bool = False) -> Finished:
        """The same, after checking that it succeeded and that one line on stderr, ``alone`` or not, has ``values``."""
        self.ok()
        assert says(self.stderr, *values), f"no line has {values}: {self.stderr}"
        assert not alone or self.stderr.count("\n") == 1, self.stderr
        return self

    def up_to_date(self, name: object = "", *, alone: bool = False) -> Finished:
        """The same, after checking that it found ``name`` made already and made nothing."""
        found = re.findall(r"^(\S+) .*up to date$", self.ok().stderr, re.MULTILINE)
        assert found, self.stderr
        assert not name or any(f"/{made}".endswith(f"/{name}") for made in found), self.stderr
        assert not alone or self.stderr.count("\n") == 1, self.stderr
        return self
