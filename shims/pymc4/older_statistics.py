"""Statistics of draws that PyMC3 before 3.8 computed itself, for results of generator models."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any

import numpy as np

__all__ = ["geweke", "mc_error", "quantiles"]

_log = logging.getLogger("pm_migrate")

Array = np.ndarray


def _of_traces(statistic: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of one array take the results of sampling, too."""

    @wraps(statistic)
    def over(
        trace: Any,
        *args: Any,
        vars: Sequence[str] | None = None,
        chains: Collection[int] | None = None,
        burn: int = 0,
        thin: int = 1,
        combine: bool = False,
        squeeze: bool = True,
        **kwargs: Any,
    ) -> Any:
        held = _held(trace, vars)
        if held is None:
            return statistic(trace, *args, **kwargs)
        taken = [c for c in held if chains is None or c in chains]
        found: dict[int, dict[str, Any]] = {}
        for chain in taken[:1] if combine else taken:
            found[chain] = {}
            for name in held[chain]:
                parts = [held[c][name][burn::thin] for c in (taken if combine else [chain])]
                found[chain][name] = statistic(np.squeeze(np.concatenate(parts)), *args, **kwargs)
        return found[taken[0]] if squeeze and len(found) == 1 else found

    return over


def _held(trace: Any, names: Sequence[str] | None) -> Mapping[int, Mapping[str, Array]] | None:
    """The draws of each chain by name, or None for what is an array itself."""
    if hasattr(trace, "_straces"):
        chosen = list(trace.varnames if names is None else names)
        return {c: {n: trace.get_values(n, chains=[c], squeeze=True) for n in chosen} for c in trace.chains}
    posterior = getattr(trace, "posterior", None)
    if posterior is None:
        return None
    chosen = [str(n) for n in (posterior.data_vars if names is None else names)]
    return {int(c): {n: posterior[n].sel(chain=c).values for n in chosen} for c in posterior.chain.values}


@_of_traces
def geweke(x: Any, first: float = 0.1, last: float = 0.5, intervals: int = 20) -> Any:
    r"""Z-scores of the difference between the beginning and the end of a series: ``pm.geweke`` of PyMC3 before 3.8.

    From one start to the next the part before it is left out; each score is :math:`(m_a - m_b) / \sqrt{v_a + v_b}` with
    the means and variances of the first and the last part of what remains.

    Parameters
    ----------
    x
        An array whose first axis is that of draws, with one more axis at most, or results of sampling. For these,
        ``vars``, ``chains``, ``burn``, ``thin``, ``combine`` and ``squeeze`` say what is taken, as in PyMC3.
    first, last
        The parts that are compared, as fractions of the series.
    intervals
        Sets the distance of the starts: that of so many between 0 and the last one.

    Returns
    -------
    ndarray, or list or dict of them
        Rows of start and score. A list of them for an array of two axes; by chain and by name for results of sampling,
        by name alone for those of one chain.

    Raises
    ------
    ValueError
        For fractions that are not between 0 and 1 or overlap, for a series that is too short, and for more axes.

    References
    ----------
    .. [1] Geweke: Evaluating the accuracy of sampling-based approaches to the calculation of posterior moments.
       Bayesian Statistics 4 (1992), 169-193.

    Examples
    --------
    >>> import numpy as np
    >>> geweke(np.arange(100.0) % 7, intervals=3).round(3)
    array([[ 0.   , -0.158],
           [24.   ,  0.   ],
           [48.   , -0.22 ]])
    """
    x = np.asarray(x)
    if x.ndim > 2:
        raise ValueError(f"geweke takes a series, or a table of them: this has {x.ndim} axes")
    if x.ndim == 2:
        return [_scores(column, first, last, intervals) for column in x.T]
    return _scores(x, first, last, intervals)


def _scores(x: Array, first: float, last: float, intervals: int) -> Array:
    if not (0 < first < 1 and 0 < last < 1 and first + last < 1):
        raise ValueError(f"geweke: first={first} and last={last} have to be fractions whose sum is less than 1")
    end = len(x) - 1
    farthest = (1 - last) * end
    step = int(farthest / (intervals - 1))
    if step < 1:
        raise ValueError(f"geweke: {len(x)} draws are too few for intervals={intervals}")
    rows = []
    for start in range(0, int(farthest), step):
        head = x[start : start + int(first * (end - start))]
        tail = x[int(end - last * (end - start)) :]
        rows.append([start, (head.mean() - tail.mean()) / np.sqrt(head.var() + tail.var())])
    return np.array(rows)


@_of_traces
def quantiles(
    x: Any, qlist: Iterable[float] = (2.5, 25, 50, 75, 97.5), transform: Callable[[Array], Array] = lambda x: x
) -> dict[float, Any] | None:
    """Quantiles of draws, each one of the draws: ``pm.quantiles`` of PyMC3 before 3.8.

    Parameters
    ----------
    x
        An array whose first axis is that of draws, or results of sampling; for these see :func:`geweke`.
    qlist
        Percentages.
    transform
        Applied to the draws first.

    Returns
    -------
    dict or None
        The quantile by its percentage, of the shape of one draw. None, with a warning in the log, where a percentage is
        beyond the draws, as 100 is.

    Examples
    --------
    >>> import numpy as np
    >>> {q: float(x) for q, x in quantiles(np.array([3.0, 1.0, 2.0, 5.0]), [25, 50]).items()}
    {25: 2.0, 50: 3.0}
    """
    ordered = np.sort(transform(np.array(x)), axis=0)
    places = {q: int(len(ordered) * q / 100.0) for q in qlist}
    if any(place >= len(ordered) for place in places.values()):
        _log.warning("Too few elements for quantile calculation")
        return None
    return {q: ordered[place] for q, place in places.items()}


@_of_traces
def mc_error(x: Any, batches: int = 5) -> Any:
    """Monte Carlo standard error by the means of batches: ``pm.mc_error`` of PyMC3 before 3.8.

    Parameters
    ----------
    x
        An array whose first axis is that of draws, or results of sampling; for these see :func:`geweke`.
    batches
        Number of batches of equal length; what does not fill one is left out.

    Returns
    -------
    float or ndarray
        Of the shape of one draw.

    Raises
    ------
    ValueError
        For fewer draws than batches.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(mc_error(np.arange(20.0), 4)), 6)
    2.795085
    """
    x = np.asarray(x)
    if len(x) < batches:
        raise ValueError(f"mc_error: {len(x)} draws are too few for batches={batches}")
    if batches == 1:
        return np.std(x, axis=0) / np.sqrt(len(x))
    size = len(x) // batches
    means = x[: batches * size].reshape(batches, size, *x.shape[1:]).mean(axis=1)
    return np.std(means, axis=0) / np.sqrt(batches)
