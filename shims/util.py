"""Names, start points and small helpers (``pymc3.util``)."""

from __future__ import annotations

import functools
import pickle
import re
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import SamplingError
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theano.ops.scalars import SCALARS

_CACHE_SIZE = 128
LATEX_ESCAPE_RE = re.compile(r"(%|_|\$|#|&)", re.MULTILINE)


def escape_latex(strng: str | None) -> str:
    r"""A string with the characters that LaTeX reads as commands escaped.

    Examples
    --------
    >>> escape_latex("disease_rate")
    'disease\\_rate'
    """
    return "None" if strng is None else LATEX_ESCAPE_RE.sub(r"\\\1", strng)


def get_transformed_name(name: str, transform: Any) -> str:
    """Name of the value variable of ``name`` under a transform."""
    return f"{name}_{transform.name}__"


def is_transformed_name(name: str) -> bool:
    """Whether a name looks like one of :func:`get_transformed_name`.

    Examples
    --------
    >>> is_transformed_name("sigma_log__"), is_transformed_name("sigma")
    (True, False)
    """
    return name.endswith("__") and name.count("_") >= 3


def get_untransformed_name(name: str) -> str:
    """The name of which ``name`` is the value variable.

    Raises
    ------
    ValueError
        When it is the name of no value variable.
    """
    if not is_transformed_name(name):
        raise ValueError(f"{name} does not appear to be a transformed name")
    return "_".join(name.split("_")[:-3])


def get_default_varnames(var_iterator: Iterable[Any], include_transformed: bool) -> list[Any]:
    """Variables or names, those of transformed variables left out unless asked for."""
    if include_transformed:
        return list(var_iterator)
    return [var for var in var_iterator if not is_transformed_name(get_var_name(var))]


def get_var_name(var: Any) -> str:
    """The plain name of a variable, or the string itself."""
    if isinstance(var, Variable):
        return str(var.name) if var.name is not None else Variable.__str__(var)
    return str(var)


def get_repr_for_variable(variable: Any, formatting: str = "plain") -> Any:
    """A parameter of a distribution as PyMC3 shows it: a name, ``f(names)`` of an expression, a number or ``array``."""
    name = None
    if variable is not None and hasattr(variable, "name"):
        name = variable.name
    elif type(variable) in (float, int, str):
        name = str(variable)
    if name is None and variable is not None:
        if getattr(variable, "owner", None) is not None:
            return _shown([_operand(variable, item, formatting) for item in variable.owner.inputs], formatting)
        value = np.asarray(variable.eval() if hasattr(variable, "eval") else variable)
        return value.item() if value.shape in ((), (1,)) else "array"
    return rf"\text{{{name}}}" if "latex" in formatting else name


def _shown(names: Sequence[Any], formatting: str) -> str:
    separator = ",~" if "latex" in formatting else ", "
    return f"f({separator.join(n for n in names if isinstance(n, str))})"


def _operand(result: Variable, item: Variable, formatting: str) -> Any:
    """What an expression is shown with: Theano has an operation more where an operand is given axes to broadcast."""
    shown = get_repr_for_variable(item, formatting)
    broadcast = result.owner is not None and result.owner.op.name in SCALARS and item.ndim < result.ndim
    return _shown([shown], formatting) if broadcast else shown


def get_transformed(z: Any) -> Any:
    """The value variable of a transformed random variable; any other variable itself."""
    return getattr(z, "transformed", z)


def update_start_vals(a: dict[str, Any], b: dict[str, Any], model: Any) -> None:
    """Fill a start point ``a`` from ``b``, in place; values given on the original scale are transformed into it."""
    if model is not None:
        transforms = {str(d.name): d.transformation for d in model.deterministics if hasattr(d, "transformation")}
        for free in [v for v in model.free_RVs if is_transformed_name(v.name)]:
            name = get_untransformed_name(free.name)
            if name in a and name in transforms:
                b[free.name] = transforms[name].forward_val(a[name], point=b)
    a.update({k: v for k, v in b.items() if k not in a})


def check_start_vals(start: Any, model: Any) -> None:
    """Raise unless the log density is finite at a start point, or at each of several.

    Raises
    ------
    KeyError
        For a name that is not in the model.
    SamplingError
        With the terms that are not finite.
    """
    for point in [start] if isinstance(start, Mapping) else start:
        unknown = sorted(set(point) - set(model.named_vars))
        if unknown:
            raise KeyError(
                f"Some start parameters do not appear in the model!\nValid keys are: {', '.join(model.named_vars)}, "
                f"but {', '.join(unknown)} was supplied"
            )
        terms = model.check_test_point(test_point=point)
        if not np.all(np.isfinite(terms)):
            raise SamplingError(
                f"Initial evaluation of model at starting point failed!\nStarting values:\n{point}\n\n"
                f"Initial evaluation results:\n{terms}\n\nNot finite: {', '.join(terms[~np.isfinite(terms)].index)}"
            )


def biwrap(wrapper: Callable[..., Any]) -> Callable[..., Any]:
    """Make a decorator usable with and without arguments, on functions and methods."""

    @functools.wraps(wrapper)
    def enhanced(*args: Any, **kwargs: Any) -> Any:
        bound = bool(args) and hasattr(args[0], wrapper.__name__)
        return wrapper(*args, **kwargs) if len(args) > bound else functools.partial(wrapper, *args, **kwargs)

    return enhanced


def dataset_to_point_list(ds: Any) -> list[dict[str, np.ndarray]]:
    """The draws of an xarray dataset as points, chain by chain."""
    values = {name: ds[name].values for name in ds.keys()}  # noqa: SIM118 - of an xarray dataset
    chains, draws = len(ds.chain), len(ds.draw)
    return [{name: array[c, d] for name, array in values.items()} for c in range(chains) for d in range(draws)]


def dataset_to_point_dict(ds: Any) -> list[dict[str, np.ndarray]]:
    """The old name of :func:`dataset_to_point_list`."""
    warnings.warn(
        "dataset_to_point_dict was renamed to dataset_to_point_list and will be removed!",
        DeprecationWarning,
        stacklevel=2,
    )
    return dataset_to_point_list(ds)


def chains_and_samples(data: Any) -> tuple[int, int]:
    """Number of chains and of draws of an xarray dataset or ArviZ InferenceData.

    Raises
    ------
    ValueError
        For anything else.
    """
    dataset = getattr(data, "posterior", data)
    if not (hasattr(dataset, "coords") and hasattr(dataset, "data_vars")):
        raise ValueError(f"Argument must be xarray Dataset or arviz InferenceData. Got {type(data)}")
    return dataset.coords["chain"].sizes["chain"], dataset.coords["draw"].sizes["draw"]


def hashable(a: Any = None) -> int:
    """A hash of nearly everything; of lists, tuples and dictionaries by their items."""
    if isinstance(a, dict):
        return hash(tuple((hashable(k), hashable(v)) for k, v in a.items()))
    if isinstance(a, (tuple, list)):
        return hash(tuple(hashable(item) for item in a))
    try:
        return hash(a)
    except TypeError:
        pass
    try:
        return hash(pickle.dumps(a))
    except Exception:
        return hashable(a.__dict__) if hasattr(a, "__dict__") else id(a)


class HashableWrapper:
    """Anything as a key of a cache: hashed by :func:`hashable`, equal when what it holds is."""

    __slots__ = ("obj",)

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    def __hash__(self) -> int:
        return hashable(self.obj)

    def __eq__(self, other: object) -> bool:
        return bool(self.obj == other)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.obj})"


def hash_key(*args: Any, **kwargs: Any) -> tuple[HashableWrapper, ...]:
    """The key of a call in a cache."""
    return tuple(HashableWrapper(a) for a in (*args, *kwargs.items()))


class WithMemoization:
    """Hashed by identity; a cache of :func:`locally_cachedmethod` is not pickled."""

    def __hash__(self) -> int:
        return hash(id(self))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_cache"}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)


def locally_cachedmethod(f: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the last results of a method on the object itself."""

    @functools.wraps(f)
    def cached(self: Any, *args: Any, **kwargs: Any) -> Any:
        caches = self.__dict__.setdefault("_cache", defaultdict(OrderedDict))
        cache, key = caches[f.__name__], hash_key(*args, **kwargs)
        if key not in cache:
            cache[key] = f(self, *args, **kwargs)
            if len(cache) > _CACHE_SIZE:
                cache.popitem(last=False)
        else:
            cache.move_to_end(key)
        return cache[key]

    return cached
