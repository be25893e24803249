"""Worked examples for findings that leave something to a person: what stands there, and what to write.

A test holds that the first is reported with the code, and that the second is rewritten with nothing left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pm_migrate.codemod.rules.base import Example

#: By code.
BY_HAND: Mapping[str, Example] = MappingProxyType({})
