"""A price built up term by term: augmented assignments, conditional expressions, bare variables."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(351)
area = rng.uniform(40, 120, 45)
floor = rng.randint(0, 5, 45)
balcony = rng.binomial(1, .4, 45)
price = 50 + 2.5 * area + 8 * balcony + rng.normal(0, 15, 45)
use_floor = True

with pm.Model():
    mu = pm.Normal('base', mu=100, sd=50)
    mu += pm.Normal('per_m2', mu=2, sd=2) * area
    mu += (pm.Normal('per_floor', mu=0, sd=5) if use_floor else 0) * floor
    mu = mu + pm.Normal('balcony', 0, 20) * balcony
    pm.StudentT('price', nu=pm.Gamma('nu', 2, .1), mu=mu, sd=pm.HalfNormal('s', 20), observed=price)
    trace = pm.sample(200, tune=400, chains=2, cores=1, random_seed=352)

print('a square metre costs %.2f' % trace['per_m2'].mean())
