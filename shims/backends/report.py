"""What a run says about itself: PyMC3's ``trace.report``."""

from __future__ import annotations

import dataclasses
import enum
import logging
from collections.abc import Iterable, Sequence
from typing import Any

logger = logging.getLogger("pymc3")

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}


@enum.unique
class WarningType(enum.Enum):
    """Kinds of warnings, with PyMC3's numbers."""

    DIVERGENCE = 1
    TUNING_DIVERGENCE = 2
    DIVERGENCES = 3
    TREEDEPTH = 4
    BAD_PARAMS = 5
    CONVERGENCE = 6
    BAD_ACCEPTANCE = 7
    BAD_ENERGY = 8


@dataclasses.dataclass
class SamplerWarning:
    """One warning of a run.

    Parameters
    ----------
    kind, message, level
        What it is about, in words, and one of ``debug``, ``info``, ``warn``, ``error``, ``critical``.
    step
        The draw it belongs to, if it does.
    exec_info, extra, divergence_point_source, divergence_point_dest, divergence_info
        Details, as far as the sampler knows them.
    """

    kind: WarningType
    message: str
    level: str
    step: int | None = None
    exec_info: Any = None
    extra: Any = None
    divergence_point_source: dict[str, Any] | None = None
    divergence_point_dest: dict[str, Any] | None = None
    divergence_info: Any = None

    @property
    def severity(self) -> int:
        """The level as a number of :mod:`logging`."""
        return _LEVELS[self.level]


class SamplerReport:
    """Warnings and figures of a run."""

    def __init__(self) -> None:
        self._chain_warnings: dict[int, list[SamplerWarning]] = {}
        self._global_warnings: list[SamplerWarning] = []
        self._ess: Any = None
        self._rhat: Any = None
        self._n_tune: int | None = None
        self._n_draws: int | None = None
        self._t_sampling: float | None = None
        self._timing: dict[str, float] = {}  # seconds by stage, where the compiled loop sampled

    @property
    def _warnings(self) -> list[SamplerWarning]:
        return [*(w for found in self._chain_warnings.values() for w in found), *self._global_warnings]

    @property
    def ok(self) -> bool:
        """Whether there is nothing worse than information."""
        return all(w.severity < logging.WARNING for w in self._warnings)

    @property
    def n_tune(self) -> int | None:
        """Number of warm-up draws per chain; they need not be in the trace."""
        return self._n_tune

    @property
    def n_draws(self) -> int | None:
        """Number of draws per chain after the warm-up."""
        return self._n_draws

    @property
    def t_sampling(self) -> float | None:
        """Seconds that the run took."""
        return self._t_sampling

    def raise_ok(self, level: str = "error") -> None:
        """Raise if there is a warning of this level or worse.

        Raises
        ------
        ValueError
            Naming the warnings.
        """
        found = [w.message for w in self._warnings if w.severity >= _LEVELS[level]]
        if found:
            raise ValueError(f"Serious convergence issues during sampling: {' '.join(found)}")

    def _add_warnings(self, warnings: Iterable[SamplerWarning], chain: int | None = None) -> None:
        kept = self._global_warnings if chain is None else self._chain_warnings.setdefault(chain, [])
        kept.extend(warnings)

    def _add_findings(self, findings: Iterable[Any]) -> None:
        """Take over what :func:`pm_migrate.shims.inference.diagnostics.find` found."""
        names = {level: name for name, level in _LEVELS.items()}
        for finding in findings:
            warning = SamplerWarning(WarningType[finding.kind], finding.message, names[finding.level])
            self._add_warnings([warning], finding.chain)

    def _log_summary(self) -> None:
        for warning in self._warnings:
            logger.log(warning.severity, warning.message)

    def _slice(self, start: int, stop: int, step: int) -> SamplerReport:
        """The warnings that concern the draws of a slice, with the numbers that those have in it."""
        part = SamplerReport()
        for chain, found in [(None, self._global_warnings), *self._chain_warnings.items()]:
            kept = [_moved(w, start) for w in found if _within(w, start, stop, step)]
            part._add_warnings(kept, chain)
        return part


def _within(warning: SamplerWarning, start: int, stop: int, step: int) -> bool:
    return warning.step is None or (start <= warning.step < stop and (warning.step - start) % step == 0)


def _moved(warning: SamplerWarning, start: int) -> SamplerWarning:
    return warning if warning.step is None else dataclasses.replace(warning, step=warning.step - start)


def merge_reports(reports: Sequence[SamplerReport]) -> SamplerReport:
    """The warnings of several runs together."""
    merged = SamplerReport()
    for report in reports:
        merged._add_warnings(report._global_warnings)
        for chain, found in report._chain_warnings.items():
            merged._add_warnings(found, chain)
    return merged
