# ruff: noqa: B905, UP006, UP035, UP045 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""The operations of the reference: programs, and the models in them."""

from __future__ import annotations

import sys
import traceback
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from .distributions import DistributionSide
from .draws import DrawSide
from .graphs import (
    attempt,
    description_of,
    factors_of,
    float32_constants,
    in_a_line,
    in_float64,
    is_continuous,
    rows_of,
    shape_of,
    transformed_pairs,
)
from .interception import Interception
from .programs import Cells, Entry, aliases_of, run_program
from .rounding import RoundingSide

#: Numbers of deterministics that one answer carries.
VALUES = 2_000_000


class PyMC3Side(DistributionSide, DrawSide, RoundingSide):
    """The operations of the reference; public methods are what a request may name."""

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
            "compiler": self.compiler,
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
        with Interception(self.pm) as interception, in_float64(self.theano.config, double) as wanted:
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
                models.append(description_of(self.pm, model, index, aliases_of(model, namespace)))
            except Exception:  # of what the program wrote into its model; the other models are kept, and it is told
                error = (error or "") + f"model#{index} cannot be described:\n{traceback.format_exc()}"
        tape = {
            "cells": cells.states,
            "covariances": cells.covariances,
            "points": interception.points,
            "forward": interception.forward,
            "files": interception.files,
        }
        float_x = "float32" if "float32" in wanted else self.programs[handle]["floatX"]
        return {"handle": handle, "models": models, "error": error, "tape": tape, "floatX": float_x}

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
        rows = rows_of(subject, points)
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
        continuous = [v for v in subject.free_RVs if is_continuous(v)] if gradient else []
        if gradient not in compiled:
            compiled[gradient] = self._with_slopes(subject, continuous, keep_errors)
        function, reason = compiled[gradient]
        if reason and not keep_errors:
            raise ValueError(f"there is no gradient: {reason}")
        count = len(rows)
        errors, no_gradient = [""] * count, [reason] * count
        logp = np.full(count, np.nan)
        slopes = {v.name: np.full((count, *shape_of(subject, v)), np.nan) for v in continuous}
        for i, row in enumerate(rows):
            found, errors[i] = attempt(function, row, keep_errors)
            if errors[i] and continuous and not reason:  # is it the gradient alone that cannot be computed here?
                if False not in compiled:
                    compiled[False] = self._function(subject.free_RVs, [subject.logpt]), ""
                no_gradient[i] = errors[i]
                found, errors[i] = attempt(compiled[False][0], row, keep_errors)
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
        factors = factors_of(self.pm, subject)
        names = [name for name, _, _ in factors]
        if "terms" not in compiled:
            # the largest of each float32 constant, by the number of the factor that it is in
            constants = [
                (number, abs(constant).max())
                for number, (_, total, _) in enumerate(factors)
                for constant in float32_constants(total)
            ]
            outputs = [total for _, total, _ in factors] + [size for _, _, size in factors]
            function = self._function(subject.free_RVs, outputs + [largest for _, largest in constants])
            compiled["terms"] = function, [number for number, _ in constants]
        function, places = compiled["terms"]
        terms = {name: np.full(len(rows), np.nan) for name in names}
        first: Optional[List[Any]] = None
        for i in whole:
            found, errors[i] = attempt(function, rows[i], keep_errors)
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
            found, errors[i] = attempt(compiled["values"], rows[i], keep_errors)
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
        pairs = transformed_pairs(self.pm, subject)
        with self._as_used(program, model):
            chosen = [v for v in subject.free_RVs if v.name in pairs]
            function = self._function(subject.free_RVs, [v.logp_nojact for v in chosen])
            columns = list(zip(*[function(*row) for row in rows_of(subject, points)]))
        return {pairs[v.name].name: np.array(column, "float64") for v, column in zip(chosen, columns)}

    def term_inputs(
        self, handle: str, model: int, name: str, names: Sequence[str], points: Mapping[str, np.ndarray]
    ) -> Dict[str, Any]:
        """Class, value and those parameters of ``names`` that it has of the distribution of a random variable."""
        program = self.programs[handle]
        subject = program["models"][model]
        pairs = transformed_pairs(self.pm, subject)
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
                numbers = [np.asarray(x) for x in function(*rows_of(subject, points)[0])]
            scaled = getattr(rv, "total_size", None) is not None
            parameters = dict(zip(tensors, numbers[2:]))
            return {
                "distribution": type(distribution).__name__, "value": numbers[0], "logp": numbers[1],
                "parameters": parameters, "scaled": scaled,
            }  # fmt: skip
        return {"distribution": "", "value": 0.0, "logp": 0.0, "parameters": {}, "scaled": False}
