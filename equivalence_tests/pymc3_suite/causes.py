"""Why a test of PyMC3's own fails against the drop-in: patterns of test names, each with its cause.

A failure without a cause is a defect; so is a cause that nothing fails for any more. Patterns are narrow: a test, or
its parametrisations. Those of a whole module or class are for what is not there yet, and explain only its refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

#: Name of the failing "test" that stands for a module which did not run to its end.
WHOLE = "(whole module)"
#: One of these is in the message of a test that fails for want of a feature.
REFUSALS = ("NotSupported", "is not in the drop-in yet")

_BART = "BART comes with a later version"
_NUMPY = "the test indexes a NumPy array with a list of slices, which NumPy refuses since 1.23; with a tuple it passes"
_DATA_SHAPE = "PyMC3's draws leave the shape of the data in obs.distribution.shape"
_SAMPLEABLE = "test_distributions_random::TestDensityDist::test_density_dist_with_random_sampleable"
_SLICE = "Neal's bracket, under which the slice is sampled right; the expected numbers are of PyMC3's own"
_PROCESSES = "chains run in one program, not in processes of their own: nothing is pickled, and nothing warned of"

#: Patterns of ``module::Class::function[parameters]``, by kind of cause. The first that matches counts.
KINDS: Mapping[str, Mapping[str, str]] = {
    "Pytest, NumPy and pandas of today": {
        "test_math::test_log1mexp_numpy_no_warning": "the test calls pytest.warns(None), which pytest refuses since 8",
        "test_theanof::TestTakeAlongAxis::test_take_along_axis_grad*": _NUMPY,
        "test_model::test_empty_observed": "the test writes into DataFrame.values, which pandas 3 makes read-only",
        "test_data_container::TestData::test_implicit_coords_series": 'freq="24H" is unknown to pandas 3',
    },
    "Insides of PyMC3": {
        "test_util::TestBackendVersionCheck::test_warn_on_incompatible_backend": "calls pymc3._check_backend_version, "
        "about installations of Theano",
        "test_distributions::TestMatchesScipy::test_inverse_gamma_alt_params": "calls InverseGamma._get_alpha_beta",
        "test_distributions::TestMatchesScipy::test_dirichlet_multinomial_defaultval*": "reads _defaultval",
        "test_mixture::TestMixture::test_mixture_of_mvn": "reads Mixture._comp_logp",
        "test_posterior_predictive::test_build_TraceDict": "_TraceDict is of PyMC3's vectorised predictive sampler",
        "test_posterior_predictive::test_build_TraceDict_point_list": "_TraceDict is of PyMC3's vectorised predictive "
        "sampler",
        "test_sampling::TestSamplePriorPredictive::test_multivariate2": _DATA_SHAPE,
        f"{_SAMPLEABLE}[*": _DATA_SHAPE,
        f"{_SAMPLEABLE}_handcrafted_success": _DATA_SHAPE,
        "test_sampling::test_choose_chains*": "calls _choose_chains",
        "test_sampling::TestChooseBackend::test_choose_backend_*": "calls _choose_backend",
        "test_sampling::test_default_sample_nuts_jitter*": "replaces init_nuts, which pm.sample does not call",
        "test_parallel_sampling::test_spawn_densitydist_syswarning": "replaces PLATFORM in a module of PyMC3",
    },
    "Known differences": {
        "test_distributions::TestMatchesScipy::test_inverse_gamma": "SciPy's logcdf underflows to -inf; here it is the "
        "exact number, as -10000.098",
        "test_distributions::TestMatchesScipy::test_discrete_weibull": "the expected number underflows to -inf; here "
        "it is the exact one, as -7073.54",
        "test_distributions::TestMatchesScipy::test_moyal": "SciPy's logcdf underflows to -inf; here it is the exact "
        "number, as -2219.56",
        "test_distributions::TestMatchesScipy::test_rice": "SciPy's logpdf underflows to -inf; here it is the exact "
        "number, as -19210.18",
        "test_distributions::TestMatchesScipy::test_weibull": "six decimals of numbers as -1e34, which differ "
        "from SciPy's by 4e-15 of their size",
        "test_distributions::TestMatchesScipy::test_mvnormal_indef": "expects a gradient that is not finite where the "
        "log density is -inf; it is 0",
        "test_distributions_random::TestScalarParameterSamples::test_logitnormal": "draws round to 0 or 1; here "
        "they are the nearest numbers between, which have a density",
        "test_distributions::test_bound": "expects that a Bound with array ends has no draws",
        "test_mixture::TestMixtureVsLatent::test_1d_w": "one component for all entries of a draw, against its density",
        "test_sampling::TestSamplePriorPredictive::test_layers": "np.ones_like of a variable is a variable, not a 1",
        "test_step::TestStepMethods::test_sample_exact": _SLICE,
        "test_sampling::TestSample::test_return_inferencedata": "expects a warning about version 4",
        "test_parallel_sampling::test_spawn_densitydist_mpctxwarning": _PROCESSES,
        "test_parallel_sampling::test_spawn_densitydist_bound_method": _PROCESSES,
        "test_parallel_sampling::test_remote_pipe_closed": _PROCESSES,
        "test_parallel_sampling::test_abort": _PROCESSES,
        "test_parallel_sampling::test_explicit_sample": _PROCESSES,
        "test_parallel_sampling::test_iterator": _PROCESSES,
        "test_parallel_sampling::test_bad_unpickle": _PROCESSES,
    },
    "Not there yet": {
        "test_sampling::TestSample::test_trace_report_bart": _BART,
        "test_model_helpers::TestHelperFunc::test_as_tensor": "sparse tensors are not supported",
        "test_bart::test_split_node": _BART,
        "test_bart::test_leaf_node": _BART,
        "test_bart::*": _BART,
    },
}

CAUSES: Mapping[str, str] = {pattern: cause for causes in KINDS.values() for pattern, cause in causes.items()}


def matches(pattern: str, test: str) -> bool:
    """Whether a test has the pattern's name."""
    return fnmatchcase(test, pattern.replace("[", "[[]"))


def module_of(pattern: str) -> str:
    """The test module that a test or a pattern of tests belongs to."""
    return pattern.partition("::")[0]


def pattern_of(test: str, message: str | None = None, known: Mapping[str, str] = CAUSES) -> str | None:
    """The first pattern that explains a test's failure.

    Parameters
    ----------
    test
        Its name. A module that did not run to its end has no cause.
    message
        Of the failure, where it is known: without a refusal in it, no pattern of a whole module or class explains it.
    known
        The causes.
    """
    refused = message is None or any(text in message for text in REFUSALS)
    if test.endswith(f"::{WHOLE}"):
        return None
    return next((p for p in known if matches(p, test) and (refused or not p.endswith("::*"))), None)
