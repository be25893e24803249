# ruff: noqa: B905, UP006, UP035, UP045 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""The Theano side: answers questions about PyMC3 programs over a pair of pipes.

A single file, run by path with whatever interpreter has PyMC3 (Python 3.7 or newer, NumPy, PyMC3; nothing else).
The client starts it and talks to it; the transport (:class:`Connection`, :func:`take_over_pipes`, :func:`serve`)
and the running of programs (:func:`run_program`) know nothing of PyMC3 and serve the TensorFlow side as well.

A frame is a fixed prefix (a mark, length of the header, length of the payload), a JSON header, and the raw
little-endian bytes of all arrays, one after the other. No pickle: neither side executes what the other sends. The
pipes are moved away from file descriptors 0 and 1 before anything else runs, so a program that prints, reads or forks
cannot reach them.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import functools
import importlib
import inspect
import json
import math
import os
import random
import re
import signal
import struct
import sys
import sysconfig
import threading
import time
import traceback
import types
import warnings
from typing import Any, BinaryIO, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np

PREFIX = struct.Struct("<4sIQ")
MAGIC = b"PMM1"
RESERVED = frozenset({"__array__", "__float__", "__dict__"})
MARK = "\x1e{}\x1e\n"

# --- frames -----------------------------------------------------------------------------------------------------------


def encode(message: Any) -> bytes:
    """Turn a tree of dicts, lists, scalars and arrays into the bytes of one frame.

    NumPy scalars travel as arrays of no dimension; floats that JSON cannot say (NaN, infinities) as their ``repr``.
    """
    arrays: List[np.ndarray] = []

    def plain(node: Any) -> Any:
        if isinstance(node, (np.ndarray, np.generic)):
            array = np.asarray(node)
            if array.dtype.kind not in "biufcSU":
                raise TypeError(f"an array of dtype {array.dtype} cannot be sent")
            arrays.append(array.astype(array.dtype.newbyteorder("<"), copy=False))
            return {"__array__": len(arrays) - 1}
        if isinstance(node, float) and not math.isfinite(node):
            return {"__float__": repr(node)}
        if isinstance(node, Mapping):
            items = [[str(key), plain(value)] for key, value in node.items()]
            return {"__dict__": items} if any(key in RESERVED for key, _ in items) else dict(items)
        if isinstance(node, (list, tuple)):
            return [plain(item) for item in node]
        if node is None or isinstance(node, (str, bool, int, float)):
            return node
        raise TypeError(f"a {type(node).__name__} cannot be sent")

    tree = plain(message)
    described = [{"dtype": array.dtype.str, "shape": array.shape} for array in arrays]
    header = json.dumps({"tree": tree, "arrays": described}, allow_nan=False).encode("utf-8")
    payload = b"".join(array.tobytes() for array in arrays)
    return PREFIX.pack(MAGIC, len(header), len(payload)) + header + payload


def decode(header: bytes, payload: bytes) -> Any:
    """Turn the two parts of a frame back into a tree; arrays are writable copies."""
    frame = json.loads(header.decode("utf-8"))
    arrays: List[np.ndarray] = []
    start = 0
    for described in frame["arrays"]:
        dtype, shape = np.dtype(described["dtype"]), tuple(described["shape"])
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(payload, dtype, count, start) if count else np.zeros(0, dtype)
        arrays.append(array.reshape(shape).copy())
        start += count * dtype.itemsize

    def rich(node: Any) -> Any:
        if isinstance(node, list):
            return [rich(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "__array__" in node:
            return arrays[node["__array__"]]
        if "__float__" in node:
            return float(node["__float__"])
        items = node["__dict__"] if "__dict__" in node else node.items()
        return {key: rich(value) for key, value in items}

    return rich(frame["tree"])


class Connection:
    """Frames over a pair of binary files."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self.reader = reader
        self.writer = writer

    def write(self, frame: bytes) -> None:
        """Write one frame, made by :func:`encode`."""
        self.writer.write(frame)
        self.writer.flush()

    def receive(self) -> Any:
        """Read one frame; ``EOFError`` when the other side is gone."""
        magic, header_size, payload_size = PREFIX.unpack(self._exactly(PREFIX.size))
        if magic != MAGIC:
            raise ValueError("what came through the pipe is not a frame")
        header = self._exactly(header_size)
        return decode(header, self._exactly(payload_size))

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = self.reader.read(size)
            if not part:
                raise EOFError("the pipe was closed")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


# --- serving ----------------------------------------------------------------------------------------------------------


def take_over_pipes() -> Connection:
    """Move the pipes away from standard input and output.

    Afterwards file descriptor 0 reads nothing and 1 writes where 2 does, for C code and child processes too; the moved
    descriptors are not inherited by programs that are executed.
    """
    sys.stdout.flush()
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _restore_streams(2)
    return Connection(reader, writer)


def _restore_streams(output: int) -> None:
    """Give file descriptors 0 to 2 and Python's standard streams their meaning, whatever a program did to them."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    if nothing != 0:
        os.dup2(nothing, 0)
        os.close(nothing)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if descriptor != output:
            os.dup2(output, descriptor)
        stream = getattr(sys, f"__{name}__")
        if stream is None or stream.closed:
            stream = open(descriptor, "w", buffering=1, errors="replace", closefd=False)  # noqa: SIM115 -- stays open
            setattr(sys, f"__{name}__", stream)
        stream.reconfigure(line_buffering=True)  # so that the last words of a crash are known
        setattr(sys, name, stream)


def serve(
    connection: Connection,
    operations: Mapping[str, Callable[..., Any]],
    may_fork: Callable[[], bool] = lambda: hasattr(os, "fork"),
) -> None:
    """Answer requests until the other side closes the pipe.

    A request is ``{"id", "op", "args"}``; the answer ``{"id", "ok", "result"}`` or ``{"id", "ok", "error"}`` with the
    type, message and traceback of the exception. A mark with the number of the request on standard error ends what
    the request printed.

    A request with ``alone`` is answered by a child of this process, and so is all that follows until one of
    ``leave``: a program then finds everything imported and nothing touched by another, and what it does to its process
    ends with it. See :class:`Keeper`. Where ``may_fork`` says no, this process answers itself.
    """
    output = os.dup(2)
    owner = _watch_parent()
    inside: Optional[Keeper] = None
    while True:
        try:
            request = connection.receive()
        except EOFError:
            break
        if request.get("alone") is not None and inside is None and may_fork():
            keeper = Keeper(connection, request)
            if keeper.in_parent():
                continue
            inside, owner = keeper, _watch_parent()
        _restore_streams(output)
        leaving = inside is not None and request["op"] == "leave"
        try:
            result = None if leaving else operations[request["op"]](**request["args"])
            frame = encode({"ok": True, "result": result, "id": request["id"]})
        except BaseException as error:  # SystemExit too: whatever was raised is the answer
            described = {
                "type": type(error).__name__,
                "message": str(error),
                "traceback": traceback.format_exc(),
            }
            frame = encode({"ok": False, "error": described, "id": request["id"]})
        if os.getpid() != owner:
            os._exit(0)  # a child that the program forked and that came back here: the pipe is not its own
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os.write(output, MARK.format(request["id"]).encode())
        if leaving and inside is not None:
            inside.say_goodbye()
            os._exit(0)  # the parent answers, once nothing of the program is left
        connection.write(frame)
    if inside is not None:
        os._exit(0)
    end_descendants()


def _watch_parent() -> int:
    """End this process with its parent; returns its number."""
    threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    return os.getpid()


def _leave_with_parent(parent: int) -> None:
    """End this process soon after its parent, also when a program keeps it busy, and what it started with it."""
    while os.getppid() == parent:
        time.sleep(2.0)
    end_descendants()
    os._exit(0)


# --- one program, one process -----------------------------------------------------------------------------------------

MEMORY_EVERY = 0.2


class Keeper:
    """Forks for one program, and keeps its child until it is gone, with everything that the child has started.

    Frames without an answer tell the client about it: ``{"began": pid}`` before anything is answered, ``{"died": how}``
    if the child ends before it was asked to leave. Descendants that left their group or their session are found, too:
    where the system knows subreapers (Linux), orphans become children of this process.
    """

    def __init__(self, connection: Connection, request: Mapping[str, Any]) -> None:
        self.connection, self.request = connection, request
        self.memory = request["alone"].get("memory")
        become_subreaper()
        start, begin = os.pipe()
        self.farewell, self._goodbye = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.setpgid(0, 0)
            os.close(begin)
            os.read(start, 1)  # until the client knows whom to end
            os.close(start)
            with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
                score.write("1000")  # when memory is short, the program goes, and not its neighbours
            return
        with contextlib.suppress(OSError):
            os.setpgid(self.pid, self.pid)
        os.close(start)
        os.close(self._goodbye)
        connection.write(encode({"id": None, "began": self.pid}))
        os.close(begin)

    def in_parent(self) -> bool:
        """In the child, return False at once; in the parent, True when the child is gone."""
        if self.pid == 0:
            return False
        status, reason = self._wait()
        left = os.read(self.farewell, 1) == b"."
        os.close(self.farewell)
        end_descendants()
        self.connection.write(encode({"id": None, "left": True} if left else {"id": None, "died": reason or status}))
        return True

    def say_goodbye(self) -> None:
        """In the child: let the parent know that it ends on purpose."""
        os.write(self._goodbye, b".")

    def _wait(self) -> Tuple[int, str]:
        """Wait for the child; the exit code (negative: the signal) and why it was ended, if it was."""
        reason, checked, pause = "", time.time(), 0.002
        while True:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                signalled = os.WIFSIGNALED(status)
                return (-os.WTERMSIG(status) if signalled else os.WEXITSTATUS(status)), reason
            time.sleep(pause)
            pause = min(0.05, pause * 2)
            if self.memory and not reason and time.time() - checked > MEMORY_EVERY:
                checked = time.time()
                used = sum(resident(pid) for pid in [self.pid, *descendants(self.pid)])
                if used > self.memory:
                    reason = f"used more than {self.memory / 2**30:.3g} GiB of memory and was ended"
                    os.kill(self.pid, signal.SIGKILL)


def become_subreaper() -> None:
    """Let orphaned descendants become children of this process, where the system can do that."""
    # without it, orphans are found by their group, or leave with nobody: no libc, or one without prctl
    with contextlib.suppress(ImportError, OSError, AttributeError, TypeError):
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def resident(pid: int) -> int:
    """Bytes of memory that a process occupies; 0 if that cannot be known."""
    try:
        with open(f"/proc/{pid}/statm") as text:
            return int(text.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def descendants(pid: int) -> List[int]:
    """Processes that a process has started, and theirs; none where there is no ``/proc``."""
    children: Dict[int, List[int]] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit():
                with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat") as text:
                    parent = int(text.read().rpartition(")")[2].split()[1])
                    children.setdefault(parent, []).append(int(name))
    found, left = [], [pid]
    while left:
        for child in children.get(left.pop(), []):
            found.append(child)
            left.append(child)
    return found


def end_descendants() -> None:
    """End every process that descends from this one, and wait for those that are its children."""
    for _ in range(100):
        alive = descendants(os.getpid())
        if not alive:
            return
        for pid in alive:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


# --- running programs -------------------------------------------------------------------------------------------------

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


class Cells:
    """The states of the global random generators of Python and NumPy at the start of each cell of a notebook.

    Two programs that draw their data have the same data only if they have drawn as often before. One that stops in the
    middle of a cell, or plots something at random, draws less or more; with the states of the other it has the same
    numbers again from the next cell on.

    Parameters
    ----------
    states
        The states of an earlier run, by number of the cell, to be put back; without them the states are noted.
    """

    def __init__(self, states: Optional[Mapping[str, Any]] = None) -> None:
        self._given = states is not None
        self.states: Dict[str, Any] = dict(states or {})

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
    generators at each cell of a notebook, or puts them back.

    A notebook as a script (``*.ipynb.py``) goes on after a statement that raises, as a person goes on to the next cell:
    a plot style or a file that is missing does not hide the models below it.

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
        with _repeatable_randomness():
            error = _execute(path, module.__dict__, cells or Cells())
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
    tree = ast.parse(source, path)
    if not path.endswith(NOTEBOOK):
        exec(compile(tree, path, "exec", dont_inherit=True), namespace)
        return None
    flags, raised, body = 0, [], tree.body
    marks = _marks(source.decode("utf-8", "replace"))
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
    """Line and number of the cells that a notebook was written as a script of."""
    found = ((number, CELL.fullmatch(line)) for number, line in enumerate(source.split("\n"), 1))
    return [(number, match.group(1)) for number, match in found if match]


@contextlib.contextmanager
def _repeatable_randomness() -> Iterator[None]:
    random.seed(0)
    np.random.seed(0)
    original = np.random.default_rng

    def default_rng(seed: Any = None) -> Any:
        return original(0 if seed is None else seed)

    normal = np.random.multivariate_normal
    np.random.default_rng, np.random.multivariate_normal = default_rng, _multivariate_normal
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


def standin_offset(draw: int, size: int) -> np.ndarray:
    """Unconstrained distance from the test point of the draw number ``draw`` that stands in for a posterior draw.

    A fixed formula, so that both sides stand in with the same numbers and a later model that is built from
    "posterior means" comes out the same.
    """
    return 0.1 * np.cos(1.0 + draw + np.arange(size, dtype=np.float64))


# --- standing in for inference ----------------------------------------------------------------------------------------

STANDIN_POINTS = 16
STANDIN_FORWARD = 4
STANDIN_NUMBERS = 10_000_000
#: The number of chains follows from that of the cores; a comparison must not depend on the machine. PyMC3 takes at most
#: four, and rewritten calls say so.
STANDIN_CORES = 4

NUTS_STATISTICS = {
    "depth": "int64", "step_size": "float64", "tune": "bool", "mean_tree_accept": "float64",
    "step_size_bar": "float64", "tree_size": "float64", "diverging": "bool", "energy_error": "float64",
    "energy": "float64", "max_energy_error": "float64", "model_logp": "float64",
    "process_time_diff": "float64", "perf_counter_diff": "float64", "perf_counter_start": "float64",
}  # fmt: skip


def _repeat(array: Any, count: int) -> np.ndarray:
    """Repeat the rows of an array to ``count`` rows, or to as many as fit."""
    array = np.asarray(array)
    count = min(count, max(1, STANDIN_NUMBERS // max(1, array[0].size)))
    return array[np.arange(count) % len(array)]


class Interception:
    """While it is entered, PyMC3's inference answers at once with stand-ins, and every new model is recorded.

    The stand-ins have the shapes that were asked for, so that what a program does with its results usually
    still runs.
    """

    def __init__(self, pm: Any) -> None:
        self.pm = pm
        self.models: List[Any] = []
        #: what was answered, for the other sides to answer alike: see ``pm_migrate.shims.recording``
        self.points: List[Dict[str, Any]] = []
        self.forward: List[Dict[str, np.ndarray]] = []
        #: contents of the files that ``pm.get_data`` found or fetched
        self.files: Dict[str, np.ndarray] = {}
        #: models, and values of their shared variables when inference was first asked for
        self.data: List[Tuple[Any, List[Tuple[Any, Any]]]] = []
        self._undo: List[Tuple[Any, str, Any]] = []

    def __enter__(self) -> Interception:
        pm = self.pm
        pm.Model.get_contexts().clear()  # a program may have entered a model and never left it
        smc = sys.modules[pm.sample_smc.__module__]
        sampling = pm.sampling
        self._everywhere(sampling.sample, self._sample)
        self._everywhere(sampling.iter_sample, self._iter_sample)
        self._everywhere(smc.sample_smc, self._sample_smc)
        self._everywhere(pm.find_MAP, self._find_map)
        for forward in (
            sampling.sample_posterior_predictive,
            sampling.sample_posterior_predictive_w,
            sampling.fast_sample_posterior_predictive,
            sampling.sample_prior_predictive,
        ):
            self._everywhere(forward, self._forward(forward))
        for name in ("fit", "refine"):
            self._set(sys.modules["pymc3.variational.inference"].Inference, name, self._of_inference())
        self._everywhere(pm.get_data, self._get_data(pm.get_data))
        self._set(sys.modules["pymc3.variational.opvi"].Approximation, "sample", self._of_approximation())
        self._same_minibatches()
        made, original = self.models, pm.Model.__init__

        @functools.wraps(original)
        def record(_instance: Any, *args: Any, **kwargs: Any) -> None:  # which may be given model=
            if not any(_instance is known for known in made):
                made.append(_instance)
            original(_instance, *args, **kwargs)

        self._set(pm.Model, "__init__", record)
        self._stand_in_log_likelihood()
        return self

    def __exit__(self, *_: Any) -> None:
        for owner, name, original in reversed(self._undo):
            setattr(owner, name, original)
        self._undo.clear()
        self.pm.Model.get_contexts().clear()

    def _set(self, owner: Any, name: str, value: Any) -> None:
        self._undo.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def _everywhere(self, original: Any, standin: Callable[..., Any]) -> None:
        @functools.wraps(original)
        def called(*args: Any, **kwargs: Any) -> Any:
            generator = np.random.get_state()
            try:
                return standin(**inspect.signature(original).bind(*args, **kwargs).arguments)
            finally:
                np.random.set_state(generator)

        for name, module in list(sys.modules.items()):
            if name.split(".")[0] == "pymc3" and module is not None:
                for attribute, value in list(vars(module).items()):
                    if value is original:
                        self._set(module, attribute, called)

    def _same_minibatches(self) -> None:
        """Let minibatches be the first rows of their data, so that both sides have the same.

        They are also mended for NumPy 1.23 and later, which take no list as an index of several axes.
        """
        minibatch = self.pm.data.Minibatch
        static = minibatch.make_static_slices

        def slices(user_size: Any) -> Any:
            made = static(user_size)
            return tuple(made) if isinstance(made, list) else made

        def rows(batch: Any, total: Any, size: Any, seed: int) -> Any:
            import theano.tensor as tt

            minibatch.RNG[id(batch)]  # an entry that it deletes in the end
            return slice(None) if size is None else tt.arange(size) % tt.cast(total, "int64")

        self._undo.append((minibatch, "make_static_slices", staticmethod(static)))
        minibatch.make_static_slices = staticmethod(slices)
        self._set(minibatch, "rslice", rows)

    def _stand_in_log_likelihood(self) -> None:
        """Let ArviZ find a log likelihood in a trace at once: it evaluates every observation at every draw.

        Without C that takes minutes. A program that compares models only has to find numbers of the right shape.
        """
        for name in ("arviz.data.io_pymc3_3x", "arviz.data.io_pymc3"):
            with contextlib.suppress(ImportError):
                converter = getattr(importlib.import_module(name), "PyMC3Converter", None)
                if hasattr(converter, "_extract_log_likelihood"):
                    self._set(converter, "_extract_log_likelihood", _log_likelihood)

    def _use(self, model: Any) -> None:
        """Note the data that inference begins with: a program may replace them later."""
        if not any(model.root is known for known, _ in self.data):
            self.data.append((model.root, _shared_values(model.root)))

    def _note_point(self, model: Any) -> None:
        """Note the test point, around which there are stand-ins."""
        self._use(model)
        pairs, point = _transformed_pairs(self.pm, model), model.test_point
        values = {pairs.get(v.name, v).name: np.asarray(point[v.name]) for v in model.free_RVs}
        number = next(i for i, (known, _) in enumerate(self.data) if known is model.root)
        self.points.append({"model": number, "values": values})

    def _trace(self, model: Any, draws: int, chains: int, tune: int) -> Any:
        pm = self.pm
        self._note_point(model)
        straces: List[Any] = []
        for chain in range(chains):
            strace = pm.backends.NDArray(model=model)
            if not straces:
                recorded = [strace.fn(point) for point in _points_around(model, STANDIN_POINTS)]
                columns = [np.stack(column) for column in zip(*recorded)]
                asked = draws
                draws = min(draws, max(1, STANDIN_NUMBERS // (chains * sum(c[0].size for c in columns) + 1)))
            strace.setup(draws, chain, [NUTS_STATISTICS])
            rows = (np.arange(draws) + 3 * chain) % STANDIN_POINTS
            strace.samples = {name: column[rows] for name, column in zip(strace.varnames, columns)}
            strace.draw_idx = draws
            for name in ("step_size", "mean_tree_accept", "step_size_bar", "tree_size", "depth"):
                strace._stats[0][name][:] = 1
            strace._stats[0]["energy"][:] = rows
            straces.append(strace)
        self.points[-1].update(asked=asked, draws=draws)
        trace = pm.backends.base.MultiTrace(straces)
        trace.report._n_draws, trace.report._n_tune, trace.report._t_sampling = draws, tune, 0.0
        return trace

    def _sample(
        self, draws: int = 1000, chains: Any = None, cores: Any = None, tune: int = 1000, model: Any = None,
        discard_tuned_samples: bool = True, return_inferencedata: Any = None, idata_kwargs: Any = None, **_: Any
    ) -> Any:  # fmt: skip
        model = self.pm.modelcontext(model)
        if chains is None:
            chains = max(2, cores or STANDIN_CORES)
        trace = self._trace(model, int(draws), int(chains), int(tune))
        if not return_inferencedata:
            return trace
        from arviz import from_pymc3  # type: ignore[attr-defined, unused-ignore]

        options = dict({"model": model, "save_warmup": not discard_tuned_samples}, **(idata_kwargs or {}))
        return from_pymc3(trace, **options)

    def _sample_smc(self, draws: int = 2000, chains: Any = None, cores: Any = None, model: Any = None, **_: Any) -> Any:
        chains = chains or max(2, cores or STANDIN_CORES // 2)
        trace = self._trace(self.pm.modelcontext(model), int(draws), int(chains), 0)
        trace.report.log_marginal_likelihood = np.zeros(chains)
        return trace

    def _iter_sample(self, draws: int, model: Any = None, **_: Any) -> Iterator[Any]:
        trace = self._trace(self.pm.modelcontext(model), int(draws), 1, 0)
        return iter([trace[: n + 1] for n in range(min(int(draws), 3))])

    def _find_map(self, model: Any = None, return_raw: bool = False, include_transformed: bool = True, **_: Any) -> Any:
        model = self.pm.modelcontext(model)
        self._note_point(model)
        wanted = self.pm.util.get_default_varnames(model.unobserved_RVs, include_transformed)
        point = dict(zip([v.name for v in wanted], model.fastfn(wanted)(model.test_point)))
        return (point, None) if return_raw else point

    def _get_data(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def get_data(filename: str) -> Any:
            content = original(filename)
            self.files[filename] = np.frombuffer(content.read(), dtype="uint8")
            content.seek(0)
            return content

        return get_data

    def _of_inference(self) -> Callable[..., Any]:
        def fit(inference: Any, *args: Any, **kwargs: Any) -> Any:
            self._use(inference.approx.model)
            return _fit(inference, *args, **kwargs)

        return fit

    def _of_approximation(self) -> Callable[..., Any]:
        def sample(approximation: Any, draws: int = 500, include_transformed: bool = True) -> Any:
            return self._trace(approximation.model, int(draws), 1, 0)

        return sample

    def _forward(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Draw a few times for real (right shapes, also after ``set_data``) and repeat them to the number asked for."""

        def standin(trace: Any = None, samples: Any = None, keep_size: Any = False, **options: Any) -> Any:
            shape = _trace_shape(trace if trace is not None else options.get("traces"))
            if trace is not None:
                options["trace"] = trace
            if "progressbar" in inspect.signature(original).parameters:
                options["progressbar"] = False
            few = min(STANDIN_FORWARD, samples or STANDIN_FORWARD)
            draws = original(samples=few, **options)
            self.forward.append({name: values for name, values in draws.items() if _can_be_sent(values)})
            default = 500 if trace is None and "traces" not in options else int(np.prod(shape))
            result = {name: _repeat(values, int(samples or default)) for name, values in draws.items()}
            if keep_size:
                result = {
                    name: values.reshape((shape[0], len(values) // shape[0], *values.shape[1:]))
                    for name, values in result.items()
                }
            return result

        return standin


def _shared_values(model: Any) -> List[Tuple[Any, Any]]:
    """The shared variables that a model's log density reads, with their values."""
    try:
        from theano.graph.basic import graph_inputs  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from theano.gof.graph import inputs as graph_inputs  # type: ignore[import-not-found, no-redef, unused-ignore]
    return [
        (node, np.array(node.get_value()))
        for node in graph_inputs([model.logpt])
        if hasattr(node, "get_value") and getattr(node, "default_update", None) is None
    ]


@contextlib.contextmanager
def _with_data(data: Sequence[Tuple[Any, Any]]) -> Iterator[None]:
    """Context in which shared variables have these values."""
    before = [(node, node.get_value()) for node, _ in data]
    for node, value in data:
        node.set_value(value)
    try:
        yield
    finally:
        for node, value in before:
            node.set_value(value)


def _can_be_sent(values: Any) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind in "biuf"


def _log_likelihood(converter: Any, trace: Any) -> Optional[Dict[str, np.ndarray]]:
    """Values around those at the test point, in the shape of the log likelihood that ArviZ extracts from a trace."""
    model, wanted = converter.model, converter.log_likelihood
    if converter.trace is None or model is None or not trace:
        return None
    chains, draws = len(trace.chains), len(trace)
    ripple = 0.1 * np.cos(1.0 + np.arange(chains * draws, dtype=np.float64)).reshape(chains, draws)
    known = model.__dict__.setdefault("_standin_log_likelihood", {})  # to compile takes a second, summaries are many
    values: Dict[str, np.ndarray] = {}
    for variable in model.observed_RVs:
        if wanted is not True and variable.name not in wanted:
            continue
        if variable.name not in known:
            known[variable.name] = converter.log_likelihood_vals_point(
                model.test_point, variable, variable.logp_elemwise
            )
        base = known[variable.name]
        if base.size * chains * draws > STANDIN_NUMBERS:
            return None
        values[variable.name] = ripple.reshape(chains, draws, *[1] * base.ndim) + base
    return values


def _trace_shape(trace: Any) -> Tuple[int, int]:
    """Chains and draws of a MultiTrace, InferenceData, Dataset, list of points, or the first of a list of these."""
    if hasattr(trace, "nchains"):
        return trace.nchains, len(trace)
    trace = getattr(trace, "posterior", trace)
    if hasattr(trace, "sizes"):
        return trace.sizes["chain"], trace.sizes["draw"]
    if isinstance(trace, (list, tuple)) and trace:
        return (1, len(trace)) if isinstance(trace[0], Mapping) else _trace_shape(trace[0])
    return (1, 1)


def _points_around(model: Any, count: int) -> List[Dict[str, np.ndarray]]:
    points = []
    for draw in range(count):
        point = {}
        for name, value in model.test_point.items():
            value = np.asarray(value)
            if value.dtype.kind == "f":
                value = (value + standin_offset(draw, value.size).reshape(value.shape)).astype(value.dtype)
            point[name] = value
        points.append(point)
    return points


def _fit(inference: Any, n: int = 10000, score: Any = None, callbacks: Any = None, **_: Any) -> Any:
    """Stand in for the optimisation of a variational approximation: leave it as it was initialised."""
    inference.hist = np.linspace(1.0, 0.0, max(1, min(int(n), 100_000)))
    inference.approx.hist = inference.hist
    with contextlib.suppress(StopIteration):
        for step in range(1, 4):
            for callback in callbacks or ():
                callback(inference.approx, inference.hist[:step], step)
    return inference.approx


# --- what PyMC3 is asked ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _float64(config: Any, wanted: bool) -> Iterator[List[str]]:
    """Keep ``floatX`` at float64 while a program runs; gives the values that it set."""
    values: List[str] = []
    if not wanted:
        yield values
        return
    setting = config._config_var_dict["floatX"]
    before = dict(vars(setting))

    def apply(value: Any) -> str:
        values.append(str(value))
        return "float64"

    setting._apply = apply
    try:
        yield values
    finally:
        vars(setting).pop("_apply")
        if "_apply" in before:
            setting._apply = before["_apply"]


class PyMC3Side:
    """The operations of the reference; public methods are what a request may name."""

    def __init__(self) -> None:
        if not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")):
            # without headers every compilation would fail; Theano's Python implementation is slower but as right
            os.environ["THEANO_FLAGS"] = os.environ.get("THEANO_FLAGS", "") + ",cxx="
        import pymc3
        import theano

        self.pm, self.theano = pymc3, theano
        self.programs: Dict[str, Dict[str, Any]] = {}
        self.distributions: Dict[str, Dict[str, Any]] = {}
        self.count = 0

    def operations(self) -> Dict[str, Callable[..., Any]]:
        """Every public method by name."""
        names = [n for n in dir(self) if not n.startswith("_") and n != "operations"]
        return {name: getattr(self, name) for name in names if callable(getattr(self, name))}

    def hello(self) -> Dict[str, Any]:
        """Versions, and whether Theano compiles."""
        import arviz
        import scipy

        return {
            "python": ".".join(map(str, sys.version_info[:3])),
            "pymc3": self.pm.__version__,
            "theano": self.theano.__version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "arviz": arviz.__version__,
            "compiler": self.theano.config.cxx,
            "floatX": self.theano.config.floatX,
        }

    def load_program(
        self, path: str, argv: Sequence[str] = (), cwd: Optional[str] = None, entry: Optional[str] = None,
        arguments: Any = None, double: bool = False,
    ) -> Dict[str, Any]:  # fmt: skip
        """Run a program with inference intercepted; keep and describe the models that it, or its function, made.

        ``double`` keeps Theano's ``floatX`` at float64, whatever the program sets; the answer says what it wanted.
        """
        before = self.theano.config.floatX
        cells = Cells()
        with Interception(self.pm) as interception, _float64(self.theano.config, double) as wanted:
            function = Entry(entry, arguments, interception.models)
            namespace, error = run_program(path, argv, cwd, function, cells)
        roots = [m for m in function.chosen() if m.root is m and (m.named_vars or m.potentials)]
        self.count += 1
        handle = f"program-{self.count}"
        self.programs[handle] = {
            "models": roots,
            "data": [next((data for known, data in interception.data if known is m), []) for m in roots],
            "floatX": self.theano.config.floatX,
            "evaluate": {},
        }
        self.theano.config.floatX = before
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        models = []
        for index, model in enumerate(roots):
            try:
                models.append(_describe(self.pm, model, index, aliases_of(model, namespace)))
            except Exception:  # of what the program wrote into its model; the other models are kept, and it is told
                error = (error or "") + f"model#{index} cannot be described:\n{traceback.format_exc()}"
        tape = {
            "cells": cells.states,
            "points": interception.points,
            "forward": interception.forward,
            "files": interception.files,
        }
        float_x = "float32" if "float32" in wanted else self.programs[handle]["floatX"]
        return {"handle": handle, "models": models, "error": error, "tape": tape, "floatX": float_x}

    @contextlib.contextmanager
    def _as_used(self, program: Mapping[str, Any], model: int) -> Iterator[None]:
        """Context with the settings of a program, and the data that a model had when inference was asked for."""
        flags = self.theano.config.change_flags(floatX=program["floatX"], compute_test_value="off")
        with _with_data(program["data"][model]), flags:
            yield

    def forget(self, handle: str) -> None:
        """Drop a program and what was compiled for it."""
        self.programs.pop(handle, None)

    def evaluate(
        self, handle: str, model: int, points: Mapping[str, np.ndarray], gradient: bool = True, terms: bool = True,
        keep_errors: bool = False,
    ) -> Dict[str, Any]:  # fmt: skip
        """Evaluate a model at points that are stacked along the first axis of each value variable.

        With ``keep_errors`` an error at a point is its result (``errors``), and so is one of the gradient alone
        (``no_gradient``): the numbers are NaN there. Without, it ends all.
        """
        program = self.programs[handle]
        subject = program["models"][model]
        rows = _rows(subject, points)
        with self._as_used(program, model):
            compiled = program["evaluate"].setdefault(model, {})
            result = self._densities(compiled, subject, rows, gradient, keep_errors)
            if terms:
                whole = [i for i, error in enumerate(result["errors"]) if not error]
                result.update(self._terms(compiled, subject, rows, whole, result["errors"], keep_errors))
                whole = [i for i in whole if not result["errors"][i]]
                result["values"] = self._values(compiled, subject, rows, whole, result["errors"], keep_errors)
                result["logp"][[bool(error) for error in result["errors"]]] = np.nan
        return result

    def _densities(
        self, compiled: Dict[Any, Any], subject: Any, rows: Sequence[Any], gradient: bool, keep_errors: bool
    ) -> Dict[str, Any]:
        """Log density and gradient at each row, and what was raised instead."""
        continuous = [v for v in subject.free_RVs if _continuous(v)] if gradient else []
        if gradient not in compiled:
            compiled[gradient] = self._with_slopes(subject, continuous, keep_errors)
        function, reason = compiled[gradient]
        if reason and not keep_errors:
            raise ValueError(f"there is no gradient: {reason}")
        count = len(rows)
        errors, no_gradient = [""] * count, [reason] * count
        logp = np.full(count, np.nan)
        slopes = {v.name: np.full((count, *_shape(subject, v)), np.nan) for v in continuous}
        for i, row in enumerate(rows):
            found, errors[i] = _attempt(function, row, keep_errors)
            if errors[i] and continuous and not reason:  # is it the gradient alone that cannot be computed here?
                if False not in compiled:
                    compiled[False] = self._function(subject.free_RVs, [subject.logpt]), ""
                no_gradient[i] = errors[i]
                found, errors[i] = _attempt(compiled[False][0], row, keep_errors)
            if found is not None:
                logp[i] = found[0]
                for v, slope in zip(continuous, found[1:]):
                    slopes[v.name][i] = slope
        return {"logp": logp, "gradient": slopes, "errors": errors, "no_gradient": no_gradient}

    def _with_slopes(self, subject: Any, continuous: Sequence[Any], keep_errors: bool) -> Tuple[Any, str]:
        """The function of the log density and its gradient; of the log density alone, and why there is no gradient."""
        total = subject.logpt
        try:
            slopes = self.theano.grad(total, continuous, disconnected_inputs="ignore") if continuous else []
            return self._function(subject.free_RVs, [total, *slopes]), ""
        except Exception as error:  # an Op without a gradient says so in a way of its own, or its gradient does not fit
            if not keep_errors:
                raise
            return self._function(subject.free_RVs, [total]), in_a_line(error)

    def _terms(
        self, compiled: Dict[Any, Any], subject: Any, rows: Sequence[Any], whole: Sequence[int], errors: List[str],
        keep_errors: bool,
    ) -> Dict[str, Any]:  # fmt: skip
        """Terms at the rows that have a log density, their sizes, and what their float32 constants may be wrong by."""
        factors = _factors(self.pm, subject)
        names = [name for name, _, _ in factors]
        if "terms" not in compiled:
            # the largest of each float32 constant, by the number of the factor that it is in
            constants = [
                (number, abs(constant).max())
                for number, (_, total, _) in enumerate(factors)
                for constant in _float32_constants(total)
            ]
            outputs = [total for _, total, _ in factors] + [size for _, _, size in factors]
            function = self._function(subject.free_RVs, outputs + [largest for _, largest in constants])
            compiled["terms"] = function, [number for number, _ in constants]
        function, places = compiled["terms"]
        terms = {name: np.full(len(rows), np.nan) for name in names}
        first: Optional[List[Any]] = None
        for i in whole:
            found, errors[i] = _attempt(function, rows[i], keep_errors)
            if found is not None:
                first = first or found
                for name, number in zip(names, found):
                    terms[name][i] = number
        if first is None:
            return {"terms": terms, "elements": {}, "rounding": {}}
        sizes = [int(size) for size in first[len(names) : 2 * len(names)]]
        rounding = [0.0] * len(names)
        for number, largest in zip(places, first[2 * len(names) :]):
            if np.isfinite(largest):  # not the minus infinity outside of a support
                rounding[number] += sizes[number] * 0.5 * float(np.spacing(np.float32(largest)))
        return {"terms": terms, "elements": dict(zip(names, sizes)), "rounding": dict(zip(names, rounding))}

    def _values(
        self, compiled: Dict[Any, Any], subject: Any, rows: Sequence[Any], whole: Sequence[int], errors: List[str],
        keep_errors: bool,
    ) -> Dict[str, np.ndarray]:  # fmt: skip
        """Constrained values and deterministics by name, stacked as far as they fit; none where they need more.

        At a row that raised they are NaN.
        """
        wanted = [v for v in subject.deterministics if v.name]
        if "values" not in compiled:
            compiled["values"] = self._function(subject.free_RVs, wanted) if wanted else lambda *_: []
        kept: Dict[int, List[np.ndarray]] = {}
        left = VALUES
        for i in whole:
            found, errors[i] = _attempt(compiled["values"], rows[i], keep_errors)
            if found is None:
                continue
            values = [np.asarray(value) for value in found]
            left -= sum(value.size for value in values)
            if left < 0 and kept:
                break
            kept[i] = values
        if not kept:
            return {}
        unknown = [np.full(value.shape, np.nan) for value in next(iter(kept.values()))]
        columns = zip(*[kept.get(i, unknown) for i in range(max(kept) + 1)])
        return {v.name: np.stack(column) for v, column in zip(wanted, columns)}

    def split_terms(self, handle: str, model: int, points: Mapping[str, np.ndarray]) -> Dict[str, np.ndarray]:
        """The terms without the Jacobians of transforms, by name of the random variables that have a transform."""
        program = self.programs[handle]
        subject = program["models"][model]
        pairs = _transformed_pairs(self.pm, subject)
        with self._as_used(program, model):
            chosen = [v for v in subject.free_RVs if v.name in pairs]
            function = self._function(subject.free_RVs, [v.logp_nojact for v in chosen])
            columns = list(zip(*[function(*row) for row in _rows(subject, points)]))
        return {pairs[v.name].name: np.array(column, "float64") for v, column in zip(chosen, columns)}

    def term_inputs(
        self, handle: str, model: int, name: str, names: Sequence[str], points: Mapping[str, np.ndarray]
    ) -> Dict[str, Any]:
        """Class, value and those parameters of ``names`` that it has of the distribution of a random variable."""
        program = self.programs[handle]
        subject = program["models"][model]
        pairs = _transformed_pairs(self.pm, subject)
        for rv in subject.basic_RVs:
            if name != (pairs[rv.name].name if rv.name in pairs else rv.name):
                continue
            plain = rv.name not in pairs
            distribution = rv.distribution if plain else rv.distribution.dist
            value = rv if plain else pairs[rv.name]
            found = {n: getattr(distribution, n, None) for n in names}
            tensors = {n: self.theano.tensor.as_tensor_variable(v) for n, v in found.items() if v is not None}
            with self._as_used(program, model):
                function = self._function(subject.free_RVs, [value, distribution.logp(value), *tensors.values()])
                numbers = [np.asarray(x) for x in function(*_rows(subject, points)[0])]
            scaled = getattr(rv, "total_size", None) is not None
            parameters = dict(zip(tensors, numbers[2:]))
            return {
                "distribution": type(distribution).__name__, "value": numbers[0], "logp": numbers[1],
                "parameters": parameters, "scaled": scaled,
            }  # fmt: skip
        return {"distribution": "", "value": 0.0, "logp": 0.0, "parameters": {}, "scaled": False}

    def prior_values(self, handle: str, model: int, n: int, seed: int) -> Dict[str, Any]:
        """Value variables, stacked, of draws from the prior; those alone that PyMC3 can draw."""
        program = self.programs[handle]
        subject = program["models"][model]
        pairs = _transformed_pairs(self.pm, subject)
        names = {v.name: pairs[v.name].name if v.name in pairs else v.name for v in subject.free_RVs}
        with self._as_used(program, model):
            drawn = self._prior(subject, list(names.values()), n, seed)
            known = [v for v in subject.free_RVs if names[v.name] in drawn]
            inputs = [pairs.get(v.name, v) for v in known]
            outputs = [v.transformation.forward(v) if v is not free else v for v, free in zip(inputs, known)]
            try:
                function = self._function(inputs, outputs)
                rows = []
                for i in range(n):
                    given = [np.asarray(drawn[v.name][i]).reshape(_shape(subject, v)).astype(v.dtype) for v in inputs]
                    rows.append([np.asarray(value) for value in function(*given)])
            except Exception:  # ends of an interval that are drawn themselves and cannot be, say
                return {}
        return {v.name: np.stack(column) for v, column in zip(known, zip(*rows))}

    def _prior(self, subject: Any, names: List[str], n: int, seed: int) -> Dict[str, Any]:
        """Draws by name; together if PyMC3 can draw all of them, else each of those that it can."""
        found: Dict[str, Any] = {}
        for group in [names, *([name] for name in names)]:
            if len(found) < len(names):
                with contextlib.suppress(Exception):  # as many kinds as there are distributions without draws
                    found.update(self.pm.sample_prior_predictive(n, model=subject, var_names=group, random_seed=seed))
        return found

    def _function(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> Callable[..., Any]:
        return self.theano.function(list(inputs), list(outputs), on_unused_input="ignore", allow_input_downcast=True)

    def prior_draws(self, handle: str, model: int, names: Sequence[str], n: int, seed: int) -> Dict[str, Any]:
        """Draw variables without a transform from their prior, stacked; the test value where PyMC3 cannot draw."""
        subject = self.programs[handle]["models"][model]
        draws: Dict[str, Any] = {}
        for name in names:
            test = np.asarray(subject.test_point[name])
            try:
                with _with_data(self.programs[handle]["data"][model]):
                    drawn = self.pm.sample_prior_predictive(n, model=subject, var_names=[name], random_seed=seed)[name]
                draws[name] = np.asarray(drawn).reshape((n, *test.shape)).astype(test.dtype)
            except Exception:  # PyMC3 says in many ways that it cannot draw; any value of the support will do
                draws[name] = np.broadcast_to(test, (n, *test.shape)).copy()
        return draws

    def sample(
        self, handle: str, model: int, draws: int, tune: int, chains: int, seed: int, options: Mapping[str, Any]
    ) -> Dict[str, Any]:
        """Run PyMC3's own sampler; unobserved variables (transformed ones too) by name, (chain, draw, ...)."""
        subject = self.programs[handle]["models"][model]
        with _with_data(self.programs[handle]["data"][model]), subject, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trace = self.pm.sample(
                draws, tune=tune, chains=chains, cores=1, random_seed=[seed + i for i in range(chains)],
                progressbar=False, compute_convergence_checks=False, return_inferencedata=False, **options
            )  # fmt: skip
        return {name: np.stack(trace.get_values(name, combine=False, squeeze=False)) for name in trace.varnames}

    def distribution_info(self, name: str) -> Dict[str, Any]:
        """Constructor of a distribution: parameter names in order, and the ``repr`` of each default."""
        cls = getattr(self.pm, name)
        parameters = []
        for parameter in list(inspect.signature(cls.__init__).parameters.values())[1:]:
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                default = None if parameter.default is parameter.empty else repr(parameter.default)
                parameters.append({"name": parameter.name, "default": default})
        return {
            "name": cls.__name__,
            "parameters": parameters,
            "bases": [base.__name__ for base in cls.__mro__[1:] if base is not object],
            "discrete": issubclass(cls, self.pm.Discrete),
        }

    def distribution_defaults(self, name: str, kwargs: Mapping[str, Any], shape: Sequence[int]) -> Dict[str, Any]:
        """What PyMC3 makes of one free variable: test value, transform, moments, log densities at the test point."""
        with self.pm.Model() as model:
            rv = getattr(self.pm, name)("x", shape=tuple(shape), **kwargs)
        (value,) = model.free_RVs
        test = np.asarray(model.test_point[value.name])
        moments = {}
        for moment in ("mean", "median", "mode", "variance"):
            number = getattr(rv.distribution, moment, None)
            if number is not None and not callable(number):
                moments[moment] = np.asarray(number.eval() if hasattr(number, "eval") else number)
        try:
            rv.distribution.random(size=2)
            draws = True
        except Exception:  # PyMC3 says so in several ways
            draws = False
        return {
            "moments": moments,
            "draws": draws,
            "value_name": value.name,
            "transform": _transform_tag(rv),
            "dtype": value.dtype,
            "test_value": np.asarray(rv.tag.test_value),
            "transformed_test_value": test,
            "logp_elementwise": np.asarray(rv.distribution.logp(rv.tag.test_value).eval()),
            "logp": np.asarray(model.logp({value.name: test})),
        }

    def compile_distribution(
        self,
        name: str,
        params: Mapping[str, Any],
        value: Mapping[str, Any],
        method: str = "logp",
        gradient: bool = True,
    ) -> Dict[str, Any]:
        """Compile a distribution with symbolic value and parameters.

        ``params`` describes each parameter by ``dtype``, ``ndim`` and optionally ``test_value`` (some constructors look
        at one) and ``broadcastable``, or fixes it by ``constant``; ``value`` likewise. ``method`` is ``logp`` or
        ``logcdf``; its ``gradient`` may be left out.
        """
        theano = self.theano
        symbols = {p: self._symbol(p, spec) for p, spec in params.items() if "constant" not in spec}
        fixed = {p: spec["constant"] for p, spec in params.items() if "constant" in spec}
        argument = self._symbol("value", value)
        # with test values on, as a program may leave them, Categorical keeps the number of categories of its first p
        with theano.config.change_flags(compute_test_value="off"):
            distribution = getattr(self.pm, name).dist(**dict(symbols, **fixed))
            logp = theano.tensor.as_tensor_variable(getattr(distribution, method)(argument))
            inputs = [argument, *list(symbols.values())]
            functions = {"logp": self._function(inputs, [logp])}
            wanted = {s.name: s for s in inputs if gradient and s.dtype.startswith("float")}
            no_gradient = None
            try:
                slopes = theano.grad(logp.sum(), list(wanted.values()), disconnected_inputs="ignore") if wanted else []
                functions["gradient"] = self._function(inputs, slopes)
            except Exception as error:  # an Op without a gradient: the log density is still worth having
                no_gradient = f"{type(error).__name__}: {error}"
        self.count += 1
        handle = f"distribution-{self.count}"
        self.distributions[handle] = {"functions": functions, "inputs": list(inputs), "wanted": list(wanted)}
        return {"handle": handle, "gradients": [] if no_gradient else list(wanted), "no_gradient": no_gradient}

    def _symbol(self, name: str, spec: Mapping[str, Any]) -> Any:
        pattern = spec.get("broadcastable") or [False] * spec["ndim"]
        symbol = self.theano.tensor.TensorType(spec["dtype"], pattern)(name)
        test = spec.get("test_value")
        test = np.ones((1,) * spec["ndim"]) if test is None else test
        symbol.tag.test_value = np.asarray(test, spec["dtype"])
        return symbol

    def evaluate_distribution(self, handle: str, points: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
        """Elementwise log density at each point, and the gradient of its sum for ``value`` and each float parameter."""
        entry = self.distributions[handle]
        results = []
        for point in points:
            row = [np.asarray(point[symbol.name], symbol.dtype) for symbol in entry["inputs"]]
            result: Dict[str, Any] = {"logp": np.asarray(entry["functions"]["logp"](*row)[0]), "gradient": {}}
            if "gradient" in entry["functions"]:
                slopes = entry["functions"]["gradient"](*row)
                result["gradient"] = {name: np.asarray(s) for name, s in zip(entry["wanted"], slopes)}
            results.append(result)
        return results


#: Numbers of deterministics that one answer carries.
VALUES = 2_000_000


def _attempt(function: Callable[..., Any], row: Sequence[Any], keep_errors: bool) -> Tuple[Optional[List[Any]], str]:
    """What a compiled function gives for a row, or None and the error that it raised."""
    try:
        return list(function(*row)), ""
    except Exception as error:  # whatever an operation raises at these numbers, the program's own included
        if not keep_errors:
            raise
        return None, in_a_line(error)


def in_a_line(error: BaseException) -> str:
    """Type and first line of an error; Theano adds a page about the graph."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _rows(subject: Any, points: Mapping[str, np.ndarray]) -> List[Tuple[Any, ...]]:
    """Stacked points as arguments of a compiled function, one tuple for each point."""
    count = len(next(iter(points.values()))) if points else 1
    columns = [[points[v.name][i].astype(v.dtype) for i in range(count)] for v in subject.free_RVs]
    return list(zip(*columns)) if columns else [()] * count


def _shape(subject: Any, variable: Any) -> Tuple[int, ...]:
    """Shape of a variable at the test point."""
    return tuple(np.shape(variable.tag.test_value))


def _continuous(variable: Any) -> bool:
    return variable.dtype.startswith("float")


def _transform_tag(rv: Any) -> Optional[str]:
    transform = getattr(rv, "transformation", None)
    return None if transform is None else transform.name


def _transformed_pairs(pm: Any, model: Any) -> Dict[str, Any]:
    """The untransformed variable that belongs to each transformed value variable, by the latter's name."""
    return {v.transformed.name: v for v in model.deterministics if isinstance(v, pm.model.TransformedRV)}


def _factors(pm: Any, model: Any) -> List[Tuple[str, Any, Any]]:
    """Name, log density and number of elements of each term of a model, Jacobians included."""
    pairs = _transformed_pairs(pm, model)
    factors = []
    for rv in model.basic_RVs:
        name = pairs[rv.name].name if rv.name in pairs else rv.name
        factors.append((name, rv.logpt, rv.logp_elemwiset.size))
    return factors + [(p.name, p.sum(), p.size) for p in model.potentials]


def _float32_constants(term: Any) -> List[Any]:
    """The parts of a graph that Theano computes once and in float32: of Python numbers, which it holds to be narrow.

    Only those that what is around them goes on with; ``gammaln(21)`` of the Python integer 20 is one.
    """
    constant: Dict[Any, bool] = {}
    order: List[Any] = []
    stack = [term]
    while stack:
        node = stack.pop()
        if node in constant:
            continue
        inputs = [] if node.owner is None else node.owner.inputs
        waiting = [each for each in inputs if each not in constant]
        if waiting:
            stack += [node, *waiting]
            continue
        constant[node] = all(constant[each] for each in inputs) if inputs else hasattr(node, "data")
        order.append(node)
    narrow = {n for n in order if n.owner is not None and constant[n] and str(getattr(n, "dtype", "")) == "float32"}
    outer = {each for node in order if node.owner is not None and node not in narrow for each in node.owner.inputs}
    return [node for node in order if node in narrow and (node in outer or node is term)]


def _describe(pm: Any, model: Any, index: int, aliases: List[str]) -> Dict[str, Any]:
    pairs = _transformed_pairs(pm, model)
    point = model.test_point
    variables = []
    for value in model.free_RVs:
        rv = pairs.get(value.name, value)
        variables.append(
            {
                "name": value.name,
                "rv_name": rv.name,
                "shape": list(np.shape(point[value.name])),
                "dtype": value.dtype,
                "transform": _transform_tag(rv),
                "discrete": not _continuous(value),
            }
        )
    return {
        "index": index,
        "name": aliases[0] if aliases else f"model#{index}",
        "aliases": aliases,
        "variables": variables,
        "test_point": {v.name: np.asarray(point[v.name]) for v in model.free_RVs},
        "observed": [v.name for v in model.observed_RVs],
        "deterministics": [v.name for v in model.deterministics if not isinstance(v, pm.model.TransformedRV)],
        "potentials": [v.name for v in model.potentials],
    }


def main() -> None:
    """Serve PyMC3 on the pipes of this process."""
    connection = take_over_pipes()
    # the folder of this file must not shadow modules of the programs (a ``client.py`` of theirs)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    serve(connection, PyMC3Side().operations())


if __name__ == "__main__":
    main()
