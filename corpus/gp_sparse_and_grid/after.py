"""Gaussian processes of many points: by way of inducing points, and on a grid."""

import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(3)
x = np.sort(rng.uniform(0.0, 10.0, size=60))
y = np.sin(x) + rng.normal(scale=0.2, size=60)
X, Xnew = x[:, None], np.linspace(0.0, 12.0, 7)[:, None]
Xu = pm.gp.util.kmeans_inducing_points(8, X)


# as many as are needed
@pm.model(name=None, keep_return=False)
def build_sparse():
    ell = yield pm.InverseGamma("ell", concentration=4, scale=4)
    eta = yield pm.HalfCauchy("eta", scale=2)
    cov = eta ** 2 * pm.gp.kernels.ExpQuad(1, ell)
    gp = pm.gp.MarginalSparse(cov_func=cov, approx="FITC")
    sigma = yield pm.HalfNormal("sigma", scale=1)
    y_ = yield gp.marginal_likelihood("y", X=X, Xu=Xu, y=y, noise=sigma)
    return gp


sparse = build_sparse()
mp = pm.find_MAP(sparse, progressbar=False)

mu, var = pm.gp.of(sparse, 'y').predict(Xnew, point=mp, diag=True, pred_noise=True)
print("at the ends:", mu[[0, -1]].round(2), np.sqrt(var[[0, -1]]).round(2))


@pm.model(name=None)
def build_sparse_2(sparse):
    gp = yield sparse
    f_new = yield gp.conditional("f_new", Xnew)


sparse = build_sparse_2(sparse)
drawn = pm.sample_posterior_predictive(sparse, [mp], var_names=["f_new"], num_draws=40,
                                       return_inferencedata=False)["f_new"]


def show(ax):
    pm.gp.util.plot_gp_dist(ax, drawn, Xnew)


# a field that was measured row by row
rows, columns = np.arange(4.0)[:, None], np.arange(5.0)[:, None]
field = rng.normal(size=20)


@pm.model(name=None)
def build_grid():
    scales = yield pm.Gamma("scales", concentration=2, rate=1, batch_stack=2)
    along = pm.gp.kernels.Matern52(1, ls=scales[0])
    across = pm.gp.kernels.Matern32(1, ls=scales[1])
    gp = pm.gp.MarginalKron(cov_funcs=[along, across])
    yield gp.marginal_likelihood("field", Xs=[rows, columns], y=field, sigma=(yield pm.HalfNormal("noise", 1.0)))


grid = build_grid()

between = np.array([[0.5, 1.5], [2.2, 3.1]])
mean, cov = pm.gp.of(grid, 'field').predict(between, point={"scales": np.array([1.0, 2.0]), "noise": 0.3})
print("between the rows:", mean.round(3), cov.shape)
