"""Evaluation of models: the executors and the state they fill."""

from __future__ import annotations

from pm_migrate.shims.pymc4.errors import EvaluationError, StopExecution
from pm_migrate.shims.pymc4.flow import executor
from pm_migrate.shims.pymc4.flow.executors import (
    MetaPosteriorPredictiveSamplingExecutor,
    MetaSamplingExecutor,
    PosteriorPredictiveSamplingExecutor,
    SamplingExecutor,
    TransformedSamplingExecutor,
    evaluate_meta_model,
    evaluate_meta_posterior_predictive_model,
    evaluate_model,
    evaluate_model_posterior_predictive,
    evaluate_model_transformed,
)
from pm_migrate.shims.pymc4.flow.state import SamplingState

__all__ = [
    "EvaluationError",
    "MetaPosteriorPredictiveSamplingExecutor",
    "MetaSamplingExecutor",
    "PosteriorPredictiveSamplingExecutor",
    "SamplingExecutor",
    "SamplingState",
    "StopExecution",
    "TransformedSamplingExecutor",
    "evaluate_meta_model",
    "evaluate_meta_posterior_predictive_model",
    "evaluate_model",
    "evaluate_model_posterior_predictive",
    "evaluate_model_transformed",
    "executor",
]
