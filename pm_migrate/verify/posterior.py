"""Short runs on both sides, compared with a stated rate of false alarms.

For each scalar that both record (random variables, constrained, and deterministics) two means are compared: that of the
scalar ``x``, and that of ``(x - c)**2``, where ``c`` is the mean of both runs together. With the means ``m``, standard
deviations ``s`` and effective sample sizes ``n`` of the two runs (ArviZ's ``ess`` of the mean, at most the number of
draws), ``e = s / sqrt(n)`` are the Monte Carlo standard errors, and

    z = (m1 - m2) / sqrt(e1**2 + e2**2)

is compared with Student's t of Welch and Satterthwaite's degrees of freedom, ``(e1**2 + e2**2)**2 / (e1**4 / (n1 - 1) +
e2**4 / (n2 - 1))``. Holm's step-down procedure (1979, Scandinavian Journal of Statistics 6, 65-70) over all of them
keeps the probability that any equal mean is called different below the error rate, however they depend on each other.

A scalar whose chains have not mixed on one of the sides has no such error and is not compared: it is counted as not
settled. That is so when its rank-normalised R-hat is above 1.05, its effective sample size is below 100, or the means
of its chains differ by more than their own errors explain: the sum of ``(m_i - m)**2 / e_i**2`` over the chains, with
``e_i`` from the draws of chain ``i`` alone, is compared with the chi-squared distribution. R-hat alone passes chains
that stay in modes of their own where the modes differ little in a scalar.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from pm_migrate.errors import PmMigrateError, RemoteError
from pm_migrate.reference.records import ModelInfo, ProgramInfo
from pm_migrate.verify.pairing import NO_NAMES, same_name

R_HAT = 1.05
#: How often a scalar whose chains have mixed may be taken for one whose chains have not, by their means.
APART = 1e-4
EFFECTIVE = 100.0
#: Draws that differ by no more than this part of their size are one number, computed with roundings.
CONSTANT = 1e-12
#: Scalars of one variable that are compared, evenly spaced when it has more.
SCALARS = 200


class Sampler(Protocol):
    """What is asked of a side here."""

    def sample(
        self,
        program: ProgramInfo,
        model: ModelInfo,
        draws: int,
        *,
        tune: int,
        chains: int,
        seed: int,
        timeout: float,
        **options: Any,
    ) -> dict[str, np.ndarray]: ...


@dataclass(frozen=True)
class Settings:
    """How long the runs are, and how often equal posteriors may be called different."""

    draws: int = 1000
    chains: int = 4
    error_rate: float = 1e-3
    seed: int = 0
    timeout: float = 1800.0


@dataclass
class Runs:
    """The runs of the original, made once for all roads."""

    reference: Sampler
    program: ProgramInfo
    settings: Settings
    _made: dict[int, Mapping[str, np.ndarray]] = field(default_factory=dict)

    def compare(
        self, info: ModelInfo, side: Sampler, candidate: ProgramInfo, other: ModelInfo, names: Mapping[str, str]
    ) -> dict[str, Any]:
        """Run both sides, and compare; ``error`` is why there was nothing to compare."""
        try:
            if info.index not in self._made:
                self._made[info.index] = self._run(self.reference, self.program, info, self.settings.seed)
            theirs = self._run(side, candidate, other, self.settings.seed + 1000)
        except PmMigrateError as error:
            why = f"no short run: {str(error).splitlines()[0]}"
            return {"error": why, "text": [why], "rejected": []}
        return compare_draws(self._made[info.index], theirs, self.settings.error_rate, names)

    def _run(self, side: Sampler, program: ProgramInfo, model: ModelInfo, seed: int) -> dict[str, np.ndarray]:
        settings = self.settings
        # PyMC3 refuses target_accept= where discrete variables need other step methods beside NUTS
        options: dict[str, Any] = {} if any(v.discrete for v in model.variables) else {"target_accept": 0.9}
        common: dict[str, Any] = {"tune": settings.draws, "chains": settings.chains, "seed": seed}
        common["timeout"] = settings.timeout
        try:
            return side.sample(program, model, settings.draws, **common, **options)
        except RemoteError as error:
            if "Unused step method arguments" not in str(error):
                raise
        # and where it has no NUTS at all: of an Op without a gradient
        return side.sample(program, model, settings.draws, **common)


def compare_draws(
    mine: Mapping[str, np.ndarray],
    theirs: Mapping[str, np.ndarray],
    error_rate: float,
    names: Mapping[str, str] = NO_NAMES,
) -> dict[str, Any]:
    """Compare draws of shape (chains, draws, ...) by name.

    Returns
    -------
    dict
        ``compared`` (number of means), ``unsettled`` and ``rejected`` (their names), ``worst`` (name and z),
        ``error_rate``, and ``text``: the same as sentences.
    """
    tests: list[tuple[float, float, str]] = []
    unsettled: list[str] = []
    for name in mine:
        other = min((n for n in theirs if same_name(name, n, names)), key=len, default=None)
        if name.endswith("__") or other is None or np.asarray(mine[name]).dtype.kind not in "fiub":
            continue
        for label, a, b in _scalars(name, np.asarray(mine[name], float), np.asarray(theirs[other], float)):
            found = _tests(label, a, b)
            tests += found
            unsettled += [] if found else [label]
    rejected = _holm(tests, error_rate)
    worst = min(tests, default=(1.0, 0.0, ""))
    result: dict[str, Any] = {
        "compared": len(tests),
        "unsettled": unsettled,
        "rejected": rejected,
        "worst": {"name": worst[2], "z": worst[1], "p": worst[0]},
        "error_rate": error_rate,
    }
    return result | {"text": _sentences(result)}


def _sentences(result: Mapping[str, Any]) -> list[str]:
    text = [f"short runs: {result['compared']} means compared, at an error rate of {result['error_rate']:g}"]
    if result["compared"]:
        text[0] += f"; the largest difference is that of the {result['worst']['name']}, z = {result['worst']['z']:.2f}"
    if result["rejected"]:
        text.append(f"the posteriors differ in the {', the '.join(result['rejected'][:6])}")
    if result["unsettled"]:
        count = len(result["unsettled"])
        text.append(f"{count} scalar(s) have not mixed and were not compared: {', '.join(result['unsettled'][:6])}")
    return text


def _scalars(name: str, mine: np.ndarray, theirs: np.ndarray) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """The scalars of a variable, each of shape (chains, draws), with labels."""
    shape = mine.shape[2:]
    size = math.prod(shape)
    if math.prod(theirs.shape[2:]) != size:
        return []
    mine, theirs = mine.reshape(*mine.shape[:2], size), theirs.reshape(*theirs.shape[:2], size)
    chosen = np.unique(np.linspace(0, size - 1, min(size, SCALARS)).astype(int)) if size else np.zeros(0, int)
    labels = [f"{name}{list(map(int, np.unravel_index(i, shape)))}" if shape else name for i in chosen]
    return [(label, mine[..., i], theirs[..., i]) for label, i in zip(labels, chosen, strict=True)]


def _tests(name: str, mine: np.ndarray, theirs: np.ndarray) -> list[tuple[float, float, str]]:
    """Probability, z and name of both comparisons of a scalar; none if a side is not settled."""
    if _is_constant(mine) and _is_constant(theirs):  # a deterministic: a correlation of a variable with itself
        same = math.isclose(float(mine.flat[0]), float(theirs.flat[0]), rel_tol=1e-6, abs_tol=1e-9)
        return [(1.0 if same else 0.0, 0.0 if same else math.inf, f"mean of {name}")]
    if not (_settled(mine) and _settled(theirs)):
        return []
    centre = 0.5 * (float(mine.mean()) + float(theirs.mean()))
    return [
        (*_welch(mine, theirs), f"mean of {name}"),
        (*_welch((mine - centre) ** 2, (theirs - centre) ** 2), f"variance of {name}"),
    ]


def _is_constant(draws: np.ndarray) -> bool:
    """Whether draws are one number, but for how it is rounded."""
    return bool(np.ptp(draws) <= CONSTANT * np.max(np.abs(draws)))


def _settled(draws: np.ndarray) -> bool:
    import arviz

    if not np.all(np.isfinite(draws)) or np.ptp(draws) == 0.0:
        return False
    # of a few values (a coin) ranks have ties, and R-hat of a constant chain is no number
    mixed = float(arviz.rhat(draws)) if draws.shape[0] > 1 else 1.0
    return mixed <= R_HAT and float(arviz.ess(draws)) >= EFFECTIVE and _together(draws)


def _together(draws: np.ndarray) -> bool:
    """Whether the means of the chains are as near to each other as their own errors say."""
    import arviz
    from scipy import stats

    chains, length = draws.shape
    sizes = [float(arviz.ess(chain[None], method="mean")) if np.ptp(chain) else length for chain in draws]
    errors = draws.var(axis=1, ddof=1).mean() / np.minimum(sizes, length)
    means = draws.mean(axis=1)
    distance = float(np.sum((means - means.mean()) ** 2 / errors))
    return chains == 1 or float(stats.chi2.sf(distance, chains - 1)) >= APART


def _welch(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Two-sided probability, and z."""
    import arviz
    from scipy import stats

    sizes = [min(float(arviz.ess(x, method="mean")), float(x.size)) for x in (a, b)]
    errors = [float(x.std()) / math.sqrt(n) for x, n in zip((a, b), sizes, strict=True)]
    total = errors[0] ** 2 + errors[1] ** 2
    z = (float(a.mean()) - float(b.mean())) / math.sqrt(total)
    freedom = total**2 / sum(e**4 / max(n - 1.0, 1.0) for e, n in zip(errors, sizes, strict=True))
    return float(2.0 * stats.t.sf(abs(z), freedom)), z


def _holm(tests: Sequence[tuple[float, float, str]], rate: float) -> list[str]:
    """Names of the comparisons that Holm's procedure rejects."""
    rejected = []
    for number, (probability, _, name) in enumerate(sorted(tests)):
        if probability > rate / (len(tests) - number):
            break
        rejected.append(name)
    return rejected
