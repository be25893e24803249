"""Growth of seedlings: curves as classes that are derived from one base, each with its own priors."""

import numpy as np
import pymc3 as pm

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
        self.noise = pm.HalfNormal("noise", sigma=1.0)

    def expected(self):
        raise NotImplementedError("derive a class, and write its curve")

    def build(self):
        with pm.Model() as self.model:
            self.priors()
            pm.Normal("height", mu=self.expected(), sigma=self.noise, observed=self.height)
        return self

    def fit(self, draws=200):
        with self.model:
            self.trace = pm.sample(draws, tune=400, chains=2, cores=1, random_seed=22)
        return self

    def report(self):
        print(self.label, "noise: %.2f" % self.trace["noise"].mean())


class Line(Curve):
    label = "line"

    def priors(self):
        super().priors()
        self.start = pm.Normal("start", mu=0.0, sigma=5.0)
        self.rate = pm.Normal("rate", mu=1.0, sigma=2.0)

    def expected(self):
        return pm.Deterministic("line", self.start + self.rate * self.days)


class Logistic(Curve):
    label = "logistic"

    def __init__(self, days, height, most=20.0):
        super().__init__(days, height)
        self.most = most

    def priors(self):
        super().priors()
        self.middle = pm.Normal("middle", mu=6.0, sigma=2.0)

    def expected(self):
        rate = pm.HalfNormal("rate", sigma=1.0)
        return self.most * pm.math.sigmoid(rate * (self.days - self.middle))


for curve in (Line(days, height), Logistic(days, height)):
    curve.build().fit().report()
