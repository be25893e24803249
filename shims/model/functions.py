"""Compiled functions of a point, and the outer functions of PyMC3's ``model`` module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pm_migrate.shims.util import get_var_name

if TYPE_CHECKING:
    from pm_migrate.shims.model.core import Model


def modelcontext(model: Any) -> Any:
    """The given model, or the one that is open.

    Raises
    ------
    TypeError
        When there is neither.
    """
    from pm_migrate.shims.model.core import Model

    return model if model is not None else Model.get_context()


def Point(*args: Any, model: Model | None = None, **kwargs: Any) -> dict[str, np.ndarray]:
    """A point of the model as a dictionary of arrays; what is no free variable is left out.

    Parameters
    ----------
    *args, **kwargs
        What ``dict`` takes; keys may be variables.
    model
        The model; the open one by default.

    Raises
    ------
    TypeError
        When they are no dictionary, or without a model.
    """
    model = modelcontext(model)
    try:
        given = dict(*args, **kwargs)
    except Exception as error:
        raise TypeError(f"can't turn {list(args)} and {kwargs} into a dict. {error}") from None
    names = {str(v.name) for v in model.free_RVs}
    named = {get_var_name(key): value for key, value in given.items()}
    return {name: np.array(value) for name, value in named.items() if name in names}


class FastPointFunc:
    """A function of one dictionary of exactly the variables of a model."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f

    def __call__(self, state: Mapping[str, Any]) -> Any:
        return self.f(**state)


class LoosePointFunc:
    """A function of a dictionary or keywords; names that are no free variables are left out."""

    def __init__(self, f: Callable[..., Any], model: Model) -> None:
        self.f = f
        self.model = model

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        point = Point(*args, model=self.model, **kwargs)
        missing = [str(v.name) for v in self.model.free_RVs if v.name not in point]
        if missing:
            raise TypeError(
                f"Missing required input: the point has no value for {', '.join(missing)}. Give every free variable of "
                "the model one, as in {**model.test_point, ...}"
            )
        return self.f(**point)


def fn(outs: Any, mode: Any = None, model: Model | None = None, *args: Any, **kwargs: Any) -> LoosePointFunc:
    """Compile expressions to a function of a point of the model: see :meth:`Model.fn`."""
    return modelcontext(model).fn(outs, mode, *args, **kwargs)


def fastfn(outs: Any, mode: Any = None, model: Model | None = None) -> FastPointFunc:
    """Compile expressions to a function of one dictionary: see :meth:`Model.fastfn`."""
    return modelcontext(model).fastfn(outs, mode)


compilef = fastfn
