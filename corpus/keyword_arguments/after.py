"""Settings kept in dictionaries and handed on with stars."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(301)
x = rng.normal(size=35)
y = .5 + 1.5 * x + rng.normal(0, .7, 35)

prior = dict(mu=0, sd=3)
SAMPLING = {'draws': 200, 'tune': 300, 'chains': 2, 'cores': 1, 'random_seed': 302}


@pm.model(name=None)
def build_model():
    a = yield pm.Normal('a', loc=prior['mu'], scale=prior['sd'])
    b = yield pm.Normal('b', loc=prior['mu'], scale=prior['sd'])
    sigma = yield pm.HalfNormal('sigma', scale=2)
    yield pm.Normal('y', loc=a + b * x, scale=sigma, observed=y)


model = build_model()
trace = pm.sample(model, num_samples=SAMPLING['draws'], burn_in=SAMPLING['tune'],
                  num_chains=SAMPLING['chains'], seed=SAMPLING['random_seed'])

print('a %.2f, b %.2f' % (pm.draws(trace, 'a').mean(), pm.draws(trace, 'b').mean()))
