"""``theano.tensor.random``: random streams."""

from pm_migrate.shims.theano import names

__getattr__ = names.missing("theano.tensor.random")
