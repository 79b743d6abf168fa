"""Whether a model can be written as ARPA text, found out before it is trained."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from seqtool.errors import OutputError, UsageError
from seqtool.ngrams.arpa.read import is_arpa
from seqtool.ngrams.options import NgramOptions


def check_arpa_output(path: Path, options: NgramOptions, inputs: Sequence[str], overwrite: bool = False) -> None:
    """Refuse a file that ARPA text cannot be written to, or a model that ARPA cannot hold.

    Args:
        path: the file.
        options: of the model.
        inputs: what it is trained on, which stays as it is.
        overwrite: replace a file that is not ARPA text.

    Raises:
        UsageError: the smoothing gives no probabilities.
        OutputError: the path is an input, its folder is missing or closed, or another kind of file is there.
    """
    if options.smoothing == "stupid-backoff":
        raise UsageError("ARPA needs probabilities, which stupid-backoff does not give", "choose another --smoothing")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"--arpa {path}: the folder does not exist", "create it, or choose another name")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise OutputError(f"--arpa {path} is not writable", "choose another name")
    if path.exists() and any(Path(name).exists() and path.samefile(name) for name in inputs):
        raise OutputError(f"--arpa {path} would overwrite the input", "choose another name")
    if path.is_dir() or (path.exists() and not overwrite and not is_arpa(path)):
        raise OutputError(f"--arpa {path} exists and is not ARPA text", "choose another name, or use --overwrite")
