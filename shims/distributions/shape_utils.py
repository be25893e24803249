"""``pymc3.distributions.shape_utils``: broadcasting of draws, whose shapes may begin with the ``size`` of a request.

A draw from parameters that were themselves drawn ``size`` times has the shape ``size + own``; one that was not has its
own shape alone. These functions align the two: axes of length 1 are put between ``size`` and ``own``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import ModelError

__all__ = [
    "broadcast_dist_samples_shape",
    "broadcast_dist_samples_to",
    "broadcast_distribution_samples",
    "get_broadcastable_dist_samples",
    "shapes_broadcasting",
    "to_tuple",
]

Shape = tuple[int, ...]


def to_tuple(shape: Any) -> tuple[Any, ...]:
    """A shape as a tuple: ``()`` for None, one length for a number.

    Examples
    --------
    >>> to_tuple(None), to_tuple(3), to_tuple([2, 3])
    ((), (3,), (2, 3))
    """
    return () if shape is None else tuple(np.atleast_1d(shape).tolist())


def _lengths(shape: Any) -> Shape:
    """A shape of whole numbers.

    Raises
    ------
    TypeError
        For anything else: text, fractions, nested sequences, sets.
    """
    try:
        array = np.atleast_1d(np.asarray(shape))
        valid = array.ndim == 1 and (array.size == 0 or array.dtype.kind in "iuf")
        if valid and np.all(np.floor(array) == array):
            return tuple(int(n) for n in array)
    except (TypeError, ValueError):  # a ragged sequence
        pass
    raise TypeError(f"Supplied value {shape} does not represent a valid shape")


def shapes_broadcasting(*args: Any, raise_exception: bool = False) -> Shape | None:
    """The joint shape of several by NumPy's rules; None where there is none.

    Parameters
    ----------
    *args
        Shapes: numbers or sequences of them.
    raise_exception
        Raise in place of returning None.

    Raises
    ------
    TypeError
        For what is no shape.
    ValueError
        Where the shapes do not broadcast, with ``raise_exception``. As in PyMC3 no axis may be empty.
    """
    shapes = [_lengths(arg) for arg in args]
    try:
        joint = np.broadcast_shapes(*shapes)
    except ValueError:
        joint = (0,)
    if len(shapes) < 2 or 0 not in joint:
        return joint
    if raise_exception:
        raise ModelError(f"Supplied shapes {', '.join(map(str, args))} do not broadcast together")
    return None


def _drawn(shape: Shape, size: Shape) -> bool:
    """Whether a shape begins with the size of the request."""
    return shape[: len(size)] == size


def _own(shape: Shape, size: Shape) -> Shape:
    return shape[len(size) :] if _drawn(shape, size) else shape


def broadcast_dist_samples_shape(shapes: Iterable[Any], size: Any = None) -> Shape:
    """The joint shape of draws, with ``size`` in front where any of them has it.

    Parameters
    ----------
    shapes
        Shapes of the draws.
    size
        The size of the request.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> broadcast_dist_samples_shape([(100,), (100, 5), (4, 5)], size=100)
    (100, 4, 5)
    """
    shapes = [_lengths(shape) for shape in shapes]
    lead = to_tuple(size)
    own = shapes_broadcasting(*(_own(shape, lead) for shape in shapes))
    if own is None:
        raise ModelError(f"Cannot broadcast provided shapes {', '.join(map(str, shapes))} given size: {size}")
    padded = [
        (*lead, *[1] * (len(own) - len(shape) + len(lead)), *shape[len(lead) :]) if _drawn(shape, lead) else shape
        for shape in shapes
    ]
    joint = shapes_broadcasting(*padded, raise_exception=True)
    assert joint is not None
    return joint


def get_broadcastable_dist_samples(
    samples: Sequence[Any], size: Any = None, must_bcast_with: Any = None, return_out_shape: bool = False
) -> Any:
    """Views of draws that broadcast with each other.

    Parameters
    ----------
    samples
        Arrays, with or without ``size`` in front of their own shapes.
    size
        The size of the request.
    must_bcast_with
        A further shape that they have to go with.
    return_out_shape
        Return the joint shape, too.

    Returns
    -------
    list of ndarray, or (list, tuple)

    Raises
    ------
    ValueError
        Where they do not broadcast.
    """
    arrays = [np.asarray(sample) for sample in samples]
    lead = to_tuple(size)
    shapes = [array.shape for array in arrays] + [_lengths(to_tuple(must_bcast_with))]
    joint = broadcast_dist_samples_shape(shapes, size=size)
    own = shapes_broadcasting(*(_own(shape, lead) for shape in shapes), raise_exception=True)
    assert own is not None
    views = []
    for array in arrays:
        between = len(own) - (array.ndim - len(lead))
        drawn = _drawn(array.shape, lead)
        views.append(array.reshape((*lead, *[1] * between, *array.shape[len(lead) :])) if drawn else array)
    return (views, joint) if return_out_shape else views


def broadcast_distribution_samples(samples: Sequence[Any], size: Any = None) -> Any:
    """Draws broadcast to their joint shape; see :func:`get_broadcastable_dist_samples`."""
    return np.broadcast_arrays(*get_broadcastable_dist_samples(samples, size=size))


def broadcast_dist_samples_to(to_shape: Any, samples: Sequence[Any], size: Any = None) -> list[np.ndarray]:
    """Draws broadcast to their joint shape with ``to_shape``; see :func:`get_broadcastable_dist_samples`."""
    views, joint = get_broadcastable_dist_samples(samples, size, must_bcast_with=to_shape, return_out_shape=True)
    return [np.broadcast_to(view, joint) for view in views]
