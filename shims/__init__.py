"""The drop-in: PyMC3's public names on TensorFlow Probability.

``import pm_migrate.shims as pm3`` in place of ``import pymc3 as pm3``, or :func:`install` before an unedited program.
Nothing heavy is imported until a name is used.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.catalog.exports import LEAKED_MODULES, PYMC3_MODULES, PYMC3_NAMES
from pm_migrate.catalog.older import OF_MATH, RENAMED, why_missing
from pm_migrate.shims import keras_later, placeholders, xla_cache
from pm_migrate.shims.distributions import HOMES as DISTRIBUTION_HOMES

placeholders.install_finder()
# before anything imports TensorFlow
xla_cache.configure()
keras_later.configure()

__version__ = "3.11.6"  # of PyMC3, whose behaviour this package has

_HOMES: dict[str, str] = {
    **dict.fromkeys(DISTRIBUTIONS, "distributions.frontend"),
    **{name: f"distributions.{home}" for name, home in DISTRIBUTION_HOMES.items() if name in PYMC3_NAMES},
    **dict.fromkeys(
        "Deterministic Factor Model Point Potential compilef fastfn fn modelcontext set_data".split(),
        "model",
    ),
    **dict.fromkeys("Data GeneratorAdapter Minibatch align_minibatches get_data".split(), "data"),
    "model_to_graphviz": "model_graph",
    **dict.fromkeys(("GLM", "LinearComponent"), "glm"),
    "find_MAP": "tuning.starting",
    "sample_smc": "smc",
    **dict.fromkeys(
        """
        BinaryGibbsMetropolis BinaryMetropolis CategoricalGibbsMetropolis CauchyProposal CompoundStep DEMetropolis
        DEMetropolisZ DEMetropolisZMLDA ElemwiseCategorical EllipticalSlice LaplaceProposal MLDA Metropolis
        MetropolisMLDA MultivariateNormalProposal NormalProposal PoissonProposal RecursiveDAProposal Slice
        UniformProposal
        """.split(),
        "step_methods",
    ),
    **dict.fromkeys(("HamiltonianMC", "NUTS"), "step_methods.hmc"),
    **dict.fromkeys(("find_hessian", "guess_scaling", "trace_cov"), "tuning.scaling"),
    **dict.fromkeys(
        (
            "fast_sample_posterior_predictive",
            "init_nuts",
            "iter_sample",
            "sample",
            "sample_posterior_predictive",
            "sample_posterior_predictive_w",
            "sample_prior_predictive",
        ),
        "sampling",
    ),
    **dict.fromkeys(("ArrayOrdering", "DictToArrayBijection", "DictToVarBijection"), "blocking"),
    **dict.fromkeys(
        ("ImputationWarning", "IncorrectArgumentsError", "SamplingError", "ShapeError", "TraceDirectoryError"),
        "exceptions",
    ),
    **dict.fromkeys(
        (
            "bool_types",
            "complex_types",
            "continuous_types",
            "discrete_types",
            "float_types",
            "int_types",
            "isgenerator",
            "theano_constant",
            "typefilter",
        ),
        "vartypes",
    ),
    **dict.fromkeys(("expand_packed_triangular", "invlogit", "invprobit", "logaddexp", "logit", "logsumexp"), "math"),
    "probit": "math",
    **dict.fromkeys(
        """
        CallableTensor cont_inputs floatX generator gradient hessian hessian_diag inputvars intX jacobian
        join_nonshared_inputs make_shared_replacements set_tt_rng smartfloatX take_along_axis tt_rng
        """.split(),
        "theanof",
    ),
    **dict.fromkeys(("load_trace", "save_trace"), "backends.ndarray"),
    "trace_to_dataframe": "backends.tracetab",
    "plot_gp_dist": "gp.util",
    **dict.fromkeys(
        """
        ADVI ASVGD Approximation Empirical FullRank FullRankADVI Group ImplicitGradient Inference KLqp MeanField NFVI
        NormalizingFlow SVGD Stein adadelta adagrad adagrad_window adam adamax apply_momentum apply_nesterov_momentum
        fit momentum nesterov_momentum norm_constraint rmsprop sample_approx sgd total_norm_constraint
        """.split(),
        "variational",
    ),
    "logp": "backports",
    "install": "installation",
    "uninstall": "installation",
}

__all__ = sorted(PYMC3_NAMES | {name for name in PYMC3_MODULES if find_spec(f"{__name__}.{name}") is not None})


def __getattr__(name: str) -> Any:
    if name in PYMC3_MODULES:
        return _module(name)
    if name in LEAKED_MODULES:
        return _module(LEAKED_MODULES[name])
    if name == "theano":
        return _module(name)
    if name in _HOMES:
        home = importlib.import_module(f"{__name__}.{_HOMES[name]}")
        classes = getattr(home, "CLASSES", {})
        return classes[name] if name in classes else getattr(home, name)
    if name in RENAMED:
        return __getattr__(RENAMED[name])
    if name in OF_MATH:
        return getattr(_module("math"), name)
    if name not in PYMC3_NAMES:
        raise AttributeError(f"module 'pymc3' has no attribute {name!r}{why_missing(name)}")
    for home in map(_module, ("plots", "stats")):
        if name in home.NAMES:
            return getattr(home, name)
    return _value(name) if name in ("blas_info", "handler") else placeholders.find(name)


def _value(name: str) -> Any:
    """What PyMC3's own set-up leaves in its namespace."""
    import logging

    return {} if name == "blas_info" else logging.StreamHandler()


def _module(name: str) -> Any:
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name == f"{__name__}.{name}":
            from pm_migrate.errors import NotSupported

            raise NotSupported(f"pymc3.{name} is not in the drop-in; see docs/known-differences.md") from None
        raise


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__", "install", "theano", "uninstall"})
