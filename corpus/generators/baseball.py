"""Batting averages: what few turns at bat tell, beside what all players tell (after Efron & Morris 1975)."""

from __future__ import annotations

import arviz as az
import numpy as np

import pm_migrate.pymc4 as pm

PLAYERS, AVERAGE, CONCENTRATION = 30, 0.27, 80.0


def season(seed=5):
    """Turns at bat of each player, and hits, in a first half and in a second."""
    rng = np.random.default_rng(seed)
    skill = rng.beta(AVERAGE * CONCENTRATION, (1 - AVERAGE) * CONCENTRATION, PLAYERS)
    turns = rng.integers(30, 250, PLAYERS)
    return turns, rng.binomial(turns, skill), rng.binomial(turns, skill)


@pm.model
def batting(turns, hits):
    average = yield pm.Uniform("average", 0.0, 1.0)
    log_concentration = yield pm.Exponential("log_concentration", 1.0)
    concentration = yield pm.Deterministic("concentration", np.exp(log_concentration))
    # of PyMC4's two concentrations of a Beta the first is that of failures
    skill = yield pm.Beta(
        "skill",
        concentration0=(1.0 - average) * concentration,
        concentration1=average * concentration,
        batch_stack=PLAYERS,
    )
    yield pm.Binomial("hits", turns, skill, observed=hits)


def main(draws=1000, tune=1000):
    turns, first, second = season()
    model = batting(turns, first)
    prior = pm.sample_prior_predictive(model, sample_shape=200, seed=5)
    assert (prior.prior_predictive["batting/hits"].values <= turns).all()
    # both halves: the same model with other data
    both = {"batting/hits": first + second}
    trace = pm.sample(batting(2 * turns, first), observed=both, num_samples=draws, burn_in=tune, num_chains=2, seed=5)
    found = {
        "average": trace.posterior["batting/average"],
        "log concentration": trace.posterior["batting/log_concentration"],
    }
    return found, {"average": AVERAGE, "log concentration": np.log(CONCENTRATION)}


if __name__ == "__main__":
    found, truth = main()
    print(az.summary(found))
    print("put in:", truth)
