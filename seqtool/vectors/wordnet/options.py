"""The options of `thesaurus`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqtool.options import option


@dataclass(frozen=True)
class ThesaurusOptions:
    """Which dictionary is looked in, and for what."""

    wordnet: Path | None = option(
        None,
        "WordNet's files [default: $WNSEARCHDIR, $WNHOME, $NLTK_DATA, ~/nltk_data, /usr/share/wordnet …]",
        metavar="FOLDER",
    )
    pos: str | None = option(None, "only this part of speech", choices=("noun", "verb", "adj", "adv"))
    relation: str | None = option(
        None,
        "what to tell of the senses of one word [default: synsets]",
        choices=("synsets", "synonyms", "antonyms", "hypernyms"),
    )
