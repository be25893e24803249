"""PyMC3's distributions and ``sample`` under PyMC3's own arguments, in generator models (not in PyMC4).

``yield pm.pymc3.Normal("x", mu=0, sd=2)`` is ``yield pm.Normal("x", 0, 2)``. They are for arguments that are known only
when the program runs (``**prior``), and for distributions that are chosen then (``pm.pymc3.StudentT if heavy else
pm.pymc3.Normal``); otherwise write the distributions of this package.

Examples
--------
>>> import pm_migrate.pymc4 as pm
>>> prior = {"mu": 3.0, "tau": 4.0}
>>> @pm.model(name=None)
... def one():
...     yield pm.pymc3.Normal("x", **prior)
>>> print(one().logp({"x": 3.0}).round(6))
-0.225791
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from pm_migrate.catalog import expr
from pm_migrate.catalog.calls import constructor
from pm_migrate.catalog.samplers import SAMPLE, SAMPLE_DEFAULTS, STEP_OPTIONS
from pm_migrate.catalog.schema import Parametrised
from pm_migrate.errors import CatalogueError
from pm_migrate.shims import __version__ as __version__  # of PyMC3, for programs that compare it
from pm_migrate.shims.distributions.functions import TF_FUNCTIONS
from pm_migrate.shims.pymc4.tensors import to_tensor

#: What makes several variables, or other ones by an argument: only the rewrite of a call can tell.
_STRUCTURED = frozenset({"LKJCholeskyCov", "WishartBartlett", "DensityDist", "Simulator", "EulerMaruyama"})
_OPTIONS = frozenset({"observed", "testval", "dims", "shape", "transform", "total_size"})
#: Options that say how PyMC3 lays out its graph.
_WITHOUT_MEANING = frozenset({"comp_shape", "broadcastable", "dtype"})


class Constructor:
    """A distribution of PyMC3 that is called as it is there, and makes one of this package.

    Parameters
    ----------
    row
        Its arguments.
    name
        Its name in PyMC3.
    """

    def __init__(self, row: Parametrised, name: str) -> None:
        self.row = row
        self.__name__ = self.__qualname__ = name

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Make a variable.

        Raises
        ------
        TypeError
            For arguments that PyMC3's distribution does not take, or that contradict each other.
        """
        class_name, given = self._arguments(args, kwargs)
        return _ours(class_name)(name, **given)

    def dist(self, *args: Any, **kwargs: Any) -> Any:
        """Make a distribution without a name."""
        class_name, given = self._arguments(args, kwargs)
        return _ours(class_name).dist(**given)

    def __repr__(self) -> str:
        return f"<PyMC3's {self.__name__}>"

    def _arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The class of this package, and its arguments."""
        params, options = self._sorted(args, kwargs)
        try:
            form = self.row.form_for(frozenset(params))
        except CatalogueError as error:
            raise TypeError(str(error)) from None
        defaults = {p.name: p.default for p in self.row.params if p.default is not None}
        out: dict[str, Any] = {}
        for keyword, text in self.row.arguments(form, "pymc4").items():
            filled = expr.substitute(text, {n: str(defaults[n]) for n in expr.names(text) if n not in params})
            out[keyword] = params[filled] if filled in params else _computed(filled, params)
        return form.pymc4_name or self.row.pymc4_name, out | options

    def _sorted(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        if len(args) > len(self.row.signature):
            raise TypeError(f"{self.__name__} takes at most {len(self.row.signature)} arguments after the name")
        given = list(zip(self.row.signature, args, strict=False)) + list(kwargs.items())
        params: dict[str, Any] = {}
        options: dict[str, Any] = {}
        for keyword, value in given:
            try:
                name = "" if keyword in self.row.options else self.row.param(keyword).name
            except KeyError:
                name = ""
            table, place = (params, name) if name else (options, "testval" if keyword == "initval" else keyword)
            if place in table:
                raise TypeError(f"{self.__name__} got two values for {place!r}")
            if not name and place not in _OPTIONS and place not in _WITHOUT_MEANING and place not in self.row.options:
                raise TypeError(f"{self.__name__} got an unexpected argument {keyword!r}")
            if keyword == "transform" and value is None:
                table[place] = _ours("NO_TRANSFORM")
            elif value is not None and place not in _WITHOUT_MEANING:
                table[place] = value
        return params, options


def _computed(text: str, params: Mapping[str, Any]) -> Any:
    """A parameter that a formula gives."""
    values = {n: _real(params[n]) for n in expr.names(text) if n in params}
    return expr.evaluate(text, values, TF_FUNCTIONS)


def _real(value: Any) -> Any:
    if isinstance(value, (int, float)):
        return float(value)
    tensor = to_tensor(value)
    return tensor if tensor.dtype.is_floating else tf.cast(tensor, tf.float64)


def _ours(name: str) -> Any:
    from pm_migrate.shims import pymc4

    return getattr(pymc4, name)


_MADE: dict[str, Constructor] = {}


def __getattr__(name: str) -> Any:
    if name in ("Deterministic", "Potential"):
        return _ours(name)  # the same arguments
    row = None if name.startswith("_") or name in _STRUCTURED else constructor(name)
    if row is None:
        raise AttributeError(f"module {__name__!r} has no distribution {name!r}")
    return _MADE.setdefault(name, Constructor(row, name))


def sample(model: Any, *args: Any, **kwargs: Any) -> Any:
    """Draw from the posterior, by the arguments of PyMC3's ``pm.sample``.

    Parameters
    ----------
    model
        A generator model.
    *args, **kwargs
        As in PyMC3 3.11: ``draws``, ``tune``, ``chains``, ``cores``, ``target_accept``...

    Returns
    -------
    MultiTrace or InferenceData
        As in PyMC3: an InferenceData with ``return_inferencedata=True``.

    Raises
    ------
    TypeError
        For arguments that PyMC3's function does not take.
    """
    given = _by_name(args, kwargs)
    given.setdefault("return_inferencedata", False)
    out: dict[str, Any] = {}
    steps: dict[str, Any] = {}
    for name, value in given.items():
        if name in STEP_OPTIONS:
            steps[name] = value
        elif name == "return_inferencedata" or (name in SAMPLE.keep and value is not None):
            out[SAMPLE.keep.get(name, name)] = value
        elif name == "init":  # None: at the test point
            out["init"] = "adapt_diag"
        elif name not in SAMPLE.keep and name not in SAMPLE.drop:
            raise TypeError(f"sample got an unexpected argument {name!r}")
    if steps and "step_kwargs" in out:
        raise TypeError("sample got options of step methods in two places")
    if steps:
        out["step_kwargs"] = steps
    cores = given.get("cores", given.get("njobs"))
    defaults = {SAMPLE.keep[name]: int(text) for name, text in SAMPLE_DEFAULTS.items()}
    if cores is not None:
        defaults["num_chains"] = max(2, cores)
    return _ours("sample")(model, **{**defaults, **out})


def _by_name(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    if len(args) > len(SAMPLE.signature):
        raise TypeError(f"sample takes at most {len(SAMPLE.signature)} arguments after the model")
    given = dict(zip(SAMPLE.signature, args, strict=False))
    for name, value in kwargs.items():
        if name in given:
            raise TypeError(f"sample got two values for {name!r}")
        given[name] = value
    if given.pop("model", None) is not None:
        raise TypeError("sample got a model among its arguments: give it first, in place of the other")
    return given
