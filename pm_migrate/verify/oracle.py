"""The catalogue's formulas in high precision: the tiebreaker between PyMC3 and the runtime."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

from pm_migrate.catalog import Distribution, Form, expr
from pm_migrate.verify import incomplete, jets
from pm_migrate.verify.jets import Jet, plain

EPS = 2.0**-52


def _each(function: Callable[..., Any], inputs: int = 1) -> Callable[..., Any]:
    ufunc = np.frompyfunc(function, inputs, 1)
    return lambda *args: ufunc(*args)


def _logpow(x: Any, m: Any) -> Any:
    if plain(x) == 0:
        return mpf(0) if plain(m) == 0 else mpf("-inf")
    return m * jets.log(x)


def _where(condition: Any, yes: Any, no: Any) -> Any:
    return yes if condition else no


def _cholesky(matrix: Any) -> Any:
    """Cholesky and Banachiewicz's recursion over jets."""
    size = len(matrix)
    factor = np.full((size, size), mpf(0), dtype=object)
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i, j] - sum((factor[i, k] * factor[j, k] for k in range(j)), mpf(0))
            if i == j and not plain(rest) > 0:
                raise ValueError("the matrix is not positive definite")
            factor[i, j] = jets.sqrt(rest) if i == j else rest / factor[j, j]
    return factor


def _solve_lower(factor: Any, right: Any) -> Any:
    solution: list[Any] = []
    for i in range(len(right)):
        rest = right[i] - sum((factor[i, k] * solution[k] for k in range(i)), mpf(0))
        solution.append(rest / factor[i, i])
    return np.array(solution, dtype=object)


def _inverse(matrix: Any) -> Any:
    """Of a positive definite matrix, by its Cholesky factor."""
    factor = _cholesky(matrix)
    columns = [_solve_lower(factor, np.array(unit, dtype=object)) for unit in np.eye(len(matrix), dtype=int).tolist()]
    inverse_factor = np.array(columns, dtype=object).T
    return inverse_factor.T.dot(inverse_factor)


def _cut_below(cuts: Any, k: Any) -> Any:
    return cuts[int(k) - 1] if int(k) > 0 else mpf("-inf")


def _cut_above(cuts: Any, k: Any) -> Any:
    return cuts[int(k)] if int(k) < len(cuts) else mpf("inf")


def _betaln(a: Any, b: Any) -> Any:
    return jets.gammaln(a) + jets.gammaln(b) - jets.gammaln(a + b)


def _multigammaln(a: Any, p: Any) -> Any:
    size = int(p)
    constant = size * (size - 1) * mpmath.log(mpmath.pi) / 4
    return sum((jets.gammaln(a + mpf(1 - i) / 2) for i in range(1, size + 1)), constant)


def _sigmoid(x: Any) -> Any:
    if mpmath.isinf(plain(x)):
        return mpf(1) if plain(x) > 0 else mpf(0)
    return jets.sigmoid(x)


def _ndtr(x: Any) -> Any:
    if mpmath.isinf(plain(x)):
        return mpf(1) if plain(x) > 0 else mpf(0)
    return jets.ndtr(x)


def _owens_t(h: Any, a: Any) -> Any:
    h, a = mpf(plain(h)), mpf(plain(a))
    return mpmath.quad(lambda t: mpmath.exp(-h * h * (1 + t * t) / 2) / (1 + t * t), [0, a]) / (2 * mpmath.pi)


def _correlation_matrix(packed: Any) -> Any:
    """Symmetric, unit diagonal, ``packed`` as the strict upper triangle row by row."""
    size = round((1 + (1 + 8 * len(packed)) ** 0.5) / 2)
    matrix = np.full((size, size), mpf(1), dtype=object)
    for entry, i, j in zip(packed, *np.triu_indices(size, 1), strict=True):
        matrix[i, j] = matrix[j, i] = entry
    return matrix


def _sum_of_ratios(first: Any, ratio: Callable[[int], Any], start: int, last: int) -> Any:
    """``first + first * ratio(start) + ...``, up to the term of number ``last``."""
    total, term = first, first
    for k in range(start, last):
        term *= ratio(k)
        total += term
    return total


def _betabinom_cdf(alpha: Any, beta: Any, n: Any, x: Any) -> Any:
    """The sum of the probabilities up to x."""
    alpha, beta, n = (mpf(plain(a)) for a in (alpha, beta, n))
    last = int(min(mpmath.floor(plain(x)), n))
    first = mpmath.beta(alpha, n + beta) / mpmath.beta(alpha, beta)
    return _sum_of_ratios(first, lambda k: (n - k) * (k + alpha) / ((k + 1) * (n - k - 1 + beta)), 0, last)


def _hypergeom_cdf(population: Any, successes: Any, draws: Any, x: Any) -> Any:
    """The sum of the probabilities up to x."""
    size, good, n = (mpf(plain(a)) for a in (population, successes, draws))
    start, last = int(max(0, n - size + good)), int(min(mpmath.floor(plain(x)), n, good))
    first = mpmath.binomial(good, start) * mpmath.binomial(size - good, n - start) / mpmath.binomial(size, n)
    return _sum_of_ratios(first, lambda k: (good - k) * (n - k) / ((k + 1) * (size - good - n + k + 1)), start, last)


def _interpolate(x: Any, xs: Any, ys: Any) -> Any:
    """The piecewise linear function through the points; a knot belongs to the piece on its right, as PyMC3 has it."""
    right = next(i for i in range(1, len(xs)) if plain(x) < plain(xs[i]) or i == len(xs) - 1)
    share = (x - xs[right - 1]) / (xs[right] - xs[right - 1])
    return ys[right - 1] + (ys[right] - ys[right - 1]) * share


def _trapezoid(xs: Any, ys: Any) -> Any:
    return sum(((xs[i] - xs[i - 1]) * (ys[i] + ys[i - 1]) / 2 for i in range(1, len(xs))), mpf(0))


def _regularised(function: Callable[..., Any]) -> Callable[..., Any]:
    """Functions that only ``logcdf`` uses, without derivatives."""
    return _each(lambda *args: function(*(mpf(plain(a)) for a in args)), function.__code__.co_argcount)


#: The grammar's functions on jets. ``log1mexp(x)`` is ``log(1 - exp(-x))`` for x > 0.
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "log": _each(jets.log),
    "log1p": _each(jets.log1p),
    "exp": _each(jets.exp),
    "expm1": _each(lambda x: jets.exp(x) - 1),
    "sqrt": _each(jets.sqrt),
    "abs": _each(abs),
    "floor": _each(jets.floor),
    "sign": _each(jets.sign),
    "cos": _each(jets.cos),
    "atan": _each(jets.atan),
    "sigmoid": _each(_sigmoid),
    "logit": _each(lambda p: jets.log(p) - jets.log(1 - p)),
    "softplus": _each(jets.softplus),
    "log1mexp": _each(lambda x: jets.log(1 - jets.exp(-x))),
    "logaddexp": _each(lambda a, b: jets.log(jets.exp(a) + jets.exp(b)), 2),
    "gammaln": _each(jets.gammaln),
    "betaln": _each(_betaln, 2),
    "multigammaln": _multigammaln,
    "ndtr": _each(_ndtr),
    "log_ndtr": _each(jets.log_ndtr),
    "log_i0e": _each(jets.log_i0e),
    "i0e": _each(jets.i0e),
    "logpow": _each(_logpow, 2),
    "minimum": _each(lambda a, b: a if plain(a) <= plain(b) else b, 2),
    "maximum": _each(lambda a, b: a if plain(a) >= plain(b) else b, 2),
    "where": _each(_where, 3),
    "sum": lambda x: np.sum(np.asarray(x, dtype=object), axis=-1),
    "count": lambda x: mpf(np.shape(x)[-1]),
    "take": lambda p, value: p[int(value)],
    "cut_below": _cut_below,
    "cut_above": _cut_above,
    "diagonal": np.diagonal,
    "trace": lambda x: np.sum(np.diagonal(x)),
    "transpose": lambda x: x.T,
    "matmul": lambda a, b: a.dot(b),
    "cholesky": _cholesky,
    "inverse": _inverse,
    "solve_lower": _solve_lower,
    "ones_like": lambda x: np.full(np.shape(x), mpf(1), dtype=object),
    "correlation_matrix": _correlation_matrix,
    "owens_t": _owens_t,
    "betabinom_cdf": _betabinom_cdf,
    "hypergeom_cdf": _hypergeom_cdf,
    "interpolate": _interpolate,
    "trapezoid": _trapezoid,
    "gammainc": _regularised(incomplete.gammainc),
    "gammaincc": _regularised(incomplete.gammaincc),
    "betainc": _regularised(incomplete.betainc),
}

#: Digits in use. Most formulas lose few; these have differences of tail probabilities (35 standard deviations out:
#: 1e-268), of nearly equal powers, or 1 - sigmoid(1000) (1e-434).
DIGITS: dict[str, int] = {
    "TruncatedNormal": 350,
    "Bernoulli": 500,
    "OrderedLogistic": 120,
    "OrderedProbit": 700,
    "DiscreteWeibull": 1200,
}
_DIGITS = 60


def exact(value: Any) -> Any:
    """An array as exact high-precision numbers."""
    return np.frompyfunc(mpf, 1, 1)(np.asarray(value, dtype=float))


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


def _total(term: Any) -> Jet:
    total = np.sum(np.asarray(term, dtype=object))
    return total if isinstance(total, Jet) else Jet(mpf(total))


@dataclass(frozen=True)
class Truth:
    """What is exactly so at one point, as floats.

    Parameters
    ----------
    logp
        Log density.
    condition
        ``sum |summands| + sum |x_i df/dx_i|``.
    gradient
        By input name, of the input's shape.
    gradient_condition
        The same measure for each partial derivative.
    """

    logp: float
    condition: float
    gradient: Mapping[str, np.ndarray]
    gradient_condition: Mapping[str, np.ndarray]


def structure_of(row: Distribution, name: str) -> str:
    """Structure of the domain of a parameter, or of ``value``; empty for none."""
    try:
        return row.support.structure if name == "value" else row.param(name).domain.structure
    except KeyError:
        return ""


def comparable(row: Distribution, name: str, gradient: Any) -> np.ndarray:
    """A gradient without what each side may choose: which of two equal entries of a matrix moves, and unused entries.

    Parameters
    ----------
    name
        A parameter, or ``value``.
    """
    gradient = np.asarray(gradient, float)
    structure = structure_of(row, name)
    if structure == "positive_definite":
        return (gradient + np.swapaxes(gradient, -1, -2)) / 2
    return np.tril(gradient) if structure == "cholesky" else gradient


class Oracle:
    """The catalogue's formula of a row at one point.

    Parameters
    ----------
    row, form
        The catalogue row and one of its parametrisations.
    given, value
        The point; floats are taken as exact.
    """

    def __init__(self, row: Distribution, form: Form, given: Mapping[str, Any], value: Any) -> None:
        self.row, self.form = row, form
        self.inputs: dict[str, np.ndarray] = {n: np.asarray(v, float) for n, v in {**given, "value": value}.items()}
        self.digits = DIGITS.get(row.name, _DIGITS)

    def _smooth(self, name: str) -> bool:
        """Whether the log density is differentiated by an input."""
        if name == "value":
            return not self.row.discrete
        try:
            return not self.row.param(name).domain.integer
        except KeyError:
            return True

    @cached_property
    def scalars(self) -> list[tuple[str, tuple[int, ...]]]:
        """Every scalar input that can be moved."""
        return [(n, i) for n, array in self.inputs.items() if self._smooth(n) for i in np.ndindex(array.shape)]

    def _variables(self) -> dict[str, Any]:
        number = {key: k for k, key in enumerate(self.scalars)}
        made: dict[str, Any] = {}
        for name, array in self.inputs.items():
            entries = np.empty(array.shape, dtype=object)
            for index in np.ndindex(array.shape):
                value = mpf(float(array[index]))
                key = (name, index)
                entries[index] = Jet.variable(value, number[key]) if key in number else value
            made[name] = entries if array.shape else entries.item()
        return made

    def terms(self) -> list[Jet]:
        """The summands of the formula, with derivatives; the digits in use must be set."""
        values = self._variables()
        given = {name: v for name, v in values.items() if name != "value"}
        canonical = {c: expr.evaluate(text, given, FUNCTIONS) for c, text in self.row.canonical_of(self.form).items()}
        values = {**canonical, "value": values["value"], "pi": +mpmath.pi}
        return [_total(expr.evaluate(text, values, FUNCTIONS)) for text in summands(self.row.logp)]

    @cached_property
    def truth(self) -> Truth:
        """Log density, gradient and their conditioning."""
        with mpmath.workdps(self.digits):
            terms = self.terms()
            total = _total(np.array(terms, dtype=object))
            sizes = [abs(plain_input) for plain_input in self._sizes()]
            gradient = {n: np.zeros(a.shape) for n, a in self.inputs.items() if self._smooth(n)}
            conditions = {n: np.zeros(a.shape) for n, a in self.inputs.items() if self._smooth(n)}
            for k, (name, index) in enumerate(self.scalars):
                slope = total.first.get(k, mpf(0))
                spread = sum((abs(t.first[k]) for t in terms if k in t.first), mpf(0))
                for other, size in enumerate(sizes):
                    spread += size * abs(total.second.get((min(k, other), max(k, other)), 0))
                gradient[name][index] = float(slope)
                conditions[name][index] = float(spread)
            for name in gradient:
                gradient[name] = comparable(self.row, name, gradient[name])
                conditions[name] = comparable(self.row, name, conditions[name])
            condition = sum((abs(t.value) for t in terms), mpf(0))
            condition += sum((abs(total.first[k]) * size for k, size in enumerate(sizes) if k in total.first), mpf(0))
            return Truth(float(total.value), float(condition), gradient, conditions)

    def _sizes(self) -> list[Any]:
        """What one rounding of each scalar input is relative to: its size, or of a positive definite matrix more.

        The Cholesky factor L that a computer finds of a matrix A is that of a matrix which differs from A by a few
        roundings of ``|L||L'|``, elementwise (Higham 2002, "Accuracy and Stability of Numerical Algorithms", theorem
        10.3). On the diagonal this is A itself; an entry of A that is smaller than the product of the roots of its
        diagonal entries is not seen to the last of its own digits.
        """
        spreads = {}
        for name, array in self.inputs.items():
            if structure_of(self.row, name) == "positive_definite":
                factor = np.frompyfunc(lambda x: abs(plain(x)), 1, 1)(_cholesky(exact(array)))
                spreads[name] = factor.dot(factor.T)
        return [spreads[n][i] if n in spreads else mpf(float(self.inputs[n][i])) for n, i in self.scalars]

    def logp(self) -> float:
        """The log density, rounded once."""
        return self.truth.logp

    def logcdf(self) -> float:
        """The log distribution function, rounded once."""
        with mpmath.workdps(self.digits):
            return float(self._logcdf())

    def logcdf_condition(self) -> float:
        """``|F| + sum |x_i dF/dx_i|`` of the log distribution function F."""
        return abs(self.logcdf()) + sum(abs(slope) for slope in self.logcdf_slopes().values())

    def logcdf_slopes(self) -> dict[tuple[str, tuple[int, ...]], float]:
        """``x_i dF/dx_i`` of the log distribution function F, by input and index; inputs that are 0 are left out."""
        with mpmath.workdps(self.digits):
            at, step = self._logcdf(), self._step
            return {key: float((self._logcdf({key: step}) - at) / step) for key in self._movable}

    def logcdf_slope_conditions(self) -> dict[tuple[str, tuple[int, ...]], float]:
        """For each slope ``g`` of :meth:`logcdf_slopes`, ``|g| + sum |x_j dg/dx_j|``."""
        with mpmath.workdps(self.digits):
            at, step = self._logcdf(), self._step
            once = {key: self._logcdf({key: step}) for key in self._movable}
            conditions = {key: abs(there - at) / step for key, there in once.items()}
            for i, first in enumerate(self._movable):
                for second in self._movable[i:]:
                    both = self._logcdf({first: step, second: step} if first != second else {first: 2 * step + step**2})
                    mixed = abs(both - once[first] - once[second] + at) / step**2
                    for key in {first, second}:
                        conditions[key] += mixed
            return {key: float(condition) for key, condition in conditions.items()}

    @property
    def _step(self) -> Any:
        """A relative step, in the digits in use, whose square still leaves a third of them."""
        return mpf(10) ** (-self.digits // 3)

    @cached_property
    def _movable(self) -> list[tuple[str, tuple[int, ...]]]:
        return [key for key in self.scalars if self.inputs[key[0]][key[1]]]

    def _logcdf(self, moved: Mapping[tuple[str, tuple[int, ...]], Any] = MappingProxyType({})) -> Any:
        """In the digits in use, with some scalar inputs larger by relative steps."""
        assert self.row.logcdf is not None
        given = {n: np.array(exact(v), dtype=object) for n, v in self.inputs.items()}
        for (name, index), step in moved.items():
            given[name][index] *= 1 + step
        given = {n: v if v.shape else v.item() for n, v in given.items()}
        values = {c: expr.evaluate(text, given, FUNCTIONS) for c, text in self.row.canonical_of(self.form).items()}
        values = {**values, "value": given["value"], "pi": +mpmath.pi}
        return _total(expr.evaluate(self.row.logcdf, values, FUNCTIONS)).value


def wrong_bits(
    ours: float, truth: float, condition: float, eps: float = EPS, largest: float = float(np.finfo(float).max)
) -> float:
    """Disagreement in bits beyond what the conditioning explains; 0 at best, inf for a NaN or a wrong infinity.

    A number that is beyond the ``largest`` one, or just below it, may be infinite: infinity counts as the largest one.
    """
    if largest / 2 < abs(truth) < np.inf:
        ours, truth = float(np.clip(ours, -largest, largest)), float(np.clip(truth, -largest, largest))
    if ours == truth:
        return 0.0
    if not (np.isfinite(ours) and np.isfinite(truth)):
        return float("inf")
    # 2**-1074-sized densities aside, an absolute error below eps is as good as rounding a term of order one
    return float(np.log2(max(1.0, abs(ours - truth) / (eps * max(condition, 1.0)))))
