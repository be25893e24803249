"""Germination of seeds: a function and an object hand their variables on to those who ask for results."""
import numpy as np
import pymc3 as pm

sown = np.array([40, 40, 50, 50])
grown = np.array([31, 28, 19, 24])
warm = np.array([1, 1, 0, 0])


def germination(sown, grown):
    """One share for all seeds."""
    with pm.Model() as seeds:
        share = pm.Beta('share', 2, 2)
        counted = pm.Binomial('counted', n=sown, p=share, observed=grown)
        trace = pm.sample(300, tune=300, chains=2, cores=1, random_seed=2)
        return seeds, trace, share, counted


class Warmth:
    """What warmth adds to the log odds."""

    def __init__(self, sown, grown, warm):
        with pm.Model() as self.model:
            base = pm.Normal('base', 0, 2)
            gain = pm.Normal('gain', 0, 1)
            pm.Binomial('counted', n=sown, p=pm.math.invlogit(base + gain * warm), observed=grown)
        # asked for by name in reports
        self.base, self.gain = base, gain

    def sample(self):
        with self.model:
            self.trace = pm.sample(300, tune=300, chains=2, cores=1, random_seed=3)

    def mean(self, variable):
        return self.trace[variable.name].mean()


seeds, trace, share, counted = germination(sown, grown)
print('%s: %.2f' % (share.name, trace[share].mean()))
print(counted.name, counted.observations.sum(), share.tag.test_value)

warmth = Warmth(sown, grown, warm)
warmth.sample()
print('gain: %.1f, at first %.1f' % (warmth.mean(warmth.gain), warmth.gain.tag.test_value))
