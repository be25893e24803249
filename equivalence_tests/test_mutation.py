"""The harness notices: the record of PyMC3 contradicts every perturbation of a row, but for the known survivors."""

from __future__ import annotations

import warnings

import pytest

from equivalence_tests import formula_mutation
from equivalence_tests.mutation import SURVIVORS, mutants, reason, survivors
from equivalence_tests.verdicts import facts
from pm_migrate.catalog import ROWS, Distribution

#: Share of the mutants that must be contradicted, in percent.
SCORE = 95.0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_perturbed_field_is_contradicted(row: Distribution) -> None:
    _, alive = survivors(row, facts()[row.name])
    unexplained = {label for label in alive if not reason(row, label)}
    assert unexplained == SURVIVORS.get(row.name, frozenset()), "new survivors, or declared ones that are noticed now"


def test_the_mutation_score() -> None:
    """Equivalent mutants that are contradicted nonetheless count for nothing: the true score is higher."""
    total = sum(not reason(row, label) for row in ROWS for label, _ in mutants(row))
    alive = sum(len(labels) for labels in SURVIVORS.values())
    assert set(SURVIVORS) <= {row.name for row in ROWS}
    assert 100.0 * (total - alive) / total >= SCORE
    assert total > 50 * len(ROWS)


@pytest.mark.parametrize("module", formula_mutation.MODULES, ids=lambda module: module.rsplit(".", 1)[1])
def test_every_perturbed_formula_of_the_runtime_is_contradicted(module: str) -> None:
    """One spot of each function of ``special/`` and of the transforms."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numbers that only a mutant has
        alive = {
            str(spot)
            for spot in formula_mutation.chosen()
            if spot.module == module
            and not formula_mutation.contradicts(spot)
            and not formula_mutation.contradicts(spot, drawn=True)
        }
    short = module.rsplit(".", 1)[1]
    known = {*formula_mutation.EQUIVALENT, *formula_mutation.SURVIVORS}
    here = {str(spot) for spot in formula_mutation.chosen() if spot.module == module}
    assert alive == {label for label in known if label.startswith(f"{short}.") and label in here}


def test_the_mutation_score_of_the_formulas() -> None:
    labels = {str(spot) for spot in formula_mutation.chosen()}
    assert {*formula_mutation.EQUIVALENT, *formula_mutation.SURVIVORS} <= labels, (
        "a declared mutant is not made any more"
    )
    total = len(labels) - len(formula_mutation.EQUIVALENT)
    assert 100.0 * (total - len(formula_mutation.SURVIVORS)) / total >= SCORE
