"""A yearly curve of bicycle hires: helpers create the variables, and helpers call helpers."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

np.random.seed(12)
day = np.arange(0, 730, 10)
hires = 40 + 0.02 * day + 9 * np.sin(2 * np.pi * day / 365.25) + np.random.normal(0, 2.5, len(day))


def positive(name, scale):
    """A variable that is never negative."""
    return (yield pm.HalfNormal(name, scale=scale))


def wave(name, period, order=1):
    amplitude = yield from positive(name + '_amplitude', 10.)
    phase = yield pm.Uniform(name + '_phase', 0, 2 * np.pi)
    return amplitude * tf.sin(2 * np.pi * order * day / period + phase)


def trend(prefix):
    level = yield pm.Normal(prefix + '_level', loc=hires.mean(), scale=20)
    slope = yield pm.Normal(prefix + '_slope', loc=0, scale=1)
    return level + slope * (day / 100)


def seasonal_model():
    # both parts make variables of their own
    return (yield from trend('trend')) + (yield from wave('year', 365.25))


@pm.model(name=None)
def build_model():
    curve = yield pm.Deterministic('curve', (yield from seasonal_model()))
    noise = yield from positive('noise', 5)
    obs = yield pm.Normal('obs', loc=curve, scale=noise, observed=hires)


model = build_model()
trace = pm.sample(model, num_samples=300, burn_in=500, num_chains=2, seed=5)

print(az.summary(trace, var_names=['trend_slope', 'year_amplitude', 'noise']))
