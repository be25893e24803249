"""What a ``random`` method of a PyMC3 program is written with: ``draw_values`` and ``generate_samples``."""

from __future__ import annotations

import numbers
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import ArgumentError, ModelError
from pm_migrate.shims.distributions.drawing import Joint, lead_of, random_ancestors, values_given
from pm_migrate.shims.distributions.shape_utils import (
    broadcast_dist_samples_shape,
    get_broadcastable_dist_samples,
    to_tuple,
)
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Constant, SharedVariable, Variable

__all__ = ["draw_values", "generate_samples", "is_fast_drawable"]

_stack = threading.local()


class _DrawValuesContext:
    """What :func:`draw_values` has drawn: kept while a context is open, so that nested calls agree.

    Attributes
    ----------
    drawn_vars
        Values by variable and size, shared with the contexts around.
    parent
        The context around this one, or None.
    """

    drawn_vars: dict[Any, Any]

    def __init__(self) -> None:
        self.parent = self.get_context(error_if_none=False)
        self.drawn_vars = {} if self.parent is None else self.parent.drawn_vars

    @classmethod
    def get_context(cls, error_if_none: bool = True) -> _DrawValuesContext | None:
        """The innermost open context of this thread; without one None, or a TypeError."""
        opened = getattr(_stack, "contexts", [])
        if not opened and error_if_none:
            raise TypeError(f"No {cls.__name__} on context stack")
        return opened[-1] if opened else None

    def __enter__(self) -> _DrawValuesContext:
        if not hasattr(_stack, "contexts"):
            _stack.contexts = []
        _stack.contexts.append(self)
        return self

    def __exit__(self, *exception: Any) -> None:
        _stack.contexts.pop()


class _DrawValuesContextBlocker(_DrawValuesContext):
    """A context that does not know what was drawn around it."""

    def __init__(self) -> None:
        self.parent = None
        self.drawn_vars = {}


def is_fast_drawable(var: Any) -> bool:
    """Whether a parameter has a value without anything being drawn or computed."""
    return isinstance(var, (numbers.Number, np.ndarray, Constant, SharedVariable))


def draw_values(params: Sequence[Any], point: Mapping[str, Any] | None = None, size: Any = None) -> list[Any]:
    """Values for parameters, as a ``random`` method of a PyMC3 program asks for them.

    Parameters
    ----------
    params
        Numbers, arrays or variables.
    point
        Values of random variables by name; those that are missing are drawn.
    size
        Shape in front of what has to be drawn.

    Returns
    -------
    list
        In the order of ``params``. Numbers and arrays are returned as they are; what depends on nothing random has its
        own shape, without ``size``.
    """
    point = point or {}
    lead = lead_of(size)
    result: dict[int, Any] = {}
    random: dict[int, Variable] = {}
    with _DrawValuesContext() as context:
        for i, param in enumerate(params):
            if is_fast_drawable(param) or not isinstance(param, Variable):
                result[i] = _draw_value(param)
            elif (param, lead) in context.drawn_vars:
                result[i] = context.drawn_vars[param, lead]
            elif hasattr(param, "model") and str(param.name) in point:
                result[i] = context.drawn_vars[param, lead] = point[str(param.name)]
            else:
                random[i] = param
        if random:
            known = {v: x for (v, drawn), x in context.drawn_vars.items() if drawn == lead}
            values = _jointly(tuple(dict.fromkeys(random.values())), point, known, lead)
            context.drawn_vars.update({(v, lead): x for v, x in values.items()})
            result.update({i: values[v] for i, v in random.items()})
    return [result[i] for i in range(len(params))]


def _jointly(
    needs: tuple[Variable, ...], point: Mapping[str, Any], known: Mapping[Variable, Any], lead: tuple[int, ...]
) -> dict[Variable, np.ndarray]:
    """Values of variables, and of the random variables that had to be drawn for them, in one joint draw.

    Parameters that share a random variable share its value.
    """
    before = {str(v.name): x for v, x in known.items() if hasattr(v, "model") and str(v.name) not in point}
    given = values_given(needs, {**before, **point})
    led = {v for v, x in given.items() if lead and str(v.name) in before and x.shape[: len(lead)] == lead}
    joint = Joint(lead, dict(given), led)
    joint.draw(random_ancestors(needs, {**before, **point}))
    values, _ = joint.compute(needs)
    return {**{v: x for v, x in joint.known.items() if v not in given}, **values}


def _draw_value(
    param: Any, point: Mapping[str, Any] | None = None, givens: Iterable[tuple[Variable, Any]] = (), size: Any = None
) -> Any:
    """The value of one parameter.

    Parameters
    ----------
    param
        A number or an array, which is returned as it is, or a variable.
    point
        Values of random variables by name.
    givens
        Pairs of variables and values, for an expression.
    size
        Shape in front of what is drawn.

    Raises
    ------
    ValueError
        For anything else.
    """
    if isinstance(param, (numbers.Number, np.ndarray)):
        return param
    if isinstance(param, Constant):
        return np.asarray(param.data)
    if isinstance(param, SharedVariable):
        return param.get_value()
    if not isinstance(param, Variable):
        raise ModelError(f"Unexpected type in draw_value: {type(param)}")
    if point and hasattr(param, "model") and str(param.name) in point:
        return point[str(param.name)]
    if hasattr(param, "random"):
        return param.random(point=point, size=size)
    fixed = {variable: np.asarray(value, variable.dtype) for variable, value in givens or ()}
    if fixed:
        return np.asarray(evaluate([param], {**values_given([param], point or {}), **fixed})[0])
    return _jointly((param,), point or {}, {}, lead_of(size))[param]


def generate_samples(generator: Callable[..., Any], *args: Any, **kwargs: Any) -> np.ndarray:
    """Call a NumPy sampler with parameters that are broadcast to the shape of the draws.

    Parameters
    ----------
    generator
        A function of the parameters and ``size``, the full shape of the draws (as SciPy's ``rvs``).
    *args, **kwargs
        Its parameters: arrays, with or without ``size`` in front.
    dist_shape
        Shape of one draw.
    size
        Shape in front.
    broadcast_shape
        Joint shape of the parameters where it does not follow from theirs.
    not_broadcast_kwargs
        Further arguments of the generator, passed as they are.

    Raises
    ------
    TypeError, ValueError
        When the shapes do not broadcast.

    Examples
    --------
    >>> generate_samples(lambda loc, size: loc + np.zeros(size), np.zeros((4, 3)), dist_shape=(2, 3), size=4).shape
    (4, 2, 3)
    """
    own = to_tuple(kwargs.pop("dist_shape", ()))
    lead = to_tuple(kwargs.pop("size", None))
    joint = kwargs.pop("broadcast_shape", None)
    plain = kwargs.pop("not_broadcast_kwargs", None) or {}
    parameters = [a[0] if isinstance(a, tuple) else a for a in (*args, *kwargs.values())]
    shape = (*lead, *own) if own[: len(lead)] == lead else own  # not a consequence of the size: by chance
    try:
        if joint is None:
            joint = broadcast_dist_samples_shape([*map(np.shape, parameters), shape], size=lead)
            parameters = get_broadcastable_dist_samples(parameters, size=lead, must_bcast_with=joint)
        full = broadcast_dist_samples_shape([shape, to_tuple(joint)], size=lead)
    except ValueError:
        raise ArgumentError(
            f"Attempted to generate values with incompatible shapes: size: {lead}, dist_shape: {own}, parameters: "
            f"{[np.shape(p) for p in parameters]}"
        ) from None
    full = full if full[: len(lead)] == lead else (*lead, *full)
    named = dict(zip(kwargs, parameters[len(args) :], strict=True))
    return np.asarray(generator(*parameters[: len(args)], **named, **plain, size=full))
