"""Clients that ask workers about programs; :class:`ReferenceClient` asks PyMC3 on Theano."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pm_migrate.errors import ProvisionError, WorkerCrashed
from pm_migrate.reference import provision, worker
from pm_migrate.reference.process import WorkerClient
from pm_migrate.reference.records import (
    CompiledDistribution,
    DistributionEvaluation,
    ModelInfo,
    Point,
    PointEvaluation,
    ProgramInfo,
    VariableInfo,
    points_around,
)

__all__ = [
    "CompiledDistribution",
    "DistributionEvaluation",
    "ModelInfo",
    "PointEvaluation",
    "ProgramClient",
    "ProgramInfo",
    "ReferenceClient",
    "VariableInfo",
    "points_around",
]


class ProgramClient(WorkerClient):
    """A worker that loads programs and evaluates their models."""

    def load_program(
        self,
        path: Path,
        argv: Sequence[str] = (),
        cwd: Path | str | None = None,
        *,
        entry: str | None = None,
        arguments: Sequence[Any] | Mapping[str, Any] | None = None,
        tape: Mapping[str, Any] | None = None,
        double: bool = False,
        timeout: float | None = None,
    ) -> ProgramInfo:
        """Run a program with inference intercepted, and describe the models that it made.

        Where programs are alone (see :class:`WorkerClient`), the one before is ended first.

        Parameters
        ----------
        path
            The file.
        argv
            Its command line.
        cwd
            The folder to run it in; by default its own.
        entry, arguments
            A function of it that makes models, and what it is called with; the file is then imported, not run.
        tape
            For a candidate: that of the original, whose inference calls were answered before.
        double
            Keep ``floatX`` at float64, whatever the program sets.
        timeout
            Seconds, by default the client's limit.
        """
        path = Path(path).resolve()
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such program")
        args: dict[str, Any] = {"argv": list(argv), "cwd": str(cwd) if cwd else None}
        args |= {"entry": entry, "arguments": arguments, "double": double}
        if tape is not None:
            args["tape"] = dict(tape)
        ask = self.begin_alone if self.alone else self.call
        answer = ask("load_program", timeout=timeout, path=str(path), **args)
        return ProgramInfo(
            path=path,
            models=tuple(_model_info(model) for model in answer["models"]),
            error=answer["error"],
            output=self.output(),
            handle=answer["handle"],
            life=self.life,
            tape=answer.get("tape", {}),
            float_x=answer.get("floatX", "float64"),
        )

    def _alive(self, program: ProgramInfo) -> str:
        if program.life != self.life or self._process is None:
            raise WorkerCrashed(
                f"{program.path} was loaded into {self.title}, which has ended since then; load it again"
            )
        return program.handle

    def forget(self, program: ProgramInfo) -> None:
        """Drop a program and what was compiled for it."""
        if program.life == self.life and self._process is not None:
            self.call("forget", handle=program.handle)

    def evaluate(
        self,
        program: ProgramInfo,
        model: ModelInfo,
        points: Sequence[Point],
        *,
        gradient: bool = True,
        terms: bool = True,
        keep_errors: bool = False,
        timeout: float | None = None,
    ) -> list[PointEvaluation]:
        """Evaluate a model at points of its unconstrained space.

        Parameters
        ----------
        program, model
            What :meth:`load_program` returned, and one of its models.
        points
            Values by name of value variable, discrete ones included.
        gradient, terms
            Whether to compute these too.
        keep_errors
            Whether what is raised at a point, or by the gradient, is the result there; else it ends all.
        timeout
            Seconds, by default the client's limit.

        Returns
        -------
        list of PointEvaluation
            One per point.
        """
        handle = self._alive(program)
        if not points:
            return []
        for point in points:
            missing = [v.name for v in model.variables if v.name not in point]
            if missing:
                raise KeyError(f"the point has no value for {', '.join(missing)} of {model.name}")
        stacked = stack(model, points)
        answer = self.call(
            "evaluate",
            timeout=timeout,
            handle=handle,
            model=model.index,
            points=stacked,
            gradient=gradient,
            terms=terms,
            keep_errors=keep_errors,
        )
        every = range(len(answer["logp"]))
        evaluations = [
            PointEvaluation(
                logp=float(answer["logp"][i]),
                gradient={name: np.asarray(values[i]) for name, values in answer["gradient"].items()},
                terms={name: float(values[i]) for name, values in answer.get("terms", {}).items()},
                elements=answer.get("elements", {}),
                rounding=answer.get("rounding", {}),
                values={name: v[i] for name, v in answer.get("values", {}).items() if i < len(v)},
                error=answer["errors"][i],
                no_gradient=answer["no_gradient"][i],
            )
            for i in every
        ]
        # a model without variables has one value, wherever it is asked for
        return evaluations * len(points) if not model.variables else evaluations

    def split_terms(self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point]) -> dict[str, np.ndarray]:
        """The terms without the Jacobians of transforms, by name of random variable, one number for each point."""
        handle = self._alive(program)
        return self.call("split_terms", handle=handle, model=model.index, points=stack(model, points))

    def sample(
        self,
        program: ProgramInfo,
        model: ModelInfo,
        draws: int,
        *,
        tune: int,
        chains: int,
        seed: int,
        timeout: float = 1800.0,
        **options: Any,
    ) -> dict[str, np.ndarray]:
        """Run the side's own sampler; every unobserved variable by name, shape (chains, draws, ...)."""
        handle = self._alive(program)
        return self.call(
            "sample",
            timeout=timeout,
            handle=handle,
            model=model.index,
            draws=draws,
            tune=tune,
            chains=chains,
            seed=seed,
            options=options,
        )


def stack(model: ModelInfo, points: Sequence[Point]) -> dict[str, np.ndarray]:
    """Points as arrays by name of value variable, stacked along the first axis."""
    return {
        v.name: np.stack([np.asarray(point[v.name], v.dtype).reshape(v.shape) for point in points])
        for v in model.variables
    }


def unstack(values: Mapping[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Stacked values as points."""
    count = len(next(iter(values.values()))) if values else 0
    return [{name: np.asarray(array[i]) for name, array in values.items()} for i in range(count)]


def _model_info(answer: Mapping[str, Any]) -> ModelInfo:
    variables = tuple(VariableInfo(**{**v, "shape": tuple(v["shape"])}) for v in answer["variables"])
    names = {key: tuple(answer[key]) for key in ("aliases", "observed", "deterministics", "potentials")}
    return ModelInfo(
        index=answer["index"],
        name=answer["name"],
        variables=variables,
        test_point=answer["test_point"],
        drop_in=bool(answer.get("drop_in")),
        data=answer.get("data", {}),
        **names,
    )


class ReferenceClient(ProgramClient):
    """PyMC3 on Theano, in a process of its own.

    Parameters
    ----------
    python
        An interpreter that has PyMC3; by default the one that ``pm-migrate reference install`` built.
    timeout
        Seconds for an answer.
    start_timeout
        Seconds until PyMC3 is imported.
    compiled
        Whether Theano compiles C code for everything: seconds for each new kind of operation (see
        :func:`~pm_migrate.reference.provision.environment`).
    sampling
        Whether it does so for :meth:`sample`, and for nothing else.
    alone, memory
        Whether each program has a process of its own, and how much memory; see :class:`WorkerClient`.

    Raises
    ------
    ProvisionError
        There is no reference.

    Examples
    --------
    ::

        with ReferenceClient() as reference:
            program = reference.load_program(Path("model.py"))
            model = program.models[0]
            points = reference.prior_points(program, model, 20, seed=0)
            values = reference.evaluate(program, model, points)
    """

    def __init__(
        self,
        python: Path | None = None,
        *,
        timeout: float = 180.0,
        start_timeout: float = 180.0,
        compiled: bool = False,
        sampling: bool = False,
        alone: bool = False,
        memory: int | None = None,
    ) -> None:
        python = python or provision.find()
        if python is None:
            raise ProvisionError("there is no PyMC3 to compare with: run `pm-migrate reference install`")
        super().__init__(
            [str(python), "-W", "ignore", worker.PATH, *["sampling"] * sampling],
            provision.environment(Path(python), compiled=compiled or sampling, fused=compiled),
            title=f"the reference ({python})",
            timeout=timeout,
            start_timeout=start_timeout,
            alone=alone,
            memory=memory,
        )

    def prior_points(
        self, program: ProgramInfo, model: ModelInfo, n: int, seed: int, *, scale: float = 1.0
    ) -> list[dict[str, np.ndarray]]:
        """Draw points: the test point plus normal noise where there is a gradient, else draws from the prior.

        Parameters
        ----------
        n
            Number of points.
        seed
            Same seed, same points.
        scale
            Standard deviation of the noise.
        """
        discrete = [v.name for v in model.variables if v.discrete]
        draws: Mapping[str, np.ndarray] = {}
        if discrete and n:
            handle = self._alive(program)
            draws = self.call("prior_draws", handle=handle, model=model.index, names=discrete, n=n, seed=seed)
        return points_around(model, n, seed, scale=scale, discrete=draws)

    def prior_values(self, program: ProgramInfo, model: ModelInfo, n: int, seed: int) -> dict[str, np.ndarray]:
        """Draws from the prior as unconstrained values, stacked, of the value variables that PyMC3 can draw."""
        handle = self._alive(program)
        return self.call("prior_values", handle=handle, model=model.index, n=n, seed=seed)

    def term_inputs(
        self, program: ProgramInfo, model: ModelInfo, name: str, names: Sequence[str], point: Point
    ) -> dict[str, Any]:
        """Say what a term is the log density of: ``distribution``, ``value``, ``parameters``, ``logp``, ``scaled``."""
        handle = self._alive(program)
        args: dict[str, Any] = {"name": name, "names": list(names), "points": stack(model, [point])}
        return self.call("term_inputs", handle=handle, model=model.index, **args)

    def spread(
        self, program: ProgramInfo, model: ModelInfo, points: Sequence[Point], *, count: int = 8, seed: int = 0
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """How far terms and slopes move when every operation rounds another way, ``count`` times over.

        Returns
        -------
        (dict, dict)
            By name, for each point: the largest distance, infinity where a number is finite under some roundings alone.
        """
        handle = self._alive(program)
        args: dict[str, Any] = {"points": stack(model, points), "count": count, "seed": seed}
        found = self.call("spread", handle=handle, model=model.index, **args)
        return found["terms"], found["gradient"]

    def distribution_info(self, name: str) -> dict[str, Any]:
        """Describe the constructor of a distribution.

        Returns
        -------
        dict
            ``name``, ``parameters`` (a list of ``{"name", "default"}``, the default as ``repr`` or None), ``bases``
            (class names, nearest first), ``discrete``.
        """
        return self.call("distribution_info", name=name)

    def distribution_defaults(self, name: str, kwargs: Mapping[str, Any], shape: Sequence[int] = ()) -> dict[str, Any]:
        """Say what PyMC3 makes of one free variable ``x`` of a distribution.

        Returns
        -------
        dict
            ``value_name``, ``transform``, ``dtype``, ``test_value``, ``transformed_test_value``,
            ``logp_elementwise`` (at the test value, without Jacobian), ``logp`` (of the model there, with it).
        """
        return self.call("distribution_defaults", name=name, kwargs=dict(kwargs), shape=list(shape))

    def compile_distribution(
        self,
        name: str,
        params: Mapping[str, Mapping[str, Any]],
        value: Mapping[str, Any],
        method: str = "logp",
        gradient: bool = True,
    ) -> CompiledDistribution:
        """Compile a distribution once, with symbolic value and parameters.

        Parameters
        ----------
        params
            Per parameter ``{"dtype", "ndim"}`` and optionally ``"test_value"`` (some constructors look at one) and
            ``"broadcastable"``; or ``{"constant": value}``.
        value
            The same for the value.
        method
            ``logp``, or ``logcdf`` where the distribution has one.
        gradient
            Whether to compile the gradient too; Theano's of incomplete gamma and beta functions takes minutes.
        """
        answer = self.call(
            "compile_distribution", name=name, params=params, value=value, method=method, gradient=gradient
        )
        return CompiledDistribution(
            name, answer["handle"], self.life, tuple(answer["gradients"]), answer["no_gradient"]
        )

    def evaluate_distribution(
        self, distribution: CompiledDistribution, points: Sequence[Mapping[str, Any]]
    ) -> list[DistributionEvaluation]:
        """Evaluate a compiled distribution at points: ``value`` and every parameter by name."""
        if distribution.life != self.life or self._process is None:
            raise WorkerCrashed(f"{distribution.name} was compiled in a worker that has ended; compile it again")
        answers = self.call("evaluate_distribution", handle=distribution.handle, points=[dict(p) for p in points])
        return [DistributionEvaluation(answer["logp"], answer["gradient"]) for answer in answers]
