"""A polynomial of any order: its coefficients come out of a comprehension, its terms from another."""
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(201)
x = np.linspace(-1, 1, 40)
y = 1 - x + 2 * x**2 + rng.normal(0, .2, 40)
order = 3


@pm.model(name=None)
def build_polynomial():
    coefs = []
    for i in range(order + 1):
        coefs.append((yield pm.Normal('c{}'.format(i), loc=0, scale=2)))
    scales = {}
    for part in ('left', 'right'):
        scales[part] = yield pm.HalfNormal('scale_' + part, 1)
    curve = sum(c * x**i for i, c in enumerate(coefs))
    sd = tf.where(x < 0, scales['left'], scales['right'])
    yield pm.Normal('y', loc=curve, scale=sd, observed=y)


polynomial = build_polynomial()
trace = pm.sample(polynomial, num_samples=300, burn_in=300, num_chains=2, seed=202)

print([pm.draws(trace, 'c%d' % i).mean().round(1) for i in range(order + 1)])
