"""Expressions as attributes, and small parts that all of variational inference shares."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import SharedVariable, Variable, get_test_value
from pm_migrate.shims.util import locally_cachedmethod


class VariationalInferenceError(Exception):
    """Variational inference was asked for what it cannot do."""


class ExplicitInferenceError(VariationalInferenceError, TypeError):
    """The objective needs a log density that the approximation does not have."""


class AEVBInferenceError(VariationalInferenceError, TypeError):
    """The objective cannot be used with local variables."""


class ParametrizationError(VariationalInferenceError, ValueError):
    """Parameters of an approximation do not fit its family."""


class GroupError(VariationalInferenceError, TypeError):
    """Groups of variables that do not make an approximation of the model."""


class BatchedGroupError(GroupError):
    """A group that is parametrised row by row, and cannot be."""


class LocalGroupError(BatchedGroupError, AEVBInferenceError):
    """A local group that cannot be one."""


def append_name(name: str | None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: name the variable that a function gives."""

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        if name is None:
            return function

        @functools.wraps(function)
        def named(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            result.name = name
            return result

        return named

    return wrap


def node_property(f: Any) -> Any:
    """Decorator: a method that makes an expression, as an attribute that is made once.

    Parameters
    ----------
    f
        The method; or a name for the expression, which gives the decorator.
    """
    if isinstance(f, str):
        return lambda function: node_property(append_name(f)(function))
    return property(locally_cachedmethod(f))


def try_to_set_test_value(node_in: Any, node_out: Any, s: Any) -> None:
    """Give samples of a variable a test value: that of the variable, as often as there are samples.

    Parameters
    ----------
    node_in, node_out
        The variable and its samples, or lists of them.
    s
        Number of samples, a number or an expression; None for one without an axis of its own.
    """
    if config.compute_test_value == "off":
        return
    count = get_test_value(s) if isinstance(s, Variable) else s
    if isinstance(s, Variable) and count is None:
        return
    one = not isinstance(node_in, (list, tuple))
    pairs = [(node_in, node_out)] if one else zip(node_in, node_out, strict=True)
    for before, after in pairs:
        value = get_test_value(before)
        if value is not None and not after.is_constant:
            after.tag.test_value = value if count is None else np.repeat(value[None, ...], int(count), 0)


def collect_shared_to_list(params: Mapping[Any, Any] | None) -> list[SharedVariable]:
    """The shared variables among parameters by name, in the order of the names.

    Raises
    ------
    TypeError
        For anything but a dictionary or None.
    """
    if params is None:
        return []
    if not isinstance(params, dict):
        raise TypeError(f"Unknown type {type(params)} for {params!r}, need dict or None")
    return [params[key] for key in sorted(params) if isinstance(params[key], SharedVariable)]


def without_test_value(variable: Variable) -> Variable:
    """The variable, without its test value: what is made of it is then not computed while the graph is built.

    A constant keeps its test value, which is its value.
    """
    if not variable.is_constant and "test_value" in vars(variable.tag):
        del variable.tag.test_value
    return variable


def parameter_shapes(spec: Mapping[str, Sequence[str]], **sizes: Any) -> dict[str, tuple[int, ...]]:
    """Shapes of the parameters of a family: texts of sizes such as ``d`` or ``int(d * (d + 1) / 2)``.

    Examples
    --------
    >>> parameter_shapes({"mu": ("d",), "b": ()}, d=3)
    {'mu': (3,), 'b': ()}
    """
    names = {"__builtins__": {}, "int": int, **sizes}
    return {name: tuple(eval(text, dict(names)) for text in texts) for name, texts in spec.items()}
