"""Waiting times at a bus stop under three families, chosen by a word."""
import numpy as np
import pymc3 as pm

waits = np.random.RandomState(30).gamma(2.0, 3.0, size=60)


def build(kind, data):
    with pm.Model() as model:
        if kind == 'exponential':
            rate = pm.Gamma('rate', 1, 1)
            pm.Exponential('wait', rate, observed=data)
        elif kind == 'gamma':
            mean = pm.HalfNormal('mean', sd=10)
            spread = pm.HalfNormal('spread', sd=10)
            pm.Gamma('wait', mu=mean, sd=spread, observed=data)
        elif kind == 'scaled':
            # the mean is a product of two variables
            mean = pm.Lognormal('typical', 1, 1) * pm.Lognormal('factor', 0, .2)
            pm.Gamma('wait', alpha=2, beta=2 / mean, observed=data)
        else:
            raise ValueError('no family {}'.format(kind))
    return model


results = {}
for kind in ('exponential', 'gamma', 'scaled'):
    model = build(kind, waits)
    with model:
        results[kind] = pm.sample(300, tune=300, chains=2, cores=1, random_seed=8)

print('exponential: mean wait %.1f' % (1 / results['exponential']['rate']).mean())
print('gamma: mean wait %.1f' % results['gamma']['mean'].mean())
print('scaled: mean wait %.1f' % (results['scaled']['typical'] * results['scaled']['factor']).mean())
