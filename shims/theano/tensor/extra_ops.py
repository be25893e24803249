"""``theano.tensor.extra_ops``."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.ops.creation import broadcast_to
from pm_migrate.shims.theano.ops.extras import (
    Unique,
    bartlett,
    bincount,
    ravel_multi_index,
    searchsorted,
    unravel_index,
)
from pm_migrate.shims.theano.ops.joining import repeat
from pm_migrate.shims.theano.ops.reductions import cumprod, cumsum, diff
from pm_migrate.shims.theano.ops.selection import compress, fill_diagonal, fill_diagonal_offset, to_one_hot
from pm_migrate.shims.theano.ops.shaping import squeeze

__all__ = [
    "Unique",
    "bartlett",
    "bincount",
    "broadcast_to",
    "compress",
    "cumprod",
    "cumsum",
    "diff",
    "fill_diagonal",
    "fill_diagonal_offset",
    "ravel_multi_index",
    "repeat",
    "searchsorted",
    "squeeze",
    "to_one_hot",
    "unravel_index",
]

__getattr__ = names.missing("theano.tensor.extra_ops")
