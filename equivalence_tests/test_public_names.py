"""The drop-in has every public name of every public module of the real PyMC3."""

from __future__ import annotations

import importlib
import json

import pytest

from pm_migrate.catalog.exports import LEAKED_MODULES, PYMC3_MODULES, PYMC3_NAMES
from pm_migrate.catalog.later import LATER, SERVED
from pm_migrate.reference.client import ReferenceClient

#: Prints, for every module, its modules, and the classes and functions that it defines or takes over from PyMC3.
QUESTION = """
import importlib, inspect, json, pkgutil, types
import pymc3

def names(module):
    found = {}
    for name, thing in vars(module).items():
        home = getattr(thing, "__module__", None) or ""
        if name.startswith("_"):
            continue
        if isinstance(thing, types.ModuleType):
            if thing.__name__.startswith("pymc3."):
                found[name] = "module"
        elif inspect.isclass(thing) and home.startswith("pymc3"):
            found[name] = home
        elif callable(thing) and home.startswith("pymc3"):
            found[name] = home
        elif module is pymc3 and home.startswith("arviz"):
            found[name] = home
    return found

listed = [m.name for m in pkgutil.walk_packages(pymc3.__path__, "pymc3.") if ".tests" not in m.name]
print("NAMES " + json.dumps({name: names(importlib.import_module(name)) for name in ["pymc3", *listed]}))
"""

#: Names that PyMC3's modules define and that are no part of its interface, by module, with the reason.
INTERNAL = {
    "pymc3": {"tests": "PyMC3's own tests are not part of the drop-in", "test": "runs those tests"},
    "pymc3.distributions.dist_math": dict.fromkeys(
        ("I0e", "I1e", "i0e_scalar", "i1e_scalar"), "Theano's scalar operations behind i0e and i1e, which are there"
    ),
    "pymc3.distributions.distribution": dict.fromkeys(
        ("get_vectorize_signature", "vectorize_theano_function"), "wrap compiled Theano functions in np.vectorize"
    ),
    "pymc3.distributions.posterior_predictive": dict.fromkeys(
        ("HasName", "posterior_predictive_draw_values"), "inside of fast_sample_posterior_predictive"
    ),
    "pymc3.distributions.simulator": {"KullbackLiebler": "inside of Simulator(distance='kullback_leibler')"},
    "pymc3.model": dict.fromkeys(
        ("InstanceMethod", "as_iterargs", "withparent"), "helpers of pickling, of arguments and of nested lists"
    ),
    "pymc3.theanof": dict.fromkeys(("IdentityOp", "scalar_identity"), "a Theano scalar operation that does nothing"),
}


@pytest.fixture(scope="module")
def theirs(reference: ReferenceClient, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    path = tmp_path_factory.mktemp("names") / "names.py"
    path.write_text(QUESTION)
    program = reference.load_program(path)
    assert program.error is None, program.error
    line = next(line for line in program.output.splitlines() if line.startswith("NAMES "))
    return json.loads(line.removeprefix("NAMES "))


def ours(module: str) -> str:
    from pm_migrate.shims.installation import target

    found = target(module)
    assert found is not None
    return found


def test_the_recorded_names_are_pymc3s(theirs: dict[str, dict[str, str]]) -> None:
    top = theirs["pymc3"]
    modules = {name for name, home in top.items() if home == "module"} - {"tests"}
    assert modules - {"inference"} == (PYMC3_MODULES | set(LEAKED_MODULES)) & modules
    assert {name for name, home in top.items() if home != "module"} <= PYMC3_NAMES | {"test"}


def test_every_module_can_be_imported(theirs: dict[str, dict[str, str]]) -> None:
    missing = []
    for name in theirs:
        try:
            importlib.import_module(ours(name))
        except ModuleNotFoundError:
            missing.append(name)
    assert missing == []


def test_every_name_is_there(theirs: dict[str, dict[str, str]]) -> None:
    missing = {}
    for name, names in theirs.items():
        module = importlib.import_module(ours(name))
        wanted = names if name == "pymc3" else {n for n, home in names.items() if home == name}
        lacking = sorted(n for n in wanted if n not in INTERNAL.get(name, {}) and not hasattr(module, n))
        if lacking:
            missing[name] = lacking
    assert missing == {}


def test_what_is_listed_as_missing_is_pymc3s(theirs: dict[str, dict[str, str]]) -> None:
    for module, entries in LATER.items():
        wrong = {entry.rstrip("()!") for entry in entries} - set(theirs[f"pymc3.{module}"])
        assert wrong == set(), module
        assert set(SERVED.get(module, {})) <= set(theirs[f"pymc3.{module}"])


def test_internal_names_are_neither_stale_nor_there(theirs: dict[str, dict[str, str]]) -> None:
    for module, names in INTERNAL.items():
        for name in names.keys() - {"test"}:
            assert name in theirs[module], f"{module}.{name}"
            assert not hasattr(importlib.import_module(ours(module)), name) or module == "pymc3", f"{module}.{name}"
