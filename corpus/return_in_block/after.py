"""Factories that return from inside their block, and traces that outlive their models."""
import numpy as np
import pm_migrate.pymc4 as pm

heights = np.random.RandomState(221).normal(172, 8, 30)


def build_height_model(data, scale=10):
    @pm.model(name=None)
    def build_model():
        mu = yield pm.Normal('mu', 170, scale)
        sigma = yield pm.Uniform('sigma', 0, 50)
        yield pm.Normal('height', mu, sigma, observed=data)

    model = build_model()
    return model


def sample_height_model(data, draws=200):
    model = build_height_model(data)
    return pm.sample(model, num_samples=draws, burn_in=300, num_chains=2, seed=222)


trace = sample_height_model(heights)
print('mean height %.1f' % pm.draws(trace, 'mu').mean())

wide = build_height_model(heights, scale=100)
prior = pm.sample_prior_predictive(wide, sample_shape=50, seed=223)
print('prior mean heights between %.0f and %.0f' % (pm.draws(prior, 'mu').min(), pm.draws(prior, 'mu').max()))
