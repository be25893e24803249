"""Methods that create variables and run without being named: their class and the models that use it stay together."""

from __future__ import annotations

import pytest

from pm_migrate import migrate_source

CLASS = """\
import pymc3 as pm

class Prior:
    def __call__(self, name):
        return pm.Normal(name, 0, 1)

    def __getitem__(self, name):
        return pm.Normal(name, 0, 1)

    @property
    def scale(self):
        return pm.HalfNormal('scale', 1)

    def size(self):
        return 3

class Wide(Prior):
    pass

prior, wide = Prior(), Wide()

with pm.Model() as model:
    a = {use}
    pm.Normal('y', 0, a, observed=data)
"""


@pytest.mark.parametrize(
    "use", ["prior('a')", "prior['a']", "prior.scale", "wide('a')", "wide.scale", "sum(p('a') for p in [prior])"]
)
def test_models_that_use_such_an_object_stay(use: str) -> None:
    result = migrate_source(CLASS.format(use=use))
    assert f"with pm.Model() as model:\n    a = {use}\n" in result.code
    assert {f.code for f in result.findings if f.confidence == "manual"} >= {"PM214"}


@pytest.mark.parametrize("use", ["1.0", "len(data)", "pm.HalfNormal('a', 1)"])
def test_models_that_do_not_are_rewritten(use: str) -> None:
    assert "with pm.Model()" not in migrate_source(CLASS.format(use=use)).code


def test_an_object_that_creates_nothing() -> None:
    program = (
        CLASS.format(use="prior('a')")
        .replace("pm.Normal(name, 0, 1)", "2.0")
        .replace("pm.HalfNormal('scale', 1)", "2.0")
    )
    assert "with pm.Model()" not in migrate_source(program).code
