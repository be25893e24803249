"""Milk of five farms in named dimensions, handed to ArviZ with their labels."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm

farms = ['Alder', 'Birch', 'Cedar', 'Douglas', 'Elm']
rng = np.random.RandomState(141)
farm_idx = np.tile(np.arange(5), 8)
milk = rng.normal(25 + 2 * np.array([-1, 0, 1, 0.5, -0.5])[farm_idx], 1.5)

coords = {'farm': farms, 'obs_id': np.arange(len(milk))}


@pm.model(name=None, coords=coords)
def build_farm_model():
    idx = yield pm.Data('idx', farm_idx, dims='obs_id')
    mu = yield pm.Normal('mu', 25, 5)
    sd_farm = yield pm.HalfNormal('sd_farm', 3)
    z = yield pm.Normal('z', 0, 1, dims='farm')
    effect = yield pm.Deterministic('effect', sd_farm * z, dims='farm')
    sigma = yield pm.Exponential('sigma', 0.5)
    yield pm.Normal('milk', loc=mu + effect[idx], scale=sigma, observed=milk, dims='obs_id')


farm_model = build_farm_model()
idata = pm.sample(farm_model, num_samples=300, burn_in=500, num_chains=2, seed=142)

print(az.summary(idata, var_names=['effect']))
print(idata.posterior['effect'].mean(dim=['chain', 'draw']).values.round(1))
