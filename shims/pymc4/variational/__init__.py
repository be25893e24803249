"""Variational inference of generator models: PyMC4's ``pymc4.variational``.

A model's log density stands in a graph of the drop-in's variational inference (``standing_in.py``), whose families,
objective, optimisers and loop do the rest: there is one implementation for both front ends.
"""

from __future__ import annotations

from pm_migrate.shims.pymc4.variational import approximations, callbacks, updates
from pm_migrate.shims.pymc4.variational.approximations import (
    ADVIFit,
    Approximation,
    FullRank,
    LowRank,
    MeanField,
    fit,
)
from pm_migrate.shims.pymc4.variational.updates import adadelta, adagrad, adam, adamax, sgd

__all__ = [
    "ADVIFit",
    "Approximation",
    "FullRank",
    "LowRank",
    "MeanField",
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "approximations",
    "callbacks",
    "fit",
    "sgd",
    "updates",
]
