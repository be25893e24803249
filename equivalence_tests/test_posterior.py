"""Short runs: posterior means of rewrite and drop-in against PyMC3's own sampler, within Monte Carlo error.

The false-alarm rate of the whole file is :data:`ERROR_RATE`, shared over all means by Bonferroni's inequality; each
mean's standard error comes from the effective sample sizes of both sides.
"""

from __future__ import annotations

import contextlib
import io
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import arviz
import numpy as np
import pytest
from scipy import stats

from corpus.programs import CORPUS
from pm_migrate.reference import provision
from pm_migrate.reference.client import ModelInfo, ProgramInfo, ReferenceClient
from pm_migrate.shims import inference, recording
from pm_migrate.shims.installation import install, uninstall

DRAWS, TUNE, CHAINS = 500, 500, 2
ERROR_RATE = 1e-4
#: Upper bound of the number of means that all programs together compare, on both roads.
MEANS = 5000


def recorded_models(path: Path) -> Iterator[tuple[str, Any]]:
    """Run a program with sampling intercepted; its models by the name they are bound to."""
    recording.start()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            names = runpy.run_path(str(path))
    finally:
        recording.stop()
    for name, value in names.items():
        if any(value is model for model in recording.models):
            yield name, value


@pytest.fixture(scope="module")
def sampler() -> Iterator[ReferenceClient]:
    """PyMC3 with C code for its graphs: a run evaluates one some ten thousand times."""
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    with ReferenceClient(python, timeout=1800.0, sampling=True) as client:
        yield client


PROGRAMS = "coal_mining eight_schools logistic_regression negative_binomial_counts radon robust_regression".split()
#: Theano's sampler takes minutes on most programs: the others are run with ``--profile deep``.
QUICK = {"eight_schools", "logistic_regression"}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.filterwarnings("ignore::UserWarning")  # ArviZ on stand-ins of a few draws
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # and its division by the variance of a constant one
@pytest.mark.filterwarnings("ignore:The function .* from PyMC3 is just an alias:DeprecationWarning")  # as PyMC3 warns
def test_posterior_means_agree(
    program: str, sampler: ReferenceClient, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if program not in QUICK and request.config.getoption("--profile") != "deep":
        pytest.skip("PyMC3 samples this program for minutes; all programs with --profile deep")
    monkeypatch.chdir(CORPUS / program)
    loaded = sampler.load_program(CORPUS / program / "before.py")
    originals = {model.name: _sampled(sampler, loaded, model) for model in loaded.models}
    for road, source in (("drop-in", "before.py"), ("rewrite", "after.py")):
        if road == "drop-in":
            install()
        try:
            models = dict(recorded_models(CORPUS / program / source))
        finally:
            uninstall()
        assert models  # those that a name is still bound to at the end of the program
        assert set(models) <= set(originals)
        for name, model in models.items():
            _compare(f"{road}, {name}", model, originals[name])


def _compare(title: str, model: Any, theirs: dict[str, np.ndarray]) -> None:
    density = recording.density(model)
    chains = inference.sample_chains(
        density, draws=DRAWS, tune=TUNE, chains=CHAINS, seed=2, target_accept=0.95, progress=False
    )
    threshold = stats.norm.isf(ERROR_RATE / (2 * MEANS))
    for variable, draws in inference.record(density, chains).items():
        errors = np.hypot(standard_error(draws), standard_error(theirs[variable]))
        z = (draws.mean((0, 1)) - theirs[variable].mean((0, 1))) / errors
        assert np.max(np.abs(z)) < threshold, f"{title}.{variable}: z = {z}"


def _sampled(reference: ReferenceClient, loaded: ProgramInfo, model: ModelInfo) -> dict[str, np.ndarray]:
    # PyMC3 refuses target_accept= where discrete variables need other step methods beside NUTS
    options = {} if any(v.discrete for v in model.variables) else {"target_accept": 0.95}
    return reference.sample(loaded, model, DRAWS, tune=TUNE, chains=CHAINS, seed=1, **options)


def standard_error(draws: np.ndarray) -> np.ndarray:
    """Monte Carlo standard error of the mean of draws of shape (chains, draws, ...), elementwise."""
    flat = np.asarray(draws, float).reshape(*draws.shape[:2], -1)
    effective = np.array([float(arviz.ess(flat[:, :, i])) for i in range(flat.shape[2])])
    effective = np.clip(effective, 1.0, flat.shape[0] * flat.shape[1])  # never better than independent draws
    return (flat.std((0, 1)) / np.sqrt(effective)).reshape(draws.shape[2:])
