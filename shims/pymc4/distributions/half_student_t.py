"""``HalfStudentT`` as a TFP distribution, ``HalfStudentT(df, loc, scale)``; TFP has it from PyMC4."""

from __future__ import annotations

from tensorflow_probability import distributions as _tfd

__all__ = ["HalfStudentT"]

HalfStudentT = _tfd.HalfStudentT
