"""The names and signatures that the catalogue records are those of the real ``pymc3.distributions``."""

from __future__ import annotations

import json

import pytest

import pm_migrate.shims as pm
from pm_migrate.catalog import DISTRIBUTIONS, ROWS
from pm_migrate.catalog.structured import EXPORTS, STRUCTURED, Structured
from pm_migrate.errors import NotSupported
from pm_migrate.reference.client import ReferenceClient

#: Prints the exports, and the arguments of every class and function among them.
QUESTION = """
import inspect, json
import pymc3 as pm

def arguments(name):
    thing = getattr(pm.distributions, name)
    target = thing.__init__ if inspect.isclass(thing) else thing
    target = inspect.unwrap(target)
    return [p.name for p in inspect.signature(target).parameters.values()
            if p.name != "self" and p.kind == p.POSITIONAL_OR_KEYWORD]

print("EXPORTS " + json.dumps({name: arguments(name) for name in set(pm.distributions.__all__)}))
"""


@pytest.fixture(scope="module")
def exports(reference: ReferenceClient, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    path = tmp_path_factory.mktemp("exports") / "exports.py"
    path.write_text(QUESTION)
    program = reference.load_program(path)
    assert program.error is None, program.error
    line = next(line for line in program.output.splitlines() if line.startswith("EXPORTS "))
    return json.loads(line.removeprefix("EXPORTS "))


def test_the_recorded_exports_are_pymc3s(exports: dict[str, list[str]]) -> None:
    assert set(exports) == EXPORTS


def test_every_export_is_a_row_or_an_entry(exports: dict[str, list[str]]) -> None:
    covered = set(DISTRIBUTIONS) | {entry.name for entry in STRUCTURED}
    assert sorted(set(exports) - covered) == []


@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_every_export_is_in_the_drop_in(name: str) -> None:
    missing = next((entry.missing for entry in STRUCTURED if entry.name == name), "")
    if missing:
        with pytest.raises(NotSupported, match=name):
            getattr(pm.distributions, name)("x")
    else:
        assert callable(getattr(pm.distributions, name))


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
def test_rows_have_pymc3s_arguments_in_its_order(row: object, exports: dict[str, list[str]]) -> None:
    name, signature = row.name, row.signature  # type: ignore[attr-defined]
    if name not in exports:
        pytest.skip("not exported by pymc3.distributions")
    theirs = [n for n in exports[name] if n in signature]
    assert list(signature) == theirs


@pytest.mark.parametrize("entry", STRUCTURED, ids=lambda e: e.name)
def test_entries_have_pymc3s_arguments(entry: Structured, exports: dict[str, list[str]]) -> None:
    # PyMC3 takes some of them by keyword only, and others through **kwargs
    positional = [n for n in entry.signature if n in exports[entry.name]]
    assert positional == [n for n in exports[entry.name] if n in entry.signature]
    assert positional, exports[entry.name]
