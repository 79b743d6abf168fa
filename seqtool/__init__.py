"""seqtool turns a text corpus into models.

    text ──preprocess──▶ corpus ──train-lm──▶ language model ──perplexity, score──▶ evaluation ──┐
                            │                       │                                            ├─report─▶ tables
                            │                       ├──generate──▶ text                          │
                            │                       └────────────────────────────────────────────┤
                            └──cooccur──▶ counts ──ppmi──▶ matrix ──svd──▶ vectors ──eval-…──▶ evaluation

Every arrow is a command, and a function of the same name with the same options as keywords
(``seqtool.train_lm("corpus.txt", hidden_dim=64)``). Every noun is a folder on disk, which `seqtool.load` opens as an
object. Modules are imported when they are first used, the standard library included: no signal is heard yet.
"""

from __future__ import annotations

__version__ = "0.1.0"

# Public names that are not commands, and the modules that hold them.
_NAMES = {
    "load": "seqtool.api.load",
    "Artifact": "seqtool.api.artifact",
    "Classifier": "seqtool.api.labelling",
    "Corpus": "seqtool.api.corpus",
    "LanguageModel": "seqtool.api.language_model",
    "Tagger": "seqtool.api.labelling",
    "Translator": "seqtool.api.translator",
    "WordVectors": "seqtool.api.word_vectors",
    "SeqtoolError": "seqtool.errors",
    "set_quiet": "seqtool.progress",
}


def __getattr__(name: str) -> object:
    if name in _NAMES:
        from importlib import import_module

        found = getattr(import_module(_NAMES[name]), name)
    else:
        from seqtool.commands.table import python_names

        if name not in python_names():
            raise AttributeError(f"module 'seqtool' has no attribute {name!r}")
        from seqtool.commands.call import python_function

        found = python_function(name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    from seqtool.commands.table import python_names

    return sorted({*globals(), *_NAMES, *python_names()})
