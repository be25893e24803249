"""Inference calls: their arguments in PyMC3 and in the generator front end, and PyMC3's names for ArviZ functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


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
    """

    name: str
    signature: tuple[str, ...]
    keep: Mapping[str, str]
    drop: frozenset[str] = frozenset()
    refuse: Mapping[str, str] = field(default_factory=dict)
    target: str = ""


_STEP = "leave the sampler to pm.sample, or keep this model on PyMC3"

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
    },
    drop=frozenset(
        """cores njobs n_init compute_convergence_checks jitter_max_retries mp_ctx pickle_backend
        return_inferencedata""".split()
    ),
    refuse={
        "step": _STEP,
        "trace": "continue from an earlier trace by hand",
        "callback": "callbacks between draws have no counterpart",
        "discard_tuned_samples": "warm-up draws are not kept",
        "idata_kwargs": "label the result by hand",
        "chain_idx": "chains are numbered from 0",
    },
    target="sample",
)

#: PyMC3's defaults that are written out: they differ in PyMC4.
SAMPLE_DEFAULTS: Mapping[str, str] = MappingProxyType({"draws": "1000", "tune": "1000", "chains": "4"})

#: Values of ``init=`` that mean NUTS with an adapted diagonal mass matrix or a dense one.
SAMPLE_INITS = frozenset({"auto", "adapt_diag", "jitter+adapt_diag", "adapt_full", "jitter+adapt_full"})

POSTERIOR_PREDICTIVE = InferenceCall(
    name="sample_posterior_predictive",
    signature=(*("trace", "samples", "model", "var_names", "size", "keep_size", "random_seed", "progressbar"),),
    keep={
        "trace": "",
        "samples": "num_draws",
        "var_names": "var_names",
        "vars": "var_names",
        "random_seed": "seed",
        "size": "size",
        "keep_size": "keep_size",
    },
    drop=frozenset({"progressbar"}),
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

#: Arguments of ours that PyMC4 4.0a2 does not have, with what becomes of them there.
UPSTREAM: Mapping[str, str] = MappingProxyType(
    {
        "target_accept": "PyMC4 4.0a2 aims at its own acceptance rate, 0.75",
        "max_treedepth": "PyMC4 4.0a2 has its own limit of the tree depth, 10",
        "init": "PyMC4 4.0a2 does not adapt a mass matrix",
        "start": "PyMC4 4.0a2 starts at draws from the prior",
        "num_draws": "PyMC4 4.0a2 makes one draw for every posterior draw",
    }
)

#: Inference calls by PyMC3 name, old names included.
INFERENCE: Mapping[str, InferenceCall] = MappingProxyType(
    {
        "sample": SAMPLE,
        "sample_posterior_predictive": POSTERIOR_PREDICTIVE,
        "sample_ppc": POSTERIOR_PREDICTIVE,
        "fast_sample_posterior_predictive": FAST_POSTERIOR_PREDICTIVE,
        "sample_prior_predictive": PRIOR_PREDICTIVE,
    }
)

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
            "transform alpha priors prior_alpha prior_style bw grid skip_first live_plot plot_transformed".split()
        ),
        "plot_posterior": frozenset("transform kde_plot plot_transformed alpha_level color bw".split()),
        "forestplot": frozenset("quartiles rhat main xtitle ylabels chain_spacing vline gs plot_transformed".split()),
        "autocorrplot": frozenset("burn plot_transformed symmetric_plot".split()),
        "energyplot": frozenset("lw alpha frame shade kwargs_shade".split()),
        "densityplot": frozenset("models plot_transformed".split()),
        "pairplot": frozenset("sub_varnames hexbin plot_transformed text_size gs kwargs_divergence".split()),
        "summary": frozenset("transform include_transformed start batches to_file roundto".split()),
        "df_summary": frozenset("transform include_transformed start batches".split()),
        "hpd": frozenset("transform".split()),
        "gelman_rubin": frozenset("include_transformed".split()),
        "effective_n": frozenset("include_transformed".split()),
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

#: Keywords that ArviZ has renamed.
ARVIZ_KEYWORDS: Mapping[str, str] = MappingProxyType(
    {"varnames": "var_names", "credible_interval": "hdi_prob", "vars": "var_names"}
)

#: Functions of the right kind whose meaning changed between PyMC3's own version and ArviZ's.
ARVIZ_REVIEW: Mapping[str, str] = MappingProxyType(
    {
        "hpd": "the default mass is 0.94 here; PyMC3 before 3.9 used 0.95",
        "gelman_rubin": "az.rhat is rank-normalised and gives a dataset, PyMC3's version gave a dict",
        "effective_n": "az.ess gives a dataset, PyMC3's version gave a dict",
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

#: Things of PyMC3 without a rule yet: what to do.
ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "Data": "pass the values to the generator as an argument",
        "set_data": "build the model again with the new values",
        "find_MAP": "minimise the model's negative log density by hand",
        "fit": "call pm.fit(model, method=...) of the generator front end by hand",
        "ADVI": "call pm.fit(model, method='advi') of the generator front end by hand",
        "FullRankADVI": "call pm.fit(model, method='fullrank_advi') of the generator front end by hand",
        "Minibatch": "pass the whole data set",
        "model_to_graphviz": "draw the graph from the PyMC3 version",
        "sample_smc": "sequential Monte Carlo has no counterpart in the generator front end",
        "Metropolis": _STEP,
        "NUTS": _STEP,
        "HamiltonianMC": _STEP,
        "Slice": _STEP,
        "Bound": "write the bounded density with pm.Potential, or keep this model on PyMC3",
        "Mixture": "marginalise by hand with pm.Potential, or keep this model on PyMC3",
    }
)
