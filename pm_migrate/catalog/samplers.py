"""Inference calls: their arguments in PyMC3 and in the generator front end, and PyMC3's names for ArviZ functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pm_migrate.catalog.older import GONE


@dataclass(frozen=True)
class InferenceCall:
    """One inference function.

    Parameters
    ----------
    name
        Its name in PyMC3.
    signature
        PyMC3's arguments in positional order.
    keep
        PyMC3 argument to the name of the same argument here.
    drop
        Arguments that only concern how PyMC3 does the work: processes, messages, checks.
    refuse
        Arguments without a counterpart, with what to do.
    target
        The function in the generator front end.
    model
        Where the model goes there: ``first``, ``keyword``, or ``none`` for a function that takes no model.
    rest
        Whether keywords that are not named here are passed on.
    """

    name: str
    signature: tuple[str, ...]
    keep: Mapping[str, str]
    drop: frozenset[str] = frozenset()
    refuse: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    model: str = "first"
    rest: bool = False


SAMPLE = InferenceCall(
    name="sample",
    signature=(
        *("draws", "step", "init", "n_init", "initvals", "trace", "chain_idx", "chains", "cores", "tune"),
        *("progressbar", "model", "random_seed", "discard_tuned_samples", "compute_convergence_checks", "callback"),
        "jitter_max_retries",
    ),
    keep={
        "draws": "num_samples",
        "tune": "burn_in",
        "chains": "num_chains",
        "init": "init",
        "start": "start",
        "initvals": "start",
        "random_seed": "seed",
        "progressbar": "progressbar",
        "target_accept": "target_accept",
        "max_treedepth": "max_treedepth",
        **{name: name for name in ("step", "trace", "callback", "discard_tuned_samples", "idata_kwargs", "chain_idx")},
        "chain": "chain_idx",
        "n_init": "n_init",
        "jitter_max_retries": "jitter_max_retries",
        "nuts_kwargs": "nuts_kwargs",
        "nuts": "nuts_kwargs",
        "step_kwargs": "step_kwargs",
    },
    drop=frozenset(
        """cores njobs compute_convergence_checks mp_ctx pickle_backend return_inferencedata live_plot
        live_plot_kwargs use_mmap skip_first refresh_every roll_over""".split()
    ),
    target="sample",
)

#: Arguments that are on by default: None does not mean the default, as it does elsewhere, but off.
ON = frozenset({"discard_tuned_samples", "include_transformed", "progressbar"})

#: Arguments of ``pm.sample`` by names that they once had.
SAMPLE_OLD: Mapping[str, str] = MappingProxyType({"nchains": "chains"})

#: Arguments that PyMC3 before 3.9 took and passed over, which 3.11 does not take, and what would do what they say.
SAMPLE_IGNORED: Mapping[str, str] = MappingProxyType({"samples": "the number of draws is draws="})

#: Options of ``step=pm.SMC()`` that mean the same in ``pm.sample_smc``: ``p_acc_rate=`` had two meanings.
SMC_OPTIONS = frozenset({"n_steps", "tune_steps", "threshold"})

#: Arguments of ``pm.sample`` that mean something with ``step=pm.SMC()``.
SMC_ARGUMENTS = frozenset({"draws", "random_seed"})

#: Arguments of ``pm.sample`` that change the start of ``step=pm.SMC()``, or where its draws go.
SMC_REFUSED = frozenset({"start", "initvals", "trace"})

#: Arguments of PyMC3's ``pm.sample`` that are options of its step methods: NUTS by name, others by the method's name.
STEP_OPTIONS = frozenset(
    """Emax adapt_step_size early_max_treedepth gamma is_cov k potential scaling step_rand step_scale t0
    metropolis slice hmc binary_metropolis binary_gibbs_metropolis categorical_gibbs_metropolis""".split()
)

#: PyMC3's defaults that are written out: they differ in PyMC4.
SAMPLE_DEFAULTS: Mapping[str, str] = MappingProxyType({"draws": "1000", "tune": "1000", "chains": "4"})

#: Values of ``init=``, in any case of letters.
SAMPLE_INITS = frozenset(
    """auto adapt_diag jitter+adapt_diag adapt_full jitter+adapt_full jitter+adapt_diag_grad advi+adapt_diag
    advi+adapt_diag_grad advi advi_map map""".split()
)

POSTERIOR_PREDICTIVE = InferenceCall(
    name="sample_posterior_predictive",
    signature=("trace", "samples", "model", "var_names", "size", "keep_size", "random_seed", "progressbar"),
    keep={
        "trace": "",
        "samples": "num_draws",
        "var_names": "var_names",
        "vars": "var_names",
        "size": "size",
        "keep_size": "keep_size",
        "random_seed": "seed",
    },
    drop=frozenset({"progressbar"}),
    target="sample_posterior_predictive",
)

#: The name before PyMC3 3.7, where variables had the place of their names.
SAMPLE_PPC = InferenceCall(
    name="sample_ppc",
    signature=("trace", "samples", "model", "vars", "size", "random_seed", "progressbar"),
    keep=POSTERIOR_PREDICTIVE.keep,
    drop=POSTERIOR_PREDICTIVE.drop,
    target="sample_posterior_predictive",
)

FAST_POSTERIOR_PREDICTIVE = InferenceCall(
    name="fast_sample_posterior_predictive",
    signature=("trace", "samples", "model", "var_names", "keep_size", "random_seed"),
    keep=POSTERIOR_PREDICTIVE.keep,
    target="sample_posterior_predictive",
)

PRIOR_PREDICTIVE = InferenceCall(
    name="sample_prior_predictive",
    signature=("samples", "model", "var_names", "random_seed"),
    keep={"samples": "sample_shape", "var_names": "var_names", "vars": "var_names", "random_seed": "seed"},
    target="sample_prior_predictive",
)


def _same(name: str, signature: str, *, first: int = 0, **options: Any) -> InferenceCall:
    """A function of PyMC3 that the runtime has under its own arguments; the ``first`` ones stay positional."""
    names = tuple(signature.split())
    keep = {n: "" if i < first else n for i, n in enumerate(names) if n != "model"}
    given = {"target": name, "model": "keyword", "rest": True, **options}
    return InferenceCall(name=name, signature=names, keep=keep, **given)


_NO_LOCAL = {"local_rv": "amortised inference has no counterpart"}
_ANOTHER_SMC = (
    "before PyMC3 3.5 another algorithm; pm.sample_smc(draws, n_steps=25, chains=2) runs draws particles for each chain"
)
_SIMULATED = "write the simulator as pm.Simulator and sample it with kernel='ABC', as PyMC3 3.11 has it"

#: PyMC3's other functions of a model, and its inference objects.
OTHERS = (
    _same(
        "find_MAP",
        "start vars method return_raw include_transformed progressbar maxeval model",
        model="first",
        refuse={"fmin": "give the method by its name: method='Powell', as PyMC3 from 3.5 on has it"},
        drop=frozenset({"disp"}),
    ),
    _same("find_hessian", "point vars model", first=1),
    _same("guess_scaling", "point vars model scaling_bound", first=1),
    _same("trace_cov", "trace vars model", first=1),
    _same("dic", "trace model", first=1),
    _same("bpic", "trace model", first=1),
    _same("geweke", "x first last intervals", first=4, model="none"),
    _same("quantiles", "x qlist transform", first=3, model="none"),
    _same("mc_error", "x batches", first=2, model="none"),
    _same("init_nuts", "init chains n_init model random_seed progressbar jitter_max_retries"),
    _same("iter_sample", "draws step start trace chain tune model random_seed callback", first=2),
    _same(
        "sample_smc",
        "draws kernel n_steps start tune_steps p_acc_rate threshold save_sim_data save_log_pseudolikelihood model "
        "random_seed parallel chains cores",
        first=1,
        drop=frozenset({"progressbar"}),
        rest=False,
        refuse={
            **dict.fromkeys(("epsilon", "dist_func", "sum_stat"), _SIMULATED),
            "step": "write its options as arguments of pm.sample_smc",
            **dict.fromkeys(("n_chains", "samples"), _ANOTHER_SMC),
        },
    ),
    _same(
        "fit",
        "n local_rv method model random_seed start inf_kwargs",
        model="first",
        refuse={**_NO_LOCAL, "more_replacements": "it needs symbolic variables: keep this model on PyMC3"},
    ),
    _same("model_to_graphviz", "model formatting", model="first"),
    _same(
        "sample_posterior_predictive_w", "traces samples models weights random_seed progressbar", first=1, model="none"
    ),
    _same("sample_approx", "approx draws include_transformed", first=3, model="none"),
    _same(
        "backends.Text",
        "name model vars test_point",
        first=1,
        model="none",
        rest=False,
        refuse={"test_point": "shapes are those of the model: leave it out"},
    ),
    _same("backends.text.load", "name model", first=1, rest=False),
    _same("backends.text.dump", "name trace chains", first=2, model="none", rest=False),
)

#: Methods of ``scipy.optimize.minimize`` for the functions that ``find_MAP(fmin=...)`` took before PyMC3 3.5.
FMIN: Mapping[str, str] = MappingProxyType(
    {
        "fmin": "Nelder-Mead",
        "fmin_bfgs": "BFGS",
        "fmin_cg": "CG",
        "fmin_l_bfgs_b": "L-BFGS-B",
        "fmin_ncg": "Newton-CG",
        "fmin_powell": "Powell",
    }
)

#: Inference objects.
FITS = (
    _same("ADVI", "local_rv model", refuse=_NO_LOCAL),
    _same("FullRankADVI", "local_rv model", refuse=_NO_LOCAL),
    _same("SVGD", "n_particles jitter model start random_seed estimator kernel"),
    _same("ASVGD", "approx estimator kernel"),
    _same("NFVI", "flow model", first=1),
    _same("NormalizingFlow", "flow model", first=1),
    _same("Empirical", "trace size jitter model", first=1),
)

#: What gives an approximation, whose ``sample`` gives a trace.
FIT_NAMES = frozenset({"fit", *(row.name for row in FITS)})

#: Arguments by which ``pm.fit`` is known to be PyMC3's, and PyMC3's default of the first.
FIT_FORM = frozenset(
    """n inf_kwargs score obj_n_mc tf_n_mc obj_optimizer test_optimizer more_obj_params more_tf_params more_updates
    total_grad_norm_constraint fn_kwargs""".split()
)
FIT_STEPS = "10000"

#: Step methods. Two names are PyMC4's samplers, so that PyMC3's are given by their module.
STEPS = (
    _same("NUTS", "vars max_treedepth early_max_treedepth", first=1, target="step_methods.NUTS"),
    _same("HamiltonianMC", "vars path_length max_steps", first=1),
    _same("Metropolis", "vars S proposal_dist scaling tune tune_interval model mode", first=1),
    _same("Slice", "vars w tune model iter_limit", first=1),
    _same("BinaryMetropolis", "vars scaling tune tune_interval model", first=1),
    _same("BinaryGibbsMetropolis", "vars order transit_p model", first=1),
    _same("CategoricalGibbsMetropolis", "vars proposal order model", first=1),
    # dropped in PyMC3 3.9, which named the other in its place; values= are those that the distribution has
    _same(
        "ElemwiseCategorical",
        "vars values model",
        first=1,
        target="CategoricalGibbsMetropolis",
        drop=frozenset({"values"}),
    ),
    _same("DEMetropolis", "vars S proposal_dist lamb scaling tune tune_interval model mode", first=1),
    _same("DEMetropolisZ", "vars S proposal_dist lamb scaling tune tune_interval tune_drop_fraction model", first=1),
    _same("EllipticalSlice", "vars prior_cov prior_chol model", first=1),
    _same("MLDA", "coarse_models vars base_sampler", first=2),
    _same("CompoundStep", "methods", first=1, target="step_methods.CompoundStep", model="none"),
)

#: What the runtime has under the same name, and what takes no model: proposals, optimisers, callbacks.
SAME = frozenset(
    """NormalProposal CauchyProposal LaplaceProposal PoissonProposal UniformProposal MultivariateNormalProposal
    adadelta adagrad adagrad_window adam adamax apply_momentum apply_nesterov_momentum momentum nesterov_momentum
    norm_constraint rmsprop sgd total_norm_constraint set_tt_rng callbacks.Tracker callbacks.CheckParametersConvergence
    callbacks.Callback step_methods""".split()
)

#: Arguments that are random variables, in any of these calls.
VARIABLES = frozenset({"vars", "var_names", "varnames"})

#: Arguments of ours that PyMC4 4.0a2 does not have, with what becomes of them there.
UPSTREAM: Mapping[str, str] = MappingProxyType(
    {
        "init": "PyMC4 4.0a2 does not adapt a mass matrix",
        "start": "PyMC4 4.0a2 starts at test values of its own",
        "num_draws": "PyMC4 4.0a2 makes one draw for every posterior draw",
        "n_init": "PyMC4 4.0a2 does not fit anything first",
        "jitter_max_retries": "PyMC4 4.0a2 does not jitter",
    }
)

#: Arguments of ours that PyMC4 4.0a2 hands on to TFP's sampler and its adaptation, under their names.
UPSTREAM_NAMES: Mapping[str, str] = MappingProxyType(
    {"target_accept": "target_accept_prob", "max_treedepth": "max_tree_depth"}
)

#: Arguments of ours that change what comes out, and that PyMC4 4.0a2 does not have.
UPSTREAM_LACKS = frozenset(
    """step trace callback discard_tuned_samples idata_kwargs chain_idx nuts_kwargs step_kwargs size keep_size
    return_inferencedata""".split()
)

#: Inference calls by PyMC3 name, old names included.
INFERENCE: Mapping[str, InferenceCall] = MappingProxyType(
    {
        "sample": SAMPLE,
        "sample_posterior_predictive": POSTERIOR_PREDICTIVE,
        "sample_ppc": SAMPLE_PPC,
        "fast_sample_posterior_predictive": FAST_POSTERIOR_PREDICTIVE,
        "sample_prior_predictive": PRIOR_PREDICTIVE,
        **{row.name: row for row in (*OTHERS, *FITS, *STEPS)},
    }
)

#: Functions that PyMC4 4.0a2 has, too.
PYMC4_HAS = frozenset({"sample", "sample_posterior_predictive", "sample_prior_predictive"})

#: PyMC3's default number of prior predictive draws.
PRIOR_DRAWS = "500"

_SAME_IN_ARVIZ = frozenset(
    """plot_autocorr plot_bf plot_bpv plot_compare plot_density plot_dist plot_dist_comparison plot_dot plot_ecdf
    plot_elpd plot_energy plot_ess plot_forest plot_hdi plot_kde plot_khat plot_lm plot_loo_pit plot_mcse plot_pair
    plot_parallel plot_posterior plot_ppc plot_rank plot_separation plot_trace plot_ts plot_violin
    ELPDData apply_test_function autocorr autocov bfmi compare ess hdi kde loo loo_pit make_ufunc mcse psislw
    r2_samples r2_score reloo rhat summary waic weight_predictions wrap_xarray_ufunc""".split()
)

#: Names in PyMC3 of ArviZ functions: plots, statistics and their old names.
ARVIZ: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in _SAME_IN_ARVIZ},
        "traceplot": "plot_trace",
        "forestplot": "plot_forest",
        "energyplot": "plot_energy",
        "autocorrplot": "plot_autocorr",
        "densityplot": "plot_density",
        "compareplot": "plot_compare",
        "plot_joint": "plot_pair",
        "pairplot": "plot_pair",
        "kdeplot": "plot_kde",
        "df_summary": "summary",
        "hpd": "hdi",
        "gelman_rubin": "rhat",
        "effective_n": "ess",
    }
)

#: Those that need the pointwise log-likelihood, which the generator front end stores only when asked.
NEED_LOG_LIKELIHOOD = frozenset({"loo", "waic", "compare", "loo_pit", "plot_khat", "plot_elpd", "plot_loo_pit"})

#: Those whose second argument is no list of variables.
ARVIZ_NO_NAMES = NEED_LOG_LIKELIHOOD | frozenset(
    """bfmi compareplot energyplot hdi hpd kdeplot plot_compare plot_dist plot_energy plot_hdi plot_kde plot_ppc
    r2_score""".split()
)

#: Names that ArviZ itself had once.
ARVIZ_OLD: Mapping[str, str] = MappingProxyType(
    {
        "plot_hpd": "plot_hdi",
        "hpd": "hdi",
        "plot_joint": "plot_pair",
        "effective_sample_size": "ess",
        "effective_n": "ess",
        "gelman_rubin": "rhat",
    }
)

#: Arguments of PyMC3's own plots and statistics that ArviZ's do not have, by PyMC3's name of the function.
ARVIZ_LACKS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "traceplot": frozenset(
            """alpha priors prior_alpha prior_style bw grid skip_first live_plot plot_transformed refresh_every
            roundto""".split()
        ),
        "plot_posterior": frozenset("kde_plot plot_transformed".split()),
        "forestplot": frozenset("main xtitle xlim ylabels chain_spacing vline gs plot_transformed plot_kwargs".split()),
        "autocorrplot": frozenset("burn plot_transformed symmetric_plot".split()),
        "energyplot": frozenset("lw alpha frame shade kwargs_shade".split()),
        "densityplot": frozenset("plot_transformed".split()),
        "pairplot": frozenset("sub_varnames hexbin plot_transformed text_size gs".split()),
        "summary": frozenset("transform include_transformed start batches to_file".split()),
        "df_summary": frozenset("transform include_transformed start batches".split()),
        "kdeplot": frozenset("shade".split()),
        "hpd": frozenset("transform".split()),
        "compare": frozenset("bootstrap round_to".split()),
        "waic": frozenset("progressbar".split()),
        "loo": frozenset("progressbar".split()),
        "gelman_rubin": frozenset("include_transformed".split()),
        "effective_n": frozenset("include_transformed".split()),
    }
)

#: Those of them that only say how something looks, or is shown while it is worked out.
ARVIZ_LOOKS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "traceplot": frozenset("alpha prior_alpha prior_style bw grid live_plot refresh_every roundto".split()),
        "forestplot": frozenset("main xtitle xlim ylabels chain_spacing vline gs plot_kwargs".split()),
        "autocorrplot": frozenset("symmetric_plot".split()),
        "energyplot": frozenset("lw alpha frame shade kwargs_shade".split()),
        "pairplot": frozenset("hexbin text_size gs".split()),
        "kdeplot": frozenset("shade".split()),
        "waic": frozenset("progressbar".split()),
        "loo": frozenset("progressbar".split()),
    }
)

#: Columns of PyMC3's own summary, and what takes their place in ArviZ's.
SUMMARY_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "mc_error": "mcse_mean",
        "hpd_2.5": "hdi_2.5% with hdi_prob=0.95",
        "hpd_97.5": "hdi_97.5% with hdi_prob=0.95",
        "n_eff": "ess_bulk",
        "Rhat": "r_hat",
    }
)

#: Columns of PyMC3's own ``compare``, and what has their place in ``az.compare``.
COMPARE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "WAIC": "elpd_waic",
        "LOO": "elpd_loo",
        "pWAIC": "p_waic",
        "pLOO": "p_loo",
        "dWAIC": "elpd_diff",
        "dLOO": "elpd_diff",
    }
)

#: Keywords that ArviZ has renamed.
ARVIZ_KEYWORDS: Mapping[str, str] = MappingProxyType(
    {
        "varnames": "var_names",
        "vars": "var_names",
        "credible_interval": "hdi_prob",
        "text_size": "textsize",
        "rhat": "r_hat",
    }
)

#: What PyMC3 called the first argument of its plots and statistics, which is ``data`` in ArviZ.
RESULT_KEYWORDS = frozenset({"trace", "trace_obj", "mtrace"})

#: Attributes of PyMC3's ``waic`` and ``loo`` before 3.8, whose scale was that of a deviance.
CRITERIA: Mapping[str, str] = MappingProxyType(
    {
        "WAIC": "-2 * x.elpd_waic",
        "WAIC_i": "-2 * x.waic_i",
        "WAIC_se": "2 * x.se",
        "p_WAIC": "x.p_waic",
        "LOO": "-2 * x.elpd_loo",
        "LOO_i": "-2 * x.loo_i",
        "LOO_se": "2 * x.se",
        "p_LOO": "x.p_loo",
    }
)

#: Keywords that ArviZ has renamed, of one function each, by PyMC3's name of it.
ARVIZ_RENAMED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "hpd": MappingProxyType({"x": "ary"}),
        "hdi": MappingProxyType({"x": "ary"}),
        "summary": MappingProxyType({"roundto": "round_to"}),
        "plot_posterior": MappingProxyType({"roundto": "round_to"}),
        "pairplot": MappingProxyType({"kwargs_divergence": "divergences_kwargs"}),
        "forestplot": MappingProxyType({"models": "model_names"}),
        "plot_forest": MappingProxyType({"models": "model_names"}),
        "traceplot": MappingProxyType({"ax": "axes"}),
        "densityplot": MappingProxyType({"models": "data_labels", "hpd_markers": "hdi_markers"}),
        "plot_density": MappingProxyType({"models": "data_labels"}),
        "compareplot": MappingProxyType({"se": "plot_standard_error", "dse": "plot_ic_diff"}),
        "plot_compare": MappingProxyType({"se": "plot_standard_error", "dse": "plot_ic_diff"}),
    }
)

#: Functions of the right kind whose meaning changed between PyMC3's own version and ArviZ's.
ARVIZ_REVIEW: Mapping[str, str] = MappingProxyType(
    {
        "hpd": "the default mass is 0.94 here; PyMC3 before 3.8 used 0.95",
        "gelman_rubin": "az.rhat is rank-normalised and gives a dataset, PyMC3's version gave a dict",
        "effective_n": "az.ess gives a dataset, PyMC3's version gave a dict",
        "bfmi": "az.bfmi gives a number for each chain, PyMC3 before 3.8 gave one for all",
        "df_summary": "az.summary rounds (round_to='none' does not), and its intervals have a mass of 0.94, not 0.95",
        "compare": "az.compare takes loo, as log density; PyMC3 before 3.9 took ic='waic', scale='deviance'",
    }
)

#: Keywords, and places of positional arguments, that say what such a note is about.
ARVIZ_SAID: Mapping[str, tuple[frozenset[str], int | None]] = MappingProxyType(
    {
        "hpd": (frozenset({"alpha", "hdi_prob", "credible_interval"}), None),
        "compare": (frozenset({"ic", "scale"}), 1),
    }
)

#: What differs whatever is said.
ARVIZ_ALWAYS: Mapping[str, str] = MappingProxyType(
    {
        "hpd": "az.hdi takes an array of three axes or more for (chain, draw, ...), PyMC3's took (draw, ...), "
        "and no pandas Series (give its .values)"
    }
)

#: Functions of PyMC3 that read or make a MultiTrace, and what to do without them.
TABLES: Mapping[str, str] = MappingProxyType(
    {
        "trace_to_dataframe": "use trace.posterior.to_dataframe(); its columns are named differently",
        "save_trace": "use trace.to_netcdf(path)",
        "load_trace": "use az.from_netcdf(path)",
        "plot_posterior_predictive_glm": "plot lines at some draws with matplotlib",
    }
)

#: Things of PyMC3 without a rule yet, or gone from it: what to do.
ADVICE: Mapping[str, str] = MappingProxyType(
    {
        **GONE,
        "Data": "pass the values to the generator as an argument",
        "set_data": "build the model again with the new values",
        "Minibatch": "pass the whole data set",
        "Bound": "write the bounded density with pm.Potential, or keep this model on PyMC3",
        "Mixture": "marginalise by hand with pm.Potential, or keep this model on PyMC3",
    }
)
