"""Options declared once: bounds, choices, presets, what determines a result."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import re
import typing
from dataclasses import dataclass
from typing import Any

import pytest

from seqtool.errors import UsageError
from seqtool.options import (
    Preset,
    check_needs,
    declared,
    determining,
    from_manifest,
    operational,
    option,
    option_flag,
    plain_type,
    preset_named,
    redeclared,
    validate,
)


@dataclass(frozen=True)
class Options:
    dim: int = option(100, "size", minimum=1, maximum=9)
    rate: float | None = option(None, "rate", minimum=0.0)
    kind: str = option("a", "kind", choices=("a", "b"))
    batch_size: int = option(4, "rows", operational=True, flag="--rows")


def test_flags_and_types() -> None:
    fields = {field.name: field for field in dataclasses.fields(Options)}
    assert option_flag(fields["dim"]) == "--dim"
    assert option_flag(fields["batch_size"]) == "--rows"
    hints = typing.get_type_hints(Options)
    assert [plain_type(hints[name]) for name in fields] == [int, float, str, int]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"dim": 0}, "--dim 0 .* 1"),
        ({"dim": 10}, "--dim 10 .* 9"),
        ({"dim": 5, "rate": -0.1}, "--rate -0.1 .* 0"),
        ({"dim": 5, "rate": float("nan")}, "--rate nan "),
        ({"dim": 5, "kind": "c"}, "--kind c .* a, b"),
    ],
)
def test_values_out_of_bounds_are_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        validate(Options(**values))
    assert re.search(words, str(caught.value))


@dataclass(frozen=True)
class MoreOptions(Options):
    """Options with a docstring of
    two lines."""

    dim: int = redeclared(Options, "dim", 7)


def test_the_docstring_of_options_lists_them() -> None:
    assert inspect.getdoc(MoreOptions) == (
        "Options with a docstring of\ntwo lines.\n\nArgs:\n"
        "    dim (int): size [at least 1; at most 9; default: 7]\n"
        "    rate (float or None): rate [at least 0]\n"
        "    kind (str): kind [one of a, b; default: 'a']\n"
        "    batch_size (int): rows [default: 4]"
    )
    assert (Options.__doc__ or "").startswith("Options.\n\nArgs:\n    dim (int): size")


def test_a_docstring_of_options_is_made_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtool.options.documented", lambda *_: pytest.fail("made too early"))

    @dataclass(frozen=True)
    class Fresh:
        """Fresh."""

        dim: int = option(1, "size")

    assert Fresh().dim == 1


def test_the_bounds_themselves_are_allowed() -> None:
    for values in ({"dim": 1}, {"dim": 9}, {"dim": 9, "rate": 0.0}, {"dim": 9, "rate": None}):
        validate(Options(**values))


def test_what_determines_a_result_and_what_does_not() -> None:
    assert determining(Options(dim=3)) == {"dim": 3, "rate": None, "kind": "a"}
    assert operational(Options()) == {"batch_size": 4}


def test_from_a_manifest() -> None:
    assert from_manifest(Options, {"dim": 3}) == Options(dim=3)
    with pytest.raises(UsageError, match="magic"):
        from_manifest(Options, {"dim": 3, "magic": 1})
    with pytest.raises(UsageError, match="too large"):
        from_manifest(Options, {"dim": 30})


def test_presets_by_name() -> None:
    presets = (Preset("one", {"dim": 1}, "a book"), Preset("two", {}, "a paper"))
    assert preset_named(presets, "one") is presets[0]
    with pytest.raises(UsageError, match=r"three.*one, two"):
        preset_named(presets, "three")


ALL = (
    "seqtool.corpus.options:SourceOptions",
    "seqtool.corpus.options:PreprocessOptions",
    "seqtool.nn.options:TrainingOptions",
    "seqtool.nn.options:DeviceOptions",
    "seqtool.lm.options:LanguageModelOptions",
    "seqtool.decoding.options:GenerateOptions",
)


@pytest.mark.parametrize("name", ALL)
def test_every_declared_default_is_allowed_and_survives_a_manifest(name: str) -> None:
    module, cls_name = name.split(":")
    cls = getattr(importlib.import_module(module), cls_name)
    validate(cls())
    rebuilt = from_manifest(cls, json.loads(json.dumps(determining(cls()))))
    assert determining(rebuilt) == determining(cls())
    for field in dataclasses.fields(cls):
        assert declared(field).help
        assert field.default is not dataclasses.MISSING


def test_every_preset_is_allowed_and_cites_its_source() -> None:
    from seqtool.lm.options import LanguageModelOptions
    from seqtool.lm.presets import PRESETS
    from seqtool.nn.options import TrainingOptions

    for preset in PRESETS:
        assert preset.source
        for cls in (LanguageModelOptions, TrainingOptions):
            names = {field.name for field in dataclasses.fields(cls)}
            validate(cls(**{name: value for name, value in preset.values.items() if name in names}))
        known = {f.name for cls in (LanguageModelOptions, TrainingOptions) for f in dataclasses.fields(cls)}
        assert set(preset.values) <= known


@dataclass(frozen=True)
class Architecture:
    arch: str = option("rnn", "kind", choices=("rnn", "lstm", "transformer"))
    heads: int = option(4, "heads", needs=("arch", "transformer"))
    residual: bool = option(False, "sums", needs=("arch", "rnn", "lstm"))
    vectors: str | None = option(None, "vectors", flag="--init")
    freeze: bool = option(False, "as they are", needs=("vectors",))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"heads": 2}, "--heads needs --arch transformer"),
        ({"arch": "transformer", "residual": True}, "--residual .*--arch rnn or lstm"),
        ({"freeze": True}, "--freeze needs --init;"),
    ],
)
def test_an_option_that_is_not_heeded_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_needs(Architecture(**values))
    assert re.search(words, str(caught.value))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"heads": 4},
        {"heads": 2, "arch": "transformer"},
        {"residual": True, "arch": "lstm"},
        {"freeze": True, "vectors": "v.txt"},
    ],
    ids=str,
)
def test_an_option_that_is_heeded_or_has_its_default_is_allowed(values: dict[str, Any]) -> None:
    check_needs(Architecture(**values))


@pytest.mark.parametrize(
    "name",
    [
        "lm.options.LanguageModelOptions",
        "seq2seq.options.Seq2SeqOptions",
        "labelling.options.ClassifierOptions",
    ],
)
def test_options_need_others_that_there_are(name: str) -> None:
    module, _, cls = name.rpartition(".")
    fields = {f.name: f for f in dataclasses.fields(getattr(importlib.import_module(f"seqtool.{module}"), cls))}
    needs = [declared(field).needs for field in fields.values() if declared(field).needs]
    assert len(needs) > 8
    for other, *values in needs:
        assert set(values) <= set(declared(fields[other]).choices)
