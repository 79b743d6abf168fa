"""The -o of commands that save their answer; gone once all are declared in `seqtool.commands`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Kept = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FOLDER", help="also keep the answer, for report")
]  # fmt: skip
PictureOrKept = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE|FOLDER",
        help="a picture (.png, .svg or .pdf), or with another name a folder that keeps the answer for report",
    ),
]  # fmt: skip
OverwriteEither = Annotated[
    bool, typer.Option("--overwrite", help="replace the picture, or an artifact made with other inputs or options")
]  # fmt: skip
