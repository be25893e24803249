"""Claims of an insurer: zeros, small ones, and large ones from another family."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(23)
claims = np.where(rng.uniform(size=120) < .7, rng.gamma(2., 1., 120), rng.lognormal(2., .5, 120))
goals = rng.poisson(np.where(rng.uniform(size=90) < .5, 1.2, 6.))

with pm.Model() as claim_model:
    p = pm.Beta('p', 2, 2)
    shape_ = pm.Exponential('shape_', 1.)
    location = pm.Normal('location', 2, 1)
    small = pm.Gamma.dist(alpha=shape_, beta=1)
    large = pm.Lognormal.dist(mu=location, sd=.5)
    pm.Mixture('claims', w=pm.math.stack([p, 1 - p]), comp_dists=[small, large], observed=claims)

# The components of one family may be one distribution with a row for each
with pm.Model() as goal_model:
    w = pm.Dirichlet('w', np.array([1., 1.]))
    lam = pm.Exponential('lam', lam=.5, shape=2)
    pm.Mixture('goals', w=w, comp_dists=pm.Poisson.dist(lam, shape=2), observed=goals)

for model in [claim_model, goal_model]:
    with model:
        trace = pm.sample(200, tune=300, chains=2, cores=1, random_seed=24)
        print(pm.summary(trace))
