"""Rows and structured entries together cover what ``pymc3.distributions`` exports."""

from __future__ import annotations

import pytest

from pm_migrate.catalog import DISTRIBUTIONS, ROWS
from pm_migrate.catalog.exports import PYMC3_NAMES
from pm_migrate.catalog.structured import BY_NAME, EXPORTS, STRUCTURED, Structured


def test_every_export_has_a_row_or_an_entry() -> None:
    assert sorted(EXPORTS - set(DISTRIBUTIONS) - set(BY_NAME)) == []


def test_no_export_has_both() -> None:
    assert sorted(set(DISTRIBUTIONS) & set(BY_NAME)) == []


def test_entries_are_exports_once_each() -> None:
    assert len(BY_NAME) == len(STRUCTURED)
    assert sorted(set(BY_NAME) - EXPORTS) == []


def test_rows_are_names_of_pymc3() -> None:
    # EulerMaruyama is exported by pymc3.distributions.timeseries alone
    assert sorted({row.name for row in ROWS} - PYMC3_NAMES - {"EulerMaruyama"}) == []


@pytest.mark.parametrize("entry", STRUCTURED, ids=lambda e: e.name)
def test_an_entry_says_what_it_is(entry: Structured) -> None:
    assert entry.meaning.endswith(".")
    assert entry.source
    assert len(set(entry.signature)) == len(entry.signature)
