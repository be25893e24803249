"""Growth of seedlings: curves as classes that are derived from one base, each with its own priors."""

import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(21)
days = np.arange(1.0, 13.0)
height = 20.0 / (1.0 + np.exp(3.0 - 0.6 * days)) + rng.normal(0.0, 0.4, size=12)


class Curve:
    """Heights scatter around a curve; a class below says which."""

    label = "curve"

    def __init__(self, days, height):
        self.days = days
        self.height = height
        self.model = None
        self.trace = None

    def priors(self):
        self.noise = yield pm.HalfNormal("noise", scale=1.0)

    def expected(self):
        raise NotImplementedError("derive a class, and write its curve")

    def build(self):
        @pm.model(name=None)
        def build_model():
            yield from self.priors()
            yield pm.Normal("height", loc=(yield from self.expected()), scale=self.noise, observed=self.height)

        self.model = build_model()
        return self

    def fit(self, draws=200):
        self.trace = pm.sample(self.model, num_samples=draws, burn_in=400, num_chains=2, seed=22,
                               return_inferencedata=False)
        return self

    def report(self):
        print(self.label, "noise: %.2f" % self.trace["noise"].mean())


class Line(Curve):
    label = "line"

    def priors(self):
        yield from super().priors()
        self.start = yield pm.Normal("start", loc=0.0, scale=5.0)
        self.rate = yield pm.Normal("rate", loc=1.0, scale=2.0)

    def expected(self):
        return (yield pm.Deterministic("line", self.start + self.rate * self.days))


class Logistic(Curve):
    label = "logistic"

    def __init__(self, days, height, most=20.0):
        super().__init__(days, height)
        self.most = most

    def priors(self):
        yield from super().priors()
        self.middle = yield pm.Normal("middle", loc=6.0, scale=2.0)

    def expected(self):
        rate = yield pm.HalfNormal("rate", scale=1.0)
        return self.most * tf.sigmoid(rate * (self.days - self.middle))


for curve in (Line(days, height), Logistic(days, height)):
    curve.build().fit().report()
