"""A value and its gradient as one compiled program of a flat array: PyMC3's ``ValueGradFunction``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.blocking import ArrayOrdering
from pm_migrate.shims.model.profiling import ProfileStats
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.calling import decides_shapes, vector_caller
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.evaluation import evaluate, shared_inputs, uses_python
from pm_migrate.shims.theano.graph import SharedVariable, Variable

_log = logging.getLogger("pm_migrate")


class ValueGradFunction:
    """Value and gradient of a sum of costs.

    Parameters
    ----------
    costs
        Scalar expressions: the first counts once, each other by its weight (:meth:`set_weights`), at first 1.
    grad_vars
        Named variables of a known shape: the array that is called with is made of them, and the gradient is taken by
        them.
    extra_vars
        Named variables that stay at the values of :meth:`set_extra_values`.
    dtype
        Of the array; ``floatX`` by default.
    casting
        How values of ``grad_vars`` may be cast to it (see ``numpy.can_cast``).
    compute_grads
        Whether the gradient is wanted.
    **kwargs
        ``profile=True`` counts and times the calls; Theano's other options are taken and have no meaning here.

    Attributes
    ----------
    size : int
        Length of the array.
    profile : ProfileStats or None
        The timings.
    """

    def __init__(
        self,
        costs: Sequence[Variable],
        grad_vars: Sequence[Any],
        extra_vars: Sequence[Any] | None = None,
        *,
        dtype: str | None = None,
        casting: Any = "no",
        compute_grads: bool = True,
        **kwargs: Any,
    ) -> None:
        self._grad_vars = list(grad_vars)
        self._extra_vars = list(extra_vars or [])
        names = [v.name for v in (*self._grad_vars, *self._extra_vars)]
        if any(name is None for name in names):
            raise ValueError("Arguments must be named.")
        if len(set(names)) != len(names):
            raise ValueError(f"Names of the arguments are not unique: {names}.")
        if not costs:
            raise ValueError("At least one cost is required.")
        if len(costs) > 1 and any(cost.ndim for cost in costs):
            raise ValueError("All costs must be scalar.")
        self.dtype = config.floatX if dtype is None else dtype
        for var in self._grad_vars:
            self._check(var, casting)
        self._costs = list(costs)
        self._weights = SharedVariable(np.ones(len(costs) - 1, self.dtype), "__weights")
        self._ordering = ArrayOrdering(self._grad_vars)
        self.size = self._ordering.size
        self._extra_are_set = False
        self._extra_vars_shared = {
            v.name: SharedVariable(v.tag.test_value, f"{v.name}_shared__", broadcastable=v.broadcastable)
            for v in self._extra_vars
        }
        self._compute_grads = compute_grads
        own = [self._weights] if len(costs) > 1 else []
        self._program = FlatProgram(self._evaluate, self._costs, [*own, *self._extra_vars_shared.values()])
        self.profile = ProfileStats() if kwargs.get("profile") else None
        self._call = self._program if self.profile is None else self.profile.timed(self._program)

    def _check(self, var: Any, casting: Any) -> None:
        if not np.can_cast(var.dtype, self.dtype, casting):
            raise TypeError(
                f"Invalid dtype for variable {var.name}. Can not cast {var.dtype} to {self.dtype} with casting rule "
                f"{casting}."
            )
        if not np.issubdtype(var.dtype, np.floating):
            raise TypeError(f"Invalid dtype for variable {var.name}. Must be floating point but is {var.dtype}.")

    def _evaluate(self, flat: Any, *own: Any, others: Mapping[Variable, Any]) -> tuple[Any, ...]:
        """Traceable: the value, and the gradient when it is wanted, in one array if they are of one dtype."""
        weights, extra = (own[0], own[1:]) if len(self._costs) > 1 else ((), own)
        givens: dict[Variable, Any] = dict(others)
        givens.update(zip(self._extra_vars, extra, strict=True))

        def value(array: Any) -> Any:
            for var, place in zip(self._grad_vars, self._ordering.vmap, strict=True):
                givens[var] = tf.cast(tf.reshape(array[place.slc], place.shp), var.dtype)
            first, *rest = evaluate(self._costs, givens)
            return tf.add_n(
                [first, *(tf.cast(weights[i], first.dtype) * tf.cast(c, first.dtype) for i, c in enumerate(rest))]
            )

        if not self._compute_grads:
            return (value(flat),)
        with tf.GradientTape() as tape:
            tape.watch(flat)
            result = value(flat)
        slope = tape.gradient(result, flat, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        if result.dtype != slope.dtype:
            return result, slope
        # one array: to hand over a second one takes as long as to evaluate a small model
        return (tf.concat([result[tf.newaxis], slope], 0),)

    def set_weights(self, values: np.ndarray) -> None:
        """Set the weights of all costs but the first.

        Raises
        ------
        ValueError
            When there are more or fewer.
        """
        if np.shape(values) != (len(self._costs) - 1,):
            raise ValueError(f"Invalid shape {np.shape(values)} of weights. Must be {(len(self._costs) - 1,)}.")
        self._weights.set_value(np.asarray(values, self.dtype))

    def set_extra_values(self, extra_vars: Mapping[str, Any]) -> None:
        """Set the values of the extra variables, by name; others are left out."""
        self._extra_are_set = True
        for var in self._extra_vars:
            self._extra_vars_shared[var.name].set_value(np.asarray(extra_vars[var.name], var.dtype))

    def get_extra_values(self) -> dict[str, np.ndarray]:
        """The values of the extra variables.

        Raises
        ------
        ValueError
            Before they were set.
        """
        if not self._extra_are_set:
            raise ValueError("Extra values are not set: call set_extra_values(point) first.")
        return {name: shared.get_value() for name, shared in self._extra_vars_shared.items()}

    def __call__(self, array: np.ndarray, grad_out: np.ndarray | None = None, extra_vars: Any = None) -> Any:
        """Value and gradient (a list of two arrays), or the value alone when there is no gradient.

        Parameters
        ----------
        array
            Values of the gradient variables.
        grad_out
            Array that the gradient is written to; only the value is returned then.
        extra_vars
            Values for :meth:`set_extra_values`.
        """
        if extra_vars is not None:
            self.set_extra_values(extra_vars)
        if not self._extra_are_set:
            raise ValueError("Extra values are not set: call set_extra_values(point) first.")
        if array.shape != (self.size,):
            raise ValueError(f"Invalid shape for array. Must be {(self.size,)} but is {array.shape}.")
        results = self._call(np.asarray(array, self.dtype))
        if not self._compute_grads:
            return results[0]
        if len(results) == 1:
            joined = results[0]
            results = [joined[0], joined[1:]]
        if grad_out is None:
            return results
        np.copyto(grad_out, results[1])
        return results[0]

    def dict_to_array(self, point: Mapping[str, Any]) -> np.ndarray:
        """The values of the gradient variables as an array."""
        array = np.empty(self.size, dtype=self.dtype)
        for place in self._ordering.vmap:
            array[place.slc] = np.ravel(point[place.var]).astype(self.dtype)
        return array

    def array_to_dict(self, array: np.ndarray) -> dict[str, np.ndarray]:
        """An array as values of the gradient variables by name."""
        if array.shape != (self.size,):
            raise ValueError(f"Array should have shape ({self.size},) but has {array.shape}")
        if array.dtype != self.dtype:
            raise ValueError(f"Array has invalid dtype. Should be {self.dtype} but is {array.dtype}")
        return {p.var: array[p.slc].reshape(p.shp).astype(p.dtyp) for p in self._ordering.vmap}

    def array_to_full_dict(self, array: np.ndarray) -> dict[str, np.ndarray]:
        """An array as values of all variables by name, the extra ones included."""
        extra = {name: shared.get_value() for name, shared in self._extra_vars_shared.items()}
        return {**self.array_to_dict(array), **extra}


class FlatProgram:
    """A traceable function of a flat array and of shared values, compiled by XLA and called with as little as can be.

    Parameters
    ----------
    function
        ``function(flat, *own, others=values by variable)``.
    outputs
        The expressions that it evaluates: the shared variables in them become arguments of the program, integers are
        constants, since they may decide shapes. Random streams go on, and generators give their next item.
    own
        Shared variables that are passed by position.

    A program that XLA refuses, or would compile anew for each value, runs as a TensorFlow graph.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        outputs: Sequence[Variable],
        own: Sequence[SharedVariable],
    ) -> None:
        shared = [v for v in shared_inputs(outputs) if v not in own]
        self._function = function
        self._own = list(own)
        self._changing = [v for v in shared if v.changes]
        self._updates = {v: v.default_update for v in shared if v.default_update is not None}
        argument = [promotion.is_float(v.dtype) or v.changes or v in self._updates for v in shared]
        self._others = [v for v, is_argument in zip(shared, argument, strict=True) if is_argument]
        self._fixed = [v for v, is_argument in zip(shared, argument, strict=True) if not is_argument]
        self._arguments = [*self._own, *self._others]
        # random streams of TensorFlow and of XLA differ
        self._jit = not (uses_python(outputs) or self._updates)
        self._shared = [*self._arguments, *self._fixed]
        self._versions: list[int] | None = None
        self._tensors: list[Any] = []
        self._run: Any = None
        self._programs: dict[Any, Any] = {}

    @property
    def steady(self) -> bool:
        """Whether equal arrays and versions give equal results."""
        return not (self._changing or self._updates)

    def versions(self) -> list[int]:
        """The versions of the shared variables in the outputs."""
        return [v.version for v in self._shared]

    def __call__(self, flat: np.ndarray) -> list[np.ndarray]:
        """The outputs."""
        for variable in self._changing:
            variable.refresh()
        versions = self.versions()
        if versions != self._versions:
            self._prepare(flat)
            self._versions = versions
        results: list[np.ndarray] = self._run(flat, self._tensors)
        for variable in reversed(self._updates):
            variable.set_value(results.pop())
        return results

    def _prepare(self, flat: np.ndarray) -> None:
        arguments = [tf.constant(v.data) for v in self._arguments]
        key = (tuple(v.data.shape for v in self._arguments), tuple(v.version for v in self._fixed))
        if key not in self._programs:
            specs = [tf.TensorSpec(flat.shape, flat.dtype), *(tf.TensorSpec(t.shape, t.dtype) for t in arguments)]
            self._programs = {key: self._compiled(specs, flat, arguments)}
        self._run, self._tensors = self._programs[key], arguments

    def _compiled(self, specs: Sequence[Any], flat: np.ndarray, arguments: Sequence[Any]) -> Any:
        concrete = tf.function(self._traced, autograph=False, jit_compile=self._jit).get_concrete_function(*specs)
        if self._jit and decides_shapes(concrete):
            self._jit = False
            return self._compiled(specs, flat, arguments)
        run = vector_caller(concrete, flat, jit=self._jit)
        if not self._jit:
            return run
        try:
            run(flat, arguments)  # XLA compiles at the first call
        except tf.errors.OpError as error:
            cause = str(error.message).strip().splitlines()[0]
            _log.warning("XLA cannot compile this model, it runs uncompiled and slower. The cause: %s", cause)
            self._jit = False
            return self._compiled(specs, flat, arguments)
        return run

    def _traced(self, flat: Any, *arguments: Any) -> tuple[Any, ...]:
        own, rest = arguments[: len(self._own)], arguments[len(self._own) :]
        others = dict(zip(self._others, rest, strict=True))
        updates = evaluate(list(self._updates.values()), others) if self._updates else []
        return (*self._function(flat, *own, others=others), *updates)
