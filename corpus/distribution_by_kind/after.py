"""Waiting times at a bus stop under three families, chosen by a word."""
import numpy as np
import pm_migrate.pymc4 as pm

waits = np.random.RandomState(30).gamma(2.0, 3.0, size=60)


def build(kind, data):
    @pm.model(name=None)
    def build_model():
        if kind == 'exponential':
            rate = yield pm.Gamma('rate', 1, 1)
            yield pm.Exponential('wait', rate, observed=data)
        elif kind == 'gamma':
            mean = yield pm.HalfNormal('mean', scale=10)
            spread = yield pm.HalfNormal('spread', scale=10)
            yield pm.Gamma('wait', concentration=mean ** 2 / spread ** 2, rate=mean / spread ** 2, observed=data)
        elif kind == 'scaled':
            # the mean is a product of two variables
            mean = (yield pm.LogNormal('typical', 1, 1)) * (yield pm.LogNormal('factor', 0, .2))
            yield pm.Gamma('wait', concentration=2, rate=2 / mean, observed=data)
        else:
            raise ValueError('no family {}'.format(kind))

    model = build_model()
    return model


results = {}
for kind in ('exponential', 'gamma', 'scaled'):
    model = build(kind, waits)
    results[kind] = pm.sample(model, num_samples=300, burn_in=300, num_chains=2, seed=8)

print('exponential: mean wait %.1f' % (1 / pm.draws(results['exponential'], 'rate')).mean())
print('gamma: mean wait %.1f' % pm.draws(results['gamma'], 'mean').mean())
print('scaled: mean wait %.1f' % (pm.draws(results['scaled'], 'typical') * pm.draws(results['scaled'], 'factor')).mean())
