"""A long table of deliveries, a few hundred rows at a time."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(61)
n = 5000
distance = rng.uniform(0, 10, n)
minutes = 5 + 3 * distance + rng.normal(0, 4, n)

X = pm.Minibatch(distance, batch_size=200)
Y = pm.Minibatch(minutes, 200)

with pm.Model() as deliveries:
    a = pm.Normal('a', 0, 10)
    b = pm.Normal('b', 0, 10)
    eps = pm.HalfNormal('eps', 10)
    likelihood = pm.Normal('likelihood', a + b * X, eps, observed=Y, total_size=n)
    approx = pm.fit(2000, method='advi', progressbar=False, random_seed=1)

trace = approx.sample(200)
print('minutes per kilometre: %.1f' % trace['b'].mean())
