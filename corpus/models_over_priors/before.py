"""How much does the prior matter? One coin, three priors, a model for each."""
import numpy as np
import pymc3 as pm

heads = np.array([1, 1, 0, 1, 1, 1, 0, 1, 1, 1])
priors = {'flat': (1, 1), 'fair coin': (20, 20), 'trick coin': (.5, .5)}

models = []
traces = {}
for label, (a, b) in priors.items():
    with pm.Model() as coin:
        theta = pm.Beta('theta', a, b)
        pm.Bernoulli('flips', theta, observed=heads)
    models.append(coin)

# sampled later, when `a` and `b` are long those of the last prior
for label, model in zip(priors, models):
    with model:
        traces[label] = pm.sample(300, tune=300, chains=2, cores=1, random_seed=1, progressbar=False)

for label in priors:
    print('{:>10s}: P(heads) = {:.2f}'.format(label, traces[label]['theta'].mean()))
