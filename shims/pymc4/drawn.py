"""The distribution of a variable of a generator model, outside of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pm_migrate.errors import NotSupported
from pm_migrate.shims import inference
from pm_migrate.shims.predictive import seed_of
from pm_migrate.shims.theano.graph import Variable

if TYPE_CHECKING:
    from pm_migrate.shims.pymc4.density_model import DensityModel

__all__ = ["Drawn"]


class Drawn:
    """The distribution of a variable, as far as the model knows it: it can be drawn from.

    Parameters
    ----------
    view
        The model.
    name
        Name of the random variable.
    label
        Name of its class.
    value
        A value, for the shape and dtype.
    """

    def __init__(self, view: DensityModel, name: str, label: str, value: np.ndarray) -> None:
        self._view, self._name, self.label = view, name, label
        self.shape, self.dtype, self._value = value.shape, value.dtype.name, value
        self.params: dict[str, Variable] = {}

    def default(self) -> np.ndarray:
        """The test value."""
        return self._value

    def random(self, point: Mapping[str, Any] | None = None, size: Any = None) -> np.ndarray:
        """Draw from the distribution, and before it what it depends on.

        Parameters
        ----------
        point
            Values of other random variables by name.
        size
            Number of draws, or the shape of several axes in front of each; one draw without such an axis by default.
        """
        lead = () if size is None else tuple(np.atleast_1d(size).astype(int).tolist())
        count = int(np.prod(lead, dtype=int))
        given = self._view._given(self._name, {} if point is None else point, count)
        own = self._view.log_density()
        drawn = inference.posterior_predictive(own, given, seed_of(None), [self._name], count=count)[self._name]
        return drawn.reshape((*lead, *drawn.shape[1:]))

    def logp(self, value: Any) -> Variable:
        """The log density of each element of the variable's own value, an expression."""
        if value is not self._view.named_vars.get(self._name):
            raise NotSupported(f"the distribution of {self._name!r} has the log density of that variable alone")
        return self._view._outputs("elementwise")[self._name]

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") or attribute in ("parent_dist", "k"):
            raise AttributeError(attribute)
        raise NotSupported(
            f"the distribution of {self._name!r} is made anew at every evaluation of a generator model, and its "
            f"attribute {attribute!r} is not kept; what it computes belongs into the model, as a pm.Deterministic"
        )
