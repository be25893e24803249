"""Every ``init=`` of ``pm.sample`` that the compiled sampler serves."""

from __future__ import annotations

import arviz
import numpy as np
import pytest

import pm_migrate.shims as pm
from pm_migrate.shims import inference

DATA = np.array([0.5, 1.5, 2.5])


@pytest.fixture(scope="module")
def model():
    with pm.Model() as model:
        x = pm.Normal("x", 0.0, 1.0, shape=3)
        pm.Normal("y", x, 2.0, observed=DATA)
    return model


# a conjugate model: x has mean y / 5 and variance 4 / 5
@pytest.mark.parametrize("init", ["adapt_diag", "jitter+adapt_full", "advi", "advi+adapt_diag", "advi_map", "map"])
def test_each_init_samples_the_posterior(model, init):
    with model:
        trace = pm.sample(500, tune=300, chains=2, init=init, n_init=2000, random_seed=3, progressbar=False)
    assert trace.report._timing  # by the compiled loop
    x = np.stack(trace.get_values("x", combine=False))
    for i in range(3):
        for draws, expected in ((x[:, :, i], DATA[i] / 5), ((x[:, :, i] - DATA[i] / 5) ** 2, 0.8)):
            error = draws.std() / np.sqrt(float(arviz.ess(draws, method="mean")))
            # 36 comparisons: |z| > 4.5 has probability 2.5e-4 for all together
            assert abs(draws.mean() - expected) < 4.5 * error


def test_what_is_fitted_is_what_is_sampled_with(model, monkeypatch):
    seen = {}
    run = inference.sample_chains

    def watch(density, **options):
        seen.update(options)
        return run(density, **options)

    monkeypatch.setattr(inference, "sample_chains", watch)
    with model:
        pm.sample(50, tune=50, chains=2, init="map", random_seed=3, progressbar=False, compute_convergence_checks=False)
    # PyMC3 takes the matrix of second derivatives, here (1 + 1 / 4) times the identity, for the covariance
    np.testing.assert_allclose(seen["metric"], 1.25 * np.eye(3), rtol=1e-6)
    assert not seen["adapt_metric"] and len(seen["start"]) == 2
    np.testing.assert_allclose(seen["start"][0]["x"], DATA / 5, atol=1e-4)
