"""``theano.tensor.sharedvar``."""

from pm_migrate.shims.theano.graph import SharedVariable
from pm_migrate.shims.theano.graph import SharedVariable as ScalarSharedVariable
from pm_migrate.shims.theano.graph import SharedVariable as TensorSharedVariable

__all__ = ["ScalarSharedVariable", "SharedVariable", "TensorSharedVariable"]
