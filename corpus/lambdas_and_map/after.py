"""Priors made by lambdas and by map."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(311)
features = rng.normal(size=(40, 3))
target = features.dot([.5, 0., -1.]) + rng.normal(0, .5, 40)


@pm.model(name=None)
def build_model():
    def weight(name):
        return (yield pm.Laplace(name, loc=0, scale=1))
    weights = []
    for name in ['w_length', 'w_width', 'w_height']:
        weights.append((yield from weight(name)))
    mu = sum(w * features[:, k] for k, w in enumerate(weights))
    yield pm.Normal('target', loc=mu, scale=(yield pm.HalfNormal('sd', 1)), observed=target)


model = build_model()
trace = pm.sample(model, num_samples=200, burn_in=300, num_chains=2, seed=312)

print(az.summary(trace))
