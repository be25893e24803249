"""Dictionaries that hold a model among other things, under a key of its own."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

MODEL = """\
import pickle
import pymc3 as pm

with pm.Model() as model:
    a = pm.Normal('a', 0, 1)
    trace = pm.sample()
"""
BUILD = """\
import pymc3 as pm

def fit(data):
    with pm.Model() as model:
        a = pm.Normal('a', 0, 1)
        y = pm.Normal('y', a, 1, observed=data['y'])
        trace = pm.sample()
    return {'data': data, 'model': model, 'trace': trace}

"""


def rewritten(text: str) -> str:
    result = migrate_source(text)
    assert result.references.migrated == result.references.total, result.findings
    assert not migrate_source(result.code).changed
    return result.code


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("print(found['data']['y'])", "print(found['data']['y'])"),
        ("found['data'].plot()", "found['data'].plot()"),
        ("print(found['model'].test_point)", "print(pm.density(found['model']).test_point)"),
        ("with found['model']:\n    ppc = pm.find_MAP()", "ppc = pm.find_MAP(found['model'])"),
    ],
)
def test_what_is_under_the_other_keys_is_no_model(use: str, expected: str) -> None:
    assert rewritten(BUILD + f"found = fit(table)\n{use}\n").endswith(expected + "\n")


def test_made_by_keywords() -> None:
    code = rewritten(BUILD.replace("{'data': data, 'model': model, 'trace': trace}", "dict(data=data, model=model)"))
    assert "return dict(data=data, model=model)" in code
    text = BUILD.replace("{'data': data, 'model': model, 'trace': trace}", "dict(data=data, model=model)")
    assert "print(found['data']['y'])" in rewritten(text + "found = fit(table)\nprint(found['data']['y'])\n")


def test_given_to_another_function() -> None:
    code = rewritten(BUILD + "def show(found):\n    plot(found['data']['y'])\n\nshow(fit(table))\nshow(fit(other))\n")
    assert "    plot(found['data']['y'])\n" in code


def test_in_another_dictionary() -> None:
    code = rewritten(MODEL + "kept = {}\nkept['m'] = {'model': model, 'text': 'x'}\nprint(kept['m']['text'].upper())\n")
    assert "print(kept['m']['text'].upper())" in code


@pytest.mark.parametrize(
    "use",
    [
        "found = {'model': model, 'data': 1}\nprint(found[key].test_point)",
        "found = {'model': model, 'data': 1}\nfound['data'] = model\nprint(found['data'].test_point)",
        "found = {'model': model, 'data': 1, **more}\nprint(found['data'].test_point)",
        "found = {key: model, 'data': 1}\nprint(found['data'].test_point)",
        "found = dict(other, data=1, model=model)\nprint(found['data'].test_point)",
        "found = dict(data=1, model=model, **other)\nprint(found['data'].test_point)",
        "found = {'model': model}\nfound.update(other)\nprint(found['x'].test_point)",
        "found = {'data': 1, 'data': model, 'x': 2}\nfor each in found.values():\n    print(each.test_point)",
    ],
)
def test_where_a_key_says_nothing_it_is_not_certain(use: str) -> None:
    """Left as it was with a finding, or asked of what certainly is a model."""
    result = migrate_source(MODEL + use + "\n")
    manual = [f for f in result.findings if f.confidence is Confidence.MANUAL]
    assert manual or "pm.density(" in result.code


def test_the_last_of_equal_keys_counts() -> None:
    code = rewritten(MODEL + "found = {'x': 1, 'x': model}\nprint(found['x'].test_point)\n")
    assert "print(pm.density(found['x']).test_point)" in code
