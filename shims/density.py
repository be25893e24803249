"""The one log density that both front ends compile to.

A model, written with ``with pm.Model()`` or as a generator, becomes a :class:`LogDensity`: named value variables
(the unconstrained coordinates that a sampler sees) and a pure TensorFlow function of ONE draw. Chains, particles and
batches come from ``tf.vectorized_map`` over it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.stable_names import stabilised

Tensor = Any  # tf.Tensor, spelled loosely: TensorFlow ships no usable stubs
Point = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class ValueVariable:
    """One unconstrained coordinate block of a model.

    Parameters
    ----------
    name
        Name of the value variable: ``sigma_log__`` in the ``with`` front end, ``__log_sigma`` in the generator one,
        and the plain name when there is no transform.
    rv_name
        Name of the random variable it belongs to: ``sigma``.
    shape
        Shape of the unconstrained value (one draw).
    dtype
        NumPy name of its dtype; integers for discrete variables.
    transform
        Tag of the transform (``log``, ``interval``, ``stickbreaking`` ...) or None.
    test_value
        Unconstrained value at the test point.
    kind
        ``continuous``, or for a discrete variable how PyMC3 would step it: ``integer`` (Metropolis),
        ``binary`` (Bernoulli) or ``categorical``.
    categories
        For ``categorical``: the number of categories.
    """

    name: str
    rv_name: str
    shape: tuple[int, ...]
    dtype: str
    transform: str | None
    test_value: np.ndarray
    kind: str = "continuous"
    categories: int | None = None

    @property
    def size(self) -> int:
        """Number of scalars in one draw."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def discrete(self) -> bool:
        """Whether the variable has no gradient."""
        return self.kind != "continuous"


@dataclass(frozen=True)
class Evaluation:
    """What one evaluation of a model at one draw gives.

    Parameters
    ----------
    terms
        Log density by name of random variable or potential, each a scalar, Jacobian of the transform included.
    values
        What a trace records, by name: constrained random variables and deterministics (observed ones excluded).
    """

    terms: Mapping[str, Tensor]
    values: Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class LogDensity:
    """The log density of a model over its value variables.

    Parameters
    ----------
    variables
        The value variables, in the order of the model.
    evaluate
        Pure, traceable function of one draw: a mapping from value-variable name to tensor gives an
        :class:`Evaluation`.
    forward
        Ancestral sampling of one draw: ``forward(given, seed)`` takes constrained values by random-variable name, a
        stateless seed (shape ``(2,)``), draws every other random variable (observed ones included, with the shape of
        their data) and returns all of them and the deterministics by name.
    observed
        Observed data by name, NaN where they are missing.
    constants
        Named data that are no observations, by name, for the group ``constant_data``.
    draw_many
        Like ``forward`` for many draws at once: ``draw_many(given, count, names)`` takes and returns arrays with the
        draws in front, seeded by NumPy's global state; None where there is only ``forward``.
    values
        The part of ``evaluate`` that a trace records, alone; None where it is not known apart.
    version
        Changes when data that ``evaluate`` reads (shared variables) changed, so that compiled programs are not reused
        for other data.
    shared
        The shared variables that ``evaluate`` reads.
    dims
        Dimension names by variable name, for labelled results.
    coords
        Coordinate values by dimension name.
    scaling
        The largest factor of ``total_size=``, which objectives of variational inference are divided by.
    python
        Whether evaluating it calls Python (``as_op``), which XLA cannot compile.
    without_jacobians
        Terms by name at one draw, without the Jacobians of transforms; None where they are not known apart.
    """

    variables: tuple[ValueVariable, ...]
    evaluate: Callable[[Mapping[str, Tensor]], Evaluation]
    forward: Callable[[Mapping[str, Tensor], Tensor], Mapping[str, Tensor]]
    observed: Mapping[str, np.ndarray] = field(default_factory=dict)
    constants: Mapping[str, np.ndarray] = field(default_factory=dict)
    draw_many: Callable[[Mapping[str, np.ndarray], int, Sequence[str] | None], dict[str, np.ndarray]] | None = None
    values: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] | None = None
    version: Callable[[], Hashable] = lambda: 0
    shared: Callable[[], Sequence[Any]] = tuple
    dims: Mapping[str, Sequence[str]] = field(default_factory=dict)
    coords: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    scaling: float = 1.0
    python: bool = False
    without_jacobians: Callable[[Mapping[str, Tensor]], dict[str, Tensor]] | None = None
    _compiled: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def continuous(self) -> tuple[ValueVariable, ...]:
        """The value variables with a gradient, in order."""
        return tuple(v for v in self.variables if not v.discrete)

    @cached_property
    def discrete(self) -> tuple[ValueVariable, ...]:
        """The value variables without a gradient, in order."""
        return tuple(v for v in self.variables if v.discrete)

    @property
    def test_point(self) -> dict[str, np.ndarray]:
        """The unconstrained test values by name."""
        return {v.name: v.test_value for v in self.variables}

    def logp(self, values: Mapping[str, Tensor]) -> Tensor:
        """Total log density of one draw, a scalar tensor (traceable)."""
        terms = self.evaluate(values).terms
        return tf.add_n(list(terms.values())) if terms else tf.constant(0.0, tf.float64)

    def recorded(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What a trace records of one draw, by name (traceable)."""
        found = self.evaluate(values).values if self.values is None else self.values(values)
        return {name: tf.convert_to_tensor(x) for name, x in found.items()}

    def unflatten(self, flat: Tensor) -> dict[str, Tensor]:
        """Split a flat vector (one draw, continuous variables in order) into value variables by name."""
        sizes = [v.size for v in self.continuous]
        parts = tf.split(flat, sizes) if sizes else []
        return {v.name: tf.reshape(p, v.shape) for v, p in zip(self.continuous, parts, strict=True)}

    def flatten(self, point: Point) -> np.ndarray:
        """Join the continuous values of a point into one flat vector, in the order of :attr:`continuous`."""
        parts = [np.asarray(point[v.name], v.dtype).reshape(v.size) for v in self.continuous]
        return np.concatenate(parts) if parts else np.zeros(0)

    def compiled(self, what: str, build: Callable[[], Callable[..., Any]], **options: Any) -> Callable[..., Any]:
        """Return ``tf.function(build(), **options)``, built once per ``what`` and data version."""
        key = (what, self.version(), tuple(sorted(options.items())))
        if key not in self._compiled:
            self._compiled[key] = tf.function(build(), autograph=False, **options)
        return self._compiled[key]

    def remembered(self, what: str, build: Callable[[], Any]) -> Any:
        """Return ``build()``, called once per ``what`` and data version: for what holds compiled functions itself."""
        key = (what, self.version(), "remembered")
        if key not in self._compiled:
            self._compiled[key] = build()
        return self._compiled[key]

    def compiled_for(
        self, example: Sequence[Any], what: str, build: Callable[[], Callable[..., Any]]
    ) -> Callable[..., Any]:
        """Like :meth:`compiled` with XLA, for arguments like ``example``: traced at once, and found again on disk.

        See :mod:`pm_migrate.shims.stable_names`.
        """
        key = (what, self.version(), "stable")
        if key not in self._compiled:
            traced = self.compiled(what, build, jit_compile=True).get_concrete_function(*example)  # type: ignore[attr-defined]
            self._compiled[key] = stabilised(traced)
        return self._compiled[key]

    def logp_and_gradient(self, point: Point, *, jit: bool = False) -> tuple[float, dict[str, np.ndarray]]:
        """Log density at a point, and its gradient with respect to each continuous value variable.

        Parameters
        ----------
        point
            Unconstrained values by name, every value variable present.
        jit
            Compile with XLA.

        Returns
        -------
        (float, dict)
            The log density; gradients by name, each of the variable's shape.
        """

        def build() -> Callable[..., Any]:
            def both(values: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
                wanted = {v.name: values[v.name] for v in self.continuous}
                with tf.GradientTape() as tape:
                    tape.watch(wanted)
                    logp = self.logp({**values, **wanted})
                return logp, tape.gradient(logp, wanted, unconnected_gradients=tf.UnconnectedGradients.ZERO)

            return both

        function = self.compiled("logp_and_gradient", build, jit_compile=jit)
        logp, gradient = function(self.tensors(point))
        return float(logp), {name: g.numpy() for name, g in gradient.items()}

    def terms_at(self, point: Point) -> dict[str, float]:
        """The log density term by term at a point: names of random variables and potentials to floats."""

        def build() -> Callable[..., Any]:
            return lambda values: dict(self.evaluate(values).terms)

        return {name: float(t) for name, t in self.compiled("terms", build)(self.tensors(point)).items()}

    def tensors(self, point: Point) -> dict[str, Tensor]:
        """Convert a point to tensors of the variables' dtypes and shapes; a missing name is a KeyError."""
        return {v.name: tf.constant(np.asarray(point[v.name]).reshape(v.shape).astype(v.dtype)) for v in self.variables}
