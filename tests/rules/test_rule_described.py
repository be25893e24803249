"""What is only asked for its text."""

from __future__ import annotations

import pytest

from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.catalog.samplers import INFERENCE
from pm_migrate.codemod import migrate_source

HEAD = "import pymc3 as pm\nfrom pymc3 import sample, Normal\n\n"


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("help(pm.Normal)", "help(pm.Normal)"),
        ("help(Normal)", "help(pm.Normal)"),
        ("help(sample)", "help(pm.sample)"),
        ("help(pm.ChiSquared)", "help(pm.Chi2)"),
        ("help(pm.sample_ppc)", "help(pm.sample_posterior_predictive)"),
        ("print(pm.find_MAP.__doc__, len(dir(pm.Dirichlet)))", "print(pm.find_MAP.__doc__, len(dir(pm.Dirichlet)))"),
    ],
)
def test_texts_are_those_of_the_front_end(line: str, made: str) -> None:
    result = migrate_source(HEAD + line + "\n")
    assert result.code.endswith(f"import pm_migrate.pymc4 as pm\n\n{made}\n") and result.references.todo == 0


@pytest.mark.parametrize(
    "line",
    [
        "help(pm.GLM)",
        "describe(pm.Normal)",
        "help(pm.Normal, pm.step_methods.sgmcmc)",
        "pm.Normal.__module__",
        "help(pm.distributions.__all__)",
        "def help(x):\n    return x('x', 0, 1)\n\nhelp(pm.Normal)",
        "other.help(pm.sample)",
        "help(*[pm.sample])",
        "pm.Slice.__init__.__doc__",
    ],
)
def test_what_stays(line: str) -> None:
    result = migrate_source(HEAD + line + "\n")
    assert result.references.todo and "import pymc3 as pm" in result.code


def test_upstream_has_fewer_of_them() -> None:
    kept = migrate_source(HEAD + "help(pm.LKJCholeskyCov)\nhelp(pm.find_MAP)\n", runtime="upstream")
    assert kept.references.migrated == 0 and kept.code.count("TODO") == 2


def test_every_name_is_there() -> None:
    front = pytest.importorskip("pm_migrate.pymc4", reason="needs the runtime")
    for name in (*(row.pymc4_name for row in DISTRIBUTIONS.values()), *(row.target for row in INFERENCE.values())):
        found = front
        for part in name.split("."):
            found = getattr(found, part)
