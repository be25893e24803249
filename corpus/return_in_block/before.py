"""Factories that return from inside their block, and traces that outlive their models."""
import numpy as np
import pymc3 as pm

heights = np.random.RandomState(221).normal(172, 8, 30)


def build_height_model(data, scale=10):
    with pm.Model() as model:
        mu = pm.Normal('mu', 170, scale)
        sigma = pm.Uniform('sigma', 0, 50)
        pm.Normal('height', mu, sigma, observed=data)
        return model


def sample_height_model(data, draws=200):
    with build_height_model(data):
        return pm.sample(draws, tune=300, chains=2, cores=1, random_seed=222)


trace = sample_height_model(heights)
print('mean height %.1f' % trace['mu'].mean())

wide = build_height_model(heights, scale=100)
with wide:
    prior = pm.sample_prior_predictive(50, random_seed=223)
print('prior mean heights between %.0f and %.0f' % (prior['mu'].min(), prior['mu'].max()))
