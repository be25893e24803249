"""Names of PyMC3 before 3.9 that 3.11.6 has no more. The standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Names that only changed: the function of 3.11.6 takes the same arguments and means the same.
RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "glm.plot_posterior_predictive": "plot_posterior_predictive_glm",
        "sample_ppc_w": "sample_posterior_predictive_w",
    }
)

#: Functions of pm.math that PyMC3 before 3.0 had in its own namespace as well: ``pm.switch``, ``pm.exp``.
OF_MATH = frozenset(
    """abs_ and_ ceil clip concatenate constant cos cosh det dot eq erf erfinv exp extract_diag flatten floor ge gt le
    log lt matrix_dot matrix_inverse maximum minimum neq ones_like or_ prod sgn sigmoid sin sinh sqr sqrt stack sum
    switch tan tanh where zeros_like""".split()
)

_CRITERION = (
    "PyMC3 dropped it by 3.4: az.loo(trace) or az.waic(trace) takes its place, another criterion with other numbers; {}"
)
_DIC = "its own is 2 * mean - at_mean, the mean of -2 * model.logp over the draws, and that at the mean of the draws"
_BPIC = (
    "its own is 3 * mean - 2 * at_mean, the mean of -2 * model.logp over the draws, and that at the mean of the draws"
)
_STORED = (
    "PyMC3 dropped it by 3.9: leave trace= out of pm.sample, and store what it gives by trace.to_netcdf(path), or use "
    "pm.backends.Text(folder)"
)
_FILES = (
    "PyMC3 dropped it by 3.9: az.from_netcdf(path) reads what trace.to_netcdf(path) stored; old files need old releases"
)
_PROCESS = (
    "it is of PyMC3 3.0: pm.gp.Marginal with marginal_likelihood, conditional and predict takes its place from 3.2 on"
)
_STOCHASTIC = "PyMC3 dropped it by 3.9: pm.fit with pm.Minibatch, or NUTS with all data, takes its place"

#: Names that are gone: what to do.
GONE: Mapping[str, str] = MappingProxyType(
    {
        "advi": "PyMC3 dropped it in 3.2: approx = pm.fit(n, method='advi') takes its place, and -approx.hist that of "
        "its elbo_vals",
        "advi_minibatch": "PyMC3 dropped it in 3.2: pm.fit(n, method='advi') with pm.Minibatch takes its place",
        "sample_vp": "PyMC3 dropped it in 3.2: approx.sample(draws) takes its place",
        "SMC": "pm.sample_smc(draws) takes its place from PyMC3 3.7 on",
        "smc.ATMIP_sample": "pm.sample_smc(draws) takes its place from PyMC3 3.7 on",
        "glm.glm": "it is of PyMC3 3.0; later releases call it pm.glm.GLM.from_formula",
        "gp.GP": _PROCESS,
        "gp.sample_gp": _PROCESS,
        "dic": _CRITERION.format(_DIC),
        "bpic": _CRITERION.format(_BPIC),
        "quantiles": "PyMC3 dropped it by 3.9: trace.posterior.quantile(q, dim=('chain', 'draw')) takes its place; it "
        "interpolates between draws, PyMC3 took one of them",
        "mc_error": "PyMC3 dropped it by 3.9: az.mcse(trace) takes its place; PyMC3's was that of batch means",
        "geweke": "PyMC3 dropped it by 3.9: az.rhat(trace) and az.ess(trace) say whether chains agree",
        "backends.SQLite": _STORED,
        "backends.HDF5": _STORED,
        "backends.sqlite": _FILES,
        "backends.hdf5": _FILES,
        "util.get_variable_name": "it names a variable in LaTeX: leave out _repr_latex_, which only shows things",
        "step_methods.sgmcmc": _STOCHASTIC,
        "SGFS": _STOCHASTIC,
        "CSG": _STOCHASTIC,
    }
)

#: What PyMC3 dropped by 3.9 and both runtimes have: draws in text files.
STORES = frozenset({"backends.Text", "backends.text.load", "backends.text.dump"})

#: Names of functions that went on under another one: what PyMC3 3.11.6 calls them, and what is not the same.
REPLACED: Mapping[str, str] = MappingProxyType(
    {
        "sample_ppc": "pm.sample_posterior_predictive takes its place from PyMC3 3.7 on",
        "df_summary": "pm.summary takes its place from PyMC3 3.3 on",
        "hpd": "pm.hdi takes its place from PyMC3 3.9 on, with hdi_prob=0.94 where it had 0.95",
        "gelman_rubin": "pm.rhat takes its place from PyMC3 3.9 on, rank-normalised, in a Dataset",
        "effective_n": "pm.ess takes its place from PyMC3 3.9 on, in a Dataset",
        "plot_joint": "pm.plot_pair takes its place from PyMC3 3.9 on",
        "diagnostics": "pm.rhat and pm.ess take the place of its functions from PyMC3 3.9 on",
        "smc": "pm.sample_smc(draws) takes its place from PyMC3 3.7 on",
        "posteriorplot": "pm.plot_posterior is in pm, and the rest of it in pm.plots.posteriorplot",
    }
)


def why_missing(name: str, module: str = "") -> str:
    """The end of an error about a name that a module of PyMC3 (dotted, without ``pymc3``) does not have: what to do.

    Examples
    --------
    >>> why_missing("sample_ppc", "sampling")
    ': pm.sample_posterior_predictive takes its place from PyMC3 3.7 on'
    >>> why_missing("SQLite", "backends") == why_missing("sqlite", "backends")
    False
    >>> why_missing("nothing")
    ''
    """
    found = advice(f"{module}.{name}" if module else name) or advice(name) or REPLACED.get(name)
    return f": {found}" if found else ""


def advice(name: str) -> str | None:
    """What to do about a name of PyMC3 (dotted, without ``pymc3.``) that is gone; None for another one.

    Examples
    --------
    >>> advice("backends.sqlite.load") == advice("backends.sqlite")
    True
    >>> advice("Normal") is None
    True
    """
    while name:
        if name in GONE:
            return GONE[name]
        name = name.rpartition(".")[0]
    return None
