"""Later blocks of a model that only compute with its variables belong to the model."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

MODEL = "import numpy as np\nimport pymc3 as pm\n\nwith pm.Model() as m:\n    b = pm.Normal('b', 0, 1, shape=2)\n"


def test_what_is_computed_is_for_later_variables():
    text = "with m:\n    eta = b.dot(x)\nwith m:\n    y = pm.Normal('y', eta, 1, observed=data)\n"
    result = migrate_source(MODEL + text)
    assert not [f for f in result.findings if f.confidence is Confidence.MANUAL]
    body = result.code.split("def build_m():\n")[1].split("\n\n")[0]
    assert [line.strip() for line in body.splitlines()] == [
        "b = yield pm.Normal('b', 0, 1, batch_stack=2)",
        "eta = b.dot(x)",
        "y = yield pm.Normal('y', eta, 1, observed=data)",
    ]


def test_also_after_sampling():
    text = "    trace = pm.sample(5)\nwith m:\n    eta = b[0] * 2\nwith m:\n    pm.Normal('y', eta, 1, observed=data)\n"
    result = migrate_source(MODEL + text)
    assert not [f for f in result.findings if f.confidence is Confidence.MANUAL]
    assert "b = yield model" in result.code or "b = yield m" in result.code
    assert not migrate_source(result.code).changed


def test_an_expression_alone():
    result = migrate_source(MODEL + "    trace = pm.sample(5)\nwith m:\n    b[0] * b[1]\n")
    assert not [f for f in result.findings if f.confidence is Confidence.MANUAL]


@pytest.mark.parametrize(
    "statement",
    [
        "print(b.tag.test_value)",
        "b.tag.test_value",
        "x = b.random()",
        "x = draw(b)",
        "x = b.eval()",
        "x = np.random.normal() * b",
        "x = trace['b'] * 2",
        "x = 3",
        "plt.plot(b.name)",
        "for i in range(2):\n        show(b[i])",
    ],
)
def test_other_blocks_do_not_add_to_a_model(statement):
    code = migrate_source(MODEL + f"    trace = pm.sample(5)\nwith m:\n    {statement}\n").code
    assert "yield m\n" not in code and "build_m_2" not in code
