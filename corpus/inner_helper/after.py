"""Observed frames of pandas, columns as attributes, and a helper defined beside the model."""
import numpy as np
import pandas as pd
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(381)
df = pd.DataFrame({'site': pd.Categorical(rng.choice(list('abc'), 60)), 'ph': rng.normal(7, .5, 60)})
df['fish'] = rng.poisson(np.exp(.3 * df.ph - .5))
site_codes = df.site.cat.codes.values
n_sites = df.site.nunique()


def standardize(values):
    return (values - values.mean()) / values.std()


@pm.model(name=None)
def build_fish_model():
    a = yield pm.Normal('a', 1, 1, batch_stack=n_sites)
    b = yield pm.Normal('b', 0, 1)
    rate = tf.exp(a[site_codes] + b * standardize(df['ph'].values))
    fish = yield pm.Poisson('fish', rate=rate, observed=df['fish'])


fish_model = build_fish_model()
trace = pm.sample(fish_model, num_samples=200, burn_in=300, num_chains=2, seed=382)

df['expected'] = np.exp(pm.draws(trace, 'a')[:, site_codes] + pm.draws(trace, 'b')[:, None] * standardize(df['ph'].values)).mean(axis=0)
print(df.groupby('site', observed=True)[['fish', 'expected']].mean().round(1))
