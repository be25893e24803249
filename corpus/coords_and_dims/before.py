"""Milk of five farms in named dimensions, handed to ArviZ with their labels."""
import arviz as az
import numpy as np
import pymc3 as pm

farms = ['Alder', 'Birch', 'Cedar', 'Douglas', 'Elm']
rng = np.random.RandomState(141)
farm_idx = np.tile(np.arange(5), 8)
milk = rng.normal(25 + 2 * np.array([-1, 0, 1, 0.5, -0.5])[farm_idx], 1.5)

coords = {'farm': farms, 'obs_id': np.arange(len(milk))}
with pm.Model(coords=coords) as farm_model:
    idx = pm.Data('idx', farm_idx, dims='obs_id')
    mu = pm.Normal('mu', 25, 5)
    sd_farm = pm.HalfNormal('sd_farm', 3)
    z = pm.Normal('z', 0, 1, dims='farm')
    effect = pm.Deterministic('effect', sd_farm * z, dims='farm')
    sigma = pm.Exponential('sigma', 0.5)
    pm.Normal('milk', mu=mu + effect[idx], sigma=sigma, observed=milk, dims='obs_id')
    idata = pm.sample(300, tune=500, chains=2, cores=1, random_seed=142, return_inferencedata=True)

print(az.summary(idata, var_names=['effect']))
print(idata.posterior['effect'].mean(dim=['chain', 'draw']).values.round(1))
