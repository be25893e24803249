"""Gaussian processes as functions of tensors: what the front ends' ``gp`` modules are made of."""

from __future__ import annotations

from pm_migrate.shims.gaussian import conditioning, factors, kernels

__all__ = ["conditioning", "factors", "kernels"]
