"""What workers say about programs, models and distributions, and points to ask them about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Point = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class VariableInfo:
    """One value variable of a model.

    Parameters
    ----------
    name
        Name of the value variable (``sigma_log__``).
    rv_name
        Name of the random variable (``sigma``).
    shape, dtype
        Of the value variable.
    transform
        Tag of the transform, or None.
    discrete
        Whether it has no gradient.
    """

    name: str
    rv_name: str
    shape: tuple[int, ...]
    dtype: str
    transform: str | None
    discrete: bool


@dataclass(frozen=True, eq=False)
class ModelInfo:
    """One model of a program.

    Parameters
    ----------
    index
        Position among the models of the program, in order of creation.
    name
        First module-level name bound to it, else ``model#<index>``.
    aliases
        All module-level names bound to it.
    variables
        Its value variables, in order.
    test_point
        Unconstrained test values by name of value variable.
    observed, deterministics, potentials
        Names.
    drop_in
        Whether PyMC3's front end made it on the TensorFlow side: a model that was not rewritten.
    data
        Of the data of an observed variable: how many finite numbers, their mean, the least and the greatest.
    """

    index: int
    name: str
    aliases: tuple[str, ...]
    variables: tuple[VariableInfo, ...]
    test_point: Mapping[str, np.ndarray]
    observed: tuple[str, ...] = ()
    deterministics: tuple[str, ...] = ()
    potentials: tuple[str, ...] = ()
    drop_in: bool = False
    data: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ProgramInfo:
    """A program that was run, with inference standing still.

    Parameters
    ----------
    path
        The file.
    models
        The models that it made, in order of creation.
    error
        Traceback, if the program raised (the models made before are there).
    output
        The end of what it printed.
    handle
        What the worker calls it.
    life
        Number of the worker's life in which it was loaded.
    tape
        What its inference calls were answered with and where its random generators were, for another side.
    float_x
        The ``floatX`` that it set, even if it was kept at float64.
    """

    path: Path
    models: tuple[ModelInfo, ...]
    error: str | None
    output: str
    handle: str = field(default="", repr=False)
    life: int = field(default=0, repr=False)
    tape: Mapping[str, Any] = field(default_factory=dict, repr=False)
    float_x: str = "float64"

    def model(self, name: str) -> ModelInfo:
        """Return the model with a name or alias; ``KeyError`` without one."""
        for model in self.models:
            if name == model.name or name in model.aliases:
                return model
        raise KeyError(f"{self.path} has no model {name!r}; it has {', '.join(m.name for m in self.models) or 'none'}")


@dataclass(frozen=True, eq=False)
class PointEvaluation:
    """A model at one point of its unconstrained space.

    Parameters
    ----------
    logp
        Log density, Jacobians included.
    gradient
        By name of continuous value variable, each of its shape.
    terms
        Log density by name of random variable or potential.
    elements
        Number of scalars that each term sums, where known.
    rounding
        What the float32 constants of each term may be wrong by in all its scalars together, where known.
    values
        Constrained random variables and deterministics by name, where they were not too many numbers.
    error
        What was raised at this point; the numbers are NaN then.
    no_gradient
        What was raised in place of the gradient, which is NaN then: here, or wherever it was asked for.
    """

    logp: float
    gradient: Mapping[str, np.ndarray] = field(default_factory=dict)
    terms: Mapping[str, float] = field(default_factory=dict)
    elements: Mapping[str, int] = field(default_factory=dict)
    rounding: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, np.ndarray] = field(default_factory=dict)
    error: str = ""
    no_gradient: str = ""


@dataclass(frozen=True)
class CompiledDistribution:
    """A distribution that the reference has compiled.

    Parameters
    ----------
    name
        PyMC3's name of it.
    handle, life
        What the worker calls it, and in which of its lives.
    gradients
        Names that have a gradient: ``value`` and the float parameters.
    no_gradient
        Why there is none, if there is none.
    """

    name: str
    handle: str
    life: int
    gradients: tuple[str, ...]
    no_gradient: str | None


@dataclass(frozen=True, eq=False)
class DistributionEvaluation:
    """A distribution at one point: elementwise log density, and the gradient of its sum by name."""

    logp: np.ndarray
    gradient: Mapping[str, np.ndarray]


def points_around(
    model: ModelInfo, n: int, seed: int, *, scale: float = 1.0, discrete: Mapping[str, np.ndarray] | None = None
) -> list[dict[str, np.ndarray]]:
    """Draw points around the test point; discrete values come, stacked, from ``discrete``, else stay as they are."""
    generator = np.random.default_rng(seed)
    points = []
    for i in range(n):
        point = {}
        for variable in model.variables:
            test = np.asarray(model.test_point[variable.name], variable.dtype)
            if not variable.discrete:
                test = (test + scale * generator.standard_normal(variable.shape)).astype(variable.dtype)
            elif discrete and variable.name in discrete:
                test = discrete[variable.name][i]
            point[variable.name] = np.asarray(test)
        points.append(point)
    return points
