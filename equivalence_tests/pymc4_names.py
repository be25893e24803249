"""The names that rewritten code uses: PyMC4 4.0a2's, read from its source, and ours where it has none.

They judge the catalogue from outside: what a name means is said by TFP's class of that name, whose arguments PyMC4
passes on, or by the tables here.
"""

from __future__ import annotations

from collections.abc import Mapping

#: PyMC4's distributions and their arguments in positional order.
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "Bernoulli": ("probs",),
    "Beta": ("concentration0", "concentration1"),
    "BetaBinomial": ("total_count", "concentration0", "concentration1"),
    "Binomial": ("total_count", "probs"),
    "Categorical": ("probs",),
    "Cauchy": ("loc", "scale"),
    "Chi2": ("df",),
    "Dirichlet": ("concentration",),
    "DiscreteUniform": ("low", "high"),
    "Exponential": ("rate",),
    "Flat": (),
    "Gamma": ("concentration", "rate"),
    "Geometric": ("probs",),
    "Gumbel": ("loc", "scale"),
    "HalfCauchy": ("scale",),
    "HalfFlat": (),
    "HalfNormal": ("scale",),
    "HalfStudentT": ("df", "scale"),
    "InverseGamma": ("concentration", "scale"),
    "InverseGaussian": ("loc", "concentration"),
    "Kumaraswamy": ("concentration0", "concentration1"),
    "LKJ": ("dimension", "concentration"),
    "LKJCholesky": ("dimension", "concentration"),
    "Laplace": ("loc", "scale"),
    "LogNormal": ("loc", "scale"),
    "Logistic": ("loc", "scale"),
    "LogitNormal": ("loc", "scale"),
    "Moyal": ("loc", "scale"),
    "Multinomial": ("total_count", "probs"),
    "MvNormal": ("loc", "covariance_matrix"),
    "MvNormalCholesky": ("loc", "scale_tril"),
    "NegativeBinomial": ("total_count", "probs"),
    "Normal": ("loc", "scale"),
    "OrderedLogistic": ("loc", "cutpoints"),
    "Pareto": ("concentration", "scale"),
    "Poisson": ("rate",),
    "StudentT": ("loc", "scale", "df"),
    "Triangular": ("low", "peak", "high"),
    "Uniform": ("low", "high"),
    "VonMises": ("loc", "concentration"),
    "Weibull": ("concentration", "scale"),
    "Wishart": ("df", "scale"),
    "ZeroInflatedBinomial": ("psi", "n", "p"),
    "ZeroInflatedNegativeBinomial": ("psi", "mu", "alpha"),
    "ZeroInflatedPoisson": ("psi", "theta"),
}

#: Names of PyMC4's that do not hold what PyMC3's distribution does: its InverseGaussian has no shift.
NARROWER = frozenset({"InverseGaussian"})

#: Our generator front end where it has other names or arguments than PyMC4; changing one breaks rewritten programs.
_EXTENDED: Mapping[str, tuple[str, ...]] = {
    "AsymmetricLaplace": ("loc", "rate", "asymmetry"),
    "Bernoulli": ("probs", "logits"),
    "Constant": ("c",),
    "DirichletMultinomial": ("total_count", "concentration"),
    "DiscreteWeibull": ("q", "beta"),
    "ExGaussian": ("loc", "scale", "nu"),
    "HyperGeometric": ("N", "k", "n"),
    "Interpolated": ("x_points", "pdf_points"),
    "InverseGaussian": ("loc", "concentration", "shift"),
    "LKJCorr": ("dimension", "concentration"),
    "MatrixNormal": ("loc", "scale_row", "scale_column"),
    "MvNormal": ("loc", "covariance_matrix", "scale_tril"),
    "MvStudentT": ("df", "loc", "scale_matrix", "scale_tril"),
    "NegativeBinomial": ("total_count", "probs", "logits"),
    "OrderedProbit": ("loc", "cutpoints"),
    "Rice": ("noncentrality", "scale"),
    "ShiftedGeometric": ("probs",),
    "SkewNormal": ("loc", "scale", "skewness"),
    "TruncatedNormal": ("loc", "scale", "low", "high"),
    "Wishart": ("df", "scale", "scale_matrix"),
}

#: Arguments of our generator front end.
OURS: Mapping[str, tuple[str, ...]] = {**ARGUMENTS, **_EXTENDED}

#: Their defaults.
DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "AsymmetricLaplace": {"loc": "0"},
    "InverseGaussian": {"shift": "0.0"},
    "MatrixNormal": {"loc": "0"},
    "TruncatedNormal": {"low": "-inf", "high": "inf"},
}

#: TFP's class, and its arguments, of a name; None for the same name and arguments.
TFP: Mapping[str, tuple[str, Mapping[str, str]] | None] = {
    "Bernoulli": None,
    "Beta": None,
    "BetaBinomial": None,
    "Binomial": None,
    "Categorical": None,
    "Cauchy": None,
    "Chi2": None,
    "Dirichlet": None,
    "DirichletMultinomial": None,
    "Exponential": None,
    "Gamma": None,
    "Gumbel": None,
    "HalfCauchy": ("HalfCauchy", {"loc": "0 * scale", "scale": "scale"}),
    "HalfNormal": None,
    "HalfStudentT": ("HalfStudentT", {"df": "df", "loc": "0 * scale", "scale": "scale"}),
    "InverseGamma": None,
    "Kumaraswamy": None,
    "Laplace": None,
    "LogNormal": None,
    "Logistic": None,
    "LogitNormal": None,
    "Moyal": None,
    "Multinomial": None,
    "MvNormal": ("MultivariateNormalTriL", {"loc": "loc", "scale_tril": "cholesky(covariance_matrix)"}),
    "MvNormalCholesky": ("MultivariateNormalTriL", {"loc": "loc", "scale_tril": "scale_tril"}),
    "NegativeBinomial": None,
    "Normal": None,
    "OrderedLogistic": None,
    "Pareto": None,
    "Poisson": None,
    "StudentT": None,
    "Triangular": None,
    "Uniform": None,
    "VonMises": None,
    "Weibull": None,
}

#: Where TFP has no such class: PyMC3's parameters in the arguments.
MEANING: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "AsymmetricLaplace": ({"mu": "loc", "b": "rate", "kappa": "asymmetry"},),
    "Constant": ({"c": "c"},),
    "DiscreteUniform": ({"lower": "low", "upper": "high"},),
    "DiscreteWeibull": ({"q": "q", "beta": "beta"},),
    "ExGaussian": ({"mu": "loc", "sigma": "scale", "nu": "nu"},),
    "Flat": ({},),
    "HalfFlat": ({},),
    "HyperGeometric": ({"N": "N", "k": "k", "n": "n"},),
    "Interpolated": ({"x_points": "x_points", "pdf_points": "pdf_points"},),
    "InverseGaussian": ({"mu": "loc", "lam": "concentration", "alpha": "shift"},),
    "LKJCorr": ({"n": "dimension", "eta": "concentration"},),
    "MatrixNormal": ({"mu": "loc", "rowchol": "scale_row", "colchol": "scale_column"},),
    "MvStudentT": (
        {"nu": "df", "mu": "loc", "chol": "scale_tril"},
        {"nu": "df", "mu": "loc", "chol": "cholesky(scale_matrix)"},
    ),
    "OrderedProbit": ({"eta": "loc", "cutpoints": "cutpoints"},),
    "Rice": ({"nu": "noncentrality", "sigma": "scale"},),
    "ShiftedGeometric": ({"p": "probs"},),
    "SkewNormal": ({"mu": "loc", "sigma": "scale", "alpha": "skewness"},),
    "TruncatedNormal": ({"mu": "loc", "sigma": "scale", "lower": "low", "upper": "high"},),
    "Wishart": ({"nu": "df", "V": "scale_matrix"}, {"nu": "df", "V": "matmul(scale, transpose(scale))"}),
    "ZeroInflatedBinomial": ({"psi": "psi", "n": "n", "p": "p"},),
    "ZeroInflatedNegativeBinomial": ({"psi": "psi", "mu": "mu", "alpha": "alpha"},),
    "ZeroInflatedPoisson": ({"psi": "psi", "theta": "theta"},),
}
