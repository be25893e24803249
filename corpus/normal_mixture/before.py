"""Eruptions come short and long: a mixture of two normals, with an order for the means."""
import numpy as np
import pymc3 as pm
import pymc3.distributions.transforms as tr
import theano.tensor as tt

rng = np.random.RandomState(51)
minutes = np.concatenate([rng.normal(2., .3, 40), rng.normal(4.3, .4, 70)])

with pm.Model() as eruptions:
    w = pm.Dirichlet('w', a=np.ones(2), shape=2)
    mu = pm.Normal('mu', mu=[2., 4.], sd=2., shape=2, transform=tr.ordered, testval=np.array([1., 5.]))
    tau = pm.Gamma('tau', 1., 1., shape=2)
    minutes_obs = pm.NormalMixture('minutes', w=w, mu=mu, tau=tau, observed=minutes)

    # the longest waits of the second kind
    upper = pm.Deterministic('upper', mu[1] + 2 / tt.sqrt(tau[1]))
    trace = pm.sample(300, tune=400, chains=2, cores=1, random_seed=52)

print(pm.summary(trace, var_names=['w', 'mu', 'upper']))
