"""`splitmix.mix` for kernels, which call it on one number at a time."""

from __future__ import annotations

from seqtool.compute.jit import kernel
from seqtool.compute.splitmix import mix

mixed = kernel(mix)
