"""Every tolerance of the suite, with its derivation.

The measure is *wrong bits*: the disagreement in units of the rounding that the inputs alone explain,

    wrong_bits = log2(|a - b| / (eps * condition)),   condition = sum_k |t_k| + sum_i |x_i df/dx_i|

where t_k are the summands of the formula: 0 means "as good as rounding the inputs and each summand once", and 8 means
256 times that. For a gradient, f is the partial derivative and t_k the derivatives of the summands.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from equivalence_tests import known_faults
from equivalence_tests.oracle import EPS, Truth, comparable
from pm_migrate.catalog import Distribution

#: Log density in float64 against the high-precision formula. 8 bits: a sum of about ten terms, special functions with
#: errors of some ulps (Cephes-style lgamma: up to 2**5 ulps), and cancellation that the condition number sees once.
LOG_DENSITY_BITS = 8.0

#: Gradients: one more differentiation of the same special functions (digamma as accurate as lgamma, times the inputs).
GRADIENT_BITS = 12.0

#: float32: 8 of its 24 bits, for log density and gradient.
FLOAT32_BITS = 8.0
#: Magnitude of terms above which a square of an intermediate may overflow in float32 (3e38).
FLOAT32_RANGE = 1e15


def pymc3_allowance(row: Distribution, point: Any, truth: Truth) -> float:
    """How far PyMC3 may be from the formula at a point, absolute."""
    parameters, value = point
    known = known_faults.LOG_DENSITY.get(row.name)
    fault = known_faults.CONSTANTS if known is None else known(parameters, value, truth.logp)
    return fault + 2.0**LOG_DENSITY_BITS * EPS * max(truth.condition, 1.0)


def pymc3_problem(row: Distribution, point: Any, theirs: Any, truth: Truth) -> str:
    """What PyMC3's numbers contradict in the formula, beyond its own known faults; empty for nothing."""
    parameters, value = point
    allowed = pymc3_allowance(row, point, truth)
    if not (allowed == np.inf or theirs.logp == truth.logp or abs(theirs.logp - truth.logp) <= allowed):
        return f"log density {theirs.logp!r} against {truth.logp!r}, allowed {allowed:.3g}"
    # of a logarithm of a probability that is off by a factor, the slopes are off by that factor
    relative = allowed if row.name in known_faults.FACTORS else known_faults.CONSTANTS
    known = known_faults.SLOPES.get(row.name)
    absolute = {} if known is None else known(parameters, value)
    for name, slopes in truth.gradient.items():
        excused = known_faults.GRADIENT.get((row.name, name), lambda given, value: False)
        if allowed == np.inf or name not in theirs.gradient or excused(parameters, value):
            continue
        scale = np.maximum(truth.gradient_condition[name], max(1.0, truth.condition))
        error = np.abs(comparable(row, name, theirs.gradient[name]) - slopes)
        if not np.all(error <= (relative + 2.0**GRADIENT_BITS * EPS) * scale + absolute.get(name, 0.0)):
            return f"gradient by {name} {theirs.gradient[name]!r} against {slopes!r}"
    return ""


#: Log distribution functions: incomplete gamma and beta functions carry some hundred ulps.
LOG_CDF_BITS = 12.0
#: Their slopes: one more differentiation of the same functions, or a quotient of a density and a probability.
LOG_CDF_SLOPE_BITS = 16.0


def pymc3_cdf_allowance(row: Distribution, point: Any, exact: float) -> float:
    """How far PyMC3's ``logcdf`` may be from the formula, absolute, beyond rounding."""
    parameters, value = point
    known = known_faults.LOG_CDF.get(row.name)
    return known_faults.CONSTANTS if known is None else known(parameters, value, exact)
