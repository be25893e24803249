"""Gaussian processes: with noise and without, Student's, sparse, on grids, in sums, conditioned when the model goes on."""

import numpy as np
import pymc3 as pm
import theano.tensor as tt

X = np.linspace(0.0, 3.0, 12)[:, None]
new = np.array([[0.2], [1.4], [3.5]])
y = np.sin(2.0 * X[:, 0]) + 0.1 * np.cos(37.0 * X[:, 0])

with pm.Model() as marginal:
    ls = pm.Gamma("ls", 2.0, 1.0)
    eta = pm.HalfCauchy("eta", 2.0)
    trend = pm.gp.Marginal(mean_func=pm.gp.mean.Linear(pm.Normal("slope", 0.0, 1.0)), cov_func=pm.gp.cov.Linear(1, c=0.5))
    wiggle = pm.gp.Marginal(cov_func=eta ** 2 * pm.gp.cov.Matern52(1, ls=ls) + pm.gp.cov.Constant(0.1))
    gp = trend + wiggle
    noise = pm.HalfNormal("noise", 1.0)
    gp.marginal_likelihood("y", X=X, y=y, noise=noise)
with marginal:
    gp.conditional("new", new, pred_noise=True)
    wiggle.conditional("wiggle", new, given={"X": X, "y": y, "noise": noise, "gp": gp})

with pm.Model() as latent:
    ls = pm.Gamma("ls", 2.0, 1.0)
    gp = pm.gp.Latent(cov_func=2.0 * pm.gp.cov.ExpQuad(1, ls=ls) * pm.gp.cov.Periodic(1, period=2.0, ls=0.7))
    f = gp.prior("f", X=X)
    other = pm.gp.Latent(cov_func=pm.gp.cov.RatQuad(1, alpha=ls, ls=0.5))
    g = other.prior("g", X=X, reparameterize=False, testval=np.zeros(12))
    pm.Bernoulli("seen", logit_p=f + g, observed=y > 0)

with pm.Model() as student:
    ls = pm.Gamma("ls", 2.0, 1.0)
    nu = pm.Gamma("nu", 2.0, 0.5)
    gp = pm.gp.TP(mean_func=pm.gp.mean.Constant(0.3), cov_func=pm.gp.cov.Matern32(1, ls=ls), nu=nu)
    f = gp.prior("f", X=X)
    pm.Poisson("counts", tt.exp(f), observed=np.arange(12) % 4)

with pm.Model() as sparse:
    ls = pm.Gamma("ls", 2.0, 1.0)
    sigma = pm.HalfNormal("sigma", 1.0)
    for approx in ("FITC", "VFE", "DTC"):
        gp = pm.gp.MarginalSparse(cov_func=pm.gp.cov.ExpQuad(1, ls=ls), approx=approx)
        gp.marginal_likelihood(approx, X=X, Xu=X[::3], y=y, noise=sigma)
        gp.conditional(approx + "_new", new)

with pm.Model() as grid:
    ls = pm.Gamma("ls", 2.0, 1.0)
    axes = [X[::4], np.array([[0.0], [0.3], [1.0], [2.0]])]
    covs = [pm.gp.cov.Matern32(1, ls=ls), pm.gp.cov.Matern52(1, ls=1.0)]
    gp = pm.gp.MarginalKron(cov_funcs=covs)
    gp.marginal_likelihood("y", Xs=axes, y=y, sigma=pm.HalfNormal("sigma", 1.0))
    gp.conditional("y_new", np.array([[0.1, 0.2], [1.0, 1.5]]))
    free = pm.gp.LatentKron(cov_funcs=covs)
    pm.Normal("z", free.prior("f", Xs=axes), 0.5, observed=y)

