"""Eruptions come short and long: a mixture of two normals, with an order for the means."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(51)
minutes = np.concatenate([rng.normal(2., .3, 40), rng.normal(4.3, .4, 70)])


@pm.model(name=None)
def build_eruptions():
    w = yield pm.Dirichlet('w', concentration=np.ones(2), shape=2)
    mu = yield pm.Normal('mu', loc=[2., 4.], scale=2., shape=2, transform=pm.transforms.ordered,
                         testval=np.array([1., 5.]))
    tau = yield pm.Gamma('tau', 1., 1., batch_stack=2)
    minutes_obs = yield pm.NormalMixture('minutes', p=w, loc=mu, scale=tau ** -0.5, observed=minutes)

    # the longest waits of the second kind
    upper = yield pm.Deterministic('upper', mu[1] + 2 / tf.sqrt(tau[1]))


eruptions = build_eruptions()
trace = pm.sample(eruptions, num_samples=300, burn_in=400, num_chains=2, seed=52)

print(az.summary(trace, var_names=['w', 'mu', 'upper']))
