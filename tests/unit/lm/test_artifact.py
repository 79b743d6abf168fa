"""A model's folder, read: nothing is allocated that its weights do not fill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from seqtool.errors import ArtifactError
from seqtool.lm import artifact
from seqtool.lm.neural import NeuralLanguageModel


@pytest.mark.parametrize("options", [{"hidden_dim": 3000, "tied": False}, {"emb_dim": 4000}, {"layers": 50}], ids=str)
def test_a_model_larger_than_its_weights_is_refused_before_memory_is_taken(
    copied: Path, forge: Any, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    forge(copied / "m.lm", lambda raw: raw["options"].update(options))
    where = []

    class Watched(NeuralLanguageModel):
        def __init__(self, *arguments: Any) -> None:
            where.append(torch.get_default_device().type)
            super().__init__(*arguments)

    monkeypatch.setattr(artifact, "NeuralLanguageModel", Watched)
    with pytest.raises(ArtifactError, match="match"):
        artifact.load_language_model(copied / "m.lm")
    assert where == ["meta"]


def test_a_model_is_what_was_written(made: Path) -> None:
    loaded = artifact.load_language_model(made / "m.lm")
    assert loaded.name == "m.lm"
    assert loaded.context == "stream"
    assert loaded.decode(loaded.encode("the cat sat on the mat")) == "the cat sat on the mat"
    assert loaded.encode("the martian") == [2, 0]
    assert not loaded.model.training
    assert not loaded.model.dropout.training


def test_the_preprocessing_goes_with_the_model(run: Any, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("The Cat sat 12 times\n" * 30)
    sizes = ("--emb-dim", "4", "--hidden-dim", "4", "--layers", "1", "--epochs", "1", "--threads", "1", "-q")
    run("train-lm", "t.txt", "-o", "m", "--lower", "--digits", "zero", *sizes).ok()
    loaded = artifact.load_language_model(tmp_path / "m")
    assert loaded.encode("THE cat SAT 99 times") == loaded.encode("the cat sat 00 times")
    assert 0 not in loaded.encode("THE cat SAT 99 times")
