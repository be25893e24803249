"""How much does the prior matter? One coin, three priors, a model for each."""
import numpy as np
import pm_migrate.pymc4 as pm

heads = np.array([1, 1, 0, 1, 1, 1, 0, 1, 1, 1])
priors = {'flat': (1, 1), 'fair coin': (20, 20), 'trick coin': (.5, .5)}

models = []
traces = {}
for label, (a, b) in priors.items():
    @pm.model(name=None)
    def build_coin(a, b):
        theta = yield pm.Beta('theta', concentration1=a, concentration0=b)
        yield pm.Bernoulli('flips', theta, observed=heads)

    coin = build_coin(a, b)
    models.append(coin)

# sampled later, when `a` and `b` are long those of the last prior
for label, model in zip(priors, models):
    traces[label] = pm.sample(model, num_samples=300, burn_in=300, num_chains=2, seed=1, progressbar=False)

for label in priors:
    print('{:>10s}: P(heads) = {:.2f}'.format(label, pm.draws(traces[label], 'theta').mean()))
