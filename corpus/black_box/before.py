"""A solver that Theano cannot look into, wrapped for a model that is sampled without gradients."""
import numpy as np
import pymc3 as pm
import theano.tensor as tt
from theano.compile.ops import as_op


@as_op(itypes=[tt.dscalar], otypes=[tt.dvector])
def orbit(eccentricity):
    """Solve Kepler's equation for eight angles by repeated substitution."""
    mean = np.linspace(0.1, 3., 8)
    angle = mean.copy()
    for _ in range(50):
        angle = mean + eccentricity * np.sin(angle)
    return angle


seen = orbit(tt.constant(0.3, dtype='float64')).eval() + np.random.RandomState(5).normal(0, .02, 8)

with pm.Model() as kepler:
    e = pm.Uniform('e', 0., .9)
    pm.Normal('seen', mu=orbit(e), sd=.02, observed=seen)
    trace = pm.sample(300, step=pm.Metropolis(), tune=300, chains=2, cores=1, random_seed=4)

print('eccentricity %.2f' % trace['e'].mean())
