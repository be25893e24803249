"""The entries of docs/known-differences.md are still true: PyMC3 differs as written, and ours is what it says.

An entry that PyMC3 or the runtime no longer shows fails here, and must leave the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equivalence_tests import engine
from equivalence_tests.oracle import Oracle
from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.reference.client import ReferenceClient

PAGE = Path(__file__).parent.parent / "docs" / "known-differences.md"

#: Row, parameters, value, and the least error of PyMC3 against the formula there.
INACCURATE: list[tuple[str, dict[str, float], float, float]] = [
    ("HalfCauchy", {"beta": 2.5}, 1.0, 1e-9),
    ("TruncatedNormal", {"mu": 1.0, "sigma": 2.0, "lower": 0.0, "upper": 3.0}, 1.0, 5e-9),
    ("TruncatedNormal", {"mu": -30.0, "sigma": 1.0, "lower": 0.0, "upper": 3.0}, 0.1, 1e-6),
    ("StudentT", {"nu": 1e10, "mu": 0.0, "sigma": 1.0}, 0.5, 1e-7),
    ("NegativeBinomial", {"mu": 3.0, "alpha": 1e9}, 2.0, 1e-8),
]

#: Row, parameters, value: ours is -inf, and PyMC3 gives NaN or a finite number as the page says.
UNBOUNDED: list[tuple[str, dict[str, float], float, str]] = [
    ("Laplace", {"mu": 0.0, "b": -1.0}, 0.5, "nan"),
    ("Lognormal", {"mu": 0.0, "sigma": 1.0}, -1.0, "nan"),
    ("Lognormal", {"mu": 0.0, "sigma": -1.0}, 1.0, "finite"),
    ("Bernoulli", {"logit_p": 0.3}, 2.0, "finite"),
]


@pytest.mark.parametrize(("name", "parameters", "value", "least"), INACCURATE)
def test_pymc3_is_inaccurate_and_we_are_not(
    name: str, parameters: dict[str, float], value: float, least: float, reference: ReferenceClient
) -> None:
    row = DISTRIBUTIONS[name]
    form = row.form_for(frozenset(parameters))
    truth = Oracle(row, form, parameters, value).logp()
    (theirs,) = engine.pymc3(reference, row, form, [(parameters, value)])
    assert abs(theirs.logp - truth) > least
    assert abs(engine.eager(row, form, parameters, value).logp - truth) < least / 100
    assert name in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "parameters", "value", "theirs"), UNBOUNDED)
def test_pymc3_checks_no_bound_and_we_do(
    name: str, parameters: dict[str, Any], value: float, theirs: str, reference: ReferenceClient
) -> None:
    row = DISTRIBUTIONS[name]
    form = row.form_for(frozenset(parameters))
    (answer,) = engine.pymc3(reference, row, form, [(parameters, value)])
    assert np.isnan(answer.logp) if theirs == "nan" else np.isfinite(answer.logp)
    assert engine.eager(row, form, parameters, value).logp == -np.inf
    assert name in PAGE.read_text(encoding="utf-8")


def test_pymc3_loses_the_log_odds_jacobian_far_out(reference: ReferenceClient, tmp_path: Path) -> None:
    import pm_migrate.shims as pm

    program = tmp_path / "far.py"
    program.write_text("import pymc3 as pm\nwith pm.Model() as m:\n    pm.Beta('p', 1.0, 1.0)\n")
    loaded = reference.load_program(program)
    point = {"p_logodds__": np.array(-720.0)}
    (theirs,) = reference.evaluate(loaded, loaded.models[0], [point], gradient=False)
    with pm.Model() as m:
        pm.Beta("p", 1.0, 1.0)
    terms = m.log_density().terms_at(point)
    assert not np.isfinite(theirs.terms["p_logodds__"] if "p_logodds__" in theirs.terms else theirs.terms["p"])
    assert terms["p"] == pytest.approx(-720.0, rel=1e-15)
