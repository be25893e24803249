# ruff: noqa: B905, UP006, UP035 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""Standing in for inference, so that a program is through in seconds."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import sys
from typing import Any, Callable, Dict, Iterator, List, Tuple

import numpy as np

from .graphs import shared_values, transformed_pairs
from .standins import (
    NUTS_STATISTICS,
    STANDIN_CORES,
    STANDIN_FORWARD,
    STANDIN_NUMBERS,
    STANDIN_POINTS,
    can_be_sent,
    points_around,
    repeated,
    standin_fit,
    standin_log_likelihood,
    trace_shape,
)
from .stores import Stores


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
        self.stores = Stores(pm)
        self._remove_stores = self.stores.install()
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
        self._remove_stores()
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
                    self._set(converter, "_extract_log_likelihood", standin_log_likelihood)

    def _use(self, model: Any) -> None:
        """Note the data that inference begins with: a program may replace them later."""
        if not any(model.root is known for known, _ in self.data):
            self.data.append((model.root, shared_values(model.root)))

    def _note_point(self, model: Any) -> None:
        """Note the test point, around which there are stand-ins."""
        self._use(model)
        pairs, point = transformed_pairs(self.pm, model), model.test_point
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
                recorded = [strace.fn(point) for point in points_around(model, STANDIN_POINTS)]
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
        discard_tuned_samples: bool = True, return_inferencedata: Any = None, idata_kwargs: Any = None,
        trace: Any = None, **_: Any
    ) -> Any:  # fmt: skip
        model = self.pm.modelcontext(model)
        if chains is None:
            chains = max(2, cores or STANDIN_CORES)
        store, trace = trace, self._trace(model, int(draws), int(chains), int(tune))
        self.stores.keep(store, trace)
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
            return standin_fit(inference, *args, **kwargs)

        return fit

    def _of_approximation(self) -> Callable[..., Any]:
        def sample(approximation: Any, draws: int = 500, include_transformed: bool = True) -> Any:
            return self._trace(approximation.model, int(draws), 1, 0)

        return sample

    def _forward(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Draw a few times for real (right shapes, also after ``set_data``) and repeat them to the number asked for."""

        def standin(trace: Any = None, samples: Any = None, keep_size: Any = False, **options: Any) -> Any:
            shape = trace_shape(trace if trace is not None else options.get("traces"))
            if trace is not None:
                options["trace"] = trace
            if "progressbar" in inspect.signature(original).parameters:
                options["progressbar"] = False
            few = min(STANDIN_FORWARD, samples or STANDIN_FORWARD)
            draws = original(samples=few, **options)
            self.forward.append({name: values for name, values in draws.items() if can_be_sent(values)})
            default = 500 if trace is None and "traces" not in options else int(np.prod(shape))
            result = {name: repeated(values, int(samples or default)) for name, values in draws.items()}
            if keep_size:
                result = {
                    name: values.reshape((shape[0], len(values) // shape[0], *values.shape[1:]))
                    for name, values in result.items()
                }
            return result

        return standin
