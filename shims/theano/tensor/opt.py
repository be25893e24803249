"""``theano.tensor.opt``: of Theano's optimiser there is only the check of conditions."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.raise_op import Assert, assert_op

__all__ = ["Assert", "assert_op"]

__getattr__ = names.missing("theano.tensor.opt")
