"""The TensorFlow side: runs a program on the drop-in, or a rewritten one, and answers about its models.

Run by path with the interpreter that runs us; the mode is its argument. It speaks the frames of the reference's
worker, so one kind of client asks both sides the same questions.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from pm_migrate.reference.worker import Cells, Entry, aliases_of, in_a_line, run_program, serve, take_over_pipes
from pm_migrate.reference.worker.graphs import summary_of
from pm_migrate.verify.devices import DEFAULT, default, prepare

MODES = ("rewrite", "drop-in")
#: Numbers of recorded values that one answer carries.
VALUES = 2_000_000
#: What programs import beside their models: imported once, before they fork off.
USUAL = ("arviz", "matplotlib.pyplot", "pandas", "scipy.stats", "pm_migrate.pymc4", "pm_migrate.shims.inference")


class TensorFlowSide:
    """The operations of a candidate.

    Parameters
    ----------
    mode
        ``drop-in``: ``import pymc3`` and ``import theano`` find the shims. ``rewrite``: the same, from the first such
        import on, for the models of a program that stay on PyMC3; they are marked, and a program without them gets
        nothing that PyMC3 alone had (ArviZ's old names, say).
    """

    def __init__(self, mode: str) -> None:
        from pm_migrate.shims import recording
        from pm_migrate.shims.installation import install
        from pm_migrate.shims.model import Model
        from pm_migrate.shims.theano.config import config

        if mode not in MODES:
            raise ValueError(f"mode is {mode!r}; it is one of {MODES}")
        if mode == "drop-in":
            install()
        self.mode = mode
        self.recording, self.contexts, self.config = recording, Model, config
        self.device, self.prepared = default(), False
        self.programs: dict[str, dict[str, Any]] = {}
        self.count = 0

    def operations(self) -> dict[str, Callable[..., Any]]:
        """The operations by name."""
        names = ("hello", "load_program", "forget", "evaluate", "split_terms", "bulk", "sample")
        return {name: getattr(self, name) for name in names}

    def hello(self) -> dict[str, str]:
        """Versions."""
        import tensorflow

        return {
            "python": ".".join(map(str, sys.version_info[:3])),
            "numpy": np.__version__,
            "tensorflow": tensorflow.__version__,
            "tensorflow_probability": _version_of_tfp(),
        }

    def load_program(
        self,
        path: str,
        argv: Sequence[str] = (),
        cwd: str | None = None,
        entry: str | None = None,
        arguments: Any = None,
        tape: Mapping[str, Any] | None = None,
        double: bool = False,
    ) -> dict[str, Any]:
        """Run a program with inference standing still; keep and describe the models that it, or its function, made.

        ``tape`` is what the reference answered to the original's inference calls, the states of its random generators
        at each cell, and the covariances that it drew with. ``double`` keeps ``floatX`` at float64, whatever the
        program sets.
        """
        tape = tape or {}
        self._leave_contexts()
        if self.mode == "rewrite":
            _on_demand()
        self.recording.start(
            self.recording.Tape(tape.get("points", ()), tape.get("forward", ()), tape.get("files", {}))
        )
        function = Entry(entry, arguments, self.recording.models)
        try:
            with self._placed(), _float64(self.config, double):
                cells = Cells(tape.get("cells", {}), tape.get("covariances"))
                namespace, error = run_program(path, argv, cwd, function, cells)
            recorded = function.chosen()
        finally:
            self.recording.stop()
            self._leave_contexts()
        float_x, self.config.floatX = self.config.floatX, "float64"
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        densities: list[tuple[Any, Any]] = []
        models: list[dict[str, Any]] = []
        with self.config.change_flags(floatX=float_x), self._placed():
            for model in recorded:
                if getattr(model, "root", model) is not model:
                    continue  # a part of another model
                try:
                    data = self.recording.first_data(model)
                    with data.in_place():
                        density = self.recording.density(model)
                        if not density.variables and not density.terms_at({}):
                            continue
                    described = _describe(density, len(models), aliases_of(model, namespace))
                    described["drop_in"] = isinstance(model, self.contexts)
                except Exception:  # of what the program wrote into its model; the other models are kept, and it is told
                    error = f"{error or ''}{model!r} cannot be described:\n{traceback.format_exc()}"
                    continue
                densities.append((density, data))
                models.append(described)
        self.count += 1
        handle = f"program-{self.count}"
        self.programs[handle] = {"densities": densities, "floatX": float_x}
        return {"handle": handle, "models": models, "error": error}

    def _placed(self) -> contextlib.AbstractContextManager[Any]:
        """Where everything is evaluated; the device is made ready in the process of the program, not before a fork."""
        if self.device == DEFAULT:
            return contextlib.nullcontext()
        import tensorflow as tf

        if not self.prepared:
            prepare(self.device)
            self.prepared = True
        return tf.device(f"/{self.device}")

    def _leave_contexts(self) -> None:
        """Close models that a program entered and never left."""
        while (model := self.contexts.get_context(error_if_none=False)) is not None:
            model.__exit__(None, None, None)

    def forget(self, handle: str) -> None:
        """Drop a program and what was compiled for it."""
        self.programs.pop(handle, None)

    def evaluate(
        self,
        handle: str,
        model: int,
        points: Mapping[str, np.ndarray],
        gradient: bool = True,
        terms: bool = True,
        keep_errors: bool = False,
    ) -> dict[str, Any]:
        """Evaluate a model at points that are stacked along the first axis of each value variable.

        ``keep_errors`` is that of the reference's worker.
        """
        program = self.programs[handle]
        density, data = program["densities"][model]
        count = len(next(iter(points.values()))) if points else 1
        each = [{name: values[i] for name, values in points.items()} for i in range(count)]
        with self.config.change_flags(floatX=program["floatX"]), self._placed(), data.in_place():
            reason = _why_no_gradient(density, each[0]) if keep_errors else ""
            found = [_attempt(density, point, reason, keep_errors) for point in each]
        return _stacked(density, found, gradient, terms)

    def split_terms(self, handle: str, model: int, points: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The terms without the Jacobians of transforms, by name, stacked."""
        program = self.programs[handle]
        density, data = program["densities"][model]
        if density.without_jacobians is None:
            return {}
        with self.config.change_flags(floatX=program["floatX"]), self._placed(), data.in_place():
            function = density.compiled("without_jacobians", lambda: density.without_jacobians)
            count = len(next(iter(points.values()))) if points else 1
            rows = [function(density.tensors({name: v[i] for name, v in points.items()})) for i in range(count)]
        return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}

    def bulk(
        self, handle: str, model: int, starts: Mapping[str, np.ndarray], n: int, seed: int, seconds: float
    ) -> dict[str, np.ndarray]:
        """Points in the bulk of the posterior, stacked: a short run from the best of the points given."""
        from pm_migrate.verify.bulk import run

        program = self.programs[handle]
        density, data = program["densities"][model]

        def logp(point: Mapping[str, np.ndarray]) -> tuple[float, Mapping[str, np.ndarray]]:
            found = _everything(density, point)
            return float(found["logp"]), found["gradient"]

        discrete = {v.name: v.kind for v in density.variables if v.discrete}
        with self.config.change_flags(floatX=program["floatX"]), self._placed(), data.in_place():
            points = run(logp, starts, discrete, n=n, seed=seed, seconds=seconds)
        return {v.name: np.stack([p[v.name] for p in points]).astype(v.dtype) for v in density.variables}

    def sample(
        self, handle: str, model: int, draws: int, tune: int, chains: int, seed: int, options: Mapping[str, Any]
    ) -> dict[str, np.ndarray]:
        """Run the sampler of the shims; unobserved variables by name, (chain, draw, ...)."""
        from pm_migrate.shims import inference

        program = self.programs[handle]
        density, data = program["densities"][model]
        with self.config.change_flags(floatX=program["floatX"]), self._placed(), data.in_place():
            found = inference.sample_chains(
                density, draws=draws, tune=tune, chains=chains, seed=seed, progress=False, **options
            )
            return {name: np.asarray(values) for name, values in inference.record(density, found).items()}


def _version_of_tfp() -> str:
    """Without the import, which costs seconds that few models need."""
    for name in ("tensorflow-probability", "tfp-nightly"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return "unknown"


@contextlib.contextmanager
def _float64(config: Any, wanted: bool) -> Iterator[None]:
    """Keep ``floatX`` at float64 while a program runs."""
    if not wanted:
        yield
        return
    kind: Any = type(config)
    own = kind.__setattr__

    def setting(this: Any, name: str, value: Any) -> None:
        own(this, name, "float64" if name == "floatX" else value)

    kind.__setattr__ = setting
    try:
        yield
    finally:
        kind.__setattr__ = own


def _everything(density: Any, point: Mapping[str, np.ndarray], gradient: bool = True) -> dict[str, Any]:
    """Log density, gradient, terms and values at a point, by one function: tracing costs most of the time."""
    import tensorflow as tf

    logp, slopes, terms, values = _function(density, gradient)(density.tensors(point))
    return {
        "logp": float(logp),
        "gradient": {name: slope.numpy() for name, slope in slopes.items()},
        "terms": {name: float(term) for name, term in terms.items()},
        "values": {name: value.numpy() for name, value in values.items() if value.dtype != tf.string},
    }


def _function(density: Any, gradient: bool) -> Any:
    import tensorflow as tf

    def build() -> Callable[..., Any]:
        def everything(values: Mapping[str, Any]) -> Any:
            wanted = {v.name: values[v.name] for v in density.continuous} if gradient else {}
            with tf.GradientTape() as tape:
                tape.watch(wanted)
                found = density.evaluate({**values, **wanted})
                terms = dict(found.terms)
                logp = tf.add_n(list(terms.values())) if terms else tf.constant(0.0, tf.float64)
            slopes = tape.gradient(logp, wanted, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            return logp, slopes, terms, {name: tf.convert_to_tensor(x) for name, x in found.values.items()}

        return everything

    return density.compiled("everything" if gradient else "everything but the gradient", build)


@dataclass(frozen=True)
class _Attempt:
    """What was found at a point, or the error that was raised there, and why there is no gradient, if there is none."""

    row: dict[str, Any] | None = None
    error: str = ""
    no_gradient: str = ""


def _in_a_line(error: Exception) -> str:
    """Type and first line of what a compiled function raised, without where in its graph that was."""
    where = ("Graph execution error", "Detected at ")
    said = [line for line in str(error).splitlines() if line.strip() and not line[0].isspace()]
    line = next((line for line in said if not line.startswith(where)), "")
    if re.match(r"[A-Za-z_.]+: ", line):  # raised by a Python function
        return line
    return f"{type(error).__name__}: {line}" if line else in_a_line(error)


def _why_no_gradient(density: Any, point: Mapping[str, np.ndarray]) -> str:
    """What tracing the gradient raises, where tracing the log density alone raises nothing; empty if there is one."""
    import tensorflow as tf

    try:
        _everything(density, point)
    except tf.errors.OpError:
        pass  # the function was traced, and raised at these numbers: :func:`_attempt` is to say so
    except Exception as error:  # what the program's own operations raise when they are asked for a gradient
        _everything(density, point, gradient=False)
        return in_a_line(error)
    return ""


def _attempt(density: Any, point: Mapping[str, np.ndarray], reason: str, keep_errors: bool) -> _Attempt:
    """What there is at a point, without the gradient where there is none, or where it alone raises an error."""
    import tensorflow as tf

    try:
        return _Attempt(_everything(density, point, not reason), no_gradient=reason)
    except tf.errors.OpError as error:  # of a compiled function, whatever was raised within it
        if not keep_errors:
            raise
        raised = _in_a_line(error)
    if reason or not density.continuous:
        return _Attempt(error=raised)
    try:
        return _Attempt(_everything(density, point, gradient=False), no_gradient=raised)
    except tf.errors.OpError as error:
        return _Attempt(error=_in_a_line(error))


def _stacked(density: Any, found: Sequence[_Attempt], gradient: bool, terms: bool) -> dict[str, Any]:
    """The answer: what was found at each point, stacked, NaN where an error was raised."""
    rows = [each.row for each in found]
    whole: dict[str, Any] = next((row for row in rows if row is not None), {"terms": {}, "values": {}})
    result: dict[str, Any] = {
        "logp": np.array([math.nan if row is None else row["logp"] for row in rows], float),
        "gradient": {},
        "errors": [each.error for each in found],
        "no_gradient": [each.no_gradient for each in found],
    }
    if gradient:
        for v in density.continuous:
            unknown = np.full(v.shape, math.nan)
            slopes = [unknown if row is None else row["gradient"].get(v.name, unknown) for row in rows]
            result["gradient"][v.name] = np.stack(slopes)
    if terms:
        result["elements"] = {}
        result["terms"] = {
            name: np.array([math.nan if row is None else row["terms"][name] for row in rows], float)
            for name in whole["terms"]
        }
        fits = _as_many_as_fit(rows)
        result["values"] = {
            name: np.stack([np.full(np.shape(value), math.nan) if row is None else row["values"][name] for row in fits])
            for name, value in whole["values"].items()
            if fits
        }
    return result


def _as_many_as_fit(rows: Sequence[dict[str, Any] | None]) -> list[dict[str, Any] | None]:
    """The first rows, whose values are not too many numbers for one answer; the first in any case."""
    left = VALUES
    kept: list[dict[str, Any] | None] = []
    for row in rows:
        left -= 0 if row is None else sum(np.size(value) for value in row["values"].values())
        if left < 0 and kept:
            break
        kept.append(row)
    return kept


class _OnDemand:
    """A finder that installs the drop-in when something of PyMC3, Theano or PyMC4 is imported."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        if fullname.partition(".")[0] not in ("pymc3", "theano", "pymc4"):
            return None
        from pm_migrate.shims.installation import install

        sys.meta_path.remove(self)
        install()
        return sys.meta_path[0].find_spec(fullname, path, target)


def _on_demand() -> None:
    """Serve no PyMC3 until a program imports it."""
    from pm_migrate.shims.installation import uninstall

    uninstall()
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _OnDemand)]
    sys.meta_path.insert(0, _OnDemand())


def _describe(density: Any, index: int, aliases: list[str]) -> dict[str, Any]:
    variables = [
        {
            "name": v.name,
            "rv_name": v.rv_name,
            "shape": list(v.shape),
            "dtype": v.dtype,
            "transform": v.transform,
            "discrete": v.discrete,
        }
        for v in density.variables
    ]
    return {
        "index": index,
        "name": aliases[0] if aliases else f"model#{index}",
        "aliases": aliases,
        "variables": variables,
        "test_point": {name: np.asarray(value) for name, value in density.test_point.items()},
        "observed": list(density.observed),
        "data": {name: summary_of(data) for name, data in density.observed.items()},
        "deterministics": [],
        "potentials": [],
    }


def may_fork() -> bool:
    """Whether a child could go on with TensorFlow: only before its first operation, which starts threads."""
    from tensorflow.python.eager import context  # nothing public tells

    return hasattr(os, "fork") and getattr(context.context(), "_context_handle", context) is None


def main(mode: str) -> None:
    """Serve the shims on the pipes of this process."""
    connection = take_over_pipes()
    # the folder of this file must not shadow modules of the programs (a ``report.py`` of theirs)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    side = TensorFlowSide(mode)
    for name in USUAL:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    serve(connection, side.operations(), may_fork)


if __name__ == "__main__":
    main(sys.argv[1])
