"""Where transforms and time series are judged: values, ends of intervals, and parameters that belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st

#: No catalogue row is a time series: their front-end classes are judged in ``test_series``.
GIVEN: Mapping[str, Callable[..., dict[str, Any]]] = {}
VALUE: Mapping[str, Callable[..., Any]] = {}


def magnitudes(low: float, high: float) -> st.SearchStrategy[float]:
    """Positive numbers, even in their logarithm, with the ends drawn on purpose."""
    exponents = st.floats(np.log10(low), np.log10(high)).map(lambda e: float(np.clip(10.0**e, low, high)))
    return st.one_of(exponents, st.sampled_from(sorted({low, float(np.clip(1.0, low, high)), high})))


def signed(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers of a size between two ends, of both signs."""
    return st.tuples(magnitudes(low, high), st.sampled_from([-1.0, 1.0])).map(lambda t: t[0] * t[1])


def unconstrained(reach: float) -> st.SearchStrategy[float]:
    """Numbers up to ``reach`` in size, both signs, near 0 and 0 itself."""
    central = st.floats(-min(reach, 40.0), min(reach, 40.0)).map(_no_subnormal)
    return st.one_of(central, signed(1e-12, reach), st.just(0.0))


def _no_subnormal(x: float) -> float:
    return 0.0 if abs(x) < 1e-300 else x


@st.composite
def ends(
    draw: st.DrawFn, names: tuple[str, ...], reach: float = 1e300, narrow: float = 1e-300, wide: float = 1e300
) -> dict[str, np.ndarray]:
    """Ends of an interval: the second above the first, by a width of any size that their rounding allows."""
    if not names:
        return {}
    size = magnitudes(min(narrow, reach), reach)
    near = st.floats(-min(reach, 10.0), min(reach, 10.0)).map(_no_subnormal)
    first = draw(st.one_of(near, size, size.map(lambda v: -v), st.just(0.0)))
    if len(names) == 1:
        return {names[0]: np.float64(first)}
    width = draw(magnitudes(max(narrow, abs(first) * 1e-6), wide))
    return dict(zip(names, (np.float64(first), np.float64(first + width)), strict=True))
