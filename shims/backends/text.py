"""Chains in CSV files: ``pm.backends.Text`` of PyMC3 before 3.9.

A folder has one file for each chain, ``chain-0.csv``, with a column for every scalar (``x__0_1`` of an array,
transformed variables too) and a row for every draw, warm-up included. Files of PyMC3 and of this package are the same.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import TraceDirectoryError
from pm_migrate.shims import recording
from pm_migrate.shims.backends.base import MultiTrace
from pm_migrate.shims.backends.ndarray import NDArray
from pm_migrate.shims.backends.tracetab import _create_shape, create_flat_names

__all__ = ["Text", "dump", "load"]

_FILE = re.compile(r"chain-(\d+)\.csv")


class Text(NDArray):
    """The trace of one chain that becomes a CSV file; given to ``pm.sample(trace=)``, that of every chain.

    PyMC3 wrote a line at every draw, and added to files that were there. Here a file is written when its chain is
    complete, and files that are there are an error: in a trace with draws of two runs, the warm-up of the second stands
    between them. What ``pm.sample`` returns has no warm-up, the files do.

    Parameters
    ----------
    name
        The folder, which is made if it is not there.
    model, vars, test_point
        As for :class:`~pm_migrate.shims.backends.base.BaseTrace`.
    """

    def __init__(
        self,
        name: str,
        model: Any = None,
        vars: Sequence[Any] | None = None,
        test_point: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(os.fspath(name), model, vars, test_point)
        make_folder(os.fspath(name))

    def setup(self, draws: int, chain: int, sampler_vars: Sequence[Mapping[str, Any]] | None = None) -> None:
        """Make room for draws, as in the base class.

        Raises
        ------
        TraceDirectoryError
            When the chain has a file already.
        """
        self.check([chain])
        super().setup(draws, chain, sampler_vars)

    def close(self) -> None:
        """Write the file."""
        super().close()
        if self.chain is not None and len(self):
            write(str(self.name), [self], self.varnames)

    def check(self, chains: Iterable[int]) -> None:
        """Refuse to sample chains that have files.

        Raises
        ------
        TraceDirectoryError
            Naming the first of them.
        """
        for path in (path_of(str(self.name), chain) for chain in chains):
            if os.path.exists(path) and not recording.active:
                raise TraceDirectoryError(
                    f"{path} has draws of another run, and PyMC3 would add to it the warm-up of this one: remove the "
                    f"files of {self.name} first, or name another folder"
                )

    def keep(self, trace: MultiTrace, tune: int) -> MultiTrace:
        """Write the chains of a run; returns them without their first ``tune`` draws."""
        write(str(self.name), list(trace._straces.values()), self.varnames)
        if not tune:
            return trace
        kept, report = trace[tune:], trace.report
        kept.report._n_tune, kept.report._n_draws = report.n_tune, report.n_draws
        kept.report._t_sampling, kept.report._timing = report.t_sampling, report._timing
        return kept


def make_folder(name: str) -> None:
    """Make the folder of a store.

    Raises
    ------
    TraceDirectoryError
        When there is something else of that name, or no folder to make it in.
    """
    try:
        os.mkdir(name)
    except FileNotFoundError:
        raise TraceDirectoryError(f"{name} cannot be made: there is no folder {os.path.dirname(name)}") from None
    except FileExistsError:
        if not os.path.isdir(name):
            raise TraceDirectoryError(f"{name} is a file, and a store of draws is a folder") from None


def path_of(name: str, chain: int) -> str:
    """The file of a chain."""
    return os.path.join(name, f"chain-{chain}.csv")


def write(name: str, straces: Sequence[Any], names: Sequence[str]) -> None:
    """Write the files of chains: all of them, or none."""
    if recording.active:
        kept = recording.stores.setdefault(os.path.abspath(name), {})
        kept.update({strace.chain: {key: np.asarray(strace.get_values(key)) for key in names} for strace in straces})
        return
    parts = []
    try:
        for strace in straces:
            path = path_of(name, strace.chain)
            parts.append((f"{path}.part", path))
            with open(f"{path}.part", "w", encoding="utf-8", newline="\n") as file:
                file.writelines(_lines(strace, names))
        for part, path in parts:
            os.replace(part, path)
    finally:
        for part, _ in parts:
            if os.path.exists(part):
                os.remove(part)


def _lines(strace: Any, names: Sequence[str]) -> Iterable[str]:
    """The lines of a file."""
    values = [np.asarray(strace.get_values(name)) for name in names]
    header = [flat for name, x in zip(names, values, strict=True) for flat in create_flat_names(name, x.shape[1:])]
    yield ",".join(header) + "\n"
    flat = [x.reshape(len(x), -1) for x in values]
    columns = [_spelt(column) for x in flat for column in x.T]
    for row in zip(*columns, strict=True):
        yield ",".join(row) + "\n"


def _spelt(column: np.ndarray) -> list[str]:
    """Numbers as PyMC3 wrote them: in as few digits as make the same number again."""
    return [str(x) for x in (column if column.dtype == np.float32 else column.tolist())]


def load(name: str, model: Any = None) -> MultiTrace:
    """Load the chains in a folder, warm-up included.

    Values are those that were written, to the last digit; PyMC3 read some of them one unit in the last place off, and
    left out variables with one axis (3.8).

    Parameters
    ----------
    name
        The folder.
    model
        The model that was sampled; the open one by default.

    Raises
    ------
    TraceDirectoryError
        When there are no files, one of them is not whole, or its columns are not those of the model.
    """
    from pm_migrate.shims.model import modelcontext

    model = modelcontext(model)
    straces = []
    for chain, samples in read(name, shapes_of(model)):
        variables = [model.named_vars[key] for key in samples]
        straces.append(loaded(name, chain, in_dtypes(samples, model), model, variables))
    return MultiTrace(straces)


def loaded(
    name: str, chain: int, samples: Mapping[str, np.ndarray], model: Any = None, variables: Sequence[Any] = ()
) -> NDArray:
    """A chain of a folder, which is not sampled into: PyMC3 went on in its file."""
    strace = Text.filled(chain, samples, None, model, variables)
    strace.name = os.fspath(name)
    return strace


def shapes_of(model: Any) -> dict[str, tuple[int, ...]]:
    """Shapes of what a trace of a model has, by name."""
    return dict(NDArray(model=model).var_shapes)


def in_dtypes(samples: Mapping[str, np.ndarray], model: Any) -> dict[str, np.ndarray]:
    """Draws in the precision that the model computes in."""
    kinds = NDArray(model=model).var_dtypes
    return {
        name: x.astype(kinds[name]) if x.dtype.kind == "f" and np.dtype(kinds[name]).kind == "f" else x
        for name, x in samples.items()
    }


def read(name: str, shapes: Mapping[str, tuple[int, ...]] | None) -> list[tuple[int, dict[str, np.ndarray]]]:
    """The chains in a folder: number, and draws by name.

    Parameters
    ----------
    name
        The folder.
    shapes
        Those of the variables of the model. Without them, they are read off the names of the columns, and a scalar
        that is called ``x__0`` is taken for an array.
    """
    if recording.active and os.path.abspath(name) in recording.stores:
        return sorted(recording.stores[os.path.abspath(name)].items())
    paths = glob.glob(os.path.join(glob.escape(name), "chain-*.csv"))
    numbered = {int(m[1]): path for path in paths if (m := _FILE.fullmatch(os.path.basename(path)))}
    if not numbered:
        raise TraceDirectoryError(f"No files present in directory {name}: a chain is in chain-0.csv")
    return [(chain, _read(numbered[chain], shapes)) for chain in sorted(numbered)]


def _read(path: str, shapes: Mapping[str, tuple[int, ...]] | None) -> dict[str, np.ndarray]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    lines = text.splitlines()
    if not lines:
        raise TraceDirectoryError(f"{path} is empty")
    header, rows = lines[0].split(","), [line.split(",") for line in lines[1:]]
    for number, row in enumerate(rows, 2):
        if len(row) != len(header) or (number == len(lines) and not text.endswith("\n")):
            raise TraceDirectoryError(
                f"{path} is not whole: line {number} has {len(row)} of {len(header)} values, or no end; the program "
                "that wrote it may have been stopped: remove the line"
            )
    columns = dict(zip(header, zip(*rows, strict=True) if rows else [()] * len(header), strict=True))
    found = {}
    for variable, shape in (_read_off(header) if shapes is None else _of_model(path, header, shapes)).items():
        flat = [_numbers(path, key, columns[key]) for key in create_flat_names(variable, shape)]
        found[variable] = np.stack(flat, axis=-1).reshape(len(rows), *shape) if flat else np.zeros((len(rows), *shape))
    return found


def _of_model(path: str, header: Sequence[str], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The variables of a model whose columns are all in a file."""
    present, left = set(header), set(header)
    found = {}
    for name, shape in shapes.items():
        flat = create_flat_names(name, shape)
        if flat and present.issuperset(flat):
            found[name] = shape
            left.difference_update(flat)
    if left:
        first = next(key for key in header if key in left)
        raise TraceDirectoryError(
            f"{path} is of another model: it has a column {first}, and the model has "
            + ", ".join(f"{name} of shape {shape}" if shape else name for name, shape in shapes.items())
        )
    return found


def _read_off(header: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Variables and their shapes, from names of columns alone."""
    groups: dict[str, list[str]] = {}
    for key in header:
        found = re.fullmatch(r"(.+)__\d+(_\d+)*", key)
        groups.setdefault(found[1] if found else key, []).append(key)
    shapes: dict[str, tuple[int, ...]] = {}
    for name, keys in groups.items():
        shape = _create_shape(keys) if keys != [name] else ()
        if keys == create_flat_names(name, shape):
            shapes[name] = shape
        else:
            shapes.update(dict.fromkeys(keys, ()))
    return shapes


def _numbers(path: str, key: str, column: Sequence[str]) -> np.ndarray:
    """A column: whole numbers, truth values, or numbers, of which an empty one is none."""
    if column and all(x in ("True", "False") for x in column):
        return np.array([x == "True" for x in column])
    try:
        try:
            return np.array([int(x) for x in column], dtype=np.int64 if column else np.float64)
        except ValueError:
            return np.array([float(x or "nan") for x in column])
    except (ValueError, OverflowError):
        wrong = next((x for x in column if not _is_number(x)), column[0])
        raise TraceDirectoryError(f"{path} has {wrong!r} in the column {key}, which is no number") from None


def _is_number(text: str) -> bool:
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True


def dump(name: str, trace: MultiTrace, chains: Sequence[int] | None = None) -> None:
    """Write the draws of a trace, transformed variables too; files that are there are replaced, as in PyMC3.

    Parameters
    ----------
    name
        The folder.
    trace
        A ``MultiTrace``.
    chains
        Which chains; all by default.

    Raises
    ------
    TypeError
        For something else than a ``MultiTrace``.
    """
    if not isinstance(trace, MultiTrace):
        raise TypeError(f"text.dump writes a MultiTrace, not {type(trace).__name__}: trace.to_netcdf(path) writes that")
    make_folder(os.fspath(name))
    chosen = [trace._straces[chain] for chain in (trace.chains if chains is None else chains)]
    write(name, chosen, trace.varnames)
