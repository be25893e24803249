"""Edges where PyMC3 3.11.6 differs by a fault of its own: row, kind of edge, reason.

Kinds: ``invalid`` parameters and values ``outside`` the support (ours is ``-inf``), the ``end`` of the support and
``extreme`` scales (ours is the exact number), and matrices that are ``asymmetric``.
"""

from __future__ import annotations

from collections.abc import Mapping

_TAU = "the square of sigma, or its reciprocal, is no double: NaN, or -inf"
_TAU_ALONE = "only the precision is checked, which is positive for a negative sigma, and infinite for 0: NaN"
_SQUARE = "the square of the standardised value overflows: -inf"
_SHAPES = "shapes from a mean and a zero deviation are infinite: NaN"
_DEFINITE = "a matrix that is not positive definite gives NaN, or raises where the gradient is taken"

KNOWN: Mapping[str, Mapping[str, str]] = {
    "Normal": {"extreme": _TAU},
    "Cauchy": {"extreme": _SQUARE},
    "StudentT": {"extreme": f"log-gammas and their difference lose all digits; {_SQUARE}"},
    "Laplace": {"invalid": "the scale is not checked: NaN"},
    "SkewNormal": {"extreme": _TAU},
    "HalfNormal": {"extreme": _TAU},
    "HalfCauchy": {"extreme": _SQUARE},
    "HalfStudentT": {"extreme": f"log-gammas and their difference lose all digits; {_SQUARE}"},
    "Gamma": {"invalid": _SHAPES},
    "InverseGamma": {"invalid": _SHAPES},
    "Lognormal": {
        "outside": "the value is not checked: NaN",
        "invalid": _TAU_ALONE,
        "extreme": _TAU,
    },
    "Weibull": {"end": "0 * log(0) at 0 for a shape of 1: NaN"},
    "Wald": {
        "invalid": "a phi of 0 is taken for an infinite mean",
        "extreme": "the square of value - mu overflows, or that of the mean underflows: -inf",
    },
    "Rice": {
        "invalid": "a sigma of 0 is checked after dividing by it: NaN",
        "extreme": "exp(-z**2 / 2) underflows, or the square of sigma overflows: -inf",
    },
    "Beta": {"invalid": _SHAPES},
    "Kumaraswamy": {
        "end": "0 * log(0) for a shape of 1: NaN",
        "extreme": "1 - x**a is 0 for a small a: NaN",
    },
    "TruncatedNormal": {
        "invalid": "a precision of 0 gives an infinite scale: NaN",
        "extreme": "the mass between the ends cancels or underflows: inf, or NaN",
    },
    "LogitNormal": {"invalid": _TAU_ALONE, "extreme": _TAU},
    "Bernoulli": {"outside": "with logit_p any non-zero value is a success"},
    "BetaBinomial": {"extreme": "differences of log-gammas lose all digits"},
    "NegativeBinomial": {
        "invalid": "a p of 0 gives an infinite mean: NaN",
        "extreme": "above an alpha of 1e10 it is a Poisson",
    },
    "DiscreteWeibull": {"extreme": "powers that are nearly equal cancel: -inf"},
    "OrderedLogistic": {"extreme": "differences of probabilities underflow: -inf"},
    "OrderedProbit": {
        "invalid": "decreasing cutpoints: the logarithm of a negative probability, NaN",
        "extreme": "differences of probabilities underflow: -inf or NaN",
    },
    "MvStudentT": {"invalid": "nu is not checked: NaN, or an error"},
    "Multinomial": {"invalid": "the sign of the probabilities is not checked: NaN"},
    "Wishart": {
        "invalid": "V is not checked: a number, NaN, or an error",
        "asymmetric": "V need not be symmetric; here its lower triangle counts",
    },
    "MatrixNormal": {"invalid": _DEFINITE},
}
