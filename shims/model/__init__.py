"""The ``with`` front end: PyMC3's ``Model`` and what lives in it (``pymc3.model``)."""

from __future__ import annotations

from pm_migrate.shims.exceptions import ImputationWarning
from pm_migrate.shims.model.context import ContextMeta
from pm_migrate.shims.model.core import Model
from pm_migrate.shims.model.data import Data, set_data
from pm_migrate.shims.model.factor import Factor
from pm_migrate.shims.model.functions import FastPointFunc, LoosePointFunc, Point, compilef, fastfn, fn, modelcontext
from pm_migrate.shims.model.graph import (
    all_continuous,
    build_named_node_tree,
    get_named_nodes_and_relations,
    incorporate_methods,
)
from pm_migrate.shims.model.observing import as_tensor, pandas_to_array
from pm_migrate.shims.model.observing import get_scaling as _get_scaling
from pm_migrate.shims.model.registration import Deterministic, Potential
from pm_migrate.shims.model.trees import treedict, treelist
from pm_migrate.shims.model.value_grad import ValueGradFunction
from pm_migrate.shims.model.variables import (
    DeterministicVariable,
    FreeRV,
    MultiObservedRV,
    ObservedRV,
    PyMC3Variable,
    TransformedRV,
)
from pm_migrate.shims.model.views import FlatView

DeterministicWrapper = DeterministicVariable

__all__ = [
    "ContextMeta",
    "Data",
    "Deterministic",
    "DeterministicWrapper",
    "Factor",
    "FastPointFunc",
    "FlatView",
    "FreeRV",
    "ImputationWarning",
    "LoosePointFunc",
    "Model",
    "MultiObservedRV",
    "ObservedRV",
    "Point",
    "Potential",
    "PyMC3Variable",
    "TransformedRV",
    "ValueGradFunction",
    "_get_scaling",
    "all_continuous",
    "as_tensor",
    "build_named_node_tree",
    "compilef",
    "fastfn",
    "fn",
    "get_named_nodes_and_relations",
    "incorporate_methods",
    "modelcontext",
    "pandas_to_array",
    "set_data",
    "treedict",
    "treelist",
]
