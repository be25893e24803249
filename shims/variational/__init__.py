"""``pymc3.variational``: variational inference.

An approximation is an expression in shared parameters and random noise; the objective's gradients and the optimiser's
updates are one compiled program, of many steps at once where nothing has to happen in between (``stepping.py``).
"""

from __future__ import annotations

from pm_migrate.shims.variational import (
    approximations,
    callbacks,
    flows,
    inference,
    operators,
    opvi,
    stein,
    test_functions,
    updates,
)
from pm_migrate.shims.variational.approximations import Empirical, FullRank, MeanField, NormalizingFlow, sample_approx
from pm_migrate.shims.variational.inference import (
    ADVI,
    ASVGD,
    NFVI,
    SVGD,
    FullRankADVI,
    ImplicitGradient,
    Inference,
    KLqp,
    fit,
)
from pm_migrate.shims.variational.opvi import Approximation, Group
from pm_migrate.shims.variational.stein import Stein
from pm_migrate.shims.variational.updates import (
    adadelta,
    adagrad,
    adagrad_window,
    adam,
    adamax,
    apply_momentum,
    apply_nesterov_momentum,
    momentum,
    nesterov_momentum,
    norm_constraint,
    rmsprop,
    sgd,
    total_norm_constraint,
)

__all__ = [
    "ADVI",
    "ASVGD",
    "NFVI",
    "SVGD",
    "Approximation",
    "Empirical",
    "FullRank",
    "FullRankADVI",
    "Group",
    "ImplicitGradient",
    "Inference",
    "KLqp",
    "MeanField",
    "NormalizingFlow",
    "Stein",
    "adadelta",
    "adagrad",
    "adagrad_window",
    "adam",
    "adamax",
    "apply_momentum",
    "apply_nesterov_momentum",
    "approximations",
    "callbacks",
    "fit",
    "flows",
    "inference",
    "momentum",
    "nesterov_momentum",
    "norm_constraint",
    "operators",
    "opvi",
    "rmsprop",
    "sample_approx",
    "sgd",
    "stein",
    "test_functions",
    "total_norm_constraint",
    "updates",
]
