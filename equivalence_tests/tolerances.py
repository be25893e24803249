"""Every tolerance of the suite, with its derivation.

The measure is *wrong bits*: the disagreement in units of the rounding that the inputs alone explain,

    wrong_bits = log2(|a - b| / (eps * condition)),   condition = sum_k |t_k| + sum_i |x_i df/dx_i|

where t_k are the summands of the formula: 0 means "as good as rounding the inputs and each summand once", and 8 means
256 times that. For a gradient, f is the partial derivative and t_k the derivatives of the summands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

#: Log density in float64 against the high-precision formula. 8 bits: a sum of about ten terms, special functions with
#: errors of some ulps (Cephes-style lgamma: up to 2**5 ulps), and cancellation that the condition number sees once.
LOG_DENSITY_BITS = 8.0

#: Gradients: one more differentiation of the same special functions (digamma as accurate as lgamma, times the inputs).
GRADIENT_BITS = 12.0

#: PyMC3's error in ordinary rows, relative to the conditioning: its float32 constants (log(2): 1.9e-9 absolute,
#: sqrt(2): 2.4e-8 relative in the argument of an error function).
PYMC3_CONSTANTS = 5e-8


def pymc3_allowance(name: str, parameters: Mapping[str, Any], value: Any) -> float:
    """How far PyMC3 3.11.6 itself may be from the formula, absolute, per element; the causes are known differences.

    ``TruncatedNormal``: an error of 2.4e-8 in the argument z of log(erfc(z)) moves it by up to z**2 times that.
    ``StudentT``: lgamma((nu + 1) / 2) - lgamma(nu / 2) loses what lgamma's size exceeds its difference by.
    ``NegativeBinomial``: the same, in alpha.
    """
    if name == "TruncatedNormal":
        sigma = float(parameters.get("sigma", parameters.get("tau", 1.0) ** -0.5))
        mu = float(parameters["mu"])
        z = max(abs(float(parameters[end]) - mu) / sigma for end in ("lower", "upper"))
        return PYMC3_CONSTANTS * (1.0 + z * z)
    if name in {"StudentT", "NegativeBinomial"}:
        size = max(float(parameters.get(p, 1.0)) for p in ("nu", "alpha", "n"))
        return PYMC3_CONSTANTS + 2.0**-45 * size * (1.0 + abs(float(np.log(size))))
    return PYMC3_CONSTANTS
