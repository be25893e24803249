"""Gaussian processes that a generator returns, outside of it (not in PyMC4): they predict at points.

Examples
--------
>>> import numpy as np, pm_migrate.pymc4 as pm
>>> X, y = np.linspace(0, 1, 5)[:, None], np.sin(np.linspace(0, 1, 5))
>>> @pm.model(name=None, keep_return=False)
... def build_model():
...     scale = yield pm.Gamma("scale", 2, 1)
...     trend = pm.gp.Marginal(cov_func=pm.gp.kernels.ExpQuad(1, ls=scale))
...     rest = pm.gp.Marginal(cov_func=0.1 * pm.gp.kernels.Matern32(1, ls=0.1))
...     gp = trend + rest
...     yield gp.marginal_likelihood("y", X=X, y=y, noise=0.1)
...     return gp, trend
>>> gp, trend = pm.density(build_model()).returned
>>> given = {"gp": gp, "X": X, "y": y, "noise": 0.1}
>>> mean, variance = trend.predict(np.array([[0.5]]), point={"scale": 1.0}, given=given, diag=True)
>>> mean.round(2).tolist()
[0.41]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import ModelError
from pm_migrate.shims.gp.cov import Covariance
from pm_migrate.shims.gp.mean import Mean
from pm_migrate.shims.gp.processes import Base
from pm_migrate.shims.pymc4.gp.processes import Of
from pm_migrate.shims.pymc4.tensors.symbolic import lifted

__all__ = ["Shown", "shown_processes"]


class Shown(Of):
    """A process, a covariance or a mean function that a model returns.

    Parameters
    ----------
    model
        The generator model.
    place
        Where it stands among what the model returns.
    others
        What stands for each thing that the model returns.
    kind
        Its class, for messages.
    """

    def __init__(self, model: Any, place: int, others: list[Any], kind: str) -> None:
        super().__init__(model, kind)
        self.place = place
        self._others = others

    def predict(
        self,
        Xnew: Any,
        point: Mapping[str, Any] | None = None,
        diag: bool = False,
        pred_noise: bool = False,
        given: Mapping[str, Any] | None = None,
    ) -> list[np.ndarray]:
        """Mean and covariance at new points, as arrays.

        Parameters
        ----------
        Xnew, point, diag, pred_noise
            As of :meth:`Of.predict`.
        given
            What to condition on; what the model returned stands for itself, with the values of the point.
        """
        return self._evaluated(point, lambda made: self._predicted(made, Xnew, diag, pred_noise, given))

    def _predicted(self, made: Any, Xnew: Any, diag: bool, pred_noise: bool, given: Any) -> Any:
        parts = made if isinstance(made, tuple) else (made,)
        process = parts[self.place]
        if not hasattr(process, "predictt"):
            raise ModelError(f"{self.name} has no predict: it is for given=, and for the process that it is a part of")
        places = {id(other): place for place, other in enumerate(self._others)}
        known = {name: lifted(parts[places[id(x)]]) if id(x) in places else x for name, x in (given or {}).items()}
        options = {"given": known} if known else {}
        return process.predictt(Xnew, diag, pred_noise, **options)

    def __repr__(self) -> str:
        return f"<{self.name} of a model>"


def shown_processes(model: Any, returned: Sequence[Any]) -> list[Any]:
    """What stands outside of a model for what it returns, where that is about Gaussian processes."""
    shown: list[Any] = list(returned)
    for place, part in enumerate(returned):
        if isinstance(part, (Base, Covariance, Mean)):
            shown[place] = Shown(model, place, shown, type(part).__name__)
    return shown
