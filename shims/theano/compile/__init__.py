"""``theano.compile``: the parts that programs import."""

from typing import Any

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.compilation import Function, In, Param, function
from pm_migrate.shims.theano.compile import builders, ops
from pm_migrate.shims.theano.compile.builders import OpFromGraph
from pm_migrate.shims.theano.compile.ops import FromFunctionOp, as_op, specify_shape
from pm_migrate.shims.theano.graph import SharedVariable

__all__ = [
    "FromFunctionOp",
    "Function",
    "In",
    "OpFromGraph",
    "Param",
    "SharedVariable",
    "as_op",
    "builders",
    "function",
    "ops",
    "shared",
    "specify_shape",
]


def __getattr__(name: str) -> Any:
    if name == "shared":
        from pm_migrate.shims.theano import shared

        return shared
    return names.missing("theano.compile")(name)
