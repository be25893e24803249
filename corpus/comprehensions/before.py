"""A polynomial of any order: its coefficients come out of a comprehension, its terms from another."""
import numpy as np
import pymc3 as pm
import theano.tensor as tt

rng = np.random.RandomState(201)
x = np.linspace(-1, 1, 40)
y = 1 - x + 2 * x**2 + rng.normal(0, .2, 40)
order = 3

with pm.Model() as polynomial:
    coefs = [pm.Normal('c{}'.format(i), mu=0, sd=2) for i in range(order + 1)]
    scales = {part: pm.HalfNormal('scale_' + part, 1) for part in ('left', 'right')}
    curve = sum(c * x**i for i, c in enumerate(coefs))
    sd = tt.switch(x < 0, scales['left'], scales['right'])
    pm.Normal('y', mu=curve, sd=sd, observed=y)
    trace = pm.sample(300, tune=300, chains=2, cores=1, random_seed=202)

print([trace['c%d' % i].mean().round(1) for i in range(order + 1)])
