"""Classes of distributions and of models that are used out of sight: in another file, or by what is not seen."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence
from tests.rules.test_rule_elsewhere import run

OWN = """
import pymc3 as pm
import theano.tensor as tt


class Peaked(pm.Continuous):
    def __init__(self, mu, width=1., *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.mu = self.mean = mu
        self.width = width

    def logp(self, value):
        return -tt.abs_(value - self.mu) / self.width - tt.sum(tt.log(self.width))
"""
USE = """
import pymc3 as pm
from own import Peaked

with pm.Model() as model:
    mu = pm.Normal('mu', 0, 1)
    Peaked('y', mu, observed=data)
"""


def test_a_variable_of_a_class_elsewhere(tmp_path):
    after = run(tmp_path, {"own.py": OWN, "main.py": USE})
    assert "    yield Peaked('y', mu, observed=data)" in after["main.py"][0]
    logp = "return -tf.abs(value - self.mu) / self.width - pm.math.sum(pm.math.log(self.width))"
    assert "class Peaked(pm.Continuous):" in after["own.py"][0] and logp in after["own.py"][0]
    assert not after["own.py"][1] | after["main.py"][1]
    again = run(tmp_path, {name: text for name, (text, _) in after.items()})
    assert {name: text for name, (text, _) in again.items()} == {name: text for name, (text, _) in after.items()}


@pytest.mark.parametrize(
    ("imported", "called"),
    [
        ("import own", "own.Peaked"),
        ("import own as o", "o.Peaked"),
        ("from own import *", "Peaked"),
        ("from own import Peaked as P", "P"),
        ("from . import own", "own.Peaked"),
        ("from package import Peaked", "Peaked"),
    ],
)
def test_every_way_to_import_it(tmp_path, imported, called):
    main = USE.replace("from own import Peaked", imported).replace("Peaked('y'", f"{called}('y'")
    files = {"own.py": OWN, "main.py": main, "package/__init__.py": "from own import Peaked\n"}
    after = run(tmp_path, files)
    assert f"    yield {called}('y', mu, observed=data)" in after["main.py"][0]
    assert "pm_migrate" in after["own.py"][0]


def test_through_a_function_of_a_file_that_does_not_mention_pymc3(tmp_path):
    between = "from own import Peaked\n\n\ndef peak(name, mu):\n    return Peaked(name, mu)\n"
    main = USE.replace("from own import Peaked", "from between import peak").replace("Peaked('y', mu, ", "peak('z', mu")
    main = main.replace("observed=data)", ")\n    pm.Normal('y', 0, 1, observed=data)")
    after = run(tmp_path, {"own.py": OWN, "between.py": between, "main.py": main})
    assert "return (yield Peaked(name, mu))" in after["between.py"][0]
    assert "    yield from peak('z', mu)" in after["main.py"][0]


def test_in_an_expression_and_a_comprehension(tmp_path):
    more = "    pm.Deterministic('d', Peaked('p', mu) * 2)\n    many = [Peaked(f'q{i}', mu) for i in range(2)]\n"
    after = run(tmp_path, {"own.py": OWN, "main.py": USE + more})["main.py"][0]
    assert "yield pm.Deterministic('d', (yield Peaked('p', mu)) * 2)" in after
    assert "many.append((yield Peaked(f'q{i}', mu)))" in after


#: What keeps a class and the models that use it as they were, in both files; and the reason in one of them.
KEPT = {
    "a model that has to stay": ({"main.py": USE + "    pm.BART('b', x, z)\n"}, "no rule for pm.BART"),
    "another model that has to stay": ({"third.py": USE + "    pm.BART('b', x, z)\n"}, "no rule for pm.BART"),
    "a base without a counterpart": (
        {"own.py": OWN.replace("Continuous", "Distribution")},
        "derive from pm.Continuous",
    ),
    "a class derived from it": (
        {
            "main.py": USE.replace("with pm", "class Own(Peaked):\n    pass\n\nwith pm").replace(
                "    Peaked(", "    Own("
            )
        },
        "is a distribution of another file",
    ),
    "without a name": ({"main.py": USE + "    Peaked.dist(mu)\n"}, "only call it"),
    "by another name": (
        {"main.py": USE.replace("with pm", "P = Peaked\nwith pm").replace("    Peaked(", "    P(")},
        "only",
    ),
    "passed on": ({"third.py": "import pymc3\nfrom own import Peaked\nregister(Peaked)\n"}, "only call it"),
    "outside of models": ({"third.py": "import pymc3\nfrom own import Peaked\ny = Peaked('y', 0)\n"}, "with block"),
}


@pytest.mark.parametrize("case", KEPT)
def test_all_or_nothing(tmp_path, case):
    changes, reason = KEPT[case]
    after = run(tmp_path, {"own.py": OWN, "main.py": USE, **changes})
    for name in ("own.py", "main.py"):
        text, findings = after[name]
        assert "yield " not in text and "pm_migrate" not in text and findings, (name, text)
    assert any(reason in finding for _, findings in after.values() for finding in findings), after


def test_a_class_that_is_not_in_the_run(tmp_path):
    files = {"own.py": OWN, "main.py": USE}
    [(text, findings)] = run(tmp_path, files, only=["main.py"]).values()
    assert "yield" not in text and any("PM264" in finding for finding in findings)


@pytest.mark.parametrize("kind", ["object", "list"])
def test_classes_that_are_no_distributions_are_only_called(tmp_path, kind):
    after = run(tmp_path, {"own.py": OWN.replace("pm.Continuous", kind), "main.py": USE})
    assert "yield Peaked" not in after["main.py"][0]


MODEL = """
import pymc3 as pm


class Mine(pm.Model):
    def __init__(self, data, name='', model=None):
        super().__init__(name, model)
        self.mu = pm.Normal('mu', 0, 1)
        pm.Normal('y', self.mu, 1, observed=data)
"""
SAMPLED = """
import pymc3 as pm
from own import Mine

with Mine([1.]) as m:
    trace = pm.sample(100, chains=1)
print(trace['mu'])
"""


def test_a_class_of_models_elsewhere(tmp_path):
    after = run(tmp_path, {"own.py": MODEL, "main.py": SAMPLED})
    assert "@pm.model(name=None)\ndef Mine(data):\n    mu = yield pm.Normal('mu', 0, 1)\n" in after["own.py"][0]
    assert "m = Mine([1.])\ntrace = pm.sample(m, num_samples=100," in after["main.py"][0]
    assert not after["own.py"][1] | after["main.py"][1]


@pytest.mark.parametrize(
    "main",
    [
        SAMPLED.replace("Mine([1.])", "Mine([1.], name='a')"),
        SAMPLED.replace("Mine([1.])", "Mine([1.], 'a')"),
        SAMPLED.replace("Mine([1.])", "Mine(*given)"),
        SAMPLED.replace("with Mine", "class Sub(Mine):\n    pass\n\nwith Sub"),
        SAMPLED.replace("with Mine([1.]) as m:", "with pm.Model() as m:\n    Mine([1.], name='a')"),
        SAMPLED.replace("with Mine([1.]) as m:", "with Mine([1.]) as m:\n    pm.Normal('z', m.mu, 1)"),
        SAMPLED + "assert isinstance(m, Mine)\n",
    ],
    ids=["a name", "a name in its place", "unpacked", "derived", "a part", "added to", "asked for its class"],
)
def test_a_class_of_models_that_is_used_otherwise_stays(tmp_path, main):
    after = run(tmp_path, {"own.py": MODEL, "main.py": main})
    for text, findings in after.values():
        assert "yield " not in text and "pm_migrate" not in text and findings, text


HERE = (
    OWN + "\n\n{use}\n\nwith pm.Model() as m:\n    mu = pm.Normal('mu', 0, 1)\n    {call}\n    pm.Normal('y', mu, 1)\n"
)


@pytest.mark.parametrize(
    ("use", "call"),
    [
        ("import functools\npeak = functools.partial(Peaked, 0.)", "peak('x')"),
        ("import functools", "list(map(functools.partial(Peaked, 0.), ['x']))"),
        ("import pandas as pd", "pd.Series(['x']).apply(Peaked, mu=mu)"),
        ("class Kinds:\n    kind = Peaked", "Kinds.kind('x', mu)"),
        ("class Kinds:\n    kind: type = Peaked", "Kinds().kind('x', mu)"),
        ("import registry\nregistry.add([Peaked])", "registry.find('Peaked')('x', mu)"),
    ],
)
def test_a_class_that_goes_out_of_sight_keeps_the_models(use, call):
    """What calls it there is not seen: without its ``yield``, the variable would not be part of the model."""
    result = migrate_source(HERE.format(use=use, call=call))
    assert "yield" not in result.code and "pm_migrate" not in result.code
    assert "PM224" in {f.code for f in result.findings if f.confidence is Confidence.MANUAL}


@pytest.mark.parametrize(
    ("use", "call", "became"),
    [
        ("print(Peaked, isinstance(3, Peaked))", "Peaked('x', mu)", "yield Peaked('x', mu)"),
        ("kinds = dict(a=Peaked)", "kinds['a']('x', mu)", "yield kinds['a']('x', mu)"),
        ("kinds = []\nkinds.append(Peaked)", "kinds[0]('x', mu)", "yield kinds[0]('x', mu)"),
        ("kinds = {}\nkinds['a'] = Peaked", "kinds['a']('x', mu)", "yield kinds['a']('x', mu)"),
        ("kinds = {}\nkinds['a'] = pm.Normal", "kinds['a']('x', mu)", "yield kinds['a']('x', mu)"),
        ("kinds = []\nkinds.append(pm.Normal)", "kinds[0]('x', mu)", "yield kinds[0]('x', mu)"),
        (
            "def prior(n):\n    return pm.Normal(n, 0, 1)\n\nkinds = {}\nkinds['a'] = prior",
            "kinds['a']('x')",
            "yield from kinds['a']('x')",
        ),
        ("def make():\n    return Peaked", "make()('x', mu)", "yield make()('x', mu)"),
        ("def apply(f, *a):\n    return f(*a)", "apply(Peaked, 'x', mu)", "yield from apply(Peaked, 'x', mu)"),
    ],
)
def test_a_class_that_is_followed_makes_variables(use, call, became):
    assert f"    {became}\n" in migrate_source(HERE.format(use=use, call=call)).code


@pytest.mark.parametrize(
    ("held", "call"),
    [
        ("Wide = pm.Bound(pm.Normal, lower=0)", "own.Wide('w', mu, 1)"),
        ("N = pm.Normal", "own.N('w', mu, 1)"),
        ("prior = lambda n: pm.Normal(n, 0, 1)", "own.prior('w')"),
        ("kinds = {'a': pm.Normal}", "own.kinds['a']('w', mu, 1)"),
        ("class Kinds:\n    kind = pm.Normal", "own.Kinds.kind('w', mu, 1)"),
        ("class Call:\n    def __call__(self, n):\n        return pm.Normal(n, 0, 1)\n\nc = Call()", "own.c('w')"),
        ("def outer():\n    def inner(n):\n        return pm.Normal(n, 0, 1)\n    return inner", "own.outer()('w')"),
    ],
)
@pytest.mark.parametrize("imported", ["import own", "import face as own"])
def test_what_another_file_holds_may_be_a_variable(tmp_path, held, call, imported):
    main = f"import pymc3 as pm\n{imported}\n\nwith pm.Model() as m:\n    mu = pm.Normal('mu', 0, 1)\n    {call}\n"
    files = {"own.py": f"import pymc3 as pm\n\n{held}\n", "face.py": "from own import *\n", "main.py": main}
    after = run(tmp_path, files)
    assert "yield" not in after["main.py"][0] and any("PM264" in f for f in after["main.py"][1])
    assert imported != "import own" or "pm_migrate" not in after["own.py"][0]


@pytest.mark.parametrize(
    ("held", "line"),
    [
        ("data = np.ones(3)", "pm.Normal('y', own.data.mean(), 1)"),
        ("import pandas as pd\n\ndf = pd.read_csv('x')", "pm.Normal('y', own.df.groupby('a').mean(), 1)"),
        ("def scale(name):\n    return len(name)", "pm.Normal('y', own.scale('w'), 1)"),
        ("table = {'a': 2.0}", "pm.Normal('y', own.table['a'], 1)"),
    ],
)
def test_data_and_functions_of_another_file_are_no_variables(tmp_path, held, line):
    main = f"import pymc3 as pm\nimport own\n\nwith pm.Model() as m:\n    {line}\n"
    after = run(tmp_path, {"own.py": f"import numpy as np\nimport pymc3 as pm\n\n{held}\n", "main.py": main})
    assert "yield pm.Normal('y', " in after["main.py"][0] and not after["main.py"][1]


def test_beside_the_source_of_pymc3_itself(tmp_path):
    package = (
        "from .distributions import Normal\n\nHalfStudentT = None\n\n\ndef Bound(distribution, **limits):\n    pass\n"
    )
    main = """
    import pymc3 as pm

    with pm.Model():
        x = pm.Bound(pm.Normal, lower=0)('x', 0, sd=1)
        y = pm.HalfStudentT('y', nu=3, sd=1)
    """
    files = {"main.py": main, "pymc3/__init__.py": package, "pymc3/distributions.py": "class Normal:\n    pass\n"}
    text, findings = run(tmp_path, files, only=["main.py"])["main.py"]
    assert not findings and "x = yield" in text and "y = yield pm.HalfStudentT" in text
