"""The generator front end: PyMC4's API on current TensorFlow Probability.

Examples
--------
>>> import pm_migrate.pymc4 as pm
>>> @pm.model(name=None)
... def eight_schools(effect, error):
...     mu = yield pm.Normal("mu", 0, 5)
...     tau = yield pm.HalfCauchy("tau", 5)
...     theta = yield pm.Normal("theta", mu, tau, batch_stack=len(effect))
...     yield pm.Normal("y", theta, error, observed=effect)
>>> m = eight_schools([28.0, 8.0, -3.0], [15.0, 10.0, 16.0])
>>> [v.name for v in m.log_density().variables]
['mu', '__log_tau', 'theta']
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pm_migrate.shims.data import Minibatch, align_minibatches, get_data
from pm_migrate.shims.pymc4 import (
    distributions,
    flow,
    forward_sampling,
    math,
    scopes,
    state_functions,
    tensors,
    transforms,
    utils,
)
from pm_migrate.shims.pymc4.calls import draws
from pm_migrate.shims.pymc4.coroutine_model import Model, ModelTemplate, model
from pm_migrate.shims.pymc4.distributions import (
    CLASSES,
    NO_TRANSFORM,
    STRUCTURED,
    Deterministic,
    Distribution,
    Potential,
    TfpDistribution,
    from_tfp,
)
from pm_migrate.shims.pymc4.errors import EvaluationError, StopExecution
from pm_migrate.shims.pymc4.flow import (
    SamplingState,
    evaluate_meta_model,
    evaluate_meta_posterior_predictive_model,
    evaluate_model,
    evaluate_model_posterior_predictive,
    evaluate_model_transformed,
)
from pm_migrate.shims.pymc4.forward_sampling import sample_posterior_predictive, sample_prior_predictive
from pm_migrate.shims.pymc4.loops import scan
from pm_migrate.shims.pymc4.math import expand_packed_triangular
from pm_migrate.shims.pymc4.names import name_scope, prefix, variable_name
from pm_migrate.shims.pymc4.observing import Data, set_data
from pm_migrate.shims.pymc4.own import BoundedContinuous, Continuous, Discrete, PositiveContinuous, UnitContinuous
from pm_migrate.shims.pymc4.state_functions import bernoulli_fn, categorical_uniform_fn, gaussian_round_fn
from pm_migrate.shims.pymc4.tensors import GeneratorTensor, set_floatx
from pm_migrate.shims.theano import config, shared
from pm_migrate.shims.theanof import floatX, intX

#: Names that are imported when they are first used, by their modules; modules have themselves.
_LATER = {
    **{name: name for name in "backends glm gp inference mcmc ode plots pymc3 step_methods variational".split()},
    "updates": "variational.updates",
    **dict.fromkeys(
        "ADVIFit Approximation FullRank LowRank MeanField".split() + "adadelta adagrad adam adamax fit sgd".split(),
        "variational",
    ),
    **dict.fromkeys(("CompoundStep", "HMC", "HMCSimple", "NUTS", "NUTSSimple", "RandomWalkM"), "mcmc.samplers"),
    **dict.fromkeys(
        "load_trace plot_posterior_predictive_glm predictions_to_inference_data save_trace to_inference_data "
        "trace_to_dataframe".split(),
        "as_pymc3",
    ),
    # PyMC3's, for generator models
    **dict.fromkeys(
        """
        ADVI ASVGD Empirical FullRankADVI NFVI NormalizingFlow SVGD adagrad_window apply_momentum
        apply_nesterov_momentum callbacks momentum nesterov_momentum norm_constraint rmsprop sample_approx set_tt_rng
        total_norm_constraint
        """.split(),
        "pymc3_variational",
    ),
    **dict.fromkeys(
        """
        find_MAP find_hessian gradient guess_scaling hessian_diag jacobian init_nuts iter_sample
        sample_posterior_predictive_w sample_smc trace_cov
        """.split(),
        "pymc3_functions",
    ),
    **dict.fromkeys(("bpic", "dic"), "criteria"),
    **dict.fromkeys(("geweke", "mc_error", "quantiles"), "older_statistics"),
    **dict.fromkeys(
        """
        BinaryGibbsMetropolis BinaryMetropolis CategoricalGibbsMetropolis CauchyProposal DEMetropolis DEMetropolisZ
        EllipticalSlice HamiltonianMC LaplaceProposal MLDA Metropolis MultivariateNormalProposal NormalProposal
        PoissonProposal Slice UniformProposal
        """.split(),
        "step_methods",
    ),
    "density": "density_model",
    "model_to_graphviz": "model_graph",
    "initialize_sampling_state": "mcmc.utils",
    "sample": "inference.sampling",
}

globals().update(CLASSES)
globals().update(STRUCTURED)

__all__ = [
    "BoundedContinuous",
    "Continuous",
    "Discrete",
    "PositiveContinuous",
    "UnitContinuous",
    "NO_TRANSFORM",
    "Data",
    "Deterministic",
    "Distribution",
    "EvaluationError",
    "GeneratorTensor",
    "Minibatch",
    "Model",
    "ModelTemplate",
    "Potential",
    "SamplingState",
    "StopExecution",
    "TfpDistribution",
    "align_minibatches",
    "bernoulli_fn",
    "categorical_uniform_fn",
    "config",
    "distributions",
    "draws",
    "evaluate_meta_model",
    "evaluate_meta_posterior_predictive_model",
    "evaluate_model",
    "evaluate_model_posterior_predictive",
    "evaluate_model_transformed",
    "expand_packed_triangular",
    "floatX",
    "flow",
    "from_tfp",
    "forward_sampling",
    "gaussian_round_fn",
    "get_data",
    "intX",
    "math",
    "model",
    "name_scope",
    "prefix",
    "sample_posterior_predictive",
    "sample_prior_predictive",
    "scan",
    "set_data",
    "set_floatx",
    "shared",
    "scopes",
    "state_functions",
    "tensors",
    "transforms",
    "utils",
    "variable_name",
    *CLASSES,
    *STRUCTURED,
    *_LATER,
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_LATER[name]}")
    value = module if _LATER[name].rpartition(".")[2] == name else getattr(module, name)
    globals()[name] = value
    return value
