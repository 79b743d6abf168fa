"""How kernels are compiled: without the GIL, cached in the user's cache folder.

Import this module before numba: numba reads ``NUMBA_CACHE_DIR`` once, at import.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from seqtool import progress

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def _prepare_cache() -> bool:
    """Point numba at the cache folder; False where it cannot be written."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.setdefault("NUMBA_CACHE_DIR", str(home / "seqtool" / "numba")))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        del os.environ["NUMBA_CACHE_DIR"]
        progress.note(
            f"cannot write to {folder}; kernels are recompiled in every run (set NUMBA_CACHE_DIR to another folder)"
        )
    elif not any(folder.iterdir()):
        progress.note("compiling kernels (first run only)")
    return usable


_CACHED = _prepare_cache()

import numba  # noqa: E402  (after the cache folder is set)


def kernel(function: FunctionT) -> FunctionT:
    """Compile ``function`` with numba on first call: nogil, cached."""
    return cast(FunctionT, numba.njit(nogil=True, cache=_CACHED)(function))


def reassociating_kernel(function: FunctionT) -> FunctionT:
    """A `kernel` whose sums may be added in another order, and products fused into them, so that they use vectors.

    The order is the same in every run on one type of CPU.
    """
    flags = {"reassoc", "contract", "nsz"}
    return cast(FunctionT, numba.njit(nogil=True, cache=_CACHED, fastmath=flags)(function))


def dividing_kernel(function: FunctionT) -> FunctionT:
    """A `kernel` in which x / 0 is infinite, as in numpy, and no error: without the check, loops use vectors."""
    return cast(FunctionT, numba.njit(nogil=True, cache=_CACHED, error_model="numpy")(function))
