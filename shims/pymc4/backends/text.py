"""Chains in CSV files, under PyMC3's names of variables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from pm_migrate.shims.backends import text
from pm_migrate.shims.backends.base import MultiTrace
from pm_migrate.shims.backends.labelled import Labels
from pm_migrate.shims.backends.text import dump
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.density_model import density
from pm_migrate.shims.pymc4.mcmc.multitraces import log_likelihood_of

__all__ = ["Text", "dump", "load"]


class Text:
    """A folder for the draws that ``pm.sample(model, trace=...)`` makes: a CSV file for each chain.

    The files have the warm-up, as in PyMC3; what ``pm.sample`` returns does not. See
    :class:`pm_migrate.shims.backends.text.Text`.

    Parameters
    ----------
    name
        The folder, which is made if it is not there.
    vars
        Names of the variables to keep, by PyMC3's names (``sd_log__``); all by default.

    Raises
    ------
    TraceDirectoryError
        When the folder cannot be made.
    """

    def __init__(self, name: str, vars: Sequence[str] | None = None) -> None:
        self.name = os.fspath(name)
        self.vars = None if vars is None else list(vars)
        text.make_folder(self.name)

    def of(self, view: Any) -> text.Text:
        """The store of a model, given as :func:`pm_migrate.pymc4.density` shows it."""
        return text.Text(self.name, view, None if self.vars is None else [view[name] for name in self.vars])


def load(name: str, model: Model | None = None) -> MultiTrace:
    """Load the chains in a folder, written here or by PyMC3, warm-up included.

    Parameters
    ----------
    name
        The folder.
    model
        The model that was sampled, for shapes, names of axes and the data. Without it, shapes are read off the names of
        the columns.

    Raises
    ------
    TraceDirectoryError
        When there are no files, one of them is not whole, or its columns are not those of the model.
    """
    if model is None:
        return MultiTrace([text.loaded(name, chain, samples) for chain, samples in text.read(name, None)])
    trace, own = text.load(name, density(model)), model.log_density()
    trace._labels, trace._pointwise = Labels.of(own), log_likelihood_of(model, own, None)
    return trace
