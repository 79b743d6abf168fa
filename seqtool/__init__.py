"""seqtool takes a text corpus to models.

    text ──preprocess──▶ corpus ──train-lm──▶ language model ──perplexity, score──▶ evaluation ──┐
                            │                       │                                            ├─report─▶ tables
                            │                       ├──generate──▶ text                          │
                            │                       └────────────────────────────────────────────┤
                            └──cooccur──▶ counts ──ppmi──▶ matrix ──svd──▶ vectors ──eval-…──▶ evaluation

Every arrow is a command and a function of the same name with the same options as keywords
(``seqtool.train_lm("corpus.txt", hidden_dim=64)``); every noun is a folder on disk. Nothing is imported before it is
used.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    from seqtool.commands.table import COMMANDS

    if name.replace("_", "-") not in COMMANDS:
        raise AttributeError(f"module 'seqtool' has no attribute {name!r}")
    from seqtool.commands.call import python_function

    globals()[name] = found = python_function(name)
    return found


def __dir__() -> list[str]:
    from seqtool.commands.table import COMMANDS

    return sorted([*globals(), *(name.replace("-", "_") for name in COMMANDS)])
