"""A model of a thermometer as a subclass of Model: variables are made while the object is built."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(7)
reference = np.linspace(-5, 30, 24)
shown = 0.8 + 1.02 * reference + rng.normal(0, 0.4, reference.size)


def noise_scale(name='noise', model=None):
    model = pm.modelcontext(model)
    with model:
        return pm.HalfCauchy(name, beta=1.)


class Thermometer(pm.Model):
    def __init__(self, truth, shown, name='', model=None):
        super(Thermometer, self).__init__(name, model)
        self.Var('offset', pm.Normal.dist(mu=0, sd=2))
        pm.Normal('gain', mu=1, sd=0.5)
        noise = noise_scale()
        pm.Normal('shown', mu=self.offset + self.gain * truth, sd=noise, observed=shown)


thermometer = Thermometer(reference, shown)
with thermometer:
    trace = pm.sample(300, tune=300, chains=2, cores=1, random_seed=2)

print('offset %.2f' % trace['offset'].mean())
print('gain %.3f' % trace['gain'].mean())
