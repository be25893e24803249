"""The harness notices: the record of PyMC3 contradicts every perturbation of a row, but for the known survivors."""

from __future__ import annotations

import pytest

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
