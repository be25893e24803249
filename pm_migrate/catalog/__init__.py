"""Facts about PyMC3, as plain frozen data: the single source for the codemod, the runtime and the docs.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pm_migrate.catalog.distributions import ROWS
from pm_migrate.catalog.schema import Distribution, Domain, Form, Param

#: Rows by every PyMC3 name, aliases included.
DISTRIBUTIONS: Mapping[str, Distribution] = MappingProxyType(
    {name: row for row in ROWS for name in (row.name, *row.aliases)}
)

__all__ = ["DISTRIBUTIONS", "ROWS", "Distribution", "Domain", "Form", "Param"]
