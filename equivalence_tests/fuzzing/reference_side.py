# ruff: noqa: B905, UP006, UP035 -- runs in PyMC3's interpreter, which may be Python 3.7
"""PyMC3 on Theano for the fuzzer: a whole program in one question. Run by path in the reference interpreter.

Theano holds Python numbers to be narrow: ``tt.log(2)`` is a float32 constant, wrong by 1e-8, which would hide every
other difference below that size. Here Python numbers are int64 and float64, so that PyMC3's own formulas are computed
in double precision, and two right computations agree to some bits. (What the constants do is known:
``known_faults.CONSTANTS``.)
"""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
import warnings
from typing import Any, Dict, List, Mapping, Tuple

import numpy as np

#: Relative step by which the conditioning of the gradient is measured.
STEP = 2.0**-26


def _module(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("pm_migrate_reference_worker", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


worker = _module(sys.argv[1])


def _wide_constants() -> None:
    from theano.scalar import basic

    basic.autocast_int.dtypes = ("int64",)
    basic.autocast_float.dtypes = ("float64",)


class FuzzSide(worker.PyMC3Side):  # type: ignore[name-defined, misc]
    """The operations of the reference, and :meth:`judge`."""

    def __init__(self, mode: str) -> None:
        _wide_constants()
        super().__init__()
        warnings.simplefilter("ignore")
        self.mode = mode

    def judge(self, path: str, seed: int, count: int, mode: str = "") -> Dict[str, Any]:
        """Run a program; describe its last model and evaluate it at ``count`` points besides the test point.

        Returns
        -------
        dict
            ``error`` when the program raised, or its model could not be evaluated; what came before that is there.
        """
        loaded = self.load_program(path)
        answer: Dict[str, Any] = {"error": loaded["error"], "models": loaded["models"][-1:]}
        if loaded["error"] or not loaded["models"]:
            return answer
        model = self.programs[loaded["handle"]]["models"][-1]
        try:
            points = _points(self.pm, model, seed, count)
            answer["points"] = {v.name: np.stack([p[v.name] for p in points]) for v in model.free_RVs}
            answer.update(self._evaluated(model, points, mode or self.mode))
        except Exception:
            answer["error"] = "while it was evaluated: " + traceback.format_exc()
        finally:
            self.forget(loaded["handle"])
        return answer

    def _evaluated(self, model: Any, points: List[Mapping[str, Any]], mode: str) -> Dict[str, Any]:
        theano = self.theano
        with theano.config.change_flags(compute_test_value="off"):
            factors = worker._factors(self.pm, model)
            continuous = [v for v in model.free_RVs if v.dtype.startswith("float")]
            total = model.logpt
            slopes = theano.grad(total, continuous, disconnected_inputs="ignore") if continuous else []
            sizes = [abs(each).sum() for each in _elements(self.pm, model)]
            outputs = [total] + slopes + [each for _, each, _ in factors] + sizes
            function = theano.function(
                list(model.free_RVs), outputs, on_unused_input="ignore", allow_input_downcast=True, mode=mode or None
            )
        rows = [[p[v.name] for v in model.free_RVs] for p in points]
        columns = list(zip(*[function(*row) for row in rows]))
        signs = np.random.RandomState(0)
        nearby = [[x * (1 + STEP * signs.choice([-1.0, 1.0], np.shape(x))) if np.asarray(x).dtype.kind == "f" else x
                   for x in row] for row in rows]  # fmt: skip
        moved = list(zip(*[function(*row)[: 1 + len(continuous)] for row in nearby]))
        names = [v.name for v in continuous]
        with np.errstate(all="ignore"):
            curvature = {
                name: np.abs(np.stack(b) - np.stack(a)) / STEP for name, a, b in zip(names, columns[1:], moved[1:])
            }
        first = 1 + len(continuous)
        return {
            "logp": np.array(columns[0], "float64"),
            "gradient": {name: np.stack(c).astype("float64") for name, c in zip(names, columns[1:first])},
            "curvature": curvature,
            "terms": {n: np.array(c, "float64") for (n, _, _), c in zip(factors, columns[first:])},
            "sizes": {n: np.array(c, "float64") for (n, _, _), c in zip(factors, columns[first + len(factors) :])},
        }

    def deterministics(self, path: str, point: Mapping[str, np.ndarray]) -> Dict[str, Any]:
        """Values of the deterministics of a program's last model at a point."""
        loaded = self.load_program(path)
        model = self.programs[loaded["handle"]]["models"][-1]
        wanted = [v for v in model.deterministics if not isinstance(v, self.pm.model.TransformedRV)]
        values = self._function(model.free_RVs, wanted)(*[point[v.name] for v in model.free_RVs])
        return {v.name: np.asarray(x) for v, x in zip(wanted, values)}


def _elements(pm: Any, model: Any) -> List[Any]:
    """The elements of each term."""
    return [rv.logp_elemwiset for rv in model.basic_RVs] + list(model.potentials)


def _points(pm: Any, model: Any, seed: int, count: int) -> List[Dict[str, np.ndarray]]:
    """The test point, and points around it; discrete variables move by whole numbers within their support."""
    generator = np.random.RandomState(seed)
    test = model.test_point
    points = [{v.name: np.asarray(test[v.name], v.dtype) for v in model.free_RVs}]
    for _ in range(count):
        point = {}
        for v in model.free_RVs:
            at = np.asarray(test[v.name], v.dtype)
            if v.dtype.startswith("float"):
                point[v.name] = np.asarray(at + 0.6 * generator.standard_normal(at.shape), v.dtype)
            else:
                low, high = _labels(pm, v)
                moved = np.clip(at + generator.randint(-1, 3, at.shape), low, high)
                point[v.name] = np.asarray(moved, v.dtype)
        points.append(point)
    return points


def _labels(pm: Any, variable: Any) -> Tuple[float, float]:
    """Between which numbers a discrete variable stays, where leaving them is an index out of bounds."""
    name = type(variable.distribution).__name__
    if name in ("Bernoulli", "Categorical"):
        return 0, (2 if name == "Bernoulli" else int(variable.distribution.k.eval() if hasattr(
            variable.distribution.k, "eval") else variable.distribution.k)) - 1  # fmt: skip
    return 0, np.inf


def main() -> None:
    """Serve."""
    connection = worker.take_over_pipes()
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    worker.serve(connection, FuzzSide(sys.argv[2]).operations())


if __name__ == "__main__":
    main()
