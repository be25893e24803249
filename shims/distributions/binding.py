"""Catalogue rows bound to TFP: one masked log density, sampler and test value for both front ends.

PyMC3 gives ``-inf`` outside the support and for invalid parameters; TFP gives NaN, a finite number or ``-inf``. Every
value and parameter is therefore replaced by a valid one *before* TFP sees it and the result is masked afterwards, so
that neither the log density nor a gradient can become NaN (the two-``where`` pattern).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.catalog import Distribution, Form, expr
from pm_migrate.errors import CatalogueError, ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions import special
from pm_migrate.shims.distributions.functions import TF_FUNCTIONS
from pm_migrate.shims.theano.ops import stabilised

Tensor = Any
FLOAT = tf.float64


def as_float(value: Any, dtype: tf.DType = FLOAT) -> Tensor:
    """Convert to a tensor of the dtype that densities are computed in."""
    if isinstance(value, tf.Tensor):
        return value if value.dtype == dtype else tf.cast(value, dtype)
    return tf.convert_to_tensor(np.asarray(value, dtype.as_numpy_dtype))


def bind(row: Distribution, form: Form, given: Mapping[str, Any], dtype: tf.DType = FLOAT) -> Bound:
    """Bind parameter values to a row.

    Parameters
    ----------
    row
        The catalogue row.
    form
        One of ``row.forms`` or ``row.generator_forms``.
    given
        A value for every name of ``form.given``.
    dtype
        float64, or float32 by choice.

    Raises
    ------
    CatalogueError
        Naming what is missing.
    """
    missing = [name for name in form.given if name not in given]
    if missing:
        raise CatalogueError(f"{row.name}: no value given for {missing}")
    return Bound(row, form, {name: as_float(given[name], dtype) for name in form.given}, dtype)


@dataclass(frozen=True, eq=False)
class Bound:
    """A distribution with its parameters: log density, draws and test value of one batch.

    Parameters
    ----------
    row, form
        What is bound.
    given
        The parameters of the form as tensors, as the user gave them (not yet masked).
    dtype
        Dtype of all parameters, values and densities.
    fixed
        Whether PyMC3's modelling faults are mended: as it was chosen when the distribution was bound.
    """

    row: Distribution
    form: Form
    given: Mapping[str, Tensor]
    dtype: tf.DType = FLOAT
    fixed: bool = field(default_factory=quirks.fixed)

    @cached_property
    def _conditions(self) -> list[tuple[Tensor, frozenset[str]]]:
        """Validity conditions that can fail, each with the given parameters it depends on."""
        raw = self._evaluate_canonical(self.given)
        mapping = self.row.canonical_of(self.form)
        found = []
        for text in self.row.conditions:
            used = expr.names(text)
            depends = frozenset().union(*(expr.names(mapping[c]) for c in used))
            if not self._certain(text, depends):
                rank = max((self._rank(c) for c in used), default=0)
                found.append((_all_over(expr.evaluate(text, raw, TF_FUNCTIONS), rank), depends))
        for name, text in mapping.items():
            # a canonical parameter that overflows: the scale of a precision of 0, the shape of a zero deviation
            computed = expr.names(text) - {text}  # a name alone is an end of a generator form, which may be infinite
            if computed and self._rank(name) == 0 and not self._certainly_finite(name):
                found.append((tf.math.is_finite(raw[name]), expr.names(text)))
            if self._structure(name) == "cholesky" and not self._certainly_a_factor(name):
                found.append((_is_factor(raw[name]), expr.names(mapping[name])))
        return found

    def _certain(self, condition: str, depends: frozenset[str]) -> bool:
        """Whether a condition holds for constants, known while tracing, so that no mask is needed."""
        values = self._static(expr.names(condition), depends)
        if values is None:
            return False
        with tf.init_scope():
            return bool(np.all(expr.evaluate(condition, values, TF_FUNCTIONS)))

    def _certainly_finite(self, canonical: str) -> bool:
        """Whether a canonical parameter is finite, known while tracing."""
        values = self._static({canonical}, expr.names(self.row.canonical_of(self.form)[canonical]))
        return values is not None and bool(np.all(np.isfinite(values[canonical])))

    def _certainly_a_factor(self, canonical: str) -> bool:
        """Whether a canonical parameter is a Cholesky factor, known while tracing."""
        values = self._static({canonical}, expr.names(self.row.canonical_of(self.form)[canonical]))
        if values is None:
            return False
        with tf.init_scope():
            return bool(np.all(_is_factor(values[canonical])))

    def _static(self, canonical: Collection[str], depends: frozenset[str]) -> dict[str, Tensor] | None:
        """Canonical parameters of constants; None where a given one is known only when the program runs."""
        static = {name: tf.get_static_value(self.given[name]) for name in depends}
        if any(value is None for value in static.values()):
            return None
        with tf.init_scope():
            given = {name: tf.constant(value) for name, value in static.items()}
            mapping = self.row.canonical_of(self.form)
            return {c: expr.evaluate(mapping[c], given, TF_FUNCTIONS) for c in canonical}

    @cached_property
    def _safe_given(self) -> dict[str, Tensor]:
        safe = dict(self.given)
        for ok, depends in self._conditions:
            for name in depends:
                safe[name] = self._masked(name, ok, safe[name])
        return safe

    def _masked(self, name: str, ok: Tensor, value: Tensor) -> Tensor:
        rank = self._given_rank(name)
        scale = tf.constant(float(self._given_safe(name)), self.dtype)
        fallback = scale * tf.eye(value.shape[-1], dtype=self.dtype) if rank == 2 else scale
        return tf.where(tf.reshape(ok, (*ok.shape, *[1] * rank)), value, fallback)

    @cached_property
    def canonical(self) -> dict[str, Tensor]:
        """Canonical parameters, invalid ones replaced by safe ones."""
        return self._evaluate_canonical(self._safe_given)

    def _evaluate_canonical(self, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        mapping = self.row.canonical_of(self.form)
        return {name: as_float(expr.evaluate(text, given, TF_FUNCTIONS), self.dtype) for name, text in mapping.items()}

    def _param(self, canonical: str) -> Any:
        return self.row.param(canonical)

    def _rank(self, canonical: str) -> int:
        return self._param(canonical).domain.rank

    def _structure(self, canonical: str) -> str:
        return self._param(canonical).domain.structure

    def _given_param(self, name: str) -> Any:
        """The PyMC3 parameter that a given name stands for: itself, or what it renames in a generator form."""
        try:
            return self.row.param(name)
        except KeyError:
            mapping = self.row.canonical_of(self.form)
            return next((self.row.param(c) for c, text in mapping.items() if text == name), None)

    def _given_rank(self, name: str) -> int:
        param = self._given_param(name)
        if param is not None:
            return param.domain.rank
        mapping = self.row.canonical_of(self.form)
        return max(self._rank(c) for c, text in mapping.items() if name in expr.names(text))

    def _given_safe(self, name: str) -> str:
        param = self._given_param(name)
        return "0.5" if param is None else param.safe  # probabilities and logits: 0.5 is valid for both

    @cached_property
    def batch_shape(self) -> tuple[int, ...]:
        """Static batch shape of the parameters."""
        shape = tf.TensorShape([])
        for name, value in self.canonical.items():
            rank = self._rank(name)
            shape = tf.broadcast_static_shape(shape, value.shape[: value.shape.rank - rank])
        return tuple(shape.as_list())

    @cached_property
    def event_shape(self) -> tuple[int, ...]:
        """Static event shape: ``()`` for scalar distributions."""
        if self.row.rank == 0:
            return ()
        own = special.EVENT_SHAPE.get(self.row.name)
        if own is not None:
            return own(self.canonical)
        if self.row.rank == 2:
            return next(tuple(v.shape[-2:]) for n, v in self.canonical.items() if self._rank(n) == 2)
        return (max(int(v.shape[-1]) for n, v in self.canonical.items() if self._rank(n)),)

    @cached_property
    def _tfp_arguments(self) -> dict[str, Tensor]:
        if self.form.tfp is not None:
            return self._arguments(self.form.tfp, self._safe_given)
        return self._arguments(self.row.tfp, self.canonical)

    def _arguments(self, mapping: Mapping[str, str], values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {k: as_float(expr.evaluate(t, values, TF_FUNCTIONS), self.dtype) for k, t in mapping.items()}

    def _tfp(self, arguments: Mapping[str, Tensor]) -> Any:
        from tensorflow_probability import distributions as tfd

        assert self.row.tfp_class is not None, f"{self.row.name} has neither a TFP class nor a row in special/"
        return getattr(tfd, self.row.tfp_class)(**arguments)

    @property
    def _raw_log_prob(self) -> Callable[[Tensor], Tensor]:
        of_form = special.LOG_PROB_OF_FORM.get((self.row.name, self.form.given))
        if of_form is not None:
            return lambda value: of_form(value, self._safe_given)
        own = special.LOG_PROB.get(self.row.name)
        if own is None:
            return self._tfp(self._tfp_arguments).log_prob

        def log_prob(value: Tensor) -> Tensor:
            with quirks.quirks("fixed" if self.fixed else "pymc3"):
                return own(value, {**self.canonical, **self._log_odds(value)})

        return log_prob

    def _log_odds(self, value: Tensor) -> dict[str, Tensor]:
        """The log-odds that a probability was computed from: they keep the digits that it has lost near 0 and 1.

        As Theano finds them, when it compiles. It does not find them for values with more axes than the probability,
        of which the log density is -inf once the probability rounds to the other end.
        """
        probability, name = special.LOG_ODDS.get(self.row.name, ("", ""))
        given = next((g for g, t in self._given_names.items() if t == probability), None)
        if given is None or self.given[given].shape.rank < value.shape.rank:
            return {}
        found = stabilised.log_odds(self.given[given])
        return {} if found is None else {name: found}

    @property
    def _given_names(self) -> dict[str, str]:
        """The canonical parameter that each given one is, of those that are one."""
        return {text: name for name, text in self.row.canonical_of(self.form).items() if text in self.given}

    def log_prob(self, value: Any) -> Tensor:
        """Log density, elementwise over the batch, the event axis reduced.

        Parameters
        ----------
        value
            Anything that converts to a tensor; integers are allowed.

        Returns
        -------
        tensor
            ``-inf`` outside the support and for invalid parameters, never NaN there.
        """
        value = as_float(value, self.dtype)
        inside, per_element = self._inside(value)
        if per_element is not None:
            value = tf.where(per_element, value, self._value_inside(value))
        result = self._raw_log_prob(value)
        if not self.row.poles:
            # PyMC3 gives -inf where TFP gives +inf
            pole = tf.math.is_inf(result) & (result > 0)
            inside = ~pole if inside is None else inside & ~pole
        for ok, _ in self._conditions:
            inside = ok if inside is None else inside & ok
        if inside is None:
            return result
        return tf.where(inside, result, tf.constant(-np.inf, self.dtype))

    def log_cdf(self, value: Any) -> Tensor:
        """Logarithm of the probability of values up to and including ``value``, elementwise.

        Raises
        ------
        CatalogueError
            For a distribution of which PyMC3 has no ``logcdf``.
        """
        if self.row.logcdf is None:
            raise CatalogueError(f"{self.row.name} has no logcdf (as in PyMC3)")
        value = as_float(value, self.dtype)
        low, high = (self._end(text) for text in (self.row.support.lower, self.row.support.upper))
        open_end = not (self.row.support.closed_lower or self.row.discrete)
        below = tf.zeros_like(value, tf.bool) if low is None else (value <= low if open_end else value < low)
        above = tf.zeros_like(value, tf.bool) if high is None else value >= high
        moved = tf.where(below | above, self._value_inside(value), value)
        if self.row.discrete:
            moved = tf.floor(moved)
        own = special.LOG_CDF.get(self.row.name)
        if own is None:
            result = self._tfp(self._tfp_arguments).log_cdf(moved)
        else:
            with quirks.quirks("fixed" if self.fixed else "pymc3"):
                result = own(moved, self.canonical)
        result = tf.where(above, tf.zeros_like(result), result)
        for ok in (~below, *(ok for ok, _ in self._conditions)):
            result = tf.where(ok, result, tf.constant(-np.inf, self.dtype))
        return result

    def _end(self, text: str) -> Tensor | None:
        """One end of the support, None for an infinite one."""
        if text in {"-inf", "inf"}:
            return None
        return as_float(expr.evaluate(text, self.canonical, TF_FUNCTIONS), self.dtype)

    def _inside(self, value: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Whether the value is in the support: reduced over the event axis, and per element; None for the reals."""
        support = self.row.support
        checks = []
        for text, closed, lower in (
            (support.lower, support.closed_lower, True),
            (support.upper, support.closed_upper, False),
        ):
            end = self._end(text)
            if end is None:
                continue
            if lower:
                checks.append(value >= end if closed else value > end)
            else:
                checks.append(value <= end if closed else value < end)
        if support.integer:
            checks.append(tf.equal(value, tf.floor(value)) & tf.math.is_finite(value))
        if not checks:
            return None, None
        each = checks[0]
        for check in checks[1:]:
            each = each & check
        return _all_over(each, support.rank), each

    def _value_inside(self, value: Tensor) -> Tensor:
        """A value in the support, to compute with under the mask: the test value, as a constant.

        A gradient through it would reach the parameters; where the test value overflows (``exp(mu)``), as NaN.
        """
        test_value = tf.stop_gradient(self.test_value())
        test_value = tf.where(tf.math.is_finite(test_value), test_value, tf.ones_like(test_value))
        return tf.broadcast_to(test_value, tf.broadcast_static_shape(value.shape, test_value.shape))

    def test_value(self) -> Tensor:
        """Default test value of the row: PyMC3's."""
        own = special.TEST_VALUE.get(self.row.name)
        if own is not None:
            return own(self.canonical)
        return as_float(expr.evaluate(self.row.test_value, self.canonical, TF_FUNCTIONS), self.dtype)

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draw.

        Parameters
        ----------
        shape
            Total shape, event axis included; the parameters broadcast to it.
        seed
            Stateless seed of shape ``(2,)``.

        Returns
        -------
        tensor
            Of :attr:`dtype`, also for discrete distributions.
        """
        if not self.row.has_random:
            raise ModelError(
                f"Cannot sample from {self.row.name}, which is improper: give the variable a value, or a proper prior"
            )
        batch = shape[: len(shape) - self.row.rank]
        own = special.SAMPLE.get(self.row.name)
        if own is not None:
            return own(self._broadcast(self.canonical, batch), shape, seed)
        if self.form.tfp is not None:
            arguments = {k: tf.broadcast_to(v, batch) for k, v in self._tfp_arguments.items()}
        else:
            canonical = self._broadcast(self.canonical, batch)
            arguments = self._arguments(self.row.tfp, canonical)
        return as_float(self._tfp(arguments).sample(seed=seed), self.dtype)

    def _broadcast(self, values: Mapping[str, Tensor], batch: tuple[int, ...]) -> dict[str, Tensor]:
        """Canonical parameters broadcast to a batch shape; matrices stay as they are (vectors carry the batch)."""
        result = {}
        for name, value in values.items():
            rank = self._rank(name)
            result[name] = (
                value if rank == 2 else tf.broadcast_to(value, (*batch, *value.shape[value.shape.rank - rank :]))
            )
        return result

    @property
    def categories(self) -> int | None:
        """Number of categories of a categorical distribution."""
        if self.row.kind != "categorical":
            return None
        if "p" in self.canonical:
            return int(self.canonical["p"].shape[-1])
        return int(self.canonical["cutpoints"].shape[-1]) + 1


def _all_over(condition: Tensor, rank: int) -> Tensor:
    """Reduce a condition over its event axes."""
    return tf.reduce_all(condition, axis=tuple(range(-rank, 0))) if rank else condition


def _is_factor(chol: Tensor) -> Tensor:
    """Whether lower triangular matrices are Cholesky factors: their diagonals are finite and positive."""
    diagonal = tf.linalg.diag_part(chol)
    return tf.reduce_all(tf.math.is_finite(diagonal) & (diagonal > 0), axis=-1)
