"""How long batteries last in the cold: expressions of a model's variables, and models kept in an ordered dictionary."""

from collections import OrderedDict

import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(31)
cold = np.repeat([0.0, 1.0], 10)
hours = rng.exponential(np.exp(1.5 - 0.7 * cold))


def fit_all(data, scales):
    models = OrderedDict()
    for scale in scales:
        @pm.model(name=None)
        def build_model(scale):
            level = yield pm.Normal("level", loc=0.0, scale=scale)
            slope = yield pm.Normal("slope", loc=0.0, scale=scale)
            yield pm.Exponential("hours", rate=tf.exp(-level - slope * cold), observed=data)

        models[scale] = build_model(scale)
    return models


models = fit_all(hours, [1.0, 3.0])
for scale in models:
    print(scale, round(float(pm.density(models[scale]).logp(pm.density(models[scale]).test_point)), 3))


@pm.model(name=None)
def build_model():
    level = yield pm.Normal("level", loc=0.0, scale=2.0)
    slope = yield pm.Normal("slope", loc=0.0, scale=1.0)
    yield pm.Exponential("hours", rate=tf.exp(-level - slope * cold), observed=hours)


model = build_model()
approx = pm.fit(model, n=200, method="advi", progressbar=False)

# what the model says of a warm and of a cold battery, in days
warm = pm.math.exp(pm.density(model)["level"]) / 24.0
ratio = pm.math.exp(pm.density(model)["slope"])
frozen = warm * ratio
print("at the test point:", frozen.tag.test_value, frozen.eval({pm.density(model)["level"]: 1.0, pm.density(model)["slope"]: -1.0}).round(3))
print("samples of both:", approx.sample_node(warm, size=5).eval().shape, approx.sample_node(frozen).eval().shape)
