"""A yearly curve of bicycle hires: helpers create the variables, and helpers call helpers."""
import numpy as np
import pymc3 as pm
import theano.tensor as tt

np.random.seed(12)
day = np.arange(0, 730, 10)
hires = 40 + 0.02 * day + 9 * np.sin(2 * np.pi * day / 365.25) + np.random.normal(0, 2.5, len(day))


def positive(name, scale):
    """A variable that is never negative."""
    return pm.HalfNormal(name, sd=scale)


def wave(name, period, order=1):
    amplitude = positive(name + '_amplitude', 10.)
    phase = pm.Uniform(name + '_phase', 0, 2 * np.pi)
    return amplitude * tt.sin(2 * np.pi * order * day / period + phase)


def trend(prefix):
    level = pm.Normal(prefix + '_level', mu=hires.mean(), sd=20)
    slope = pm.Normal(prefix + '_slope', mu=0, sd=1)
    return level + slope * (day / 100)


def seasonal_model():
    # both parts make variables of their own
    return trend('trend') + wave('year', 365.25)


with pm.Model() as model:
    curve = pm.Deterministic('curve', seasonal_model())
    noise = positive('noise', 5)
    obs = pm.Normal('obs', mu=curve, sd=noise, observed=hires)
    trace = pm.sample(300, tune=500, chains=2, cores=1, random_seed=5)

print(pm.summary(trace, var_names=['trend_slope', 'year_amplitude', 'noise']))
