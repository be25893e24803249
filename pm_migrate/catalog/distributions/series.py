"""Time series."""

from pm_migrate.catalog.schema import Distribution

ROWS: tuple[Distribution, ...] = ()
