"""A mixture of three normals, with the components summed out and their means kept in order."""

from __future__ import annotations

import arviz as az
import numpy as np

import pm_migrate.pymc4 as pm

WEIGHTS, MEANS, SPREAD = np.array([0.5, 0.2, 0.3]), np.array([-3.0, 0.0, 4.0]), 0.8


@pm.model
def mixture(data):
    weights = yield pm.Dirichlet("weights", np.ones(3))
    means = yield pm.Normal(
        "means",
        loc=[-1.0, 0.0, 1.0],
        scale=10.0,
        transform=pm.distributions.transforms.ordered,
        testval=[-1.0, 0.0, 1.0],
    )
    spread = yield pm.HalfNormal("spread", 3.0)
    yield pm.Mixture("data", p=weights, distributions=pm.Normal.dist(means, spread), observed=data)


def main(draws=1000, tune=1000):
    rng = np.random.default_rng(6)
    data = rng.normal(MEANS[rng.choice(3, size=400, p=WEIGHTS)], SPREAD)
    trace = pm.sample(mixture(data), num_samples=draws, burn_in=tune, num_chains=2, seed=6)
    found = {name: trace.posterior[f"mixture/{name}"] for name in ("weights", "means", "spread")}
    return found, {"weights": WEIGHTS, "means": MEANS, "spread": SPREAD}


if __name__ == "__main__":
    found, truth = main()
    print(az.summary(found))
    print("put in:", truth)
