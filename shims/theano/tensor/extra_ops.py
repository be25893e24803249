"""``theano.tensor.extra_ops``."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.ops.indexing import compress, fill_diagonal, fill_diagonal_offset, to_one_hot
from pm_migrate.shims.theano.ops.reductions import cumprod, cumsum, diff
from pm_migrate.shims.theano.ops.shaping import broadcast_to, repeat, squeeze

__all__ = [
    "broadcast_to",
    "compress",
    "cumprod",
    "cumsum",
    "diff",
    "fill_diagonal",
    "fill_diagonal_offset",
    "repeat",
    "squeeze",
    "to_one_hot",
]

__getattr__ = names.missing("theano.tensor.extra_ops")
