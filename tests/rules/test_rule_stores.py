"""Stores of draws in text files: which calls are rewritten, and which stay with the reason."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

PROGRAM = """import pymc3 as pm
{imports}
with pm.Model() as model:
    mu = pm.Normal('mu', 0, 1)
    sd = pm.HalfNormal('sd', 1)
    {inside}
{after}
"""
SAMPLED = "trace = pm.sample(9, tune=9, chains=2{})"
WRITTEN = "trace = pm.sample(model, num_samples=9, burn_in=9, num_chains=2{})"


def rewritten(inside: str, after: str = "", imports: str = "") -> str:
    result = migrate_source(PROGRAM.format(inside=inside, after=after, imports=imports))
    assert not [f for f in result.findings if f.confidence is Confidence.MANUAL]
    assert "pymc3" not in result.code
    return result.code


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("pm.backends.Text('a')", "pm.backends.Text('a')"),
        ("pm.backends.Text(name='a')", "pm.backends.Text('a')"),
        ("pm.backends.text.Text('a')", "pm.backends.Text('a')"),
        ("pm.backends.Text('a', model)", "pm.backends.Text('a')"),
        ("pm.backends.Text('a', vars=[mu, sd])", "pm.backends.Text('a', vars=['mu', 'sd'])"),
        ("pm.backends.Text('a', None, [mu])", "pm.backends.Text('a', vars=['mu'])"),
        ("[mu, sd]", "['mu', 'sd']"),
    ],
)
def test_a_store_in_the_call(given: str, expected: str) -> None:
    line = " ".join(rewritten(SAMPLED.format(f", trace={given}")).split())
    assert WRITTEN.format(f", trace={expected}") in line


@pytest.mark.parametrize(
    "imports", ["from pymc3.backends import Text", "from pymc3.backends.text import Text", "import pymc3.backends"]
)
def test_a_store_in_a_name_outside_of_the_block(imports: str) -> None:
    made = "Text" if "from" in imports else "pymc3.backends.Text"
    after = f"db = {made}('a', model=model)\ntrace = pm.sample(9, tune=9, chains=2, trace=db, model=model)"
    code = rewritten("pass", after, imports)
    assert f"db = pm.backends.Text('a')\n{WRITTEN.format(', trace=db')}\n" in code


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("with model:\n    old = pm.backends.text.load('a')", "old = pm.backends.text.load('a', model=model)"),
        ("old = pm.backends.text.load('a', model)", "old = pm.backends.text.load('a', model=model)"),
        ("old = text.load(name='a', model=model)", "old = pm.backends.text.load('a', model=model)"),
        ("old = load('a', model)\nprint(old[mu], old[5:][sd], old.mu)", "print(old['mu'], old[5:]['sd'], old.mu)"),
        ("print(load('a', model)['mu'])", "print(pm.backends.text.load('a', model=model)['mu'])"),
        ("print(pm.loo(load('a', model)))", "print(az.loo(pm.backends.text.load('a', model=model)))"),
    ],
)
def test_loading_gives_a_multitrace_of_the_model(after: str, expected: str) -> None:
    imports = "from pymc3.backends import text\nfrom pymc3.backends.text import load"
    assert expected in rewritten("pass", after, imports)


def test_dumping_takes_a_multitrace() -> None:
    code = rewritten(SAMPLED.format(""), "pm.backends.text.dump('a', trace, chains=[0])\nprint(trace['mu'])")
    assert code.endswith(
        f"{WRITTEN.format(', return_inferencedata=False')}\n"
        "pm.backends.text.dump('a', trace, chains=[0])\nprint(trace['mu'])\n"
    )


def test_what_is_sampled_is_read_as_ever() -> None:
    code = rewritten(SAMPLED.format(", trace=pm.backends.Text('a')"), "print(trace['mu'])\npm.summary(trace)")
    assert "print(pm.draws(trace, 'mu'))\naz.summary(trace)" in code


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("'text'", "is trace=pm.backends.Text('mcmc') in full"),
        ("'sqlite'", "trace=: give a list of variables"),
        ("'x' + str(1)", "trace=: give a list of variables"),
        ("pm.backends.SQLite('a')", "trace=: give a list of variables"),
        ("pm.backends.HDF5('a')", "trace=: give a list of variables"),
        ("pm.backends.NDArray('a')", "trace=: give a list of variables"),
        ("pm.backends.Text('a') if mu else pm.backends.HDF5('a')", "trace=: give a list of variables"),
        ("pm.backends.Text('a', test_point={'mu': 1})", "test_point=: shapes are those of the model"),
        ("pm.backends.Text('a', None, None, {'mu': 1})", "test_point=: shapes are those of the model"),
        ("pm.backends.Text('a', mode='w')", "mode= has no counterpart"),
        ("pm.backends.text.load('a')", "trace=: PyMC3 goes on in the files"),
        ("pm.backends.Text(*names)", "write out the starred arguments"),
        ("pm.backends.Text('a', None, None, None, 5)", "too many positional arguments"),
    ],
)
def test_other_stores_stay_with_the_model(given: str, message: str) -> None:
    program = PROGRAM.format(inside=SAMPLED.format(f", trace={given}"), after="", imports="names = ['a']")
    result = migrate_source(program)
    found = [f.message for f in result.findings if f.confidence is Confidence.MANUAL]
    assert any(message in text for text in found), found
    assert SAMPLED.format(f", trace={given}") in result.code and "yield" not in result.code


@pytest.mark.parametrize(
    "after",
    [
        "old = pm.backends.text.load('a')",
        "def read(model):\n    return pm.backends.text.load('a', model=model)",
        "with model:\n    old = pm.backends.text.load('a', chains=2)",
        "with model:\n    old = pm.backends.sqlite.load('a')",
        "with model:\n    old = pm.backends.hdf5.load('a')",
        "old = [f('a') for f in (pm.backends.text.load,)]",
        "store = pm.backends.Text",
        "pm.backends.text.dump('a', trace, [0], 5)",
        "pm.backends.text.dump(*where)",
    ],
)
def test_loads_and_dumps_that_are_not_certain_stay(after: str) -> None:
    result = migrate_source(PROGRAM.format(inside=SAMPLED.format(""), after=after, imports="where = []"))
    assert [f for f in result.findings if f.confidence is Confidence.MANUAL]
    assert after.splitlines()[-1].strip() in result.code


@pytest.mark.parametrize("after", ["pm.backends.text.load('a', model)", "pm.backends.text.dump('a', trace)"])
def test_pymc4_has_no_stores(after: str) -> None:
    program = PROGRAM.format(inside=SAMPLED.format(""), after=after, imports="")
    result = migrate_source(program, runtime="upstream")
    assert after in result.code and "yield" not in result.code


@pytest.mark.parametrize(
    "text", ["class Text:\n    pass\ndb = Text('a')", "db = backends.Text('a')", "print('pm.backends.Text')"]
)
def test_other_things_of_these_names_are_none_of_ours(text: str) -> None:
    assert text in rewritten("pass", text)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("trace=db", ["draws= and tune="]),
        ("9, trace=db", ["tune="]),
        ("draws=9, chains=2, trace=db", ["tune="]),
        ("tune=9, trace=pm.backends.Text('b')", ["draws="]),
        ("9, tune=9, trace=db", []),
        ("9", []),
        ("9, trace=[mu]", []),
        ("9, trace=None", []),
    ],
)
def test_defaults_that_the_files_show_are_for_review(arguments: str, named: list[str]) -> None:
    inside = f"db = pm.backends.Text('a')\n    trace = pm.sample({arguments})"
    result = migrate_source(PROGRAM.format(inside=inside, after="", imports=""))
    found = [f.message for f in result.findings if f.code == "PM333" and f.confidence is Confidence.REVIEW]
    assert [message.split(" is 1000 by default")[0] for message in found] == named
