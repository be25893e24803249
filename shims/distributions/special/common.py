"""What several rows share: logarithms at edges, and gamma functions of large arguments without cancellation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any

#: Coefficients of 1/x, 1/x**3, ... in Stirling's series: B(2k) / (2k (2k - 1)) (NIST DLMF 5.11.1).
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)
#: Far enough above the smallest normal number for quotients by it to have finite derivatives.
_SMALL = {tf.float64: 1e-150, tf.float32: 1e-18}
HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)


def weighted_log(weight: Tensor, x: Tensor) -> Tensor:
    """``weight * log(x)`` with ``0 * log(0) = 0``, and a right gradient by the weight where the weight is 0.

    TFP's Gamma, Beta and Dirichlet take ``xlogy(concentration - 1, x)``, whose gradient TensorFlow sets to 0 at a
    weight of 0: at a concentration of exactly 1, a usual start value, the gradient by the concentration lacks
    ``log(x)``.
    """
    positive = x > 0
    return tf.where(positive, weight * tf.math.log(tf.where(positive, x, tf.ones_like(x))), edge_log(weight))


def above(value: Tensor, end: Any = 0.0) -> Tensor:
    """The value where it is above an end, else 1 above it: the test value computed with under a mask may underflow."""
    return tf.where(value > end, value, end + tf.ones_like(value))


def edge_log(weight: Tensor) -> Tensor:
    """``weight * log(0)`` with ``0 * log(0) = 0``, and no gradient."""
    return tf.where(tf.equal(weight, 0), tf.zeros_like(weight), -tf.sign(weight) * np.inf)


def stirling_remainder(x: Tensor) -> Tensor:
    """``lgamma(x) - ((x - 0.5) * log(x) - x + 0.5 * log(2 * pi))`` for positive x.

    What is left of log-gamma when its large part is taken out: 1 / (12 x) and smaller. Densities written with it keep
    the digits that a difference of log-gammas loses for large arguments (Loader 2000, "Fast and accurate computation of
    binomial probabilities"). Stirling's series from 10 on; below, the definition, whose terms are small there.

    Examples
    --------
    >>> import tensorflow as tf
    >>> float(stirling_remainder(tf.constant(1e10, tf.float64)))
    8.333333333333333e-12
    """
    large = x >= 10
    inverse = 1.0 / tf.where(large, x, 10.0 * tf.ones_like(x))
    square = tf.square(inverse)
    series = tf.zeros_like(x)
    for coefficient in reversed(_STIRLING):
        series = series * square + coefficient
    small = tf.where(large, tf.ones_like(x), x)
    direct = tf.math.lgamma(small) - ((small - 0.5) * tf.math.log(small) - small + HALF_LOG_TWO_PI)
    return tf.where(large, series * inverse, direct)


def log_ratio(x: Tensor, m: Tensor, log_m: Tensor | None = None) -> Tensor:
    """``log(x / m)`` of positive numbers, also where the quotient overflows or underflows.

    One logarithm of a quotient loses less than the difference of two; where the quotient or its derivatives would not
    be finite, the difference is taken. ``log_m`` is ``log(m)``, where the caller has it from factors whose product m
    may underflow.
    """
    one = tf.ones_like(x + m)
    direct = (x > 1e-30 * m) & (x < 1e30 * m) & (m > _SMALL[m.dtype])
    quotient = tf.where(direct, x, one) / tf.where(direct, m, one)
    if log_m is None:
        log_m = tf.math.log(tf.where(direct, one, m))
    apart = tf.math.log(tf.where(direct, one, x)) - tf.where(direct, tf.zeros_like(one), log_m)
    return tf.where(direct, tf.math.log(quotient), apart)


def deviance(x: Tensor, m: Tensor, log_m: Tensor | None = None) -> Tensor:
    """``x * log(x / m) + m - x`` for x >= 0 and m > 0, accurate near x = m, where it is ``(x - m)**2 / (2 m)``.

    Parameters
    ----------
    x, m
        Tensors that broadcast.
    log_m
        ``log(m)``, where the caller has it from factors whose product m may underflow.

    Notes
    -----
    With v = (x - m) / (x + m), log(x / m) = 2 atanh(v), and the terms linear in x - m cancel by hand (Loader 2000,
    section 4). The gradient by x at x = 0, which is minus infinity, comes out as 0.
    """
    near = tf.abs(x - m) < 0.1 * (x + m)
    x_near, m_near = tf.where(near, x, tf.ones_like(x)), tf.where(near, m, tf.ones_like(m))
    v = (x_near - m_near) / (x_near + m_near)
    square = tf.square(v)
    series = tf.zeros_like(v)
    for j in range(9, 0, -1):
        series = (series + 1.0 / (2 * j + 1)) * square
    close = v * (x_near - m_near + 2.0 * x_near * series)
    positive = (x > 0) & ~near
    one = tf.ones_like(x + m)
    x_far, m_far = tf.where(positive, x, one), tf.where(near, one, m)
    far = tf.where(positive, x_far * log_ratio(x_far, m_far, log_m), tf.zeros_like(one)) + (m - x)
    return tf.where(near, close, far)


def log_gamma_kernel(shape: Tensor, m: Tensor, log_m: Tensor) -> Tensor:
    """``shape * log(m) - m - lgamma(shape)``, without the cancellation of its terms for a large shape."""
    return 0.5 * tf.math.log(shape) - HALF_LOG_TWO_PI - stirling_remainder(shape) - deviance(shape, m, log_m)


def log1p_square(x: Tensor, m: Tensor, log_m: Tensor | None = None) -> Tensor:
    """``log(1 + (x / m)**2)`` for m > 0, also where the quotient, its square or a derivative of them overflows.

    ``log_m`` is ``log(m)``, where the caller has it from factors whose product m may underflow.
    """
    size = tf.abs(x)
    large = size > m
    one = tf.ones_like(size + m)
    top, bottom = tf.where(large, size, one), tf.where(large, m, 0.5 * one)
    far = 2.0 * log_ratio(top, bottom, log_m) + tf.math.log1p(tf.square(bottom / top))
    near = tf.math.log1p(tf.square(tf.where(large, tf.zeros_like(one), x) / tf.where(large, one, m)))
    return tf.where(large, far, near)


def log1mexp(x: Tensor) -> Tensor:
    """``log(1 - exp(-x))`` for x > 0 (Maechler 2012, "Accurately computing log(1 - exp(-|a|))", eq. 7)."""
    near = x < 0.6931471805599453
    small, large = tf.where(near, x, tf.ones_like(x)), tf.where(near, tf.ones_like(x), x)
    return tf.where(near, tf.math.log(-tf.math.expm1(-small)), tf.math.log1p(-tf.exp(-large)))


def log1mexp_exp(u: Tensor) -> Tensor:
    """``log(1 - exp(-exp(u)))``, also where ``exp(u)`` underflows; there it is u itself."""
    tiny = u < -40.0
    return tf.where(tiny, u, log1mexp(tf.exp(tf.where(tiny, tf.zeros_like(u), u))))


def erfcx(x: Tensor) -> Tensor:
    """``exp(x**2) * erfc(x)``, by TFP, whose import costs seconds that not every model needs."""
    from tensorflow_probability import math as tfp_math

    return tfp_math.erfcx(x)


@tf.custom_gradient
def log_ndtr(x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Logarithm of the standard normal distribution function, to full relative precision in both tails.

    TFP's ``log_ndtr`` takes the logarithm of a number close to 1 between 0 and 8, and its gradient of the scaled
    complementary error function cancels in the lower tail; the derivative here is the inverse Mills ratio.
    """
    lower = x < -1.0
    y = tf.where(lower, x, -tf.ones_like(x)) * -math.sqrt(0.5)
    upper = tf.where(lower, tf.zeros_like(x), x)
    scaled = erfcx(y)
    rest = 0.5 * tf.math.erfc(upper * math.sqrt(0.5))
    result = tf.where(lower, tf.math.log(0.5 * scaled) - tf.square(y), tf.math.log1p(-rest))

    def gradient(upstream: Tensor) -> Tensor:
        central = tf.exp(-0.5 * tf.square(upper) - HALF_LOG_TWO_PI) / (1.0 - rest)
        return upstream * tf.where(lower, math.sqrt(2.0 / math.pi) / scaled, central)

    return result, gradient


def erfcx_decay(u: Tensor) -> Tensor:
    """``-d/du log(erfcx(u))`` for u >= 0: ``2 / (sqrt(pi) erfcx(u)) - 2 u``.

    The difference cancels for a large u; there it comes from the asymptotic series of ``1 - sqrt(pi) u erfcx(u)`` (NIST
    DLMF 7.12.1).
    """
    far = u > 10.0
    large, near = tf.where(far, u, 10.0 * tf.ones_like(u)), tf.where(far, tf.ones_like(u), u)
    step = 0.5 / tf.square(large)
    series = tf.zeros_like(u)
    for n in range(10, 0, -1):
        series = step * (2 * n - 1) * (1.0 - series)
    return tf.where(far, 2.0 * large * series / (1.0 - series), 2.0 / (math.sqrt(math.pi) * erfcx(near)) - 2.0 * near)


@tf.custom_gradient
def log_erfcx(u: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Logarithm of ``exp(u**2) * erfc(u)`` for u >= 0, with the derivative of :func:`erfcx_decay`."""
    return tf.math.log(erfcx(u)), lambda upstream: -upstream * erfcx_decay(u)


def log_i0e(x: Tensor) -> Tensor:
    """Logarithm of ``exp(-x) * I0(x)`` for x >= 0.

    From 30 on by Hankel's expansion (NIST DLMF 10.40.1), whose terms are all positive: the derivative ``I1 / I0 - 1``
    of the Bessel function cancels there.
    """
    far = x > 30.0
    near = tf.math.log(tf.math.bessel_i0e(tf.where(far, tf.ones_like(x), x)))
    large = tf.where(far, x, 30.0 * tf.ones_like(x))
    inverse = 0.125 / large
    series = tf.zeros_like(x)
    for k in range(20, 0, -1):
        series = (series + 1.0) * inverse * ((2 * k - 1) ** 2 / k)
    return tf.where(far, tf.math.log1p(series) - 0.5 * tf.math.log(large) - HALF_LOG_TWO_PI, near)
