"""The mean and the spread of a normal sample: the smallest complete program."""

from __future__ import annotations

import arviz as az
import numpy as np

import pm_migrate.pymc4 as pm

MEAN, SPREAD = 8.0, 2.2


@pm.model
def measurements(data):
    mean = yield pm.Normal("mean", loc=0, scale=10)
    spread = yield pm.Exponential("spread", rate=0.1)
    yield pm.Normal("values", loc=mean, scale=spread, observed=data)
    return spread / mean * 100.0


def main(draws=1000, tune=1000):
    data = np.random.default_rng(1).normal(MEAN, SPREAD, size=200)
    trace = pm.sample(measurements(data), num_samples=draws, burn_in=tune, num_chains=2, seed=1)
    # the model's return value is recorded under the model's own name
    found = {name: trace.posterior[name] for name in ("measurements/mean", "measurements/spread", "measurements")}
    return found, {
        "measurements/mean": MEAN,
        "measurements/spread": SPREAD,
        "measurements": SPREAD / MEAN * 100.0,
    }


if __name__ == "__main__":
    found, truth = main()
    print(az.summary(found))
    print("put in:", truth)
