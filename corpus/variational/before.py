"""Fits instead of draws: mean field, full rank, an object with a tracker, and an optimiser of our choice."""
import matplotlib.pyplot as plt
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(71)
x = rng.normal(size=(60, 2))
y = rng.binomial(1, 1 / (1 + np.exp(-(x[:, 0] - 2 * x[:, 1]))))

with pm.Model() as logistic:
    w = pm.Normal('w', 0, 2, shape=2)
    p = pm.math.sigmoid(pm.math.dot(x, w))
    pm.Bernoulli('y', p, observed=y)

    mean_field = pm.fit(n=1000, method='advi', random_seed=3)
    full = pm.fit(1000, method=pm.FullRankADVI(), obj_optimizer=pm.adam(learning_rate=0.05))

    advi = pm.ADVI()
    tracker = pm.callbacks.Tracker(mean=advi.approx.mean.eval, std=advi.approx.std.eval)
    approx = advi.fit(500, callbacks=[tracker])

plt.plot(mean_field.hist)
plt.close('all')
draws = mean_field.sample(200)
print('mean field', draws['w'].mean(axis=0).round(1))
print('full rank', full.sample(200)['w'].mean(axis=0).round(1))
print(len(tracker['mean']), 'steps were watched')
