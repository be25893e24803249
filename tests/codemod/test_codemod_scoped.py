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
