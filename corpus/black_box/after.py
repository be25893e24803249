"""A solver that Theano cannot look into, wrapped for a model that is sampled without gradients."""
import numpy as np
import pm_migrate.pymc4 as pm
import pm_migrate.shims.theano.tensor as tt
from pm_migrate.shims.theano.compile.ops import as_op


@as_op(itypes=[tt.dscalar], otypes=[tt.dvector])
def orbit(eccentricity):
    """Solve Kepler's equation for eight angles by repeated substitution."""
    mean = np.linspace(0.1, 3., 8)
    angle = mean.copy()
    for _ in range(50):
        angle = mean + eccentricity * np.sin(angle)
    return angle


seen = orbit(pm.math.constant(0.3, dtype='float64')).eval() + np.random.RandomState(5).normal(0, .02, 8)


@pm.model(name=None)
def build_kepler():
    e = yield pm.Uniform('e', 0., .9)
    yield pm.Normal('seen', loc=orbit(e), scale=.02, observed=seen)


kepler = build_kepler()
trace = pm.sample(kepler, num_samples=300, burn_in=300, num_chains=2, step=pm.Metropolis(model=kepler),
                  seed=4)

print('eccentricity %.2f' % pm.draws(trace, 'e').mean())
