"""How the rate of calls at a help desk changes over a day: a latent Gaussian process behind Poisson counts."""

import numpy as np
import pymc3 as pm
import theano.tensor as tt

rng = np.random.RandomState(8)
hours = np.linspace(0.0, 24.0, 17)[:, None]
calls = rng.poisson(np.exp(1.5 + np.sin(hours[:, 0] / 4.0)))


def busy(x, start, length):
    """A window of the day, between 0 and 1."""
    return tt.nnet.sigmoid((x - start) / length)


with pm.Model() as desk:
    # how fast the rate changes, and how much
    ell = pm.Gamma("ell", alpha=4.0, beta=1.0)
    eta = pm.HalfNormal("eta", sigma=1.5)
    smooth = eta ** 2 * pm.gp.cov.Matern32(1, ls=ell)
    opening = pm.gp.cov.ScaledCov(1, pm.gp.cov.Constant(1.0), busy, args=(8.0, 2.0))
    level = pm.gp.mean.Constant(pm.Normal("level", mu=1.0, sigma=1.0))
    gp = pm.gp.Latent(mean_func=level, cov_func=smooth + opening)
    f = gp.prior("f", X=hours)
    pm.Poisson("calls", mu=tt.exp(f), observed=calls)
    trace = pm.sample(200, tune=300, chains=2, random_seed=8, return_inferencedata=False)

# the next day begins like this one ended
later = np.array([[26.0], [29.0], [33.0]])
with desk:
    f_later = gp.conditional("f_later", Xnew=later)
    draws = pm.sample_posterior_predictive(trace, var_names=["f_later"], samples=50, random_seed=1)

rate = np.exp(draws["f_later"]).mean(axis=0)
print("calls per hour tomorrow:", rate.round(1))
