"""Classes that are derived from classes of other files, and the models that they are given."""

from __future__ import annotations

import pytest
from test_rule_elsewhere import run

BASE = """
import pymc3 as pm


class Study:
    def __init__(self, y):
        self.y = y
        self.model = None

    def build(self):
        raise NotImplementedError

    def fit(self):
        self.build()
        with self.model:
            return pm.sample(100)
"""
DERIVED = """
import pymc3 as pm
from base import Study


class Mean(Study):
    def build(self):
        with pm.Model() as self.model:
            pm.Normal('mu', 0, sd=2, observed=self.y)
"""
TEMPLATE = """
from abc import ABC, abstractmethod

import pymc3 as pm


class Study(ABC):
    @abstractmethod
    def make(self, y):
        '''The model.'''

    def fit(self, y):
        self.model = self.make(y)
        with self.model:
            return pm.sample(100)
"""
MADE = """
import pymc3 as pm
import base as b


class Mean(b.Study):
    def make(self, y):
        with pm.Model() as model:
            pm.Normal('mu', 0, sd=2, observed=y)
        return model
"""
OWN = """
import pymc3 as pm


class Study:
    def __init__(self, y):
        with pm.Model() as self.model:
            pm.Normal('mu', 0, sd=2, observed=y)
"""
USING = """
import pymc3 as pm
from base import Study


class Mean(Study):
    def fit(self):
        with self.model:
            return pm.sample(100)
"""
#: Another class of the kind, whose model asks for a function of Theano that stays.
ANOTHER = """
import pymc3 as pm
import theano
from base import Study


class Other(Study):
    def build(self):
        with pm.Model() as self.model:
            x = pm.Normal('x', 0, sd=2)
            f = theano.function([x], x)
"""
SAMPLED = "return pm.sample(self.model, num_samples=100"


@pytest.mark.parametrize(
    "files",
    [
        {"base.py": BASE, "mean.py": DERIVED},
        {"base.py": TEMPLATE, "mean.py": MADE},
        {"base.py": OWN, "mean.py": USING},
        {"base.py": BASE, "mean.py": DERIVED, "main.py": "from mean import Mean\n\nMean([1.0]).fit()\n"},
        {
            "lib/base.py": BASE,
            "lib/__init__.py": "from .base import Study\n",
            "mean.py": DERIVED.replace("base", "lib"),
        },
        {
            "base.py": BASE,
            "middle.py": "import pymc3\nfrom base import Study\n\n\nclass Named(Study):\n    name = 'x'\n",
            "mean.py": DERIVED.replace("from base import Study", "from middle import Named as Study"),
        },
    ],
    ids=["attribute", "method", "of the base", "used", "passed on", "in between"],
)
def test_all_files_are_rewritten(tmp_path, files):
    after = run(tmp_path, files)
    whole = "\n".join(text for text, _ in after.values())
    assert SAMPLED in whole and "yield pm.Normal('mu', 0, scale=2" in whole
    assert "sd=2" not in whole and "with self.model" not in whole and not any(found for _, found in after.values())
    assert run(tmp_path, {name: text for name, (text, _) in after.items()}) == after


def with_line(text: str, line: str) -> str:
    """Put a line in front of the one that samples."""
    return text.replace("        with self.model:", f"        {line}\n        with self.model:")


KEPT = {
    "passed on to what is not known": {"base.py": with_line(BASE, "show(self.model)"), "mean.py": DERIVED},
    "extended": {
        "base.py": BASE.replace("            return pm", "            pm.Normal('z', 0, sd=2)\n            return pm"),
        "mean.py": DERIVED,
    },
    "another class stays": {"base.py": BASE, "mean.py": DERIVED, "another.py": ANOTHER},
    "asked for in another file": {
        "base.py": BASE,
        "mean.py": DERIVED,
        "main.py": "from mean import Mean\n\nprint(Mean([1.0]).model.test_point)\n",
    },
    "of an object that is not known": {
        "base.py": BASE + "\n    def compare(self, other):\n        return other.model.test_point\n",
        "mean.py": DERIVED,
    },
    "by its name": {
        "base.py": BASE + "\n    def get(self, name):\n        return getattr(self, name)\n",
        "mean.py": DERIVED,
    },
    "a class without PyMC3": {
        "base.py": BASE,
        "mean.py": DERIVED,
        "show.py": "from mean import Mean\n\n\nclass Shown(Mean):\n    def show(self):\n        print(self.model)\n",
    },
    "the method in another way": {"base.py": with_line(TEMPLATE, "make = self.make"), "mean.py": MADE},
    "a model or none": {
        "base.py": BASE,
        "mean.py": DERIVED + "\n    def other(self):\n        self.model = [1.0]\n",
    },
}


@pytest.mark.parametrize("case", KEPT)
def test_all_files_stay(tmp_path, case):
    after = run(tmp_path, KEPT[case])
    for name, before in KEPT[case].items():
        lines = [line for line in after[name][0].splitlines() if "TODO(pm-migrate" not in line]
        assert lines == before.strip().splitlines(), name
    assert (
        any(f.startswith("PM266 another file uses the model") for f in after["mean.py"][1]) or case == "a model or none"
    )
    again = run(tmp_path, {name: text for name, (text, _) in after.items()})
    assert {name: text for name, (text, _) in again.items()} == {name: text for name, (text, _) in after.items()}


def test_a_base_that_is_not_in_the_run(tmp_path):
    after = run(tmp_path, {"base.py": BASE, "mean.py": DERIVED}, only=["mean.py"])
    assert "sd=2" in after["mean.py"][0] and any(f.startswith("PM266") for f in after["mean.py"][1])


def test_classes_whose_models_are_their_own_are_rewritten(tmp_path):
    base = "import pymc3 as pm\n\n\nclass Study:\n    def show(self, trace):\n        return pm.summary(trace)\n"
    after = run(tmp_path, {"base.py": base, "mean.py": DERIVED})
    assert "scale=2" in after["mean.py"][0] and not after["mean.py"][1] and "az.summary(trace" in after["base.py"][0]
