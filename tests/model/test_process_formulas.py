"""Conditionals of Gaussian and Student's t processes against their formulas, with a mean that is not zero."""

from __future__ import annotations

import numpy as np

import pm_migrate.shims as pm

X, NEW = np.array([[0.0], [1.0], [2.5]]), np.array([[0.5], [4.0]])
MEAN, COV = pm.gp.mean.Constant(2.0), pm.gp.cov.ExpQuad(1, 1.0)


def test_values_on_the_mean_predict_the_mean() -> None:
    """Rasmussen and Williams 2006, (2.38): what is added to the mean vanishes where values are the mean."""
    gp = pm.gp.Latent(mean_func=MEAN, cov_func=COV)
    mu, _ = gp._build_conditional(NEW, X, np.full(3, 2.0), COV, MEAN)
    np.testing.assert_allclose(mu.eval(), [2.0, 2.0], rtol=1e-12)


def test_degrees_of_freedom_grow_with_the_values() -> None:
    """Shah, Wilson and Ghahramani 2014, lemma 3: nu + n, and a covariance times (nu + beta - 2) / (nu + n - 2)."""
    process = pm.gp.TP(mean_func=MEAN, cov_func=COV, nu=5.0)
    nu, _, cov = process._build_conditional_t(NEW, X, np.full(3, 2.0))
    assert np.asarray(getattr(nu, "eval", lambda: nu)()) == 8.0
    gaussian = pm.gp.Latent(mean_func=MEAN, cov_func=COV)._build_conditional(NEW, X, np.full(3, 2.0), COV, MEAN)[1]
    np.testing.assert_allclose(cov.eval(), 3.0 / 6.0 * gaussian.eval(), rtol=1e-12)
