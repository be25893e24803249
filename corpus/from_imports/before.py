"""Grip strength of climbers, with each name imported by itself."""
import numpy as np
from pymc3 import Model, Normal as N, sample, summary
from pymc3.distributions import HalfNormal, StudentT
from pymc3.distributions.transforms import log as log_transform
from pymc3.math import exp, dot
from theano import shared, tensor as T

rng = np.random.RandomState(8)
years = rng.uniform(0, 10, 30)
grip = np.exp(3.5 + 0.04 * years) + rng.normal(0, 2., 30)
design = shared(np.column_stack([np.ones_like(years), years]))

with Model() as climbers:
    b = N('b', mu=0, sd=np.array([5., 1.]), shape=2)
    scale = HalfNormal('scale', sd=5, transform=log_transform)
    mu = exp(dot(design, b))
    StudentT('grip', nu=4, mu=mu, sd=scale * T.ones_like(mu), observed=grip)
    trace = sample(300, tune=400, chains=2, cores=1, start={'b': np.array([3.5, 0.])}, random_seed=4)

print(summary(trace))
