"""A tournament: attack and defence of six teams, and what playing at home is worth (after Baio & Blangiardo 2010)."""

from __future__ import annotations

import itertools

import arviz as az
import numpy as np

import pm_migrate.pymc4 as pm

ATTACK = np.array([0.3, 0.2, 0.1, -0.1, -0.2, -0.3])
DEFENCE = np.array([-0.2, -0.1, 0.1, -0.2, 0.1, 0.3])
HOME, LEVEL, SEASONS = 0.25, 2.8, 5


def games(seed=4):
    """Each pair of teams meets once a season; points of the home team and of the other."""
    rng = np.random.default_rng(seed)
    pairs = np.array(list(itertools.combinations(range(len(ATTACK)), 2)) * SEASONS)
    home, away = np.where(rng.uniform(size=len(pairs)) < 0.5, pairs.T, pairs.T[::-1])
    home_points = rng.poisson(np.exp(LEVEL + HOME + ATTACK[home] + DEFENCE[away]))
    return home, away, home_points, rng.poisson(np.exp(LEVEL + ATTACK[away] + DEFENCE[home]))


@pm.model
def rugby(home, away, home_points, away_points):
    advantage = yield pm.Normal("advantage", 0, 1)
    level = yield pm.Normal("level", 3, 1)
    spread_attack = yield pm.HalfStudentT("spread_attack", df=3, scale=2.5)
    spread_defence = yield pm.HalfStudentT("spread_defence", df=3, scale=2.5)
    raw_attack = yield pm.Normal("raw_attack", 0, spread_attack, batch_stack=len(ATTACK))
    raw_defence = yield pm.Normal("raw_defence", 0, spread_defence, batch_stack=len(ATTACK))
    attack = yield pm.Deterministic("attack", raw_attack - np.mean(raw_attack))
    defence = yield pm.Deterministic("defence", raw_defence - np.mean(raw_defence))
    at_home = np.exp(level + advantage + attack[home] + defence[away])
    elsewhere = np.exp(level + attack[away] + defence[home])
    yield pm.Poisson("home_points", at_home, observed=home_points)
    yield pm.Poisson("away_points", elsewhere, observed=away_points)


def main(draws=1000, tune=1000):
    trace = pm.sample(rugby(*games()), num_samples=draws, burn_in=tune, num_chains=2, seed=4, target_accept=0.9)
    found = {name: trace.posterior[f"rugby/{name}"] for name in ("advantage", "attack", "defence")}
    return found, {"advantage": HOME, "attack": ATTACK, "defence": DEFENCE}


if __name__ == "__main__":
    found, truth = main()
    print(az.summary(found))
    print("put in:", truth)
