"""Names of PyMC3 before 3.9: rewritten where they only changed, and otherwise explained."""

from __future__ import annotations

import pytest

from pm_migrate.catalog.exports import PYMC3_NAMES
from pm_migrate.catalog.older import GONE, RENAMED, advice
from pm_migrate.codemod import migrate_source

PROGRAM = """import pymc3 as pm

with pm.Model() as model:
    mu = pm.Normal('mu', 0, 1)
    pm.Normal('y', mu, 1, observed=[1.0, 2.0])
    trace = pm.sample(500, tune=500, chains=2)
    {}
"""


@pytest.mark.parametrize("name", sorted(GONE))
def test_what_is_gone_is_a_finding_with_the_way_out(name: str) -> None:
    assert name not in PYMC3_NAMES and advice(name)
    result = migrate_source(PROGRAM.format(f"print(pm.{name}(trace))"))
    (finding,) = [f for f in result.findings if f.code in ("PM310", "PM901")]
    assert finding.code == "PM310" and finding.message.endswith(f" has no rule: {GONE[name]}"), finding


@pytest.mark.parametrize(
    ("use", "name"),
    [
        ("pm.stats.dic(trace, model)", "dic"),
        ("pm.stats.quantiles(trace)", "quantiles"),
        ("pm.diagnostics.geweke(trace['mu'])", "geweke"),
        ("pm.backends.text.load('out')", "backends.text"),
        ("pm.step_methods.sgmcmc.CSG()", "step_methods.sgmcmc"),
        ("pm.variational.advi(n=10)", "advi"),
    ],
)
def test_it_is_known_by_its_module_too(use: str, name: str) -> None:
    result = migrate_source(PROGRAM.format(use))
    assert next(f.message for f in result.findings if f.code == "PM310").endswith(GONE[name])
    assert result.references.unknown == 0


@pytest.mark.parametrize("form", ["pm.sample_ppc_w", "pm.sampling.sample_ppc_w"])
def test_renamed_functions_are_those_of_today(form: str) -> None:
    call = "([trace], 100, [model])"
    old, new = (migrate_source(PROGRAM.format(f + call)) for f in (form, "pm.sample_posterior_predictive_w"))
    assert old.code == new.code and old.references.todo == old.references.unknown == 0
    imported = PROGRAM.replace("pm\n", "pm\nfrom pymc3 import sample_ppc_w\n", 1).format("sample_ppc_w" + call)
    assert "sample_posterior_predictive_w([trace]" in migrate_source(imported).code


def test_every_new_name_is_one() -> None:
    assert set(RENAMED.values()) <= PYMC3_NAMES


@pytest.mark.parametrize(
    "use", ["quantiles = sorted\n    print(quantiles([1]))", "trace.quantiles = 3", "print('pm.dic')"]
)
def test_other_things_of_these_names_are_none_of_ours(use: str) -> None:
    result = migrate_source(PROGRAM.format(use))
    assert not [f for f in result.findings if "has no rule" in f.message]


def test_the_drop_in_has_the_renamed_and_says_what_takes_the_place_of_the_others() -> None:
    pm = pytest.importorskip("pm_migrate.shims", reason="needs the runtime")
    assert pm.sample_ppc_w is pm.sample_posterior_predictive_w
    with pytest.raises(AttributeError, match=r"no attribute 'dic': PyMC3 dropped it .* az\.loo"):
        pm.dic  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'nothing'$"):
        pm.nothing  # noqa: B018
