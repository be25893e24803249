"""One input vector in place of all variables of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pm_migrate.shims.blocking import ArrayOrdering, VarMap
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Input, Variable


class FlatView(NamedTuple):
    """A vector, its parts by variable, and their places by name."""

    input: Variable
    replacements: Mapping[Variable, Variable]
    view: Mapping[str, VarMap]


def flatten(model: Any, variables: Sequence[Any], order: ArrayOrdering | None, inputvar: Variable | None) -> FlatView:
    """See :meth:`pm_migrate.shims.model.Model.flatten`."""
    order = ArrayOrdering(variables) if order is None else order
    if inputvar is None:
        start = np.concatenate([np.ravel(v.tag.test_value) for v in variables]) if variables else np.zeros(0)
        inputvar = Input("flat_view", config.floatX, (None,), start.astype(config.floatX))
    replacements = {
        model.named_vars[place.var]: inputvar[place.slc].reshape(place.shp).astype(place.dtyp) for place in order.vmap
    }
    return FlatView(inputvar, replacements, {place.var: place for place in order.vmap})
