"""Names that the drop-in does not have yet are there to be imported, and say what they are when they are used."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import pm_migrate.shims as pm
from pm_migrate.catalog.exports import PYMC3_NAMES
from pm_migrate.catalog.later import ALTERNATIVES, LATER, SERVED, alternative
from pm_migrate.errors import NotSupported

ROOT = Path(pm.__file__).parent


def test_every_public_name_is_there() -> None:
    assert [name for name in sorted(PYMC3_NAMES) if getattr(pm, name, None) is None] == []


@pytest.mark.parametrize("module", sorted(LATER))
def test_names_of_later_modules_raise_when_they_are_used(module: str) -> None:
    found = importlib.import_module(f"pm_migrate.shims.{module}")
    for entry in LATER[module]:
        name = entry.rstrip("()!")
        thing = getattr(found, name)
        if entry.endswith("!"):
            assert issubclass(thing, Exception)
        elif name not in SERVED.get(module, {}):
            with pytest.raises(NotSupported, match=rf"pymc3\.[\w.]*\b{name} is not in the drop-in yet\. Instead: \w"):
                thing(1, key=2)


def test_a_package_and_its_module_give_the_same_class() -> None:
    assert pm.gp.Latent is pm.gp.gp.Latent
    assert pm.step_methods.Slice is pm.Slice
    assert pm.step_methods.NUTS is pm.NUTS is importlib.import_module("pm_migrate.shims.sampling").NUTS
    assert callable(pm.smc.sample_smc)  # the function, not the module of that name


def test_placeholders_can_be_subclassed_and_asked_about() -> None:
    class Step(pm.step_methods.PGBART):  # type: ignore[misc, name-defined]
        def __init__(self, model: object) -> None:
            self.model = model

    assert not isinstance(1, pm.Slice)
    with pytest.raises(NotSupported, match=r"pymc3\.step_methods\.pgbart\.PGBART"):
        Step(1)
    with pytest.raises(NotSupported, match=r"pymc3\.step_methods\.pgbart\.PGBART\.competence"):
        pm.PGBART.competence(None)
    assert not hasattr(pm.PGBART, "__wrapped__")


def test_unknown_names_are_attribute_errors() -> None:
    for module in (pm, pm.gp, pm.gp.cov, pm.step_methods):
        with pytest.raises(AttributeError, match="Nothing"):
            module.Nothing  # noqa: B018


def test_a_row_of_a_module_that_exists_lists_only_what_it_lacks() -> None:
    for module in LATER:
        path = ROOT / (module.replace(".", "/") + ".py")
        if path.exists():
            own = vars(importlib.import_module(f"pm_migrate.shims.{module}"))
            assert [entry for entry in LATER[module] if entry.rstrip("()!") in own] == []


def test_every_alternative_belongs_to_a_row() -> None:
    for prefix in ALTERNATIVES:
        module, _, name = prefix.rpartition(".")
        assert prefix in LATER or name in {entry.rstrip("()!") for entry in LATER[module]}
    assert alternative("distributions.bart.BART") != alternative("step_methods.pgbart.PGBART")


def test_imports_by_pymc3s_names() -> None:
    program = """
from pm_migrate.shims import install
install()
from pymc3 import *
from pymc3.gp.cov import ExpQuad
from pymc3.step_methods import Slice, hmc
from pymc3.step_methods.hmc import quadpotential
import pymc3.variational.updates, pymc3.parallel_sampling as ps, pymc3.smc.sample_smc
import pymc3
assert quadpotential.QuadPotential is hmc.quadpotential.QuadPotential and pymc3.updates is pymc3.variational.updates
assert issubclass(ps.ParallelSamplingError, Exception) and traceplot and Normal and math
assert ExpQuad(1, 0.1).input_dim == 1
try:
    pymc3.step_methods.pgbart.PGBART(1)
except NotImplementedError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "pymc3.step_methods.pgbart.PGBART" in done.stdout and "NUTS" in done.stdout
