"""PyMC3's other functions of a model, step methods, inference objects, and attributes of models."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

MODEL = (
    "import arviz as az\nimport numpy as np\nimport pymc3 as pm\nfrom scipy import optimize\n\nwith pm.Model() as m:\n"
    "    a = pm.Normal('a', 0, 1)\n    b = pm.HalfNormal('b', 1)\n    y = pm.Normal('y', a, b, observed=data)\n"
)


def after(text: str, **options) -> str:
    """What follows the model of a program, in the block of which ``text`` stands."""
    result = migrate_source(MODEL + text, **options)
    assert result.references.migrated == result.references.total, result.findings
    assert not migrate_source(result.code).changed
    return result.code.split("m = build_m()\n")[1].strip("\n")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("pm.find_MAP()", "pm.find_MAP(m)"),
        ("pm.find_MAP(vars=[a, b], method='BFGS')", "pm.find_MAP(m, vars=['a', 'b'], method='BFGS')"),
        ("pm.find_MAP(point, [a])", "pm.find_MAP(m, start=point, vars=['a'])"),
        ("pm.find_MAP(fmin=optimize.fmin_powell, disp=True)", "pm.find_MAP(m, method='Powell')"),
        (
            "pm.find_MAP(progressbar=False, options={'gtol': 1})",
            "pm.find_MAP(m, progressbar=False, options={'gtol': 1})",
        ),
        ("pm.find_hessian(point, vars=[b])", "pm.find_hessian(point, vars=['b'], model=m)"),
        ("pm.find_hessian(point)", "pm.find_hessian(point, model=m)"),
        ("pm.find_hessian(point=point)", "pm.find_hessian(point, model=m)"),
        ("pm.tuning.guess_scaling(point)", "pm.guess_scaling(point, model=m)"),
        ("pm.sample_smc(100, n_steps=5)", "pm.sample_smc(100, n_steps=5, model=m)"),
        ("pm.sample_smc(draws=100, progressbar=False)", "pm.sample_smc(100, model=m)"),
        ("pm.step_methods.smc.sample_smc(100)", "pm.sample_smc(100, model=m)"),
        ("pm.fit()", "pm.fit(m, n=10000)"),
        ("pm.fit(method='fullrank_advi')", "pm.fit(m, method='fullrank_advi', n=10000)"),
        ("pm.fit(obj_n_mc=3)", "pm.fit(m, obj_n_mc=3)"),
        ("pm.fit(10, method='svgd')", "pm.fit(m, n=10, method='svgd')"),
        ("pm.fit(10, None, pm.ADVI())", "pm.fit(m, n=10, method=pm.ADVI(model=m))"),
        (
            "pm.fit(n=10, obj_optimizer=pm.adam(learning_rate=.1), callbacks=[pm.callbacks.Tracker(x=f)])",
            "pm.fit(m, n=10, obj_optimizer=pm.adam(learning_rate=.1), callbacks=[pm.callbacks.Tracker(x=f)])",
        ),
        ("pm.variational.inference.ADVI(start=point)", "pm.ADVI(start=point, model=m)"),
        ("pm.NFVI('planar*2', jitter=1)", "pm.NFVI('planar*2', jitter=1, model=m)"),
        ("pm.NormalizingFlow('scale-loc', model=m)", "pm.NormalizingFlow('scale-loc', model=m)"),
        ("pm.variational.approximations.NormalizingFlow(jitter=1)", "pm.NormalizingFlow(jitter=1, model=m)"),
        ("pm.step_methods.metropolis.Metropolis([a])", "pm.Metropolis(['a'], model=m)"),
        (
            "pm.Metropolis([a], proposal_dist=pm.CauchyProposal)",
            "pm.Metropolis(['a'], proposal_dist=pm.CauchyProposal, model=m)",
        ),
        ("pm.HamiltonianMC(path_length=1.)", "pm.HamiltonianMC(path_length=1., model=m)"),
        (
            "pm.CompoundStep([pm.Slice([a]), pm.NUTS([b])])",
            "pm.step_methods.CompoundStep([pm.Slice(['a'], model=m), pm.step_methods.NUTS(['b'], model=m)])",
        ),
        ("pm.init_nuts(chains=2)", "pm.init_nuts(chains=2, model=m)"),
        ("pm.iter_sample(10, step, start=point)", "pm.iter_sample(10, step, start=point, model=m)"),
        ("pm.model_to_graphviz()", "pm.model_to_graphviz(m)"),
        ("pm.model_to_graphviz(m)", "pm.model_to_graphviz(m)"),
    ],
)
def test_functions(before, expected):
    made = after(f"    x = {before}\n").removeprefix("x = ")
    assert " ".join(made.split()) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("x = m.logp(point)", "x = pm.density(m).logp(point)"),
        ("x = m.fastlogp", "x = pm.density(m).fastlogp"),
        ("x = m['a'].tag.test_value", "x = pm.density(m)['a'].tag.test_value"),
        ("x = m.a", "x = pm.density(m).a"),
        ("for v in m.free_RVs: print(v.name)", "for v in pm.density(m).free_RVs: print(v.name)"),
        ("m.check_test_point()", "pm.density(m).check_test_point()"),
        ("pm.find_MAP(model=m, vars=[m.a])", "pm.find_MAP(m, vars=[pm.density(m).a])"),
    ],
)
def test_attributes(before, expected):
    assert after(before + "\n") == expected


def test_draws_of_a_fit_are_a_trace():
    text = "    approx = pm.fit(10)\n    trace = approx.sample(5)\n    pm.traceplot(trace, varnames=[a])\n"
    assert after(text).endswith("trace = approx.sample(5)\naz.plot_trace(trace, var_names=['a'])")


@pytest.mark.parametrize(
    "statement",
    [
        "pm.find_MAP(*args)",
        "pm.find_MAP(**options)",
        "pm.find_MAP(fmin=search)",
        "pm.fit(10, local_rv=encoded)",
        "pm.fit(10, more_replacements=pairs)",
        "pm.FullRankADVI(local_rv=encoded)",
        "pm.sample_smc(10, epsilon=1.)",
        "pm.sample_smc(10, sum_stat='sorted')",
        "pm.sample_smc(10, homepath='x')",
        "pm.Metropolis(*variables)",
    ],
)
def test_refused_with_a_way_out(statement):
    result = migrate_source(MODEL + f"    x = {statement}\n")
    manual = [f for f in result.findings if f.confidence is Confidence.MANUAL]
    assert [f.code for f in manual] == ["PM320"] and "yield" not in result.code
    assert result.code.count("TODO(pm-migrate") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "x = find_MAP()",
        "x = other.sample_smc(10)",
        "x = {'find_MAP': 1}",
        "x = data.logp",
        "x = np.random.Metropolis",
        "x = fit(10)",
        "x = point['a']",
        "x = approx.sample(5)",
        "def find_hessian(point): return point",
        "x = slice(1)",
        "x = callbacks.Tracker(1)",
        "x = optimize.fmin_powell(f, 0)",
        "x = adam(learning_rate=1)",
        "x = 'pm.find_MAP()'",
        "x = [model for model in listed]",
        "x = m_logp(point)",
        "x = lambda model: model.logp(point)",
    ],
)
def test_what_is_not_pymc3s_stays(statement):
    assert after(statement + "\n") == statement


def test_nothing_of_it_is_in_pymc4_itself():
    for text in ("x = pm.find_MAP()", "x = pm.sample(step=pm.Metropolis())", "x = m.logp(point)"):
        result = migrate_source(MODEL + f"    {text}\n", runtime="upstream")
        assert "PyMC4 4.0a2" in " ".join(f.message for f in result.findings if f.confidence is Confidence.MANUAL)


def test_a_model_that_stays_keeps_its_functions():
    text = "    x = pm.find_MAP()\n    step = pm.Metropolis()\n    trace = pm.sample(10, step, thin=1)\n"
    result = migrate_source(MODEL + text)
    assert "x = pm.find_MAP()\n" in result.code and "step = pm.Metropolis()\n" in result.code
