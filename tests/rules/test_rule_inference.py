"""Sampling calls, their results, and what ArviZ is asked."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

MODEL = (
    "import arviz as az\nimport numpy as np\nimport pymc3 as pm\n\nwith pm.Model() as m:\n"
    "    a = pm.Normal('a', 0, 1)\n    b = pm.Normal('b', a, 1, shape=2)\n    y = pm.Normal('y', a, 1, observed=data)\n"
)
SAMPLED = "trace = pm.sample(m, num_samples=10, burn_in=10, num_chains=2)"


def after(text: str, **options) -> str:
    """What follows the model of a program."""
    result = migrate_source(MODEL + text, **options)
    assert result.references.migrated == result.references.total, result.findings
    assert not migrate_source(result.code).changed
    return result.code.split("m = build_m()\n")[1].strip("\n")


def call(arguments: str) -> str:
    return after(f"    trace = pm.sample({arguments})\n")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("", "num_samples=1000, burn_in=1000, num_chains=4"),
        ("500", "num_samples=500, burn_in=1000, num_chains=4"),
        ("draws=n, tune=n // 2", "num_samples=n, burn_in=n // 2, num_chains=4"),
        ("10, tune=10, chains=3, cores=1", "num_samples=10, burn_in=10, num_chains=3"),
        ("10, tune=10, cores=1", "num_samples=10, burn_in=10, num_chains=2"),
        ("10, tune=10, cores=3", "num_samples=10, burn_in=10, num_chains=3"),
        ("10, tune=10, njobs=k", "num_samples=10, burn_in=10, num_chains=max(2, k)"),
        ("10, tune=10, njobs=3, cores=1", "num_samples=10, burn_in=10, num_chains=3"),
        ("10, tune=10, cores=1, njobs=k", "num_samples=10, burn_in=10, num_chains=max(2, k)"),
        ("10, tune=10, chains=None, step=None", "num_samples=10, burn_in=10, num_chains=4"),
        ("10, tune=10, chains=1, random_seed=3", "num_samples=10, burn_in=10, num_chains=1, seed=3"),
        ("10, tune=10, chains=1, target_accept=.9", "num_samples=10, burn_in=10, num_chains=1, target_accept=.9"),
        (
            "10, tune=10, chains=1, nuts_kwargs={'target_accept': .9, 'max_treedepth': 5}",
            "num_samples=10, burn_in=10, num_chains=1, target_accept=.9, max_treedepth=5",
        ),
        (
            "10, tune=10, chains=1, nuts=dict(target_accept=.9)",
            "num_samples=10, burn_in=10, num_chains=1, target_accept=.9",
        ),
        ("10, tune=10, chains=1, init='adapt_diag'", "num_samples=10, burn_in=10, num_chains=1, init='adapt_diag'"),
        ("10, tune=10, chains=1, start={'a': 0.}", "num_samples=10, burn_in=10, num_chains=1, start={'a': 0.}"),
        ("10, tune=10, chains=1, progressbar=False", "num_samples=10, burn_in=10, num_chains=1, progressbar=False"),
        ("10, tune=10, chains=1, discard_tuned_samples=True", "num_samples=10, burn_in=10, num_chains=1"),
        ("10, tune=10, chains=1, compute_convergence_checks=False", "num_samples=10, burn_in=10, num_chains=1"),
        ("10, tune=10, chains=1, return_inferencedata=True", "num_samples=10, burn_in=10, num_chains=1"),
        ("**{'draws': 10, 'tune': 10, 'chains': 1}", "num_samples=10, burn_in=10, num_chains=1"),
        ("10, **dict(tune=10, chains=1)", "num_samples=10, burn_in=10, num_chains=1"),
        ("10, tune=10, chains=1, init='ADVI'", "num_samples=10, burn_in=10, num_chains=1, init='ADVI'"),
        (
            "10, tune=10, chains=1, discard_tuned_samples=None, progressbar=None, random_seed=None",
            "num_samples=10, burn_in=10, num_chains=1, discard_tuned_samples=False,\n"
            "                  progressbar=False, return_inferencedata=False",
        ),
        ("10, tune=10, chains=1, init=how", "num_samples=10, burn_in=10, num_chains=1, init=how or 'adapt_diag'"),
        (
            "10, tune=10, chains=1, init=c.init, n_init=c.n",
            "num_samples=10, burn_in=10, num_chains=1, init=c.init or 'adapt_diag', n_init=c.n",
        ),
        (
            "10, tune=10, chains=1, init='advi' if how else None",
            "num_samples=10, burn_in=10, num_chains=1, init=('advi' if how else None) or 'adapt_diag'",
        ),
        ("10, tune=10, chains=1, init=None", "num_samples=10, burn_in=10, num_chains=1, init='adapt_diag'"),
        (
            "10, tune=10, chains=1, step=[pm.Metropolis()], init=False",
            "num_samples=10, burn_in=10, num_chains=1, step=[pm.Metropolis(model=m)]",
        ),
        (
            "10, tune=10, chains=1, step=pm.NUTS(), init=None",
            "num_samples=10, burn_in=10, num_chains=1, step=pm.step_methods.NUTS(model=m)",
        ),
        ("10, tune=10, chains=1, random_seed=[1]", "num_samples=10, burn_in=10, num_chains=1, seed=[1]"),
        ("10, tune=10, chains=1, start=point", "num_samples=10, burn_in=10, num_chains=1, start=point"),
        ("10, tune=10, chains=1, callback=show", "num_samples=10, burn_in=10, num_chains=1, callback=show"),
        ("10, tune=10, chains=1, trace=[a, 'b']", "num_samples=10, burn_in=10, num_chains=1, trace=['a', 'b']"),
        ("10, tune=10, chains=1, idata_kwargs={}", "num_samples=10, burn_in=10, num_chains=1, idata_kwargs={}"),
        ("10, tune=10, chains=1, live_plot=True, cores=4", "num_samples=10, burn_in=10, num_chains=1"),
        (
            "10, tune=10, chains=1, discard_tuned_samples=False",
            "num_samples=10, burn_in=10, num_chains=1, discard_tuned_samples=False,\n"
            "                  return_inferencedata=False",
        ),
        (
            "10, tune=10, chains=1, nuts_kwargs=options",
            "num_samples=10, burn_in=10, num_chains=1, nuts_kwargs=options",
        ),
        (
            "10, tune=10, chains=1, Emax=100, metropolis={'tune_interval': 5}",
            "num_samples=10, burn_in=10, num_chains=1,\n"
            "                  step_kwargs={'Emax': 100, 'metropolis': {'tune_interval': 5}}",
        ),
        (
            "10, tune=10, chains=1, step=pm.Metropolis()",
            "num_samples=10, burn_in=10, num_chains=1, step=pm.Metropolis(model=m)",
        ),
        (
            "10, pm.NUTS(), pm.find_MAP(), tune=10, chains=1",
            "num_samples=10, burn_in=10, num_chains=1, step=pm.step_methods.NUTS(model=m),\n"
            "                  start=pm.find_MAP(m)",
        ),
        (
            "10, tune=10, chains=1, step=[pm.Metropolis([a], S=2), pm.Slice(vars=b)]",
            "num_samples=10, burn_in=10, num_chains=1,\n"
            "                  step=[pm.Metropolis(['a'], S=2, model=m), pm.Slice(['b'], model=m)]",
        ),
    ],
)
def test_sample(before, expected):
    assert call(before) == f"trace = pm.sample(m, {expected})"


@pytest.mark.parametrize(
    "arguments",
    [
        "10, init='nuts'",
        "10, step=how, init=which",
        "10, init=False",
        "10, step=how, init=False",
        "10, step=None, init=False",
        "10, None, point, start=point",
        "10, return_inferencedata=flag",
        "10, anything=1",
        "10, **{'draws': 20}",
        "10, **{'model': m}",
        "10, step=steps[0], Emax=1, step_kwargs={'nuts': {}}",
    ],
)
def test_sample_refused(arguments):
    result = migrate_source(MODEL + f"    trace = pm.sample({arguments})\n")
    manual = [f for f in result.findings if f.confidence is Confidence.MANUAL]
    assert [f.code for f in manual] == ["PM301"]
    assert "yield" not in result.code
    assert result.code.count("TODO(pm-migrate") == 1


@pytest.mark.parametrize(
    ("arguments", "expected", "meant"),
    [
        ("10, tune=10, nobjs=3", "num_samples=10, burn_in=10, num_chains=4", "njobs="),
        ("10, tunes=10, chains=1", "num_samples=10, burn_in=1000, num_chains=1", "tune="),
        ("10, tune=10, n_chains=3", "num_samples=10, burn_in=10, num_chains=4", "nchains="),
        ("samples=10, tune=10, chains=1", "num_samples=1000, burn_in=10, num_chains=1", "draws="),
    ],
)
def test_what_pymc3_passed_over_is_left_out(arguments, expected, meant):
    result = migrate_source(MODEL + f"    trace = pm.sample({arguments})\n")
    assert result.code.endswith(f"trace = pm.sample(m, {expected})\n")
    [note] = [f for f in result.findings if f.confidence is Confidence.REVIEW]
    assert note.code == "PM301" and meant in note.message


@pytest.mark.parametrize(
    "name", ["thin", "path_length", "target", "step_size", "random_state", "dtype", "tune_interval"]
)
def test_names_that_mean_something_else_are_no_slips(name):
    result = migrate_source(MODEL + f"    trace = pm.sample(10, {name}=2)\n")
    assert f"pm.sample(10, {name}=2)" in result.code and "yield" not in result.code


def test_a_dictionary_with_a_name_is_read_key_by_key():
    text = "    how = {'tune': 10, 'cores': 3}\n    trace = pm.sample(10, random_seed=1, **how)\n"
    expected = "trace = pm.sample(m, num_samples=10, burn_in=how['tune'], num_chains=3, seed=1)"
    assert after(text).splitlines()[-1] == expected


def test_a_dictionary_that_is_changed_is_not_read():
    text = "    how = {'tune': 10}\n    how['tune'] = 20\n    trace = pm.sample(10, **how)\n"
    result = migrate_source(MODEL + text)
    assert "pm.pymc3.sample(m, 10, **how)" in result.code


def test_which_model_cannot_be_seen():
    for text in ("trace = pm.sample(10)\n", "def f():\n    return pm.sample(10)\nf()\n"):
        result = migrate_source(MODEL + text)
        assert "PM301" in {f.code for f in result.findings if f.confidence is Confidence.MANUAL}


def test_model_as_an_argument():
    assert after("trace = pm.sample(10, tune=10, chains=2, model=m)\n") == SAMPLED


def test_comments_in_the_arguments_stay_beside_them():
    text = "trace = pm.sample(\n    10,  # draws\n    tune=10,\n    chains=2,  # chains\n    model=m,\n)\n"
    expected = (
        "trace = pm.sample(\n    m,\n    num_samples=10,  # draws\n    burn_in=10,\n    num_chains=2,  # chains\n"
    )
    assert after(text).startswith(expected)


def test_comments_beside_dropped_arguments_keep_the_call():
    text = "trace = pm.sample(\n    10,\n    cores=f(  # all\n        1),\n    model=m)\n"
    result = migrate_source(MODEL + text)
    assert "yield" not in result.code and "# all" in result.code


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            "\n    10,\n    cores=2,  # few\n    tune=5, model=m)",
            "\n    m,\n    num_chains=2,\n    num_samples=10,\n    # few\n    burn_in=5)",
        ),
        (
            "\n    10, tune=5,\n# chains=9,\n    cores=2, model=m)",
            "\n    m,\n    num_chains=2,\n    num_samples=10, burn_in=5,\n# chains=9,\n    )",
        ),
        (
            "\n    cores=2,  # few\n    # chains=9,\n    model=m,\n)",
            "\n    # few\n    # chains=9,\n    m,\n    num_samples=1000, burn_in=1000, num_chains=2,\n    )",
        ),
        ("10, tune=5, cores=2, model=m  # one\n)", "m, num_chains=2, num_samples=10, burn_in=5,  # one\n)"),
    ],
)
def test_comments_beside_dropped_arguments_stay(arguments: str, expected: str):
    assert after(f"trace = pm.sample({arguments}\n") == f"trace = pm.sample({expected}"


TRACE = MODEL + "    trace = pm.sample(10, tune=10, chains=2)\n"


def use(text: str, **options) -> str:
    """What becomes of a statement that uses a trace."""
    return (
        after("    trace = pm.sample(10, tune=10, chains=2)\n" + text + "\n", **options).split("\n", 1)[1].strip("\n")
    )


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("x = trace['a']", "x = pm.draws(trace, 'a')"),
        ('x = trace["a"][:, 0]', 'x = pm.draws(trace, "a")[:, 0]'),
        ("x = trace[a]", "x = pm.draws(trace, 'a')"),
        ("x = trace.a", "x = pm.draws(trace, 'a')"),
        ("x = trace.get_values('a')", "x = pm.draws(trace, 'a')"),
        ("x = trace.get_values('a', combine=True)", "x = pm.draws(trace, 'a')"),
        ("x = trace['b_%d' % i]", "x = pm.draws(trace, 'b_%d' % i)"),
        ("x = trace[f'{k}_b']", "x = pm.draws(trace, f'{k}_b')"),
        ("x = f\"{trace['a'].mean():.2f}\"", "x = f\"{pm.draws(trace, 'a').mean():.2f}\""),
        ("x = trace[5:]['a']", "x = pm.draws(trace.isel(draw=slice(5, None)), 'a')"),
        ("x = trace[-5::2]", "x = trace.isel(draw=slice(-5, None, 2))"),
        ("x = trace['a', 5:]", "x = pm.draws(trace.isel(draw=slice(5, None)), 'a')"),
        ("x = trace['a', 5::2]", "x = pm.draws(trace.isel(draw=slice(5, None, 2)), 'a')"),
        ("x = trace.get_values('a', burn=5)", "x = pm.draws(trace.isel(draw=slice(5, None)), 'a')"),
        (
            "x = trace.get_values(a, burn=5, thin=2)",
            "x = pm.draws(trace.isel(draw=slice(5, None, 2)), 'a')",
        ),
        ("x = len(trace)", "x = trace.posterior.sizes['draw']"),
        ("x = len(trace[5:])", "x = trace.isel(draw=slice(5, None)).posterior.sizes['draw']"),
        (
            "x = len(pm.sample(5, tune=5, chains=1, model=m))",
            "x = pm.sample(m, num_samples=5, burn_in=5, num_chains=1).posterior.sizes['draw']",
        ),
        ("x = len({'t': trace}['t'])", "x = {'t': trace}['t'].posterior.sizes['draw']"),
        ("x = len(trace['a'])", "x = len(pm.draws(trace, 'a'))"),
        ("x = trace.nchains", "x = trace.posterior.sizes['chain']"),
        ("x = trace['diverging'].sum()", "x = pm.draws(trace, 'diverging', group='sample_stats').sum()"),
        ("x = {'t': trace}['t']['a']", "x = pm.draws({'t': trace}['t'], 'a')"),
        ("x = (trace if flag else trace)['a']", "x = pm.draws((trace if flag else trace), 'a')"),
        ("pm.traceplot(trace)", "az.plot_trace(trace)"),
        (
            "pm.traceplot(trace, varnames=['a'], lines={'a': 1.})",
            "az.plot_trace(trace, var_names=['a'], lines=[('a', {}, 1.)])",
        ),
        ("pm.plot_posterior(trace, var_names=[a, 'b'])", "az.plot_posterior(trace, var_names=['a', 'b'])"),
        ("az.plot_posterior(trace, var_names=[a])", "az.plot_posterior(trace, var_names=['a'])"),
        ("x = pm.summary(trace).round(2)", "x = az.summary(trace).round(2)"),
        ("x = pm.stats.summary(trace)", "x = az.summary(trace)"),
        ("x = pm.hpd(trace['a'], alpha=0.05)", "x = az.hdi(pm.draws(trace, 'a'), hdi_prob=0.95)"),
        ("x = pm.hdi(trace['a'], credible_interval=.9)", "x = az.hdi(pm.draws(trace, 'a'), hdi_prob=.9)"),
        ("x = az.from_pymc3(trace, model=m)", "x = trace"),
        ("x = [pm.summary, trace]", "x = [az.summary, trace]"),
        ("x = trace if trace is not None else 0", "x = trace if trace is not None else 0"),
    ],
)
def test_traces(before, expected):
    assert use(before) == expected


@pytest.mark.parametrize(
    ("head", "arguments", "expected"),
    [
        ("def run(chains=None):\n    ", "chains=chains", "chains or 4"),
        ("def run(*, chains=None, cores=None):\n    ", "chains=chains, cores=cores", "chains or max(2, cores or 4)"),
        ("def run(cores=None):\n    ", "cores=cores", "max(2, cores or 4)"),
        ("k = None\n", "cores=k", "max(2, k or 4)"),
        ("def run(chains=2):\n    ", "chains=chains", "chains"),
        ("def run(chains):\n    ", "chains=chains", "chains"),
        ("def run(cores=2):\n    ", "cores=cores", "max(2, cores)"),
        ("k = 3\n", "cores=k", "max(2, k)"),
        ("", "cores=options.cores", "max(2, options.cores or 4)"),
        ("", "njobs=options.cores", "max(2, options.cores or 4)"),
        ("", "chains=options['chains'], cores=2", "options['chains'] or 2"),
        ("", "chains=options.get('chains')", "options.get('chains') or 4"),
        ("", "chains=options.get('chains', 3)", "options.get('chains', 3)"),
        ("", "chains=n if long else None", "(n if long else None) or 4"),
        ("", "chains=n or 3", "n or 3"),
        ("", "chains=2 * n", "2 * n"),
        ("", "cores=settings.CORES", "max(2, settings.CORES)"),
        ("k = options.chains\n", "chains=k", "k or 4"),
        ("k = int(options.chains)\n", "chains=k", "k"),
        ("", "chains=count()", "count()"),
        ("def run(cores=None):\n    ", "chains=3, cores=cores", "3"),
        ("def run(cores=None):\n    ", "cores=1", "2"),
    ],
)
def test_numbers_of_chains_that_may_be_none(head, arguments, expected):
    result = migrate_source(MODEL + f"{head}trace = pm.sample(10, tune=10, {arguments}, model=m)\n")
    assert f"trace = pm.sample(m, num_samples=10, burn_in=10, num_chains={expected})" in result.code


def test_a_call_gives_a_number_of_chains_that_is_none():
    text = "def run(k):\n    return pm.sample(10, tune=10, chains=k, model=m)\n\nrun(2)\n"
    assert "num_chains=k)" in migrate_source(MODEL + text).code
    assert "num_chains=k or 4)" in migrate_source(MODEL + text + "run(None)\n").code


KEPT = SAMPLED[:-1] + ", return_inferencedata=False)"


@pytest.mark.parametrize(
    "statement",
    [
        "x = trace[0]",
        "x = trace[-1]['a']",
        "x = trace[i]",
        "x = trace['a', 5:10]",
        "x = trace['a_log__']",
        "x = trace['tree_size']",
        "x = trace['nothing']",
        "x = trace.varnames",
        "x = trace.report",
        "x = trace.get_values('a', chains=[0])",
        "x = trace.get_values('a', combine=False)",
        "x = trace.get_sampler_stats('depth')",
        "for point in trace: print(point)",
        "x = [point for point in trace]",
        "x = list(trace)",
        "x = isinstance(trace, dict)",
        "x = 'a' in trace",
        "x = f'{trace}'",
        "pickle.dump(trace, file)",
        "results.trace = trace",
        "show = lambda: trace",
        "if flag:\n    trace = load()\nprint(trace['a'])",
        "def fit():\n    return trace",
        "def show(*given):\n    return given[0]['a']\nshow(trace)",
        "def show(**given):\n    return given['t']['a']\nshow(t=trace)",
        "class Fit:\n    def keep(self):\n        self.trace = trace",
        "own = {}\nown['t'] = trace\nother.show(own)",
        "trace = trace[5:]\nlast = trace[-1]",
    ],
)
def test_a_result_stays_a_multitrace_with_what_reads_it(statement):
    assert "\n".join([KEPT, statement]) == after(
        f"    trace = pm.sample(10, tune=10, chains=2)\n{statement}\n"
    ).replace("\n\n", "\n")
    upstream = migrate_source(TRACE + statement + "\n", runtime="upstream")
    assert "PM330" in {f.code for f in upstream.findings if f.confidence is Confidence.MANUAL}
    assert "yield" not in upstream.code


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("x = trace[0], trace[a]", "x = trace[0], trace['a']"),
        ("x = trace[0], trace[a, 5:]", "x = trace[0], trace['a', 5:]"),
        ("x = trace.get_values(a, combine=False)", "x = trace.get_values('a', combine=False)"),
        ("x = trace.get_values(varname=b, chains=1)", "x = trace.get_values(varname='b', chains=1)"),
        ("x = trace['b_log_'], trace[0]", "x = trace['b_log__'], trace[0]"),
    ],
)
def test_variables_become_names_where_a_multitrace_is_read(before, expected):
    assert after(f"    trace = pm.sample(10, tune=10, chains=2)\n{before}\n") == f"{KEPT}\n{expected}"


@pytest.mark.parametrize(
    "argument",
    [
        "discard_tuned_samples=False",
        "discard_tuned_samples=keep",
        "discard_tuned_samples=not 0",
        "discard_tuned_samples=None",
        "discard_tuned_samples=0",
        "**{'discard_tuned_samples': None}",
        "**{'discard_tuned_samples': False}",
        "**dict(discard_tuned_samples=False)",
    ],
)
def test_a_trace_that_has_its_warm_up_stays_one(argument):
    code = after(f"    trace = pm.sample(10, tune=10, chains=2, {argument})\nx = trace['a'][10:], len(trace)\n")
    assert "return_inferencedata=False)\n" in code and code.endswith("x = trace['a'][10:], len(trace)")


@pytest.mark.parametrize(
    "argument",
    [
        "discard_tuned_samples=True",
        "discard_tuned_samples=False, return_inferencedata=True",
        "**{'discard_tuned_samples': True}",
        "compute_convergence_checks=False",
    ],
)
def test_the_draws_without_their_warm_up_are_labelled(argument):
    code = after(f"    trace = pm.sample(10, tune=10, chains=2, {argument})\npm.traceplot(trace)\n")
    assert "return_inferencedata" not in code


def test_all_results_of_one_name_are_alike():
    text = (
        "    trace = pm.sample(10, tune=10, chains=2)\nif flag:\n    trace = pm.sample(5, tune=10, chains=2, model=m)\n"
    )
    assert after(text + "x = trace[0]\n").count("return_inferencedata=False") == 2
    assert "return_inferencedata" not in after(text + "x = trace['a']\n")
    apart = text.replace("if flag:\n    trace", "other")
    assert after(apart + "x = trace[0]\ny = other['a']\n").count("return_inferencedata=False") == 1


def test_a_trace_in_a_container_is_followed():
    text = "all_ = {'m': trace}\nfor t in all_.values():\n    print(t['a'])"
    assert "print(pm.draws(t, 'a'))" in use(text)
    text = "def show(t):\n    print(t['a'])\nshow(trace)"
    assert "print(pm.draws(t, 'a'))" in use(text)


def test_a_name_bound_to_something_else_is_left_alone():
    assert use("trace = {'a': 1}\nx = trace['a']") == "trace = {'a': 1}\nx = trace['a']"


def test_inference_data_is_left_alone():
    text = "idata = pm.sample(10, tune=10, chains=2, return_inferencedata=True)\n"
    read = "x = idata.posterior['a'], idata.sample_stats['diverging'], idata['posterior'], len(idata.groups())"
    assert use("with m:\n    " + text + read).splitlines()[1:] == [read]


def test_the_log_likelihood_is_kept_where_it_is_asked_for():
    for text in (
        "pm.loo(trace)",
        "pm.waic(trace, m)",
        "az.loo(trace)",
        "az.compare({'m': trace})",
        "pm.compare({'m': trace})",
    ):
        code = migrate_source(TRACE + f"print({text})\n").code
        assert "num_chains=2, include_log_likelihood=True)" in code
    assert "include_log_likelihood" not in migrate_source(TRACE + "print(pm.summary(trace))\n").code


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (
            "with m:\n    ppc = pm.sample_posterior_predictive(trace)\nx = ppc['y']",
            "ppc = pm.sample_posterior_predictive(m, trace)\nx = pm.draws(ppc, 'y', group='posterior_predictive')",
        ),
        (
            "ppc = pm.sample_posterior_predictive(trace, 50, m, var_names=['y'], random_seed=1, progressbar=False)",
            "ppc = pm.sample_posterior_predictive(m, trace, num_draws=50, var_names=['y'], seed=1)",
        ),
        (
            "ppc = pm.sample_ppc(trace, model=m, vars=[y], samples=5)",
            "ppc = pm.sample_posterior_predictive(m, trace, var_names=['y'], num_draws=5)",
        ),
        (
            "ppc = pm.fast_sample_posterior_predictive(trace[5:], model=m)",
            "ppc = pm.sample_posterior_predictive(m, trace.isel(draw=slice(5, None)))",
        ),
        (
            "prior = pm.sample_prior_predictive(model=m)\nx = prior['a'] + prior['y']",
            "prior = pm.sample_prior_predictive(m, sample_shape=500)\n"
            "x = pm.draws(prior, 'a') + pm.draws(prior, 'y', group='prior_predictive')",
        ),
        (
            "prior = pm.sample_prior_predictive(50, m, random_seed=1)",
            "prior = pm.sample_prior_predictive(m, sample_shape=50, seed=1)",
        ),
    ],
)
def test_predictive(before, expected):
    assert use(before) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (
            "ppc = pm.sample_posterior_predictive(trace, model=m, size=3)\nx = ppc['y']",
            "ppc = pm.sample_posterior_predictive(m, trace, size=3, return_inferencedata=False)\nx = ppc['y']",
        ),
        (
            "ppc = pm.sample_posterior_predictive(trace, model=m, keep_size=True)\nx = ppc[y]",
            "ppc = pm.sample_posterior_predictive(m, trace, keep_size=True, return_inferencedata=False)\nx = ppc['y']",
        ),
        (
            "ppc = pm.sample_posterior_predictive(load(), model=m)",
            "ppc = pm.sample_posterior_predictive(m, load(), return_inferencedata=False)",
        ),
        (
            "ppc = pm.sample_posterior_predictive(trace, model=m, var_names=['a', 'y'])",
            "ppc = pm.sample_posterior_predictive(m, trace, var_names=['a', 'y'], return_inferencedata=False)",
        ),
        (
            "ppc = pm.sample_posterior_predictive(trace, model=m)\nfor k in ppc.keys(): pass",
            "ppc = pm.sample_posterior_predictive(m, trace, return_inferencedata=False)\nfor k in ppc.keys(): pass",
        ),
        (
            "prior = pm.sample_prior_predictive(5, model=m)\nx = prior[a], len(prior)",
            "prior = pm.sample_prior_predictive(m, sample_shape=5, return_inferencedata=False)\n"
            "x = prior['a'], len(prior)",
        ),
    ],
)
def test_draws_stay_in_a_dictionary(before, expected):
    assert use(before) == expected


def test_prior_draws_have_no_unconstrained_values():
    result = migrate_source(TRACE + "prior = pm.sample_prior_predictive(5, model=m)\nx = prior['a_log__']\n")
    assert [f.code for f in result.findings if f.confidence is Confidence.MANUAL] == ["PM330"]
    assert "yield" not in result.code


def test_draws_are_not_added_to_what_other_groups_are_added_to():
    text = (
        "idata = pm.sample(model=m, return_inferencedata=True)\nppc = pm.sample_posterior_predictive(idata, model=m)\n"
    )
    added = after(text + "idata.add_groups({'posterior_predictive': {'y': ppc['y'][None]}})\n")
    assert "idata, return_inferencedata=False)" in added and "ppc['y'][None]" in added
    for other in (
        "idata.extend(az.from_pymc3(posterior_predictive=ppc))",
        "idata.groups()",
        "other.add_groups({'posterior_predictive': {'y': ppc['y'][None]}})",
    ):
        assert "(m, idata)\n" in after(f"{text}{other}\n")


def test_draws_are_not_added_to_a_trace_twice():
    once = "pm.sample_posterior_predictive(m, trace, return_inferencedata=False)"
    for text in (
        "one = {0}\ntwo = {0}\nprint(one['y'], two['y'])",
        "for i in range(2):\n    one = {0}",
        "def draw():\n    return {0}['y']\ndraw()",
        "both = [{0} for i in range(2)]",
    ):
        call = "pm.sample_posterior_predictive(trace, model=m)"
        assert use(text.format(call)).replace("\n\n", "\n") == text.format(once)


@pytest.mark.parametrize(
    "statement",
    [
        "ppc = pm.sample_posterior_predictive(model=m)",
        "ppc = pm.sample_posterior_predictive(*args, model=m)",
        "ppc = pm.sample_posterior_predictive(trace, model=other)",
        "ppc = pm.sample_posterior_predictive(trace, model=m, anything=1)",
        "ppc = pm.sample_posterior_predictive(trace)",
    ],
)
def test_predictive_refused(statement):
    result = migrate_source(TRACE + statement + "\n")
    assert [f.code for f in result.findings if f.confidence is Confidence.MANUAL] == ["PM302"]
    assert "yield" not in result.code


def test_comments_after_one_blank():
    """Fewer than the style guides want, and often there."""
    text = "import pymc3 as pm\n\nwith pm.Model() as m:\n    a = pm.Normal('a', 0, 1)\n    trace = pm.sample({args})\n"
    for args, after in (
        (
            "draws=9, # draws\n              tune=5,\n              cores=4",
            "num_samples=9, # draws\n          burn_in=5)\n",
        ),
        ("draws=9, # draws\n              cores=4, tune=5)  # (7", "burn_in=5)  # (7)\n"),
    ):
        result = migrate_source(text.format(args=args))
        assert "# draws" in result.code and "yield" in result.code
        assert result.code.endswith(after)
    assert "yield" in migrate_source(text.format(args="9, cores=f('  # x')")).code


_POOLED = """import arviz as az
import pymc3 as pm

with pm.Model() as model:
    mu = pm.Normal('mu', 0, 1)
    pm.Normal('y', mu, 1, observed=data)
    trace = pm.sample()
with model:
    ppc = pm.sample_posterior_predictive(trace)
    {line}
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "az.plot_ppc(az.from_pymc3(posterior_predictive=ppc))",
            "az.plot_ppc(pm.to_inference_data(posterior_predictive=ppc, model=model))",
        ),
        ("a = az.from_pymc3_predictions(ppc)", "a = pm.predictions_to_inference_data(ppc, model=model)"),
        (
            "a = az.from_pymc3(prior=pm.sample_prior_predictive(9), coords=places)",
            "a = pm.to_inference_data(prior=pm.sample_prior_predictive(model, sample_shape=9), coords=places, "
            "model=model)",
        ),
    ],
)
def test_a_conversion_has_the_data_of_the_model_around_it(line, expected):
    assert f"\n{expected}\n" in migrate_source(_POOLED.format(line=line)).code


def test_a_conversion_in_the_block_that_makes_the_model_has_it_by_name():
    line = "a = az.from_pymc3(prior=pm.sample_prior_predictive(9), posterior_predictive=ppc)"
    made_here = _POOLED.format(line=line).replace("pm.Model()", "pm.Model(coords=places)").replace("with model:\n", "")
    code = migrate_source(made_here).code
    assert "posterior_predictive=ppc, model=model)" in " ".join(code.split()), code


@pytest.mark.parametrize(
    "line",
    [
        "a = az.from_pymc3(trace, posterior_predictive=ppc, coords=places)",
        "a = az.from_pymc3(trace=trace, posterior_predictive=ppc, coords=places)",
        "a = az.from_pymc3_predictions(ppc, trace)",
        "a = az.from_pymc3_predictions(ppc, posterior_trace=trace)",
        "a = az.from_pymc3(posterior_predictive=ppc, **more)",
        "pass\naz.plot_ppc(az.from_pymc3(posterior_predictive=ppc))",
        "pass\ndef f():\n    return az.from_pymc3(posterior_predictive=ppc)",
    ],
)
def test_a_conversion_with_a_trace_or_in_no_block_is_given_no_model(line):
    code = migrate_source(_POOLED.format(line=line)).code
    assert "inference_data(" in code and "model=model" not in code


def test_a_conversion_keeps_the_model_it_is_given():
    line = "a = az.from_pymc3(posterior_predictive=ppc, model=model)"
    assert migrate_source(_POOLED.format(line=line)).code.count("model=model") == 1


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("_, ax = pm.forestplot(trace)", True),
        ("fig, (ax,) = pm.plot_forest(trace, var_names=['mu'])", True),
        ("axes = pm.forestplot(trace)", False),
        ("(ax,) = pm.forestplot(trace)", False),
        ("fig, ax = pm.traceplot(trace)", False),
    ],
)
def test_the_figure_that_forest_plots_gave_long_ago_is_marked(line, marked):
    findings = migrate_source(_POOLED.format(line=line)).findings
    assert any("gives its axes alone" in f.message and f.confidence is Confidence.REVIEW for f in findings) == marked


def test_only_the_sampling_call_is_asked_for_the_log_likelihood():
    """What is joined into one result is also the prior draws."""
    text = """import arviz as az
import pymc3 as pm

def fit(m, **kwargs):
    with m:
        trace = pm.sample(30, tune=30, chains=2, **kwargs)
        prior = pm.sample_prior_predictive(10)
        return az.from_pymc3(trace, prior=prior)

with pm.Model() as model:
    mu = pm.Normal('mu', 0, 1)
    pm.Normal('y', mu, 1, observed=[1.0])

c = az.compare({'a': fit(model), 'b': fit(model)})
"""
    result = migrate_source(text)
    assert "prior = pm.sample_prior_predictive(m, sample_shape=10)\n" in result.code, result.code
