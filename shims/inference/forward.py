"""Draws from the prior and the posterior predictive distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims import recording
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.distributions.custom import seeded
from pm_migrate.shims.inference.batching import in_chunks, over_batch
from pm_migrate.shims.inference.noise import resolve_seed


def prior_predictive(
    density: LogDensity,
    samples: int | Sequence[int] | None = 500,
    seed: int | Sequence[int] | None = None,
    names: Sequence[str] | None = None,
) -> dict[str, np.ndarray]:
    """Ancestral draws of variables, observed ones included.

    Parameters
    ----------
    density
        The model.
    samples
        Number of draws, or the shape of several axes in front of each; None for one draw without such an axis.
    seed
        An integer or integers; None draws one from NumPy's global state.
    names
        Names to draw, with what they depend on; all by default.

    Returns
    -------
    dict
        Name to draws, ``(*samples, *shape)``.
    """
    lead = () if samples is None else tuple(np.atleast_1d(samples).astype(int).tolist())
    drawn = _draw(density, {}, int(np.prod(lead, dtype=int)), seed, names)
    return {name: x.reshape((*lead, *x.shape[1:])) for name, x in drawn.items()}


def posterior_predictive(
    density: LogDensity,
    draws: Mapping[str, np.ndarray],
    seed: int | Sequence[int] | None = None,
    names: Sequence[str] | None = None,
    count: int | None = None,
) -> dict[str, np.ndarray]:
    """Draw anew what depends on given draws.

    Parameters
    ----------
    density
        The model.
    draws
        Constrained values of random variables by name, ``(n, *shape)``; deterministics among them are ignored, as they
        follow from the others, and so are unconstrained values, which are taken only where ``count`` is given and the
        constrained ones are not. Variables without values are drawn.
    seed
        As for :func:`prior_predictive`.
    names
        Names to return; the observed variables by default.
    count
        Number of draws, which need not follow from ``draws`` then.

    Returns
    -------
    dict
        Name to draws, ``(n, *shape)``.

    Raises
    ------
    KeyError
        For a name that the model does not have.
    """
    variables = {v.rv_name for v in density.variables} | set(density.observed)
    if count is None:
        count = len(next(iter(draws.values()))) if draws else 1
    else:
        variables |= {v.name for v in density.variables if v.rv_name not in draws}
    given = {name: np.asarray(x) for name, x in draws.items() if name in variables}
    return _draw(density, given, count, seed, list(density.observed) if names is None else list(names))


def _draw(
    density: LogDensity,
    given: Mapping[str, np.ndarray],
    count: int,
    seed: int | Sequence[int] | None,
    names: Sequence[str] | None,
) -> dict[str, np.ndarray]:
    if recording.active and count > recording.FORWARD_DRAWS:  # the shapes are wanted, not the draws
        some = {name: x[: recording.FORWARD_DRAWS] for name, x in given.items()}
        few = _draw(density, some, recording.FORWARD_DRAWS, seed, names)
        return {name: x[np.arange(count) % recording.FORWARD_DRAWS] for name, x in few.items()}
    key = resolve_seed(seed)
    if density.draw_many is not None:
        with seeded(np.random.SeedSequence(key).generate_state(4)):
            return density.draw_many(given, count, names)
    rng = np.random.default_rng(key)
    # one seed per draw: a single one would give the same draw to every element of a vectorised map
    seeds = rng.integers(0, 2**31 - 1, size=(count, 2), dtype=np.int32)
    elements = (dict(given), seeds)
    one = _forward(density, names)
    first = one(tf.nest.map_structure(lambda x: tf.constant(x[0]), elements))

    def program_for(size: int) -> Callable[..., Any]:
        what = f"forward {size} given {sorted(given)} for {names}"
        return density.compiled(what, lambda: lambda batch: over_batch(one, batch, size))

    return in_chunks(program_for, first, elements, count)


def _forward(density: LogDensity, names: Sequence[str] | None) -> Callable[[Any], dict[str, Any]]:
    def one(element: tuple[Mapping[str, Any], Any]) -> dict[str, Any]:
        given, seed = element
        drawn = density.forward(given, seed)
        unknown = [name for name in names or () if name not in drawn]
        if unknown:
            raise KeyError(f"The model has no variables {unknown}; it has {', '.join(drawn)}")
        return {name: tf.convert_to_tensor(drawn[name]) for name in (drawn if names is None else names)}

    return one
