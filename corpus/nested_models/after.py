"""Two rivers share a climate: a model in parts, each with a prefix for its names."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(151)
north = rng.normal(11., 2., 20)
south = rng.normal(14., 2., 20)


@pm.model(name=None)
def build_climate():
    level = yield pm.Normal('level', loc=12, scale=3)
    sigma = yield pm.HalfNormal('sigma', scale=3)

    with pm.prefix('north'):
        shift = yield pm.Normal('shift', loc=0, scale=2)
        yield pm.Normal('flow', loc=level + shift, scale=sigma, observed=north)

    with pm.prefix('south'):
        shift = yield pm.Normal('shift', loc=0, scale=2)
        yield pm.Normal('flow', loc=level + shift, scale=sigma, observed=south)


climate = build_climate()
trace = pm.sample(climate, num_samples=300, burn_in=500, num_chains=2, seed=152)

print('north %.1f, south %.1f' % (pm.draws(trace, 'north_shift').mean(), pm.draws(trace, 'south_shift').mean()))
