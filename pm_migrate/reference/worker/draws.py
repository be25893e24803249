# ruff: noqa: B905, UP006, UP035 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""Operations that draw: from the prior, and with PyMC3's own sampler."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any, Dict, List, Mapping, Sequence

import numpy as np

from .graphs import shape_of, transformed_pairs, with_data
from .side import Side


class DrawSide(Side):
    """Random numbers of PyMC3's."""

    def prior_values(self, handle: str, model: int, n: int, seed: int) -> Dict[str, Any]:
        """Value variables, stacked, of draws from the prior; those alone that PyMC3 can draw."""
        program = self.programs[handle]
        subject = program["models"][model]
        pairs = transformed_pairs(self.pm, subject)
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
                    given = [np.asarray(drawn[v.name][i]).reshape(shape_of(subject, v)).astype(v.dtype) for v in inputs]
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

    def prior_draws(self, handle: str, model: int, names: Sequence[str], n: int, seed: int) -> Dict[str, Any]:
        """Draw variables without a transform from their prior, stacked; the test value where PyMC3 cannot draw."""
        subject = self.programs[handle]["models"][model]
        draws: Dict[str, Any] = {}
        for name in names:
            test = np.asarray(subject.test_point[name])
            try:
                with with_data(self.programs[handle]["data"][model]):
                    drawn = self.pm.sample_prior_predictive(n, model=subject, var_names=[name], random_seed=seed)[name]
                draws[name] = np.asarray(drawn).reshape((n, *test.shape)).astype(test.dtype)
            except Exception:  # PyMC3 says in many ways that it cannot draw; any value of the support will do
                draws[name] = np.broadcast_to(test, (n, *test.shape)).copy()
        return draws

    def sample(
        self, handle: str, model: int, draws: int, tune: int, chains: int, seed: int, options: Mapping[str, Any]
    ) -> Dict[str, Any]:
        """Run PyMC3's own sampler; unobserved variables (transformed ones too) by name, (chain, draw, ...)."""
        sizes = {"draws": draws, "tune": tune, "chains": chains, "random_seed": [seed + i for i in range(chains)]}
        try:
            trace = self._sampled(handle, model, self.compiler, {**sizes, **options})
        except Exception as error:  # Theano's, of any kind, which says that it cannot compile
            # some products call a BLAS, which Theano is not given; loops want headers that Python 3.11 has no more
            if not isinstance(error, ImportError) and "Compilation failed" not in str(error):
                raise
            trace = self._sampled(handle, model, "", {**sizes, **options})
        return {name: np.stack(trace.get_values(name, combine=False, squeeze=False)) for name in trace.varnames}

    def _sampled(self, handle: str, model: int, compiler: str, options: Mapping[str, Any]) -> Any:
        """The trace of PyMC3's own sampler, its functions compiled or not."""
        program = self.programs[handle]
        subject = program["models"][model]
        compiling = self.theano.config.change_flags(cxx=compiler)
        with with_data(program["data"][model]), subject, compiling, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.pm.sample(
                cores=1, progressbar=False, compute_convergence_checks=False, return_inferencedata=False, **options
            )
