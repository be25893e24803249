"""Objects that get an empty model in one method, and its variables by another."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source

PROGRAM = """import pymc3 as pm

class Study:
    def __init__(self, data):
        self.model = pm.Model()
        self.fill(data)

    def fill(self, data):
        with self.model:
            mu = pm.Normal('mu', 0, 1)
            pm.Normal('x', mu, 1, observed=data)

    def draw(self):
        with self.model:
            return pm.sample(500)

Study([1.0, 2.0]).draw()
"""


def test_the_model_is_made_where_its_variables_are() -> None:
    result = migrate_source(PROGRAM)
    assert result.references.todo == 0
    assert "        @pm.model(name=None)\n        def build_model():\n            mu = yield" in result.code
    assert "\n        self.model = build_model()\n" in result.code and "pm.Model" not in result.code
    assert "return pm.sample(self.model, " in result.code
    assert "    def __init__(self, data):\n        self.fill(data)\n" in result.code


def test_each_method_has_its_own_name_for_the_object() -> None:
    text = PROGRAM.replace("fill(self, data)", "fill(me, data)").replace(
        "data):\n        with self.model", "data):\n        with me.model"
    )
    assert "        me.model = build_model()\n" in migrate_source(text).code
    alone = text.replace("        self.fill(data)\n", "").replace(".draw()", ".fill([1.0])")
    assert "    def __init__(self, data):\n        pass\n" in migrate_source(alone).code


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("self.fill(data)", "self.fill(data, self.model)", id="handed over"),
        pytest.param("self.fill(data)", "self.first = self.model", id="kept under another name"),
        pytest.param("self.model = pm.Model()", "self.model = first = pm.Model()", id="two names"),
        pytest.param(
            "        with self.model:\n            mu",
            "        if self.model.vars:\n            return\n        with self.model:\n            mu",
            id="looked at before it is filled",
        ),
        pytest.param(
            "        with self.model:\n            mu", "        with self.other:\n            mu", id="another one"
        ),
        pytest.param(
            "        with self.model:\n            mu", "        with self.model as m:\n            mu", id="named"
        ),
        pytest.param(
            "    def draw(self):\n",
            "    def more(self):\n        with self.model:\n            pm.Normal('z', 0, 1)\n\n    def draw(self):\n",
            id="filled by two methods",
        ),
        pytest.param(
            "        with self.model:\n            mu = pm.Normal('mu', 0, 1)\n"
            "            pm.Normal('x', mu, 1, observed=data)\n",
            "        if data:\n            with self.model:\n                mu = pm.Normal('mu', 0, 1)\n",
            id="filled now and then",
        ),
        pytest.param(
            "        self.model = pm.Model()\n",
            "        if data:\n            self.model = pm.Model()\n",
            id="made now and then",
        ),
        pytest.param("    def fill", "class Other(Study):\n    def fill", id="filled by another class"),
    ],
)
def test_what_is_not_certain_stays(old: str, new: str) -> None:
    assert old in PROGRAM
    text = PROGRAM.replace(old, new, 1)
    result = migrate_source(text)
    added = [line for line in result.code.splitlines() if line not in text.splitlines()]
    assert added and all("TODO(pm-migrate PM" in line for line in added), result.code
