"""Rarer families beside each other: truncated, extreme, heavy-tailed, and counts of failures."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(341)
speed = np.clip(rng.normal(48, 6, 40), 30, 60)
angle = rng.laplace(.5, 1., 40)
tries = rng.geometric(.3, 40)
income = rng.pareto(3., 40) + 1


@pm.model(name=None)
def build_road():
    mu = yield pm.TruncatedNormal('mu', loc=50, scale=10, low=30, high=60)
    spread = yield pm.Chi2('spread', df=6)
    yield pm.Logistic('speed', loc=mu, scale=spread, observed=speed)

    direction = yield pm.Gumbel('direction', loc=0, scale=1)
    width = yield pm.InverseGaussian('width', loc=2., concentration=3.)
    yield pm.Laplace('angle', loc=direction, scale=width, observed=angle)

    p = yield pm.Kumaraswamy('p', concentration1=2, concentration0=3)
    yield pm.ShiftedGeometric('tries', probs=p, observed=tries)

    tail = yield pm.ExGaussian('tail', loc=2, scale=.5, nu=1)
    yield pm.Pareto('income', concentration=tf.abs(tail) + 1, scale=1, observed=income)


road = build_road()
trace = pm.sample(road, num_samples=200, burn_in=400, num_chains=2, seed=342)

print(az.summary(trace))
