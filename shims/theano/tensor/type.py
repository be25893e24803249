"""``theano.tensor.type``: tensor types."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.types import TensorType

__all__ = ["TensorType"]

__getattr__ = names.missing("theano.tensor.type")
