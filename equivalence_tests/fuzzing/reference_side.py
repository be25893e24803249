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
#: Evaluations with other roundings.
EVALUATIONS = 8


def _module(name: str, path: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


worker = _module("pm_migrate_reference_worker", sys.argv[1])
light = _module("light_theano", os.path.join(os.path.dirname(os.path.abspath(__file__)), "light_theano.py"))


def _wide_constants() -> None:
    from theano.scalar import basic

    basic.autocast_int.dtypes = ("int64",)
    basic.autocast_float.dtypes = ("float64",)


class FuzzSide(worker.PyMC3Side):  # type: ignore[name-defined, misc]
    """The operations of the reference, and :meth:`judge`."""

    def __init__(self) -> None:
        _wide_constants()
        super().__init__()
        warnings.simplefilter("ignore")
        if "plain" not in sys.argv:
            light.install(self.pm, self.theano)

    def judge(self, path: str, seed: int, count: int, full: bool = False) -> Dict[str, Any]:
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
            answer.update(self._evaluated(model, points, full))
            if full:
                answer["spread"] = self._spread(loaded["handle"], len(loaded["models"]) - 1, answer["points"])
        except Exception:  # Theano's, of any kind; the campaign counts it, and the program is discarded
            answer["error"] = "while it was evaluated: " + traceback.format_exc()
        finally:
            self.forget(loaded["handle"])
        return answer

    def _evaluated(self, model: Any, points: List[Mapping[str, Any]], full: bool) -> Dict[str, Any]:
        """Terms at all points, the gradient at all but the first; in full, also what they are conditioned by.

        Unless in full, Theano optimises nothing: a graph is then evaluated about as soon as it is there.
        """
        theano = self.theano
        with theano.config.change_flags(compute_test_value="off"):
            terms = [(rv.name, rv.logpt) for rv in model.basic_RVs] + [(p.name, p.sum()) for p in model.potentials]
            pairs = worker.transformed_pairs(self.pm, model)
            names = [pairs[name].name if name in pairs else name for name, _ in terms]
            continuous = [v for v in model.free_RVs if v.dtype.startswith("float")]
            total = self.theano.tensor.add(*[each for _, each in terms]) if len(terms) > 1 else terms[0][1]
            slopes = theano.grad(total, continuous, disconnected_inputs="ignore") if continuous else []
            sizes = [abs(each).sum() for each in _elements(model)] if full else []
            inputs, outputs = list(model.free_RVs), slopes + [each for _, each in terms] + sizes
            if full:
                function = theano.function(inputs, outputs, on_unused_input="ignore", allow_input_downcast=True)
            elif "plain" in sys.argv:
                function = light.as_it_is(theano, inputs, outputs)
            else:
                function = light.function(theano, inputs, outputs)
        rows = [[p[v.name] for v in model.free_RVs] for p in points]
        columns = [np.stack(c).astype("float64") for c in zip(*[function(*row) for row in rows])]
        first, second = len(slopes), len(slopes) + len(terms)
        slopes_at, terms_at, sizes_at = columns[:first], columns[first:second], columns[second:]
        answer = {
            "gradient": {v.name: c for v, c in zip(continuous, slopes_at)},
            "terms": dict(zip(names, terms_at)),
            "sizes": dict(zip(names, sizes_at)),
            "curvature": {},
        }
        if full:
            answer["curvature"] = self._curvature(function, rows, answer["gradient"])
        return answer

    def _spread(self, handle: str, model: int, points: Mapping[str, np.ndarray]) -> Dict[str, Any]:
        """How far terms and slopes move by other roundings; nothing where Theano cannot say, and the find stands."""
        try:
            return self.spread(handle, model, points, EVALUATIONS, 0)
        except Exception:  # Theano's, of any kind
            return {"terms": {}, "gradient": {}}

    def _curvature(self, function: Any, rows: Any, slopes: Mapping[str, np.ndarray]) -> Dict[str, np.ndarray]:
        """Roughly ``sum_j |x_j d2f / dx_i dx_j|``: how the gradient moves when all values move a little."""
        signs = np.random.RandomState(0)
        nearby = [
            [x * (1 + STEP * signs.choice([-1.0, 1.0], np.shape(x))) if np.asarray(x).dtype.kind == "f" else x
             for x in row]
            for row in rows
        ]  # fmt: skip
        columns = list(zip(*[function(*row) for row in nearby]))
        with np.errstate(all="ignore"):
            return {n: np.abs(np.stack(c) - at) / STEP for c, (n, at) in zip(columns, slopes.items())}


def _elements(model: Any) -> List[Any]:
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
    """Between which numbers a discrete variable stays, where leaving them is no value of it.

    PyMC3 takes any number but 0 for a success of a Bernoulli variable by ``logit_p``, and looks for the probability of
    a category that is not there. A missing value has the support of the data that it is missing from.
    """
    distribution = getattr(variable.distribution, "parent_dist", variable.distribution)
    if isinstance(distribution, pm.Bernoulli):
        return 0, 1
    if isinstance(distribution, pm.Categorical):
        k = distribution.k
        return 0, int(k.eval() if hasattr(k, "eval") else k) - 1
    return 0, np.inf


def main() -> None:
    """Serve."""
    connection = worker.take_over_pipes()
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    worker.serve(connection, FuzzSide().operations())


if __name__ == "__main__":
    main()
