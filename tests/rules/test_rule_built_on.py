"""Packages that are built on PyMC3 and look for the model of the block."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

MODEL = """import pymc3 as pm
{imports}

with pm.Model() as model:
    mu = pm.Normal('mu', 0, 1)
    {inside}
    trace = pm.sample()
{below}
"""


def told(imports: str, inside: str = "pass", below: str = "") -> tuple[list[str], str]:
    """The codes of what is to be done by hand, and the program."""
    result = migrate_source(MODEL.format(imports=imports, inside=inside, below=below))
    assert not migrate_source(result.code).changed
    return [f.code for f in result.findings if f.confidence is Confidence.MANUAL], result.code


@pytest.mark.parametrize(
    ("imports", "inside", "below"),
    [
        ("import pymc3_ext as pmx", "pmx.sample(tune=10)", ""),
        ("import pymc3_ext as pmx", "wide = 2 * pmx.UnitUniform('wide')", ""),
        ("from pymc3_ext import optimize", "start = optimize()", ""),
        ("import pymc3_ext as pmx", "pass", "with model:\n    best = pmx.optimize()"),
        ("import exoplanet as xo", "wide = xo.distributions.Angle('wide')", ""),
        ("import exoplanet as xo", "orbit = xo.orbits.KeplerianOrbit(period=mu)", ""),
        ("import celerite2.theano", "gp = celerite2.theano.GaussianProcess(kernel, mean=mu)", ""),
        ("from celerite2.theano import terms", "kernel = terms.SHOTerm(sigma=mu)", ""),
        ("import calibr8", "pass", "calibr8.fit(model)"),
    ],
)
def test_the_model_stays(imports: str, inside: str, below: str) -> None:
    manual, code = told(imports, inside, below)
    assert "PM267" in manual and "PM264" not in manual
    assert "with pm.Model() as model:" in code and "yield" not in code


@pytest.mark.parametrize(
    ("imports", "inside", "below"),
    [
        ("import pymc3_ext as pmx", "pass", "print(pmx.__version__)"),
        ("import exoplanet as xo", "pass", "xo.utils.logger.info('done')"),
        ("import celerite2", "gp = celerite2.GaussianProcess(kernel)", ""),
        ("import celerite2", "pass", "gp = celerite2.terms.SHOTerm(S0=1.)"),
        ("import exoplanets as xo", "y = xo.sample(mu)", ""),
        ("import pymc3_extras as pmx", "y = pmx.sample(mu)", ""),
        ("import own.pymc3_ext as pmx", "y = pmx.scale(mu)", ""),
    ],
)
def test_elsewhere_they_are_nothing_to_the_model(imports: str, inside: str, below: str) -> None:
    manual, code = told(imports, inside, below)
    assert not manual and "mu = yield pm.Normal('mu', 0, 1)" in code


def test_another_model_of_the_program_is_rewritten() -> None:
    below = "with pm.Model() as other:\n    nu = pm.Normal('nu', 0, 1)"
    manual, code = told("import pymc3_ext as pmx", "pmx.sample()", below)
    assert manual == ["PM267"] and "nu = yield pm4.Normal('nu', 0, 1)" in code
