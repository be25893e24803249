"""Every corpus program: rewrite and drop-in against PyMC3 on Theano."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from pm_migrate.reference.client import ReferenceClient
from pm_migrate.verify import render, verify_program

CORPUS = Path(__file__).parent.parent / "corpus"
PROGRAMS = sorted(path.parent.name for path in CORPUS.glob("*/before.py"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_rewrite_and_drop_in_equal_pymc3(program: str, reference: ReferenceClient) -> None:
    folder = CORPUS / program
    report = verify_program(folder / "before.py", folder / "after.py", reference=reference, points=20, seed=0)
    table = io.StringIO()
    Console(file=table, width=160).print(render(report))
    assert report.ok, table.getvalue()
