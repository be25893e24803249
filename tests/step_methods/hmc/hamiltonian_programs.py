"""Programs that sample with Hamiltonian steps, for PyMC3 and for the drop-in: same seed, same draws.

Run by an interpreter that has PyMC3, ``python hamiltonian_programs.py`` writes ``recorded_hamiltonian_draws.json``.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RECORD = Path(__file__).with_name("recorded_hamiltonian_draws.json")
#: Statistics that say how long something took.
CLOCKS = frozenset({"perf_counter_diff", "perf_counter_start", "process_time_diff"})

FIXED = {"adapt_step_size": False, "step_scale": 0.25}  # where trajectories diverge, rounding errors explode
#: Tuning and draws. Rounding errors grow from draw to draw, fastest where steps are learnt: here from 1e-16 to 1e-8 in
#: 50 to 90 draws of the hierarchy with fixed steps, and in 25 to 60 of those that learn.
LONG, SHORT = (120, 80), (12, 4)
MIDDLE = (25, 15)


def hierarchy(pm: Any) -> Any:
    """Groups with a common mean and spread, and three transforms."""
    group = np.array([0, 0, 1, 1, 1, 2, 3, 3])
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 5.0)
        tau = pm.HalfCauchy("tau", 2.0)
        theta = pm.Normal("theta", mu, tau, shape=4)
        share = pm.Dirichlet("share", np.array([2.0, 3.0, 2.0]), shape=3)
        sigma = pm.Uniform("sigma", 0.5, 3.0)
        seen = np.array([1.0, -0.3, 0.8, 2.0, 0.1, -1.2, 0.4, 0.9])
        pm.Normal("y", theta[group] * share[0], sigma, observed=seen)
    return model


def mixed(pm: Any) -> Any:
    """A count beside continuous variables."""
    with pm.Model() as model:
        x = pm.Normal("x", 0.5, 2.0, shape=2)
        k = pm.Poisson("k", 3.0)
        pm.Normal("y", x.sum() + k, 1.5, observed=[1.0, 2.0])
    return model


def correlated(pm: Any) -> Any:
    """A normal vector."""
    with pm.Model() as model:
        pm.MvNormal("x", mu=np.zeros(3), cov=np.array([[1.0, 0.6, 0.0], [0.6, 2.0, 0.1], [0.0, 0.1, 0.3]]), shape=3)
    return model


def nuts(pm: Any, *args: Any, **kwargs: Any) -> Any:
    """A NUTS step that ends trajectories where PyMC3 does."""
    step = pm.NUTS(*args, **kwargs)
    step.reversible = False
    return step


def _adapting(pm: Any, m: Any, kind: str, spread: Any) -> Any:
    potential = getattr(pm.step_methods.hmc.quadpotential, kind)
    return nuts(pm, potential=potential(m.ndim, np.zeros(m.ndim), spread, 10))


#: Name: model, step methods, tuning and draws.
PROGRAMS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any], tuple[int, int]]] = {
    "NUTS": (hierarchy, lambda pm, m: nuts(pm, **FIXED, step_rand=lambda step: step * 1.01), MIDDLE),
    "NUTS, learning": (hierarchy, lambda pm, m: nuts(pm, gamma=0.06), SHORT),
    "NUTS, variances": (
        hierarchy,
        lambda pm, m: nuts(pm, **FIXED, scaling=np.linspace(0.5, 2.0, 9), is_cov=True),
        SHORT,
    ),
    "NUTS, precision matrix": (correlated, lambda pm, m: nuts(pm, **FIXED, scaling=np.eye(3) + 0.1), LONG),
    "NUTS, scaled at a point": (correlated, lambda pm, m: nuts(pm, **FIXED, scaling={"x": np.ones(3)}), LONG),
    "NUTS, dense learning": (
        correlated,
        lambda pm, m: _adapting(pm, m, "QuadPotentialFullAdapt", np.eye(3)),
        SHORT,
    ),
    "NUTS, learning from gradients": (
        correlated,
        lambda pm, m: _adapting(pm, m, "QuadPotentialDiagAdaptGrad", np.ones(3)),
        SHORT,
    ),
    "NUTS, one by one": (hierarchy, lambda pm, m: nuts(pm, blocked=False, **FIXED), SHORT),
    "NUTS and Metropolis": (mixed, lambda pm, m: [nuts(pm, [m["x"]], **FIXED), pm.Metropolis([m["k"]])], LONG),
    "HamiltonianMC": (hierarchy, lambda pm, m: pm.HamiltonianMC(**FIXED), MIDDLE),
    "HamiltonianMC, learning": (hierarchy, lambda pm, m: pm.HamiltonianMC(path_length=1.0), SHORT),
    "HamiltonianMC, covariance": (
        correlated,
        lambda pm, m: pm.HamiltonianMC(**FIXED, scaling=np.eye(3) + 0.1, is_cov=True),
        LONG,
    ),
}


def outcome(pm: Any, name: str) -> dict[str, Any]:
    """The last draw and its statistics: whatever went otherwise before shows there."""
    make, steps, (tune, draws) = PROGRAMS[name]
    with warnings.catch_warnings(), make(pm) as model:
        warnings.simplefilter("ignore")
        trace = pm.sample(
            draws,
            tune=tune,
            chains=1,
            cores=1,
            step=steps(pm, model),
            random_seed=7,
            progressbar=False,
            compute_convergence_checks=False,
            return_inferencedata=False,
        )
    kept = sorted(trace.stat_names - CLOCKS)
    return {
        **{v: np.asarray(trace[v][-1], float).tolist() for v in sorted(trace.varnames)},
        **{f"stat {s}": np.asarray(trace.get_sampler_stats(s)[-1], float).tolist() for s in kept},
    }


if __name__ == "__main__":
    import pymc3

    RECORD.write_text(json.dumps({name: outcome(pymc3, name) for name in PROGRAMS}, indent=1) + "\n")
