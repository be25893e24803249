"""``theano.tensor.elemwise``: elementwise functions of one's own."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.scalar import Elemwise

__all__ = ["Elemwise"]

__getattr__ = names.missing("theano.tensor.elemwise")
