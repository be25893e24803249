"""Inference on the one log density: sampling, what a trace records, forward draws, and what can be said of a run.

Names are imported when they are first used: ArviZ, which traces need, takes a while to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pm_migrate.shims.inference.chains import Chains, chains_from_values
    from pm_migrate.shims.inference.diagnostics import find, warn
    from pm_migrate.shims.inference.forward import posterior_predictive, prior_predictive
    from pm_migrate.shims.inference.multitraces import multitrace
    from pm_migrate.shims.inference.progress import Snapshot
    from pm_migrate.shims.inference.recording import record
    from pm_migrate.shims.inference.sampling import sample_chains
    from pm_migrate.shims.inference.stand_ins import stand_in
    from pm_migrate.shims.inference.trace import to_inference_data

_HOMES = {
    "Chains": "chains",
    "chains_from_values": "chains",
    "find": "diagnostics",
    "warn": "diagnostics",
    "posterior_predictive": "forward",
    "prior_predictive": "forward",
    "multitrace": "multitraces",
    "Snapshot": "progress",
    "record": "recording",
    "sample_chains": "sampling",
    "stand_in": "stand_ins",
    "to_inference_data": "trace",
}

__all__ = [
    "Chains",
    "Snapshot",
    "chains_from_values",
    "find",
    "multitrace",
    "posterior_predictive",
    "prior_predictive",
    "record",
    "sample_chains",
    "stand_in",
    "to_inference_data",
    "warn",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
