"""The half-life of a drug, with no short name for anything."""
import numpy
import pymc3
import theano
import theano.tensor

theano.config.floatX = 'float64'

hours = numpy.array([0.5, 1., 2., 4., 6., 8., 12.])
level = numpy.array([9.1, 8.4, 7.1, 4.9, 3.6, 2.4, 1.3])

model = pymc3.Model()
with model:
    start = pymc3.Lognormal('start', mu=2., sd=.5)
    half_life = pymc3.Gamma('half_life', alpha=4, beta=1)
    sigma = pymc3.HalfCauchy('sigma', beta=.1)
    expected = theano.tensor.log(start) - numpy.log(2.) * hours / half_life
    pymc3.Normal('log_level', mu=expected, sd=sigma, observed=numpy.log(level))

with model:
    trace = pymc3.sample(draws=300, tune=400, chains=2, cores=1, random_seed=77)

print(pymc3.summary(trace))
print('half-life: %.2f hours' % trace['half_life'].mean())
