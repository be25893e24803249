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
from typing import TYPE_CHECKING, Any

from pm_migrate.shims.pymc4 import distributions, flow, math, scopes, state_functions, tensors, utils
from pm_migrate.shims.pymc4.calls import draws
from pm_migrate.shims.pymc4.coroutine_model import Model, ModelTemplate, model
from pm_migrate.shims.pymc4.distributions import (
    CLASSES,
    NO_TRANSFORM,
    STRUCTURED,
    Deterministic,
    Distribution,
    Potential,
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
from pm_migrate.shims.pymc4.names import name_scope, variable_name
from pm_migrate.shims.pymc4.state_functions import bernoulli_fn, categorical_uniform_fn, gaussian_round_fn
from pm_migrate.shims.pymc4.tensors import GeneratorTensor

if TYPE_CHECKING:
    from pm_migrate.shims.pymc4 import forward_sampling, inference, mcmc
    from pm_migrate.shims.pymc4.inference.sampling import sample
    from pm_migrate.shims.pymc4.mcmc.samplers import HMC, NUTS, CompoundStep, HMCSimple, NUTSSimple, RandomWalkM
    from pm_migrate.shims.pymc4.mcmc.utils import initialize_sampling_state

#: Names that are imported when they are used, by their modules; modules have themselves.
_LATER = {
    **{name: name for name in ("forward_sampling", "inference", "mcmc")},
    **dict.fromkeys(("CompoundStep", "HMC", "HMCSimple", "NUTS", "NUTSSimple", "RandomWalkM"), "mcmc.samplers"),
    "initialize_sampling_state": "mcmc.utils",
    "sample": "inference.sampling",
}

globals().update(CLASSES)
globals().update(STRUCTURED)

__all__ = [
    "HMC",
    "NO_TRANSFORM",
    "NUTS",
    "CompoundStep",
    "Deterministic",
    "Distribution",
    "EvaluationError",
    "GeneratorTensor",
    "HMCSimple",
    "Model",
    "ModelTemplate",
    "NUTSSimple",
    "Potential",
    "RandomWalkM",
    "SamplingState",
    "StopExecution",
    "bernoulli_fn",
    "categorical_uniform_fn",
    "distributions",
    "draws",
    "evaluate_meta_model",
    "evaluate_meta_posterior_predictive_model",
    "evaluate_model",
    "evaluate_model_posterior_predictive",
    "evaluate_model_transformed",
    "flow",
    "forward_sampling",
    "gaussian_round_fn",
    "inference",
    "initialize_sampling_state",
    "math",
    "mcmc",
    "model",
    "name_scope",
    "sample",
    "sample_posterior_predictive",
    "sample_prior_predictive",
    "scopes",
    "state_functions",
    "tensors",
    "utils",
    "variable_name",
    *CLASSES,
    *STRUCTURED,
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_LATER[name]}")
    value = module if name == _LATER[name] else getattr(module, name)
    globals()[name] = value
    return value
