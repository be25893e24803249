"""Conversions of results, tables, old names of ArviZ, and variables that are read outside of their model."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

MODEL = (
    "import arviz as az\nimport numpy as np\nimport pymc3 as pm\n\nwith pm.Model() as m:\n"
    "    a = pm.HalfNormal('a', 1)\n    b = pm.Normal('b', a, 1, shape=2)\n    c = 2 * a\n"
    "    y = pm.Normal('y', a, 1, observed=data)\n"
)
SAMPLED = "trace = pm.sample(m, num_samples=10, burn_in=10, num_chains=2)"
TRACE = MODEL + "    trace = pm.sample(10, tune=10, chains=2)\n"


def use(text: str, **options) -> str:
    """What becomes of statements that follow a sampling call."""
    result = migrate_source(TRACE + text + "\n", **options)
    assert result.references.migrated == result.references.total, result.findings
    assert not migrate_source(result.code).changed
    return result.code.split("m = build_m()\n")[1].strip("\n").split("\n", 1)[1].strip("\n")


def findings(text: str, confidence: Confidence) -> list[str]:
    return [f.code for f in migrate_source(TRACE + text + "\n").findings if f.confidence is confidence]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("x = az.from_pymc3(trace)", "x = trace"),
        ("x = az.from_pymc3(trace=trace, model=m)", "x = trace"),
        ("trace = az.from_pymc3(trace, model=m)\nx = trace", "x = trace"),
        ("trace = az.from_pymc3(trace)  # joined\nx = trace", "trace = trace  # joined\nx = trace"),
        ("if big:\n    trace = az.from_pymc3(trace)", "if big:\n    trace = trace"),
        ("a = trace = az.from_pymc3(trace)", "a = trace = trace"),
        ("trace = [az.from_pymc3(trace)]", "trace = [trace]"),
        (
            "ppc = pm.sample_posterior_predictive(trace, model=m)\nx = az.from_pymc3(trace, posterior_predictive=ppc)",
            "ppc = pm.sample_posterior_predictive(m, trace)\nx = trace",
        ),
        (
            "ppc = pm.sample_posterior_predictive(trace[5:], model=m)\n"
            "x = az.from_pymc3(trace, posterior_predictive=ppc)",
            "ppc = pm.sample_posterior_predictive(m, trace.isel(draw=slice(5, None)))\n"
            "x = pm.to_inference_data(trace, posterior_predictive=ppc)",
        ),
        (
            "x = az.from_pymc3(trace, coords={'k': [1, 2]}, dims={'b': ['k']}, model=m)",
            "x = pm.to_inference_data(trace, coords={'k': [1, 2]}, dims={'b': ['k']}, model=m)",
        ),
        (
            "prior = pm.sample_prior_predictive(5, model=m)\nx = az.from_pymc3(prior=prior, trace=trace)",
            "prior = pm.sample_prior_predictive(m, sample_shape=5)\nx = pm.to_inference_data(prior=prior, trace=trace)",
        ),
        ("last = trace[-1]\nx = az.from_pymc3(trace)", "last = trace[-1]\nx = pm.to_inference_data(trace)"),
        (
            "x = az.from_pymc3_predictions(pm.sample_posterior_predictive(trace, model=m, keep_size=True), model=m)",
            "x = pm.predictions_to_inference_data("
            "pm.sample_posterior_predictive(m, trace, keep_size=True, return_inferencedata=False), model=m)",
        ),
        ("x = az.from_pymc3(load())", "x = az.from_pymc3(load())"),
        ("x = az.from_dict({'a': 1})", "x = az.from_dict({'a': 1})"),
    ],
)
def test_conversions(before, expected):
    assert "".join(use(before).split()) == "".join(expected.split())


def test_the_log_likelihood_is_kept_for_what_is_converted():
    assert "include_log_likelihood" in migrate_source(TRACE + "x = az.from_pymc3(trace)\naz.loo(x)\n").code
    assert "include_log_likelihood" in migrate_source(TRACE + "x = {'m': load(trace['a'])}\naz.compare(x)\n").code
    assert "include_log_likelihood" not in migrate_source(TRACE + "az.loo(trace)\nlast = trace[-1]\n").code
    assert "include_log_likelihood" not in migrate_source(TRACE + "az.summary(trace)\n").code


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("x = pm.trace_to_dataframe(trace)", "x = pm.trace_to_dataframe(trace)"),
        (
            "x = pm.trace_to_dataframe(trace, varnames=[a, 'b'])",
            "x = pm.trace_to_dataframe(trace, varnames=['a', 'b'])",
        ),
        ("x = pm.trace_to_dataframe(trace[5:])", "x = pm.trace_to_dataframe(trace[5:])"),
        ("pm.save_trace(trace, 'there', overwrite=True)", "pm.save_trace(trace, 'there', overwrite=True)"),
        ("pm.backends.ndarray.save_trace(trace)", "pm.save_trace(trace)"),
        ("pm.plot_posterior_predictive_glm(trace, samples=5)", "pm.plot_posterior_predictive_glm(trace, samples=5)"),
    ],
)
def test_tables(before, expected):
    code = migrate_source(TRACE + before + "\n").code
    assert code.endswith(f"{SAMPLED[:-1]}, return_inferencedata=False)\n{expected}\n")
    assert "yield" not in migrate_source(TRACE + before + "\n", runtime="upstream").code


def test_a_loaded_trace_is_a_multitrace():
    text = "with m:\n    old = pm.load_trace('there')\nprint(old[a], old[-1], old['b'])"
    assert use(text).endswith("print(old['a'], old[-1], old['b'])")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("az.plot_hpd(x, draws)", "az.plot_hdi(x, draws)"),
        ("az.hpd(x, credible_interval=0.9)", "az.hdi(x, hdi_prob=0.9)"),
        ("az.plot_forest(trace, credible_interval=0.9)", "az.plot_forest(trace, hdi_prob=0.9)"),
        ("pm.compareplot(table)", "az.plot_compare(table)"),
        ("pm.diagnostics.gelman_rubin(trace)", "az.rhat(trace)"),
        ("pm.plots.densityplot(trace)", "az.plot_density(trace)"),
        ("pm.stats.autocorr(trace['a'])", "az.autocorr(pm.draws(trace, 'a'))"),
        ("pm.traceplot(trace, [a, b])", "az.plot_trace(trace, var_names=['a', 'b'])"),
        ("pm.forestplot(trace, ['a'], combined=True)", "az.plot_forest(trace, var_names=['a'], combined=True)"),
        ("x = ['a', 'b']\npm.forestplot(trace, x)", "x = ['a', 'b']\naz.plot_forest(trace, var_names=x)"),
        ("x = [a, b]\npm.forestplot(trace, x)", "x = ['a', 'b']\naz.plot_forest(trace, var_names=x)"),
        ("x = [a, b]\npm.traceplot(trace, x)", "x = ['a', 'b']\naz.plot_trace(trace, x)"),
        ("x = ['a']\npm.traceplot(trace, x)", "x = ['a']\naz.plot_trace(trace, x)"),
        ("pm.forestplot(trace, b, r_hat=True)", "az.plot_forest(trace, var_names=['b'], r_hat=True)"),
        ("pm.pairplot(trace, ['a'] + ['b'])", "az.plot_pair(trace, var_names=['a'] + ['b'])"),
        ("pm.forestplot(trace, 'ridgeplot')", "az.plot_forest(trace, 'ridgeplot')"),
        ("pm.forestplot(trace, kind=how)", "az.plot_forest(trace, kind=how)"),
        ("pm.energyplot(trace, kind)", "az.plot_energy(trace, kind)"),
        ("pm.forestplot(trace, given)", "az.plot_forest(trace, var_names=given)"),
        ("pm.forestplot(trace, rhat=False)", "az.plot_forest(trace, r_hat=False)"),
        (
            "pm.plot_posterior(draws, alpha_level=0.1, text_size=9)",
            "az.plot_posterior(draws, hdi_prob=0.9, textsize=9)",
        ),
        ("pm.plot_posterior(draws, color='g')", "az.plot_posterior(draws, color='g')"),
        ("pm.hpd(draws, 0.05)", "az.hdi(draws, hdi_prob=0.95)"),
        ("pm.hpd(draws, 0.9)", "az.hdi(draws, hdi_prob=0.9)"),
        ("pm.hpd(draws, alpha=1 - .9)", "az.hdi(draws, hdi_prob=1 - (1 - .9))"),
        ("pm.compare({m: trace}, ic='WAIC')", "az.compare({'m': trace}, ic='WAIC')"),
        ("pm.compare([trace], [m], ic='WAIC')", "az.compare({'m': trace}, ic='WAIC', scale='deviance')"),
        ("pm.compare([trace], [m], 'LOO')", "az.compare({'m': trace}, 'LOO', scale='deviance')"),
        ("pm.compare([trace], [m], ic='loo', scale='log')", "az.compare({'m': trace}, ic='loo', scale='log')"),
        ("pm.compare([trace], [m])", "az.compare({'m': trace}, ic='waic', scale='deviance')"),
        ("pm.compare({'m': trace})", "az.compare({'m': trace})"),
        ("pm.compare(traces=[trace], models=[m])", "az.compare({'m': trace}, ic='waic', scale='deviance')"),
        (
            "pm.compare(ic='WAIC', models=[m], traces=[trace])",
            "az.compare({'m': trace}, ic='WAIC', scale='deviance')",
        ),
        ("pm.compare([trace], models=[m], ic='WAIC')", "az.compare({'m': trace}, ic='WAIC', scale='deviance')"),
        ("pm.compare(model_dict={m: trace}, ic='WAIC')", "az.compare(compare_dict={'m': trace}, ic='WAIC')"),
        ("pm.compare({n: t for n, t in d.items()})", "az.compare({n: t for n, t in d.items()})"),
        ("d = {'m': trace}\npm.compare(d)", "d = {'m': trace}\naz.compare(d)"),
        ("d = {}\nd['m'] = trace\npm.compare(d)", "d = {}\nd['m'] = trace\naz.compare(d)"),
        ("pm.compare(dataset_dict=d)", "az.compare(compare_dict=d)"),
        ("pm.compare(d, 'WAIC')", "az.compare(d, 'WAIC')"),
        (
            "t = pm.compare([trace], [m])\nt.loc[:, 'n'] = n",
            "t = az.compare({0: trace}, ic='waic', scale='deviance')\nt.loc[:, 'n'] = n",
        ),
        ("t = pm.compare({m: trace})\nt['n'] = n", "t = az.compare({0: trace})\nt['n'] = n"),
        ("t = pm.compare({'m': trace})\nt['n'] = n", "t = az.compare({'m': trace})\nt['n'] = n"),
        ("t = pm.compare({m: trace})\nprint(t.head())", "t = az.compare({'m': trace})\nprint(t.head())"),
        (
            "known = {m: trace}\npm.compare(known, ic='loo')",
            "known = {m: trace}\naz.compare(dict(enumerate(known.values())), ic='loo')",
        ),
        (
            "ms = [m]\nknown = dict(zip(ms, [trace]))\npm.compare(model_dict=known)",
            "ms = [m]\nknown = dict(zip(ms, [trace]))\naz.compare(compare_dict=dict(enumerate(known.values())))",
        ),
        (
            "pm.compare({k: trace for k in [m]})",
            "az.compare(dict(enumerate({k: trace for k in [m]}.values())))",
        ),
        ("known = {'m': trace}\npm.compare(known)", "known = {'m': trace}\naz.compare(known)"),
        ("known = dict(zip('m', [trace]))\npm.compare(known)", "known = dict(zip('m', [trace]))\naz.compare(known)"),
        ("known = dict(m=trace)\npm.compare(known)", "known = dict(m=trace)\naz.compare(known)"),
        ("pm.compare({k: trace for k in 'm'})", "az.compare({k: trace for k in 'm'})"),
        ("known = load()\npm.compare(known)", "known = load()\naz.compare(known)"),
        (
            "m.name = 'flat'\nknown = dict(zip([m], [trace]))\npm.compare(known)",
            "known = dict(zip([m], [trace]))\naz.compare(dict(zip(['flat'], known.values())))",
        ),
        ("pm.compareplot(table, dse=False)", "az.plot_compare(table, plot_ic_diff=False)"),
        ("pm.forestplot([trace], models=['m'])", "az.plot_forest([trace], model_names=['m'])"),
        ("pm.densityplot([trace], models=['m'])", "az.plot_density([trace], data_labels=['m'])"),
        ("pm.plot_posterior(trace, kde_plot=True)", "az.plot_posterior(trace, kind='kde')"),
        ("pm.plot_posterior(trace, kde_plot=False, color='g')", "az.plot_posterior(trace, kind='hist', color='g')"),
        ("pm.plot_posterior(draws, roundto=2)", "az.plot_posterior(draws, round_to=2)"),
        ("pm.summary(trace, roundto=2)", "az.summary(trace, round_to=2)"),
        ("pm.pairplot(trace, kwargs_divergence=k)", "az.plot_pair(trace, divergences_kwargs=k)"),
        ("az.plot_posterior(trace, kind='hist')", "az.plot_posterior(trace, kind='hist')"),
        ("pm.traceplot(trace=trace)", "az.plot_trace(data=trace)"),
        ("pm.forestplot(trace_obj=trace)", "az.plot_forest(data=trace)"),
        ("pm.hpd(x=draws)", "az.hdi(ary=draws)"),
        ("az.plot_forest(trace, model_names=['m'])", "az.plot_forest(trace, model_names=['m'])"),
        ("show(trace=draws, models=['m'])", "show(trace=draws, models=['m'])"),
        (
            "pm.traceplot(trace, lines={k: v['mean'] for k, v in rows if v})",
            "az.plot_trace(trace, lines=[(k, {}, v['mean']) for k, v in rows if v])",
        ),
        (
            "pm.traceplot(trace, lines=dict(a=1))",
            "az.plot_trace(trace, lines=[(k, {}, v) for k, v in dict(a=1).items()])",
        ),
        (
            "known = {'a': 1}\npm.traceplot(trace, lines=known)",
            "known = {'a': 1}\naz.plot_trace(trace, lines=[(k, {}, v) for k, v in known.items()])",
        ),
        ("pm.traceplot(trace, lines=known)", "az.plot_trace(trace, lines=known)"),
        (
            "known = [('a', {}, 1)]\npm.traceplot(trace, lines=known)",
            "known = [('a', {}, 1)]\naz.plot_trace(trace, lines=known)",
        ),
        ("pm.forestplot(trace, ylabels=names, vline=0, xlim=[0, 1])", "az.plot_forest(trace)"),
        ("pm.forestplot(trace, main='m', varnames=['a'])", "az.plot_forest(trace, var_names=['a'])"),
        ("pm.forestplot(trace, ylabels=draw())", "az.plot_forest(trace, ylabels=draw())"),
        ("pm.forestplot(trace, quartiles=False)", "az.plot_forest(trace, quartiles=False)"),
        ("az.plot_forest(trace, ylabels=names)", "az.plot_forest(trace, ylabels=names)"),
        ("pm.traceplot(trace, ax=axes, bw=2, combined=True)", "az.plot_trace(trace, axes=axes, combined=True)"),
        ("pm.traceplot(trace, priors=p)", "az.plot_trace(trace, priors=p)"),
        ("pm.traceplot(trace, skip_first=5)", "az.plot_trace(trace, skip_first=5)"),
        (
            "pm.densityplot(traces, alpha=0.1, hpd_markers='o')",
            "az.plot_density(traces, hdi_prob=0.9, hdi_markers='o')",
        ),
        ("pm.plot_posterior(draws, 3)", "az.plot_posterior(draws, 3)"),
        ("pm.kdeplot(draws, [1, 2])", "az.plot_kde(draws, [1, 2])"),
        ("ax.plot_hpd(x)", "ax.plot_hpd(x)"),
        ("hpd = az.hdi(x)", "hpd = az.hdi(x)"),
        ("show(x, credible_interval=0.9)", "show(x, credible_interval=0.9)"),
    ],
)
def test_names_of_arviz(before, expected):
    assert use(before) == expected


@pytest.mark.parametrize(
    "text",
    [
        "pm.traceplot(trace, priors=p)",
        "pm.plot_posterior(trace, kde_plot=smooth)",
        "pm.kdeplot(draws, shade=0.5)",
        "pm.forestplot(trace, xlim=[0, 1])",
        "pm.forestplot(trace, ylabels=draw())",
        "pm.summary(trace)['mc_error']",
        "pm.forestplot(trace, given)",
        "pm.forestplot([trace, trace], ['first', 'second'])",
        "pm.compare({m: trace})",
        "pm.compare({m: trace}, round_to=2)",
        "pm.waic(trace, m).WAIC",
        "pm.waic(trace, m, pointwise=True).WAIC_i",
        "w = pm.loo(trace, m)\nprint(w.LOO_se)",
        "pm.waic(trace, m)[0]",
        "table.loc['m', ['waic', 'se']] = pm.waic(trace, m)[:2]",
        "pm.hpd(draws, 0.05)",
        "pm.hpd(draws, alpha=0.1)",
        "pm.bfmi(trace)",
        "pm.df_summary(trace, alpha=0.1)",
        "pm.compare({'m': trace})",
        "pm.compare({'m': trace}, method='stacking')",
        "pm.compare({'m': trace}, ic='WAIC')",
        "t = pm.df_summary(trace)\nprint(t[['mean', 'hpd_2.5']])",
        "t = az.summary(trace)\nprint(t[['mean', 'hpd_2.5%']])",
        "x = pm.summary(trace)['hpd_97%']",
        "x = pm.summary(trace).mc_error",
        "t = pm.summary(trace)\nx = t.loc['a__0', 'mean']",
        "t = pm.summary(trace)\nx = t[t.index.str.startswith('a__')]",
        "t = pm.summary(trace).round(2)\nx = t.loc[['a__%d' % i for i in range(3)]]",
        "t = pm.summary(trace)\nx = t.loc[f'a__{i}']",
        "t = pm.summary(trace)\nx = 'a__1' in t.index",
        "x = pm.summary(trace, varnames=['a']).loc['a', 'mean']",
        "t = pm.summary(trace, varnames=['a'])\nx = t.values",
        "t = pm.summary(trace)\nprint(t)\nuse(t)\npm.sample_ppc(trace, 5, m)",
        "t = pm.compare({'m': trace}, ic='waic')\nt.sort_values('WAIC')",
        "t = pm.compare({'m': trace}, ic='loo')\nt[['LOO', 'pLOO']]",
        "pm.traceplot(trace, varnames=['x', 'x_log__'])",
        "pm.traceplot(trace, ['x_log__'])",
        "pm.plot_posterior(trace, var_names='x_log__')",
    ],
)
def test_what_only_pymc3_had_is_marked(text):
    assert "PM304" in findings(text, Confidence.REVIEW)


@pytest.mark.parametrize(
    "text",
    [
        "pm.hpd(draws, mass)",
        "pm.forestplot(trace, given, 0.1)",
        "pm.compare([trace, trace], ms)",
        "pm.compare([trace])",
        "d = {m: trace, 'm': trace}\npm.compare(d)",
        "d = {}\nd[m] = trace\npm.compare(d, ic='LOO')",
    ],
)
def test_what_may_mean_two_things_is_refused(text):
    assert findings(text, Confidence.MANUAL) == ["PM304"]


@pytest.mark.parametrize(
    "text",
    [
        "az.plot_trace(trace)",
        "pm.summary(trace)['mean']",
        "pm.summary(trace, varnames=['a'])",
        "t = pm.summary(trace, varnames=['a']).round(2)\nprint(t)\nt",
        "t = pm.summary(trace)\nx = t.loc['a', 'sd'] * 2",
        "t = pm.summary(trace)\nx = t.loc['a[0]']",
        "x = other.loc['a__0'], pm.summary(trace)",
        "x = pm.summary(trace).rename(columns=str), y.sd_log__, y['sd_log__']",
        "t = pm.summary(trace)\nx = t.loc['a_log__'], t.loc['a_0']",
        "t = az.summary(trace)\nx = t.loc['a__0']",
        "x = table.mc_error, table.Rhat",
        "t = pm.compare({'m': trace}, ic='loo')\nt.sort_values('elpd_loo')",
        "t = pm.compare({'m': trace}, ic='loo')\nprint('LOO')",
        "pm.traceplot(trace, varnames=['x_log'])",
        "az.plot_trace(trace, var_names=['x_log__'])",
        "t = az.compare({'m': trace})\nother['WAIC']",
        "x = {'mc_error': 1}",
        "x = table['mc_error']",
        "x = table['hpd_3%']",
        "az.summary(trace)['hdi_3%']",
        "az.summary(trace)['hpd_low%']",
        "az.summary(trace, kind='hpd_3%')",
        "az.summary(trace)['mc_error']",
        "pm.waic(trace, m).elpd_waic",
        "pm.loo(trace, m)['elpd_loo']",
        "x.WAIC, az.waic(trace)[0]",
        "az.waic(trace)[:2]",
        "pm.hdi(draws)",
        "pm.hdi(draws, hdi_prob=0.9)",
        "az.hpd(draws)",
        "az.bfmi(trace)",
        "pm.compare({'m': trace}, ic='waic')",
        "pm.compare({'m': trace}, 'loo')",
        "pm.compare({'m': trace}, scale='deviance')",
        "az.compare({'m': trace})",
    ],
)
def test_what_arviz_has_is_not_marked(text):
    assert findings(text, Confidence.REVIEW) == []


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("pm.sample_ppc(trace, model=m)", True),
        ("pm.sample_ppc(trace, model=m, size=3)", True),
        ("pm.sample_ppc(trace, 50, m)", False),
        ("pm.sample_ppc(trace, samples=50, model=m)", False),
        ("pm.sample_posterior_predictive(trace, model=m)", False),
        ("pm.sample_prior_predictive(model=m)", False),
    ],
)
def test_the_number_of_predictive_draws_of_old_releases_is_marked(text, marked):
    assert ("PM302" in findings(text, Confidence.REVIEW)) is marked


VIEW = "pm.density(m)"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("x = a.name", "x = 'a'"),
        ("x = f'{a.name}: 1'", "x = f'{\"a\"}: 1'"),
        ("x = trace[a.name]", "x = pm.draws(trace, 'a')"),
        ("x = a.tag.test_value", f"x = {VIEW}['a'].tag.test_value"),
        ("x = b.random(size=3).mean()", f"x = {VIEW}['b'].random(size=3).mean()"),
        ("x = b.distribution.random()", f"x = {VIEW}['b'].distribution.random()"),
        ("x = y.logp({'a': 1})", f"x = {VIEW}['y'].logp({{'a': 1}})"),
        ("x = b.shape", f"x = {VIEW}['b'].shape"),
        ("x = b.shape.eval(), b.shape[0].eval()", f"x = {VIEW}['b'].shape.eval(), {VIEW}['b'].shape[0].eval()"),
        ("x = a.transformation.name", f"x = {VIEW}['a'].transformation.name"),
        ("print(a)", f"print({VIEW}['a'])"),
        ("a", f"{VIEW}['a']"),
        ("def show():\n    return a.tag.test_value", f"def show():\n    return {VIEW}['a'].tag.test_value"),
        ("x = m.logp({a: 1, 'b': q})", f"x = {VIEW}.logp({{'a': 1, 'b': q}})"),
        ("f = m.logp\nx = f({a: 1})", f"f = {VIEW}.logp\nx = f({{'a': 1}})"),
        ("a = 3\nprint(a.name)", "a = 3\nprint(a.name)"),
        ("a = trace['a']\nprint(a)", "a = pm.draws(trace, 'a')\nprint(a)"),
        ("x = [a for a in range(3)]", "x = [a for a in range(3)]"),
        ("def show(a):\n    return a", "def show(a):\n    return a"),
    ],
)
def test_variables_outside_of_their_model(before, expected):
    assert use(before).replace("\n\n", "\n").strip() == expected


DATA = """
import pymc3 as pm

with pm.Model(%s) as m:
    d = pm.Data(%s)
    pm.Normal('y', d, 1, observed=[1.0, 2.0])
%s
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("print(type(d))", "print(type(pm.density(m)['d']))"),
        ("x = d.get_value()", "x = pm.density(m)['d'].get_value()"),
    ],
)
def test_named_data_outside_of_their_model(text, expected):
    result = migrate_source(DATA % ("", "'d', known", text))
    assert result.code.rstrip().endswith(expected), result.code


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("", "'d', known", "x = 2 * d"),  # computes with it
        ("", "'d', known", "d = 3 if known else d\nprint(d)"),  # may be something else
        ("", "some, known", "print(type(d))"),  # no name to ask for
        ("'outer'", "'d', known", "x = d.get_value()"),  # its name has a prefix
    ],
)
def test_named_data_that_stay(name, data, text):
    result = migrate_source(DATA % (name, data, text))
    assert "PM206" in [f.code for f in result.findings if f.confidence is Confidence.MANUAL], result.code


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("for q in [a, b]:\n    show(q.name, trace[q])", "for q in ['a', 'b']:\n    show(q, pm.draws(trace, q))"),
        ("for q in (a, b):\n    show(trace.get_values(q))", "for q in ('a', 'b'):\n    show(pm.draws(trace, q))"),
        ("x = {q.name: trace[-1][q.name] for q in [a, b]}", "x = {q: trace[-1][q] for q in ['a', 'b']}"),
        (
            "qs = [a, b]\naz.plot_trace(trace, var_names=qs)\nx = [trace[q] for q in qs]",
            "qs = ['a', 'b']\naz.plot_trace(trace, var_names=qs)\nx = [pm.draws(trace, q) for q in qs]",
        ),
        ("for q in [1, 2]:\n    show(q)", "for q in [1, 2]:\n    show(q)"),
        ("for q in ['a', 'b']:\n    show(q.name)", "for q in ['a', 'b']:\n    show(q.name)"),
        ("x = np.exp(trace[a])", "x = np.exp(pm.draws(trace, 'a'))"),
    ],
)
def test_lists_of_variables(before, expected):
    assert use(before) == expected


@pytest.mark.parametrize(
    "text",
    [
        "for q in [a, b]:\n    show(q)",
        "for q in [a, b]:\n    show(trace[q], q.tag.test_value)",
        "for q in [a, c]:\n    show(trace[q])",
        "for q in [a, b]:\n    q = change(q)\n    show(trace[q])",
        "qs = [a, b]\nshow(qs)\nx = [trace[q] for q in qs]",
        "qs = [a, b]",
        "qs = [a]\nif flag:\n    qs = [3]\nx = [q.name for q in qs]",
    ],
)
def test_lists_of_which_more_is_read(text):
    assert "yield" not in migrate_source(TRACE + text + "\n").code


@pytest.mark.parametrize(
    "statement",
    [
        "x = [a + 1]",
        "x = a.eval() + c.eval()",
        "x = a.owner",
        "x = plot.eval({a: 1})",
        "x = {a: 1}",
        "x = show({a: 1})",
        "x = [a, b]",
        "show(a)",
        "x = a[0].tag.test_value",
        "if flag:\n    a = 3\nprint(a.name)",
        "def show():\n    return a.tag.test_value\na = 3",
        "m = None\nx = a.tag.test_value",
        "def show(m):\n    return a.tag.test_value",
    ],
)
def test_variables_that_keep_their_model(statement):
    result = migrate_source(TRACE + statement + "\n")
    assert {f.code for f in result.findings if f.confidence is Confidence.MANUAL} & {"PM206", "PM403"}
    assert "yield" not in result.code


PREDICTED = "with m:\n    p = pm.sample_posterior_predictive(trace)\n    x = az.from_pymc3_predictions(p, {}=trace)\n"
ASKED = "    trace = pm.sample(10, tune=10, return_inferencedata=True)\n"


@pytest.mark.parametrize(
    "text",
    [
        ASKED + "trace.to_netcdf('x.nc')\n",
        ASKED + "az.to_netcdf(trace, 'x.nc')\n",
        ASKED + "pickle.dump(trace, file)\n",
        ASKED + "kept['a'] = trace\n",
        ASKED + "both = az.concat(trace, other)\n",
        ASKED + "other.extend(trace)\n",
        ASKED + "x = trace['log_likelihood']\n",
        ASKED + PREDICTED.format("idata_orig"),
        "    trace = pm.sample(10, tune=10)\n    data = az.from_pymc3(trace)\ndata.to_netcdf('x.nc')\n",
        "    trace = pm.sample(10, tune=10)\ndata = az.convert_to_inference_data(trace)\ndata.to_netcdf('x.nc')\n",
        "    trace = pm.sample(10, tune=10)\naz.convert_to_inference_data(trace).to_netcdf('x.nc')\n",
        "    trace = pm.sample(10, tune=10)\naz.to_netcdf(trace, 'x.nc')\n",
        "\ndef fit():\n    with m:\n        return pm.sample(10, return_inferencedata=True)\n",
    ],
)
def test_a_result_that_is_kept_has_its_log_likelihood(text):
    assert "include_log_likelihood=True)" in migrate_source(MODEL + text).code


@pytest.mark.parametrize(
    "text",
    [
        ASKED,
        ASKED + "print(trace)\n",
        ASKED + "az.plot_trace(trace)\naz.summary(trace)\n",
        ASKED + "x = trace.posterior['a'].mean()\n",
        ASKED + "x = trace.posterior.to_dataframe()\n",
        ASKED + "x = trace['posterior']\n",
        ASKED + PREDICTED.format("posterior_trace"),
        ASKED + "trace.extend(other)\n",
        ASKED + "with m:\n    x = pm.sample_posterior_predictive(trace)\n",
        ASKED + "def show(t):\n    az.plot_trace(t)\n\nshow(trace)\n",
        ASKED[:-2] + ", idata_kwargs={'log_likelihood': False})\ntrace.to_netcdf('x.nc')\n",
        "    trace = pm.sample(10, tune=10)\n    data = az.from_pymc3(trace)\naz.plot_trace(data)\n",
        "    trace = pm.sample(10, tune=10)\ndata = az.convert_to_inference_data(trace)\naz.plot_trace(data)\n",
        "    trace = pm.sample(10, tune=10)\nlater(trace)\n",  # which gets PyMC3's form
        "\ndef fit():\n    with m:\n        return pm.sample(10, return_inferencedata=True)\n\naz.plot_trace(fit())\n",
    ],
)
def test_a_result_that_is_looked_at_has_none(text):
    code = migrate_source(MODEL + text).code
    assert "pm.sample(m" in code and "include_log_likelihood" not in code


def test_draws_that_are_made_in_a_conversion_are_made() -> None:
    program = (
        "import arviz as az\nimport pymc3 as pm\n\nwith pm.Model() as model:\n    mu = pm.Normal('mu', 0, 1)\n"
        "    pm.Normal('y', mu, 1, observed=data)\n    trace = pm.sample(50)\n"
        "az.plot_ppc(az.from_pymc3(trace, posterior_predictive=pm.sample_posterior_predictive(trace, model=model)))\n"
    )
    code = migrate_source(program).code
    assert "pm.to_inference_data(trace, posterior_predictive=pm.sample_posterior_predictive(model, trace" in code
