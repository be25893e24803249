"""Names of PyMC3 before 3.9: rewritten where they only changed, and otherwise explained."""

from __future__ import annotations

import operator
import re

import pytest

from pm_migrate.catalog.exports import PYMC3_NAMES
from pm_migrate.catalog.older import GONE, OF_MATH, RENAMED, REPLACED, advice
from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

PROGRAM = """import pymc3 as pm

with pm.Model() as model:
    mu = pm.Normal('mu', 0, 1)
    pm.Normal('y', mu, 1, observed=[1.0, 2.0])
    trace = pm.sample(500, tune=500, chains=2)
    {}
"""


#: What generator models have again.
CRITERIA = {"bpic", "dic"}
STATISTICS = {"geweke", "mc_error", "quantiles"}


@pytest.mark.parametrize("name", sorted(GONE.keys() - CRITERIA - STATISTICS))
def test_what_is_gone_is_a_finding_with_the_way_out(name: str) -> None:
    assert name not in PYMC3_NAMES and advice(name)
    result = migrate_source(PROGRAM.format(f"print(pm.{name}(trace))"))
    (finding,) = [f for f in result.findings if f.code in ("PM310", "PM901")]
    assert finding.code == "PM310" and finding.message.endswith(f" has no rule: {GONE[name]}"), finding


@pytest.mark.parametrize(
    ("use", "name"),
    [
        ("pm.backends.sqlite.load('out')", "backends.sqlite"),
        ("pm.step_methods.sgmcmc.CSG()", "step_methods.sgmcmc"),
        ("pm.variational.advi(n=10)", "advi"),
    ],
)
def test_it_is_known_by_its_module_too(use: str, name: str) -> None:
    result = migrate_source(PROGRAM.format(use))
    assert next(f.message for f in result.findings if f.code == "PM310").endswith(GONE[name])
    assert result.references.unknown == 0


@pytest.mark.parametrize("name", sorted(CRITERIA))
def test_criteria_of_old_releases_are_those_of_generator_models(name: str) -> None:
    assert name not in PYMC3_NAMES and name in GONE
    for call in (f"pm.{name}(trace)", f"pm.{name}(trace, model)", f"pm.stats.{name}(model=model, trace=trace)"):
        result = migrate_source(PROGRAM.format(f"print({call})"))
        assert f"pm.{name}(trace, model=model)" in result.code and result.references.todo == 0
        alone = PROGRAM.format("pass") + f"\n\ndef criterion(trace):\n    return {call.replace('model=model, ', '')}\n"
        found = migrate_source(alone.replace("(trace, model)", "(trace)")).findings
        assert [f.message for f in found if f.confidence is Confidence.MANUAL] == [
            "which model this draws from cannot be seen: give it as `model=`"
        ]


@pytest.mark.parametrize("name", sorted(STATISTICS))
def test_statistics_of_old_releases_are_those_of_generator_models(name: str) -> None:
    assert name not in PYMC3_NAMES and name in GONE
    module = "diagnostics" if name == "geweke" else "stats"
    for form in (f"pm.{name}", f"pm.{module}.{name}"):
        result = migrate_source(PROGRAM.format(f"print({form}(trace, vars=['mu']))"))
        assert f"print(pm.{name}(trace, vars=['mu']))" in result.code and "return_inferencedata=False" in result.code
        result = migrate_source(PROGRAM.format(f"print({form}(trace['mu']))"))
        assert f"print(pm.{name}(pm.draws(trace, 'mu')))" in result.code and result.references.todo == 0


@pytest.mark.parametrize("form", ["pm.sample_ppc_w", "pm.sampling.sample_ppc_w"])
def test_renamed_functions_are_those_of_today(form: str) -> None:
    call = "([trace], 100, [model])"
    old, new = (migrate_source(PROGRAM.format(f + call)) for f in (form, "pm.sample_posterior_predictive_w"))
    assert old.code == new.code and old.references.todo == old.references.unknown == 0
    imported = PROGRAM.replace("pm\n", "pm\nfrom pymc3 import sample_ppc_w\n", 1).format("sample_ppc_w" + call)
    assert "sample_posterior_predictive_w([trace]" in migrate_source(imported).code


def test_every_new_name_is_one() -> None:
    assert set(RENAMED.values()) <= PYMC3_NAMES


@pytest.mark.parametrize(
    "use", ["quantiles = sorted\n    print(quantiles([1]))", "trace.quantiles = 3", "print('pm.dic')"]
)
def test_other_things_of_these_names_are_none_of_ours(use: str) -> None:
    result = migrate_source(PROGRAM.format(use))
    assert not [f for f in result.findings if "has no rule" in f.message]


def test_the_drop_in_has_the_renamed_and_says_what_takes_the_place_of_the_others() -> None:
    pm = pytest.importorskip("pm_migrate.shims", reason="needs the runtime")
    assert pm.sample_ppc_w is pm.sample_posterior_predictive_w
    with pytest.raises(AttributeError, match=r"no attribute 'dic': PyMC3 dropped it .* az\.loo"):
        pm.dic  # noqa: B018
    for name in ("nothing", "stats.nothing", "plots.nothing", "backends.nothing", "sampling.nothing"):
        with pytest.raises(AttributeError, match=r"no attribute 'nothing'$"):
            operator.attrgetter(name)(pm)


@pytest.mark.parametrize("name", sorted(REPLACED))
def test_the_drop_in_names_what_went_on_under_another_name(name: str) -> None:
    pm = pytest.importorskip("pm_migrate.shims", reason="needs the runtime")
    holder = pm.step_methods if name == "smc" else pm
    with pytest.raises(AttributeError, match=rf"no attribute '{name}': {re.escape(REPLACED[name])}$"):
        getattr(holder, name)
    for new in re.findall(r"pm\.(\w+)", REPLACED[name]):
        assert getattr(pm, new)


@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("stats.hpd", "pm.hdi"),
        ("stats.dic", "az.loo"),
        ("plots.plot_joint", "pm.plot_pair"),
        ("sampling.sample_ppc", "pm.sample_posterior_predictive"),
        ("step_methods.SGFS", "pm.Minibatch"),
        ("backends.SQLite", "trace.to_netcdf"),
        ("backends.hdf5", "az.from_netcdf"),
    ],
)
def test_the_modules_of_the_drop_in_do_too(name: str, new: str) -> None:
    pm = pytest.importorskip("pm_migrate.shims", reason="needs the runtime")
    with pytest.raises(AttributeError, match=new):
        operator.attrgetter(name)(pm)


def sampled(call: str, **options: bool) -> tuple[str, list[str]]:
    """What becomes of the sampling call of the program, and what is left to a person."""
    result = migrate_source(PROGRAM.replace("pm.sample(500, tune=500, chains=2)", call).format("pass"), **options)
    (line,) = [line.strip() for line in result.code.splitlines() if "trace = pm.sample" in line]
    return line, [f.message for f in result.findings if f.confidence is Confidence.MANUAL]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("pm.sample(9, step=pm.SMC())", "9, chains=1, model=model"),
        ("pm.sample(9, pm.SMC())", "9, chains=1, model=model"),
        ("pm.sample(step=pm.step_methods.smc.SMC())", "1000, chains=1, model=model"),
        ("pm.sample(n, step=pm.SMC(n_steps=5, threshold=t))", "n, n_steps=5, threshold=t, chains=1, model=model"),
        (
            "pm.sample(9, step=pm.SMC(), chains=100, tune=7, cores=4, progressbar=False, random_seed=3)",
            "9, chains=1, random_seed=3, model=model",
        ),
    ],
)
def test_sequential_monte_carlo_was_a_step_method(before: str, expected: str) -> None:
    assert sampled(before) == (f"trace = pm.sample_smc({expected})", [])


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("pm.sample(9, step=pm.SMC(p_acc_rate=0.9))", "p_acc_rate"),
        ("pm.sample(9, step=pm.SMC(**options))", "options"),
        ("pm.sample(9, step=pm.SMC([mu]))", "[mu]"),
        ("pm.sample(9, step=pm.SMC(), start=points)", "start="),
        ("pm.sample(9, step=pm.SMC(), trace=[mu])", "trace="),
        ("pm.sample(9, step=[pm.SMC()])", "pm.SMC has no rule"),
        ("pm.sample(9, **dict(step=pm.SMC()))", "pm.SMC has no rule"),
        ("pm.sample_smc(samples=9, chains=100)", "another algorithm"),
        ("pm.sample_smc(n_steps=9, n_chains=100)", "another algorithm"),
    ],
)
def test_other_sequential_monte_carlo_is_left(before: str, why: str) -> None:
    line, messages = sampled(before)
    assert line == f"trace = {before}" and why in " ".join(messages)


def test_a_trace_of_sequential_monte_carlo_stays_a_multitrace() -> None:
    text = PROGRAM.replace("pm.sample(500, tune=500, chains=2)", "pm.sample(9, step=pm.SMC())")
    result = migrate_source(text.format("print(trace['mu'], trace.report)"))
    assert "print(trace['mu'], trace.report)" in result.code and result.references.todo == 0
    assert any("pm.sample_smc" in f.message and f.confidence is Confidence.REVIEW for f in result.findings)


@pytest.mark.parametrize("read", ["model.marginal_likelihood", "[model][0].marginal_likelihood"])
def test_the_marginal_likelihood_is_the_traces(read: str) -> None:
    result = migrate_source(PROGRAM.format(f"print({read})"))
    assert any(f.code == "PM208" and "log_marginal_likelihood" in f.message for f in result.findings)
    other = migrate_source(PROGRAM.format("print(trace.marginal_likelihood, marginal_likelihood)"))
    assert not any("log_marginal_likelihood" in f.message for f in other.findings)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("9, tune=9, nchains=2", "num_samples=9, burn_in=9, num_chains=2"),
        ("9, tune=9, chains=2, live_plot=True, skip_first=1", "num_samples=9, burn_in=9, num_chains=2"),
        ("9, tune=9, chains=2, refresh_every=3, roll_over=4", "num_samples=9, burn_in=9, num_chains=2"),
        ("tune=9, chains=2, samples=5", "num_samples=1000, burn_in=9, num_chains=2"),
    ],
)
def test_arguments_of_older_releases(arguments: str, expected: str) -> None:
    assert sampled(f"pm.sample({arguments})") == (f"trace = pm.sample(model, {expected})", [])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [("9, nchains=2, chains=3", "nchains="), ("9, thin=2", "thin="), ("9, path_length=2", "path_length=")],
)
def test_arguments_that_no_release_took_are_left(arguments: str, why: str) -> None:
    line, messages = sampled(f"pm.sample({arguments})")
    assert line == f"trace = pm.sample({arguments})" and why in " ".join(messages)


def test_what_older_releases_passed_over_is_marked() -> None:
    assert "samples=5" in sampled("pm.sample(9, samples=5)", safe_only=True)[0]
    text = PROGRAM.replace("chains=2", "chains=2, samples=5").format("pass")
    assert any("draws=" in f.message and f.confidence is Confidence.REVIEW for f in migrate_source(text).findings)


@pytest.mark.parametrize("home", ["posteriorplot.", "plots.posteriorplot.", "plots.", ""])
def test_plots_are_known_by_their_old_modules(home: str) -> None:
    result = migrate_source(PROGRAM.format(f"pm.{home}plot_posterior(trace, varnames=['mu'])"))
    assert "az.plot_posterior(trace, var_names=['mu'])" in result.code and result.references.todo == 0


LISTED = """from collections import OrderedDict
import pymc3 as pm

def fit():
    models = {}
    for k in range(3):
        with pm.Model() as models[k]:
            pm.Normal('mu', 0, k + 1)
    return models

models = fit()
print(models[1].test_point)
"""


@pytest.mark.parametrize("made", ["OrderedDict()", "dict()", "{}"])
def test_models_in_a_dictionary_are_models(made: str) -> None:
    result = migrate_source(LISTED.replace("{}", made))
    assert "pm.density(models[1]).test_point" in result.code and result.references.todo == 0


@pytest.mark.parametrize("made", ["OrderedDict(others)", "OrderedDict(a=1)", "load()", "Ordered()"])
def test_models_among_other_things_are_not_certain(made: str) -> None:
    result = migrate_source(LISTED.replace("{}", made))
    assert any(f.code == "PM208" and "may or may not be" in f.message for f in result.findings)


@pytest.mark.parametrize(
    "use", ["show(models)", "fixed(models=models)", "show([models[1]])", "widgets.show(1, models)"]
)
def test_models_that_are_passed_on_in_a_container_are_marked(use: str) -> None:
    findings = migrate_source(LISTED + use + "\n").findings
    assert any(f.confidence is Confidence.REVIEW and "which holds generator models now" in f.message for f in findings)


@pytest.mark.parametrize(
    "use",
    [
        "print(models)",
        "len(models)",
        "others = {}\nothers.update({1: models[1]})",
        "show(len(models))",
        "list(models)",
        "def show(m):\n    print(m)\nshow(models)",
        "show(names)",
    ],
)
def test_other_uses_of_the_container_are_not(use: str) -> None:
    findings = migrate_source(LISTED + use + "\n").findings
    assert not any("which holds generator models now" in f.message for f in findings)


def test_functions_that_the_first_releases_had_at_the_top_too() -> None:
    assert not OF_MATH & PYMC3_NAMES
    old, new = (
        PROGRAM.format(f"pm.Deterministic('d', {m}.switch(mu > 0, {m}.exp(mu), {m}.dot([1.0], mu)))")
        for m in ("pm", "pm.math")
    )
    text = migrate_source(new).code
    assert migrate_source(old).code == text and "yield" in text
    imported = old.replace("pm\n", "pm\nfrom pymc3 import switch, exp, dot\n", 1).replace("pm.switch", "switch")
    assert migrate_source(imported.replace("pm.exp", "exp").replace("pm.dot", "dot")).code == text


@pytest.mark.parametrize("name", sorted(OF_MATH))
def test_each_of_them_is_known(name: str) -> None:
    for form in (f"pm.{name}", f"pm.math.{name}"):
        result = migrate_source(PROGRAM.format(f"print({form})"))
        assert not [f for f in result.findings if f.code == "PM901"], form


def test_a_star_gives_none_of_them() -> None:
    star = PROGRAM.replace("import pymc3 as pm", "from pymc3 import *").replace("pm.", "")
    assert "Deterministic('d', sum([mu, mu]))" in migrate_source(star.format("Deterministic('d', sum([mu, mu]))")).code
