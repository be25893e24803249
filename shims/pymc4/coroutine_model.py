"""``pm.model``: generator functions as models."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from types import GeneratorType
from typing import TYPE_CHECKING, Any

import numpy as np

from pm_migrate.shims import recording
from pm_migrate.shims.pymc4.names import as_name, check_model_name
from pm_migrate.shims.pymc4.tensors import floatx, is_evaluating

if TYPE_CHECKING:
    from pm_migrate.shims.density import LogDensity

_FROM_FUNCTION: Any = object()  # name= left out: the function's own name; None means no name


def model(
    genfn: Callable[..., Any] | None = None,
    *,
    name: Any = _FROM_FUNCTION,
    keep_auxiliary: bool = True,
    keep_return: bool = True,
    method: bool = False,
    coords: Mapping[str, Sequence[Any]] | None = None,
    prefix: str | None = None,
) -> Any:
    """Turn a generator function into a template of models.

    Each ``yield`` hands a distribution, deterministic, potential or another model to the evaluation and gets its value
    back. The function runs again for every evaluation and every compilation, so its side effects (printing, drawing
    from NumPy's random state) happen more than once, and not once per draw.

    Parameters
    ----------
    genfn
        The generator function.
    name
        Prefix of all names of the model; the function's name by default, None for no prefix.
    keep_auxiliary
        With False, a value given for the model as a whole replaces the run of its body.
    keep_return
        Record what the function returns as a deterministic under the model's name.
    method
        The function is a method: keep it callable on instances.
    coords
        Coordinate values by dimension name, for ``dims=`` (not in PyMC4).
    prefix
        Prefix of all names as a PyMC3 model's name is: see :func:`pm.prefix` (not in PyMC4).

    Returns
    -------
    ModelTemplate
        To be called with the arguments of the function, which gives a :class:`Model`.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model(name=None)
    ... def coin():
    ...     p = yield pm.Beta("p", 1, 1)
    ...     yield pm.Bernoulli("heads", p, observed=[1, 0, 1])
    >>> pm.evaluate_model(coin())[1].untransformed_values.keys()
    dict_keys(['p'])
    """
    if genfn is None:
        return functools.partial(
            model,
            name=name,
            keep_auxiliary=keep_auxiliary,
            keep_return=keep_return,
            method=method,
            coords=coords,
            prefix=prefix,
        )
    template = ModelTemplate(
        genfn, name=name, keep_auxiliary=keep_auxiliary, keep_return=keep_return, coords=coords, prefix=prefix
    )
    if not method:
        return template

    @functools.wraps(genfn)
    def bound(*args: Any, **kwargs: Any) -> Model:
        return template(*args, **kwargs)

    return bound


class ModelTemplate:
    """A generator function with the options of :func:`model`; calling it gives a :class:`Model`."""

    def __init__(
        self,
        template: Callable[..., Any],
        *,
        name: Any = _FROM_FUNCTION,
        keep_auxiliary: bool = True,
        keep_return: bool = True,
        coords: Mapping[str, Sequence[Any]] | None = None,
        prefix: str | None = None,
    ) -> None:
        functools.update_wrapper(self, template)
        self.template = template
        self.name = name
        self.keep_auxiliary = keep_auxiliary
        self.keep_return = keep_return
        self.coords = coords
        self.prefix = prefix

    def __call__(
        self,
        *args: Any,
        name: Any = _FROM_FUNCTION,
        keep_auxiliary: bool | None = None,
        keep_return: bool | None = None,
        **kwargs: Any,
    ) -> Model:
        """Make a model.

        ``prefix=`` overrides the template's, too, unless the generator function has an argument of that name.

        Parameters
        ----------
        *args, **kwargs
            Arguments of the generator function: data, sizes, values of an outer model.
        name, keep_auxiliary, keep_return
            Override the template's for this model.

        Raises
        ------
        ValueError
            For a name that looks like that of a transformed variable.
        """
        if name is _FROM_FUNCTION:
            name = self.name
        if name is _FROM_FUNCTION:
            name = getattr(self.template, "__name__", None)
        name = as_name(name)
        check_model_name(name)
        prefix = self.prefix
        if "prefix" in kwargs and "prefix" not in inspect.signature(self.template).parameters:
            prefix = kwargs.pop("prefix")
        return Model(
            _Bound(self.template, *args, **kwargs),
            name=name,
            keep_auxiliary=self.keep_auxiliary if keep_auxiliary is None else keep_auxiliary,
            keep_return=self.keep_return if keep_return is None else keep_return,
            coords=self.coords,
            prefix=prefix,
        )

    def __reduce__(self) -> Any:
        """Pickled by its name, as functions are, if it has one."""
        name: str | None = self.__dict__.get("__qualname__")  # the generator function's
        return super().__reduce__() if name is None else name


class _Bound(functools.partial[Any]):
    """A generator function with its arguments, which is pickled by the name of its template."""

    def __reduce__(self) -> Any:
        module = sys.modules.get(getattr(self.func, "__module__", ""))
        template = getattr(module, getattr(self.func, "__qualname__", ""), None)
        if isinstance(template, ModelTemplate) and template.template is self.func:
            return _bound, (template, self.args, self.keywords)
        return super().__reduce__()


def _bound(template: ModelTemplate, args: tuple[Any, ...], keywords: dict[str, Any]) -> _Bound:
    return _Bound(template.template, *args, **keywords)


class Model:
    """A generative process with its arguments: what ``pm.sample`` and the other functions take.

    Parameters
    ----------
    genfn
        A function without arguments that returns the generator.
    name
        Prefix of all names, or None.
    keep_auxiliary, keep_return, coords, prefix
        See :func:`model`.

    Attributes
    ----------
    floatx
        Float dtype of its values, chosen when it is made; see :func:`pm.set_floatx`.
    replaced
        Named data that :func:`pm.set_data` replaced.
    """

    def __init__(
        self,
        genfn: Callable[[], Any],
        *,
        name: Any = None,
        keep_auxiliary: bool = True,
        keep_return: bool = True,
        coords: Mapping[str, Sequence[Any]] | None = None,
        prefix: str | None = None,
    ) -> None:
        self.genfn = genfn
        self.name = as_name(name)
        self.keep_auxiliary = keep_auxiliary
        self.keep_return = keep_return
        self.coords = dict(coords or {})
        self.prefix = prefix
        self.floatx = floatx().name
        self.replaced: dict[str, Any] = {}
        self._density: LogDensity | None = None
        self._data_version: Hashable = None
        if not is_evaluating():  # a model made inside another one is a part of it
            recording.record(self)

    @property
    def model_info(self) -> dict[str, Any]:
        """Name and options, as PyMC4 spells them."""
        return {"name": self.name, "keep_auxiliary": self.keep_auxiliary, "keep_return": self.keep_return}

    def control_flow(self) -> Generator[Any, Any, Any]:
        """A new run of the generator."""
        result = self.genfn()
        if isinstance(result, GeneratorType):
            return result
        return _returning(result)

    def __iter__(self) -> Generator[Any, Any, Any]:
        return self.control_flow()

    def log_density(self) -> LogDensity:
        """Compile the model to its log density: once, and again when a shared variable that it reads was set."""
        if self._density is None or self._density.version() != self._data_version:
            from pm_migrate.shims.pymc4.compilation import compile_model

            self._density = compile_model(self)
            self._data_version = self._density.version()
        return self._density

    def set_data(self, new: Mapping[str, Any]) -> None:
        """Replace named data from now on; see :func:`pm.set_data`."""
        self.replaced.update(new)
        self._density = None

    def logp(self, point: Mapping[str, Any]) -> np.ndarray:
        """Log density at a point, missing names at their test values (not in PyMC4)."""
        from pm_migrate.shims.pymc4.compilation import complete

        return np.asarray(self.log_density().logp_and_gradient(complete(self, point))[0], self.floatx)

    def __getstate__(self) -> dict[str, Any]:
        """Pickled as its function, by name, with the arguments; compiled again where it is read."""
        return {**self.__dict__, "_density": None, "_data_version": None}

    def __repr__(self) -> str:
        function = getattr(self.genfn, "func", self.genfn)
        return f"<Model {self.name!r} of {getattr(function, '__qualname__', function)}>"


def _returning(value: Any) -> Generator[Any, Any, Any]:
    """A generator that yields nothing, for a model function without a yield."""
    return value
    yield


def is_template(value: Any) -> bool:
    """Whether a value is a model that was not called, or a generator function that was neither."""
    return isinstance(value, ModelTemplate) or inspect.isgeneratorfunction(value)
