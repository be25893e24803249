"""Radon in houses: counties share what they have in common, and houses without a basement have less of it."""

from __future__ import annotations

import arviz as az
import numpy as np

import pm_migrate.pymc4 as pm

COUNTIES, MEAN, BETWEEN, FLOOR, WITHIN = 20, 1.5, 0.4, -0.7, 0.6


def houses(seed=3, size=400):
    rng = np.random.default_rng(seed)
    county = np.concatenate([np.arange(COUNTIES), rng.integers(0, COUNTIES, size - COUNTIES)])
    floor = rng.integers(0, 2, size)
    level = rng.normal(MEAN, BETWEEN, COUNTIES)
    return county, floor, level[county] + FLOOR * floor + rng.normal(0.0, WITHIN, size)


@pm.model
def radon(county, floor, log_radon):
    mean = yield pm.Normal("mean", 0, 5)
    between = yield pm.HalfCauchy("between", 2)
    standard = yield pm.Normal("standard", 0, 1, batch_stack=COUNTIES)
    level = yield pm.Deterministic("level", mean + between * standard)
    effect = yield pm.Normal("effect", 0, 5)
    within = yield pm.HalfCauchy("within", 2)
    yield pm.Normal("log_radon", level[county] + effect * floor, within, observed=log_radon)


def main(draws=1000, tune=1000):
    county, floor, log_radon = houses()
    model = radon(county, floor, log_radon)
    trace = pm.sample(model, num_samples=draws, burn_in=tune, num_chains=2, seed=3)
    trace = pm.sample_posterior_predictive(model, trace, seed=3)
    again = trace.posterior_predictive["radon/log_radon"]
    found = {name: trace.posterior[f"radon/{name}"] for name in ("mean", "effect", "within")}
    found["spread of new data"] = again.std(dim=again.dims[-1])
    return found, {"mean": MEAN, "effect": FLOOR, "within": WITHIN, "spread of new data": log_radon.std()}


if __name__ == "__main__":
    found, truth = main()
    print(az.summary(found))
    print("put in:", truth)
