"""The backend that holds a chain in memory, and its files."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pm_migrate.errors import TraceDirectoryError
from pm_migrate.shims.backends import base
from pm_migrate.shims.backends.base import MultiTrace


class NDArray(base.BaseTrace):
    """The trace of one chain, as NumPy arrays.

    Parameters
    ----------
    name
        Without meaning.
    model, vars, test_point
        As for :class:`~pm_migrate.shims.backends.base.BaseTrace`.
    """

    supports_sampler_stats = True

    def __init__(
        self,
        name: str | None = None,
        model: Any = None,
        vars: Sequence[Any] | None = None,
        test_point: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, model, vars, test_point)
        self._empty()

    def _empty(self) -> None:
        self.draw_idx = 0
        self.draws: int | None = None
        self.samples: dict[str, np.ndarray] = {}
        self._stats: list[dict[str, np.ndarray]] | None = None

    @classmethod
    def filled(
        cls,
        chain: int,
        samples: Mapping[str, np.ndarray],
        stats: Sequence[Mapping[str, np.ndarray]] | None,
        model: Any = None,
        vars: Sequence[Any] = (),
    ) -> NDArray:
        """The trace of a chain that has been drawn.

        Parameters
        ----------
        chain
            Its number.
        samples
            Draws by variable name, ``(draws, *shape)``.
        stats
            For each step method, statistics by name, ``(draws,)``.
        model, vars
            The model and the variables of those names, if there is one.
        """
        new = cls.__new__(cls)
        new.fn = base._values_of(vars)
        shapes = {name: x.shape[1:] for name, x in samples.items()}
        new._setup(None, model, list(vars), list(samples), shapes, {name: x.dtype for name, x in samples.items()})
        new._empty()
        new.chain = chain
        new.samples = dict(samples)
        new.draws = new.draw_idx = len(next(iter(samples.values()))) if samples else 0
        if stats is not None:
            new._set_sampler_vars([{key: x.dtype for key, x in part.items()} for part in stats])
            new._stats = [dict(part) for part in stats]
        new._is_base_setup = True
        return new

    def setup(self, draws: int, chain: int, sampler_vars: Sequence[Mapping[str, Any]] | None = None) -> None:
        """Make room for ``draws`` more draws; the rest as in the base class."""
        super().setup(draws, chain, sampler_vars)
        self.chain = chain
        before = len(self) if self.samples else 0
        for name, shape in self.var_shapes.items():
            room = np.zeros((draws, *shape), self.var_dtypes[name])
            self.samples[name] = np.concatenate([self.samples[name][:before], room]) if before else room
        self.draw_idx, self.draws = before, before + draws
        if sampler_vars is None:
            return
        earlier = self._stats or [{} for _ in sampler_vars]
        if self._stats is not None and [s.keys() for s in sampler_vars] != [s.keys() for s in earlier]:
            raise ValueError("Sampler vars can't change")
        self._stats = [
            {
                key: np.concatenate([old[key][:before], np.zeros(draws, dtype)])
                if key in old
                else np.zeros(draws, dtype)
                for key, dtype in kinds.items()
            }
            for kinds, old in zip(sampler_vars, earlier, strict=True)
        ]

    def record(self, point: Mapping[str, Any], sampler_stats: Sequence[Mapping[str, Any]] | None = None) -> None:
        """Keep a draw.

        Parameters
        ----------
        point
            Unconstrained values by name.
        sampler_stats
            For each step method, its statistics.

        Raises
        ------
        ValueError
            When statistics were announced and are not given, or the other way round.
        """
        for name, value in zip(self.varnames, self.fn(point), strict=True):
            self.samples[name][self.draw_idx] = value
        if (self._stats is None) != (sampler_stats is None):
            raise ValueError("Expected sampler_stats" if sampler_stats is None else "Unknown sampler_stats")
        for kept, stats in zip(self._stats or (), sampler_stats or (), strict=False):
            for key, value in stats.items():
                # a scale for all elements is an array of one, which NumPy does not take for a number since 2.0
                single = isinstance(value, np.ndarray) and value.size == 1 and kept[key].dtype != object
                kept[key][self.draw_idx] = value.item() if single else value
        self.draw_idx += 1

    def _get_sampler_stats(self, stat_name: str, sampler_idx: int, burn: int, thin: int) -> np.ndarray:
        assert self._stats is not None
        return self._stats[sampler_idx][stat_name][burn::thin]

    def close(self) -> None:
        """Drop the room that was not needed."""
        if self.draw_idx == self.draws:
            return
        end = self.draw_idx
        self.samples = {name: x[:end] for name, x in self.samples.items()}
        if self._stats is not None:
            self._stats = [{key: x[:end] for key, x in part.items()} for part in self._stats]

    def __len__(self) -> int:
        return self.draw_idx if self.samples else 0

    def get_values(self, varname: str, burn: int = 0, thin: int = 1) -> np.ndarray:
        """Draws of one variable, after ``burn``, every ``thin``-th."""
        return self.samples[varname][burn::thin]

    def _slice(self, idx: slice) -> NDArray:
        start, stop, step = idx.indices(len(self))
        # in reverse, the end of a range that includes the first draw is -1, which a slice takes for the last one
        part = slice(start, stop if stop >= 0 else None, step)
        samples = {name: x[part] for name, x in self.samples.items()}
        stats = None if self._stats is None else [{key: x[part] for key, x in s.items()} for s in self._stats]
        sliced = NDArray.filled(self.chain or 0, samples, None, self.model, self.vars)
        sliced.chain, sliced.varnames = self.chain, list(self.varnames)
        sliced.sampler_vars, sliced._stats = self.sampler_vars, stats
        sliced.draw_idx = (stop - start) // step  # PyMC3's length, one short of the draws when they do not divide
        return sliced

    def point(self, idx: int) -> dict[str, Any]:
        """The values of all variables at one draw."""
        return {name: x[int(idx)] for name, x in self.samples.items()}


def save_trace(trace: MultiTrace, directory: str | None = None, overwrite: bool = False) -> str:
    """Save a trace: a folder for each chain, with arrays and a JSON file, in PyMC3's format.

    Parameters
    ----------
    trace
        What to save.
    directory
        Where; ``.pymc_1.trace`` or the next free number by default.
    overwrite
        Whether to replace what is there.

    Returns
    -------
    str
        The folder.

    Raises
    ------
    OSError
        When the folder exists, unless ``overwrite``.
    """
    warnings.warn(
        "The `save_trace` function will soon be removed. Instead, use `arviz.to_netcdf` to save traces.",
        DeprecationWarning,
        stacklevel=2,
    )
    if directory is None:
        number = 1
        while os.path.exists(f".pymc_{number}.trace"):
            number += 1
        directory = f".pymc_{number}.trace"
    if os.path.isdir(directory):
        if not overwrite:
            raise OSError(
                f"Cautiously refusing to overwrite the already existing {directory}! Please supply a different "
                "directory, or set `overwrite=True`"
            )
        shutil.rmtree(directory)
    os.makedirs(directory)
    for chain, strace in trace._straces.items():
        SerializeNDArray(os.path.join(directory, str(chain))).save(strace)
    return directory


def load_trace(directory: str, model: Any = None) -> MultiTrace:
    """Load what :func:`save_trace` saved, here or under PyMC3.

    Parameters
    ----------
    directory
        The folder.
    model
        The model that was sampled; the open one by default.

    Raises
    ------
    TraceDirectoryError
        When the folder holds no trace.
    """
    return MultiTrace([chain.load(model) for chain in saved_chains(directory)])


def saved_chains(directory: str) -> list[SerializeNDArray]:
    """The chains in a folder, for ``load_trace`` of either front end, which PyMC3 had deprecated."""
    warnings.warn(
        "The `load_trace` function will soon be removed. Instead, use `arviz.from_netcdf` to load traces.",
        DeprecationWarning,
        stacklevel=3,
    )
    folders = sorted(path for path in Path(directory).glob("*") if path.is_dir())
    if not folders:
        raise TraceDirectoryError(f"{directory} is not a PyMC3 saved chain directory.")
    return [SerializeNDArray(str(path)) for path in folders]


class SerializeNDArray:
    """The files of one chain.

    Parameters
    ----------
    directory
        The chain's folder.
    """

    metadata_file = "metadata.json"
    samples_file = "samples.npz"

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.metadata_path = os.path.join(directory, self.metadata_file)
        self.samples_path = os.path.join(directory, self.samples_file)

    @staticmethod
    def to_metadata(ndarray: NDArray) -> dict[str, Any]:
        """All but the draws, as JSON can say it."""
        stats = kinds = None
        if ndarray._stats is not None:
            stats = [{key: x.tolist() for key, x in part.items()} for part in ndarray._stats]
            kinds = [{key: str(x.dtype) for key, x in part.items()} for part in ndarray._stats]
        return {
            "draw_idx": ndarray.draw_idx,
            "draws": ndarray.draws,
            "_stats": stats,
            "chain": ndarray.chain,
            "sampler_vars": kinds,
        }

    def save(self, ndarray: NDArray) -> None:
        """Write a chain.

        Raises
        ------
        TypeError
            For another backend.
        """
        if not isinstance(ndarray, NDArray):
            raise TypeError(f"Can only save NDArray, not {type(ndarray).__name__}")
        if os.path.isdir(self.directory):
            shutil.rmtree(self.directory)
        os.mkdir(self.directory)
        with open(self.metadata_path, "w", encoding="utf-8") as file:
            json.dump(self.to_metadata(ndarray), file)
        np.savez_compressed(self.samples_path, **ndarray.samples)  # type: ignore[arg-type]

    def load(self, model: Any = None, *, bare: bool = False) -> NDArray:
        """Read a chain; with ``bare``, without a model, whose variables are those of the file.

        Raises
        ------
        TraceDirectoryError
            When a file is not there.
        """
        if not os.path.exists(self.samples_path) or not os.path.exists(self.metadata_path):
            raise TraceDirectoryError(f"{self.directory} is not a trace directory")
        with open(self.metadata_path, encoding="utf-8") as file:
            metadata = json.load(file)
        with np.load(self.samples_path, allow_pickle=False) as arrays:
            samples = dict(arrays)
        new = NDArray.filled(metadata["chain"], samples, None) if bare else NDArray(model=model)
        new._is_base_setup = False
        kinds = metadata.pop("sampler_vars", None)  # old traces have none
        if kinds is not None:
            new._set_sampler_vars(kinds)
        stats = metadata.pop("_stats")
        typed = kinds or [{} for _ in stats or ()]
        new._stats = stats and [
            {key: np.array(x, dtype=kind.get(key)) for key, x in part.items()}
            for part, kind in zip(stats, typed, strict=True)
        ]
        for key, value in metadata.items():
            setattr(new, key, value)
        new.samples = samples
        return new


def point_list_to_multitrace(point_list: Sequence[Mapping[str, Any]], model: Any = None) -> MultiTrace:
    """Points as a trace of one chain.

    Parameters
    ----------
    point_list
        Values by variable name, for each draw; the same names in each.
    model
        The model they belong to; the open one by default.
    """
    from pm_migrate.shims.model import modelcontext

    model = modelcontext(model)
    samples = {name: np.stack([np.asarray(point[name]) for point in point_list]) for name in point_list[0]}
    return MultiTrace([NDArray.filled(0, samples, None, model, [model[name] for name in samples])])
