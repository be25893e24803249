"""How models are put together: helper functions, models in several blocks, containers that they fill."""

from __future__ import annotations

import textwrap

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence


def program(text: str) -> str:
    return "import numpy as np\nimport pymc3 as pm\n\n" + textwrap.dedent(text).lstrip("\n")


def migrated(text: str) -> str:
    """The rewritten program after its imports; everything must have been rewritten, nothing left for review."""
    result = migrate_source(program(text))
    assert all(f.confidence is Confidence.SAFE for f in result.findings), result.findings
    assert result.references.migrated == result.references.total
    assert not migrate_source(result.code).changed
    return result.code.split("as pm\n", 1)[1].lstrip("\n")


# Each of these must not change apart from the comment, and must name its reason.
KEPT = {
    "a helper that nothing calls": (
        "PM214",
        """
        def prior(name):
            return pm.Normal(name, 0, 1)
        """,
    ),
    "a helper that is passed on": (
        "PM214",
        """
        def prior(name):
            return pm.Normal(name, 0, 1)

        with pm.Model() as model:
            x = prior('x')
            y = combine(prior)
        """,
    ),
    "a decorated helper": (
        "PM214",
        """
        @cached
        def prior(name):
            return pm.Normal(name, 0, 1)

        with pm.Model() as model:
            x = prior('x')
        """,
    ),
    "a helper that is a generator already": (
        "PM214",
        """
        def priors():
            for i in range(3):
                yield pm.Normal('x%d' % i, 0, 1)

        with pm.Model() as model:
            x = list(priors())
        """,
    ),
    "a helper that sets a global name": (
        "PM214",
        """
        def prior(name):
            global count
            count = 1
            return pm.Normal(name, 0, 1)

        with pm.Model() as model:
            x = prior('x')
        """,
    ),
    "a helper that is called outside of a model too": (
        "PM231",
        """
        def shift(x, more):
            return pm.Normal('z', 0, 1) if more else x + 1

        with pm.Model() as model:
            x = shift(1, True)
        print(shift(1, False))
        """,
    ),
    "what is called may be a helper or not": (
        "PM231",
        """
        def prior(name):
            return pm.Normal(name, 0, 1)

        def fixed(name):
            return 1.

        with pm.Model() as model:
            y = pm.Normal('y', 0, 1)
            for make in [prior, fixed]:
                make('x')
        """,
    ),
    "a helper reads a name that is bound again": (
        "PM214",
        """
        scale = 1.

        def prior(name):
            return pm.Normal(name, 0, scale)

        with pm.Model() as model:
            x = prior('x')
        scale = 2.
        """,
    ),
    "a helper reads a loop variable": (
        "PM214",
        """
        models = []
        for scale in [1., 2.]:
            def prior(name):
                return pm.Normal(name, 0, scale)

            with pm.Model() as model:
                x = prior('x')
            models.append(model)
        """,
    ),
    "a helper fills a container from outside": (
        "PM205",
        """
        made = []

        def prior(name):
            made.append(pm.Normal(name, 0, 1))
            return made[-1]

        with pm.Model() as model:
            x = prior('x')
        """,
    ),
    "a helper fills a container of its caller that is made outside": (
        "PM205",
        """
        def prior(made, name):
            made.append(pm.Normal(name, 0, 1))

        made = []
        with pm.Model() as model:
            prior(made, 'x')
        print(made)
        """,
    ),
    "a helper draws at random": (
        "PM205",
        """
        def prior(name):
            return pm.Normal(name, np.random.rand(), 1)

        with pm.Model() as model:
            x = prior('x')
        """,
    ),
    "a helper in a generator expression": (
        "PM212",
        """
        def prior(name):
            return pm.Normal(name, 0, 1)

        with pm.Model() as model:
            x = show(prior('x%d' % i) for i in range(2))
        """,
    ),
    "a helper in a condition that may not run": (
        "PM212",
        """
        def prior(name):
            return pm.Normal(name, 0, 1)

        with pm.Model() as model:
            x = [prior('x%d' % i) for i in range(2)] if many else None
        """,
    ),
    "a map that is not used at once": (
        "PM212",
        """
        with pm.Model() as model:
            x = map(lambda i: pm.Normal('x%d' % i, 0, 1), range(2))
        """,
    ),
    "the model is kept under another name before it is finished": (
        "PM207",
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
        first = model
        with model:
            y = pm.Normal('y', x, 1)
        """,
    ),
    "the model is given to a function before it is finished": (
        "PM207",
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
        show(model)
        with model:
            y = pm.Normal('y', 0, 1)
        """,
    ),
    "a loop keeps the model and goes on with it": (
        "PM207",
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
        for i in range(2):
            with model:
                y = pm.Normal('y%d' % i, x, 1)
            models.append(model)
        """,
    ),
    "an attribute that other code reads": (
        "PM206",
        """
        class Mine:
            def __init__(self):
                with pm.Model() as self.model:
                    self.mu = pm.Normal('mu', 0, 1)

            def show(self):
                return self.mu.tag.test_value
        """,
    ),
    "an attribute that the model adds to": (
        "PM205",
        """
        class Mine:
            def __init__(self):
                self.parts = []
                with pm.Model() as self.model:
                    self.parts.append(pm.Normal('mu', 0, 1))
        """,
    ),
    "a table whose rows the model sets": (
        "PM205",
        """
        table = pd.read_csv('table.csv')
        with pm.Model() as model:
            mu = pm.Normal('mu', 0, 1)
            for name, part in table.groupby('name'):
                table.loc[part.index, 'y'] = 2 * part['y']
                pm.Normal(name, mu, 1, observed=part['y'])
        """,
    ),
    "a function that may create variables elsewhere": (
        "PM205",
        """
        from mine import priors

        with pm.Model() as model:
            x = priors('x')
        """,
    ),
    "a function adds to a model that it is given": (
        "PM207",
        """
        def likelihood(model):
            with model:
                y = pm.Normal('y', 0, 1, observed=1.)

        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
        likelihood(model)
        """,
    ),
    "a block that may add to several models": (
        "PM207",
        """
        with pm.Model() as first:
            x = pm.Normal('x', 0, 1)
        with pm.Model() as second:
            y = pm.Normal('y', 0, 1)
        for model in (first, second):
            with model:
                z = pm.Normal('z', 0, 1)
        """,
    ),
    "a later block needs what may not be there": (
        "PM207",
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
            if more:
                y = pm.Normal('y', 0, 1)
            trace = pm.sample(10)
        with model:
            z = pm.Normal('z', y, 1)
        """,
    ),
    "a later block needs what another may have added": (
        "PM207",
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
        if more:
            with model:
                y = pm.Normal('y', 0, 1)
        if more:
            with model:
                z = pm.Normal('z', y, 1)
        """,
    ),
    "a container of several models": (
        "PM205",
        """
        parts = []
        for i in range(2):
            with pm.Model() as model:
                parts.append(pm.Normal('x', 0, 1))
        """,
    ),
    "a container that other code fills as well": (
        "PM205",
        """
        parts = {}
        parts['scale'] = 2.
        with pm.Model() as model:
            parts['x'] = pm.Normal('x', 0, parts['scale'])
        """,
    ),
    "a container made from something that changes": (
        "PM205",
        """
        n = 2
        parts = [None] * n
        n = 3
        with pm.Model() as model:
            parts[0] = pm.Normal('x', 0, 1)
        """,
    ),
    "a container of a caller": (
        "PM205",
        """
        def build(parts):
            with pm.Model() as model:
                parts.append(pm.Normal('x', 0, 1))
            return model
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


def after(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def test_helpers_become_generators():
    assert migrated(
        """
        def prior(name, scale=1):
            return pm.Normal(name, 0, scale)

        def pair(prefix):
            # two of them
            a, b = prior(prefix + '_a'), prior(prefix + '_b', 2)
            pm.Deterministic(prefix, a + b)
            return a + b

        half = lambda name: pm.HalfNormal(name, 1)  # positive

        with pm.Model() as model:
            x = pair('x')
            pm.Normal('y', x, half('sd'), observed=1.)
        """
    ) == after(
        """
        def prior(name, scale=1):
            return (yield pm.Normal(name, 0, scale))

        def pair(prefix):
            # two of them
            a, b = (yield from prior(prefix + '_a')), (yield from prior(prefix + '_b', 2))
            yield pm.Deterministic(prefix, a + b)
            return a + b

        def half(name):  # positive
            return (yield pm.HalfNormal(name, 1))


        @pm.model(name=None)
        def build_model():
            x = yield from pair('x')
            yield pm.Normal('y', x, (yield from half('sd')), observed=1.)


        model = build_model()
        """
    )


def test_methods_and_recursive_helpers():
    code = migrated(
        """
        class Priors:
            def __init__(self, scale):
                self.scale = scale

            def chain(self, n):
                x = pm.Normal('x%d' % n, 0, self.scale)
                return x if n == 0 else x + self.chain(n - 1)

            def build(self):
                with pm.Model() as model:
                    pm.Normal('y', self.chain(3), 1, observed=1.)
                return model
        """
    )
    assert "return x if n == 0 else x + (yield from self.chain(n - 1))" in code
    assert "yield pm.Normal('y', (yield from self.chain(3)), 1, observed=1.)" in code


def test_helpers_in_comprehensions_unroll():
    code = migrated(
        """
        def prior(i):
            return pm.Normal('x%d' % i, 0, 1)

        def several(n):
            return sum([prior(2 + i) for i in range(n)])

        with pm.Model() as model:
            xs = [prior(i) for i in range(2)]
            y = pm.Normal('y', several(3), 1)
        """
    )
    assert "    xs = []\n    for i in range(2):\n        xs.append((yield from prior(i)))\n" in code


def test_a_helper_chosen_from_several():
    code = migrated(
        """
        def normal(name):
            return pm.Normal(name, 0, 1)

        def half(name):
            return pm.HalfNormal(name, 1)

        kinds = {'n': normal, 'h': half}
        with pm.Model() as model:
            x = kinds['n']('x')
        """
    )
    assert "x = yield from kinds['n']('x')" in code


def test_a_helper_fills_a_list_of_its_caller():
    code = migrated(
        """
        def prior(made, name):
            made.append(pm.Normal(name, 0, 1))

        with pm.Model() as model:
            made = []
            prior(made, 'x')
            pm.Normal('y', sum(made), 1)
        """
    )
    assert "    made = []\n    yield from prior(made, 'x')\n" in code


def test_names_of_helpers_are_known_to_traces():
    code = migrated(
        """
        def prior(name):
            return pm.Normal(name, 0, 1)

        with pm.Model() as model:
            x = prior('x')
            trace = pm.sample(10, tune=10, chains=1)
        print(trace['x'].mean())
        """
    )
    assert "pm.draws(trace, 'x').mean()" in code


def test_a_model_goes_on_after_sampling():
    assert migrated(
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
            s = pm.HalfNormal('s', 1)
            prior = pm.sample_prior_predictive(10)

        # The likelihood
        with model:
            y = pm.Normal('y', x, s, observed=1.)

        if more:
            with model:
                z = pm.Normal('z', x, 1)
        """
    ) == after(
        """
        @pm.model(name=None, keep_return=False)
        def build_model():
            x = yield pm.Normal('x', 0, 1)
            s = yield pm.HalfNormal('s', 1)
            return x, s


        model = build_model()
        prior = pm.sample_prior_predictive(model, sample_shape=10)


        # The likelihood
        @pm.model(name=None, keep_return=False)
        def build_model_2(model):
            x, s = yield model
            y = yield pm.Normal('y', x, s, observed=1.)
            return x


        model = build_model_2(model)

        if more:
            @pm.model(name=None)
            def build_model_3(model):
                x = yield model
                z = yield pm.Normal('z', x, 1)

            model = build_model_3(model)
        """
    )


def test_a_model_goes_on_in_a_loop():
    code = migrated(
        """
        class Mine:
            def build(self):
                with pm.Model(coords={'k': [1, 2]}) as self.model:
                    x = pm.Normal('x', 0, 1)
                    self.prior = pm.sample_prior_predictive(5)
                for i in range(2):
                    with self.model:
                        z = pm.Normal('z%d' % i, x, 1)
        """
    )
    assert (
        "            @pm.model(name=None, keep_return=False, coords=self.model.coords)\n"
        "            def build_model_2(model, i):\n                x = yield model\n" in code
    )
    assert "                return x\n\n            self.model = build_model_2(self.model, i)\n" in code


def test_what_a_later_block_does_not_need_is_not_returned():
    code = migrated(
        """
        with pm.Model() as model:
            x = pm.Normal('x', 0, 1)
            trace = pm.sample(10, tune=10, chains=1)
        with model:
            y = pm.Normal('y', 0, 1)
        """
    )
    assert "def build_model_2(model):\n    yield model\n    y = yield" in code and "return" not in code


def test_containers_that_only_the_model_fills_move_into_it():
    assert migrated(
        """
        k = 3
        # the parts
        parts = []
        slots = np.empty(k, dtype=object)  # for more
        names = ['a', 'b', 'c']

        with pm.Model() as model:
            for i in range(k):
                parts.append(pm.Normal(names[i], 0, 1))
                slots[i] = pm.Normal(names[i] * 2, parts[i], 1)
        """
    ) == after(
        """
        k = 3
        names = ['a', 'b', 'c']


        @pm.model(name=None)
        def build_model():
            # the parts
            parts = []
            slots = np.empty(k, dtype=object)  # for more
            for i in range(k):
                parts.append((yield pm.Normal(names[i], 0, 1)))
                slots[i] = yield pm.Normal(names[i] * 2, parts[i], 1)


        model = build_model()
        """
    )


def test_a_block_that_goes_on_after_sampling():
    assert migrated(
        """
        with pm.Model():  # of x
            x = pm.Normal('x', 0, 1)
            prior = pm.sample_prior_predictive(10)
            # and then
            n = 3
            y = pm.Normal('y', x, n)
            more = pm.sample_prior_predictive(10)
            # the end
        """
    ) == after(
        """
        @pm.model(name=None, keep_return=False)
        def build_model():  # of x
            x = yield pm.Normal('x', 0, 1)
            return x


        model = build_model()
        prior = pm.sample_prior_predictive(model, sample_shape=10)
        # and then
        n = 3


        @pm.model(name=None)
        def build_model_2(model):
            x = yield model
            y = yield pm.Normal('y', x, n)


        model = build_model_2(model)
        more = pm.sample_prior_predictive(model, sample_shape=10)
        # the end
        """
    )


def test_other_context_managers_stay_around_the_model():
    assert migrated(
        """
        import warnings

        # quietly
        with warnings.catch_warnings() as log, pm.Model() as model:  # both
            warnings.simplefilter('ignore')
            x = pm.Normal('x', 0, 1)
            trace = pm.sample(10, tune=10, chains=1)

        with model, warnings.catch_warnings():
            more = pm.sample(10, tune=10, chains=1)
        """
    ) == after(
        """
        import warnings

        # quietly
        with warnings.catch_warnings() as log:
            warnings.simplefilter('ignore')

            @pm.model(name=None)
            def build_model():  # both
                x = yield pm.Normal('x', 0, 1)

            model = build_model()
            trace = pm.sample(model, num_samples=10, burn_in=10, num_chains=1)

        with warnings.catch_warnings():
            more = pm.sample(model, num_samples=10, burn_in=10, num_chains=1)
        """
    )


def test_an_empty_model():
    assert "def build_model():\n    pass\n\n\nmodel = build_model()\n" in migrated(
        "with pm.Model() as model:\n    pass\n"
    )


def test_a_class_that_is_called_where_a_model_sets_an_attribute():
    result = migrate_source(
        program(
            """
        class Fit(Base):
            def pin(self):
                with self:
                    Other(self.time).fill(1.0)

        class Other(Base):
            def fill(self, width):
                with self:
                    self.nu = pm.Normal('nu', 0, width)
        """
        )
    )
    assert [f.code for f in result.findings] == ["PM214"]


def test_attributes_that_only_the_model_reads():
    code = migrated(
        """
        class Regression:
            def __init__(self, y):
                self.rest = {}
                with pm.Model() as self.model:
                    self.mu = pm.Normal('mu', 0, 1)
                    self.rest['sd'] = pm.HalfNormal('sd', 1)
                    self.likelihood(y)

            def likelihood(self, y):
                self.y = pm.Normal('y', self.mu, self.rest['sd'], observed=y)
        """
    )
    assert "            self.mu = yield pm.Normal('mu', 0, 1)\n" in code
    assert "        self.y = yield pm.Normal('y', self.mu, self.rest['sd'], observed=y)\n" in code


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("xs = [[f(i, j) for j in range(2)] for i in range(3)]", "xs_parts.append((yield from f(i, j)))"),
        ("x = sum(f(i, 0) for i in range(2))", "x = sum(x_parts)"),
        ("x = tuple(f(i, j) for i in range(2) for j in range(i))", "for j in range(i):"),
        ("x = [2 * v for v in [f(0, 0), f(1, 1)]]", "for v in [(yield from f(0, 0)), (yield from f(1, 1))]]"),
        ("for v in [f(i, 0) for i in range(2)]:\n    pm.Potential('p', v)", "parts.append((yield from f(i, 0)))"),
        ("x = f(0, 0) if more else f(0, 1)", "x = (yield from f(0, 0)) if more else (yield from f(0, 1))"),
        ("if (x := f(0, 0)) is not None:\n    pass", "if (x := (yield from f(0, 0))) is not None"),
        ("*x, y = f(0, 0), f(0, 1)", "*x, y = (yield from f(0, 0)), (yield from f(0, 1))"),
        ("x = list(map(g, range(2)))", "x = []\n    for k in range(2):\n        x.append((yield from g(k)))"),
        ("x = sum(map(g, range(2)))", "x_parts.append((yield from g(k)))\n    x = sum(x_parts)"),
        ("k = 1\nx = list(map(g, range(k)))", "for k_2 in range(k):\n        x.append((yield from g(k_2)))"),
        ("x = list(map(lambda i: f(i, i), range(2)))", "for i in range(2):\n        x.append((yield from f(i, i)))"),
        ("for x in map(g, range(2)):\n    pm.Potential('p', x)", "for x in parts:\n        yield pm.Potential('p', x)"),
        ("x = {n: f(n, 0) for n in range(2)}", "x[n] = yield from f(n, 0)"),
    ],
)
def test_helpers_and_variables_in_every_position(before, expected):
    helper = "def f(i, j):\n    return pm.Normal('x%d%d' % (i, j), 0, 1)\n\n"
    helper += "def g(i):\n    return f(i, 0)\n\nwith pm.Model() as model:\n    g(7)\n".replace("(i", "(k")
    assert expected in migrated(helper + textwrap.indent(before, "    "))


@pytest.mark.parametrize(
    "statement",
    [
        "x = (f(i) for i in range(2))",
        "x = show(f(i) for i in range(2))",
        "x = any(f(i) for i in range(2))",
        "x = [f(i) for i in range(2) if f(i + 2) > 0]",
        "x = [y for i in range(2) for y in [f(i)]]",
        "x = {f(i): 1 for i in range(2)}",
        "x = f(5) + sum(f(i) for i in range(2))",
        "x = [[f(j) for j in range(2)] if i else None for i in range(2)]",
        "x = map(f, range(2))",
        "x = list(map(f, range(2), range(2)))",
        "x = [list(map(f, range(i))) for i in range(2)]",
        "x = more and list(map(f, range(2)))",
        "x = show(map(f, range(2)))",
        "x = more and [f(i) for i in range(2)]",
    ],
)
def test_positions_that_cannot_yield(statement):
    before = program(
        "def f(i):\n    return pm.Normal('x%d' % i, 0, 1)\n\nwith pm.Model() as model:\n    " + statement + "\n"
    )
    result = migrate_source(before)
    assert {f.code for f in result.findings} & {"PM212", "PM214"}
    assert [line for line in result.code.splitlines() if "TODO(pm-migrate" not in line] == before.splitlines()


def test_models_of_functions_go_on_elsewhere():
    code = migrated(
        """
        def build():
            m = pm.Model()
            with m:
                x = pm.Normal('x', 0, 1)
            return m

        m = build()
        with m:
            y = pm.Normal('y', 0, 1)

        with build() as other:
            z = pm.Normal('z', 0, 1)
        """
    )
    assert "def build():\n    @pm.model(name=None)\n" in code
    assert "def build_m_2(m):\n    yield m\n    y = yield pm.Normal('y', 0, 1)\n" in code
    assert "other = build()\n\n\n@pm.model(name=None)\ndef build_other(other):\n    yield other\n" in code


def test_models_that_are_properties():
    code = migrated(
        """
        class Mine:
            @property
            def model(self):
                with pm.Model() as model:
                    pm.Normal('x', 0, 1)
                return model

        with Mine().model:
            trace = pm.sample(10, tune=10, chains=1)
        """
    )
    assert "model_2 = Mine().model\ntrace = pm.sample(model_2, " in code


def test_a_method_that_only_the_model_calls_reads_its_attributes():
    code = migrated(
        """
        class Growth:
            def __init__(self, week, height):
                self.week = week
                with pm.Model() as self.model:
                    self.rate = pm.Gamma('rate', 2, 1)
                    pm.Normal('height', self.expected(), 1, observed=height)

            def expected(self):
                return self.rate * self.week
        """
    )
    assert "self.rate = yield pm.Gamma('rate', 2, 1)\n" in code and "self.expected(), 1, observed=height)" in code


def test_models_in_models_are_parts_of_a_generator():
    assert migrated(
        """
        with pm.Model(name='top') as model:
            x = pm.Normal('x', 0, 1)
            with pm.Model('a'):  # the first
                y = pm.Normal('y', x, 1)
                # its end
            with pm.Model(model=model):
                z = pm.Normal('z', y, 1)
            trace = pm.sample(10, tune=10, chains=1)
        print(trace['top_x'], trace['a_y'], trace['z'], trace[y])
        """
    ) == after(
        """
        @pm.model(name=None, prefix='top')
        def build_model():
            x = yield pm.Normal('x', 0, 1)
            with pm.prefix('a'):  # the first
                y = yield pm.Normal('y', x, 1)
                # its end
            with pm.prefix(None):
                z = yield pm.Normal('z', y, 1)


        model = build_model()
        trace = pm.sample(model, num_samples=10, burn_in=10, num_chains=1)
        print(pm.draws(trace, 'top_x'), pm.draws(trace, 'a_y'), pm.draws(trace, 'z'), pm.draws(trace, 'a_y'))
        """
    )


def test_a_nameless_model_in_a_model_falls_away():
    code = migrated(
        """
        with pm.Model() as model:
            # the inner one
            with pm.Model():  # without a name
                x = pm.Normal('x', 0, 1)
                # its end
            y = pm.Normal('y', x, 1)
        """
    )
    assert (
        "def build_model():\n    # the inner one\n    # without a name\n    x = yield pm.Normal('x', 0, 1)\n"
        "    # its end\n    y = yield"
    ) in code


def test_what_a_model_computes_is_handed_out():
    assert migrated(
        """
        def trend(t):
            knots = np.linspace(0, 1, 3)
            slope = pm.Normal('slope', 0, 1)
            return slope * t, knots

        with pm.Model() as model:
            mu, knots = trend(1.)
            for i in range(3):
                pm.Normal('y%d' % i, mu, 1)
            trace = pm.sample(10, tune=10, chains=1)
        print(knots.round(2), i)
        """
    ) == after(
        """
        def trend(t):
            knots = np.linspace(0, 1, 3)
            slope = yield pm.Normal('slope', 0, 1)
            return slope * t, knots


        @pm.model(name=None, keep_return=False)
        def build_model():
            mu, knots = yield from trend(1.)
            for i in range(3):
                yield pm.Normal('y%d' % i, mu, 1)
            return knots, i


        model = build_model()
        knots, i = pm.evaluate_meta_model(model)[0]
        trace = pm.sample(model, num_samples=10, burn_in=10, num_chains=1)
        print(knots.round(2), i)
        """
    )


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("mu = np.ones(3)\nmu += b", "mu = mu + b"),
        ("mu = np.ones(3)\nmu -= b + 1", "mu = mu - (b + 1)"),
        ("mu = np.ones(3)\nmu += b * 2", "mu = mu + b * 2"),
        ("mu = load()\nmu *= b * 2", "mu = mu * (b * 2)"),
    ],
)
def test_sums_of_arrays_and_variables_are_written_out(before, expected):
    text = "mu = data\nwith pm.Model() as model:\n    b = pm.Normal('b', 0, 1)\n"
    assert (
        f"    {expected}\n"
        in migrate_source(program(text + textwrap.indent(before, "    ") + "\n    pm.Normal('y', mu, 1)\n")).code
    )


@pytest.mark.parametrize(
    "before",
    [
        "mu = 0\nmu += b",
        "mu = b\nmu += b",
        "mu = np.ones(3)\nmu += 2",
        "mu = [b]\nmu += [b]",
        "mu = np.empty(2, object)\nmu[0] = b\nmu[0] += b",
        "mu = np.ones(3, int)\nmu |= b",
    ],
)
def test_other_augmented_assignments_stay(before):
    text = "with pm.Model() as model:\n    b = pm.Normal('b', 0, 1)\n" + textwrap.indent(before, "    ")
    assert before.split("\n")[-1] in migrate_source(program(text + "\n    pm.Normal('y', mu, 1)\n")).code


def test_strings_in_a_block_stay_where_they_are() -> None:
    text = "import pymc3 as pm\n\nwith pm.Model() as model:\n    a = pm.Normal('a', 0, 1)\n"
    text += "    '''b = pm.Normal(\n        'b', 0, 1)'''\n    n = 3\n    pm.Normal('c', a, 1, shape=n)\n"
    text += "    trace = pm.sample()\n    'and then'\n"
    code = migrate_source(text).code
    assert (
        "    a = yield pm.Normal('a', 0, 1)\n    '''b = pm.Normal(\n        'b', 0, 1)'''\n    yield pm.Normal('c'"
        in code
    )
    assert "\nn = 3\n" in code and code.endswith("\n'and then'\n")


def test_comments_of_the_statement_that_makes_a_model_go_to_its_generator() -> None:
    text = "import pymc3 as pm\n\n\ndef build(y):\n    n = 3\n\n    # The model\n    model = pm.Model()  # empty\n"
    text += "    with model:\n        pm.Normal('a', 0, n, observed=y)\n    return model\n"
    lines = "    n = 3\n\n    # The model\n    # empty\n    @pm.model(name=None)\n    def build_model():\n"
    assert lines in migrate_source(text).code


def test_blank_lines_above_the_statement_that_makes_a_model_stay() -> None:
    text = (
        "import pymc3 as pm\n\nn = 3\n\n# The model\nmodel = pm.Model()\nm = 4\nwith model:\n    pm.Normal('a', m, n)\n"
    )
    code = migrate_source(text).code
    assert "n = 3\n\n# The model\nm = 4\n\n\n@pm.model(name=None)\n" in code
    bare = migrate_source(text.replace("# The model\n", "")).code
    assert "n = 3\n\nm = 4\n\n\n@pm.model(name=None)\n" in bare
