"""Gaussian processes of many points: by way of inducing points, and on a grid."""

import numpy as np
import pymc3 as pm
from pymc3.gp.util import plot_gp_dist

rng = np.random.RandomState(3)
x = np.sort(rng.uniform(0.0, 10.0, size=60))
y = np.sin(x) + rng.normal(scale=0.2, size=60)
X, Xnew = x[:, None], np.linspace(0.0, 12.0, 7)[:, None]
Xu = pm.gp.util.kmeans_inducing_points(8, X)

# as many as are needed
with pm.Model() as sparse:
    ell = pm.InverseGamma("ell", alpha=4, beta=4)
    eta = pm.HalfCauchy("eta", beta=2)
    cov = eta ** 2 * pm.gp.cov.ExpQuad(1, ell)
    gp = pm.gp.MarginalSparse(cov_func=cov, approx="FITC")
    sigma = pm.HalfNormal("sigma", sigma=1)
    y_ = gp.marginal_likelihood("y", X=X, Xu=Xu, y=y, noise=sigma)
    mp = pm.find_MAP(progressbar=False)

mu, var = gp.predict(Xnew, point=mp, diag=True, pred_noise=True)
print("at the ends:", mu[[0, -1]].round(2), np.sqrt(var[[0, -1]]).round(2))

with sparse:
    f_new = gp.conditional("f_new", Xnew)
    drawn = pm.sample_posterior_predictive([mp], var_names=["f_new"], samples=40)["f_new"]


def show(ax):
    plot_gp_dist(ax, drawn, Xnew)


# a field that was measured row by row
rows, columns = np.arange(4.0)[:, None], np.arange(5.0)[:, None]
field = rng.normal(size=20)

with pm.Model() as grid:
    scales = pm.Gamma("scales", alpha=2, beta=1, shape=2)
    along = pm.gp.cov.Matern52(1, ls=scales[0])
    across = pm.gp.cov.Matern32(1, ls=scales[1])
    gp = pm.gp.MarginalKron(cov_funcs=[along, across])
    gp.marginal_likelihood("field", Xs=[rows, columns], y=field, sigma=pm.HalfNormal("noise", 1.0))

between = np.array([[0.5, 1.5], [2.2, 3.1]])
mean, cov = gp.predict(between, point={"scales": np.array([1.0, 2.0]), "noise": 0.3})
print("between the rows:", mean.round(3), cov.shape)
