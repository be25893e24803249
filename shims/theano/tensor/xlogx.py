"""``theano.tensor.xlogx``: products with logarithms that are 0 at 0."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.ops.extras import xlogx, xlogy0

__all__ = ["xlogx", "xlogy0"]

__getattr__ = names.missing("theano.tensor.xlogx")
