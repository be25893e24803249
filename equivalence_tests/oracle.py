"""The catalogue's formulas in high precision: the tiebreaker between PyMC3 and the runtime.

Values are NumPy object arrays of mpmath numbers, so that vectors and matrices work with Python's operators.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import numpy as np

from pm_migrate.catalog import Distribution, Form, expr

EPS = 2.0**-52


def _each(function: Callable[..., Any], inputs: int = 1) -> Callable[..., Any]:
    ufunc = np.frompyfunc(function, inputs, 1)
    return lambda *args: np.asarray(ufunc(*args))


def _logpow(x: Any, m: Any) -> Any:
    if x == 0:
        return mpmath.mpf(0) if m == 0 else mpmath.mpf("-inf")
    return m * mpmath.log(x)


def _matrix(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def apply(a: Any) -> Any:
        result = function(mpmath.matrix(a.tolist()))
        return np.array(result.tolist(), dtype=object).reshape(a.shape)

    return apply


def _solve_lower(factor: Any, right: Any) -> Any:
    solution = mpmath.lu_solve(mpmath.matrix(factor.tolist()), mpmath.matrix(right.tolist()))
    return np.array([solution[i] for i in range(len(right))], dtype=object)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "log": _each(mpmath.log),
    "log1p": _each(mpmath.log1p),
    "exp": _each(mpmath.exp),
    "sqrt": _each(mpmath.sqrt),
    "abs": _each(abs),
    "floor": _each(mpmath.floor),
    "sigmoid": _each(lambda x: 1 / (1 + mpmath.exp(-x))),
    "gammaln": _each(mpmath.loggamma),
    "ndtr": _each(mpmath.ncdf),
    "logpow": _each(_logpow, 2),
    "sum": lambda x: np.asarray(np.sum(x, axis=-1)),
    "count": lambda x: mpmath.mpf(np.shape(x)[-1]),
    "take": lambda p, value: p[int(value)],
    "diagonal": np.diagonal,
    "cholesky": _matrix(mpmath.cholesky),
    "inverse": _matrix(lambda a: a**-1),
    "solve_lower": _solve_lower,
}

#: Digits: enough for differences of normal tail probabilities 35 standard deviations out (1e-268), and for
#: 1 - sigmoid(1000) (1e-434).
_DIGITS = {"TruncatedNormal": 350, "Bernoulli": 500}


def exact(value: Any) -> Any:
    """An array as exact high-precision numbers."""
    return np.frompyfunc(mpmath.mpf, 1, 1)(np.asarray(value, dtype=float))


def summands(text: str) -> list[str]:
    """The terms of a sum, as expressions; signs are kept.

    Examples
    --------
    >>> summands("a - b * c + d")
    ['a', '-(b * c)', 'd']
    """

    def split(node: ast.expr, negative: bool) -> list[str]:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            flipped = negative != isinstance(node.op, ast.Sub)
            return [*split(node.left, negative), *split(node.right, flipped)]
        return [f"-({ast.unparse(node)})" if negative else ast.unparse(node)]

    return split(expr.parse(text), False)


def log_density_terms(row: Distribution, form: Form, given: Mapping[str, Any], value: Any) -> list[Any]:
    """The summands of the catalogue's formula at exact inputs, high-precision numbers (summed over elements)."""
    canonical = {c: expr.evaluate(text, given, FUNCTIONS) for c, text in row.canonical_of(form).items()}
    values = {**canonical, "value": value}
    return [mpmath.re(np.sum(np.asarray(expr.evaluate(t, values, FUNCTIONS)))) for t in summands(row.logp)]


class Oracle:
    """Log density, gradient and conditioning of a row at one point.

    Parameters
    ----------
    row, form
        The catalogue row and one of its parametrisations.
    given, value
        The point; floats are taken as exact.
    """

    def __init__(self, row: Distribution, form: Form, given: Mapping[str, Any], value: Any) -> None:
        self.row, self.form = row, form
        self.inputs: dict[str, Any] = {name: np.asarray(v, float) for name, v in {**given, "value": value}.items()}
        self.digits = _DIGITS.get(row.name, 60)

    def _at(self, inputs: Mapping[str, Any]) -> Any:
        given = {name: v for name, v in inputs.items() if name != "value"}
        return np.array(log_density_terms(self.row, self.form, given, inputs["value"]), dtype=object)

    def logp(self) -> float:
        """The log density, rounded once."""
        with mpmath.workdps(self.digits):
            return float(np.sum(self._at({n: exact(v) for n, v in self.inputs.items()})))

    def partial(self, name: str, index: tuple[int, ...], order: tuple[tuple[str, tuple[int, ...]], ...] = ()) -> Any:
        """Derivative of the log density: the sum of :meth:`partial_terms`."""
        return np.sum(self.partial_terms(name, index, order))

    def partial_terms(
        self, name: str, index: tuple[int, ...], order: tuple[tuple[str, tuple[int, ...]], ...] = ()
    ) -> Any:
        """Derivative of each summand: central differences in high precision, with a step of 1e-15 of the input's size.

        ``order`` names further inputs to differentiate by (for the conditioning of a gradient).
        """

        def at(shifts: Mapping[tuple[str, tuple[int, ...]], Any]) -> Any:
            inputs = {n: exact(v) for n, v in self.inputs.items()}
            for (n, i), shift in shifts.items():
                array = np.array(inputs[n], dtype=object)
                array[i] += shift
                inputs[n] = array if array.shape else array.item()
            return self._at({n: np.asarray(v, dtype=object)[()] for n, v in inputs.items()})

        def difference(which: list[tuple[str, tuple[int, ...]]], shifts: dict[Any, Any]) -> Any:
            if not which:
                return at(shifts)
            (n, i), rest = which[0], which[1:]
            # an absolute step for inputs next to 0: a relative one would drown in the digits of the others
            h = mpmath.mpf(10) ** -15 * max(abs(float(self.inputs[n][i])), 1e-4)
            before = shifts.get((n, i), 0)
            up = difference(rest, {**shifts, (n, i): before + h})
            down = difference(rest, {**shifts, (n, i): before - h})
            return (up - down) / (2 * h)

        with mpmath.workdps(self.digits):
            return difference([(name, index), *order], {})

    def scalars(self, names: list[str]) -> list[tuple[str, tuple[int, ...]]]:
        """Every scalar input of the given names."""
        return [(n, i) for n in names for i in np.ndindex(self.inputs[n].shape)]

    def condition(self, names: list[str]) -> float:
        """``sum |summands| + sum_i |x_i df/dx_i|`` over the scalar inputs of the given names."""
        with mpmath.workdps(self.digits):
            terms = self._at({n: exact(v) for n, v in self.inputs.items()})
        parts = [abs(float(self.inputs[n][i]) * float(self.partial(n, i))) for n, i in self.scalars(names)]
        return sum(abs(float(t)) for t in terms) + sum(parts)


def wrong_bits(ours: float, truth: float, condition: float) -> float:
    """Disagreement in bits beyond what the conditioning explains; 0 at best, inf for a NaN or a wrong infinity."""
    if ours == truth:
        return 0.0
    if not (np.isfinite(ours) and np.isfinite(truth)):
        return float("inf")
    # 2**-1074-sized densities aside, an absolute error below eps is as good as rounding a term of order one
    return float(max(0.0, np.log2(abs(ours - truth) / (EPS * max(condition, 1.0)))))
