"""Equal content has equal digests; what was made from what, and by which command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finished import says
from hypothesis import given
from hypothesis import strategies as st

from seqtool.artifact.lineage import lineage, rebuild
from seqtool.artifact.manifest import FileEntry, Input, Recipe, compose, ledger_line, parse, sha256_json
from seqtool.artifact.read import open_artifact, read_manifest, verify
from seqtool.artifact.write import RunRecord, write_artifact
from seqtool.errors import ArtifactError

Make = Callable[..., Path]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_equal_content_has_equal_manifests_under_any_name_at_any_time(tmp_path: Path, make: Make) -> None:
    first, second = make(tmp_path / "a"), make(tmp_path / "deep" / "other")
    assert (first / "manifest.json").read_bytes() == (second / "manifest.json").read_bytes()


def test_the_digest_covers_payload_options_summary_and_inputs_but_not_their_names() -> None:
    def digest(word: str = "1", options: str = "x", summary: str = "s", name: str = "n", content: str = "c") -> str:
        recipe = Recipe("report", "report", {"o": options}, [Input(name, "text", content)])
        return str(compose(recipe, "complete", {"f": FileEntry(1, word)}, {"s": summary}, [])["digest"])

    assert digest(name="elsewhere.txt") == digest()
    changed = [digest(word="2"), digest(options="y"), digest(summary="t"), digest(content="d")]
    assert len({digest(), *changed}) == 5


@given(options=st.dictionaries(st.text(), json_values, max_size=4), name=st.text(), seed=st.none() | st.integers())
def test_what_is_composed_is_parsed_back(options: dict[str, Any], name: str, seed: int | None) -> None:
    recipe = Recipe("corpus", "preprocess", options, [Input(name, "text", "d")], seed)
    content = compose(recipe, "complete", {"b.npy": FileEntry(3, "e")}, {"tokens": 1}, [{"what": "lines"}])
    parsed = parse(json.loads(json.dumps(content)), Path("m"))
    assert parsed.recipe == recipe
    assert parsed.digest == content["digest"]
    assert parsed.files == {"b.npy": FileEntry(3, "e")}


@given(json_values)
def test_the_canonical_digest_does_not_depend_on_the_order_of_keys(value: Any) -> None:
    backwards = json.loads(json.dumps(value), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert sha256_json(backwards) == sha256_json(json.loads(json.dumps(value)))


def test_a_name_that_is_not_utf8_is_kept(tmp_path: Path) -> None:
    recipe = Recipe("report", "report", {}, [Input("\udcff.txt", "text", "d")])
    with write_artifact(tmp_path / "a", recipe, RunRecord()):
        pass
    assert read_manifest(tmp_path / "a").recipe.inputs[0].name == "\udcff.txt"


def test_run_json_is_no_part_of_it_and_may_be_missing(tmp_path: Path, make: Make) -> None:
    path = make(tmp_path / "a")
    assert open_artifact(path).run["seqtool"]
    (path / "run.json").unlink()
    assert open_artifact(path).run == {}
    assert verify(open_artifact(path)) == []


def test_verify_names_what_was_changed(tmp_path: Path, make: Make) -> None:
    path = make(tmp_path / "a")
    (path / "word.txt").write_text("odd")
    assert ["word.txt" in problem and "sha256" in problem for problem in verify(open_artifact(path))] == [True]
    (path / "word.txt").write_text("longer")
    assert says(verify(open_artifact(path))[0], "6 bytes", "3")
    (path / "word.txt").unlink()
    assert "missing" in verify(open_artifact(path))[0]
    with pytest.raises(ArtifactError, match=r"word\.txt"):
        open_artifact(path).file("word.txt")


def test_a_file_that_is_not_in_the_manifest_is_not_part_of_the_artifact(tmp_path: Path, make: Make) -> None:
    path = make(tmp_path / "a")
    (path / "extra.txt").write_text("planted")
    assert not open_artifact(path).has("extra.txt")
    with pytest.raises(ArtifactError, match=r"extra\.txt"):
        open_artifact(path).file("extra.txt")


def test_lineage_goes_from_the_result_to_the_text_and_every_command_can_be_run_again(tmp_path: Path) -> None:
    def write(name: str, recipe: Recipe) -> Input:
        with write_artifact(tmp_path / name, recipe, RunRecord()):
            pass
        return open_artifact(tmp_path / name).as_input()

    text = Input("my text.txt", "text", "t")
    corpus = write("c", Recipe("corpus", "preprocess", {"lower": True, "split": None, "max_vocab": 50}, [text]))
    valid = Input("v.txt", "valid:text", "v")
    write("m", Recipe("lm", "train-lm", {"tied": False, "lr": 0.5}, [corpus, valid], 3))
    nodes = list(lineage("m", read_manifest(tmp_path / "m")))
    assert [(node.depth, node.name, node.kind) for node in nodes] == [
        (0, "m", "lm"),
        (1, "c", "corpus"),
        (2, "my text.txt", "text"),
        (1, "v.txt", "valid:text"),
    ]
    assert nodes[0].digest == read_manifest(tmp_path / "m").digest
    assert nodes[1].command == "seqtool preprocess 'my text.txt' --lower --max-vocab 50 -o c"
    assert [node.command for node in nodes[2:]] == [None, None]
    words = shlex.split(nodes[0].command or "")
    assert words[:4] == ["seqtool", "train-lm", "c", "--valid"]
    assert "--no-tied" in words
    assert words[words.index("--lr") + 1] == "0.5"


def test_a_row_of_a_ledger_agrees_with_its_count() -> None:
    row = {"what": "lines", "why": "blank, dropped"}
    assert [ledger_line(row | {"count": n}) for n in (1, 1234)] == [
        "1 line blank, dropped",
        "1,234 lines blank, dropped",
    ]


def test_the_rebuild_command_names_the_seed() -> None:
    assert "--seed 3" in rebuild(Recipe("lm", "train-lm", {}, [Input("c", "corpus", "d")], 3), "m")
