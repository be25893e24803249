"""``theano.tensor.subtensor``."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.ops.indexing import inc_subtensor, set_subtensor
from pm_migrate.shims.theano.ops.selection import take

__all__ = ["inc_subtensor", "set_subtensor", "take"]

__getattr__ = names.missing("theano.tensor.subtensor")
