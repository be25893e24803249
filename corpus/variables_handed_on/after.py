"""Germination of seeds: a function and an object hand their variables on to those who ask for results."""
import numpy as np
import pm_migrate.pymc4 as pm

sown = np.array([40, 40, 50, 50])
grown = np.array([31, 28, 19, 24])
warm = np.array([1, 1, 0, 0])


def germination(sown, grown):
    """One share for all seeds."""

    @pm.model(name=None)
    def build_seeds():
        share = yield pm.Beta('share', concentration1=2, concentration0=2)
        counted = yield pm.Binomial('counted', total_count=sown, probs=share, observed=grown)

    seeds = build_seeds()
    trace = pm.sample(seeds, num_samples=300, burn_in=300, num_chains=2, seed=2)
    return seeds, trace, pm.density(seeds)['share'], pm.density(seeds)['counted']


class Warmth:
    """What warmth adds to the log odds."""

    def __init__(self, sown, grown, warm):
        @pm.model(name=None)
        def build_model():
            base = yield pm.Normal('base', 0, 2)
            gain = yield pm.Normal('gain', 0, 1)
            yield pm.Binomial('counted', total_count=sown, probs=pm.math.invlogit(base + gain * warm), observed=grown)

        self.model = build_model()
        # asked for by name in reports
        self.base, self.gain = pm.density(self.model)['base'], pm.density(self.model)['gain']

    def sample(self):
        self.trace = pm.sample(self.model, num_samples=300, burn_in=300, num_chains=2, seed=3)

    def mean(self, variable):
        return pm.draws(self.trace, variable.name).mean()


seeds, trace, share, counted = germination(sown, grown)
print('%s: %.2f' % ('share', pm.draws(trace, 'share').mean()))
print('counted', counted.observations.sum(), share.tag.test_value)

warmth = Warmth(sown, grown, warm)
warmth.sample()
print('gain: %.1f, at first %.1f' % (warmth.mean(warmth.gain), warmth.gain.tag.test_value))
