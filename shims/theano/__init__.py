"""``theano`` on TensorFlow: a lazy expression graph with Theano's meaning.

Examples
--------
>>> from pm_migrate.shims import theano
>>> import pm_migrate.shims.theano.tensor as tt
>>> x = tt.dvector("x")
>>> theano.function([x], tt.exp(x).sum())([0.0, 0.0])
array(2.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.compilation import Function, In, Param, function
from pm_migrate.shims.theano.config import change_flags, config
from pm_migrate.shims.theano.evaluation import replace as _replace
from pm_migrate.shims.theano.gradient import Lop, Rop, grad
from pm_migrate.shims.theano.graph import SharedVariable, Variable, as_variable
from pm_migrate.shims.theano.loops import foldl, foldr, map, reduce, scan

__version__ = "1.1.2"  # of Theano-PyMC, whose behaviour this package has

__all__ = [
    "Function",
    "In",
    "Lop",
    "Param",
    "Rop",
    "Variable",
    "change_flags",
    "clone",
    "config",
    "foldl",
    "foldr",
    "function",
    "grad",
    "map",
    "reduce",
    "scan",
    "shared",
]

_MODULES = frozenset("compile gradient graph ifelse printing raise_op sandbox scalar sparse tensor updates".split())


def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    broadcastable: Sequence[bool] | None = None,
    **ignored: Any,
) -> SharedVariable:
    """Make a shared variable: a tensor whose value can be set between evaluations.

    Examples
    --------
    >>> s = shared(1.5)
    >>> double = 2 * s
    >>> s.set_value(4.0)
    >>> double.eval()
    array(8.)
    """
    return SharedVariable(value, name, borrow, broadcastable)


def clone(output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True) -> Any:
    """Copy a graph with variables replaced: ``clone(y, replace={x: other})``."""
    pairs = replace.items() if isinstance(replace, Mapping) else (replace or [])
    mapping = {a: as_variable(b) for a, b in pairs}
    for old, new in mapping.items():
        if strict and (old.dtype != new.dtype or old.ndim != new.ndim):
            raise TypeError(f"clone: {old} ({old.dtype}, {old.ndim}-d) cannot become {new} ({new.dtype}, {new.ndim}-d)")
    outputs = list(output) if isinstance(output, (list, tuple)) else [output]
    copies = _replace(outputs, mapping)
    return copies if isinstance(output, (list, tuple)) else copies[0]


_PRINTING = frozenset({"debugprint", "pp", "pprint"})


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name == "theano":  # Theano imports itself, and programs take it from there: from theano import theano, tensor
        return import_module(__name__)
    if name in _PRINTING:
        return getattr(import_module(f"{__name__}.printing"), name)
    return names.missing("theano")(name)
