"""PyMC4's ``scopes``: the models that a name lives in."""

from __future__ import annotations

from pm_migrate.shims.pymc4.names import Scope, name_scope, transformed_variable_name, variable_name

__all__ = ["Scope", "name_scope", "transformed_variable_name", "variable_name"]
