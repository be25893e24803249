"""Fits instead of draws: mean field, full rank, an object with a tracker, and an optimiser of our choice."""
import matplotlib.pyplot as plt
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(71)
x = rng.normal(size=(60, 2))
y = rng.binomial(1, 1 / (1 + np.exp(-(x[:, 0] - 2 * x[:, 1]))))


@pm.model(name=None)
def build_logistic():
    w = yield pm.Normal('w', 0, 2, batch_stack=2)
    p = tf.sigmoid(pm.math.dot(x, w))
    yield pm.Bernoulli('y', p, observed=y)


logistic = build_logistic()
mean_field = pm.fit(logistic, n=1000, method='advi', random_seed=3)
full = pm.fit(logistic, n=1000, method=pm.FullRankADVI(model=logistic),
              obj_optimizer=pm.adam(learning_rate=0.05))

advi = pm.ADVI(model=logistic)
tracker = pm.callbacks.Tracker(mean=advi.approx.mean.eval, std=advi.approx.std.eval)
approx = advi.fit(500, callbacks=[tracker])

plt.plot(mean_field.hist)
plt.close('all')
draws = mean_field.sample(200)
print('mean field', draws['w'].mean(axis=0).round(1))
print('full rank', full.sample(200)['w'].mean(axis=0).round(1))
print(len(tracker['mean']), 'steps were watched')
