"""A skewed error law of our own: DensityDist given an object that holds random variables."""
import numpy as np
import pymc3 as pm
import theano.tensor as tt

errors = np.random.RandomState(5).laplace(0.2, 1.0, size=80)


class AsymmetricError(object):
    """Errors to the left and to the right decay at rates of their own."""

    def __init__(self, centre, left, right):
        self.centre = centre
        self.left = left
        self.right = right

    def __call__(self, value):
        d = value - self.centre
        rate = tt.switch(tt.lt(d, 0), self.left, self.right)
        return tt.log(self.left * self.right / (self.left + self.right)) - rate * tt.abs_(d)


with pm.Model() as skewed:
    centre = pm.Normal('centre', mu=0, sd=1)
    left = pm.Exponential('left', 1)
    right = pm.Exponential('right', 1)
    pm.DensityDist('errors', AsymmetricError(centre, left, right), observed=errors)
    trace = pm.sample(300, tune=300, chains=2, cores=1, random_seed=9)

print(pm.summary(trace))
