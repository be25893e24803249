"""Functions that a program is given, and that may create the variables of its models."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

KEPT = """import pymc3 as pm


class Calibration:
    def __init__(self, make, data):
        self.make = make
        self.data = data

    def run(self):
        with pm.Model() as model:
            {line}
            pm.Normal('y', mu={mean}, sd=1, observed={observed})
            self.trace = pm.sample(500, tune=500, chains=2, return_inferencedata=False)
"""
GIVEN = """import pymc3 as pm


def fit(make, data):
    with pm.Model() as model:
        {line}
        pm.Normal('y', mu={mean}, sd=1, observed=data)
    return model
"""


def manual(text: str) -> list[str]:
    result = migrate_source(text)
    assert not migrate_source(result.code).changed
    assert ("yield" in result.code) is all(f.confidence is not Confidence.MANUAL for f in result.findings)
    return [f.message for f in result.findings if f.confidence is Confidence.MANUAL]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (KEPT.format(line="mean = self.make()", mean="mean", observed="self.data"), "self.make"),
        (KEPT.format(line="mean = self.make(3)", mean="mean", observed="self.data"), "self.make"),
        (KEPT.format(line="pass", mean="self.make()", observed="self.data"), "self.make"),
        (GIVEN.format(line="mean = make()", mean="mean"), "make"),
        (GIVEN.format(line="pass", mean="make('mean')"), "make"),
    ],
)
def test_what_a_function_of_the_caller_gives_may_be_a_variable(text: str, name: str) -> None:
    assert manual(text) == [f"`{name}` may create variables that cannot be seen from here: create them in the block"]


MU = "mu = pm.Normal('mu', 0, 1)"


@pytest.mark.parametrize(
    "text",
    [
        # a curve, of variables
        GIVEN.format(line=MU, mean="make(mu)"),
        # data
        KEPT.format(line=MU, mean="mu", observed="self.make()"),
        GIVEN.format(line="n = make(); mu = pm.Normal('mu', 0, 1, shape=n)", mean="mu"),
        # a function of the program
        GIVEN.format(line="mean = make_mean()", mean="mean").replace(
            "\n\ndef fit", "\n\ndef make_mean():\n    return 2\n\n\ndef fit"
        ),
        # of an object that is given, and of a library
        GIVEN.format(line=MU, mean="make.mean(0)"),
        GIVEN.format(line="import numpy as np; mean = np.mean(data)", mean="mean"),
        # a method, and an attribute that the class itself has made
        KEPT.format(line=MU, mean="self.mean()", observed="self.data") + "\n    def mean(self):\n        return 2\n",
        KEPT.format(line="mean = self.make()", mean="mean", observed="self.data").replace(
            "self.make = make", "self.make = lambda: 2"
        ),
        # nothing is made of what it gives
        GIVEN.format(line="make(); mu = pm.Normal('mu', 0, 1)", mean="mu"),
        # given in the program, where it can be looked at
        GIVEN.format(line="mean = make()", mean="mean") + "\nmodel = fit(lambda: 2, [1, 2])\n",
    ],
)
def test_what_certainly_or_probably_makes_none(text: str) -> None:
    assert not manual(text)
