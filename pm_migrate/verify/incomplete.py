"""Incomplete gamma and beta functions in high precision.

mpmath's own recurse without end at small arguments and give up at large shapes. Here each is a series of positive terms
or a continued fraction, whichever converges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
from mpmath import mpf

Number = Any


#: Bits beyond the precision in use: the sums below have up to 2**40 terms, and each rounds once.
_GUARD = 64


def _fixed(x: Number, bits: int) -> int:
    """``x * 2**bits``, cut off: whole numbers take a hundredth of the time of ``mpf`` here."""
    return int(mpmath.libmp.to_fixed(x._mpf_, bits))


def _lower_series(a: Number, x: Number) -> Number:
    """``P(a, x)`` by NIST DLMF 8.7.1: all terms are positive, and rise until x."""
    bits = mpmath.mp.prec + _GUARD
    step, top, one = _fixed(a, bits), _fixed(x, bits), 1 << bits
    term = total = one
    while step < top or term > total >> mpmath.mp.prec:
        step += one
        term = term * top // step
        total += term
    return mpmath.ldexp(mpf(total), -bits) * mpmath.exp(a * mpmath.log(x) - x - mpmath.loggamma(a + 1))


def _fraction(first: int, numerator: Callable[[int], int], denominator: Callable[[int], int], bits: int) -> Number:
    """``first + n(1) / (d(1) + n(2) / (d(2) + ...))``, all times ``2**bits``, by its convergents (NIST DLMF 1.12.5)."""
    wide, close = 2 * bits, mpmath.mp.prec
    above, below, above_before, below_before = first << bits, 1 << wide, 1 << wide, 0
    k = 0
    while True:
        k += 1
        n, d = numerator(k), denominator(k)
        above, above_before = (d * above + n * above_before) >> bits, above
        below, below_before = (d * below + n * below_before) >> bits, below
        if k % 8 == 0:
            product = above * below_before
            if abs(product - above_before * below) <= abs(product) >> close:
                return mpf(above) / mpf(below)
            if (shift := below.bit_length() - wide) > 0:
                above, below = above >> shift, below >> shift
                above_before, below_before = above_before >> shift, below_before >> shift
            else:
                above, below = above << -shift, below << -shift
                above_before, below_before = above_before << -shift, below_before << -shift


def _upper_fraction(a: Number, x: Number) -> Number:
    """``Q(a, x)`` by Legendre's continued fraction (NIST DLMF 8.9.2, even part)."""
    bits = mpmath.mp.prec + _GUARD
    shape, top, one = _fixed(a, bits), _fixed(x, bits), 1 << bits
    first = top + one - shape
    fraction = _fraction(first, lambda k: k * (shape - k * one), lambda k: first + 2 * k * one, bits)
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

    bits = mpmath.mp.prec + _GUARD
    left, right, share, one = _fixed(a, bits), _fixed(b, bits), _fixed(x, bits), 1 << bits

    def numerator(k: int) -> int:
        m = k // 2
        if k == 1:
            return -(left + right) * share // (left + one)
        at = left + 2 * m * one
        if k % 2:
            return -(left + m * one) * (left + right + m * one) * share // (at * (at + one))
        return m * ((right - m * one) * share << bits) // ((at - one) * at)

    log_beta = mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)
    front = mpmath.exp(a * mpmath.log(x) + b * mpmath.log(1 - x) - log_beta) / a
    return front / _fraction(one, numerator, lambda k: one, bits)
