"""Why a test of PyMC3's own fails against the drop-in: patterns of test names, each with its cause.

A failure without a cause is a defect; so is a cause that nothing fails for any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

_STEPS = "step methods beside NUTS come with a later version"
_VI = "variational inference comes with a later version"
_GLM = "GLM comes with a later version"
_NUMPY = "the test indexes a NumPy array with a list of slices, which NumPy refuses since 1.23; with a tuple it passes"

#: Pattern of ``module::Class::function[parameters]``: cause. The first that matches counts.
CAUSES: Mapping[str, str] = {
    # the test itself, with the pytest, NumPy and pandas of today
    "test_math::test_log1mexp_numpy_no_warning": "the test calls pytest.warns(None), which pytest refuses since 8",
    "test_theanof::TestTakeAlongAxis::test_take_along_axis_grad*": _NUMPY,
    "test_model::test_empty_observed": "the test writes into DataFrame.values, which pandas 3 makes read-only",
    "test_data_container::TestData::test_implicit_coords_series": 'freq="24H" is unknown to pandas 3',
    # PyMC3's insides
    "test_model::TestValueGradFunction::test_edge_case": "reads step._logp_dlogp_func of its NUTS",
    "test_util::TestBackendVersionCheck::*": "calls pymc3._check_backend_version, about installations of Theano",
    "test_distributions::TestMatchesScipy::test_inverse_gamma_alt_params": "calls InverseGamma._get_alpha_beta",
    "test_mixture::TestMixture::test_mixture_of_mvn": "reads Mixture._comp_logp",
    "test_posterior_predictive::*": "imports _TraceDict, of PyMC3's vectorised predictive sampler",
    "test_sampling::TestSamplePriorPredictive::test_multivariate2": "PyMC3's draws leave the shape of the data in "
    "obs.distribution.shape",
    "test_sampling::TestSamplePriorPredictive::test_layers": "np.ones_like of a variable is a variable, not a 1",
    "test_sampling::test_choose_chains": "calls _choose_chains",
    "test_sampling::TestChooseBackend::*": "calls _choose_backend",
    "test_sampling::test_init_jitter": "calls _init_jitter, with NumPy's generator replaced",
    # the drop-in is more accurate, or differs on purpose: docs/known-differences.md
    "test_distributions::TestMatchesScipy::test_inverse_gamma": "SciPy's logcdf underflows to -inf, where the exact "
    "-10000.098 is given",
    "test_distributions::TestMatchesScipy::test_discrete_weibull": "the expected number underflows to -inf, where "
    "the exact -7073.54 is given",
    "test_distributions::TestMatchesScipy::test_mvnormal_indef": "expects a gradient that is not finite where the log "
    "density is -inf; it is 0",
    "test_mixture::TestMixtureVsLatent::test_1d_w": "one component for all entries of a draw, against its density",
    # not there yet
    "test_model_helpers::*": "imports theano.sparse: sparse tensors are not supported",
    "test_types::*": _STEPS,
    "test_theanof::TestBroadcasting::test_metropolis_sampling": _STEPS,
    "test_mixture::TestMixture::test_mixture_list_of_normals": _STEPS,
    "test_mixture::TestMixture::test_normal_mixture": _STEPS,
    "test_mixture::TestMixture::test_poisson_mixture": _STEPS,
    "test_mixture::TestMixture::test_mixture_list_of_poissons": _STEPS,
    "test_examples::TestDisasterModel::*": _STEPS,
    "test_examples::TestLatentOccupancy::test_run": _STEPS,
    "test_examples::TestRSV::test_run": _STEPS,
    "test_examples::TestMultilevelNormal::test_run": _STEPS,
    "test_examples::TestGLMLinear::test_run": _GLM,
    "test_sampling::TestSample::*": _STEPS,
    "test_sampling::test_sample_find_MAP_does_not_modify_start": _STEPS,
    "test_sampling::test_exec_nuts_init": _STEPS,
    "test_sampling::test_default_sample_nuts_jitter": _STEPS,
    "test_step::*": _STEPS,
    "test_hmc::*": _STEPS,
    "test_quadpotential::*": _STEPS,
    "test_tuning::*": _STEPS,
    "test_posteriors::*": _STEPS,
    "test_parallel_sampling::*": _STEPS,
    "test_smc::*": "sequential Monte Carlo comes with a later version",
    "test_distributions_timeseries::test_linear": _VI,
    "test_updates::*": _VI,
    "test_variational_inference::*": _VI,
    "test_models_utils::*": _GLM,
    "test_models_linear::*": _GLM,
    "test_glm::*": _GLM,
    "test_gp::*": "Gaussian processes come with a later version",
    "test_ode::*": "differential equations come with a later version",
    "test_bart::*": "BART comes with a later version",
}


def matches(pattern: str, test: str) -> bool:
    """Whether a test has the pattern's name."""
    return fnmatchcase(test, pattern.replace("[", "[[]"))


def of(test: str) -> str | None:
    """The cause of a test's failure; the first pattern wins."""
    return next((cause for pattern, cause in CAUSES.items() if matches(pattern, test)), None)
