"""Settings kept in dictionaries and handed on with stars."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(301)
x = rng.normal(size=35)
y = .5 + 1.5 * x + rng.normal(0, .7, 35)

prior = dict(mu=0, sd=3)
SAMPLING = {'draws': 200, 'tune': 300, 'chains': 2, 'cores': 1, 'random_seed': 302}

with pm.Model() as model:
    a = pm.Normal('a', **prior)
    b = pm.Normal('b', **prior)
    sigma = pm.HalfNormal('sigma', sd=2)
    pm.Normal('y', mu=a + b * x, sd=sigma, observed=y)
    # TODO(pm-migrate PM301): write out the starred arguments
    trace = pm.sample(**SAMPLING)

print('a %.2f, b %.2f' % (trace['a'].mean(), trace['b'].mean()))
