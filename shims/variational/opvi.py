"""``pymc3.variational.opvi``: operator variational inference (Ranganath et al., 2016), by PyMC3's names."""

from __future__ import annotations

from pm_migrate.shims.variational.approximation import Approximation
from pm_migrate.shims.variational.group import Group, group_for_params, group_for_short_name
from pm_migrate.shims.variational.nodes import (
    AEVBInferenceError,
    BatchedGroupError,
    ExplicitInferenceError,
    GroupError,
    LocalGroupError,
    ParametrizationError,
    VariationalInferenceError,
    append_name,
    collect_shared_to_list,
    node_property,
    try_to_set_test_value,
)
from pm_migrate.shims.variational.objectives import ObjectiveFunction, ObjectiveUpdates, Operator, TestFunction

__all__ = [
    "AEVBInferenceError",
    "Approximation",
    "BatchedGroupError",
    "ExplicitInferenceError",
    "Group",
    "GroupError",
    "LocalGroupError",
    "ObjectiveFunction",
    "ObjectiveUpdates",
    "Operator",
    "ParametrizationError",
    "TestFunction",
    "VariationalInferenceError",
    "append_name",
    "collect_shared_to_list",
    "group_for_params",
    "group_for_short_name",
    "node_property",
    "try_to_set_test_value",
]
