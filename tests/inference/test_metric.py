"""Full and given metrics, and chains dealt to several threads."""

from __future__ import annotations

import os
import signal
import threading

import arviz
import numpy as np
import pytest
import tensorflow as tf
from inference_targets import density, gaussian, variable
from scipy import stats

from pm_migrate.errors import ModelError
from pm_migrate.shims import inference
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference import adaptation, running
from pm_migrate.shims.inference.hamiltonian import kinetic_energy, turning

DIM = 6


def rotated() -> tuple[LogDensity, np.ndarray]:
    """A Gaussian of condition number 1e4 along directions that are no axes, and its covariance."""
    basis = stats.ortho_group.rvs(DIM, random_state=1)
    covariance = (basis * np.logspace(-2, 2, DIM)) @ basis.T
    precision = tf.constant(np.linalg.inv(covariance))

    def terms(v):
        x = v["x"]
        return {"x": -0.5 * tf.tensordot(x, tf.linalg.matvec(precision, x), 1)}

    return density([variable("x", (DIM,))], terms), covariance


@pytest.fixture(scope="module")
def target():
    return rotated()


@pytest.fixture(scope="module")
def full(target):
    return inference.sample_chains(target[0], init="jitter+adapt_full", chains=3, cores=2, seed=4, progress=False)


def test_a_full_metric_straightens_a_rotated_gaussian(full):
    # the identity and a diagonal need hundreds of steps
    assert full.stats["tree_size"].mean() < 15
    assert full.values["x"].shape == (3, 1000, DIM)  # two groups of two, with a chain that stands idle


def test_moments_under_a_full_metric(target, full):
    whitened = full.values["x"] @ np.linalg.inv(np.linalg.cholesky(target[1])).T
    for i in range(DIM):
        for j in range(i + 1):
            product = whitened[:, :, i] * whitened[:, :, j]
            error = product.std() / np.sqrt(float(arviz.ess(product, method="mean")))
            # 21 comparisons: |z| > 4.5 has probability 1.4e-4 for all together
            assert abs(product.mean() - (i == j)) < 4.5 * error


def test_a_given_metric_is_kept(target):
    metric = target[1]
    drawn = inference.sample_chains(
        target[0], metric=metric, adapt_metric=False, draws=300, tune=100, chains=2, seed=5, progress=False
    )
    assert drawn.stats["tree_size"].mean() < 15
    diagonal = inference.sample_chains(
        gaussian([1e-3, 1e3]), metric=np.array([1e-6, 1e6]), adapt_metric=False, draws=300, tune=100, chains=1, seed=5
    )
    assert diagonal.stats["tree_size"].mean() < 15


def test_full_and_diagonal_energies_agree():
    rng = np.random.default_rng(2)
    variances, one, other, total = rng.uniform(0.1, 3.0, (1, 4)), *rng.normal(size=(3, 1, 4))
    matrix = np.diag(variances[0])[None]
    np.testing.assert_allclose(
        kinetic_energy(tf.constant(one), tf.constant(matrix)), 0.5 * np.sum(variances * one**2, -1), rtol=1e-14
    )
    assert bool(turning(*map(tf.constant, (one, other, total, matrix)))[0]) == bool(
        turning(*map(tf.constant, (one, other, total, variances)))[0]
    )


def test_momenta_have_the_covariance_of_the_mass(target):
    root = adaptation.mass_root(target[1])
    np.testing.assert_allclose(root @ root.T, np.linalg.inv(target[1]), rtol=1e-8)


def test_covariance_is_shrunk_towards_one_thousandth():
    draws = np.random.default_rng(3).normal(size=(40, 3)) @ np.array(
        [[1.0, 2.0, 0.0], [0.0, 1.0, 0.0], [3.0, 0.0, 0.1]]
    )
    expected = (40 * np.cov(draws.T) + 5e-3 * np.eye(3)) / 45
    np.testing.assert_allclose(adaptation.shrunk_covariance(draws), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("chains", "cores", "size"), [(4, 1, 4), (4, 2, 2), (3, 2, 2), (5, 2, 3), (2, 8, 1), (1, 1, 1)]
)
def test_chains_are_dealt_evenly(chains, cores, size):
    assert running.group_size(chains, cores) == size


def test_the_chains_of_different_groups_differ():
    drawn = inference.sample_chains(
        gaussian([1.0]), draws=20, tune=20, chains=4, cores=4, seed=1, init="adapt_diag", progress=False, jit=False
    )
    assert len(np.unique(drawn.values["x"][:, -1, 0])) == 4


def test_cores_are_checked():
    with pytest.raises(ModelError, match="cores = 0"):
        inference.sample_chains(gaussian([1.0]), cores=0)


def test_ctrl_c_returns_the_draws_so_far():
    target = gaussian([1.0])
    inference.sample_chains(
        target, draws=10, tune=10, chains=2, seed=1, progress=False
    )  # compiled, so that it is quick

    def interrupt(snapshot):
        # again at the next block, as a person would: Python drops what a signal raises while a destructor runs
        if snapshot.draws.min() > 200:
            os.kill(os.getpid(), signal.SIGINT)

    drawn = inference.sample_chains(target, draws=10**7, tune=100, chains=2, seed=1, progress=False, on_block=interrupt)
    assert drawn.interrupted and 100 <= drawn.draws < 10**7
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pm-migrate-chains")]
