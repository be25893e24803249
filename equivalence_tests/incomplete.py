"""Incomplete gamma and beta functions in high precision.

mpmath's own recurse without end at small arguments and give up at large shapes. Here each is a series of positive terms
or a continued fraction, whichever converges.
"""

from __future__ import annotations

from typing import Any

import mpmath
from mpmath import mpf

Number = Any


def _lower_series(a: Number, x: Number) -> Number:
    """``P(a, x)`` by NIST DLMF 8.7.1: all terms are positive, and rise until x."""
    term = total = mpf(1)
    k = 0
    while k < x - a or abs(term) > mpmath.eps * total:
        k += 1
        term *= x / (a + k)
        total += term
    return total * mpmath.exp(a * mpmath.log(x) - x - mpmath.loggamma(a + 1))


def _fraction(first: Number, numerator: Any, denominator: Any) -> Number:
    """``first + n(1) / (d(1) + n(2) / (d(2) + ...))`` by Lentz's method (Press et al. 2007, section 5.2)."""
    tiny = mpf(10) ** (-10 * mpmath.mp.dps)
    f = c = first or tiny
    d, k = mpf(0), 0
    while True:
        k += 1
        d = 1 / ((denominator(k) + numerator(k) * d) or tiny)
        c = (denominator(k) + numerator(k) / c) or tiny
        f *= c * d
        if abs(c * d - 1) < 4 * mpmath.eps:
            return f


def _upper_fraction(a: Number, x: Number) -> Number:
    """``Q(a, x)`` by Legendre's continued fraction (NIST DLMF 8.9.2, even part)."""
    fraction = _fraction(x + 1 - a, lambda k: k * (a - k), lambda k: x + 2 * k + 1 - a)
    return mpmath.exp(a * mpmath.log(x) - x - mpmath.loggamma(a)) / fraction


def gammainc(a: Number, x: Number) -> Number:
    """Regularised lower incomplete gamma function P."""
    if x <= 0:
        return mpf(0)
    return _lower_series(a, x) if x < a + 1 else 1 - _upper_fraction(a, x)


def gammaincc(a: Number, x: Number) -> Number:
    """Regularised upper incomplete gamma function Q."""
    if x <= 0:
        return mpf(1)
    return 1 - _lower_series(a, x) if x < a + 1 else _upper_fraction(a, x)


def betainc(a: Number, b: Number, x: Number) -> Number:
    """Regularised incomplete beta function, by the continued fraction of NIST DLMF 8.17.22."""
    if x <= 0 or x >= 1:
        return mpf(int(x >= 1))
    if x > (a + 1) / (a + b + 2):
        return 1 - betainc(b, a, 1 - x)

    def numerator(k: int) -> Number:
        m = k // 2
        if k % 2:
            return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))

    log_beta = mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)
    front = mpmath.exp(a * mpmath.log(x) + b * mpmath.log(1 - x) - log_beta) / a
    return front / _fraction(mpf(1), numerator, lambda k: 1)
