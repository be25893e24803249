"""The one loop that runs a model's generator and gives each yield to a handler."""

from __future__ import annotations

from collections.abc import Generator
from types import GeneratorType
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.pymc4.coroutine_model import Model, is_template
from pm_migrate.shims.pymc4.dims import note_data
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.errors import EvaluationError, StopExecution
from pm_migrate.shims.pymc4.names import Scope, variable_name
from pm_migrate.shims.pymc4.observing import Data
from pm_migrate.shims.pymc4.tensors import (
    GeneratorTensor,
    evaluating,
    normalise,
    precise,
    to_tensor,
    unwrap,
    using,
    wrap,
)
from pm_migrate.shims.pymc4.terms import Deterministic, Potential

Tensor = Any
_YIELDED = (Data, Distribution, Deterministic, Potential, Model, GeneratorType)


class Handler:
    """What one kind of evaluation does with what a model yields; values are plain tensors.

    Attributes
    ----------
    names
        Full names of the variables so far.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._unnamed_potentials = 0

    def distribution(self, name: str, dist: Distribution) -> Tensor:
        """Return the value of a random variable."""
        raise NotImplementedError

    def deterministic(self, name: str, value: Any, item: Deterministic | None) -> None:
        """Note a deterministic; ``item`` is None for the return value of a model."""

    def potential(self, name: str, potential: Potential) -> None:
        """Note a potential."""

    def named_data(self, name: str, item: Data) -> Tensor:
        """Note named data, and return them or what replaces them."""
        raise NotImplementedError

    def given_return(self, name: str) -> Any:
        """A value given for a model as a whole, or None."""
        return None

    def finish(self) -> None:
        """Do what is left when the model has run to its end."""

    def claim(self, name: str | None, what: str) -> str:
        """Check a new name.

        Raises
        ------
        EvaluationError
            When there is none, or it is taken.
        """
        if name is None:
            raise EvaluationError(f"Attempting to create an anonymous {what}")
        if name in self.names:
            raise EvaluationError(
                f"Attempting to create a duplicate variable {name!r}; this may happen when the same model or function "
                "is yielded twice without names of its own: give each a name=, or use `with pm.name_scope(...)`"
            )
        self.names.add(name)
        return name

    def potential_name(self, potential: Potential) -> str:
        """Full name of a potential; unnamed ones are numbered."""
        if potential.name is not None:
            return self.claim(variable_name(potential.name), "Potential")
        self._unnamed_potentials += 1
        return self.claim(f"potential_{self._unnamed_potentials}", "Potential")


def drive(model: Any, handler: Handler) -> Any:
    """Run a model to its end.

    Parameters
    ----------
    model
        A :class:`Model`, a generator, or a single distribution.

    Returns
    -------
    Any
        What the model returned, with plain tensors for its values.

    Raises
    ------
    StopExecution
        When ``model`` is none of those.
    EvaluationError
        For a yield or a return that is not allowed.
    """
    if isinstance(model, (Distribution, Deterministic, Potential)):
        item = model
        model = (lambda: (yield item))()
    if not isinstance(model, (Model, GeneratorType)):
        raise StopExecution(not_a_model(model))
    with evaluating(), using(getattr(model, "floatx", None)):
        returned = unwrap(_run(model, handler))
        with precise():
            handler.finish()
    return returned


def not_a_model(value: Any) -> str:
    """What is wrong with a value that was given in place of a model."""
    if isinstance(value, GeneratorType):
        return "a bare generator runs only once; decorate its function with pm.model and call it"
    if is_template(value):
        name = getattr(value, "__name__", "model")
        return f"{name} is a template, not a model: call it, with its arguments: {name}()"
    return (
        f"Attempting to evaluate a non model-like object of type {type(value).__name__}; it takes a model "
        "(a function decorated with pm.model, called) or a generator"
    )


def _run(model: Any, handler: Handler) -> Any:
    if isinstance(model, GeneratorType):
        return _checked_return(_exhaust(model, handler))
    full_name = variable_name(model.name)
    if not model.keep_auxiliary and full_name is not None:
        given = handler.given_return(full_name)
        if given is not None:
            return wrap(to_tensor(given))
    with Scope(name=model.name, prefix=model.prefix, coords=dict(model.coords)):
        returned = _checked_return(_exhaust(model.control_flow(), handler))
    if returned is not None and model.keep_return:
        if full_name is None or model.name is None:
            raise EvaluationError(
                "Attempting to create unnamed return variable when `keep_return` is set to True: a model with "
                "name=None cannot record what it returns; give it a name, or keep_return=False"
            )
        handler.deterministic(handler.claim(full_name, "return variable"), returned, None)
    return returned


def _exhaust(flow: Generator[Any, Any, Any], handler: Handler) -> Any:
    """Send values until the generator returns; errors are raised at the yield that caused them."""
    value: Any = None
    error: Exception | None = None
    while True:
        try:
            item = flow.send(value) if error is None else flow.throw(error)
        except StopIteration as stop:
            if error is not None:
                raise StopExecution(f"the model went on after an error at one of its yields: {error}") from error
            return stop.value
        if error is not None:
            flow.close()
            raise StopExecution(f"the model went on after an error at one of its yields: {error}") from error
        try:
            value = _process(item, handler)
        except Exception as problem:  # whatever it was, the user's line is where it belongs
            error = problem


def _process(item: Any, handler: Handler) -> Any:
    if isinstance(item, Distribution):
        name = handler.claim(variable_name(item.name) if item.name else None, "Distribution")
        with precise():
            value = handler.distribution(name, item)
        return _named(wrap(normalise(value)), name)
    if isinstance(item, Deterministic):
        name = handler.claim(variable_name(item.name) if item.name else None, "Deterministic")
        value = _named(wrap(to_tensor(item.get_value())), name)
        handler.deterministic(name, value, item)
        return value
    if isinstance(item, Potential):
        handler.potential(handler.potential_name(item), item)
        return item if item.name is None else wrap(normalise(item.value))
    if isinstance(item, Data):
        name = handler.claim(variable_name(item.name) if item.name else None, "Data")
        data = handler.named_data(name, item)
        note_data(item.coords, item.dims, tuple(data.shape))
        return _named(wrap(data), name)
    if isinstance(item, (Model, GeneratorType)):
        return _run(item, handler)
    hint = f": {not_a_model(item)}" if is_template(item) else ""
    if isinstance(item, (GeneratorTensor, tf.Tensor, np.ndarray, int, float)):
        hint = "; values need no yield, or are named with pm.Deterministic"
    elif hasattr(item, "experimental_default_event_space_bijector") or hasattr(item, "distribution"):
        hint = "; a TFP object is yielded as pm.from_tfp(name, distribution)"
    raise EvaluationError(f"Type {type(item).__name__} can't be processed in evaluation{hint}")


def _named(value: Any, name: str) -> Any:
    """The value of a variable, which knows the variable's name."""
    return GeneratorTensor(value.tensor, name) if isinstance(value, GeneratorTensor) else value


def _checked_return(value: Any) -> Any:
    def check(part: Any) -> None:
        if isinstance(part, _YIELDED):
            raise EvaluationError(
                f"a model returned a {type(part).__name__}: return values should not contain models, distributions, "
                "generators or potentials; write `return (yield x)`"
            )

    tf.nest.map_structure(check, value)
    return value
