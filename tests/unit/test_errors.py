"""One line each, and the right exit code."""

from __future__ import annotations

import errno
import shlex

import pytest

from seqtool import errors
from seqtool.errors import in_shell


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SeqtoolError", 1),
        ("InputError", 1),
        ("UnknownWordError", 1),
        ("ArtifactError", 1),
        ("UnreadableError", 1),
        ("OutputError", 1),
        ("UsageError", 2),
        ("DivergedError", 3),
        ("InterruptedRunError", 130),
    ],
)
def test_exit_codes(name: str, code: int) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, errors.SeqtoolError)
    assert kind("x").exit_code == code
    assert name in (errors.__doc__ or ""), "the tree at the head of the file names it"


def test_every_kind_is_tested_above() -> None:
    kinds = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert len(kinds) == 9


def test_an_error_is_one_line_with_its_remedy() -> None:
    assert str(errors.InputError("a\nb\t c", "do\nthis")) == "a b c; do this"
    assert str(errors.InputError("only this")) == "only this"


def test_a_failed_call_has_the_remedy_of_its_number() -> None:
    full, unknown, unnumbered = OSError(errno.ENOSPC, "No space left"), OSError(10_000, "odd"), OSError("no number")
    assert "space" in (errors.remedy(full) or "")
    assert errors.remedy(full, "else") == errors.remedy(full)
    for error in (unknown, unnumbered):
        assert (errors.remedy(error), errors.remedy(error, "else")) == (None, "else")
    assert [errors.cause(error) for error in (full, unnumbered)] == ["No space left", "no number"]


def test_a_count_agrees_with_its_noun() -> None:
    assert [errors.plural(n, "line") for n in (0, 1, 2, 1234)] == ["0 lines", "1 line", "2 lines", "1,234 lines"]
    assert [errors.plural(n, "entry was", "entries were") for n in (1, 3)] == ["1 entry was", "3 entries were"]


def test_a_damaged_artifact_has_one_remedy() -> None:
    error = errors.damaged(
        "a.corpus", errors.InputError("vocab.tsv: line 3", "recreate it"), "preprocess the text again"
    )
    assert "vocab.tsv: line 3" in error.message
    assert error.remedy == "preprocess the text again"
    assert "recreate" not in str(error)


def test_words_of_any_script_need_no_quotes_in_a_shell() -> None:
    words = ["neighbors", "내글.vectors", "a b", "it's", "$HOME", "", "--k=3"]
    assert shlex.split(in_shell(*words)) == words
    assert in_shell("내글.vectors") == "내글.vectors"
