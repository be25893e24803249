"""Bulbs on a test bench, some still alight: a DensityDist that observes a dictionary."""
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(6)
life = rng.weibull(1.6, size=50) * 3.
still_on = life > 4.
hours = np.minimum(life, 4.)


@pm.model(name=None)
def build_bulbs():
    rate = yield pm.Gamma('rate', concentration=2, rate=4)

    def logp(failure, value):
        return (failure * tf.math.log(rate) - rate * value).sum()

    yield pm.DensityDist('life', logp, observed={'failure': (~still_on).astype(float), 'value': hours})


bulbs = build_bulbs()
trace = pm.sample(bulbs, num_samples=400, burn_in=400, num_chains=2, seed=15)

print('mean life %.2f' % (1 / pm.draws(trace, 'rate')).mean())
