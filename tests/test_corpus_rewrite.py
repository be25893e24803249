"""The corpus: each program becomes exactly what stands beside it, and nothing is left to do."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.codemod.safety import check_rewrite
from pm_migrate.findings import Confidence

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

PROGRAMS = sorted(p.parent for p in (Path(__file__).parent.parent / "corpus").glob("*/before.py"))


def test_there_are_programs():
    assert len(PROGRAMS) >= 6


@pytest.fixture(params=PROGRAMS, ids=[p.name for p in PROGRAMS])
def program(request):
    return request.param


def test_rewritten_exactly(program):
    before = (program / "before.py").read_text()
    result = migrate_source(before)
    assert result.code == (program / "after.py").read_text()
    check_rewrite(before, result.code, migrate_source)


def test_nothing_is_left(program):
    result = migrate_source((program / "before.py").read_text())
    assert result.references.total == result.references.migrated > 0
    assert "pymc3" not in result.code and "theano" not in result.code
    assert {f.confidence for f in result.findings} == {Confidence.SAFE}


def test_meta_says_what_is_found(program):
    meta = tomllib.loads((program / "meta.toml").read_text())
    result = migrate_source((program / "before.py").read_text())
    assert Counter(f.code for f in result.findings) == meta["findings"]
    assert meta["title"] and meta["shows"]
    names = {n.id for n in ast.walk(ast.parse(result.code)) if isinstance(n, ast.Name)}
    assert result.models == len(meta["models"]) and set(meta["models"]) <= names


def test_only_public_names_of_the_front_end_are_used(program):
    """What is rewritten uses nothing of the front end that is not public."""
    pymc4 = pytest.importorskip("pm_migrate.shims.pymc4", reason="needs the runtime")
    tree = ast.parse((program / "after.py").read_text())
    used = {
        n.attr
        for n in ast.walk(tree)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "pm"
    }
    assert used <= set(pymc4.__all__)
