"""How long batteries last in the cold: expressions of a model's variables, and models kept in an ordered dictionary."""

from collections import OrderedDict

import numpy as np
import pymc3 as pm
import theano.tensor as tt

rng = np.random.RandomState(31)
cold = np.repeat([0.0, 1.0], 10)
hours = rng.exponential(np.exp(1.5 - 0.7 * cold))


def fit_all(data, scales):
    models = OrderedDict()
    for scale in scales:
        with pm.Model() as models[scale]:
            level = pm.Normal("level", mu=0.0, sd=scale)
            slope = pm.Normal("slope", mu=0.0, sd=scale)
            pm.Exponential("hours", lam=tt.exp(-level - slope * cold), observed=data)
    return models


models = fit_all(hours, [1.0, 3.0])
for scale in models:
    print(scale, round(float(models[scale].logp(models[scale].test_point)), 3))

with pm.Model() as model:
    level = pm.Normal("level", mu=0.0, sd=2.0)
    slope = pm.Normal("slope", mu=0.0, sd=1.0)
    pm.Exponential("hours", lam=tt.exp(-level - slope * cold), observed=hours)
    approx = pm.fit(n=200, method="advi", progressbar=False)

# what the model says of a warm and of a cold battery, in days
warm = tt.exp(level) / 24.0
ratio = pm.math.exp(slope)
frozen = warm * ratio
print("at the test point:", frozen.tag.test_value, frozen.eval({level: 1.0, slope: -1.0}).round(3))
print("samples of both:", approx.sample_node(warm, size=5).eval().shape, approx.sample_node(frozen).eval().shape)
