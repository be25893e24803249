# ruff: noqa: B905, UP006, UP035 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""Operations about a single distribution, which need no program."""

from __future__ import annotations

import inspect
from typing import Any, Dict, List, Mapping, Sequence

import numpy as np

from .graphs import transform_tag
from .side import Side


class DistributionSide(Side):
    """Constructors, densities and distribution functions."""

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
            "transform": transform_tag(rv),
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
