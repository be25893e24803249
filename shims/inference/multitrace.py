"""PyMC3's MultiTrace.

PyMC3 programs hand a ``MultiTrace`` to ArviZ (``az.summary(trace)``, ``az.plot_trace(trace)``), which once knew the
class and no longer does. ArviZ takes, unchanged, any instance of its ``InferenceData``; the other ways in are a
plain dict (the name of the group is lost, and with it divergences) or pretending to be another library's class. So
this class is an ``InferenceData`` whose groups are made when something asks for them, with PyMC3's interface in front.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import arviz
import numpy as np

from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference import trace
from pm_migrate.shims.inference.chains import Chains
from pm_migrate.shims.inference.recording import record


class MultiTrace(arviz.InferenceData):
    """Draws of several chains, by PyMC3's names and rules.

    ``trace["x"]`` and ``trace.x`` are all draws of a variable, chains one after the other; ``trace[100:]`` is a trace
    of fewer draws, ``trace[5]`` the point of one draw (of the last chain), ``trace["x", 100::2]`` the draws of one
    variable burnt and thinned. A variable may be given as an object with a ``name``. The unconstrained values
    (``sigma_log__``) are there too. As an ``InferenceData`` it has the groups ``posterior``,
    ``sample_stats`` and ``observed_data``, made on demand, so that every function of ArviZ takes it.

    Parameters
    ----------
    density
        The density that was sampled.
    chains
        The draws. A warm-up that was kept comes before them, as in PyMC3.
    """

    def __init__(self, density: LogDensity, chains: Chains) -> None:
        recorded = record(density, chains)
        values, stats = chains.values, chains.stats
        if chains.tune_values is not None and chains.tune_stats is not None:
            warm = trace.record_values(density, chains.tune_values)
            recorded = {name: np.concatenate([warm[name], x], axis=1) for name, x in recorded.items()}
            values = {name: np.concatenate([chains.tune_values[name], x], axis=1) for name, x in values.items()}
            stats = {name: np.concatenate([chains.tune_stats[name], x], axis=1) for name, x in stats.items()}
        self._setup(_Labels(density), {**values, **recorded}, stats, list(recorded), trace.attributes(chains))

    def _setup(
        self,
        labels: _Labels,
        values: dict[str, np.ndarray],
        stats: dict[str, np.ndarray],
        recorded: Sequence[str],
        attrs: dict[str, Any],
    ) -> None:
        super().__init__()
        self._labels, self._values, self._stats = labels, values, stats
        self._recorded, self._made_by = recorded, attrs
        self._groups = [
            "posterior",
            *(["sample_stats"] if stats else []),
            *(["observed_data"] if labels.observed else []),
        ]

    # PyMC3's interface

    @property
    def varnames(self) -> list[str]:
        """Names of all variables: unconstrained values first, then random variables and deterministics."""
        return list(self._values)

    @property
    def stat_names(self) -> set[str]:
        """Names of the sampler statistics."""
        return set(self._stats)

    @property
    def nchains(self) -> int:
        """Number of chains."""
        return next(iter(self._values.values())).shape[0]

    @property
    def chains(self) -> list[int]:
        """Numbers of the chains."""
        return list(range(self.nchains))

    def get_values(
        self,
        varname: Any,
        burn: int = 0,
        thin: int = 1,
        combine: bool = True,
        chains: int | Sequence[int] | None = None,
        squeeze: bool = True,
    ) -> Any:
        """Draws of one variable.

        Parameters
        ----------
        varname
            Name, or an object with a ``name``.
        burn, thin
            Draws to skip at the beginning of each chain, and the stride through the rest.
        combine
            Join the chains; else a list with an array for each.
        chains
            Which chains; all by default.
        squeeze
            Return an array rather than a list of one array.

        Raises
        ------
        KeyError
            For a name that is not in the trace.
        """
        name = _name(varname)
        if name not in self._values:
            raise KeyError(f"Unknown variable {name}; the trace has {', '.join(self._values)}")
        return self._cut(self._values[name], burn, thin, combine, chains, squeeze)

    def get_sampler_stats(
        self,
        stat_name: str,
        burn: int = 0,
        thin: int = 1,
        combine: bool = True,
        chains: int | Sequence[int] | None = None,
        squeeze: bool = True,
    ) -> Any:
        """Values of one sampler statistic; arguments as in :meth:`get_values`."""
        if stat_name not in self._stats:
            raise KeyError(f"Unknown sampler statistic {stat_name}; the trace has {', '.join(self._stats)}")
        return self._cut(self._stats[stat_name], burn, thin, combine, chains, squeeze)

    def point(self, idx: int, chain: int | None = None) -> dict[str, np.ndarray]:
        """The values of all variables at one draw of one chain (the last by default)."""
        which = self.nchains - 1 if chain is None else chain
        return {name: x[which, idx] for name, x in self._values.items()}

    def points(self, chains: Sequence[int] | None = None) -> Iterator[dict[str, np.ndarray]]:
        """All points, chain after chain."""
        for chain in self.chains if chains is None else chains:
            for idx in range(len(self)):
                yield self.point(idx, chain)

    def __len__(self) -> int:
        return next(iter(self._values.values())).shape[1]

    def __iter__(self) -> Iterator[Any]:
        return (self.point(idx) for idx in range(len(self)))

    def __contains__(self, key: object) -> bool:
        return key in self._values or key in self._groups_all

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self._sliced(key)
        if isinstance(key, (int, np.integer)):
            return self.point(int(key))
        burn, thin = 0, 1
        if isinstance(key, tuple):
            key, part = key
            burn, thin = part.start or 0, part.step or 1
        name = _name(key)
        if name in self._values:
            if name in self._stats:
                warnings.warn(
                    f"{name} is a variable and a sampler statistic: use trace.get_values or trace.get_sampler_stats",
                    stacklevel=2,
                )
            return self.get_values(name, burn=burn, thin=thin)
        if name in self._stats:
            return self.get_sampler_stats(name, burn=burn, thin=thin)
        if name in self._groups_all:
            return getattr(self, name)
        raise KeyError(f"Unknown variable {name}; the trace has {', '.join(self._values)}")

    def __getattribute__(self, name: str) -> Any:
        # a variable called "mean" or "sel" wins over what InferenceData happens to have, not over this class
        if not name.startswith("_") and name not in MultiTrace.__dict__:
            values = object.__getattribute__(self, "__dict__").get("_values", {})
            if name in values:
                return self.get_values(name)
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._stats:
            return self.get_sampler_stats(name)
        raise AttributeError(f"'MultiTrace' object has no attribute '{name}'")

    def __repr__(self) -> str:
        variables = len(self._values)
        return f"<MultiTrace: {self.nchains} chains, {len(self)} iterations, {variables} variables>"

    _repr_html_ = None  # type: ignore[assignment]  # of InferenceData; a notebook shows __repr__, as PyMC3 did

    # the groups of InferenceData

    @cached_property
    def posterior(self) -> Any:
        """Random variables and deterministics as an xarray dataset."""
        values = {name: self._values[name] for name in self._recorded}
        return trace.dataset(values, self._labels, self._made_by)

    @cached_property
    def sample_stats(self) -> Any:
        """Sampler statistics as an xarray dataset, by ArviZ's names."""
        values = {trace.STAT_NAMES.get(name, name): x for name, x in self._stats.items() if name != "tune"}
        return trace.dataset(values, None, self._made_by)

    @cached_property
    def observed_data(self) -> Any:
        """The observed data as an xarray dataset."""
        return trace.observed_dataset(self._labels)

    def keys(self) -> Any:
        """Names of the groups."""
        return list(self._groups_all)

    def _sliced(self, part: slice) -> MultiTrace:
        new = object.__new__(MultiTrace)
        values = {name: x[:, part] for name, x in self._values.items()}
        stats = {name: x[:, part] for name, x in self._stats.items()}
        new._setup(self._labels, values, stats, self._recorded, self._made_by)
        return new

    def _cut(self, x: np.ndarray, burn: int, thin: int, combine: bool, chains: Any, squeeze: bool) -> Any:
        which = self.chains if chains is None else [int(c) for c in np.atleast_1d(chains)]
        parts = [x[c, burn::thin] for c in which]
        if combine:
            parts = [np.concatenate(parts)]
        return parts[0] if squeeze and len(parts) == 1 else parts


class _Labels:
    """What names the axes of a density's variables, without its functions: a trace can be pickled."""

    def __init__(self, density: LogDensity) -> None:
        self.observed = dict(density.observed)
        self.dims = {name: tuple(dims) for name, dims in density.dims.items()}
        self.coords = {name: list(values) for name, values in density.coords.items()}


def _name(variable: Any) -> str:
    return variable if isinstance(variable, str) else str(getattr(variable, "name", variable))
