"""Public names of PyMC3 and Theano, and the one spelling for those that can be reached by several paths."""

from __future__ import annotations

from functools import cache

from pm_migrate.catalog import DISTRIBUTIONS as ROWS
from pm_migrate.catalog import theano_names
from pm_migrate.catalog.exports import PYMC3_MODULES, PYMC3_NAMES
from pm_migrate.catalog.functions import FUNCTIONS, function_named
from pm_migrate.catalog.older import OF_MATH, RENAMED
from pm_migrate.catalog.samplers import ADVICE, ARVIZ, INFERENCE, SAME, TABLES

#: Every class of PyMC3 that makes a random variable in a model, whether or not there is a catalogue row for it yet.
DISTRIBUTIONS = frozenset(ROWS) | frozenset(
    """Kumaraswamy Weibull HalfStudentT ChiSquared Wald Pareto ExGaussian VonMises BetaBinomial ConstantDist Constant
    ZeroInflatedPoisson ZeroInflatedNegativeBinomial ZeroInflatedBinomial Geometric HyperGeometric OrderedLogistic
    OrderedProbit DensityDist MatrixNormal KroneckerNormal MvStudentT Multinomial DirichletMultinomial Wishart
    WishartBartlett LKJCholeskyCov LKJCorr AR1 AR AsymmetricLaplace GaussianRandomWalk MvGaussianRandomWalk
    MvStudentTRandomWalk GARCH11 SkewNormal Mixture NormalMixture MixtureSameFamily Triangular DiscreteWeibull Gumbel
    Logistic LogitNormal Interpolated Rice Moyal Simulator BART EulerMaruyama""".split()
)

#: Other public names of PyMC3, for star imports.
_OTHERS = frozenset(
    """Model Deterministic Potential Data set_data model_to_graphviz modelcontext math families gp glm ode stats plots
    step_methods transforms variational NUTS HamiltonianMC Metropolis BinaryMetropolis BinaryGibbsMetropolis
    CategoricalGibbsMetropolis DEMetropolis DEMetropolisZ Slice EllipticalSlice CompoundStep SMC sample_smc find_MAP
    find_hessian fit ADVI FullRankADVI SVGD ASVGD NFVI Minibatch Bound trace_to_dataframe save_trace load_trace
    sample_posterior_predictive_w init_nuts iter_sample callbacks updates""".split()
)

#: What makes a linear predictor or a generalised linear model, and adds it to the model around it.
COMPONENTS = frozenset(f"{name}{maker}" for name in ("GLM", "LinearComponent") for maker in ("", ".from_formula"))

#: What makes a solution of differential equations, a function of initial states and parameters.
SOLVER = "pymc3.ode.DifferentialEquation"

#: Base classes of a program's own distributions.
BASES = frozenset("Continuous Discrete PositiveContinuous UnitContinuous BoundedContinuous Distribution".split())

_RENAMED = {
    "pymc3.backends.text.Text": "pymc3.backends.Text",
    **{f"pymc3.{old}": f"pymc3.{new}" for old, new in RENAMED.items()},
    **{f"pymc3.{name}": f"pymc3.math.{name}" for name in OF_MATH},  # a star gives none: Python has a sum of its own
}

#: Functions that make a sparse tensor of a matrix; those of sparse tensors are the ones of dense tensors then.
SPARSE = frozenset(
    f"theano.sparse.{home}{name}" for home in ("", "basic.") for name in ("as_sparse", "as_sparse_variable")
)
_DENSE = dict.fromkeys(SPARSE, "theano.tensor.as_tensor_variable") | {
    f"theano.sparse.{home}{name}": "theano.tensor.dot"
    for home in ("", "basic.")
    for name in ("dot", "structured_dot", "true_dot")
}

_OF_TRANSFORMS = frozenset({"forward", "backward", "jacobian_det"})
#: Base classes of a program's own functions of values, and the methods that get values of a model.
MAPS = {
    **{
        f"pymc3.{home}transforms.{name}": _OF_TRANSFORMS
        for home in ("distributions.", "")
        for name in ("Transform", "ElemwiseTransform")
    },
    "pymc3.gp.cov.Covariance": frozenset({"full", "diag"}),
    "pymc3.gp.mean.Mean": frozenset({"__call__"}),
}

_INFERENCE = frozenset(name.split(".")[0] for name in (*INFERENCE, *SAME))
_CALLED = _INFERENCE | frozenset(RENAMED) | frozenset(ARVIZ) | frozenset(ADVICE) | frozenset(TABLES)
_THEANO = frozenset(FUNCTIONS) | theano_names.names()
_PYMC3 = PYMC3_NAMES | PYMC3_MODULES | DISTRIBUTIONS | BASES | _OTHERS | _CALLED

#: Functions of tensors that the generator front end has too, by the name that they have there.
KEPT = {
    "pymc3.expand_packed_triangular": "expand_packed_triangular",
    "pymc3.math.expand_packed_triangular": "expand_packed_triangular",
    **{f"pymc3.{name}": name for name in ("floatX", "get_data", "intX")},
}

#: Calls that make nothing which a model could depend on.
_PLAIN = frozenset({"pymc3.set_data", "pymc3.model_to_graphviz", *(f"pymc3.{name}" for name in TABLES)})

#: Where PyMC3 has linear models and differential equations; ``glm`` is an older name of GLM there.
_REGRESSION_HOMES = {
    "pymc3.glm.linear.glm": "pymc3.GLM",
    "pymc3.glm.linear.": "pymc3.",
    "pymc3.glm.GLM": "pymc3.GLM",
    "pymc3.glm.LinearComponent": "pymc3.LinearComponent",
    "pymc3.families": "pymc3.glm.families",
    "pymc3.ode.ode.": "pymc3.ode.",
}

#: Gaussian processes, the methods of theirs that create variables, and helpers that create nothing: names in ``pm.gp``.
PROCESSES = frozenset("Latent LatentKron Marginal MarginalKron MarginalSparse TP".split())
MAKING = frozenset({"prior", "marginal_likelihood", "conditional"})
OF_PROCESSES = MAKING | {"predict", "predictt", "cov_func", "mean_func"}
GP_PLAIN = frozenset({"util.plot_gp_dist", "util.kmeans_inducing_points"})

#: Theano's modules by the names that PyMC3's own have for them.
_IMPORTED = {
    "pymc3.theano": "theano",
    "pymc3.math.theano": "theano",
    "pymc3.math.tt": "theano.tensor",
}

_HOMES = (
    "pymc3.distributions.distribution.",
    "pymc3.distributions.bound.",
    "pymc3.distributions.continuous.",
    "pymc3.distributions.discrete.",
    "pymc3.distributions.multivariate.",
    "pymc3.distributions.timeseries.",
    "pymc3.distributions.mixture.",
    "pymc3.distributions.posterior_predictive.",
    "pymc3.distributions.",
    "pymc3.model.",
    "pymc3.sampling.",
    "pymc3.plots.posteriorplot.",
    "pymc3.posteriorplot.",
    "pymc3.plots.",
    "pymc3.stats.",
    "pymc3.diagnostics.",
    "pymc3.backends.tracetab.",
    "pymc3.backends.ndarray.",
    "pymc3.backends.",
    "pymc3.tuning.starting.",
    "pymc3.tuning.scaling.",
    "pymc3.tuning.",
    "pymc3.step_methods.hmc.nuts.",
    "pymc3.step_methods.hmc.hmc.",
    "pymc3.step_methods.hmc.",
    "pymc3.step_methods.metropolis.",
    "pymc3.step_methods.slicer.",
    "pymc3.step_methods.compound.",
    "pymc3.step_methods.smc.",
    "pymc3.step_methods.elliptical_slice.",
    "pymc3.step_methods.",
    "pymc3.smc.sample_smc.",
    "pymc3.smc.",
    "pymc3.variational.inference.",
    "pymc3.variational.approximations.",
    "pymc3.variational.updates.",
    "pymc3.variational.",
    "pymc3.model_graph.",
    "pymc3.theanof.",
    "pymc3.data.",
)


@cache
def canonical(name: str) -> str:
    """The shortest spelling of a qualified name.

    Examples
    --------
    >>> canonical("pymc3.distributions.continuous.Normal")
    'pymc3.Normal'
    >>> canonical("pymc3.theano.tensor.stack"), canonical("pymc3.math.tt.exp")
    ('theano.tensor.stack', 'theano.tensor.exp')
    """
    if name.startswith("theano.theano."):  # from theano import theano
        name = name.removeprefix("theano.")
    for imported, module in _IMPORTED.items():
        if name == imported or name.startswith(f"{imported}."):
            return canonical(f"{module}{name.removeprefix(imported)}")
    for home, shorter in _REGRESSION_HOMES.items():
        if name == home or name.startswith(home if home.endswith(".") else f"{home}."):
            return f"{shorter}{name.removeprefix(home)}"
    if name.startswith("pymc3.gp.gp."):
        name = f"pymc3.gp.{name.removeprefix('pymc3.gp.gp.')}"
    for home in _HOMES:
        if name.startswith(home):
            rest = name.removeprefix(home)
            if rest.split(".")[0] in _PYMC3:
                name = f"pymc3.{rest}"
                break
    return _RENAMED.get(name) or _DENSE.get(name, name)


def of_points(name: str) -> bool:
    """Whether a name in ``pm.gp`` is a covariance or mean function, or a class of them.

    Examples
    --------
    >>> of_points("cov.ExpQuad"), of_points("util.stabilize")
    (True, False)
    """
    module, _, rest = name.partition(".")
    return module in ("cov", "mean") and rest[:1].isupper()


def is_public(module: str, name: str) -> bool:
    """Whether ``from module import *`` binds a name."""
    if module == "pymc3":
        return name in _PYMC3
    full = f"{module}.{name}"
    return (
        function_named(full) is not None
        or theano_names.kept(full) is not None
        or full in ("theano.shared", "theano.scan")
    )


def public_names(module: str) -> frozenset[str]:
    """The names that ``from module import *`` binds, as far as they are known.

    Examples
    --------
    >>> "Normal" in public_names("pymc3"), "exp" in public_names("theano.tensor")
    (True, True)
    """
    return _PYMC3 if module == "pymc3" else frozenset(n for n in _THEANO if is_public(module, n))


def is_plain(name: str) -> bool:
    """Whether a call gives nothing that a model or a result could depend on."""
    short = name.removeprefix("pymc3.")
    return name in _PLAIN or short in ARVIZ
