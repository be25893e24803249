"""Arguments and distributions that are known only when the program runs."""

from __future__ import annotations

import textwrap

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence


def program(text: str) -> str:
    return "import numpy as np\nimport pymc3 as pm\n\n" + textwrap.dedent(text).lstrip("\n")


def migrated(text: str) -> str:
    """The rewritten program after its imports; nothing must be left to do or to review."""
    result = migrate_source(program(text))
    assert all(f.confidence is Confidence.SAFE for f in result.findings), result.findings
    assert result.references.migrated == result.references.total
    assert not migrate_source(result.code).changed
    return result.code.split("as pm\n", 1)[1].lstrip("\n")


def block(*lines: str) -> str:
    return "with pm.Model() as model:\n" + "".join(f"    {line}\n" for line in lines)


REWRITTEN = {
    "arguments of a variable": (
        block("x = pm.Normal('x', *where, **prior)"),
        "x = yield pm.pymc3.Normal('x', *where, **prior)",
    ),
    "in an expression": (
        block("x = 2 * pm.HalfNormal('x', shape=3, **prior)"),
        "x = 2 * (yield pm.pymc3.HalfNormal('x', shape=3, **prior))",
    ),
    "a literal that another place changes": (
        "prior = {'mu': 0}\nprior.update(more)\n" + block("pm.Normal('x', **prior)"),
        "yield pm.pymc3.Normal('x', **prior)",
    ),
    "a literal is still written out": (
        "prior = {'mu': 0, 'tau': 4}\n" + block("pm.Normal('x', **prior)"),
        "loc=prior['mu']",
    ),
    "arguments of sample": (
        block("trace = pm.sample(500, cores=1, **options)"),
        "trace = pm.pymc3.sample(model, 500, cores=1, **options)",
    ),
    "a model in front of them": (
        block("pm.Normal('x', 0, 1)") + "trace = pm.sample(model=model, **options)\nprint(trace['x'])\n",
        "trace = pm.pymc3.sample(model, **options)\nprint(trace['x'])",
    ),
    "all arguments of sample": (block("pm.sample(*args, **options)"), "pm.pymc3.sample(model, *args, **options)"),
    "one of two by a condition": (
        "family = pm.Normal if plain else pm.Laplace\n" + block("x = family('x', 0, 1)"),
        "x = yield family('x', 0, 1)",
    ),
    "another name": ("N = pm.Normal\n" + block("x = N('x', 0, sd=1)"), "x = yield N('x', 0, sd=1)"),
    "in a loop": (
        block("for name, family in [('a', pm.Normal), ('b', pm.Cauchy)]:", "    family(name, 0, 1)"),
        "        yield family(name, 0, 1)",
    ),
    "by an import of its own": (
        "from pymc3 import Normal as N, Laplace\nkinds = [N, Laplace]\n" + block("x = kinds[i]('x', 0, 1)"),
        "x = yield kinds[i]('x', 0, 1)",
    ),
    "asked for by name": (
        block("x = getattr(pm, 'Normal')('x', 0, sd=1)"),
        "x = yield getattr(pm.pymc3, 'Normal')('x', 0, sd=1)",
    ),
    "its name is printed": (
        "family = pm.Normal\nprint(family.__name__)\n" + block("x = family('x', 0, 1)"),
        "family = pm.pymc3.Normal\nprint(family.__name__)",
    ),
}


@pytest.mark.parametrize("case", REWRITTEN)
def test_rewritten(case):
    before, line = REWRITTEN[case]
    assert line in migrated(before)


CHOICE = "family = pm.Normal if plain else pm.Laplace\n"

# Each of these must not change apart from the comment, and must name its reason.
KEPT = {
    "arguments that say how many variables": (block("x = pm.LKJCholeskyCov('x', **options)"), "write out the starred"),
    "a density": (block("x = pm.DensityDist('x', **options)"), "write out the starred"),
    "a deterministic": (block("x = pm.Deterministic(*options)"), "a name and a value"),
    "outside of a model": ("def f(prior):\n    return pm.Normal('x', **prior)\n", "model of the caller"),
    "in a generator": (block("x = any(pm.Normal('x%d' % i, **p) for i in range(3))"), "yield from here"),
    "a transform of which nothing is known": (block("pm.Normal('x', transform=t, **prior)"), "name the transform here"),
    "variables to keep": (block("x = pm.Normal('x', 0, 1)", "pm.sample(trace=[x], **options)"), "names of variables"),
    "variables by position": (block("x = pm.Normal('x', 0, 1)", "pm.sample(500, x, **options)"), "names of variables"),
    "a form that is not known": (
        "def f(**o):\n    return pm.sample(**o)\n",
        "which model this draws from",
    ),
    "other inference": (block("x = pm.Normal('x', 0, 1)", "pm.find_MAP(**options)"), "write out the starred"),
    "passed on": (CHOICE + "register(family)\n" + block("x = family('x', 0, 1)"), "cannot be seen"),
    "stored by a method that is not known": (
        CHOICE + "kinds.push(family)\n" + block("family('x', 0, 1)"),
        "cannot be seen",
    ),
    "in a list that is passed on": (
        "families = [pm.Normal, pm.Laplace]\nregister(families)\n" + block("families[0]('x', 0, 1)"),
        "cannot be seen",
    ),
    "asked for a method": (CHOICE + "d = family.dist(0, 1)\n" + block("x = family('x', 0, 1)"), "name it here"),
    "a class of it": (CHOICE + "isinstance(z, family)\n" + block("family('x', 0, 1)"), "cannot be seen"),
    "one that cannot be chosen": (
        "kind = pm.DensityDist if a else pm.Normal\n" + block("kind('x', 0, 1)"),
        "cannot be chosen",
    ),
    "bound": (
        "kind = pm.Normal if a else pm.Laplace\nB = pm.Bound(kind, lower=0)\n" + block("B('x', 0, 1)"),
        "cannot be seen",
    ),
    "called outside of a model": (CHOICE + "x = family('x', 0, 1)\n", "model of the caller"),
    "perhaps something else": (
        "family = pm.Normal if plain else other\n" + block("x = family('x', 0, 1)"),
        "may or may not be",
    ),
    "another module": (block("x = getattr(pm, 'distributions').Normal('x', 0, 1)"), "understood"),
    "a function of the module": (block("t = getattr(pm, 'sample')(500)"), "understood"),
    "a default of getattr": (block("x = getattr(pm, kind, None)('x', 0, 1)"), "understood"),
    "in a lambda": (CHOICE + block("f = lambda name: family(name, 0, 1)", "apply(f)"), "yield from here"),
}


@pytest.mark.parametrize("case", KEPT)
def test_kept(case):
    text, reason = KEPT[case]
    before = program(text)
    result = migrate_source(before)
    lines = [line for line in result.code.splitlines() if "TODO(pm-migrate" not in line]
    assert lines == before.splitlines()
    manual = [f.message for f in result.findings if f.confidence is Confidence.MANUAL]
    assert any(reason in message for message in manual), manual
    assert migrate_source(result.code).code == result.code


@pytest.mark.parametrize("case", ["arguments of a variable", "arguments of sample", "one of two by a condition"])
def test_upstream_has_none_of_it(case):
    before = program(REWRITTEN[case][0])
    assert "pymc3." not in migrate_source(before, runtime="upstream").code.replace("import pymc3", "")
