"""One factor of a model's log density: what the compiled density and ``rv.logpt`` are both made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.distributions.binding import as_float
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Apply, Op, Tag, Variable, get_test_value
from pm_migrate.shims.theano.promotion import is_float

Tensor = Any


@dataclass(frozen=True, eq=False)
class Term:
    """The log density of one random variable.

    Parameters
    ----------
    name
        Of the random variable, without the tag of a transform.
    variable
        Its constrained value.
    dist
        Its distribution.
    free
        The unconstrained value variable under a transform, else None.
    ends
        What the transform depends on.
    repeats
        The log density and the Jacobian have different shapes, and are added as PyMC3 adds them.
    scaling
        Factor of the sum (``total_size=``), or None.
    """

    name: str
    variable: Variable
    dist: Any
    free: Variable | None = None
    ends: tuple[Variable, ...] = ()
    repeats: bool = False
    scaling: Variable | None = None

    @property
    def inputs(self) -> list[Variable]:
        """Every variable that the term is computed from."""
        own = [self.variable] if self.free is None else [self.variable, self.free, *self.ends]
        scaling = [] if self.scaling is None else [self.scaling]
        return list(dict.fromkeys([*self.dist.params.values(), *own, *scaling]))

    @property
    def dtype(self) -> str:
        """Dtype of the term as an expression."""
        if self.free is not None and self.free.transform.tag == "stickbreaking":  # PyMC3's Jacobian has an int64 in it
            return "float64"
        dtype = self.variable.dtype
        return self.dist.density_dtype(dtype if is_float(dtype) else self.dist.dtype)  # data are cast to the latter

    def density(self, values: Mapping[Variable, Tensor]) -> Tensor:
        """Log density of the constrained value, of the distribution's shape."""
        value = values[self.variable]
        if self.free is not None and value.dtype == tf.float32:  # which may round a value to an end of its support
            value = self._transform(values).backward(as_float(values[self.free]))
        elif value.dtype.is_floating:
            value = as_float(value)
        return as_float(self.dist.bound(values).log_prob(value))

    def elementwise(self, values: Mapping[Variable, Tensor]) -> Tensor:
        """Log density with the Jacobian, added by broadcasting."""
        density = self.density(values)
        jacobian = self._jacobian(values)
        return density if jacobian is None else added(density, jacobian)

    def total(self, values: Mapping[Variable, Tensor], *, jacobian: bool = True, scaled: bool = True) -> Tensor:
        """The term of the model's log density, a scalar."""
        term = self.density(values)
        slope = self._jacobian(values) if jacobian else None
        if slope is not None:
            term = with_jacobian(term, slope, self.repeats)
        term = term if term.shape.rank == 0 else tf.reduce_sum(term)
        if scaled and self.scaling is not None:
            term *= tf.cast(values[self.scaling], term.dtype)
        return term

    def _jacobian(self, values: Mapping[Variable, Tensor]) -> Tensor | None:
        if self.free is None:
            return None
        return as_float(self._transform(values).log_jacobian(as_float(values[self.free])))

    def _constrained(self, values: Mapping[Variable, Tensor]) -> Tensor:
        return tf.cast(self._transform(values).backward(as_float(values[self.free])), self.variable.dtype)

    def _transform(self, values: Mapping[Variable, Tensor]) -> Any:
        return self.free.transform.rebind(*(values[end] for end in self.ends))  # type: ignore[union-attr]

    def node(self, what: str) -> Variable:
        """The term as a node of the expression graph.

        As in PyMC3 it depends on the unconstrained value alone: a derivative by the constrained variable does not see
        it.

        Parameters
        ----------
        what
            ``logp``, ``logp_nojac`` (without the Jacobian), either with ``_unscaled``, or ``elementwise``.
        """
        compute: dict[str, Callable[..., Tensor]] = {
            "elementwise": self.elementwise,
            "logp": self.total,
            "logp_unscaled": lambda values: self.total(values, scaled=False),
            "logp_nojac": lambda values: self.total(values, jacobian=False),
            "logp_nojac_unscaled": lambda values: self.total(values, jacobian=False, scaled=False),
        }
        term, dtype = compute[what], self.dtype
        inputs = [v for v in self.inputs if self.free is None or v is not self.variable]

        def function(*operands: Tensor) -> Tensor:
            values = dict(zip(inputs, operands, strict=True))
            return term(values if self.free is None else {**values, self.variable: self._constrained(values)})

        ndim = 0
        if what == "elementwise":
            ndim = function(*(tf.constant(get_test_value(v)) for v in inputs)).shape.rank
        op = Op(
            f"{what}:{self.name}",
            lambda *operands: tf.cast(function(*operands), dtype),
            dtype=dtype,
            ndim=ndim,
        )
        return later(op, inputs, f"__logp_{self.name}" if what in ("logp", "logp_nojac") else None)


def added(term: Tensor, jacobian: Tensor) -> Tensor:
    """A log density and its Jacobian by PyMC3's sum.

    PyMC3 sums one axis of a density with more axes than the Jacobian, and adds the two by broadcasting.
    """
    return (tf.reduce_sum(term, axis=-1) if term.shape.rank > jacobian.shape.rank else term) + jacobian


def with_jacobian(term: Tensor, jacobian: Tensor, pymc3s_sum: bool) -> Tensor:
    """A log density and its Jacobian together: a scalar, or with PyMC3's sum an array that repeats the smaller one."""
    return added(term, jacobian) if pymc3s_sum else tf.reduce_sum(term) + tf.reduce_sum(jacobian)


def repetitions(term: Sequence[int], jacobian: Sequence[int]) -> tuple[int, int]:
    """How often PyMC3 counts a log density, and its Jacobian, of these shapes; once each where it raises."""
    term, jacobian = tuple(term), tuple(jacobian)
    term = term[:-1] if len(term) > len(jacobian) else term
    try:
        full = np.broadcast_shapes(term, jacobian)
    except ValueError:
        return 1, 1
    count = math.prod(full)
    return count // max(math.prod(term), 1), count // max(math.prod(jacobian), 1)


class _Later(Tag):
    """A tag whose test value is computed when it is asked for."""

    def __init__(self, variable: Variable) -> None:
        self._variable = variable
        self._value: np.ndarray | None = None

    @property
    def test_value(self) -> np.ndarray:
        if self._value is None:
            node = self._variable.owner
            assert node is not None
            with tf.init_scope():
                operands = {v: get_test_value(v) for v in node.inputs}
                self._value = np.asarray(evaluate([self._variable], operands)[0].numpy())
        return self._value

    @test_value.setter
    def test_value(self, value: np.ndarray) -> None:
        self._value = value


def later(op: Op, inputs: Sequence[Variable], name: str | None = None) -> Variable:
    """Like ``apply``, for an operation that knows its kind; the test value is computed when it is asked for.

    A model has hundreds of terms, and most programs never ask for the test value of one.
    """
    node = Apply(op, tuple(inputs))
    dtype, broadcastable = op.kind(inputs, None)
    result = Variable(dtype, broadcastable, name, node)
    result.tag = _Later(result)
    result.is_constant = all(v.is_constant for v in inputs)
    node.outputs = (result,)
    return result


def _sums(dtype: str) -> tuple[Op, Op]:
    """The sum of scalars, and of an array, computed in float64."""
    return (
        Op("add_n", lambda *terms: tf.cast(tf.add_n([as_float(t) for t in terms]), dtype), dtype=dtype, ndim=0),
        Op("sum", lambda x: tf.cast(tf.reduce_sum(as_float(x)), dtype), dtype=dtype, ndim=0),
    )


_SUMS = {dtype: _sums(dtype) for dtype in ("float32", "float64")}


def total(terms: Sequence[Variable], name: str | None = None) -> Variable:
    """The sum of terms, each summed when it is not a scalar; zero when there are none."""
    from pm_migrate.shims.theano.graph import constant

    if not terms:
        return constant(np.asarray(0.0), name)
    add_n, sum_of = _SUMS["float32" if all(t.dtype == "float32" for t in terms) else "float64"]
    scalars = [t if t.ndim == 0 else later(sum_of, [t]) for t in terms]
    return later(add_n, scalars, name)
