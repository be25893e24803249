"""What ``pymc3.distributions`` exports and no row carries: distributions made of others, and base classes.

A row is a formula of a value and parameters. These are functions of other distributions or of the program's own code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Structured:
    """One name of ``pymc3.distributions`` without a row.

    Parameters
    ----------
    name
        PyMC3's name.
    signature
        Arguments after the name, in positional order.
    meaning
        One line.
    source
        Literature source, or PyMC3 itself.
    generator
        Name in the generator front end; None when it has none.
    in_pymc4
        Whether PyMC4 4.0a2 has it.
    missing
        Why it is not in the drop-in; empty when it is.
    notes
        Known differences and quirks, for the docs.
    """

    name: str
    signature: tuple[str, ...]
    meaning: str
    source: str = "PyMC3 3.11.6"
    generator: str | None = None
    in_pymc4: bool = False
    missing: str = ""
    notes: tuple[str, ...] = ()


_HAMILTON = "Hamilton 1994, Time Series Analysis, chapters 3 and 17"

STRUCTURED: tuple[Structured, ...] = (
    Structured(
        "Bound",
        ("distribution", "lower", "upper"),
        "Makes distributions cut off at one or two closed ends, called with the name and the wrapped parameters; not "
        "normalised again.",
        generator="Bound",
        notes=(
            "Of a distribution of vectors, PyMC3 counts the log density once for every element; kept, and said once.",
            "PyMC3 has no draws for ends that are arrays; here they are drawn by rejection too.",
            "A draw of a scalar has shape () here and (1,) in PyMC3.",
        ),
    ),
    Structured(
        "Mixture",
        ("w", "comp_dists"),
        "log(sum(w * exp(logp of each component))), of a list of components or of the last axis of one.",
        source="McLachlan & Peel 2000, Finite Mixture Models, eq. 1.1",
        generator="Mixture",
        in_pymc4=True,
        notes=(
            "PyMC4 normalises the weights; here those that do not sum to 1 give -inf, as in PyMC3.",
            "The gradient by a weight of 0 is right, where PyMC3's is NaN.",
            "With a list of components PyMC3 drops axes of length 1: a list of one component gives one number for all "
            "the data; kept, and said once.",
            "PyMC3 draws one component for all elements along axes that the weights lack; here each element has its "
            "own, as in the log density.",
        ),
    ),
    Structured(
        "NormalMixture",
        ("w", "mu", "sigma", "tau", "sd", "comp_shape"),
        "Mixture of normal distributions.",
        source="McLachlan & Peel 2000, Finite Mixture Models, eq. 1.1",
        generator="NormalMixture",
    ),
    Structured(
        "MixtureSameFamily",
        ("w", "comp_dists", "mixture_axis"),
        "Mixture of the components on any axis of one distribution.",
        source="McLachlan & Peel 2000, Finite Mixture Models, eq. 1.1",
        generator="MixtureSameFamily",
        notes=(
            "Of vectors whose log density is reduced (MvNormal, Dirichlet) PyMC3 leaves the weights out; kept, and "
            "said once.",
        ),
    ),
    Structured(
        "DensityDist",
        (
            "logp",
            "shape",
            "dtype",
            "initval",
            "random",
            "wrap_random_with_dist_shape",
            "check_shape_in_random",
        ),
        "A distribution with the program's own log density.",
        generator="DensityDist",
        notes=("Data given as a dictionary have a log density, but no draws.",),
    ),
    Structured(
        "KroneckerNormal",
        ("mu", "covs", "chols", "evds", "sigma"),
        "Multivariate normal whose covariance is a Kronecker product, with or without noise on the diagonal.",
        source="Saatci 2011, Scalable Inference for Structured Gaussian Process Models, chapter 5",
        generator="KroneckerNormal",
        notes=("For a covariance that is not positive definite PyMC3 raises or gives NaN; here it is -inf.",),
    ),
    Structured(
        "LKJCholeskyCov",
        ("name", "eta", "n", "sd_dist", "compute_corr", "store_in_trace"),
        "Cholesky factor of a covariance matrix with LKJ correlations and given standard deviations: a function.",
        source="Lewandowski, Kurowicka & Joe 2009, Journal of Multivariate Analysis 100(9)",
        generator="LKJCholeskyCov",
        notes=(
            "In a generator, `yield pm.LKJCholeskyCov(...)` gives the packed factor, and `yield from "
            "pm.lkj_cholesky_cov(..., compute_corr=True)` the factor, the correlations and the standard deviations.",
            "PyMC3 adds the logarithm of the LKJ normaliser instead of subtracting it; kept, and said once where eta "
            "is random.",
            "PyMC4's LKJ and LKJCholesky are distributions of correlations alone, with the right normaliser.",
        ),
    ),
    Structured(
        "WishartBartlett",
        ("name", "S", "nu", "is_cholesky", "return_cholesky", "initval"),
        "A Wishart matrix by Bartlett's decomposition into chi-squared and normal variables: a function.",
        source="Anderson 2003, An Introduction to Multivariate Statistical Analysis, section 7.2",
        generator="WishartBartlett",
        notes=(
            "In a generator it is `yield from pm.WishartBartlett(...)`.",
            "PyMC3 takes the wrong degrees of freedom, and the transposed factor of S; kept, and said once.",
        ),
    ),
    Structured("AR1", ("k", "tau_e"), "Stationary autoregression with one lag.", source=_HAMILTON, generator="AR1"),
    Structured(
        "AR",
        ("rho", "sigma", "tau", "constant", "init", "sd"),
        "Autoregression with any number of lags, given its first values.",
        source=_HAMILTON,
        generator="ConditionalAR",
    ),
    Structured(
        "GaussianRandomWalk",
        ("tau", "init", "sigma", "mu", "sd"),
        "Sum of normal steps along the first axis.",
        source=_HAMILTON,
        generator="GaussianRandomWalk",
        notes=("Of several series at once PyMC3 counts all steps once for each; kept, and said once.",),
    ),
    Structured(
        "GARCH11",
        ("omega", "alpha_1", "beta_1", "initial_vol"),
        "Normal values whose variance follows the last value and the last variance.",
        source="Bollerslev 1986, Journal of Econometrics 31(3), eq. 2",
        generator="GARCH11",
    ),
    Structured(
        "MvGaussianRandomWalk",
        ("mu", "cov", "tau", "chol", "lower", "init"),
        "Sum of multivariate normal steps along the first axis.",
        source=_HAMILTON,
        generator="MvGaussianRandomWalk",
    ),
    Structured(
        "MvStudentTRandomWalk",
        ("nu",),
        "Sum of multivariate Student t steps along the first axis.",
        source=_HAMILTON,
        generator="MvStudentTRandomWalk",
    ),
    Structured(
        "Simulator",
        ("function", "params", "distance", "sum_stat", "epsilon"),
        "Data simulated by a Python function, for approximate Bayesian computation; its log density is 0.",
        source="Sisson, Fan & Beaumont 2018, Handbook of Approximate Bayesian Computation, chapter 1",
        notes=("Only sequential Monte Carlo uses the distance; other samplers refuse the model.",),
    ),
    Structured(
        "NoDistribution",
        ("shape", "dtype", "testval", "defaults", "transform", "parent_dist"),
        "Log density 0, with the attributes of another distribution.",
    ),
    Structured(
        "Distribution",
        ("shape", "dtype", "initval", "defaults", "transform", "broadcastable", "dims"),
        "Base class, to be subclassed with logp and random.",
    ),
    Structured("Continuous", ("shape", "dtype", "defaults"), "Base class of distributions with a density."),
    Structured("Discrete", ("shape", "dtype", "defaults"), "Base class of distributions on the integers."),
    Structured("TensorType", ("dtype", "shape", "broadcastable"), "The tensor type of a dtype and shape: a function."),
    Structured(
        "fast_sample_posterior_predictive",
        ("trace", "samples", "model", "var_names", "keep_size", "random_seed"),
        "Draws from the posterior predictive distribution: a function.",
    ),
    Structured(
        "BART",
        ("X", "Y", "m", "alpha", "split_prior"),
        "A sum of regression trees.",
        source="Chipman, George & McCulloch 2010, Annals of Applied Statistics 4(1)",
        missing="its prior over trees needs a step method of its own (PGBART), which is not there yet",
    ),
)

#: The entries by name.
BY_NAME: Mapping[str, Structured] = MappingProxyType({entry.name: entry for entry in STRUCTURED})

#: ``pymc3.distributions.__all__`` of PyMC3 3.11.6; ``equivalence_tests/test_exports.py`` holds it against PyMC3.
EXPORTS = frozenset(
    """
    AR AR1 AsymmetricLaplace BART Bernoulli Beta BetaBinomial Binomial Bound Categorical Cauchy ChiSquared Constant
    ConstantDist Continuous DensityDist Dirichlet DirichletMultinomial Discrete DiscreteUniform DiscreteWeibull
    Distribution ExGaussian Exponential Flat GARCH11 Gamma GaussianRandomWalk Geometric Gumbel HalfCauchy HalfFlat
    HalfNormal HalfStudentT HyperGeometric Interpolated InverseGamma KroneckerNormal Kumaraswamy LKJCholeskyCov LKJCorr
    Laplace LogNormal Logistic LogitNormal Lognormal MatrixNormal Mixture MixtureSameFamily Moyal Multinomial
    MvGaussianRandomWalk MvNormal MvStudentT MvStudentTRandomWalk NegativeBinomial NoDistribution Normal NormalMixture
    OrderedLogistic OrderedProbit Pareto Poisson Rice Simulator SkewNormal StudentT TensorType Triangular
    TruncatedNormal Uniform VonMises Wald Weibull Wishart WishartBartlett ZeroInflatedBinomial
    ZeroInflatedNegativeBinomial ZeroInflatedPoisson fast_sample_posterior_predictive
    """.split()
)
