"""Every parser."""

from __future__ import annotations

from fuzz.artifact_parsers import artifact_parsers
from fuzz.data_parsers import data_parsers
from fuzz.text_parsers import text_parsers

PARSERS = [*text_parsers(), *data_parsers(), *artifact_parsers()]
