"""How the rate of calls at a help desk changes over a day: a latent Gaussian process behind Poisson counts."""

import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(8)
hours = np.linspace(0.0, 24.0, 17)[:, None]
calls = rng.poisson(np.exp(1.5 + np.sin(hours[:, 0] / 4.0)))


def busy(x, start, length):
    """A window of the day, between 0 and 1."""
    return tf.sigmoid((x - start) / length)


opening = pm.gp.kernels.ScaledCov(1, pm.gp.kernels.Constant(1.0), busy, args=(8.0, 2.0))


@pm.model(name=None, keep_return=False)
def build_desk():
    # how fast the rate changes, and how much
    ell = yield pm.Gamma("ell", concentration=4.0, rate=1.0)
    eta = yield pm.HalfNormal("eta", scale=1.5)
    smooth = eta ** 2 * pm.gp.kernels.Matern32(1, ls=ell)
    level = pm.gp.means.Constant((yield pm.Normal("level", loc=1.0, scale=1.0)))
    gp = pm.gp.Latent(mean_func=level, cov_func=smooth + opening)
    f = yield gp.prior("f", X=hours)
    yield pm.Poisson("calls", rate=tf.exp(f), observed=calls)
    return gp


desk = build_desk()
trace = pm.sample(desk, num_samples=200, burn_in=300, num_chains=2, seed=8)

# the next day begins like this one ended
later = np.array([[26.0], [29.0], [33.0]])


@pm.model(name=None)
def build_desk_2(desk):
    gp = yield desk
    f_later = yield gp.conditional("f_later", Xnew=later)


desk = build_desk_2(desk)
draws = pm.sample_posterior_predictive(desk, trace, var_names=["f_later"], num_draws=50, seed=1,
                                       return_inferencedata=False)

rate = np.exp(draws["f_later"]).mean(axis=0)
print("calls per hour tomorrow:", rate.round(1))
