"""Claims of an insurer: zeros, small ones, and large ones from another family."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(23)
claims = np.where(rng.uniform(size=120) < .7, rng.gamma(2., 1., 120), rng.lognormal(2., .5, 120))
goals = rng.poisson(np.where(rng.uniform(size=90) < .5, 1.2, 6.))


@pm.model(name=None)
def build_claim_model():
    p = yield pm.Beta('p', concentration1=2, concentration0=2)
    shape_ = yield pm.Exponential('shape_', 1.)
    location = yield pm.Normal('location', 2, 1)
    small = pm.Gamma.dist(concentration=shape_, rate=1)
    large = pm.LogNormal.dist(loc=location, scale=.5)
    yield pm.Mixture('claims', p=tf.stack([p, 1 - p]), distributions=[small, large], observed=claims)


claim_model = build_claim_model()


# The components of one family may be one distribution with a row for each
@pm.model(name=None)
def build_goal_model():
    w = yield pm.Dirichlet('w', np.array([1., 1.]))
    lam = yield pm.Exponential('lam', rate=.5, batch_stack=2)
    yield pm.Mixture('goals', p=w, distributions=pm.Poisson.dist(lam, shape=2), observed=goals)


goal_model = build_goal_model()

for model in [claim_model, goal_model]:
    trace = pm.sample(model, num_samples=200, burn_in=300, num_chains=2, seed=24)
    print(az.summary(trace))
