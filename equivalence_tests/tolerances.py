"""Every tolerance of the suite, with its derivation.

The measure is *wrong bits*: the disagreement in units of the rounding that the inputs alone explain,

    wrong_bits = log2(|a - b| / (eps * condition)),   condition = |f| + sum_i |x_i df/dx_i|

so that 0 means "as good as rounding the inputs", and 8 means 256 times that.
"""

from __future__ import annotations

#: Log density in float64 against the high-precision formula. 8 bits: a sum of about ten terms, special functions with
#: errors of some ulps (Cephes-style lgamma: up to 2**5 ulps), and cancellation that the condition number sees once.
LOG_DENSITY_BITS = 8.0

#: Gradients: one more differentiation of the same special functions (digamma as accurate as lgamma, times the inputs).
GRADIENT_BITS = 12.0

#: PyMC3's own error on top, absolute and per element of the density: constants of Python numbers in float32
#: (log(2): 1.9e-9, sqrt(2): 2.4e-8 relative in an argument that may itself be about 10).
PYMC3_CONSTANTS = 5e-7
