"""Coordinates, fonts and pictures of word vectors."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from seqtool.errors import InputError, OutputError, UsageError
from seqtool.vectors.plots import plot
from seqtool.vectors.plots.plot import check_output, choose_fonts, coordinates, draw

STARTS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


def vectors(count: int, dim: int = 8) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(count, dim)).astype(np.float32)


def test_pca_shows_the_two_directions_of_greatest_spread() -> None:
    angle = np.linspace(0, 2, 9)
    flat = np.stack([np.cos(angle), np.sin(angle), np.zeros(9)], axis=1).astype(np.float32)
    places = coordinates(flat * np.arange(1, 10)[:, None].astype(np.float32))
    assert places.shape == (9, 2)
    ours = np.linalg.norm(places[:, None] - places[None], axis=2)
    theirs = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    assert ours == pytest.approx(theirs, abs=1e-6), "vectors of length one in a plane keep their distances"


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize(("count", "dim"), [(4, 8), (5, 1), (40, 2)])
def test_the_same_places_every_time(method: str, count: int, dim: int) -> None:
    first, second = (coordinates(vectors(count, dim), method, seed=2) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert first.shape == (count, 2)
    assert np.isfinite(first).all()


def test_equal_and_zero_vectors_have_places() -> None:
    for method in ("pca", "tsne"):
        assert np.isfinite(coordinates(np.ones((5, 3), np.float32), method)).all()
        assert np.isfinite(coordinates(np.zeros((5, 3), np.float32), method)).all()


@pytest.mark.parametrize(("method", "fewest"), [("pca", 2), ("tsne", 4)])
def test_too_few_words(method: str, fewest: int) -> None:
    coordinates(vectors(fewest), method)
    with pytest.raises(InputError, match=f"at least {fewest}"):
        coordinates(vectors(fewest - 1), method)


@pytest.mark.parametrize("suffix", STARTS)
def test_the_same_picture_every_time(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["one", "$two$", "thr_ee", "$\\frac$", "fi\tve", "\udcff", " "]
    for name in ("a", "b"):
        assert draw(words, coordinates(vectors(7)), tmp_path / f"{name}{suffix}", "$\\frac$") == ""
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    data = (tmp_path / f"a{suffix}").read_bytes()
    assert data == (tmp_path / f"b{suffix}").read_bytes()
    assert data.startswith(STARTS[suffix])
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a{suffix}", f"b{suffix}"]


@pytest.mark.parametrize("letter", ["한", "\U00013000", "\ue999"])
def test_letters_without_a_font_are_named_and_stay_text_in_an_svg(
    tmp_path: Path, letter: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if letter not in choose_fonts([letter])[1]:
        pytest.skip("an installed font has it")
    assert draw(["word", letter * 2, "a b"], coordinates(vectors(3)), tmp_path / "a.svg") == letter
    assert letter * 2 in (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert capsys.readouterr().err == ""


def test_a_font_that_has_the_letters_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import font_manager

    letter = chr(0xF8FE)  # of the private use area: no font has it but ours
    path = make_font(tmp_path / "ours.ttf", "Seqtool Test", letter)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [path, str(tmp_path / "none.ttf")])
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(font_manager.fontManager.ttflist))
    families, missing = choose_fonts(["word", letter])
    assert (families[0], families[-1], missing) == ("DejaVu Sans", "Seqtool Test", "")
    assert draw(["word", letter, "x"], coordinates(vectors(3)), tmp_path / "a.png") == ""


def test_dejavu_is_enough_for_latin() -> None:
    assert choose_fonts(["naïve", "Ωmega", "word"]) == (["DejaVu Sans"], "")


def make_font(path: Path, family: str, letter: str) -> str:
    """A font that has one square letter."""
    builder = pytest.importorskip("fontTools.fontBuilder").FontBuilder(1000)
    pen = pytest.importorskip("fontTools.pens.ttGlyphPen").TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 500), (500, 500), (500, 0)):
        pen.lineTo(corner)
    pen.closePath()
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord(letter): "square"})
    builder.setupGlyf({".notdef": pen.glyph(), "square": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (600, 0), "square": (600, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return str(path)


def test_labels_avoid_each_other() -> None:
    points = np.array([[100.0, 100], [104, 100], [100, 104], [104, 104], [102, 102], [102, 102]])
    labels = ["word"] * 6
    corners = points + plot._offsets(labels, points, np.array([98.0, 98, 300, 300]))[:, :2]
    sizes = np.array([plot._FONT_POINTS * 0.62 * 4, plot._FONT_POINTS * 1.2])
    boxes = np.concatenate([corners, corners + sizes], axis=1)
    for index in range(6):
        assert plot._overlap(boxes[index : index + 1], np.delete(boxes, index, axis=0))[0] == 0
    assert boxes.min() >= 98, "nor do they leave the frame"


def test_hangul_is_twice_as_wide() -> None:
    assert plot._columns("한글ab") == 6


def test_only_pictures_that_do_not_exist(tmp_path: Path) -> None:
    check_output(tmp_path / "a.PNG")
    (tmp_path / "a.png").write_text("mine")
    (tmp_path / "b.svg").mkdir()
    with pytest.raises(OutputError, match="--overwrite"):
        draw(["a", "b"], coordinates(vectors(2)), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_text() == "mine"
    with pytest.raises(OutputError, match="folder"):
        check_output(tmp_path / "b.svg")
    for name in ("a.jpg", "a", "png"):
        with pytest.raises(UsageError, match=r"\.png, \.svg, \.pdf"):
            check_output(tmp_path / name)


def test_nothing_is_left_of_a_picture_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_text("old")

    def full(self: object, file: Path, **_: object) -> None:
        Path(file).write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    with pytest.raises(OutputError, match=os.strerror(errno.ENOSPC)):
        draw(["a", "b"], coordinates(vectors(2)), tmp_path / "a.png", overwrite=True)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.png", "old")]
