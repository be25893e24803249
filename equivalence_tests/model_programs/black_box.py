"""A likelihood outside of Theano: operations with perform and grad, in a Potential and a DensityDist."""

import numpy as np
import pymc3 as pm
import theano.tensor as tt

x = np.linspace(0.0, 9.0, 10)
data = 0.4 * x + 3.0 + np.sin(np.arange(10.0))


def straight_line(theta, x):
    m, c = theta
    return m * x + c


def loglike(theta, x, data, sigma):
    return -(0.5 / sigma**2) * np.sum((data - straight_line(theta, x)) ** 2)


class LogLike(tt.Op):
    itypes = [tt.dvector]
    otypes = [tt.dscalar]

    def __init__(self, loglike, data, x, sigma):
        self.likelihood, self.data, self.x, self.sigma = loglike, data, x, sigma
        self.slope = LogLikeGrad(data, x, sigma)

    def perform(self, node, inputs, outputs):
        (theta,) = inputs
        outputs[0][0] = np.array(self.likelihood(theta, self.x, self.data, self.sigma))

    def grad(self, inputs, g):
        (theta,) = inputs
        return [g[0] * self.slope(theta)]


class LogLikeGrad(tt.Op):
    itypes = [tt.dvector]
    otypes = [tt.dvector]

    def __init__(self, data, x, sigma):
        self.data, self.x, self.sigma = data, x, sigma

    def perform(self, node, inputs, outputs):
        (theta,) = inputs
        residual = (self.data - straight_line(theta, self.x)) / self.sigma**2
        outputs[0][0] = np.array([np.sum(residual * self.x), np.sum(residual)])


op = LogLike(loglike, data, x, 1.3)
with pm.Model() as black_box:
    m = pm.Uniform("m", lower=-10.0, upper=10.0)
    c = pm.Uniform("c", lower=-10.0, upper=10.0)
    theta = tt.as_tensor_variable([m, c])
    pm.Potential("likelihood", op(theta))

with pm.Model() as as_density:
    m = pm.Normal("m", 0.0, 3.0)
    c = pm.Normal("c", 0.0, 3.0)
    theta = tt.as_tensor_variable([m, c])
    pm.DensityDist("likelihood", lambda v: op(v), observed={"v": theta})
