"""Degrees of a trend: models in a dictionary, sampled in a loop and compared."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(231)
year = np.linspace(-1, 1, 30)
value = 2 + year - 1.5 * year**2 + rng.normal(0, .3, 30)

models, traces = {}, {}


@pm.model(name=None)
def build_model():
    b = yield pm.Normal('b', 0, 5, batch_stack=2)
    s = yield pm.HalfNormal('s', 1)
    yield pm.Normal('value', b[0] + b[1] * year, s, observed=value)


models['line'] = build_model()


@pm.model(name=None)
def build_model():
    b = yield pm.Normal('b', 0, 5, batch_stack=3)
    s = yield pm.HalfNormal('s', 1)
    yield pm.Normal('value', b[0] + b[1] * year + b[2] * year**2, s, observed=value)


models['parabola'] = build_model()

for name, model in models.items():
    traces[name] = pm.sample(model, num_samples=200, burn_in=300, num_chains=2, seed=232)

for name in models:
    ppc = pm.sample_posterior_predictive(models[name], traces[name], num_draws=50, seed=233,
                                         return_inferencedata=False)
    print(name, np.abs(ppc['value'].mean(axis=0) - value).mean().round(2))
