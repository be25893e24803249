"""A model of a thermometer as a subclass of Model: variables are made while the object is built."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(7)
reference = np.linspace(-5, 30, 24)
shown = 0.8 + 1.02 * reference + rng.normal(0, 0.4, reference.size)


def noise_scale(name='noise'):
    return (yield pm.HalfCauchy(name, scale=1.))


@pm.model(name=None)
def Thermometer(truth, shown):
    offset = yield pm.Normal('offset', loc=0, scale=2)
    gain = yield pm.Normal('gain', loc=1, scale=0.5)
    noise = yield from noise_scale()
    yield pm.Normal('shown', loc=offset + gain * truth, scale=noise, observed=shown)


thermometer = Thermometer(reference, shown)
trace = pm.sample(thermometer, num_samples=300, burn_in=300, num_chains=2, seed=2)

print('offset %.2f' % pm.draws(trace, 'offset').mean())
print('gain %.3f' % pm.draws(trace, 'gain').mean())
