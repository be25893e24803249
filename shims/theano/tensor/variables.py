"""``theano.tensor.var``: the classes of variables, as programs ask for them with ``isinstance``."""

from __future__ import annotations

from typing import Any, cast

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.graph import Apply, Constant, SharedVariable, Variable

__all__ = ["TensorConstant", "TensorVariable"]

TensorConstant = Constant


def _is_tensor_variable(kind: type) -> bool:
    if issubclass(kind, SharedVariable):
        kind = cast("type[SharedVariable]", kind)
        return kind.changes  # the next item of a generator, which PyMC3 computes by an operation
    return issubclass(kind, Variable) and not issubclass(kind, Constant)


class _Kind(type):
    """Every variable is an instance but constants and shared variables, which have classes of their own in Theano."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return _is_tensor_variable(type(instance)) if cls is TensorVariable else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return _is_tensor_variable(subclass) if cls is TensorVariable else super().__subclasscheck__(subclass)


class TensorVariable(Variable, metaclass=_Kind):
    """A variable that is neither a constant nor a shared variable.

    Parameters
    ----------
    type
        Its :class:`~pm_migrate.shims.theano.types.TensorType`.
    owner, index
        The node it is output number ``index`` of.
    name
        Shown by ``str``.
    """

    def __init__(
        self, type: Any, owner: Apply | None = None, index: int | None = None, name: str | None = None
    ) -> None:
        super().__init__(type.dtype, type.broadcastable, name, owner, index or 0)


__getattr__ = names.missing("theano.tensor.var")
