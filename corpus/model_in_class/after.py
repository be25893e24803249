"""A regression as a class: the model is an attribute, its variables are made in several methods."""
import numpy as np
import pm_migrate.pymc4 as pm


class Growth:
    """Height of seedlings over the weeks."""

    def __init__(self, week, height):
        self.week = np.asarray(week, dtype=float)
        self.height = np.asarray(height, dtype=float)

        @pm.model(name=None)
        def build_model():
            self.rate = yield pm.Gamma('rate', concentration=2, rate=1)
            self.start = yield pm.HalfNormal('start', scale=2)
            sigma = yield pm.HalfCauchy('sigma', 1)
            yield pm.Normal('height', loc=self.expected(), scale=sigma, observed=self.height)

        self.model = build_model()

    def expected(self):
        return self.start + self.rate * self.week

    def sample(self, draws=300, **kwargs):
        self.trace = pm.pymc3.sample(self.model, draws, tune=300, chains=2, cores=1, **kwargs)
        return self.trace

    def forecast(self, week):
        return self.trace['start'] + self.trace['rate'] * week


growth = Growth([1, 2, 3, 4, 5, 6], [2.2, 3.9, 6.3, 7.6, 9.8, 12.1])
growth.sample(random_seed=3)
print('in week 10: %.1f' % growth.forecast(10).mean())
