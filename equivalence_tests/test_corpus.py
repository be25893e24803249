"""Every corpus program: rewrite and drop-in against PyMC3 on Theano, each run to its end."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from corpus.programs import PROGRAMS, Program
from pm_migrate.reference.client import ReferenceClient
from pm_migrate.verify import render, verify_program

#: Verified in every test run; the others with ``--profile deep``.
QUICK = {program.name for program in PROGRAMS[::6]} | {"eight_schools", "coal_mining"}


def scripts(program: Program, folder: Path) -> tuple[Path, Path]:
    """The program, in the nearest spelling that PyMC3 3.11.6 runs, and its rewrite, as scripts."""
    before, after = folder / f"{program.name}.py", folder / f"{program.name}_rewritten.py"
    before.write_text(program.script("nearest"), encoding="utf-8")
    after.write_text(program.script("after"), encoding="utf-8")
    return before, after


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_rewrite_and_drop_in_equal_pymc3(
    program: Program, reference: ReferenceClient, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if program.name not in QUICK and request.config.getoption("--profile") != "deep":
        pytest.skip("a sixth is verified in every run; all programs with --profile deep")
    if program.unverified:
        pytest.skip(program.unverified)
    before, after = scripts(program, tmp_path)
    rewritten = after if not program.manual else None
    report = verify_program(before, rewritten, reference=reference, points=8, seed=0)
    table = io.StringIO()
    Console(file=table, width=160).print(render(report))
    assert report.ok, table.getvalue()
    assert not [note for note in report.notes if "raised" in note], table.getvalue()
    assert len({c.model for c in report.comparisons}) == program.meta.get("built", len(program.models))
