"""One row per PyMC3 distribution, in family modules."""

from __future__ import annotations

from pm_migrate.catalog.distributions import bounded, counts, half_line, labels, matrices, real_line, series, vectors
from pm_migrate.catalog.schema import Distribution

ROWS: tuple[Distribution, ...] = (
    *real_line.ROWS,
    *half_line.ROWS,
    *bounded.ROWS,
    *counts.ROWS,
    *labels.ROWS,
    *vectors.ROWS,
    *matrices.ROWS,
    *series.ROWS,
)
