"""How the scale of a random walk is tuned."""

from __future__ import annotations

from typing import Any


def tune(scale: Any, acc_rate: float) -> Any:
    """The next scale of moves, by the rate at which the last ones were accepted: PyMC3's table.

    ======  ========  ==========  ========
    below   factor    above       factor
    ======  ========  ==========  ========
    0.001   0.1       0.5         1.1
    0.05    0.5       0.75        2
    0.2     0.9       0.95        10
    ======  ========  ==========  ========

    Examples
    --------
    >>> tune(2.0, 0.3), tune(2.0, 0.8), tune(2.0, 0.1)
    (2.0, 4.0, 1.8)
    """
    for limit, factor in ((0.001, 0.1), (0.05, 0.5), (0.2, 0.9)):
        if acc_rate < limit:
            return scale * factor
    for limit, factor in ((0.95, 10.0), (0.75, 2.0), (0.5, 1.1)):
        if acc_rate > limit:
            return scale * factor
    return scale
