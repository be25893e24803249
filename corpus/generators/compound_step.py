"""Discrete and continuous unknowns together: which coin of three was tossed, and how fair it is."""

from __future__ import annotations

import arviz as az
import numpy as np
import tensorflow as tf

import pm_migrate.pymc4 as pm

FAIRNESS = np.array([0.2, 0.5, 0.85])
HEADS, TOSSES = 11, 20
RATES = np.array([2.0, 9.0])


@pm.model
def unknowns(counts):
    coin = yield pm.Categorical("coin", probs=[0.3, 0.4, 0.3])
    chance = yield pm.Deterministic("chance", tf.gather(FAIRNESS, coin))
    yield pm.Binomial("heads", TOSSES, chance, observed=HEADS)
    fast = yield pm.Bernoulli("fast", 0.5)
    shift = yield pm.Normal("shift", 0.0, 0.3)
    rate = np.where(fast > 0, RATES[1], RATES[0]) * np.exp(shift)
    yield pm.Poisson("counts", rate, observed=counts)


def exact_coin():
    """The posterior probability of each coin, by Bayes' rule."""
    weights = np.array([0.3, 0.4, 0.3]) * FAIRNESS**HEADS * (1 - FAIRNESS) ** (TOSSES - HEADS)
    return weights / weights.sum()


def main(draws=4000, tune=1000):
    counts = np.random.default_rng(8).poisson(RATES[1], 12)
    trace = pm.sample(
        unknowns(counts),
        sampler_type="compound",
        sampler_methods=[("coin", pm.mcmc.samplers.RandomWalkM), ("shift", pm.mcmc.samplers.NUTS)],
        num_samples=draws,
        burn_in=tune,
        num_chains=2,
        seed=8,
    )
    coin = trace.posterior["unknowns/coin"]
    found = {f"coin {k}": (coin == k).astype(float) for k in range(3)}
    found["fast"] = trace.posterior["unknowns/fast"]
    return found, {**{f"coin {k}": p for k, p in enumerate(exact_coin())}, "fast": 1.0}


if __name__ == "__main__":
    found, truth = main()
    print(az.summary(found))
    print("exactly:", truth)
