"""``theano.tensor.sharedvar``."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.graph import SharedVariable
from pm_migrate.shims.theano.graph import SharedVariable as ScalarSharedVariable
from pm_migrate.shims.theano.graph import SharedVariable as TensorSharedVariable

__all__ = ["ScalarSharedVariable", "SharedVariable", "TensorSharedVariable"]

__getattr__ = names.missing("theano.tensor.sharedvar")
