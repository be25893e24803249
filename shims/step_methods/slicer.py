"""Slice sampling (``pymc3.step_methods.slicer``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.step_methods.arraystep import ArrayStep, Competence
from pm_migrate.shims.step_methods.flat_logp import FlatLogp
from pm_migrate.shims.theanof import inputvars
from pm_migrate.shims.vartypes import continuous_types

__all__ = ["Slice"]

LOOP_ERR_MSG = "max slicer iters %d exceeded"


class Slice(ArrayStep):
    """Slice sampling of one element after the other, by stepping out and shrinkage (Neal 2003, figures 3 and 5).

    Parameters
    ----------
    vars
        Variables; all continuous ones by default, each stepped on its own unless ``blocked=True``.
    w
        Initial width of the slice.
    tune
        Whether to tune it to the mean width of the slices so far.
    model
        The model; the open one by default.
    iter_limit
        Most steps to find an end of the slice, or a point in it.

    Raises
    ------
    RuntimeError
        From a step that comes to the limit.
    """

    name = "slice"
    default_blocked = False

    def __init__(
        self,
        vars: Any = None,
        w: Any = 1.0,
        tune: bool = True,
        model: Any = None,
        iter_limit: float = np.inf,
        **kwargs: Any,
    ) -> None:
        self.model = modelcontext(model)
        self.w = w
        self.tune = tune
        self.n_tunes = 0.0
        self.iter_limit = iter_limit
        variables = inputvars(self.model.cont_vars if vars is None else vars)
        super().__init__(variables, [FlatLogp.of(self.model)], **kwargs)

    def astep(self, q0: np.ndarray, logp: Callable[[np.ndarray], Any]) -> np.ndarray:
        """The next array."""
        self.w = np.resize(self.w, len(q0))
        q, left, right = np.copy(q0), np.copy(q0), np.copy(q0)
        for i in range(len(q0)):
            height = logp(q) - np.random.standard_exponential()
            left[i], right[i] = self._bracket(q[i], self.w[i])
            self._step_out(left, i, -self.w[i], height, logp)
            self._step_out(right, i, self.w[i], height, logp)
            q[i] = np.random.uniform(left[i], right[i])
            tries = 0
            while logp(q) < height:
                if q[i] > q0[i]:
                    right[i] = q[i]
                elif q[i] < q0[i]:
                    left[i] = q[i]
                q[i] = np.random.uniform(left[i], right[i])
                tries += 1
                self._check(tries)
            if self.tune:
                self.w[i] = self.w[i] * (self.n_tunes / (self.n_tunes + 1)) + (right[i] - left[i]) / (self.n_tunes + 1)
            left[i] = right[i] = q[i]  # PyMC3 leaves that out without tuning, and steps out elsewhere then
        if self.tune:
            self.n_tunes += 1
        return q

    @staticmethod
    def _bracket(x: float, width: float) -> tuple[float, float]:
        """The ends of the first interval about a point.

        PyMC3 3.11 takes ``x + width`` for the right one, which other points of the interval would not: where a slice is
        in pieces its chains are not from the target (of two modes of weight 0.7 and 0.3, one got 0.66).
        """
        left = x - np.random.uniform(0, width)
        return left, left + width

    def _step_out(self, end: np.ndarray, i: int, width: float, height: Any, logp: Callable[[np.ndarray], Any]) -> None:
        """Move an end of the slice out until the density is below its height."""
        tries = 0
        while height <= logp(end):
            end[i] += width
            tries += 1
            self._check(tries)

    def _check(self, tries: int) -> None:
        if tries > self.iter_limit:
            raise RuntimeError(LOOP_ERR_MSG % self.iter_limit)

    @staticmethod
    def competence(var: Any, has_grad: bool) -> Competence:
        """Suits continuous variables, and is preferred for those without a gradient."""
        if var.dtype not in continuous_types:
            return Competence.INCOMPATIBLE
        return Competence.COMPATIBLE if has_grad else Competence.PREFERRED
