"""A line through points of which some are off: three likelihoods, written as functions outside of the models."""

import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(5)
depth = np.linspace(0.0, 4.0, 15)
found = 1.5 * depth + 2.0 + rng.normal(0.0, 0.3, size=15)
found[[3, 9]] += 6.0
error = np.full(15, 0.3)


def best(model, maxeval=5000):
    return pm.find_MAP(model, progressbar=False, maxeval=maxeval)


def line(x, slope, level):
    return slope * x + level


@pm.model(name=None)
def build_plain():
    slope = yield pm.Normal("slope", loc=0.0, scale=5.0)
    level = yield pm.Normal("level", loc=0.0, scale=5.0)
    yield pm.Normal("y", loc=line(depth, slope, level), scale=error, observed=found)


plain = build_plain()
plain_map = best(plain)


def mixed(y, x, log_width, share, slope, level):
    """Each point is good, or one of a wide cloud around the line."""
    wide = error**2 + tf.exp(2.0 * log_width)
    off = (y - line(x, slope, level)) ** 2
    good = tf.exp(-0.5 * off / error**2) / error
    bad = tf.exp(-0.5 * off / wide) / tf.sqrt(wide)
    return tf.reduce_sum(tf.math.log((1.0 - share) * good + share * bad))


@pm.model(name=None)
def build_mixture():
    share = yield pm.Uniform("share", 0.0, 1.0, testval=0.2)
    log_width = yield pm.Normal("log_width", loc=1.0, scale=1.0)
    slope = yield pm.Normal("slope", loc=0.0, scale=5.0)
    level = yield pm.Normal("level", loc=0.0, scale=5.0)
    yield pm.DensityDist("y", lambda y, x: mixed(y, x, log_width, share, slope, level),
                         observed={"y": found, "x": depth})


mixture = build_mixture()
mixture_map = best(mixture, maxeval=10000)


def heavy(value, slope, level):
    """The tails of a Cauchy distribution."""
    off = (value - line(depth, slope, level)) / error
    return -tf.math.log1p(off**2)


@pm.model(name=None)
def build_cauchy():
    slope = yield pm.Normal("slope", loc=0.0, scale=5.0)
    level = yield pm.Normal("level", loc=0.0, scale=5.0)
    yield pm.DensityDist("y", log_prob=lambda value: heavy(value, slope, level), observed=found)


cauchy = build_cauchy()
cauchy_map = best(cauchy)

for name, best in [("plain", plain_map), ("mixture", mixture_map), ("cauchy", cauchy_map)]:
    print(name, "slope:", best["slope"].round(2))
