"""The half-life of a drug, with no short name for anything."""
import arviz as az
import numpy
import pm_migrate.pymc4 as pm
import tensorflow as tf

pm.config.floatX = 'float64'

hours = numpy.array([0.5, 1., 2., 4., 6., 8., 12.])
level = numpy.array([9.1, 8.4, 7.1, 4.9, 3.6, 2.4, 1.3])


@pm.model(name=None)
def build_model():
    start = yield pm.LogNormal('start', loc=2., scale=.5)
    half_life = yield pm.Gamma('half_life', concentration=4, rate=1)
    sigma = yield pm.HalfCauchy('sigma', scale=.1)
    expected = tf.math.log(start) - numpy.log(2.) * hours / half_life
    yield pm.Normal('log_level', loc=expected, scale=sigma, observed=numpy.log(level))


model = build_model()

trace = pm.sample(model, num_samples=300, burn_in=400, num_chains=2, seed=77)

print(az.summary(trace))
print('half-life: %.2f hours' % pm.draws(trace, 'half_life').mean())
