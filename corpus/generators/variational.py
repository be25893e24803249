"""Variational inference: a mean-field and a full-rank normal approximation of a regression, beside the exact answer."""

from __future__ import annotations

import arviz as az
import numpy as np

import pm_migrate.pymc4 as pm

NOISE = 0.5


@pm.model
def regression(x, y):
    coefficients = yield pm.Normal("coefficients", 0.0, 2.0, batch_stack=2)
    yield pm.Normal("y", coefficients[0] + coefficients[1] * x, NOISE, observed=y)


def exact(x, y):
    """Mean and standard deviations of the posterior, which is normal."""
    design = np.column_stack([np.ones_like(x), x])
    covariance = np.linalg.inv(design.T @ design / NOISE**2 + np.eye(2) / 4.0)
    return covariance @ design.T @ y / NOISE**2, np.sqrt(np.diag(covariance))


def main(draws=4000, tune=8000):
    rng = np.random.default_rng(9)
    x = rng.uniform(0.0, 2.0, 30)
    y = 1.0 - 0.7 * x + rng.normal(0.0, NOISE, len(x))
    model = regression(x, y)
    found = {}
    for method in ("advi", "fullrank_advi"):
        fit = pm.fit(model, method=method, num_steps=tune, random_seed=9, optimizer=pm.updates.adam(0.01))
        found[method] = fit.approximation.sample(draws).posterior["regression/coefficients"]
    mean, _ = exact(x, y)
    return found, {"advi": mean, "fullrank_advi": mean}


if __name__ == "__main__":
    found, truth = main()
    print(az.summary(found))
    print("exactly:", truth)
