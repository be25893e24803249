"""``theano.compile``: the parts that programs import."""

from pm_migrate.shims.theano.compilation import Function, In, Param, function
from pm_migrate.shims.theano.compile import ops
from pm_migrate.shims.theano.graph import SharedVariable

__all__ = ["Function", "In", "Param", "SharedVariable", "function", "ops"]
