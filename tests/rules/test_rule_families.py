"""Classes of a program that are derived from each other, and whose methods create variables for one model."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

HEAD = "import pymc3 as pm\nimport numpy as np\n\n"
BASE = (
    "class Base:\n"
    "    def __init__(self, y):\n        self.y = y\n        self.model = self.build()\n\n"
    "    def build(self):\n        with pm.Model() as model:\n            mu = self.prior()\n"
    "            pm.Normal('y', mu, 1, observed=self.y)\n        return model\n\n"
    "    def run(self):\n        with self.model:\n            return pm.sample(100, chains=1)\n\n"
)
ABSTRACT = "    def prior(self):\n        'To be written.'\n        raise NotImplementedError('derive a class')\n\n"
WIDE = "class Wide(Base):\n    def prior(self):\n        return pm.Normal('mu', 0, 10)\n\n"
NARROW = "class Narrow(Base):\n    def prior(self):\n        return pm.HalfNormal('mu', 1)\n\n"
SUPER = (
    "    def build(self):\n        with pm.Model() as model:\n            pm.Normal('z', super().level(), 1)\n"
    "        return model\n\n    def level(self):\n        return 1\n\n    def prior"
)
USE = "wide = Wide(np.ones(3))\ntrace = wide.run()\nprint(trace['mu'].mean())\n"


def rewritten(text: str) -> str:
    result = migrate_source(text)
    assert not [f for f in result.findings if f.confidence is Confidence.MANUAL], result.findings
    return result.code


@pytest.mark.parametrize("base", [BASE, BASE + ABSTRACT], ids=["not in the base", "abstract"])
def test_methods_of_the_classes_below_make_the_variables(base: str) -> None:
    code = rewritten(HEAD + base + WIDE + NARROW + USE)
    assert "mu = yield from self.prior()\n" in code
    assert "return (yield pm.Normal('mu', 0, 10))" in code and "return (yield pm.HalfNormal('mu', 1))" in code
    assert "raise NotImplementedError" in code or "raise" not in base


def test_results_of_an_inherited_method_are_known() -> None:
    code = rewritten(HEAD + BASE + WIDE + USE)
    assert "return pm.sample(self.model, num_samples=100, burn_in=1000, num_chains=1)" in code
    assert "print(pm.draws(trace, 'mu').mean())" in code


def test_a_method_that_goes_on_with_that_of_the_base() -> None:
    prior = "    def prior(self):\n        return pm.Normal('mu', 0, 1)\n\n"
    more = "class More(Base):\n    def prior(self):\n        return super().prior() + pm.Normal('more', 0, 1)\n\n"
    code = rewritten(HEAD + BASE + prior + more + USE.replace("Wide", "More"))
    assert "return (yield from super().prior()) + (yield pm.Normal('more', 0, 1))" in code


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + BASE + WIDE.replace("pm.Normal('mu', 0, 10)", "3.0") + USE, id="a number"),
        pytest.param(
            HEAD + BASE + ABSTRACT.replace("raise NotImplementedError('derive a class')", "return 3.0"),
            id="of the base",
        ),
        pytest.param(HEAD + BASE.replace("self.y = y", "self.y, self.prior = y, lambda: 3.0"), id="an attribute"),
        pytest.param(
            HEAD
            + "from sklearn.base import BaseEstimator\n"
            + BASE.replace("Base:", "Base(BaseEstimator):").replace(
                "mu = self.prior()", "mu = 3.0 + len(self.get_params())"
            ),
            id="of a base elsewhere",
        ),
    ],
)
def test_methods_that_make_no_variable_stay_as_they_are(text: str) -> None:
    code = rewritten(text)
    assert "yield from" not in code and "yield pm.Normal('y', mu, 1, observed=" in code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(
            HEAD + BASE + WIDE + NARROW.replace("pm.HalfNormal('mu', 1)", "3.0") + USE,
            "PM231",
            id="one of them makes none",
        ),
        pytest.param(HEAD + BASE, "PM264", id="in no class"),
        pytest.param(HEAD + BASE.replace("Base:", "Base(object):"), "PM264", id="in no class of the new style"),
        pytest.param(
            HEAD + "from abc import ABC\n" + BASE.replace("Base:", "Base(ABC):"), "PM264", id="in no abstract class"
        ),
        pytest.param(
            HEAD + BASE + ABSTRACT + WIDE + NARROW.replace("    def prior", SUPER) + USE,
            "PM205",
            id="super in the block",
        ),
    ],
)
def test_models_of_families_that_stay(text: str, code: str) -> None:
    result = migrate_source(text)
    assert code in {f.code for f in result.findings if f.confidence is Confidence.MANUAL}, result.findings


SETS = "    def priors(self):\n        self.sd = pm.HalfNormal('sd', 1)\n\n"
READS = BASE.replace(
    "            pm.Normal('y', mu, 1,", "            self.priors()\n            pm.Normal('y', mu, self.sd,"
)


def test_attributes_that_a_method_has_set_before_are_read_in_the_model() -> None:
    code = rewritten(HEAD + READS + SETS + WIDE + USE)
    assert "self.sd = yield pm.HalfNormal('sd', 1)" in code and "yield pm.Normal('y', mu, self.sd, observed=" in code


def test_attributes_that_a_method_sets_later_keep_the_model() -> None:
    later = READS.replace("            self.priors()\n", "").replace(
        "        return model", "            self.priors()\n        return model"
    )
    result = migrate_source(HEAD + later + SETS + WIDE + USE)
    assert "`self.sd` is set by the model itself" in result.code


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(
            "class More(Base):\n    def prior(self):\n        return Base.prior(self) + pm.Normal('m', 0, 1)\n",
            id="by its class",
        ),
        pytest.param("print(getattr(Wide, 'prior'))\n", id="by its name in a text"),
        pytest.param("print(list(map(Wide.prior, wides)))\n", id="passed on"),
        pytest.param("class More(Wide):\n    other = Wide.prior\n", id="under another name"),
        pytest.param(
            "class More(Wide):\n    def prior(self):\n        return pm.Normal('m', 0, 1)\n\n    other = prior\n",
            id="in its class",
        ),
    ],
)
def test_methods_that_may_be_called_without_being_seen_stay(more: str) -> None:
    prior = "    def prior(self):\n        return pm.Normal('mu', 0, 1)\n\n"
    result = migrate_source(HEAD + BASE + prior + WIDE + more + USE)
    assert "PM214" in {f.code for f in result.findings if f.confidence is Confidence.MANUAL}
    assert "yield" not in result.code


def test_methods_that_python_calls_stay() -> None:
    call = BASE.replace("self.prior()", "self()") + "    def __call__(self):\n        return pm.Normal('mu', 0, 1)\n\n"
    more = "class More(Base):\n    def __call__(self):\n        return super().__call__()\n\n\nMore(np.ones(3))()\n"
    assert "yield pm.Normal('mu'" not in migrate_source(HEAD + call + more).code


def test_attributes_that_a_method_sets_now_and_then_keep_the_model() -> None:
    once = "    def priors(self):\n        if self.sd is None:\n            self.sd = pm.HalfNormal('sd', 1)\n\n"
    result = migrate_source(HEAD + READS + once + WIDE + USE)
    assert "`self.sd` is set by the model itself" in result.code
    perhaps = READS.replace("self.priors()\n", "if self.y.any():\n                self.priors()\n")
    assert "`self.sd` is set by the model itself" in migrate_source(HEAD + perhaps + SETS + WIDE + USE).code
