"""Numbers of ours against formulas in high precision, for what no catalogue row describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

from pm_migrate.verify.jets import Jet

DIGITS = 60
EPS = {"float64": 2.0**-52, "float32": 2.0**-23}
#: TensorFlow flushes subnormal numbers to zero.
SMALLEST = {"float64": 2.0**-1022, "float32": 2.0**-126}


class Inputs:
    """Exact inputs, each scalar of them a variable to differentiate by.

    Parameters
    ----------
    values
        Arrays by name; their floats are taken as exact.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.arrays = {name: np.asarray(value) for name, value in values.items()}
        self.first: dict[str, int] = {}
        self.flat: list[float] = []
        for name, array in self.arrays.items():
            self.first[name] = len(self.flat)
            self.flat += [float(v) for v in array.reshape(-1)]

    def jets(self) -> dict[str, Any]:
        """The inputs as object arrays of jets (a jet for a scalar)."""
        found = {}
        for name, array in self.arrays.items():
            start = self.first[name]
            numbers = [Jet.variable(mpf(self.flat[start + i]), start + i) for i in range(array.size)]
            found[name] = np.array(numbers, dtype=object).reshape(array.shape)[()]
        return found

    def scaled_slopes(self, jet: Jet) -> float:
        """``sum_i |x_i df/dx_i|``."""
        return sum(abs(float(self.flat[i] * g)) for i, g in jet.first.items())

    def scaled_curvature(self, jet: Jet, index: int) -> float:
        """``sum_j |x_j d2f/dx_i dx_j|`` for one input i."""
        total = 0.0
        for (i, j), h in jet.second.items():
            if index in (i, j):
                total += abs(float(self.flat[j if i == index else i] * h))
        return total

    def indices(self, name: str) -> range:
        """Numbers of the scalar inputs of a name, in row-major order."""
        return range(self.first[name], self.first[name] + self.arrays[name].size)


def wrong_bits(ours: Any, truth: Any, condition: float, dtype: str = "float64") -> float:
    """Disagreement in bits beyond rounding a number of size ``condition`` once; inf for a NaN or a wrong infinity."""
    ours, condition = float(ours), max(condition, SMALLEST[dtype] / EPS[dtype])
    if not np.isfinite(ours):
        return 0.0 if ours == float(truth) else float("inf")
    error = float(abs(mpf(ours) - truth))
    return float(np.log2(max(error / (EPS[dtype] * condition), 1.0)))


def exactly(function: Any, *args: Any) -> Any:
    """Call a formula with enough digits."""
    with mpmath.workdps(DIGITS):
        return function(*args)
