"""Programs that make data of draws and results: each side of a comparison has the same data, those of the inference."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.reference import worker
from pm_migrate.reference.client import ReferenceClient
from pm_migrate.verify import Verdict, render, verify_program

pytest.importorskip("tensorflow", reason="the runtime's dependencies are not installed")

from pm_migrate.shims import recording


def cells(*sources: str) -> str:
    """Cells of a notebook as the script that ``verify`` makes of them."""
    return "".join(f"# pm-migrate-notebook-0 cell {i}\n{textwrap.dedent(s).strip()}\n" for i, s in enumerate(sources))


IMPORTS = """
import random
import sys
import numpy as np
import theano
import pymc3 as pm
"""

PROGRAMS = {
    # The sides have drawn different numbers when the second cell begins: as after a plot that fails on one.
    "draws of a cell that one side leaves": cells(
        IMPORTS,
        """
        if 'tensorflow' in sys.modules:
            np.random.normal(size=3)
            random.random()
        """,
        """
        y = np.random.normal(size=5) + random.random()
        with pm.Model() as first:
            mu = pm.Normal('mu', 0, 1)
            pm.Normal('y', mu, 1, observed=y)
        """,
    ),
    "a prior made of a posterior": cells(
        IMPORTS,
        """
        with pm.Model() as first:
            mu = pm.Normal('mu', 3.0, 2.0, shape=3)
            sd = pm.HalfNormal('sd', 2.0)
            m = pm.Deterministic('m', mu.sum() * sd)
            pm.Normal('y', mu[0], sd, observed=np.array([1.0, 2.5]))
            trace = pm.sample(50, tune=10)  # how many chains depends on the machine
            approx = pm.fit(10)
        """,
        """
        with pm.Model() as second:
            mu = pm.Normal('mu', trace['mu'].mean(axis=0), trace['mu'].std(ddof=1), shape=3)
            sd = pm.HalfNormal('sd', trace['m'][7])
            pm.Normal('y', mu[0], sd, observed=np.array([1.0, 2.5]))
            best = pm.find_MAP()
        with pm.Model() as third:
            x = pm.Normal('x', best['mu'][1], best['sd'])
        """,
    ),
    "data made of forward draws": cells(
        IMPORTS,
        """
        with pm.Model() as first:
            mu = pm.Normal('mu', 0, 1)
            pm.Normal('y', mu, 0.5, observed=np.zeros(3))
            prior = pm.sample_prior_predictive(20)
            trace = pm.sample(10, tune=10, chains=2)
            predictive = pm.sample_posterior_predictive(trace, samples=7)
        """,
        """
        with pm.Model() as second:
            mu = pm.Normal('mu', prior['mu'].mean(), 1)
            pm.Normal('y', mu, 1, observed=predictive['y'].mean(axis=0) + prior['y'][5])
        """,
    ),
    # Afterwards the data do not fit each other: PyMC3 itself cannot evaluate the models any more.
    "data replaced by others to predict": cells(
        IMPORTS,
        """
        x_shared = theano.shared(np.linspace(0.0, 1.0, 6))
        with pm.Model() as first:
            slope = pm.Normal('slope', 0, 1)
            pm.Bernoulli('y', logit_p=slope * x_shared, observed=np.array([0, 1, 0, 1, 1, 1]))
            trace = pm.sample(10, tune=10, chains=2)
        """,
        """
        x_shared.set_value(np.array([2.0, 3.0]))
        with first:
            predictive = pm.sample_posterior_predictive(trace, samples=5)
        """,
        """
        with pm.Model() as second:
            x = pm.Data('x', np.array([1.0, 2.0, 3.0]))
            slope = pm.Normal('slope', 0, 1)
            pm.Normal('z', slope * x, 1, observed=np.array([1.0, 1.0, 0.0]))
            trace = pm.sample(10, tune=10, chains=2)
        with second:
            pm.set_data({'x': np.array([0.5, 0.25])})
            predictive = pm.sample_posterior_predictive(trace, samples=5)
        """,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_side_has_the_same_data(name: str, reference: ReferenceClient, tmp_path: Path) -> None:
    before, after = tmp_path / "before.ipynb.py", tmp_path / "after.ipynb.py"
    before.write_text(PROGRAMS[name])
    after.write_text(migrate_source(PROGRAMS[name]).code)
    report = verify_program(before, after, reference=reference, points=4, seed=0)
    assert report.ok, f"{report.notes}\n{render(report)}\n{after.read_text()}"
    assert {c.verdict for c in report.comparisons} == {Verdict.EQUAL}
    assert not report.notes


def test_stand_ins_are_the_same_numbers() -> None:
    for draw in range(recording.STAND_IN_DRAWS):
        np.testing.assert_array_equal(recording.offset(draw, 7), worker.standin_offset(draw, 7))
    assert recording.STAND_IN_DRAWS == worker.STANDIN_POINTS
