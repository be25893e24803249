"""Traces of one chain and of several.

PyMC3 programs hand a ``MultiTrace`` to ArviZ (``az.summary(trace)``, ``az.plot_trace(trace)``), which once knew the
class by its name and no longer does. ArviZ takes, unchanged, any instance of its ``InferenceData``; the other ways in
are a plain dict (the name of the group is lost, and with it divergences) or pretending to be another library's class.
So a ``MultiTrace`` is an ``InferenceData`` whose groups are made when something asks for them
(:mod:`pm_migrate.shims.backends.labelled`), with PyMC3's interface in front.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain as joined
from typing import Any

import numpy as np

from pm_migrate.shims.backends.labelled import LabelledTrace, Labels
from pm_migrate.shims.backends.report import SamplerReport, merge_reports
from pm_migrate.shims.model.pickling import WholeGraph
from pm_migrate.shims.util import get_var_name


class BackendError(Exception):
    """Something went wrong with a backend."""


class BaseTrace(WholeGraph):
    """The trace of one chain, without a place to keep it: PyMC3's base class of backends.

    Parameters
    ----------
    name
        Name of the backend.
    model
        The model; by default the one that is open.
    vars
        Variables to record; ``model.unobserved_RVs`` by default.
    test_point
        Values that replace those of the model's test point, when shapes are found out.
    """

    supports_sampler_stats = False

    def __init__(
        self,
        name: str | None,
        model: Any = None,
        vars: Sequence[Any] | None = None,
        test_point: Mapping[str, Any] | None = None,
    ) -> None:
        from pm_migrate.shims.model import modelcontext

        model = modelcontext(model)
        chosen = list(model.unobserved_RVs if vars is None else vars)
        self.fn = _values_of(chosen)
        at_test = self.fn({**model.test_point, **(test_point or {})})
        names = [str(v.name) for v in chosen]
        shapes = {n: np.shape(x) for n, x in zip(names, at_test, strict=True)}
        dtypes = {n: np.asarray(x).dtype for n, x in zip(names, at_test, strict=True)}
        self._setup(name, model, chosen, names, shapes, dtypes)

    def _setup(self, name: str | None, model: Any, vars: list[Any], names: list[str], shapes: Any, dtypes: Any) -> None:
        self.name, self.model, self.vars, self.varnames = name, model, vars, names
        self.var_shapes, self.var_dtypes = shapes, dtypes
        self.chain: int | None = None
        self._is_base_setup = False
        self.sampler_vars: list[dict[str, Any]] | None = None
        self._warnings: list[Any] = []

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "fn": None}  # made anew of the variables, which come along

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.fn = _values_of(self.vars)

    def __deepcopy__(self, memo: dict[int, Any]) -> BaseTrace:
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        own = {key: copy.deepcopy(x, memo) for key, x in self.__dict__.items() if key not in ("fn", "model", "vars")}
        copied.__dict__.update({**own, "fn": self.fn, "model": self.model, "vars": list(self.vars)})
        return copied

    def _add_warnings(self, warnings: Sequence[Any]) -> None:
        self._warnings.extend(warnings)

    def _set_sampler_vars(self, sampler_vars: Sequence[Mapping[str, Any]] | None) -> None:
        if sampler_vars is not None and not self.supports_sampler_stats:
            raise ValueError("Backend does not support sampler stats.")
        if self._is_base_setup and self.sampler_vars != sampler_vars:
            raise ValueError(f"Can't change sampler_vars: they are {self.sampler_vars}, and now {sampler_vars}")
        dtypes: dict[str, Any] = {}
        for stats in sampler_vars or ():
            for key, dtype in stats.items():
                if dtypes.setdefault(key, dtype) != dtype:
                    raise ValueError(f"Sampler statistic {key} appears with different types: {dtypes[key]} and {dtype}")
        self.sampler_vars = sampler_vars if sampler_vars is None else list(map(dict, sampler_vars))

    def setup(self, draws: int, chain: int, sampler_vars: Sequence[Mapping[str, Any]] | None = None) -> None:
        """Prepare for recording.

        Parameters
        ----------
        draws
            Expected number of draws.
        chain
            Number of the chain.
        sampler_vars
            For each step method, the dtypes of its statistics by name.

        Raises
        ------
        ValueError
            For statistics of another kind than before, or of two kinds.
        """
        self._set_sampler_vars(sampler_vars)
        self._is_base_setup = True

    def record(self, point: Mapping[str, Any], sampler_stats: Sequence[Mapping[str, Any]] | None = None) -> None:
        """Keep a draw."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to record a draw")

    def close(self) -> None:
        """Finish recording."""

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, slice):
            return self._slice(idx)
        try:
            number = int(idx)
        except (ValueError, TypeError):
            raise ValueError(f"A trace of one chain is indexed by a slice or an integer, not {idx!r}") from None
        return self.point(number)

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not say how many draws it has")

    def get_values(self, varname: str, burn: int = 0, thin: int = 1) -> np.ndarray:
        """Draws of one variable."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to get values")

    def get_sampler_stats(
        self, stat_name: str, sampler_idx: int | None = None, burn: int = 0, thin: int = 1
    ) -> np.ndarray:
        """Values of a sampler statistic.

        Parameters
        ----------
        stat_name
            Its name.
        sampler_idx
            Which step method's; by default all that have it, along a last axis if they are several.
        burn, thin
            Draws to skip at the beginning, and the stride through the rest.

        Raises
        ------
        KeyError
            For a name that no step method has.
        """
        if not self.supports_sampler_stats:
            raise ValueError("This backend does not support sampler stats")
        if sampler_idx is not None:
            return self._get_sampler_stats(stat_name, sampler_idx, burn, thin)
        which = [i for i, stats in enumerate(self.sampler_vars or ()) if stat_name in stats]
        if not which:
            raise KeyError(f"Unknown sampler stat {stat_name}")
        found = [self._get_sampler_stats(stat_name, i, burn, thin) for i in which]
        return found[0] if len(found) == 1 else np.stack(found, axis=-1)

    def _get_sampler_stats(self, stat_name: str, sampler_idx: int, burn: int, thin: int) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} does not say how to get sampler statistics")

    def _slice(self, idx: slice) -> BaseTrace:
        raise NotImplementedError(f"{type(self).__name__} does not say how to slice")

    def point(self, idx: int) -> dict[str, Any]:
        """The values of all variables at one draw."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to get a point")

    @property
    def stat_names(self) -> set[str]:
        """Names of the sampler statistics."""
        return {name for stats in self.sampler_vars or () for name in stats}


def _values_of(variables: Sequence[Any]) -> Any:
    """A function from a point to the values of ``variables``."""

    def values(point: Mapping[str, Any]) -> list[np.ndarray]:
        from pm_migrate.shims.theano.evaluation import evaluate
        from pm_migrate.shims.variables import givens_from_point

        return [np.asarray(x) for x in evaluate(list(variables), givens_from_point(variables, point))]

    return values


class MultiTrace(WholeGraph, LabelledTrace):
    """Draws of several chains, by PyMC3's names and rules.

    ``trace["x"]`` and ``trace.x`` are all draws of a variable, chains one after the other; ``trace[100:]`` is a trace
    of fewer draws, ``trace[5]`` the point of one draw (of the last chain), ``trace["x", 100::2]`` the draws of one
    variable burnt and thinned. A variable may be given as an object with a ``name``. The unconstrained values
    (``sigma_log__``) are there too. As an ``InferenceData`` it has the groups ``posterior``, ``sample_stats``,
    ``log_likelihood`` and ``observed_data``, made on demand, so that every function of ArviZ takes it.

    Parameters
    ----------
    straces
        The trace of each chain.

    Raises
    ------
    ValueError
        When two of them have the same number.
    """

    def __init__(self, straces: Sequence[Any]) -> None:
        super().__init__()
        self._straces: dict[int, Any] = {}
        for strace in straces:
            if strace.chain in self._straces:
                raise ValueError(f"Chains are not unique: there are two of number {strace.chain}")
            self._straces[strace.chain] = strace
        self._report = SamplerReport()
        for strace in straces:
            self._report._add_warnings(getattr(strace, "_warnings", ()), strace.chain)

    def __getstate__(self) -> dict[str, Any]:
        model = next(iter(self._straces.values())).model
        known = self._labels if model is None else Labels.of(model.log_density())
        made = {} if self._pointwise is None else {k: x for k, x in self._made.items() if k == "log_likelihood"}
        return {**self.__dict__, "_labels": known, "_made": made, "_pointwise": None}

    def __deepcopy__(self, memo: dict[int, Any]) -> MultiTrace:
        copied = MultiTrace([])
        memo[id(self)] = copied
        copied.__dict__.update({key: copy.deepcopy(x, memo) for key, x in self.__dict__.items()})
        return copied

    @property
    def varnames(self) -> list[str]:
        """Names of all variables: unconstrained values first, then random variables and deterministics."""
        return self._straces[self.chains[-1]].varnames

    @property
    def stat_names(self) -> set[str]:
        """Names of the sampler statistics.

        Raises
        ------
        ValueError
            When the chains have different ones.
        """
        kinds = [strace.sampler_vars for strace in self._straces.values()]
        if any(kind != kinds[0] for kind in kinds):
            raise ValueError("Individual chains contain different sampler stats")
        return {name for stats in (kinds[0] if kinds else None) or () for name in stats}

    @property
    def nchains(self) -> int:
        """Number of chains."""
        return len(self._straces)

    @property
    def chains(self) -> list[int]:
        """Numbers of the chains."""
        return sorted(self._straces)

    @property
    def report(self) -> SamplerReport:
        """Warnings and figures of the run."""
        return self._report

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
        if name not in self.varnames:
            raise KeyError(f"Unknown variable {name}; the trace has {', '.join(self.varnames)}")
        parts = [self._straces[chain].get_values(name, burn, thin) for chain in self._chosen(chains)]
        return _squeeze_cat(parts, combine, squeeze)

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
        if stat_name not in self.stat_names:
            raise KeyError(f"Unknown sampler statistic {stat_name}; the trace has {', '.join(sorted(self.stat_names))}")
        parts = [self._straces[c].get_sampler_stats(stat_name, None, burn, thin) for c in self._chosen(chains)]
        return _squeeze_cat(parts, combine, squeeze)

    def _chosen(self, chains: int | Sequence[int] | None) -> list[int]:
        return self.chains if chains is None else [int(c) for c in np.atleast_1d(chains)]

    def point(self, idx: int, chain: int | None = None) -> dict[str, Any]:
        """The values of all variables at one draw of one chain (the last by default)."""
        return self._straces[self.chains[-1] if chain is None else chain].point(idx)

    def points(self, chains: Sequence[int] | None = None) -> Iterator[dict[str, Any]]:
        """All points, chain after chain."""
        return joined.from_iterable(self._straces[chain] for chain in (self.chains if chains is None else chains))

    def add_values(self, vals: Mapping[str, Any], overwrite: bool = False) -> None:
        """Add variables.

        Parameters
        ----------
        vals
            Draws by name, of all chains one after the other.
        overwrite
            Whether a variable of the trace may be replaced.

        Raises
        ------
        ValueError
            For a name that the trace has, unless ``overwrite``.
        """
        from pm_migrate.shims.theano.tensor import as_tensor_variable

        for name, value in vals.items():
            known = name in self.varnames
            if known and not overwrite:
                raise ValueError(f"Variable name {name} already exists; pass overwrite=True to replace it.")
            total = len(self) * self.nchains
            if len(value) != total:
                warnings.warn(
                    f"The length of the values you are trying to add ({len(value)}) does not match the number "
                    f"({total}) of total samples in the trace (chains * iterations)",
                    stacklevel=2,
                )
            shape = np.shape(value)[1:] if len(value) == total else (-1,)
            split = np.reshape(value, (self.nchains, len(self), *shape))
            if split[0, 0].size == 1:
                split = split.reshape(self.nchains, len(self))  # a column is a scalar variable, as in PyMC3
            for strace, part in zip(self._straces.values(), split, strict=True):
                if not known:
                    strace.vars.append(as_tensor_variable(np.array([]), name))
                strace.varnames = [*(n for n in strace.varnames if n != name), name]
                strace.samples[name] = part
        self._changed()

    def remove_values(self, name: str) -> None:
        """Remove a variable.

        Raises
        ------
        KeyError
            For a name that is not in the trace.
        """
        if name not in self.varnames:
            raise KeyError(f"Unknown variable {name}; the trace has {', '.join(self.varnames)}")
        for strace in self._straces.values():
            strace.varnames = [n for n in strace.varnames if n != name]
            strace.vars = [v for v in strace.vars if v.name != name]
            del strace.samples[name]
        self._changed()

    def _slice(self, part: slice) -> MultiTrace:
        sliced = MultiTrace([strace._slice(part) for strace in self._straces.values()])
        sliced._report = self._report._slice(*part.indices(len(self)))
        sliced._labels, sliced._pointwise = self._labels, self._pointwise
        return sliced

    def __len__(self) -> int:
        return len(self._straces[self.chains[-1]])

    def __iter__(self) -> Iterator[Any]:
        return iter(self._straces[self.chains[-1]])

    def __contains__(self, key: object) -> bool:
        return key in self.varnames or key in self._groups_all

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self._slice(key)
        if isinstance(key, (int, np.integer)):
            return self.point(int(key))
        burn, thin = 0, 1
        if isinstance(key, tuple):
            key, part = key
            burn, thin = part.start or 0, part.step or 1
        name = _name(key)
        if name in self.varnames:
            self._say_if_ambiguous(name)
            return self.get_values(name, burn=burn, thin=thin)
        if name in self.stat_names:
            return self.get_sampler_stats(name, burn=burn, thin=thin)
        if name in self._groups_all:
            return getattr(self, name)
        raise KeyError(f"Unknown variable {name}; the trace has {', '.join(self.varnames)}")

    def __getattribute__(self, name: str) -> Any:
        # a variable called "mean" or "sel" wins over what InferenceData happens to have, not over this class
        if not name.startswith("_") and name not in MultiTrace.__dict__:
            straces = object.__getattribute__(self, "__dict__").get("_straces")
            if straces and name in self.varnames:
                self._say_if_ambiguous(name)
                return self.get_values(name)
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and "_straces" in self.__dict__:
            if name in self.varnames:
                return self.get_values(name)
            if name in self.stat_names:
                return self.get_sampler_stats(name)
        raise AttributeError(f"'MultiTrace' object has no attribute '{name}'")

    def _say_if_ambiguous(self, name: str) -> None:
        if name in self.stat_names:
            warnings.warn(
                f"{name} is a variable and a sampler statistic: use trace.get_values or trace.get_sampler_stats",
                stacklevel=3,
            )

    def __repr__(self) -> str:
        return f"<MultiTrace: {self.nchains} chains, {len(self)} iterations, {len(self.varnames)} variables>"

    _repr_html_ = None  # of InferenceData; a notebook shows __repr__, as PyMC3 did


def _name(variable: Any) -> str:
    return get_var_name(variable) if not hasattr(variable, "name") else str(variable.name)


def _squeeze_cat(results: list[np.ndarray], combine: bool, squeeze: bool) -> Any:
    if combine:
        results = [np.concatenate(results)]
    return results[0] if squeeze and len(results) == 1 else results


def merge_traces(mtraces: Sequence[MultiTrace]) -> MultiTrace:
    """The chains of several traces as one trace, which is the first of them.

    Raises
    ------
    ValueError
        For no traces at all, chains of the same number, or of different lengths.
    """
    if not mtraces:
        raise ValueError("Cannot merge an empty set of traces.")
    first, *others = mtraces
    lengths = {len(strace) for trace in mtraces for strace in trace._straces.values()}
    if len(lengths) > 1:
        raise ValueError(f"Chains are of different lengths: {sorted(lengths)}")
    for trace in others:
        for number, strace in trace._straces.items():
            if number in first._straces:
                raise ValueError(f"Chains are not unique: there are two of number {number}")
            first._straces[number] = strace
    first._report = merge_reports([trace.report for trace in mtraces])
    first._changed()
    return first
