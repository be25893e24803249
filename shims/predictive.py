"""PyMC3's forward sampling: from the prior, and from the posterior predictive distribution."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pm_migrate.errors import IncorrectArgumentsError
from pm_migrate.shims import recording
from pm_migrate.shims.distributions import drawing
from pm_migrate.shims.model import Model, modelcontext
from pm_migrate.shims.theano.graph import SharedVariable
from pm_migrate.shims.variables import RandomVariable

Draws = dict[str, np.ndarray]


def seed_of(random_seed: Any) -> int:
    """One integer seed; from NumPy's global state, which ``random_seed`` sets as in PyMC3.

    A recording draws nothing from that state: the data that a program simulates later must be the original's.
    """
    if recording.active:
        return 0 if random_seed is None else int(np.atleast_1d(random_seed)[0])
    if random_seed is not None:
        np.random.seed(random_seed)
    return int(np.random.randint(2**31 - 1))


def sample_prior_predictive(
    samples: int = 500, model: Model | None = None, var_names: Iterable[str] | None = None, random_seed: Any = None
) -> Draws:
    """Draw variables from the prior.

    Parameters
    ----------
    samples
        Number of draws.
    model
        The model; the open one by default.
    var_names
        Names to draw; by default everything, unconstrained values and potentials included. Data come as they are.
    random_seed
        Seed; NumPy's global state goes on without one.

    Returns
    -------
    dict
        Variable name to draws of shape ``(samples, *shape)``.

    Raises
    ------
    KeyError
        For a name that the model does not have.
    """
    from pm_migrate.shims import inference

    model = modelcontext(model)
    _warn_of_potentials(model, "prior")
    names = None if var_names is None else list(dict.fromkeys(var_names))
    _check_names(model, names or ())
    data = {name: model[name].get_value() for name in names or () if isinstance(model[name], SharedVariable)}
    wanted = None if names is None else [name for name in names if name not in data]
    if wanted == []:
        return data
    drawn = inference.prior_predictive(model.log_density(), samples, seed_of(random_seed), wanted)
    drawn = recording.forward(drawn)
    return drawn if names is None else {name: data[name] if name in data else drawn[name] for name in names}


def sample_posterior_predictive(
    trace: Any,
    samples: int | None = None,
    model: Model | None = None,
    var_names: Sequence[str] | None = None,
    size: int | Sequence[int] | None = None,
    keep_size: bool = False,
    random_seed: Any = None,
    progressbar: bool = True,
) -> Draws:
    """Draw observed variables given posterior draws.

    Parameters
    ----------
    trace
        A ``MultiTrace``, an ``InferenceData``, an xarray dataset or a list of points.
    samples
        Number of draws; posterior draws are taken in order, cyclically. All of them when None.
    model
        The model; the open one by default.
    var_names
        Names to draw; the observed variables by default. Random variables that the trace has are taken from it.
    size
        Draws for each posterior draw, as axes after the first. A deterministic variable that follows from the trace
        has none, as in PyMC3.
    keep_size
        Return shape ``(chains, draws, *shape)``.
    random_seed
        Seed; NumPy's global state goes on without one.
    progressbar
        Show in a terminal or a notebook that it goes on, when it takes more than two seconds.

    Returns
    -------
    dict
        Variable name to draws of shape ``(samples, *size, *shape)``.

    Raises
    ------
    IncorrectArgumentsError
        For ``keep_size`` together with ``samples`` or ``size``.
    TypeError
        For another kind of trace.
    """
    points = Points.of(trace)
    for name, value in (("samples", samples), ("size", size)):
        if keep_size and value is not None:
            raise IncorrectArgumentsError(f"Should not specify both keep_size and {name} arguments")
    model = modelcontext(model)
    chosen = points.taken(samples)
    _warn_of_potentials(model, "posterior")
    names = [str(v.name) for v in model.observed_RVs] if var_names is None else list(var_names)
    with _bar(progressbar):
        drawn = recording.forward(draw_at(model, chosen, names, seed_of(random_seed), size))
    return {name: points.by_chain(x) for name, x in drawn.items()} if keep_size else drawn


def fast_sample_posterior_predictive(
    trace: Any,
    samples: int | None = None,
    model: Model | None = None,
    var_names: Sequence[str] | None = None,
    keep_size: bool = False,
    random_seed: Any = None,
) -> Draws:
    """As :func:`sample_posterior_predictive`, which is as fast here."""
    if keep_size and isinstance(trace, list):
        raise IncorrectArgumentsError("For keep_size, cannot identify chains and length from a list of points")
    return sample_posterior_predictive(trace, samples, model, var_names, None, keep_size, random_seed, False)


def sample_posterior_predictive_w(
    traces: Sequence[Any],
    samples: int | None = None,
    models: Sequence[Model] | None = None,
    weights: Any = None,
    random_seed: Any = None,
    progressbar: bool = True,
) -> Draws:
    """Draw the observed variable of several models, each as often as its weight says.

    Parameters
    ----------
    traces
        One for each model.
    samples
        Number of draws; that of the shortest trace when None.
    models
        The models, with one observed variable each; by default the open one for all traces.
    weights
        Weight of each model; equal ones by default.
    random_seed, progressbar
        As for :func:`sample_posterior_predictive`.

    Raises
    ------
    ValueError
        When the numbers of traces, models, weights or observed variables differ, or the data cannot be broadcast.
    """
    if random_seed is not None and not recording.active:
        np.random.seed(random_seed)
    points = [Points.of(trace) for trace in traces]
    models = [modelcontext(None)] * len(points) if models is None else list(models)
    for model in models:
        if model.potentials:
            _warn_of_potentials(model, "posterior")
            break
    share = np.asarray([1.0] * len(points) if weights is None else weights, float)
    _check_numbers(points, models, share)
    rng = np.random.RandomState(0) if recording.active else np.random.mtrand._rand
    counts = _shares(share / share.sum(), min(p.total for p in points))
    members = [(m, rng.randint(0, points[m].total, count)) for m, count in enumerate(counts)]
    pool = np.array([(m, i) for m, which in members for i in which]).reshape(-1, 2)
    order = pool[rng.randint(0, len(pool), len(pool) if samples is None else samples)]
    shapes = {tuple(np.shape(np.atleast_1d(_data_of(v)))) for m in models for v in m.observed_RVs}
    common = _common_shape(shapes)
    found: dict[str, list[Any]] = {}
    parts = {}
    for m in sorted(set(order[:, 0])):
        variable = models[m].observed_RVs[0]
        size = None if len(shapes) == 1 or np.shape(_data_of(variable)) == common else common
        at = points[m].at(order[order[:, 0] == m, 1])
        name = str(variable.name)
        with _bar(progressbar):
            parts[m] = (name, iter(draw_at(models[m], at, [name], seed_of(None), size)[name]))
    for m in order[:, 0]:
        name, drawn = parts[m]
        found.setdefault(name, []).append(next(drawn))
    return recording.forward({name: np.asarray(x) for name, x in found.items()})


def _bar(wanted: bool) -> Any:
    from pm_migrate.shims.inference.progress import LateBar

    return LateBar(wanted, "Drawing from the posterior predictive distribution")


def _check_numbers(points: Sequence[Any], models: Sequence[Model], weights: np.ndarray) -> None:
    if len(points) != len(weights):
        raise ValueError("The number of traces and weights should be the same")
    if len(models) != len(weights):
        raise ValueError("The number of models and weights should be the same")
    if len({len(model.observed_RVs) for model in models}) > 1:
        raise ValueError("The number of observed RVs should be the same for all models")


def _shares(weights: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers that sum to ``total``; what is left goes to the largest."""
    counts = (total * weights).astype(int)
    counts[np.argmax(counts)] += total - counts.sum()
    return counts


def _common_shape(shapes: set[tuple[int, ...]]) -> tuple[int, ...]:
    if len(shapes) > 2:
        raise ValueError(f"Observed variables could not be broadcast together: their shapes are {sorted(shapes)}")
    return np.broadcast_shapes(*shapes)


def _data_of(variable: Any) -> Any:
    data = variable.observations
    return data.get_value() if hasattr(data, "get_value") else data


def _warn_of_potentials(model: Model, which: str) -> None:
    if model.potentials:
        warnings.warn(
            f"The effect of Potentials on other parameters is ignored during {which} predictive sampling. This is "
            "likely to lead to invalid or biased predictive samples.",
            UserWarning,
            stacklevel=3,
        )


def _check_names(model: Model, names: Iterable[str]) -> None:
    for name in names:
        model[name]


@dataclass(frozen=True)
class Points:
    """Draws by name, chains one after the other."""

    values: Mapping[str, np.ndarray]
    chains: int
    total: int

    @classmethod
    def of(cls, trace: Any) -> Points:
        """From what PyMC3 takes as a trace.

        Raises
        ------
        TypeError
            For anything else.
        """
        if hasattr(trace, "_straces"):
            values = {name: trace.get_values(name) for name in trace.varnames}
            return cls(values, trace.nchains, len(next(iter(values.values()))))
        dataset = getattr(trace, "posterior", trace)
        if hasattr(dataset, "data_vars"):
            dataset = dataset.transpose("chain", "draw", ...)
            values = {str(k): v.values.reshape(-1, *v.shape[2:]) for k, v in dataset.data_vars.items()}
            return cls(values, dataset.sizes["chain"], dataset.sizes["chain"] * dataset.sizes["draw"])
        if isinstance(trace, Mapping) or not hasattr(trace, "__getitem__") or not all(map(_is_point, trace)):
            raise TypeError(
                f"Unable to draw from a trace of type {type(trace).__name__}: give a MultiTrace, an InferenceData, an "
                "xarray dataset or a list of points"
            )
        points = list(trace)
        names = list(points[0]) if points else []
        return cls({name: np.stack([np.asarray(p[name]) for p in points]) for name in names}, 1, len(points))

    def at(self, index: np.ndarray) -> Draws:
        """Some of the draws."""
        return {name: values[index] for name, values in self.values.items()}

    def taken(self, samples: int | None) -> Draws:
        """As many draws as asked for, in order and from the beginning again."""
        if samples is None or operator.index(samples) == self.total:
            return dict(self.values)
        if samples < self.total:
            warnings.warn(
                "samples parameter is smaller than nchains times ndraws, some draws and/or chains may not be "
                "represented in the returned posterior predictive sample",
                stacklevel=3,
            )
        return self.at(np.arange(samples) % self.total)

    def by_chain(self, x: np.ndarray) -> np.ndarray:
        """Draws of all chains with an axis for the chains."""
        return x.reshape(self.chains, self.total // self.chains, *x.shape[1:])


def _is_point(point: Any) -> bool:
    return isinstance(point, Mapping)


def draw_at(
    model: Model,
    points: Mapping[str, np.ndarray],
    names: Sequence[str],
    seed: int,
    size: int | Sequence[int] | None = None,
) -> Draws:
    """Draws of named variables at given points.

    Parameters
    ----------
    model
        The model.
    points
        Values by name, ``(n, *shape)``: of random variables, or of their unconstrained values. Deterministics among
        them are ignored, as they follow from the others.
    names
        What to draw. Random variables with a value in ``points`` have that one.
    seed
        Seed.
    size
        Draws at each point, as axes after the first; what follows from the points alone has no such axes.
    """
    from pm_migrate.shims import inference

    _check_names(model, names)
    given = {name: x for name, x in points.items() if isinstance(_found(model, name), RandomVariable)}
    kept = {name: given[name] for name in names if name in given}
    wanted = [name for name in names if name not in kept]
    drawn: Draws = {}
    if wanted:
        count = len(next(iter(points.values())))
        axes = () if size is None else tuple(np.atleast_1d(size).tolist())
        times = int(np.prod(axes, dtype=int))
        repeated = {name: np.repeat(x, times, axis=0) if times != 1 else x for name, x in given.items()}
        density = model.log_density()
        with drawing.repeated(times):
            raw = inference.posterior_predictive(density, repeated, seed, wanted, count=count * times)
        for name, x in raw.items():
            fixed = times > 1 and not drawing.random_ancestors([model[name]], given)
            drawn[name] = x[::times] if fixed else x.reshape(count, *axes, *x.shape[1:])
    return {name: kept[name] if name in kept else drawn[name] for name in names}


def _found(model: Model, name: str) -> Any:
    return model.named_vars.get(name)
