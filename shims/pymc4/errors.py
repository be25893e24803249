"""Errors of the generator front end."""

from __future__ import annotations

from pm_migrate.errors import ShimError


class EvaluationError(ShimError, RuntimeError):
    """A model could not be evaluated: what it yielded, returned or was given does not fit."""


class StopExecution(EvaluationError):
    """What was to be evaluated is not a model, or a model went on after an error at one of its yields."""


class NoRandomDraws(ShimError, TypeError, NotImplementedError):
    """A distribution that cannot be drawn from: PyMC4's TypeError, and PyMC3's NotImplementedError."""
