"""Models in models: names by path, values and data given from outside, and the state of an evaluation."""

from __future__ import annotations

import arviz as az
import numpy as np

import pm_migrate.pymc4 as pm


@pm.model(keep_return=False)
def group_effects(size, spread):
    mean = yield pm.Normal("mean", 0.0, 1.0)
    effects = yield pm.Normal("effects", mean, spread, batch_stack=size)
    return effects


@pm.model
def trial(outcome, noise=1.0):
    treated = yield group_effects(4, 0.5, name="treated")
    control = yield group_effects(4, 0.5, name="control")
    difference = yield pm.Deterministic("difference", np.mean(treated) - np.mean(control))
    yield pm.Normal("outcome", treated - control, noise, observed=outcome)
    return difference


def exact(outcome, noise):
    """Posterior mean of the difference of group means: everything is normal."""
    # effects of a group: variance 1 shared and 0.25 each; treated - control: twice that
    prior = 2.0 * (0.25 * np.eye(4) + np.ones((4, 4)))
    return float(np.mean(prior @ np.linalg.solve(prior + noise**2 * np.eye(4), outcome)))


def main(draws=1000, tune=1000):
    outcome = np.array([0.8, 1.6, 0.3, 1.1])
    model = trial(outcome)

    returned, state = pm.evaluate_model(model, values={"trial/treated/mean": 0.5})
    assert float(state.untransformed_values["trial/treated/mean"]) == 0.5
    assert np.allclose(returned, state.deterministics_values["trial/difference"])
    assert sorted(state.all_unobserved_values) == [
        "trial/control/effects",
        "trial/control/mean",
        "trial/treated/effects",
        "trial/treated/mean",
    ]

    trace = pm.sample(model, num_samples=draws, burn_in=tune, num_chains=2, seed=10)
    doubled = pm.sample(
        model, observed={"trial/outcome": 2.0 * outcome}, num_samples=draws, burn_in=tune, num_chains=2, seed=10
    )
    found = {"difference": trace.posterior["trial"], "of doubled outcomes": doubled.posterior["trial"]}
    return found, {"difference": exact(outcome, 1.0), "of doubled outcomes": exact(2.0 * outcome, 1.0)}


if __name__ == "__main__":
    found, truth = main()
    print(az.summary(found))
    print("exactly:", truth)
