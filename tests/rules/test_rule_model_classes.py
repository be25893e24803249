"""Subclasses of ``pm.Model``: they become generator functions, or stay as they were with a reason."""

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


REWRITTEN = {
    "attributes become names, those that keep an argument fall away": (
        """
        class Line(pm.Model):
            # what it takes
            def __init__(self, x, y, *, width=5):
                super(Line, self).__init__()  # starts it
                self.x = x
                self.n = len(y)
                self.Var('a', pm.Normal.dist(mu=0, sd=width, shape=self.n))
                b = pm.Normal('b', 0, width)
                self.scale = pm.HalfNormal('scale', sd=1)
                mu = self.a + self.b * self.x
                self.Var('y', pm.Normal.dist(mu=mu, sd=self.scale), data=y)


        line = Line(xs, ys, width=2)
        """,
        """
        @pm.model(name=None)
        def Line(x, y, *, width=5):
            # what it takes
            # starts it
            n = len(y)
            a = yield pm.Normal('a', loc=0, scale=width, batch_stack=n)
            b = yield pm.Normal('b', 0, width)
            scale = yield pm.HalfNormal('scale', scale=1)
            mu = a + b * x
            yield pm.Normal('y', loc=mu, scale=scale, observed=y)


        line = Line(xs, ys, width=2)
        """,
    ),
    "arguments for pm.Model alone": (
        """
        class Coin(pm.Model):
            '''A coin.'''

            def __init__(self, flips, *args, **kwargs):
                super().__init__(*args, **kwargs)
                with self:
                    # its chance
                    p = pm.Uniform('p', 0, 1)
                    pm.Bernoulli('flips', p, observed=flips)


        one = Coin([0, 1, 1])
        other = Coin([1, 1], name='other')
        """,
        """
        @pm.model(name=None)
        def Coin(flips):
            '''A coin.'''
            # its chance
            p = yield pm.Uniform('p', 0, 1)
            yield pm.Bernoulli('flips', p, observed=flips)


        one = Coin([0, 1, 1])
        other = Coin([1, 1], prefix='other')
        """,
    ),
    "a name that the class gives, helpers and loops": (
        """
        def prior(name):
            return pm.Normal(name, 0, 1)


        class Several(pm.Model):
            def __init__(self, count):
                pm.Model.__init__(self, 'group')
                parts = [prior('x%d' % i) for i in range(count)]
                pm.Deterministic('total', sum(parts))


        with Several(3):
            best = pm.find_MAP()
        """,
        """
        def prior(name):
            return (yield pm.Normal(name, 0, 1))


        @pm.model(name=None, prefix='group')
        def Several(count):
            parts = []
            for i in range(count):
                parts.append((yield from prior('x%d' % i)))
            yield pm.Deterministic('total', sum(parts))


        model = Several(3)
        best = pm.find_MAP(model)
        """,
    ),
    "a part of another model without and with a name": (
        """
        class Part(pm.Model):
            def __init__(self, name='', model=None):
                super().__init__(name=name, model=model)
                pm.Normal('x', 0, 1)


        with pm.Model('whole') as whole:
            pm.Normal('x', 0, 1)
            Part('left', whole)
            Part()
        """,
        """
        @pm.model(name=None)
        def Part():
            yield pm.Normal('x', 0, 1)


        @pm.model(name=None, prefix='whole')
        def build_whole():
            yield pm.Normal('x', 0, 1)
            yield Part(prefix='left')
            yield Part(prefix='')


        whole = build_whole()
        """,
    ),
}


@pytest.mark.parametrize("case", REWRITTEN)
def test_rewritten(case):
    before, after = REWRITTEN[case]
    assert migrated(before) == textwrap.dedent(after).lstrip("\n")


CLASS = """
class Growth(pm.Model):
    def __init__(self, size, name='', model=None):
        super().__init__(name, model)
        pm.Normal('size', 0, 1, observed=size)

"""

# Each of these must not change apart from the comment, and must name its reason.
KEPT = {
    "another method": (CLASS + "    def fit(self):\n        return pm.find_MAP(model=self)\n", "method of a model"),
    "another base": (CLASS.replace("(pm.Model)", "(pm.Model, Mixin)"), "other bases"),
    "a decorated class": ("@register\n" + CLASS.lstrip("\n"), "decorators"),
    "an attribute of the class": (CLASS + "    unit = 'cm'\n", "attribute of a class"),
    "no start": (CLASS.replace("super().__init__(name, model)", "pass"), "begin with `super().__init__()`"),
    "a late start": (CLASS.replace("super()", "print(size)\n        super()"), "begin with `super().__init__()`"),
    "coords": (CLASS.replace("(name, model)", "(coords={'a': size})"), "and nothing else"),
    "a computed name": (CLASS.replace("(name, model)", "(name + '_')"), "and nothing else"),
    "a name that is used": (CLASS + "        print(name)\n", "for pm.Model"),
    "draws while it is made": (CLASS + "        self.trace = pm.sample(500)\n", "while it is being made"),
    "asked for itself": (CLASS + "        self.start = self.test_point\n", "bind the variable"),
    "passed on": (CLASS + "        register(self)\n", "used while the model is being made"),
    "a call of a method": (CLASS + "        self.add_coords({'a': size})\n", "make the variable as others"),
    "a distribution from elsewhere": (CLASS + "        self.Var('x', size.prior)\n", "make the variable as others"),
    "a value that is read later": (
        CLASS + "        self.n = len(size)\n\ngrowth = Growth(data)\nprint(growth.n)\n",
        "no variable of the model",
    ),
    "a variable under another name that is read later": (
        CLASS + "        self.rate = pm.Normal('r', 0, 1)\n\ngrowth = Growth(data)\nprint(growth.rate)\n",
        "no variable of the model",
    ),
    "a change of an argument": (CLASS + "        size[0] = 0\n", "change a copy"),
    "a draw of NumPy's": (CLASS + "        pm.Normal('z', np.random.normal(), 1)\n", "at every evaluation"),
    "a global name that changes": (
        CLASS.replace("0, 1,", "0, width,") + "width = 1\ngrowth = Growth(data)\nwidth = 2\n",
        "bound again",
    ),
    "a check of the class": (CLASS + "growth = Growth(data)\nprint(isinstance(growth, Growth))\n", "no class"),
    "a class that is passed on": (CLASS + "compare(Growth)\n", "no class"),
    "a class that is derived from it": (
        CLASS + "class Fast(Growth):\n    pass\n\nfast = Fast(data)\n",
        "no class",
    ),
    "a starred call": (CLASS + "growth = Growth(*arguments)\n", "write out the starred arguments"),
    "a part that is used": (
        CLASS + "with pm.Model() as whole:\n    part = Growth(data)\n    pm.Normal('x', part.size, 1)\n",
        "in a statement of its own",
    ),
    "a part by a function": (
        CLASS
        + "def add(data):\n    pm.Normal('z', 0, 1)\n    Growth(data)\n\nwith pm.Model() as whole:\n    add(data)\n",
        "in the block of that model",
    ),
    "several classes": (CLASS + "kind = Growth if quick else Slow\ngrowth = kind(data)\n", "no class"),
    "variables made elsewhere": (
        "class Growth(pm.Model):\n    def build(self):\n        pm.Normal('x', 0, 1)\n",
        "makes its variables elsewhere",
    ),
    "an argument called prefix": (
        CLASS.replace("size, name", "size, prefix=1, name") + "growth = Growth(data, name='a')\n",
        "another name",
    ),
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


def test_the_name_of_a_named_object_is_not_taken_for_that_of_the_class():
    result = migrate_source(program(CLASS + "with Growth(data, name='a') as growth:\n    trace = pm.sample(500)\n"))
    assert "Growth(data, prefix='a')" in result.code
    assert result.references.migrated == result.references.total


def test_upstream_has_no_prefix():
    text = program(CLASS + "growth = Growth(data, name='a')\n")
    result = migrate_source(text, runtime="upstream")
    assert "class Growth" in result.code
    named = migrate_source(program(CLASS + "growth = Growth(data)\n"), runtime="upstream").code
    assert "@pm.model\ndef growth(size):" in named


HELPER = """
def noise(name, model=None):
    model = pm.modelcontext(model)
    with model:
        return pm.HalfNormal(name, 1)

"""
BLOCK = "with pm.Model() as model:\n    pm.Normal('x', 0, noise('s'))\n"


@pytest.mark.parametrize(
    "body",
    [
        "    with pm.modelcontext(model):  # of the caller\n        return pm.HalfNormal(name, 1)\n",
        "    found = pm.modelcontext(None)\n    with found:\n        pass\n    return pm.HalfNormal(name, 1)\n",
        "    with pm.modelcontext(model):\n        a = pm.HalfNormal('a', 1)\n    with pm.modelcontext(model):\n"
        "        return pm.HalfNormal(name, a)\n",
    ],
)
def test_the_model_around_a_function(body):
    after = migrated("def noise(name, model=None):\n" + body + "\n" + BLOCK)
    assert "modelcontext" not in after and "with" not in after
    assert "def noise(name" + (", model=None" if "None" in body else "") + ")" in after


LOOKING = {
    "given by a call": (HELPER + BLOCK.replace("noise('s')", "noise('s', model=model)"), "model"),
    "given by a call, by position": (HELPER + BLOCK.replace("noise('s')", "noise('s', model)"), "model"),
    "given by one of two": (HELPER + BLOCK + "with pm.Model() as other:\n    noise('t', other)\n", "modelcontext"),
    "given by a starred call": (HELPER + BLOCK.replace("'s'", "*names"), "modelcontext"),
    "passed on": (HELPER + BLOCK + "combine(noise)\n", "modelcontext"),
    "never called": (HELPER, "modelcontext"),
    "another default": (HELPER.replace("model=None", "model=default") + BLOCK, "modelcontext"),
    "used otherwise": (HELPER.replace("with model", "print(model)\n    with model") + BLOCK, "only a with statement"),
    "with another context": (HELPER.replace("with model", "with model, lock") + BLOCK, "only a with statement"),
    "kept under another name": (HELPER.replace("with model", "with model as m") + BLOCK, "only a with statement"),
    "kept in an object": (HELPER.replace("model = pm.", "names['m'] = pm.") + BLOCK, "only a with statement"),
}


@pytest.mark.parametrize("case", LOOKING)
def test_the_model_around_a_function_that_has_to_stay(case):
    text, reason = LOOKING[case]
    before = program(text)
    result = migrate_source(before)
    lines = [line for line in result.code.splitlines() if "TODO(pm-migrate" not in line]
    assert lines == before.splitlines()
    manual = [f.message for f in result.findings if f.confidence is Confidence.MANUAL]
    assert any(reason in message for message in manual), manual
