"""Whatever lies in a folder, reading it ends in an `ArtifactError`: never in a traceback, code run or memory gone."""

from __future__ import annotations

import io
import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from seqtool.artifact.files import open_array, read_json
from seqtool.artifact.lineage import lineage
from seqtool.artifact.manifest import FORMAT_VERSION
from seqtool.artifact.read import open_artifact, read_manifest
from seqtool.errors import ArtifactError

Make = Callable[..., Path]
MANIFEST = "manifest.json"


def one_line(error: ArtifactError, *words: str) -> None:
    assert "\n" not in str(error)
    for word in words:
        assert word in str(error)


def refused(path: Path, *words: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        open_artifact(path, "report").file("word.txt")
    one_line(caught.value, *words)


def test_a_manifest_cut_anywhere_is_refused(tmp_path: Path, make: Make) -> None:
    path = make(tmp_path / "a")
    whole = (path / MANIFEST).read_bytes()
    for length in range(0, len(whole) - 2, 7):
        (path / MANIFEST).write_bytes(whole[:length])
        refused(path, MANIFEST)


def test_a_manifest_with_any_bit_flipped_is_refused(tmp_path: Path, make: Make) -> None:
    path = make(tmp_path / "a")
    whole = (path / MANIFEST).read_bytes()
    for place in range(0, len(whole) - 2, 3):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << (place % 8)
        (path / MANIFEST).write_bytes(flipped)
        try:
            found = json.loads(flipped)
        except ValueError:
            found = None
        if found != json.loads(whole):  # white space may change
            refused(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
fields = ("kind", "format_version", "state", "command", "options", "seed", "inputs", "files", "summary", "ledger")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(field=st.sampled_from(fields), value=json_values)
@example(field="options", value=[[None, None]])
@example(field="options", value={"words": 5})
@example(field="summary", value=[["a", None]])
def test_a_forged_manifest_with_any_field_of_any_type_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, make: Make, forge: Any, field: str, value: Any
) -> None:
    path = make(tmp_path_factory.mktemp("forged") / "a")

    def change(raw: dict[str, Any]) -> None:
        raw[field] = value

    try:
        forge(path, change)
    except (TypeError, ValueError):
        return  # inputs that are no list of objects have no digest
    try:
        list(lineage("a", read_manifest(path)))
    except ArtifactError as error:
        one_line(error)


@pytest.mark.parametrize("field", [*fields, "digest"])
def test_a_missing_field_is_refused(tmp_path: Path, make: Make, field: str) -> None:
    path = make(tmp_path / "a")
    raw = json.loads((path / MANIFEST).read_text())
    del raw[field]
    (path / MANIFEST).write_text(json.dumps(raw))
    refused(path, MANIFEST)


@pytest.mark.parametrize("text", ["", "null", "[]", "3", '"text"', "{}", "NaN", "\ufeff{}", '{"format_version": 1}'])
def test_json_that_is_no_manifest_is_refused(tmp_path: Path, make: Make, text: str) -> None:
    path = make(tmp_path / "a")
    (path / MANIFEST).write_text(text)
    refused(path, MANIFEST)


def test_a_newer_format_is_named(tmp_path: Path, make: Make, forge: Any) -> None:
    path = make(tmp_path / "a")
    forge(path, lambda raw: raw.update(format_version=FORMAT_VERSION + 1))
    refused(path, f"format version {FORMAT_VERSION + 1}", "upgrade seqtool")


def test_another_kind_is_named(tmp_path: Path, make: Make) -> None:
    with pytest.raises(ArtifactError, match=r"report.*\blm\b.* corpus"):
        open_artifact(make(tmp_path / "a"), "lm", "corpus")


def test_an_infinite_size_is_refused(tmp_path: Path, make: Make) -> None:
    path = make(tmp_path / "a")
    text = (path / MANIFEST).read_text().replace('"bytes": 3', '"bytes": 1e999')
    (path / MANIFEST).write_text(text)
    refused(path, MANIFEST)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "..", "", "a\\..\\b", "nul\0byte"])
def test_a_payload_outside_the_folder_is_refused(tmp_path: Path, make: Make, forge: Any, name: str) -> None:
    path = make(tmp_path / "a")
    forge(path, lambda raw: raw["files"].update({name: {"bytes": 1, "sha256": "0"}}))
    refused(path, "unsafe file name")


def test_a_payload_that_is_a_link_is_refused(tmp_path: Path, make: Make, forge: Any) -> None:
    path = make(tmp_path / "a")
    (tmp_path / "secret").write_text("key")
    (path / "word.txt").unlink()
    (path / "word.txt").symlink_to(tmp_path / "secret")
    forge(path)
    refused(path, "word.txt", "not a regular file")


def test_a_manifest_that_is_a_link_or_a_folder_is_refused(tmp_path: Path, make: Make) -> None:
    path = make(tmp_path / "a")
    (path / MANIFEST).rename(tmp_path / "m.json")
    (path / MANIFEST).symlink_to(tmp_path / "m.json")
    refused(path, "link")
    (path / MANIFEST).unlink()
    (path / MANIFEST).mkdir()
    refused(path, MANIFEST)


def test_a_huge_manifest_is_not_read(tmp_path: Path, make: Make) -> None:
    path = make(tmp_path / "a")
    with (path / MANIFEST).open("ab") as file:
        file.truncate(300 << 20)  # sparse: takes no disk
    refused(path, "larger than 16 MB")


@pytest.mark.parametrize("depth", [2_000, 200_000])
@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_deeply_nested_json_is_refused(tmp_path: Path, depth: int, pair: str) -> None:
    opening = pair[0] if pair == "[]" else '{"a":'
    (tmp_path / "deep.json").write_text(opening * depth + "1" + pair[1] * depth)
    with pytest.raises(ArtifactError) as caught:
        read_json(tmp_path / "deep.json")
    one_line(caught.value, "deep.json")


@pytest.mark.parametrize("depth", [50, 300, 900])
def test_deeply_nested_ancestors_are_read_or_refused(tmp_path: Path, make: Make, forge: Any, depth: int) -> None:
    path = make(tmp_path / "a")
    raw = json.loads((path / MANIFEST).read_text())
    for _ in range(depth):
        raw = {**raw, "inputs": [{"name": "x", "kind": "report", "digest": "d", "manifest": raw}]}
    try:
        forge_text = json.dumps(raw)
    except RecursionError:
        return
    (path / MANIFEST).write_text(forge_text)
    try:
        forge(path)
    except RecursionError:
        return
    try:
        assert len(list(lineage("a", read_manifest(path)))) == depth + 1
    except ArtifactError as error:
        one_line(error)


@pytest.mark.parametrize("ancestor", [3, "text", [], {}, {"kind": 1}, {"inputs": [1]}])
def test_a_forged_ancestor_is_refused(tmp_path: Path, make: Make, forge: Any, ancestor: Any) -> None:
    path = make(tmp_path / "a")
    entry = {"name": "x", "kind": "report", "digest": "d", "manifest": ancestor}
    forge(path, lambda raw: raw["inputs"].append(entry))
    with pytest.raises(ArtifactError):
        list(lineage("a", read_manifest(path)))


# Arrays.


def npy(header: str, payload: bytes = b"\0" * 16, version: tuple[int, int] = (1, 0)) -> bytes:
    """A ``.npy`` file with any header."""
    text = header.encode("latin-1", "replace") + b"\n"
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text) & (0xFFFF if version == (1, 0) else 0xFFFFFFFF))
    return b"\x93NUMPY" + bytes(version) + length + text + payload


def described(descr: str = "'<u2'", order: str = "False", shape: str = "(8,)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def saved(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


class Evil:
    """Unpickling it creates a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("/tmp/seqtool-was-hacked"),))


ARRAYS = {
    "empty": b"",
    "text": b"hello, world",
    "magic only": b"\x93NUMPY",
    "unknown version": b"\x93NUMPY\x09\x00" + b"\0" * 40,
    "header cut off": npy(described())[:40],
    "a shape of 2**60": npy(described(shape=f"({2**60},)")),
    "a shape that overflows to 8": npy(described(shape=f"({2**64 + 8},)")),
    "a product that overflows": npy(described(shape=f"({2**32}, {2**32}, 1)")),
    "a negative shape": npy(described(shape="(-8,)")),
    "a shape of floats": npy(described(shape="(8.0,)")),
    "a shape of booleans": npy(described(shape="(True,)")),
    "a shape of text": npy(described(shape="('8',)")),
    "one byte short": npy(described())[:-1],
    "one byte more": npy(described()) + b"\0",
    "another dtype": npy(described("'<u4'"), b"\0" * 32),
    "big endian": npy(described("'>u2'")),
    "two dimensions": npy(described(shape="(2, 4)")),
    "no dimension": npy(described(shape="()"), b"\0\0"),
    "column order": npy(described(order="True", shape="(2, 4)")),
    "objects": saved(np.array([Evil()], object), allow_pickle=True),
    "a pickle": pickle.dumps(Evil()),
    "a structured dtype": npy(described("[('a', '<u2')]")),
    "a dtype with a shape": npy(described(f"('<u2', ({2**40},))")),
    "a dtype of objects inside": npy(described("[('a', '|O')]")),
    "code in the header": npy("__import__('pathlib').Path('/tmp/seqtool-was-hacked').touch()"),
    "a deep header": npy("(" * 5000 + ")" * 5000),
    "a long header": npy(described() + " " * 100_000, version=(2, 0)),
    "an unfinished header": npy("{'descr': '''"),
    "a huge int in the header": npy(described(shape="(" + "9" * 6000 + ",)")),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ARRAYS)
def test_a_hostile_array_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "ids.npy"
    path.write_bytes(ARRAYS[kind])
    with pytest.raises(ArtifactError) as caught:
        open_array(path, ("uint16",), 1)
    one_line(caught.value, "ids.npy")
    assert not Path("/tmp/seqtool-was-hacked").exists()


def test_a_good_array_is_mapped_and_an_empty_one_read(tmp_path: Path) -> None:
    path = tmp_path / "ids.npy"
    for array in (np.arange(8, dtype=np.uint16), np.zeros(0, np.uint16)):
        path.write_bytes(saved(array))
        assert open_array(path, ("uint16", "uint32"), 1).tolist() == array.tolist()
    path.write_bytes(saved(np.ones((3, 2), np.uint32)))
    assert isinstance(open_array(path, ("uint32",), 2), np.memmap)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 143), byte=st.integers(0, 255))
def test_an_array_with_any_byte_changed_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    data = bytearray(saved(np.arange(8, dtype=np.uint16)))
    data[place] = byte
    path = tmp_path_factory.getbasetemp() / "changed.npy"
    path.write_bytes(data)
    try:
        assert open_array(path, ("uint16",), 1).shape == (8,)
    except ArtifactError as error:
        one_line(error)
