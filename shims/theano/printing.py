"""``theano.printing``: values and graphs as text."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import StringIO
from typing import Any

import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano.graph import Constant, Op, Variable, apply, as_variable

__all__ = ["Print", "debugprint", "min_informative_str", "pp", "pprint", "pydotprint"]


class Print:
    """Print a value whenever it is computed: ``Print("message")(x)`` has the value and the gradient of ``x``.

    A model that uses it is not compiled by XLA.

    Parameters
    ----------
    message
        Printed before the value.
    attrs
        Attributes of the value to print, such as ``"shape"``; ``"__str__"`` is the value itself.
    """

    def __init__(self, message: str = "", attrs: Sequence[str] = ("__str__",), global_fn: Any = None) -> None:
        if global_fn is not None:
            raise NotSupported("theano.printing.Print(global_fn=); instead: message and attrs")
        unknown = set(attrs) - {"__str__", "shape", "dtype", "ndim"}
        if unknown:
            raise NotSupported(f"theano.printing.Print(attrs={sorted(unknown)}); instead: __str__, shape, dtype, ndim")
        self.message, self.attrs = message, tuple(attrs)

    def __call__(self, x: Any) -> Variable:
        x = as_variable(x)
        kind = (x.dtype, x.broadcastable)

        def impl(tensor: Any) -> Any:
            shown = {"__str__": tensor, "shape": tf.shape(tensor), "dtype": x.dtype, "ndim": x.ndim}
            for name in self.attrs:
                tf.print(self.message, name, "=", shown[name], output_stream=sys.stdout)
            return tf.identity(tensor)

        op = Op("Print", impl, infer=lambda inputs: kind, fast=lambda a: a, folds=False, python=True)
        return apply(op, x, name=x.name)


def pp(variable: Variable) -> str:
    """The formula of a variable.

    Examples
    --------
    >>> from pm_migrate.shims.theano.tensor import dscalar
    >>> pp(2 * dscalar("x"))
    'mul(2, x)'
    """
    if variable.name is not None:
        return variable.name
    if isinstance(variable, Constant):
        return str(variable.data)
    if variable.owner is None:
        return str(variable)
    inside = ", ".join(pp(v) for v in variable.owner.inputs)
    return f"{variable.owner.op.name}({inside})"


pprint = min_informative_str = pp


def debugprint(obj: Any, depth: int = -1, print_type: bool = False, file: Any = None, **options: Any) -> Any:
    """Print a graph, one line for each variable, its inputs indented below it.

    Parameters
    ----------
    obj
        A variable, a list of them, or a compiled function.
    depth
        How many levels to print; -1 for all.
    print_type
        Whether to add types.
    file
        Where to print; ``"str"`` returns the text.
    """
    outputs = obj if isinstance(obj, (list, tuple)) else getattr(obj, "results", None) or [obj]
    out = StringIO()
    seen: dict[Variable, int] = {}

    def show(variable: Variable, level: int) -> None:
        if depth >= 0 and level >= depth:
            return
        known = variable in seen
        number = seen.setdefault(variable, len(seen))
        label = str(variable) if variable.owner is None else f"{variable.owner.op.name}.{variable.index}"
        name = f" '{variable.name}'" if variable.name and variable.owner is not None else ""
        kind = f" <{variable.type}>" if print_type else ""
        out.write(f"{' |' * level}{label} [id {number}]{name}{kind}\n")
        for v in variable.owner.inputs if variable.owner is not None and not known else ():
            show(v, level + 1)

    for output in outputs:
        show(output, 0)
    if file == "str":
        return out.getvalue()
    print(out.getvalue(), end="", file=file or sys.stdout)
    return file or sys.stdout


def pydotprint(*args: Any, **kwargs: Any) -> None:
    """Not available."""
    raise NotSupported(
        "theano.printing.pydotprint; instead: theano.printing.debugprint, or pm.model_to_graphviz(model)"
    )


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module 'theano.printing' has no attribute {name!r}")
    raise NotSupported(f"theano.printing.{name} is not available; instead: theano.printing.debugprint")
