"""TensorFlow for the fuzzer: a whole program on the drop-in and rewritten, in one question. Run by path."""

from __future__ import annotations

import json
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pm_migrate.reference.worker import run_program, serve, take_over_pipes
from pm_migrate.verify.candidate import TensorFlowSide


class FuzzSide:
    """Both roads in one process; nothing is compiled, since each program is evaluated at a few points only."""

    def __init__(self) -> None:
        warnings.simplefilter("ignore")
        self.roads = {mode: TensorFlowSide(mode) for mode in ("rewrite", "drop-in")}

    def operations(self) -> dict[str, Callable[..., Any]]:
        """The operations by name."""
        return {"hello": self.roads["drop-in"].hello, "judge": self.judge}

    def judge(self, path: str, points: Mapping[str, np.ndarray], roads: list[str], cells: list[str]) -> dict[str, Any]:
        """Evaluate a program's last model at points, on each road.

        Parameters
        ----------
        path
            The program, as a script.
        points
            Stacked, by name of the random variable, unconstrained.
        roads
            ``drop-in``, ``rewrite``.
        cells
            The parts of the program when it is to be rewritten as a notebook.
        """
        answers: dict[str, Any] = {}
        for road in roads:
            try:
                answers[road] = self._road(road, path, points, cells)
            except Exception:  # a crash of ours is a find, whatever its kind: it is the answer
                answers[road] = {"error": traceback.format_exc()}
        return answers

    def _road(self, road: str, path: str, points: Mapping[str, np.ndarray], cells: list[str]) -> dict[str, Any]:
        answer: dict[str, Any] = {"findings": [], "code": ""}
        if road == "rewrite":
            code, findings = rewritten(Path(path).read_text(encoding="utf-8"), cells)
            answer |= {"code": code, "findings": findings}
            path = path.removesuffix(".py") + "_rewritten.py"
            Path(path).write_text(code, encoding="utf-8")
        density, error = self._model(road, path)
        if error or density is None:
            return {**answer, "error": error or "the program made no model"}
        return answer | _evaluated(density, points)

    def _model(self, road: str, path: str) -> tuple[Any, str | None]:
        """The log density of the last model of a program."""
        from pm_migrate.shims import recording
        from pm_migrate.verify.candidate import _on_demand

        side = self.roads[road]
        side._leave_contexts()
        if road == "drop-in":
            from pm_migrate.shims.installation import install

            install()
        else:
            _on_demand()
        recording.start()
        try:
            _, error = run_program(path)
            models = [m for m in recording.models if getattr(m, "root", m) is m]
        finally:
            recording.stop()
            side._leave_contexts()
        if error:
            return None, error
        densities = [recording.density(model) for model in models]
        densities = [d for d in densities if d.variables or d.terms_at({})]
        return (densities[-1] if densities else None), None


def rewritten(source: str, cells: list[str]) -> tuple[str, list[str]]:
    """What the codemod makes of a program, and what it has to say; of a notebook, its cells joined."""
    if cells:
        from pm_migrate.codemod.notebook import migrate_notebook

        text = json.dumps(notebook(cells), indent=1)
        result = migrate_notebook(text)
        book = json.loads(result.code)
        code = "\n\n".join("".join(cell["source"]) for cell in book["cells"]) + "\n"
    else:
        from pm_migrate.codemod import migrate_source

        result = migrate_source(source)
        code = result.code
    return code, [f"{f.confidence.name} {f.code} {f.message}" for f in result.findings]


def notebook(cells: list[str]) -> dict[str, Any]:
    """A notebook of code cells."""
    made = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": _lines(cell)}
        for cell in cells
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}


def _lines(cell: str) -> list[str]:
    return cell.splitlines(keepends=True)


def _evaluated(density: Any, points: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """A model at points, operation by operation; value variables are matched by their variables.

    Without ``logp`` when the set of variables is another one.
    """
    import tensorflow as tf

    described = [
        {"name": v.name, "rv_name": v.rv_name, "shape": list(v.shape), "dtype": v.dtype, "transform": v.transform,
         "discrete": v.discrete}
        for v in density.variables
    ]  # fmt: skip
    answer: dict[str, Any] = {
        "error": None,
        "variables": described,
        "test_point": {v.name: np.asarray(v.test_value) for v in density.variables},
    }
    if {(v.rv_name, tuple(v.shape)) for v in density.variables} != {(n, x.shape[1:]) for n, x in points.items()}:
        return answer
    stacked = {v.name: points[v.rv_name] for v in density.variables}
    wanted = [v.name for v in density.variables if not v.discrete]
    count = len(next(iter(points.values()))) if points else 1
    slopes, parts = [], []
    for i in range(count):
        values = density.tensors({name: x[i] for name, x in stacked.items()})
        if i == 0 and count == 2:  # of two points, the gradient at the one that is no test point
            parts.append({n: float(t) for n, t in density.evaluate(values).terms.items()})
            continue
        with tf.GradientTape() as tape:
            for name in wanted:
                tape.watch(values[name])
            terms = density.evaluate(values).terms
            total = tf.add_n(list(terms.values()))
        gradient = tape.gradient(total, {n: values[n] for n in wanted}, unconnected_gradients="zero")
        slopes.append({n: g.numpy() for n, g in gradient.items()})
        parts.append({n: float(t) for n, t in terms.items()})
    by_name = {n: np.array([p[n] for p in parts]) for n in parts[0]}
    return {
        **answer,
        "logp": sum(by_name.values()),
        "gradient": {n: np.stack([s[n] for s in slopes]) for n in wanted},
        "terms": by_name,
    }


def main() -> None:
    """Serve."""
    connection = take_over_pipes()
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [entry for entry in sys.path if str(Path(entry or ".").resolve()) != here]
    serve(connection, FuzzSide().operations())


if __name__ == "__main__":
    main()
