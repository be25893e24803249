"""Models: what becomes a generator, and what keeps a model as it was."""

from __future__ import annotations

import textwrap

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

HEADER = "import numpy as np\nimport pymc3 as pm\n\n"


def program(text: str) -> str:
    return HEADER + textwrap.dedent(text).lstrip("\n")


def migrated(text: str) -> str:
    """The rewritten program after its imports; everything must have been rewritten."""
    result = migrate_source(program(text))
    assert result.references.migrated == result.references.total, result.findings
    assert not migrate_source(result.code).changed
    return result.code.split("\n\n", 1)[1].lstrip("\n") if "\n\n" in result.code else result.code


# Each of these must not change apart from the comment, and must name its reason.
KEPT = {
    "a function reads a name that is bound again later": (
        "PM205",
        """
        scale = 2

        def widened(x):
            return x * scale

        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
            y = pm.Deterministic('y', widened(x))
        scale = 3

        def later():
            return widened(1)
        """,
    ),
    "a function that is handed on reads, in another one, a name that is bound again later": (
        "PM205",
        """
        noise = 0.1

        def level():
            return noise

        def drift(x, rate):
            return rate * x, level()

        with pm.Model() as model:
            rate = pm.Normal('rate', 0, 1)
            x = pm.EulerMaruyama('x', 0.1, drift, (rate,), shape=5)
        noise = 0.2
        """,
    ),
    "a container from outside is filled": (
        "PM205",
        """
        parts = []
        with pm.Model() as model:
            parts.append(pm.Normal('x', 0, 1))
        print(parts)
        """,
    ),
    "an array from outside is filled": (
        "PM205",
        """
        out = np.empty(2, object)
        with pm.Model() as model:
            out[0] = pm.Normal('x', 0, 1)
        out[1] = 2
        """,
    ),
    "an iterator from outside is used up": (
        "PM205",
        """
        pairs = zip([1, 2], [3, 4])
        with pm.Model() as model:
            for i, s in pairs:
                pm.Normal('x%d' % i, 0, s)
        """,
    ),
    "a random number in a loop": (
        "PM205",
        """
        with pm.Model() as model:
            for i in range(2):
                pm.Normal('x%d' % i, np.random.rand(), 1)
        """,
    ),
    "a return in the middle of the model": (
        "PM205",
        """
        def build(stop):
            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                if stop:
                    y = pm.Normal('y', x, 1)
                    return model
            return model
        """,
    ),
    "no variable that can be seen": (
        "PM205",
        """
        with pm.Model() as model:
            add_everything()
        """,
    ),
    "a model within a model": (
        "PM205",
        """
        with pm.Model() as other:
            z = pm.Normal('z', 0, 1)
        with pm.Model() as outer:
            x = pm.Normal('x', 0, 1)
            with other:
                y = pm.Normal('y', x, 1)
        """,
    ),
    "a value without a name is asked for its test value": (
        "PM206",
        """
        with pm.Model() as model:
            x = 2 * pm.Normal('x', 0, 1)
        def value():
            return x.tag.test_value
        """,
    ),
    "a variable is used in another model": (
        "PM206",
        """
        with pm.Model() as first:
            x = pm.Normal('x', 0, 1)
        with pm.Model() as second:
            y = pm.Normal('y', x, 1)
        """,
    ),
    "a loop variable that may not be there is used later": (
        "PM206",
        """
        with pm.Model() as model:
            if more:
                for i in range(3):
                    pm.Normal('x%d' % i, 0, 1)
        show(i)
        """,
    ),
    "a second block, after a use of the model": (
        "PM207",
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
        show(model)
        with model:
            y = pm.Normal('y', 0, 1)
        """,
    ),
    "the model is given an attribute": (
        "PM208",
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
        model.title = 'first'
        """,
    ),
    "coordinates are added to the model": (
        "PM208",
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
        model.add_coords({'city': ['Bern']})
        """,
    ),
    "what may be a model is asked": (
        "PM208",
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
        if flag:
            model = load()
        print(model.free_RVs)
        """,
    ),
    "the model is asked while it is made": (
        "PM208",
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
            y = pm.Normal('y', 0, len(model.vars))
        """,
    ),
    "a setting of Theano": (
        "PM201",
        """
        with pm.Model(theano_config={'compute_test_value': 'ignore'}) as model:
            x = pm.Normal('x', 0, 1)
        """,
    ),
    "a block on one line": (
        "PM201",
        """
        with pm.Model() as model: x = pm.Normal('x', 0, 1)
        """,
    ),
    "what is entered may not be a model": (
        "PM201",
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
        if not ready:
            model = load()
        with model:
            trace = pm.sample()
        """,
    ),
    "a model that no block makes": (
        "PM201",
        """
        model = pm.Model()
        """,
    ),
    "a generator expression": (
        "PM212",
        """
        with pm.Model() as model:
            x = show(pm.Normal('x%d' % i, 0, 1) for i in range(2))
        """,
    ),
    "a comprehension that may not run": (
        "PM212",
        """
        with pm.Model() as model:
            x = [pm.Normal('x%d' % i, 0, 1) for i in range(2)] if many else None
        """,
    ),
    "a comprehension after another variable of its statement": (
        "PM212",
        """
        with pm.Model() as model:
            x = pm.Normal('a', 0, 1) + sum([pm.Normal('x%d' % i, 0, 1) for i in range(2)])
        """,
    ),
    "a subclass of Model": (
        "PM260",
        """
        class Mine(pm.Model):
            pass
        """,
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_kept_with_its_reason(name):
    code, text = KEPT[name]
    before = program(text)
    result = migrate_source(before)
    manual = [f for f in result.findings if f.confidence is Confidence.MANUAL]
    assert code in {f.code for f in manual}
    rest = [line for line in result.code.splitlines() if "TODO(pm-migrate" not in line]
    assert rest == before.splitlines()
    assert result.references.todo == result.references.total
    assert not migrate_source(result.code).changed


def test_statements_in_between_run_once_in_front():
    assert migrated(
        """
        with pm.Model() as model:  # the model
            n = load()
            # first
            x = pm.Normal('x', 0, 1)

            # second
            print('half way')
            y = pm.Normal('y', x, n)
            # the end
        """
    ) == textwrap.dedent(
        """\
        n = load()

        # second
        print('half way')


        @pm.model(name=None)
        def build_model():  # the model
            # first
            x = yield pm.Normal('x', 0, 1)
            y = yield pm.Normal('y', x, n)
            # the end


        model = build_model()
        """
    )


def test_what_the_model_changes_stays_in_it():
    code = migrated(
        """
        with pm.Model() as model:
            parts = []
            for i in range(2):
                parts.append(pm.Normal('x%d' % i, 0, 1))
        """
    )
    assert "def build_model():\n    parts = []\n    for i in range(2):\n" in code


def test_names_bound_later_become_arguments():
    code = migrated(
        """
        x = 1.
        with pm.Model() as model:
            pm.Normal('a', x, 1)
        x = 2.
        """
    )
    assert "def build_model(x):" in code and "model = build_model(x)" in code


@pytest.mark.parametrize(
    "before",
    [
        "x = 0.\nx = 1.\nwith pm.Model() as model:\n    pm.Normal('a', x, 1)\n",
        "x = 1.\nwith pm.Model() as model:\n    pm.Normal('a', x, 1)\nprint(x)\n",
        "x = {}\nwith pm.Model() as model:\n    pm.Normal('a', x['k'], 1)\ny = x\n",
        "def f(x):\n    with pm.Model() as model:\n        pm.Normal('a', x, 1)\n    return model\n",
        "import math\nwith pm.Model() as model:\n    pm.Normal('a', math.pi, 1)\nimport math\n",
    ],
    ids=["bound before", "only read later", "not bound again", "a parameter", "an import repeated"],
)
def test_other_names_do_not(before):
    assert "def build_model():" in migrated(before)


def test_a_global_with_several_bindings_becomes_an_argument_in_a_function():
    code = migrated(
        """
        def build():
            with pm.Model() as model:
                pm.Normal('a', x, 1)
            return model

        x = 1.
        first = build()
        x = 2.
        second = build()
        """
    )
    assert "def build_model(x):" in code


def test_a_helper_in_the_loop_becomes_an_argument():
    code = migrated(
        """
        for s in [1., 2.]:
            with pm.Model() as model:
                t = s * 2
                pm.Normal('a', 0, t)
        """
    )
    assert "def build_model(t):" in code


def test_a_new_column_is_no_change_but_a_new_value_is():
    text = """
    with pm.Model() as model:
        pm.Normal('a', df['x'].mean(), 1)
    df['%s'] = 0
    """
    for column, review in (("y", False), ("x", True)):
        result = migrate_source("df = load()\n" + program(text % column))
        reviews = [f for f in result.findings if f.confidence is Confidence.REVIEW]
        assert bool(reviews) == review


def test_attributes_that_are_set_again_are_read_once():
    code = migrated(
        """
        class A:
            def __init__(self):
                self.scale = 1.

            def load(self, x):
                self.x = x

            def build(self):
                with pm.Model() as self.model:
                    pm.Normal('a', 0, self.scale, observed=self.x)
        """
    )
    assert "        x = self.x\n" in code
    assert "pm.Normal('a', 0, self.scale, observed=x)" in code


def test_calls_that_may_do_something_run_once():
    code = migrated(
        """
        with pm.Model() as model:
            a = pm.Normal('a', 0, 1)
            b = pm.Normal('b', a, 1, observed=load('x.csv'))
        """
    )
    assert code.startswith("observed = load('x.csv')\n")
    assert "observed=observed)" in code


def test_unnamed_models_get_a_name_for_inference():
    code = migrated(
        """
        with pm.Model():
            pm.Normal('a', 0, 1)
            trace = pm.sample(10, tune=10, chains=1)
        """
    )
    assert "model = build_model()\ntrace = pm.sample(model, num_samples=10" in code


def test_names_of_the_program_are_not_taken():
    code = migrated(
        """
        def build_model():
            pass

        with pm.Model() as model:
            pm.Normal('a', 0, 1)
        """
    )
    assert "def build_model_2():" in code and "model = build_model_2()" in code


def test_reentry_for_inference_leaves_no_block():
    code = migrated(
        """
        with pm.Model() as model:
            pm.Normal('a', 0, 1)

        # sample it
        with model:  # here
            # quickly
            trace = pm.sample(10, tune=10, chains=1)
        """
    )
    assert "# sample it\n# here\n# quickly\ntrace = pm.sample(model, num_samples=10" in code


def test_blocks_side_by_side_are_joined():
    assert migrated(
        """
        # The priors
        with pm.Model() as model:  # begin
            scale = load()
            x = pm.Normal('x', 0, scale)
            # more below

        data = np.ones(3)

        # The likelihood
        with model:
            n = len(data)
            y = pm.Normal('y', x, 1, shape=n, observed=data)
            trace = pm.sample(10, tune=10, chains=1)
        """
    ) == textwrap.dedent(
        """\
        # The priors
        scale = load()
        # begin
        # more below

        data = np.ones(3)

        n = len(data)


        # The likelihood
        @pm.model(name=None)
        def build_model():
            x = yield pm.Normal('x', 0, scale)
            y = yield pm.Normal('y', x, 1, shape=n, observed=data)


        model = build_model()
        trace = pm.sample(model, num_samples=10, burn_in=10, num_chains=1)
        """
    )


def test_models_through_functions_and_containers():
    code = migrated(
        """
        def build(s):
            with pm.Model() as m:
                pm.Normal('a', 0, s)
            return m

        models = [build(1.), build(2.)]
        for m in models:
            with m:
                print(pm.sample(10, tune=10, chains=1)['a'].mean())
        """
    )
    assert "print(pm.draws(pm.sample(m, num_samples=10, burn_in=10, num_chains=1), 'a').mean())" in code


def test_models_that_get_their_name_when_entered():
    code = migrated(
        """
        def build():
            with pm.Model() as m:
                pm.Normal('a', 0, 1)
            return m

        with build() as one:
            t1 = pm.sample(10, tune=10, chains=1)
        with build():
            t2 = pm.sample(10, tune=10, chains=1)
        with one as two:
            t3 = pm.sample(10, tune=10, chains=1)
        """
    )
    arguments = "num_samples=10, burn_in=10, num_chains=1)"
    assert (
        f"one = build()\nt1 = pm.sample(one, {arguments}\nmodel = build()\nt2 = pm.sample(model, {arguments}\n" in code
    )
    assert code.endswith(f"two = one\nt3 = pm.sample(two, {arguments}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("m = pm.Model()\nwith m as a:\n{first}    {last}\n", "m = a = build_m()"),
        ("m = pm.Model()\nwith m as m:\n{first}    {last}\n", "m = build_m()"),
        ("with pm.Model() as m:\n{first}with m as a:\n    {last}\n", "m = a = build_m_2(m)"),
        ("with pm.Model() as m:\n{first}show(m.logp)\nwith m as a:\n    {last}\n", "m = a = build_m_2(m)"),
        ("with pm.Model() as m:\n{first}    {last}\nwith m as a:\n    t = pm.sample()\nshow(a.logp)\n", "\na = m\n"),
        (
            "class A:\n    def fit(self):\n        self.m = pm.Model()\n        with self.m as a:\n"
            "            k = pm.Normal('k', 0, 1)\n        return a\n",
            "self.m = a = build_m()",
        ),
        (
            "m = pm.Model()\nwith m as a:\n{first}show(a.logp)\nwith m:\n    {last}\nshow(m.logp)\n",
            "m = a = build_m()",
        ),
    ],
)
def test_every_name_that_a_block_gives_its_model_is_bound(before: str, after: str) -> None:
    parts = {"first": "    k = pm.Normal('k', 0, 1)\n", "last": "pm.Normal('y', k, 1, observed=data)"}
    assert after in migrated(before.format(**parts) if "{" in before else before)


def test_another_name_for_a_model_that_grows_later_keeps_it() -> None:
    """PyMC3's model is one object: what reads it under the other name sees what was added."""
    text = (
        "m = pm.Model()\nwith m as a:\n    k = pm.Normal('k', 0, 1)\nshow(a.logp)\n"
        "with m:\n    pm.Normal('y', k, 1, observed=data)\nshow(a.logp)\n"
    )
    result = migrate_source(HEADER + text)
    (found,) = [f for f in result.findings if f.confidence is not Confidence.SAFE]
    assert (found.code, found.confidence) == ("PM207", Confidence.MANUAL)
    assert found.message == "`a` is kept here before the model is finished: keep it after the last block"


def test_coords_go_to_the_decorator():
    code = migrated(
        """
        with pm.Model(coords={'k': [1, 2]}) as model:
            pm.Normal('a', 0, 1, dims='k')
        """
    )
    assert "@pm.model(name=None, coords={'k': [1, 2]})" in code and "dims='k'" in code


def test_a_docstring_stays_a_docstring():
    code = migrated(
        '''
        with pm.Model() as model:
            """About it."""
            pm.Normal('a', 0, 1)
        '''
    )
    assert 'def build_model():\n    """About it."""\n' in code


def test_a_model_that_stays_takes_everything_of_it_along():
    result = migrate_source(
        program(
            """
            with pm.Model() as good:
                a = pm.Normal('a', 0, 1)
                ta = pm.sample(10)
            with pm.Model() as bad:
                b = pm.BART('b', X, y)
                tb = pm.sample(10)
            print(ta['a'].mean(), tb['b'].mean(), pm.summary(tb))
            """
        )
    )
    assert "pm4.draws(ta, 'a').mean(), tb['b'].mean(), pm.summary(tb)" in result.code
    assert "tb = pm.sample(10)" in result.code and "ta = pm4.sample(good, " in result.code
    assert result.references.todo == 5  # import, Model, BART, sample, summary


def test_a_model_that_nothing_uses_goes() -> None:
    text = "import pymc3 as pm\n\nmodel = pm.Model()\nwith pm.Model() as model:\n    x = pm.Normal('x', 0, 1)\n"
    code = migrate_source(text).code
    assert code.startswith("import pm_migrate.pymc4 as pm\n\n\n@pm.model(name=None)\ndef build_model():\n")


@pytest.mark.parametrize("use", ["print(model)", "def f():\n    return model"])
def test_a_model_without_a_block_stays_where_something_uses_it(use: str) -> None:
    result = migrate_source(f"import pymc3 as pm\n\nmodel = pm.Model()\n{use}\n")
    assert [finding.code for finding in result.findings] == ["PM201"]
    assert "model = pm.Model()\n" in result.code


NAMED = """import pymc3 as pm

with pm.Model() as a:
    x = pm.Normal('x', 0, 1)
    trace = pm.sample()
{line}
pm.compare({{a: trace}})
"""


def test_a_name_for_tables_is_the_key_in_them() -> None:
    result = migrate_source(NAMED.format(line="a.name = 'first'  # short"))
    assert "az.compare({'first': trace})" in result.code and ".name" not in result.code and "# short" in result.code


@pytest.mark.parametrize(
    "line",
    [
        "a.name = title",
        "a.name = 'first'\nprint(a.name)",
        "a.name = 'first'\nwith a:\n    y = pm.Normal('y', 0, 1)",
        "a.name = b.name = 'first'",
        "if long:\n    a.name = 'first'",
    ],
)
def test_other_names_that_are_set_on_a_model_keep_it(line: str) -> None:
    result = migrate_source(NAMED.format(line=line))
    assert "PM208" in {finding.code for finding in result.findings if finding.confidence is Confidence.MANUAL}
    assert "with pm.Model() as a:" in result.code


@pytest.mark.parametrize(
    ("before", "function", "after"),
    [
        ("scale = 2\nscale = 3", "return x * scale", ""),  # bound again before the model is made
        ("scale = 2", "scale = 3\n    return x * scale", "scale = 4"),  # a name of its own
        ("scale = 2", "return 2 * x", "scale = 3"),  # not read
        ("def scale(x):\n    return x", "return scale(x)", ""),
    ],
)
def test_functions_may_read_what_stays(before, function, after):
    text = f"{before}\n\ndef widened(x):\n    {function}\n\n"
    text += "with pm.Model() as model:\n    x = pm.Normal('x', 0, 1)\n    y = pm.Deterministic('y', widened(x))\n"
    assert "yield pm.Deterministic('y', widened(x))" in migrated(f"{text}{after}\n")


NAMED_INSIDE = """
    with pm.Model() as model:
        {}
        mu = pm.Normal('mu', 0, 1)
        pm.Normal('x', mu, 1, observed=data)
        trace = pm.sample(500)
    print(trace['first_mu'], trace[mu])
    """


def test_a_name_at_the_beginning_of_a_block_is_that_of_the_model() -> None:
    code = migrated(NAMED_INSIDE.format("model.name = 'first'"))
    assert "@pm.model(name=None, prefix='first')\ndef build_model():\n    mu = yield pm.Normal('mu', 0, 1)\n" in code
    assert code.count("pm.draws(trace, 'first_mu')") == 2 and ".name" not in code
    given = migrated(NAMED_INSIDE.format("").replace("pm.Model()", "pm.Model('first')"))
    assert given == code


@pytest.mark.parametrize(
    "line",
    [
        "model.name = label",
        "model.name = f'first{n}'",
        "model.name = other = 'first'",
        "model.name += 'first'",
        "model.title = 'first'",
        "print(n)\n        model.name = 'first'",
        "model.name = 'first'  # of two",
        "# of two\n        model.name = 'first'",
        "y = pm.Normal('y', 0, 1)\n        model.name = 'first'",
    ],
)
def test_other_statements_that_name_a_model_keep_it(line: str) -> None:
    text = program(NAMED_INSIDE.format(line))
    result = migrate_source(text)
    added = [s for s in result.code.splitlines() if s not in text.splitlines()]
    assert added and all("TODO(pm-migrate PM" in s for s in added), result.code


def test_a_name_besides_the_one_it_was_made_with_keeps_the_model() -> None:
    text = program(NAMED_INSIDE.format("model.name = 'first'").replace("pm.Model()", "pm.Model('second')"))
    assert any(f.code == "PM208" and f.confidence is Confidence.MANUAL for f in migrate_source(text).findings)
