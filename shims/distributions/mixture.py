"""``Mixture``, ``NormalMixture`` and ``MixtureSameFamily``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.base import Discrete, Distribution
from pm_migrate.shims.distributions.binding import as_float
from pm_migrate.shims.distributions.composite import MixedAxis, MixedList, component_padding
from pm_migrate.shims.distributions.expressions import Composite
from pm_migrate.shims.distributions.frontend import CLASSES
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theano.ops.elemwise import log
from pm_migrate.shims.theano.ops.joining import stack
from pm_migrate.shims.theano.ops.reductions import argmax
from pm_migrate.shims.theano.ops.shaping import squeeze
from pm_migrate.shims.theano.tensor import as_tensor_variable

SQUEEZED = (
    "Mixture with a list of components drops axes of length 1 from their densities, and so mixes observations with "
    "each other: with a single component it gives one number for all the data."
)
UNWEIGHTED = (
    "MixtureSameFamily of vectors whose log density is reduced (MvNormal, Dirichlet) leaves the weights out: it gives "
    "the sum of the log densities of the components."
)


def all_discrete(comp_dists: Any) -> bool:
    """Whether every component is discrete."""
    if isinstance(comp_dists, Distribution):
        return comp_dists.discrete
    return all(isinstance(c, Discrete) or c.discrete for c in comp_dists)


class Mixture(Composite):
    """A mixture: ``log(sum(w * exp(logp of each component)))``.

    Weights that are negative or do not sum to 1 (within 1e-5) give ``-inf``.

    Parameters
    ----------
    w
        Weights, the components on the last axis; further axes are independent mixtures.
    comp_dists
        A list of distributions (``pm.Normal.dist(...)``), or one whose last axis holds the components.
    shape, dtype, testval, transform
        As for every distribution. The start value is the mean, else the mode.

    Raises
    ------
    TypeError
        When ``comp_dists`` are not distributions, or their shapes do not broadcast.

    Examples
    --------
    >>> import pm_migrate.shims as pm
    >>> mixture = pm.Mixture.dist([0.5, 0.5], [pm.Normal.dist(0.0, 1.0), pm.Normal.dist(4.0, 1.0)])
    >>> round(float(mixture.logp(2.0).eval()), 4)
    -2.9189
    """

    def __init__(self, w: Any, comp_dists: Any, *args: Any, **kwargs: Any) -> None:
        comp_dists = _components(comp_dists)
        single = isinstance(comp_dists, Distribution)
        self.w = as_tensor_variable(w)
        self.comp_dists = comp_dists
        self._parts = (comp_dists,) if single else tuple(comp_dists)
        self._own = {"w": self.w}
        if not single:
            _check_broadcast(self._parts)
        defaults = list(kwargs.pop("defaults", ()))
        discrete = all_discrete(comp_dists)
        self._set_moments(discrete, defaults)
        # PyMC3's choice of integers for a mixture, other than for its components
        integer = {"float64": "int32", "float32": "int16"}.get(config.floatX, "int32")
        dtype = kwargs.pop("dtype", None) or (integer if discrete else config.floatX)
        super().__init__(kwargs.pop("shape", ()), dtype, *args, defaults=defaults, **kwargs)
        self.squeeze = not single and not quirks.fixed()
        if not single and len(self._parts) != self.w.static_shape[-1:][0]:
            raise ModelError(
                f"Mixture: {len(self._parts)} components and weights of shape {self.w.static_shape}: the last axis of "
                "the weights holds one weight for each component"
            )

    def _set_moments(self, discrete: bool, defaults: list[str]) -> None:
        """``mean`` and ``mode``, where the components have them."""
        try:
            if not discrete:
                self.mean = (self.w * self._of_components("mean")).sum(axis=-1)
                defaults.append("mean")
        except (AttributeError, ModelError):
            pass
        try:
            modes = self._of_components("mode")
            if isinstance(self.comp_dists, Distribution):
                densities = self.comp_dists.logp(self.comp_dists.mode)
            else:
                densities = stack([c.logp(c.mode) for c in self.comp_dists])
            self.mode = modes[argmax(log(self.w) + densities, axis=-1)]
            defaults.append("mode")
        except (AttributeError, ValueError, IndexError):
            pass

    def _of_components(self, moment: str) -> Variable:
        """A moment of the components, these on the last axis."""
        if isinstance(self.comp_dists, Distribution):
            return as_tensor_variable(getattr(self.comp_dists, moment))
        return squeeze(stack([getattr(c, moment) for c in self.comp_dists], axis=-1))

    @property
    def drawn_dtype(self) -> str:
        return self.dtype

    @property
    def event_rank(self) -> int:
        return self._parts[0].event_rank

    def check(self, shape: tuple[int, ...]) -> None:
        try:
            super().check(shape)
        except (ValueError, tf.errors.InvalidArgumentError) as error:
            shapes = [part.shape for part in self._parts]
            raise ModelError(
                f"Mixture: a value of shape {shape} does not go with weights of shape {self.w.static_shape} and "
                f"components of shape {shapes if len(shapes) > 1 else shapes[0]}: {error}"
            ) from error
        if self.squeeze and ((len(self._parts) == 1 and shape) or (self.w.ndim > 1 and 1 in shape)):
            quirks.say_once("Mixture", SQUEEZED)

    def bound(self, values: Mapping[Variable, Any]) -> MixedList | MixedAxis:
        """The mixture at values of its parameters."""
        weights = as_float(values[self.w])
        parts = [part.bound(values) for part in self._parts]
        if not isinstance(self.comp_dists, Distribution):
            return MixedList(weights, parts, self.squeeze)
        component = self.comp_dists.shape
        return MixedAxis(
            weights,
            parts[0],
            component or (*weights.shape[-1:], *parts[0].event_shape),
            axis=-1 - self.comp_dists.event_rank,
            pad=component_padding(self.shape, component),
            keeps_event_axis=self.comp_dists.keeps_event_axis,
        )


class NormalMixture(Mixture):
    """A mixture of normal distributions.

    Parameters
    ----------
    w
        Weights, the components on the last axis.
    mu
        Means of the components.
    sigma, sd, tau
        Their standard deviations or precisions: 1 when none is given.
    comp_shape
        Shape of the components, the mixture axis last.
    """

    def __init__(
        self,
        w: Any,
        mu: Any,
        sigma: Any = None,
        tau: Any = None,
        sd: Any = None,
        comp_shape: Any = (),
        *args: Any,
        **kwargs: Any,
    ) -> None:
        sigma = sigma if sd is None else sd
        normal = CLASSES["Normal"].dist(mu, sigma=sigma, tau=tau, shape=comp_shape)
        self.mu = as_tensor_variable(mu)
        self.sigma = self.sd = normal.sigma
        super().__init__(w, normal, *args, **kwargs)


class MixtureSameFamily(Composite):
    """A mixture of components that lie on any axis of one distribution.

    Parameters
    ----------
    w
        Weights, the components on the last axis.
    comp_dists
        A distribution of shape ``(batch..., components, event...)``.
    mixture_axis
        The axis of the components.
    shape
        Shape of a value, ``(batch..., event...)``. Required, as in PyMC3.

    Raises
    ------
    TypeError
        When ``comp_dists`` is not one distribution, or ``shape`` is missing.
    ValueError
        When ``mixture_axis`` is not an axis of it.
    """

    def __init__(self, w: Any, comp_dists: Any, mixture_axis: int = -1, *args: Any, **kwargs: Any) -> None:
        if not isinstance(comp_dists, Distribution):
            raise TypeError(
                "The MixtureSameFamily distribution only accepts Distribution instances as its components. Got "
                f"{type(comp_dists)} instead."
            )
        rank = len(comp_dists.shape)
        axis = mixture_axis + rank if mixture_axis < 0 else mixture_axis
        if not 0 <= axis < rank:
            raise ModelError(
                f"`mixture_axis` is supposed to be in shape of components' distribution. Got {mixture_axis} axis "
                f"instead out of the bounds of {comp_dists.shape}."
            )
        if "shape" not in kwargs and not args:
            rest = comp_dists.shape[:axis] + comp_dists.shape[axis + 1 :]
            raise TypeError(f"MixtureSameFamily misses the required argument 'shape'; here it is {rest}")
        self.w = as_tensor_variable(w)
        self.comp_dists = comp_dists
        self.mixture_axis = axis
        self._parts = (comp_dists,)
        self._own = {"w": self.w}
        defaults = list(kwargs.pop("defaults", ()))
        self._set_moments(defaults)
        kwargs.setdefault("dtype", comp_dists.dtype)
        super().__init__(*args, defaults=defaults, **kwargs)
        self._fault = comp_dists.event_rank > 0 and not comp_dists.keeps_event_axis and axis < rank - 1
        self.mended = quirks.fixed()
        if self._fault and not self.mended:
            quirks.say_once("MixtureSameFamily", UNWEIGHTED)

    def _set_moments(self, defaults: list[str]) -> None:
        trailing = len(self.comp_dists.shape) - self.mixture_axis - 1
        weights = self.w.reshape((*(n or 1 for n in self.w.static_shape), *[1] * trailing), ndim=self.w.ndim + trailing)
        if not self.comp_dists.discrete and hasattr(self.comp_dists, "mean"):
            mean = as_tensor_variable(self.comp_dists.mean)
            self.mean = (weights * mean).sum(axis=-1 - trailing)
            defaults.append("mean")
        if hasattr(self.comp_dists, "mode"):
            mode = as_tensor_variable(self.comp_dists.mode)
            index = (slice(None),) * max(mode.ndim - trailing - 1, 0) + (argmax(self.w),)
            self.mode = mode[index] if mode.ndim > trailing else mode
            defaults.append("mode")

    @property
    def drawn_dtype(self) -> str:
        return self.dtype

    @property
    def event_rank(self) -> int:
        return self.comp_dists.event_rank

    def bound(self, values: Mapping[Variable, Any]) -> MixedAxis:
        """The mixture at values of its parameters."""
        shape = self.comp_dists.shape
        return MixedAxis(
            as_float(values[self.w]),
            self.comp_dists.bound(values),
            shape,
            axis=self.mixture_axis - len(shape),
            keeps_event_axis=self.comp_dists.keeps_event_axis and not self.mended,
            from_left=not self.mended,
        )


def _components(comp_dists: Any) -> Any:
    """The components, a list of them as a tuple; a TypeError for anything else."""
    if isinstance(comp_dists, Distribution):
        return comp_dists
    if isinstance(comp_dists, Iterable):
        listed = tuple(comp_dists)
        if listed and all(isinstance(c, Distribution) for c in listed):
            return listed
        got: Any = [type(c).__name__ for c in listed]
    else:
        got = type(comp_dists).__name__
    raise TypeError(
        f"Supplied Mixture comp_dists must be a Distribution or an iterable of Distributions. Got {got} instead. "
        "Components are made by .dist: pm.Normal.dist(mu, sigma)"
    )


def _check_broadcast(parts: tuple[Distribution, ...]) -> None:
    shapes = [part.shape for part in parts]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise TypeError(
            f"Supplied comp_dists shapes do not broadcast with each other. comp_dists shapes are: {shapes}"
        ) from None
