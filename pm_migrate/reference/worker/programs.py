# ruff: noqa: UP006, UP035, UP045 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""Running a file as a program, the same each time and on both sides."""

from __future__ import annotations
import __future__

import ast
import contextlib
import os
import random
import re
import sys
import traceback
import types
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np

#: How the file of a notebook that was written as a script ends.
NOTEBOOK = ".ipynb.py"
_program_modules: List[str] = []


class Entry:
    """A function of a program that makes models, to be called with arguments once the file was run.

    Parameters
    ----------
    name
        Of the function, dotted for a method of a class; empty for none: the program itself makes the models.
    arguments
        A list, or a dictionary of keyword arguments.
    models
        The list to which models are added as they are made.
    """

    def __init__(self, name: Optional[str], arguments: Any, models: List[Any]) -> None:
        self.name, self.arguments, self.models = name, arguments, models
        self.first = 0
        self.returned: Dict[str, Any] = {}

    def call(self, namespace: Dict[str, Any]) -> None:
        """Call it, and bind what it returns to names like ``build()`` and ``build()[0]``."""
        if not self.name:
            return
        self.first = len(self.models)
        found: Any = namespace
        for part in self.name.split("."):
            found = found.get(part) if found is namespace else getattr(found, part, None)
            if found is None:
                functions = [n for n, v in namespace.items() if callable(v) and not n.startswith("_")]
                raise NameError(f"{self.name}: no such function; the file has {', '.join(functions) or 'none'}")
        given = self.arguments or []
        result = found(**given) if isinstance(given, Mapping) else found(*given)
        self.returned[f"{self.name}()"] = result
        if isinstance(result, Mapping):
            self.returned.update({f"{self.name}()[{key!r}]": value for key, value in result.items()})
        elif isinstance(result, (list, tuple)):
            self.returned.update({f"{self.name}()[{i}]": value for i, value in enumerate(result)})
        namespace.update(self.returned)

    def chosen(self) -> List[Any]:
        """The models that it made or returned; all, if there is no function to call."""
        if not self.name:
            return list(self.models)
        return [
            model
            for number, model in enumerate(self.models)
            if number >= self.first or any(model is each for each in self.returned.values())
        ]


#: The comment line in front of each cell of a notebook that was written as a script.
CELL = re.compile(r"# pm-migrate-notebook-\d+ cell (\d+)[ \t]*")
#: A line of IPython's in a script, which is not Python's.
_MAGIC = re.compile(rb"(?m)^([ \t]*)(?:%%?[a-z]|!).*$")
#: The comment line in front of each cell of a script in cells, as of VS Code, Spyder and Jupytext, and of nbconvert.
_SCRIPT_CELL = re.compile(r"#[ \t]*(?:%%|In\[[\d ]*\]).*")


class Shell:
    """What ``get_ipython()`` gives a notebook that was exported as a script: magics do nothing, but run their code."""

    _RUN = ("time", "timeit", "capture", "prun")

    def __init__(self, namespace: Dict[str, Any]) -> None:
        self._namespace = namespace

    def run_cell_magic(self, magic: str, line: str, cell: str) -> None:
        """Run the code of a cell that is timed, or whose output is caught."""
        if magic in self._RUN:
            exec(compile(cell, "<cell>", "exec", dont_inherit=True), self._namespace)

    def run_line_magic(self, magic: str, line: str, *rest: Any) -> None:
        """Run the code of a line that is timed."""
        if magic in self._RUN:
            exec(compile(line, "<line>", "exec", dont_inherit=True), self._namespace)

    def magic(self, line: str) -> None:
        """As :meth:`run_line_magic`, by the name of old versions."""
        name, _, rest = line.partition(" ")
        self.run_line_magic(name, rest)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


#: Numbers in all covariances that a run keeps for another side.
_KEPT = 4_000_000
#: By how much of its largest entry a covariance may be off, and still be taken for that of another side.
_CLOSE = 1e-7


class Cells:
    """The states of the global random generators of Python and NumPy at the start of each cell of a notebook.

    Two programs that draw their data have the same data only if they have drawn as often before. One that stops in the
    middle of a cell, or plots something at random, draws less or more; with the states of the other it has the same
    numbers again from the next cell on.

    Parameters
    ----------
    states
        The states of an earlier run, by number of the cell, to be put back; without them the states are noted.
    covariances
        The covariances that ``numpy.random.multivariate_normal`` was given then, in order. A draw from one that is
        nearly singular hangs on its last bits, in which two ways to compute it differ: the same noise gives other data.
    """

    def __init__(
        self, states: Optional[Mapping[str, Any]] = None, covariances: Optional[Sequence[np.ndarray]] = None
    ) -> None:
        self._given = states is not None
        self.states: Dict[str, Any] = dict(states or {})
        self.covariances: List[np.ndarray] = list(covariances or ())
        self._next = 0

    def covariance(self, cov: np.ndarray) -> np.ndarray:
        """Note a covariance; or give that of the earlier run in its place, where the two agree to roundings."""
        if not self._given:
            if cov.size + sum(each.size for each in self.covariances) <= _KEPT:
                self.covariances.append(np.array(cov))
            return cov
        for place in range(self._next, len(self.covariances)):
            other = self.covariances[place]
            if other.shape == cov.shape and np.all(np.abs(other - cov) <= _CLOSE * np.max(np.abs(cov), initial=0.0)):
                self._next = place + 1
                return other
        return cov

    def enter(self, cell: str) -> None:
        """Begin a cell."""
        if not self._given:
            kind, keys, *rest = np.random.get_state()
            version, numbers, gauss = random.getstate()
            self.states[cell] = {
                "numpy": [kind, keys, *rest],
                "python": [version, np.array(numbers, dtype="uint32"), gauss],
            }
        elif cell in self.states:
            version, numbers, gauss = self.states[cell]["python"]
            random.setstate((version, tuple(map(int, numbers)), gauss))
            np.random.set_state(tuple(self.states[cell]["numpy"]))


def run_program(
    path: str,
    argv: Sequence[str] = (),
    cwd: Optional[str] = None,
    entry: Optional[Entry] = None,
    cells: Optional[Cells] = None,
) -> Tuple[Dict[str, Any], Optional[str]]:
    """Run a file as a program, as ``python path argv...`` in its own folder would.

    With a function to call, the file is imported instead: its ``__name__`` is that of a module, so that what it does
    only as a program is left out.

    Random numbers that the program draws are the same each time and on both sides: Python's and NumPy's global
    generators are seeded, ``numpy.random.default_rng()`` without a seed gets one, and
    ``numpy.random.multivariate_normal`` is the same for all versions of NumPy. ``cells`` notes the states of the global
    generators at each cell of a notebook and the covariances that were drawn with, or puts them back.

    A notebook or document as a script (``*.ipynb.py``), and a script in cells (``# %%``, ``# In[1]:``), go on after a
    statement that raises, as a person goes on to the next cell: a plot style or a file that is missing does not hide
    the models below it.

    A file of a package can import its neighbours by relative names, as ``python -m package.file`` would, and find the
    package by its name.

    Returns
    -------
    (dict, str or None)
        The program's global names, and the traceback if it raised. ``sys.exit()`` is a normal end.
    """
    for name in _program_modules:
        sys.modules.pop(name, None)
    _program_modules.clear()
    path = os.path.abspath(path)
    folder = os.path.dirname(path)
    above, package = package_of(folder)
    called = entry is not None and bool(entry.name)
    module = types.ModuleType(os.path.basename(path).partition(".")[0] if called else "__main__")
    module.__dict__.update(__file__=path, __builtins__=__builtins__)
    if package:
        module.__package__ = package
    known, main, state = set(sys.modules), sys.modules.get("__main__"), (sys.argv, sys.path[:], os.getcwd())
    error = None
    sys.argv = [path, *list(argv)]
    sys.path.insert(0, folder)
    if package:
        sys.path.append(above)  # last: what else lies beside the package is not the program's
    sys.modules["__main__"] = module
    if called:
        sys.modules.setdefault(module.__name__, module)
    try:
        os.chdir(cwd or folder)
        cells = cells or Cells()
        with _repeatable_randomness(cells):
            error = _execute(path, module.__dict__, cells)
            if entry is not None:
                entry.call(module.__dict__)
    except SystemExit as stop:
        error = None if stop.code in (None, 0) else f"SystemExit: {stop.code}"
    except BaseException:  # KeyboardInterrupt too: what a program raises is told with the models that it made before
        error = traceback.format_exc()
    finally:
        sys.argv, sys.path[:] = state[0], state[1]
        os.chdir(state[2])
        if main is not None:
            sys.modules["__main__"] = main
        # another program may have a module of the same name in another folder
        top = os.path.join(above, package.partition(".")[0]) if package else folder
        for name in set(sys.modules) - known:
            origin = getattr(sys.modules[name], "__file__", None) or ""
            if os.path.dirname(os.path.abspath(origin)).startswith(top) and "site-packages" not in origin:
                _program_modules.append(name)
    return module.__dict__, error


def package_of(folder: str) -> Tuple[str, str]:
    """The folder that holds the package that a folder is, and the dotted name of it; empty where it is none."""
    parts: List[str] = []
    while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.basename(folder).isidentifier():
        folder, name = os.path.split(folder)
        parts.insert(0, name)
    return folder, ".".join(parts)


def _execute(path: str, namespace: Dict[str, Any], cells: Cells) -> Optional[str]:
    """Run a file; returns the traceback of what was passed over."""
    with open(path, "rb") as file:
        source = file.read()
    exported = b"get_ipython()" in source
    try:
        tree = ast.parse(source, path)
    except SyntaxError:
        plain = _MAGIC.sub(rb"\1pass", source)
        if plain == source:
            raise
        tree, exported = ast.parse(plain, path), True
    marks = _marks(source.decode("utf-8", "replace"))
    if exported:
        namespace.setdefault("get_ipython", lambda: Shell(namespace))
    if not (marks or exported or path.endswith(NOTEBOOK)):
        exec(compile(tree, path, "exec", dont_inherit=True), namespace)
        return None
    flags, raised, body = 0, [], tree.body
    for node in body:
        while marks and marks[0][0] < node.lineno:
            cells.enter(marks.pop(0)[1])
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            flags |= sum(getattr(__future__, alias.name).compiler_flag for alias in node.names)
        tree.body = [node]
        try:
            exec(compile(tree, path, "exec", flags, dont_inherit=True), namespace)
        except Exception:  # whatever a cell raises is told, and a person goes on to the next
            raised.append(traceback.format_exc())
    if len(raised) < 2:
        return raised[0] if raised else None
    return f"{raised[0].rstrip()} (and {len(raised) - 1} more after it)"


def _marks(source: str) -> List[Tuple[int, str]]:
    """Line and number of the cells that a notebook or document was written as a script of, or that a script has."""
    lines = list(enumerate(source.split("\n"), 1))
    found = ((number, CELL.fullmatch(line)) for number, line in lines)
    marks = [(number, match.group(1)) for number, match in found if match]
    if marks:
        return marks
    own = [number for number, line in lines if _SCRIPT_CELL.fullmatch(line.rstrip("\r"))]
    return [(number, str(place)) for place, number in enumerate(own)]


@contextlib.contextmanager
def _repeatable_randomness(cells: Cells) -> Iterator[None]:
    random.seed(0)
    np.random.seed(0)
    original = np.random.default_rng

    def default_rng(seed: Any = None) -> Any:
        return original(0 if seed is None else seed)

    def multivariate_normal(mean: Any, cov: Any, *rest: Any, **options: Any) -> Any:
        return _multivariate_normal(mean, cells.covariance(np.asarray(cov, dtype=float)), *rest, **options)

    normal = np.random.multivariate_normal
    np.random.default_rng, np.random.multivariate_normal = default_rng, multivariate_normal
    try:
        yield
    finally:
        np.random.default_rng, np.random.multivariate_normal = original, normal


def _multivariate_normal(mean: Any, cov: Any, size: Any = None, check_valid: str = "warn", tol: float = 1e-8) -> Any:
    """Draw as ``numpy.random.multivariate_normal``, whose singular vectors have signs that differ between builds."""
    mean, cov = np.asarray(mean, dtype=float), np.asarray(cov, dtype=float)
    if mean.ndim != 1 or cov.shape != (len(mean), len(mean)):
        raise ValueError("mean must be 1 dimensional, and cov 2 dimensional and square with the length of mean")
    shape = () if size is None else (size,) if isinstance(size, (int, np.integer)) else tuple(size)
    noise = np.random.standard_normal((*shape, len(mean)))
    _, scales, vectors = np.linalg.svd(cov)
    largest = vectors[np.arange(len(vectors)), np.argmax(np.abs(vectors), axis=1)]
    return mean + np.dot(noise, np.sqrt(scales)[:, None] * vectors * np.sign(largest)[:, None])


def aliases_of(model: Any, namespace: Mapping[str, Any]) -> List[str]:
    """Names that a program's global namespace binds to a model, in order of binding."""
    return [name for name, value in namespace.items() if value is model and not name.startswith("__")]
