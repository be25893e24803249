"""Bulbs on a test bench, some still alight: a DensityDist that observes a dictionary."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(6)
life = rng.weibull(1.6, size=50) * 3.
still_on = life > 4.
hours = np.minimum(life, 4.)

with pm.Model() as bulbs:
    rate = pm.Gamma('rate', alpha=2, beta=4)

    def logp(failure, value):
        return (failure * pm.math.log(rate) - rate * value).sum()

    pm.DensityDist('life', logp, observed={'failure': (~still_on).astype(float), 'value': hours})
    trace = pm.sample(400, tune=400, chains=2, cores=1, random_seed=15)

print('mean life %.2f' % (1 / trace['rate']).mean())
