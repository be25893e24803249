"""A log density as a model of the drop-in, for inference that is written in graphs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pm_migrate.shims import recording
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.distributions.frontend import CLASSES
from pm_migrate.shims.model import Model, Potential
from pm_migrate.shims.model.terms import later
from pm_migrate.shims.theano.graph import Op, constant

#: No variable of a model has a name with spaces, so that nothing is hidden by it.
_NAME = "the log density"


def model_of(density: LogDensity) -> Model:
    """A model with the value variables of a log density as flat variables, and one potential: the log density.

    Parameters
    ----------
    density
        The log density; its discrete variables must be none.

    Raises
    ------
    ValueError
        When there are no variables, or discrete ones.
    """
    if not density.variables:
        raise ValueError("Can not calculate a log probability: the model has no unobserved values.")
    if density.discrete:
        names = [v.name for v in density.discrete]
        raise ValueError(
            f"Discrete variables are not supported by variational inference: {names}; sum them out, or use pm.sample"
        )
    recorded, recording.active = recording.active, False  # it is no model of the program
    try:
        model: Any = Model()
        with model:
            variables = [
                model.Var(v.name, CLASSES["Flat"].dist(shape=v.shape, testval=v.test_value, dtype=v.dtype))
                for v in density.variables
            ]
            names = [v.name for v in density.variables]
            if density.scaling != 1.0:  # what the objective is divided by: the largest factor in the model
                first = variables[0]
                first.term = replace(first.term, scaling=constant(np.asarray(density.scaling)))

            def logp(*values: Any) -> Any:
                return density.logp(dict(zip(names, values, strict=True)))

            Potential(_NAME, later(Op(_NAME, logp, dtype="float64", ndim=0), variables))
    finally:
        recording.active = recorded
    return model
