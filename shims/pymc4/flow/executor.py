"""PyMC4's module of this name: the errors of evaluation, and the untransformed executor."""

from __future__ import annotations

from pm_migrate.shims.pymc4.errors import EvaluationError, StopExecution
from pm_migrate.shims.pymc4.flow.executors import SamplingExecutor
from pm_migrate.shims.pymc4.flow.state import SamplingState

__all__ = ["EvaluationError", "SamplingExecutor", "SamplingState", "StopExecution"]
