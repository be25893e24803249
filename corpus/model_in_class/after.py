"""A regression as a class: the model is an attribute, its variables are made in several methods."""
import numpy as np
import pymc3 as pm


class Growth:
    """Height of seedlings over the weeks."""

    def __init__(self, week, height):
        self.week = np.asarray(week, dtype=float)
        self.height = np.asarray(height, dtype=float)
        with pm.Model() as self.model:
            self.rate = pm.Gamma('rate', alpha=2, beta=1)
            self.start = pm.HalfNormal('start', sd=2)
            sigma = pm.HalfCauchy('sigma', 1)
            pm.Normal('height', mu=self.expected(), sd=sigma, observed=self.height)

    def expected(self):
        return self.start + self.rate * self.week

    def sample(self, draws=300, **kwargs):
        with self.model:
            # TODO(pm-migrate PM301): write out the starred arguments
            self.trace = pm.sample(draws, tune=300, chains=2, cores=1, **kwargs)
        return self.trace

    def forecast(self, week):
        return self.trace['start'] + self.trace['rate'] * week


growth = Growth([1, 2, 3, 4, 5, 6], [2.2, 3.9, 6.3, 7.6, 9.8, 12.1])
growth.sample(random_seed=3)
print('in week 10: %.1f' % growth.forecast(10).mean())
