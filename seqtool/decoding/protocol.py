"""What a model offers so that text can be decoded from it.

Shapes: B rows decoded side by side, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np


class StepModel(Protocol):
    """A model read token by token. A state is whatever the model makes of it; it is never changed in place."""

    eos_id: int
    unk_id: int

    def start(self, rows: int) -> Any:
        """The state before the first token; the first `step` feeds ``eos_id``."""

    def step(self, state: Any, ids_B: np.ndarray) -> tuple[np.ndarray, Any]:
        """Read one token a row (int64) → ``log_probs_BV`` of the next (natural log, float32), and the new state."""

    def reorder(self, state: Any, rows_B: np.ndarray) -> Any:
        """The state whose row i is row ``rows_B[i]`` of the given one."""


class TextModel(Protocol):
    """A model that reads and writes text through a `StepModel`."""

    unk_id: int

    @property
    def lossless(self) -> bool:
        """Whether its tokens hold the white space too."""

    def step_model(self) -> StepModel:
        """The model, token by token."""

    def encode(self, text: str) -> list[int]:
        """The ids of a text without line ends."""

    def unknown(self, text: str) -> list[str]:
        """The tokens of a text that the model does not know."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; a line break at each ``<eos>``."""
