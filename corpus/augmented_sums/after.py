"""A price built up term by term: augmented assignments, conditional expressions, bare variables."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(351)
area = rng.uniform(40, 120, 45)
floor = rng.randint(0, 5, 45)
balcony = rng.binomial(1, .4, 45)
price = 50 + 2.5 * area + 8 * balcony + rng.normal(0, 15, 45)
use_floor = True


@pm.model(name=None)
def build_model():
    mu = yield pm.Normal('base', loc=100, scale=50)
    mu += (yield pm.Normal('per_m2', loc=2, scale=2)) * area
    mu += ((yield pm.Normal('per_floor', loc=0, scale=5)) if use_floor else 0) * floor
    mu = mu + (yield pm.Normal('balcony', 0, 20)) * balcony
    yield pm.StudentT('price', df=(yield pm.Gamma('nu', 2, .1)), loc=mu, scale=(yield pm.HalfNormal('s', 20)),
                      observed=price)


model = build_model()
trace = pm.sample(model, num_samples=200, burn_in=400, num_chains=2, seed=352)

print('a square metre costs %.2f' % pm.draws(trace, 'per_m2').mean())
