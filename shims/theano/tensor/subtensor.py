"""``theano.tensor.subtensor``."""

from pm_migrate.shims.theano.ops.indexing import inc_subtensor, set_subtensor, take

__all__ = ["inc_subtensor", "set_subtensor", "take"]
