"""Observed frames of pandas, columns as attributes, and a helper defined beside the model."""
import numpy as np
import pandas as pd
import pymc3 as pm

rng = np.random.RandomState(381)
df = pd.DataFrame({'site': pd.Categorical(rng.choice(list('abc'), 60)), 'ph': rng.normal(7, .5, 60)})
df['fish'] = rng.poisson(np.exp(.3 * df.ph - .5))
site_codes = df.site.cat.codes.values
n_sites = df.site.nunique()


def standardize(values):
    return (values - values.mean()) / values.std()


with pm.Model() as fish_model:
    a = pm.Normal('a', 1, 1, shape=n_sites)
    b = pm.Normal('b', 0, 1)
    rate = pm.math.exp(a[site_codes] + b * standardize(df['ph'].values))
    fish = pm.Poisson('fish', mu=rate, observed=df['fish'])
    trace = pm.sample(200, tune=300, chains=2, cores=1, random_seed=382)

df['expected'] = np.exp(trace['a'][:, site_codes] + trace['b'][:, None] * standardize(df['ph'].values)).mean(axis=0)
print(df.groupby('site', observed=True)[['fish', 'expected']].mean().round(1))
