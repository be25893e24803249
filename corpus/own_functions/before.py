"""Drift of a sensor that was replaced half way: transforms, a mean and a covariance function of our own."""

import numpy as np
import pymc3 as pm
import pymc3.distributions.transforms as tr
import theano.tensor as tt

rng = np.random.RandomState(11)
days = np.linspace(0.0, 10.0, 12)[:, None]
drift = 0.3 * days[:, 0] + np.sin(days[:, 0]) + rng.normal(0.0, 0.2, size=12)


class Root(tr.ElemwiseTransform):
    """Positive numbers by their square roots; the Jacobian is found by PyMC3."""

    name = "root"

    def forward(self, x):
        return tt.sqrt(x)

    def backward(self, y):
        return tt.sqr(y)


class Share(tr.Transform):
    """A part of another positive number, by its log odds."""

    name = "share"

    def __init__(self, whole):
        self.whole = whole

    def forward(self, x):
        return tt.log(x / self.whole) - tt.log1p(-x / self.whole)

    def backward(self, y):
        return self.whole * tt.nnet.sigmoid(y)

    def jacobian_det(self, y):
        return tt.log(self.whole) - tt.nnet.softplus(y) - tt.nnet.softplus(-y)


class Replaced(pm.gp.mean.Mean):
    """A line with another slope after some days."""

    def __init__(self, slope, later, day):
        self.slope = slope
        self.later = later
        self.day = day

    def __call__(self, X):
        after = tt.maximum(X.flatten() - self.day, 0.0)
        return self.slope * X.flatten() + self.later * after


class TwoSensors(pm.gp.cov.Covariance):
    """Noise of the old sensor in the first rows, of the new one in the others."""

    def __init__(self, old, new, n_old, n_new):
        super(TwoSensors, self).__init__(1, None)
        self.old = old
        self.new = new
        self.n_old = n_old
        self.n_new = n_new

    def diag(self, X):
        old = tt.alloc(tt.square(self.old), self.n_old)
        new = tt.alloc(tt.square(self.new), self.n_new)
        return tt.concatenate((old, new), 0)

    def full(self, X, Xs=None):
        if Xs is None:
            return tt.diag(self.diag(X))
        return tt.alloc(0.0, X.shape[0], Xs.shape[0])


with pm.Model() as sensor:
    old = pm.HalfNormal("old", sigma=1.0, transform=Root())
    new = pm.HalfNormal("new", sigma=1.0, transform=Share(old), testval=0.2)
    slope = pm.Normal("slope", mu=0.0, sigma=1.0, shape=2)
    ell = pm.Gamma("ell", alpha=4.0, beta=2.0)
    line = Replaced(slope[0], slope[1], 5.0)
    trend = pm.gp.Marginal(mean_func=line, cov_func=pm.gp.cov.Constant(0.1))
    waves = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, ls=ell))
    noise = TwoSensors(old, new, 6, 6)
    precision = 1.0 / tt.stack([old, new]) ** 2
    gp = trend + waves
    gp.marginal_likelihood("drift", X=days, y=drift, noise=noise)
    best = pm.find_MAP(progressbar=False)

print("how precise both are at first:", precision.tag.test_value.round(2))

# which part of the drift is the trend
known = {"gp": gp, "X": days, "y": drift, "noise": noise}
mean, var = trend.predict(days, point=best, given=known, diag=True)
print("trend:", mean.round(2))
