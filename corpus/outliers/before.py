"""A line through points of which some are off: three likelihoods, written as functions outside of the models."""

import numpy as np
import pymc3 as pm
import theano.tensor as tt

rng = np.random.RandomState(5)
depth = np.linspace(0.0, 4.0, 15)
found = 1.5 * depth + 2.0 + rng.normal(0.0, 0.3, size=15)
found[[3, 9]] += 6.0
error = np.full(15, 0.3)


def best(maxeval=5000):
    return pm.find_MAP(progressbar=False, maxeval=maxeval)


def line(x):
    return slope * x + level


with pm.Model() as plain:
    slope = pm.Normal("slope", mu=0.0, sigma=5.0)
    level = pm.Normal("level", mu=0.0, sigma=5.0)
    pm.Normal("y", mu=line(depth), sigma=error, observed=found)
    plain_map = best()


def mixed(y, x):
    """Each point is good, or one of a wide cloud around the line."""
    wide = error**2 + tt.exp(2.0 * log_width)
    off = (y - line(x)) ** 2
    good = tt.exp(-0.5 * off / error**2) / error
    bad = tt.exp(-0.5 * off / wide) / tt.sqrt(wide)
    return tt.sum(tt.log((1.0 - share) * good + share * bad))


with pm.Model() as mixture:
    share = pm.Uniform("share", 0.0, 1.0, testval=0.2)
    log_width = pm.Normal("log_width", mu=1.0, sigma=1.0)
    slope = pm.Normal("slope", mu=0.0, sigma=5.0)
    level = pm.Normal("level", mu=0.0, sigma=5.0)
    pm.DensityDist("y", mixed, observed={"y": found, "x": depth})
    mixture_map = best(maxeval=10000)


def heavy(value):
    """The tails of a Cauchy distribution."""
    off = (value - line(depth)) / error
    return -tt.log1p(off**2)


with pm.Model() as cauchy:
    slope = pm.Normal("slope", mu=0.0, sigma=5.0)
    level = pm.Normal("level", mu=0.0, sigma=5.0)
    pm.DensityDist("y", logp=heavy, observed=found)
    cauchy_map = best()

for name, best in [("plain", plain_map), ("mixture", mixture_map), ("cauchy", cauchy_map)]:
    print(name, "slope:", best["slope"].round(2))
