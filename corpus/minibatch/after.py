"""A long table of deliveries, a few hundred rows at a time."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(61)
n = 5000
distance = rng.uniform(0, 10, n)
minutes = 5 + 3 * distance + rng.normal(0, 4, n)

X = pm.Minibatch(distance, batch_size=200)
Y = pm.Minibatch(minutes, 200)


@pm.model(name=None)
def build_deliveries():
    a = yield pm.Normal('a', 0, 10)
    b = yield pm.Normal('b', 0, 10)
    eps = yield pm.HalfNormal('eps', 10)
    likelihood = yield pm.Normal('likelihood', a + b * X, eps, observed=Y, total_size=n)


deliveries = build_deliveries()
approx = pm.fit(deliveries, n=2000, method='advi', progressbar=False, random_seed=1)

trace = approx.sample(200)
print('minutes per kilometre: %.1f' % trace['b'].mean())
