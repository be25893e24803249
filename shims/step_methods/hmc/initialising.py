"""Start points and scales for NUTS (``pymc3.init_nuts``)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from pm_migrate.errors import SamplingError
from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.step_methods.hmc.nuts import NUTS
from pm_migrate.shims.step_methods.hmc.quadpotential import (
    QuadPotential,
    QuadPotentialDiag,
    QuadPotentialDiagAdapt,
    QuadPotentialDiagAdaptGrad,
    QuadPotentialFull,
    QuadPotentialFullAdapt,
)
from pm_migrate.shims.tuning.scaling import find_hessian
from pm_migrate.shims.tuning.starting import find_MAP
from pm_migrate.shims.util import check_start_vals
from pm_migrate.shims.vartypes import discrete_types

__all__ = ["init_nuts"]

_log = logging.getLogger("pymc3")

#: Draws that an identity matrix counts as before the first one, and what ADVI found.
_FIRST_WEIGHT = 10
_ADVI_WEIGHT = 50

Point = Mapping[str, np.ndarray]


class _Asked(NamedTuple):
    """Arguments of :func:`init_nuts`, resolved."""

    model: Any
    chains: int
    n_init: int
    random_seed: int | None
    progressbar: bool
    retries: int


def init_nuts(
    init: str = "auto",
    chains: int = 1,
    n_init: int = 500_000,
    model: Any = None,
    random_seed: Any = None,
    progressbar: bool = True,
    jitter_max_retries: int = 10,
    **kwargs: Any,
) -> tuple[list[Point], NUTS]:
    """Make a NUTS step with a potential and a start point for each chain.

    Parameters
    ----------
    init
        ``adapt_diag``: start at the test point; the potential is diagonal, and learnt from the draws of the tuning.
        ``jitter+adapt_diag``, or ``auto``: the same from the test point moved by uniform(-1, 1), anew for each chain.
        ``adapt_full`` and ``jitter+adapt_full``: the same with a dense potential.
        ``advi+adapt_diag`` and ``advi+adapt_diag_grad``: start at draws of an ADVI fit, with its variances for a
        beginning; learn from the draws, or from their gradients.
        ``advi``, ``advi_map``: keep the variances of the fit; the second begins it at the maximum of the density.
        ``map``: start at the maximum of the density, with the curvature there. PyMC3 discourages it, and takes the
        matrix of second derivatives for the covariance matrix, its inverse; so does this.
    chains
        Number of start points.
    n_init
        Iterations of ADVI, at most.
    model
        The model; the open one by default.
    random_seed
        Of NumPy's global state and of ADVI; of several, the first.
    progressbar
        Whether ADVI shows a bar.
    jitter_max_retries
        Other starts to try where the log density is not finite.
    **kwargs
        For :class:`~pm_migrate.shims.step_methods.hmc.nuts.NUTS`.

    Returns
    -------
    start : list of dict
        A point for each chain.
    step : NUTS

    Raises
    ------
    ValueError
        For an unknown ``init``, discrete variables, or ``vars`` that are not all variables of the model.
    TypeError
        When ``init`` is no string.
    """
    model = modelcontext(model)
    variables = kwargs.get("vars", model.vars)
    if set(variables) != set(model.vars):
        raise ValueError("Must use init_nuts on all variables of a model.")
    discrete = [v.name for v in variables if v.dtype in discrete_types]
    if discrete:
        raise ValueError(
            f"init_nuts can only be used for models with only continuous variables; {', '.join(discrete)} are discrete."
        )
    if not isinstance(init, str):
        raise TypeError(f"init must be a string, not {init!r}.")
    chosen = init.lower()
    chosen = "jitter+adapt_diag" if chosen == "auto" else chosen
    _log.info(f"Initializing NUTS using {chosen}...")
    if random_seed is not None:
        random_seed = int(np.atleast_1d(random_seed)[0])
        np.random.seed(random_seed)
    if chosen not in _WAYS:
        raise ValueError(f"Unknown initializer: {chosen}. Known are auto, {', '.join(_WAYS)}.")
    start, potential = _WAYS[chosen](_Asked(model, chains, n_init, random_seed, progressbar, jitter_max_retries))
    return start, NUTS(potential=potential, model=model, **kwargs)


def _init_jitter(model: Any, chains: int, jitter_max_retries: int) -> list[Point]:
    """Test points moved by uniform(-1, 1), the last of them as it comes when none has a finite log density."""
    start: list[Point] = []
    for _ in range(chains):
        for tried in range(jitter_max_retries + 1):
            point = {name: _moved(value) for name, value in model.test_point.items()}
            if tried == jitter_max_retries or _starts(point, model):
                break
        start.append(point)
    return start


def _moved(value: np.ndarray) -> np.ndarray:
    return np.asarray(value + (2 * np.random.rand(*value.shape) - 1), value.dtype)


def _starts(point: Point, model: Any) -> bool:
    try:
        check_start_vals(point, model)
    except SamplingError:
        return False
    return True


def _adapted(asked: _Asked, start: list[Point], dense: bool) -> tuple[list[Point], QuadPotential]:
    """An identity matrix to begin with, around the mean of the starts."""
    model = asked.model
    mean = np.mean([model.dict_to_array(point) for point in start], axis=0)
    if dense:
        return start, QuadPotentialFullAdapt(model.ndim, mean, np.eye(model.ndim), _FIRST_WEIGHT)
    return start, QuadPotentialDiagAdapt(model.ndim, mean, np.ones_like(mean), _FIRST_WEIGHT)


def _at_test_point(asked: _Asked, dense: bool = False) -> tuple[list[Point], QuadPotential]:
    return _adapted(asked, [asked.model.test_point] * asked.chains, dense)


def _jittered(asked: _Asked, dense: bool = False) -> tuple[list[Point], QuadPotential]:
    return _adapted(asked, _init_jitter(asked.model, asked.chains, asked.retries), dense)


def _at_maximum(asked: _Asked) -> tuple[list[Point], QuadPotential]:
    with asked.model:
        best = find_MAP(include_transformed=True)
        return [best] * asked.chains, QuadPotentialFull(find_hessian(best))


def _fitted(asked: _Asked, at_maximum: bool = False) -> tuple[list[Point], np.ndarray, np.ndarray]:
    """Draws, mean and variances of an ADVI fit."""
    variational = import_module("pm_migrate.shims.variational")
    model, method = asked.model, "advi"
    approximation = None
    if at_maximum:
        with model:
            approximation = variational.MeanField(model=model, start=find_MAP(include_transformed=True))
        method = variational.KLqp(approximation)
    found = variational.fit(
        random_seed=asked.random_seed,
        n=asked.n_init,
        method=method,
        model=model,
        callbacks=[
            variational.callbacks.CheckParametersConvergence(tolerance=1e-2, diff=diff)
            for diff in ("absolute", "relative")
        ],
        progressbar=asked.progressbar,
        obj_optimizer=variational.updates.adagrad_window,
    )
    approximation = found if approximation is None else approximation
    start = list(approximation.sample(draws=asked.chains))
    deviations = model.dict_to_array(approximation.bij.rmap(approximation.std.eval()))
    mean = model.dict_to_array(approximation.bij.rmap(approximation.mean.get_value()))
    return start, mean, deviations**2


def _fitted_and_adapted(
    asked: _Asked, potential: Callable[..., QuadPotential] = QuadPotentialDiagAdapt
) -> tuple[list[Point], QuadPotential]:
    start, mean, variances = _fitted(asked)
    return start, potential(asked.model.ndim, mean, variances, _ADVI_WEIGHT)


def _kept(asked: _Asked, at_maximum: bool = False) -> tuple[list[Point], QuadPotential]:
    start, _, variances = _fitted(asked, at_maximum)
    return start, QuadPotentialDiag(variances)


_WAYS: Mapping[str, Callable[[_Asked], tuple[list[Point], QuadPotential]]] = {
    "adapt_diag": _at_test_point,
    "jitter+adapt_diag": _jittered,
    "adapt_full": lambda asked: _at_test_point(asked, dense=True),
    "jitter+adapt_full": lambda asked: _jittered(asked, dense=True),
    "advi+adapt_diag": _fitted_and_adapted,
    "advi+adapt_diag_grad": lambda asked: _fitted_and_adapted(asked, QuadPotentialDiagAdaptGrad),
    "advi": _kept,
    "advi_map": lambda asked: _kept(asked, at_maximum=True),
    "map": _at_maximum,
}
