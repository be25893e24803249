"""A model of a thermometer as a subclass of Model: variables are made while the object is built."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(7)
reference = np.linspace(-5, 30, 24)
shown = 0.8 + 1.02 * reference + rng.normal(0, 0.4, reference.size)


def noise_scale(name='noise', model=None):
    # TODO(pm-migrate PM310): pm.modelcontext has no rule: keep this on PyMC3
    model = pm.modelcontext(model)
    with model:
        return pm.HalfCauchy(name, beta=1.)


# TODO(pm-migrate PM310): a subclass of pm.Model has no counterpart: make the model in a function, with `with pm.Model() as model:`
class Thermometer(pm.Model):
    def __init__(self, truth, shown, name='', model=None):
        super(Thermometer, self).__init__(name, model)
        self.Var('offset', pm.Normal.dist(mu=0, sd=2))
        # TODO(pm-migrate PM214): this adds to the model of the caller: create it in the block of its model
        pm.Normal('gain', mu=1, sd=0.5)
        noise = noise_scale()
        pm.Normal('shown', mu=self.offset + self.gain * truth, sd=noise, observed=shown)


thermometer = Thermometer(reference, shown)
with thermometer:
    # TODO(pm-migrate PM301): which model this draws from cannot be seen: give it as `model=`
    trace = pm.sample(300, tune=300, chains=2, cores=1, random_seed=2)

print('offset %.2f' % trace['offset'].mean())
print('gain %.3f' % trace['gain'].mean())
