"""Errors that a program waits for where it makes a model: the generator raises them when it is evaluated."""

from __future__ import annotations

import pytest

from pm_migrate import migrate_source
from pm_migrate.findings import Confidence

BUILD = """\
import contextlib
import pymc3 as pm
import pytest

def check(kind):
    if kind != 'normal':
        raise ValueError(kind)

def add(kind, mu):
    if kind == 'normal':
        return pm.Normal('obs', mu, 1, observed=y)
    raise ValueError(kind)

def build(kind):
    {above}
    with pm.Model() as model:
        mu = pm.Normal('mu', 0, 1)
        {line}
        pm.Normal('z', mu, 1)
    return model

def first():
    return build('cauchy')

"""


BRANCHES = """\
if kind == 'normal':
            pm.Normal('obs', mu, 1, observed=y)
        else:
            {}
"""


def marked(line: str, text: str, above: str = "pass") -> list[str]:
    """The lines that are for review."""
    source = BUILD.format(line=line, above=above) + text
    found = [f for f in migrate_source(source).findings if f.code == "PM205"]
    assert all(f.confidence is Confidence.REVIEW and "not where it is made" in f.message for f in found)
    return [source.splitlines()[f.line - 1].strip() for f in found]


CAUGHT = "try:\n    m = build('cauchy')\nexcept ValueError:\n    print('no')\n"


@pytest.mark.parametrize(
    "text",
    [
        CAUGHT,
        CAUGHT.replace("ValueError", "Exception as e"),
        CAUGHT.replace("ValueError", "(KeyError, ValueError)"),
        CAUGHT.replace(" ValueError", ""),
        CAUGHT.replace("ValueError", "own.Error"),
        CAUGHT.replace("build('cauchy')", "first()"),
        "with pytest.raises(ValueError):\n    build('cauchy')\n",
        "with contextlib.suppress(ValueError):\n    m = build('cauchy')\n",
        "for k in ('normal', 'cauchy'):\n    try:\n        m = build(k)\n    except ValueError:\n        continue\n",
    ],
)
def test_an_error_that_is_caught_where_the_model_is_made(text: str) -> None:
    assert marked("add(kind, mu)", text) == ["raise ValueError(kind)"]
    assert marked(BRANCHES.format("raise ValueError(kind)"), text) == ["raise ValueError(kind)"]


def test_an_assertion() -> None:
    line = "assert kind == 'normal'"
    assert marked(BRANCHES.format(line), CAUGHT.replace("ValueError", "AssertionError")) == [line]
    assert not marked(BRANCHES.format(line), CAUGHT)


@pytest.mark.parametrize(
    "text",
    [
        "m = build('cauchy')\n",
        CAUGHT.replace("ValueError", "KeyError"),
        CAUGHT.replace("ValueError", "(KeyError, ImportError)"),
        "try:\n    y = load()\nexcept ValueError:\n    m = build('cauchy')\n",
        "try:\n    y = load()\nexcept ValueError:\n    y = 1\nelse:\n    m = build('cauchy')\n",
        "try:\n    m = build('cauchy')\nfinally:\n    print('done')\n",
        "with open('log') as log:\n    m = build('cauchy')\n",
        "try:\n    print(build)\n    from old import data\nexcept ImportError:\n    pass\n",
        "with pytest.raises(KeyError):\n    build('cauchy')\n",
    ],
)
def test_nothing_waits_for_it(text: str) -> None:
    assert not marked("add(kind, mu)", text)


def test_what_is_raised_above_the_model_is_raised_where_it_was() -> None:
    assert not marked("pm.Normal('y', mu, 1, observed=[1.0])", CAUGHT, above="check(kind)")
    assert not marked("if kind != 'normal': raise ValueError(kind)", CAUGHT)  # moved above the generator
