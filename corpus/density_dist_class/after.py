"""A skewed error law of our own: DensityDist given an object that holds random variables."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

errors = np.random.RandomState(5).laplace(0.2, 1.0, size=80)


class AsymmetricError(object):
    """Errors to the left and to the right decay at rates of their own."""

    def __init__(self, centre, left, right):
        self.centre = centre
        self.left = left
        self.right = right

    def __call__(self, value):
        d = value - self.centre
        rate = tf.where(tf.less(d, 0), self.left, self.right)
        return tf.math.log(self.left * self.right / (self.left + self.right)) - rate * tf.abs(d)


@pm.model(name=None)
def build_skewed():
    centre = yield pm.Normal('centre', loc=0, scale=1)
    left = yield pm.Exponential('left', 1)
    right = yield pm.Exponential('right', 1)
    yield pm.DensityDist('errors', AsymmetricError(centre, left, right), observed=errors)


skewed = build_skewed()
trace = pm.sample(skewed, num_samples=300, burn_in=300, num_chains=2, seed=9)

print(az.summary(trace))
