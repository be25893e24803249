"""``--names scoped``: the model's name in front of its variables', and what reads results by name."""

from __future__ import annotations

import textwrap

import pytest

from pm_migrate import migrate_source
from pm_migrate.codemod.rules.scoping import EXAMPLE, RULE
from pm_migrate.codemod.safety import check_rewrite

HEAD = """\
import arviz as az
import pymc3 as pm

with pm.Model() as one:
    mu = pm.Normal('mu', 0, 1)
    pm.Deterministic("twice", mu * 2)
    pm.Normal('y', mu, 1, observed=data)
    trace = pm.sample(500, tune=500, chains=2)
"""


def after(line: str, head: str = HEAD) -> tuple[str, list[str]]:
    """What becomes of a line after the model, and the codes of what has to be reviewed."""
    result = migrate_source(head + line + "\n", names="scoped")
    assert not migrate_source(result.code, names="scoped").changed
    return result.code.splitlines()[-1], [f.code for f in result.findings if f.code == RULE.code]


def test_the_example() -> None:
    before = textwrap.dedent(EXAMPLE.before).lstrip()
    result = migrate_source(before, names="scoped")
    assert result.code == textwrap.dedent(EXAMPLE.after).lstrip()
    check_rewrite(before, result.code, lambda text: migrate_source(text, names="scoped"))


def test_pymc4_itself_names_so_without_being_told() -> None:
    code = migrate_source(HEAD, names="scoped", runtime="upstream").code
    assert "@pm.model\ndef one():\n" in code and "\none = one()\n" in code


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("print(trace['mu'])", "print(pm.draws(trace, 'one/mu'))"),
        ('print(trace["twice"])', 'print(pm.draws(trace, "one/twice"))'),
        ("pm.traceplot(trace, ['mu'])", "az.plot_trace(trace, var_names=['one/mu'])"),
        (
            "az.plot_forest(trace, var_names=['mu', '~twice'])",
            "az.plot_forest(trace, var_names=['one/mu', '~one/twice'])",
        ),
        ("az.summary(trace, var_names='mu')", "az.summary(trace, var_names='one/mu')"),
    ],
)
def test_what_reads_by_name(before: str, expected: str) -> None:
    line, left = after(before)
    assert (line, left) == (expected, [])


@pytest.mark.parametrize("line", ["table = az.summary(trace).loc['mu']", "plt.title('mu')", "d = {'mu': 1}"])
def test_other_texts_stay_and_are_reported_at_their_place(line: str) -> None:
    result = migrate_source(HEAD + line + "\n", names="scoped")
    assert result.code.splitlines()[-1] == line
    (finding,) = [f for f in result.findings if f.code == RULE.code]
    assert (finding.line, finding.column) == (9, line.index("'mu'"))


@pytest.mark.parametrize("line", ["plt.title('other')", "x = 'mu '", "d = {'one/mu': 1}", "# 'mu'"])
def test_texts_that_name_nothing_stay_in_silence(line: str) -> None:
    assert after(line) == (line, [])


def test_two_models_with_one_name() -> None:
    second = HEAD.split("\n", 3)[3].replace("one", "two").replace("trace", "other")
    line, left = after("print(trace['mu'], other['mu'])", f"{HEAD}\n{second}")
    assert (line, left) == ("print(pm.draws(trace, 'one/mu'), pm.draws(other, 'two/mu'))", [])
    line, left = after("az.plot_forest([trace, other], var_names=['mu'])", f"{HEAD}\n{second}")
    assert line.endswith("var_names=['mu'])") and left == [RULE.code]


def test_a_generator_that_uses_the_name_of_its_model() -> None:
    program = HEAD.replace("mu * 2", "mu * len(one)")
    code = migrate_source(program, names="scoped").code
    assert "@pm.model(name='one')\ndef build_one():\n" in code or "with pm.Model() as one:" in code


def test_generators_that_were_there_keep_their_names() -> None:
    program = (
        HEAD + "\nimport pm_migrate.pymc4 as pm4\n\n@pm4.model(name=None)\ndef build():\n    pass\n\n\nm = build()\n"
    )
    code = migrate_source(program, names="scoped").code
    assert "@pm4.model(name=None)\ndef build():" in code


def test_a_model_that_is_an_attribute_or_local() -> None:
    program = """\
    import pymc3 as pm

    class Fit:
        def run(self, data):
            with pm.Model() as self.model:
                pm.Normal('a', 0, 1, observed=data)
    """
    code = migrate_source(textwrap.dedent(program), names="scoped").code
    assert "@pm.model\n        def model():" in code and "self.model = model()" in code


COMPUTED = """\
import arviz as az
import pymc3 as pm

with pm.Model() as one:
    for i in range(3):
        pm.Normal('c%d' % i, 0, 1)
    mu = pm.Normal('mu', 0, 1)
    sd = pm.HalfNormal('sd', 1)
    trace = pm.sample(500, tune=500, chains=2)
"""


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("print([trace['c%d' % i] for i in range(3)])", "[pm.draws(trace, 'one/' + ('c%d' % i)) for i in range(3)]"),
        ("print(trace[f'c{k}'])", "pm.draws(trace, 'one/' + f'c{k}')"),
        ("print(trace['c{}'.format(k)])", "pm.draws(trace, 'one/' + 'c{}'.format(k))"),
        ("print(trace['c0'])", "pm.draws(trace, 'one/c0')"),
        ("for n in ['mu', 'sd']: print(trace[n])", "for n in ['mu', 'sd']: print(pm.draws(trace, 'one/' + n))"),
        ("az.summary(trace, ['c0', 'mu'])", "az.summary(trace, ['one/c0', 'one/mu'])"),
    ],
)
def test_names_that_are_computed(before: str, expected: str) -> None:
    line, left = after(before, COMPUTED)
    assert expected in line and left == []


@pytest.mark.parametrize("name", ["name", "names[0]", "names"])
def test_names_that_may_be_anything_are_reported(name: str) -> None:
    head = COMPUTED.replace("chains=2", "chains=2, return_inferencedata=True")
    line, left = after(f"print(trace.posterior[{name}])", head)
    assert line == f"print(trace.posterior[{name}])" and left == [RULE.code]


def test_a_list_of_names_that_only_plots_take() -> None:
    code = migrate_source(COMPUTED + "names = ['mu', 'sd']\npm.traceplot(trace, names)\n", names="scoped").code
    assert "names = ['one/mu', 'one/sd']\n" in code
    code = migrate_source(
        COMPUTED + "names = ['mu', 'sd']\npm.traceplot(trace, names)\nprint(names)\n", names="scoped"
    ).code
    assert "names = ['mu', 'sd']\n" in code


def test_variables_as_attributes_of_a_group() -> None:
    head = COMPUTED.replace("chains=2", "chains=2, return_inferencedata=True")
    line, left = after("print(trace.posterior.mu.mean(), trace.posterior.mean())", head)
    assert line == "print(trace.posterior['one/mu'].mean(), trace.posterior.mean())" and left == []


def test_a_class_of_models_with_two_objects_keeps_its_name() -> None:
    program = """\
    import pymc3 as pm

    class Coin(pm.Model):
        def __init__(self, flips, name='', model=None):
            super().__init__(name, model)
            p = pm.Beta('p', 1, 1)
            pm.Bernoulli('flips', p, observed=flips)

    one = Coin(data)
    two = Coin(more)
    """
    code = migrate_source(textwrap.dedent(program), names="scoped").code
    assert "one = Coin(data)" in code and "two = Coin(more)" in code and "def Coin(flips):" in code
