"""Warnings after sampling, with PyMC3's thresholds, and what to do about them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.chains import Chains

_log = logging.getLogger("pm_migrate")


class Finding(NamedTuple):
    """One thing that is wrong: how bad, in words, of which of PyMC3's kinds, and in which chain (None: in all)."""

    level: int
    message: str
    kind: str = "CONVERGENCE"
    chain: int | None = None


def warn(density: LogDensity, chains: Chains, *, target_accept: float = 0.8) -> list[str]:
    """Log what is wrong with a run.

    Parameters
    ----------
    density, chains
        The density and the draws from it.
    target_accept
        What the step size was adapted to.

    Returns
    -------
    list of str
        The messages, which were also logged to ``pm_migrate``: as errors (divergences, r-hat above 1.4, fewer than 200
        effective draws), warnings (r-hat above 1.2, effective draws below 10 %, acceptance off target, maximum tree
        depth) or information (r-hat above 1.05, effective draws below 25 %, a single chain).
    """
    findings = find(density, chains, target_accept=target_accept)
    for finding in findings:
        _log.log(finding.level, finding.message)
    return [finding.message for finding in findings]


def find(density: LogDensity, chains: Chains, *, target_accept: float = 0.8) -> list[Finding]:
    """What :func:`warn` logs, without logging it."""
    values = {v.rv_name: chains.values[v.name] for v in density.variables}
    return [*_trajectories(chains, target_accept), *convergence(values)]


def convergence(values: Mapping[str, np.ndarray]) -> list[Finding]:
    """What r-hat and the effective sample size say.

    Parameters
    ----------
    values
        Draws by variable name, ``(chains, draws, *shape)``. The unconstrained ones will do: both figures go by ranks,
        which transforms mostly keep.
    """
    return [Finding(level, message) for level, message in _convergence(values)]


def _trajectories(chains: Chains, target_accept: float) -> list[Finding]:
    from scipy.stats import beta

    if "diverging" not in chains.stats or chains.draws == 0:
        return []
    found = []
    for chain in range(chains.chains):
        divergent = int(chains.stats["diverging"][chain].sum())
        if divergent == chains.draws:
            text = f"Chain {chain} contains only diverging samples. The model is probably misspecified."
            found.append(Finding(logging.ERROR, text, "DIVERGENCES", chain))
        elif divergent:
            were = "was 1 divergence" if divergent == 1 else f"were {divergent} divergences"
            advice = "Increase `target_accept` or reparameterize."
            text = f"There {were} after tuning in chain {chain}. {advice}"
            found.append(Finding(logging.ERROR, text, "DIVERGENCES", chain))
        if np.mean(chains.stats["reached_max_treedepth"][chain]) > 0.05:
            advice = "Increase max_treedepth, increase target_accept or reparameterize."
            text = f"Chain {chain} reached the maximum tree depth. {advice}"
            found.append(Finding(logging.WARNING, text, "TREEDEPTH", chain))
        accept = float(np.mean(chains.stats["mean_tree_accept"][chain]))
        weight = min(100, chains.draws)  # PyMC3's interval: as if so many independent trials had been made
        lower, upper = beta(accept * weight + 1, (1 - accept) * weight + 1).interval(0.95)
        if not lower <= target_accept <= upper:
            text = f"The acceptance probability of chain {chain} is {accept:.2f}, but should be close to"
            level = logging.WARNING if accept < target_accept else logging.INFO  # small steps cost time, not truth
            text = f"{text} {target_accept}. Try to increase the number of tuning steps."
            found.append(Finding(level, text, "BAD_ACCEPTANCE", chain))
    return found


def _convergence(values: Mapping[str, np.ndarray]) -> list[tuple[int, str]]:
    import arviz

    chains, draws = next(iter(values.values())).shape[:2]
    if draws < 4:
        return []
    if chains == 1:
        return [(logging.INFO, "Only one chain was sampled, this makes it impossible to run some convergence checks.")]
    rhat: dict[str, float] = {}
    size: dict[str, float] = {}
    for name, drawn in values.items():
        columns = drawn.reshape(chains, draws, -1).astype(float)
        moving = [columns[:, :, i] for i in range(columns.shape[2]) if np.ptp(columns[:, :, i]) > 0]
        if moving:
            rhat[name] = max(float(arviz.rhat(x)) for x in moving)
            size[name] = min(float(arviz.ess(x)) for x in moving)
    if not rhat:
        return []
    return [*_rhat_message(rhat), *_size_message(size, chains * draws)]


def _rhat_message(rhat: dict[str, float]) -> list[tuple[int, str]]:
    for limit, level, text in (
        (1.4, logging.ERROR, "The sampler did not converge: draw longer, or reparameterize."),
        (1.2, logging.WARNING, "The chains disagree: draw longer, or reparameterize."),
        (1.05, logging.INFO, "This indicates slight problems during sampling."),
    ):
        names = [name for name, value in rhat.items() if value > limit]
        if names:
            return [(level, f"The rhat statistic is larger than {limit} for {_some(names)}. {text}")]
    return []


def _size_message(size: dict[str, float], draws: int) -> list[tuple[int, str]]:
    few = [name for name, value in size.items() if value < 200]
    if few and draws >= 500:
        text = f"The estimated number of effective samples is smaller than 200 for {_some(few)}. Draw longer."
        return [(logging.ERROR, text)]
    for share, level in ((0.1, logging.WARNING), (0.25, logging.INFO)):
        names = [name for name, value in size.items() if value < share * draws]
        if names:
            return [(level, f"The number of effective samples is smaller than {share:.0%} for {_some(names)}.")]
    return []


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
