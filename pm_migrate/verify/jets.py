"""Second-order automatic differentiation over high-precision numbers.

A :class:`Jet` carries a value, its first and its second derivatives by the scalar inputs that it depends on. Formulas
are evaluated on NumPy object arrays of jets, so that vectors and matrices work with Python's operators.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
from mpmath import mpf

Number = Any


class Jet:
    """A number with derivatives.

    Parameters
    ----------
    value
        The number.
    first
        Derivative by input number; absent means 0.
    second
        Second derivative by pair of input numbers, the smaller first; absent means 0.
    """

    __slots__ = ("first", "second", "value")

    def __init__(
        self,
        value: Number,
        first: dict[int, Number] | None = None,
        second: dict[tuple[int, int], Number] | None = None,
    ) -> None:
        self.value = value
        self.first = first or {}
        self.second = second or {}

    @classmethod
    def variable(cls, value: Number, index: int) -> Jet:
        """An input."""
        return cls(value, {index: mpf(1)})

    def chain(self, value: Number, slope: Number, curvature: Number) -> Jet:
        """``f(self)`` from f's value and derivatives at :attr:`value`."""
        if not self.first:
            return Jet(value)
        second = {ij: slope * h for ij, h in self.second.items()}
        if curvature:
            items = sorted(self.first.items())
            for a, (i, gi) in enumerate(items):
                scaled = curvature * gi
                for j, gj in items[a:]:
                    second[i, j] = second.get((i, j), 0) + scaled * gj
        return Jet(value, {i: slope * g for i, g in self.first.items()}, second)

    def __add__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.value + other, self.first, self.second)
        return Jet(self.value + other.value, _sum(self.first, other.first), _sum(self.second, other.second))

    __radd__ = __add__

    def __neg__(self) -> Jet:
        return Jet(-self.value, {i: -g for i, g in self.first.items()}, {ij: -h for ij, h in self.second.items()})

    def __sub__(self, other: Any) -> Jet:
        return self + (-other)

    def __rsub__(self, other: Any) -> Jet:
        return -self + other

    def __mul__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return self.chain(self.value * other, other, 0)
        if not other.first:
            return self * other.value
        if not self.first:
            return other * self.value
        a, b = self, other
        first = _sum({i: g * b.value for i, g in a.first.items()}, {i: g * a.value for i, g in b.first.items()})
        second = _sum({k: h * b.value for k, h in a.second.items()}, {k: h * a.value for k, h in b.second.items()})
        for i, gi in a.first.items():
            for j, gj in b.first.items():
                key = (i, j) if i <= j else (j, i)
                second[key] = second.get(key, 0) + (2 * gi * gj if i == j else gi * gj)
        return Jet(a.value * b.value, first, second)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Jet:
        return self * reciprocal(other) if isinstance(other, Jet) else self * (1 / mpf(other))

    def __rtruediv__(self, other: Any) -> Jet:
        return reciprocal(self) * other

    def __pow__(self, power: Any) -> Jet:
        if isinstance(power, Jet):
            if power.first:
                return exp(power * log(self))
            power = power.value
        x, n = self.value, mpf(power)
        if n == int(n) and n >= 0:
            slope = n * x ** (n - 1) if n >= 1 else mpf(0)
            curvature = n * (n - 1) * x ** (n - 2) if n >= 2 else mpf(0)
            return self.chain(x**n, slope, curvature)
        return self.chain(x**n, n * x ** (n - 1), n * (n - 1) * x ** (n - 2))

    def __rpow__(self, base: Any) -> Jet:
        return exp(self * mpmath.log(base))

    def __abs__(self) -> Jet:
        """At the kink the slope is 0, as automatic differentiation has it everywhere."""
        return -self if self.value < 0 else self if self.value else Jet(self.value)

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < plain(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= plain(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > plain(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= plain(other))

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)


def plain(x: Any) -> Number:
    """The value of a jet, or the number itself."""
    return x.value if isinstance(x, Jet) else x


def _sum(a: dict[Any, Number], b: dict[Any, Number]) -> dict[Any, Number]:
    if not a or not b:
        return dict(a or b)
    total = dict(a)
    for key, value in b.items():
        total[key] = total[key] + value if key in total else value
    return total


def elementary(derivatives: Callable[[Number], tuple[Number, Number, Number]]) -> Callable[[Any], Any]:
    """A function of jets or numbers from its value, slope and curvature."""

    def apply(x: Any) -> Any:
        if isinstance(x, Jet):
            return x.chain(*derivatives(x.value))
        return derivatives(mpf(x))[0]

    return apply


def _exp(x: Number) -> tuple[Number, Number, Number]:
    e = mpmath.exp(x)
    return e, e, e


def _log(x: Number) -> tuple[Number, Number, Number]:
    if x == 0:
        return mpf("-inf"), mpf("inf"), mpf("-inf")
    return mpmath.log(x), 1 / x, -1 / x**2


def _sqrt(x: Number) -> tuple[Number, Number, Number]:
    root = mpmath.sqrt(x)
    return (root, 1 / (2 * root), -1 / (4 * root * x)) if x else (root, mpf("inf"), mpf("-inf"))


def _reciprocal(x: Number) -> tuple[Number, Number, Number]:
    r = 1 / x
    return r, -r * r, 2 * r * r * r


def _gammaln(x: Number) -> tuple[Number, Number, Number]:
    with mpmath.workdps(15):  # second derivatives serve only the conditioning, of which one digit matters
        curvature = mpmath.psi(1, x)
    return mpmath.re(mpmath.loggamma(x)), mpmath.psi(0, x), curvature


def _normal(x: Number) -> Number:
    return mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi)


#: Beyond, mpmath's own erfc overflows, and the first term of its asymptotic series has 300 digits.
_FAR = 1e150


def _normal_mass(x: Number) -> Number:
    """Probability of a standard normal value below x."""
    if abs(x) < _FAR:
        return mpmath.erfc(-x / mpmath.sqrt(2)) / 2
    tail = _normal(x) / abs(x)
    return tail if x < 0 else 1 - tail


def _ndtr(x: Number) -> tuple[Number, Number, Number]:
    density = _normal(x)
    return _normal_mass(x), density, -x * density


def _log_ndtr(x: Number) -> tuple[Number, Number, Number]:
    mass = _normal_mass(x)
    ratio = _normal(x) / mass
    return mpmath.log(mass), ratio, -ratio * (x + ratio)


def _sigmoid(x: Number) -> tuple[Number, Number, Number]:
    up, down = 1 / (1 + mpmath.exp(-x)), 1 / (1 + mpmath.exp(x))
    return up, up * down, up * down * (down - up)


def _softplus(x: Number) -> tuple[Number, Number, Number]:
    up, down = 1 / (1 + mpmath.exp(-x)), 1 / (1 + mpmath.exp(x))
    # log(1 + e) is 0 once e is below the last digit
    return mpmath.log1p(mpmath.exp(x)), up, up * down


def _log_i0e(x: Number) -> tuple[Number, Number, Number]:
    i0 = mpmath.besseli(0, x)
    ratio = mpmath.besseli(1, x) / i0
    over = ratio / x if x else mpf(1) / 2
    return mpmath.log(i0) - abs(x), ratio - mpmath.sign(x), 1 - over - ratio * ratio


def _i0e(x: Number) -> tuple[Number, Number, Number]:
    scale, s = mpmath.exp(-abs(x)), mpmath.sign(x)
    i0, i1 = mpmath.besseli(0, x), mpmath.besseli(1, x)
    curvature = (i0 + mpmath.besseli(2, x)) / 2
    return i0 * scale, scale * (i1 - s * i0), scale * (curvature - 2 * s * i1 + i0)


exp = elementary(_exp)
log = elementary(_log)
sqrt = elementary(_sqrt)
reciprocal = elementary(_reciprocal)
gammaln = elementary(_gammaln)
ndtr = elementary(_ndtr)
log_ndtr = elementary(_log_ndtr)
sigmoid = elementary(_sigmoid)
softplus = elementary(_softplus)
log_i0e = elementary(_log_i0e)
i0e = elementary(_i0e)
cos = elementary(lambda x: (mpmath.cos(x), -mpmath.sin(x), -mpmath.cos(x)))
atan = elementary(lambda x: (mpmath.atan(x), 1 / (1 + x * x), -2 * x / (1 + x * x) ** 2))


def log1p(x: Any) -> Any:
    """``log(1 + x)``; the digits in use must hold the sum."""
    return log(1 + x)


def floor(x: Any) -> Number:
    """Largest integer not above x; locally constant."""
    return mpmath.floor(plain(x))


def sign(x: Any) -> Number:
    """-1, 0 or 1; locally constant."""
    return mpmath.sign(plain(x))
