"""Counts: partial pooling, ordered categories, multinomials, a softmax, a switchpoint with missing data."""

import numpy as np
import pandas as pd
import pymc3 as pm
import theano.tensor as tt

idx = np.array([0, 0, 1, 2, 2, 1, 0])
trials = np.array([10, 12, 9, 11, 8, 10, 7])
wins = np.array([3, 5, 2, 9, 6, 4, 1])
with pm.Model() as baseball:
    phi = pm.Uniform("phi", lower=0.0, upper=1.0)
    kappa_log = pm.Exponential("kappa_log", lam=1.5)
    kappa = pm.Deterministic("kappa", tt.exp(kappa_log))
    thetas = pm.Beta("thetas", alpha=phi * kappa, beta=(1.0 - phi) * kappa, shape=3)
    pm.Binomial("y", n=trials, p=thetas[idx], observed=wins)

with pm.Model() as ranking:
    cut = pm.Normal(
        "cut",
        mu=[-1.0, 0.0, 1.5],
        sigma=2.0,
        shape=3,
        transform=pm.distributions.transforms.ordered,
        testval=np.array([-1.0, 0.0, 1.0]),
    )
    b = pm.Normal("b", 0.0, 1.0)
    pm.OrderedLogistic("rank", eta=b * idx, cutpoints=cut, observed=np.array([0, 1, 2, 3, 3, 1, 0]))

with pm.Model() as multinomial:
    a = pm.HalfNormal("a", 2.0, shape=3)
    p = pm.Dirichlet("p", a=a, shape=(4, 3))
    pm.Multinomial(
        "n", n=np.array([[10], [12], [9], [4]]), p=p, observed=np.array([[1, 2, 7], [4, 4, 4], [9, 0, 0], [1, 1, 2]])
    )
    pm.DirichletMultinomial("dm", n=[5, 6], a=a, shape=(2, 3), observed=[[1, 2, 2], [6, 0, 0]])

with pm.Model() as softmax:
    X = pd.DataFrame({"a": [0.1, -1.0, 2.0, 0.4], "b": [1.0, 0.0, -0.5, 0.2]})
    alpha = pm.Normal("alpha", mu=0, sd=2, shape=3)
    beta = pm.Normal("beta", mu=0, sd=2, shape=(2, 3))
    mu = alpha + pm.math.dot(X, beta)
    theta = tt.nnet.softmax(mu)
    pm.Categorical("kind", p=theta, observed=[0, 2, 1, 1])

with pm.Model() as switchpoint:
    years = np.arange(1900, 1912)
    when = pm.DiscreteUniform("when", lower=1900, upper=1911, testval=1905)
    early = pm.Exponential("early", 1.0)
    late = pm.Exponential("late", 1.0)
    rate = pm.math.switch(when >= years, early, late)
    pm.Poisson("disasters", rate, observed=np.ma.masked_values([4, 5, 4, -999, 1, 4, 3, 4, 0, 6, 3, 3], value=-999))
