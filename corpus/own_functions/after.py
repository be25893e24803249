"""Drift of a sensor that was replaced half way: transforms, a mean and a covariance function of our own."""

import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(11)
days = np.linspace(0.0, 10.0, 12)[:, None]
drift = 0.3 * days[:, 0] + np.sin(days[:, 0]) + rng.normal(0.0, 0.2, size=12)


class Root(pm.transforms.ElemwiseTransform):
    """Positive numbers by their square roots; the Jacobian is found by PyMC3."""

    name = "root"

    def forward(self, x):
        return tf.sqrt(x)

    def backward(self, y):
        return tf.square(y)


class Share(pm.transforms.Transform):
    """A part of another positive number, by its log odds."""

    name = "share"

    def __init__(self, whole):
        self.whole = whole

    def forward(self, x):
        return tf.math.log(x / self.whole) - tf.math.log1p(-x / self.whole)

    def backward(self, y):
        return self.whole * tf.sigmoid(y)

    def jacobian_det(self, y):
        return tf.math.log(self.whole) - tf.nn.softplus(y) - tf.nn.softplus(-y)


class Replaced(pm.gp.means.Mean):
    """A line with another slope after some days."""

    def __init__(self, slope, later, day):
        self.slope = slope
        self.later = later
        self.day = day

    def __call__(self, X):
        after = tf.maximum(X.flatten() - self.day, 0.0)
        return self.slope * X.flatten() + self.later * after


class TwoSensors(pm.gp.kernels.Covariance):
    """Noise of the old sensor in the first rows, of the new one in the others."""

    def __init__(self, old, new, n_old, n_new):
        super(TwoSensors, self).__init__(1, None)
        self.old = old
        self.new = new
        self.n_old = n_old
        self.n_new = n_new

    def diag(self, X):
        old = pm.math.alloc(tf.square(self.old), self.n_old)
        new = pm.math.alloc(tf.square(self.new), self.n_new)
        return tf.concat((old, new), axis=0)

    def full(self, X, Xs=None):
        if Xs is None:
            return pm.math.diag(self.diag(X))
        return pm.math.alloc(0.0, X.shape[0], Xs.shape[0])


@pm.model(name=None, keep_return=False)
def build_sensor():
    old = yield pm.HalfNormal("old", scale=1.0, transform=Root())
    new = yield pm.HalfNormal("new", scale=1.0, transform=Share(old), testval=0.2)
    slope = yield pm.Normal("slope", loc=0.0, scale=1.0, batch_stack=2)
    ell = yield pm.Gamma("ell", concentration=4.0, rate=2.0)
    line = Replaced(slope[0], slope[1], 5.0)
    trend = pm.gp.Marginal(mean_func=line, cov_func=pm.gp.kernels.Constant(0.1))
    waves = pm.gp.Marginal(cov_func=pm.gp.kernels.ExpQuad(1, ls=ell))
    noise = TwoSensors(old, new, 6, 6)
    precision = 1.0 / tf.stack([old, new]) ** 2
    gp = trend + waves
    yield gp.marginal_likelihood("drift", X=days, y=drift, noise=noise)
    return trend, noise, precision, gp


sensor = build_sensor()
trend, noise, precision, gp = pm.density(sensor).returned
best = pm.find_MAP(sensor, progressbar=False)

print("how precise both are at first:", precision.tag.test_value.round(2))

# which part of the drift is the trend
known = {"gp": gp, "X": days, "y": drift, "noise": noise}
mean, var = trend.predict(days, point=best, given=known, diag=True)
print("trend:", mean.round(2))
