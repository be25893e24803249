"""``pymc3.variational.updates``: optimisers, as updates of shared variables.

An optimiser is called with a loss (or its gradients) and the shared variables it moves. It gives what each of them, and
each of its own, becomes in a step. Called without a loss and without parameters, it gives itself with its settings
filled in: that is what ``pm.fit(obj_optimizer=pm.adam(learning_rate=0.01))`` takes.
"""

from __future__ import annotations

import functools
import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.theano import grad, shared
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.config import config, floatX
from pm_migrate.shims.theano.graph import SharedVariable, Variable

__all__ = [
    "adadelta",
    "adagrad",
    "adagrad_window",
    "adam",
    "adamax",
    "apply_momentum",
    "apply_nesterov_momentum",
    "momentum",
    "nesterov_momentum",
    "norm_constraint",
    "rmsprop",
    "sgd",
    "total_norm_constraint",
]

Updates = OrderedDict[SharedVariable, Variable]


def get_or_compute_grads(loss_or_grads: Any, params: Sequence[Any]) -> list[Variable]:
    """The gradients of a loss; a list of gradients as it is.

    Parameters
    ----------
    loss_or_grads
        A scalar, or one gradient for each parameter.
    params
        Shared variables.

    Raises
    ------
    ValueError
        When a parameter is no shared variable, or the number of gradients is not that of the parameters.
    """
    for param in params:
        if not isinstance(param, SharedVariable):
            raise ValueError(
                f"params must contain shared variables only, but {param} is none: an expression cannot be updated; "
                "give the shared variables that it is made of"
            )
    if not isinstance(loss_or_grads, list):
        return grad(loss_or_grads, list(params))
    if len(loss_or_grads) != len(params):
        raise ValueError(f"Got {len(loss_or_grads)} gradient expressions for {len(params)} parameters")
    return loss_or_grads


def _optimiser(rule: Callable[..., Updates]) -> Callable[..., Any]:
    """Fill in the settings when neither a loss nor parameters are given, and refuse when one of them is missing."""
    signature = inspect.signature(rule)

    @functools.wraps(rule)
    def optimiser(*args: Any, **kwargs: Any) -> Any:
        settings = dict(signature.bind(*args, **kwargs).arguments)
        loss, params = settings.pop("loss_or_grads", None), settings.pop("params", None)
        if loss is None and params is None:
            return functools.partial(optimiser, **settings)
        if loss is None or params is None:
            raise ValueError("Please provide both `loss_or_grads` and `params` to get updates")
        return rule(loss, params, **settings)

    return optimiser


def _zeros(param: SharedVariable) -> SharedVariable:
    """A shared variable of zeros, of the kind of another."""
    value = param.get_value(borrow=True)
    return shared(np.zeros(value.shape, value.dtype), broadcastable=param.broadcastable)


@_optimiser
def sgd(loss_or_grads: Any = None, params: Any = None, learning_rate: Any = 1e-3) -> Updates:
    """Stochastic gradient descent: ``x - learning_rate * g``.

    Parameters
    ----------
    loss_or_grads
        A scalar, or a list with the gradient for each parameter.
    params
        The shared variables to move.
    learning_rate
        Length of a step, a number or a scalar expression.

    Returns
    -------
    OrderedDict or callable
        New values by shared variable; the optimiser with its settings when neither loss nor parameters are given.

    Raises
    ------
    ValueError
        When only one of ``loss_or_grads`` and ``params`` is given.

    Examples
    --------
    >>> from pm_migrate.shims.theano import function
    >>> x = shared(3.0)
    >>> step = function([], x**2, updates=sgd(x**2, [x], learning_rate=0.25))
    >>> float(step()), float(x.get_value())
    (9.0, 1.5)
    """
    grads = get_or_compute_grads(loss_or_grads, params)
    return OrderedDict((param, param - learning_rate * g) for param, g in zip(params, grads, strict=True))


def apply_momentum(
    updates: Mapping[Any, Any], params: Iterable[SharedVariable] | None = None, momentum: Any = 0.9
) -> Updates:
    """Add momentum to updates: ``v = momentum * v + step`` and ``x + v``, for the step ``updates[x] - x``.

    Parameters
    ----------
    updates
        New values by shared variable.
    params
        The variables with momentum; all by default.
    momentum
        Part of the velocity that is kept from step to step.
    """
    result = OrderedDict(updates)
    for param in list(updates) if params is None else params:
        velocity = _zeros(param)
        new = momentum * velocity + result[param]
        result[velocity] = new - param
        result[param] = new
    return result


@_optimiser
def momentum(loss_or_grads: Any = None, params: Any = None, learning_rate: Any = 1e-3, momentum: Any = 0.9) -> Updates:
    """Gradient descent with momentum: ``v = momentum * v - learning_rate * g``, then ``x + v``.

    The parameters are those of :func:`sgd`, and ``momentum``, the part of the velocity that is kept.
    """
    return apply_momentum(sgd(loss_or_grads, params, learning_rate), momentum=momentum)


def apply_nesterov_momentum(
    updates: Mapping[Any, Any], params: Iterable[SharedVariable] | None = None, momentum: Any = 0.9
) -> Updates:
    """Add Nesterov's momentum to updates: ``v = momentum * v + step``, then ``x + momentum * v + step``.

    The gradient is that at the current values, not at the values looked ahead to: the form of Bengio,
    Boulanger-Lewandowski and Pascanu (2013). The parameters are those of :func:`apply_momentum`.
    """
    result = OrderedDict(updates)
    for param in list(updates) if params is None else params:
        velocity = _zeros(param)
        new = momentum * velocity + result[param] - param
        result[velocity] = new
        result[param] = momentum * new + result[param]
    return result


@_optimiser
def nesterov_momentum(
    loss_or_grads: Any = None, params: Any = None, learning_rate: Any = 1e-3, momentum: Any = 0.9
) -> Updates:
    """Gradient descent with Nesterov's momentum (:func:`apply_nesterov_momentum`); parameters of :func:`momentum`."""
    return apply_nesterov_momentum(sgd(loss_or_grads, params, learning_rate), momentum=momentum)


@_optimiser
def adagrad(loss_or_grads: Any = None, params: Any = None, learning_rate: Any = 1.0, epsilon: Any = 1e-6) -> Updates:
    """AdaGrad (Duchi, Hazan and Singer, 2011): ``x - learning_rate * g / sqrt(r + epsilon)``, ``r`` a sum of ``g**2``.

    Parameters
    ----------
    loss_or_grads, params, learning_rate
        As for :func:`sgd`.
    epsilon
        Keeps the root away from zero.
    """
    updates: Updates = OrderedDict()
    for param, g in zip(params, get_or_compute_grads(loss_or_grads, params), strict=True):
        squares = _zeros(param)
        updates[squares] = new = squares + g**2
        updates[param] = param - learning_rate * g / tt.sqrt(new + epsilon)
    return updates


@_optimiser
def adagrad_window(
    loss_or_grads: Any = None, params: Any = None, learning_rate: Any = 0.001, epsilon: Any = 0.1, n_win: int = 10
) -> Updates:
    """AdaGrad over the last ``n_win`` steps: PyMC3's default for variational inference.

    Parameters
    ----------
    loss_or_grads, params, learning_rate
        As for :func:`sgd`.
    epsilon
        Keeps the root away from zero.
    n_win
        Number of squared gradients that are added up.
    """
    updates: Updates = OrderedDict()
    for param, g in zip(params, get_or_compute_grads(loss_or_grads, params), strict=True):
        value = param.get_value(borrow=True)
        position = shared(floatX(0))  # a float: an integer would be a constant of the compiled program
        window = shared(np.zeros((*value.shape, n_win), value.dtype))
        updates[window] = new = tt.set_subtensor(window[..., position.astype("int32")], g**2)
        updates[position] = tt.switch(position + 1 < n_win, position + 1, 0)
        updates[param] = param - learning_rate * g / tt.sqrt(new.sum(axis=-1) + epsilon)
    return updates


@_optimiser
def rmsprop(
    loss_or_grads: Any = None, params: Any = None, learning_rate: Any = 1.0, rho: Any = 0.9, epsilon: Any = 1e-6
) -> Updates:
    """RMSProp (Tieleman and Hinton, 2012): AdaGrad with ``r = rho * r + (1 - rho) * g**2``.

    Parameters
    ----------
    loss_or_grads, params, learning_rate
        As for :func:`sgd`.
    rho
        Part of the average that is kept from step to step, between 0 and 1.
    epsilon
        Keeps the root away from zero.
    """
    updates: Updates = OrderedDict()
    for param, g in zip(params, get_or_compute_grads(loss_or_grads, params), strict=True):
        average = _zeros(param)
        updates[average] = new = rho * average + (1 - rho) * g**2
        updates[param] = param - learning_rate * g / tt.sqrt(new + epsilon)
    return updates


@_optimiser
def adadelta(
    loss_or_grads: Any = None, params: Any = None, learning_rate: Any = 1.0, rho: Any = 0.95, epsilon: Any = 1e-6
) -> Updates:
    """ADADELTA (Zeiler, 2012): steps in the ratio of an average of squared steps to one of squared gradients.

    With ``r = rho * r + (1 - rho) * g**2`` the step is ``d = g * sqrt(s + epsilon) / sqrt(r + epsilon)``, then
    ``s = rho * s + (1 - rho) * d**2``. The parameters are those of :func:`rmsprop`; the article has no learning rate.
    """
    updates: Updates = OrderedDict()
    for param, g in zip(params, get_or_compute_grads(loss_or_grads, params), strict=True):
        squares, steps = _zeros(param), _zeros(param)
        updates[squares] = new = rho * squares + (1 - rho) * g**2
        step = g * tt.sqrt(steps + epsilon) / tt.sqrt(new + epsilon)
        updates[param] = param - learning_rate * step
        updates[steps] = rho * steps + (1 - rho) * step**2
    return updates


@_optimiser
def adam(
    loss_or_grads: Any = None,
    params: Any = None,
    learning_rate: Any = 0.001,
    beta1: Any = 0.9,
    beta2: Any = 0.999,
    epsilon: Any = 1e-8,
) -> Updates:
    """Adam (Kingma and Ba, 2014), with the bias of both averages in the step size, at the end of their section 2.

    Parameters
    ----------
    loss_or_grads, params, learning_rate
        As for :func:`sgd`.
    beta1, beta2
        Parts of the averages of gradients and of squared gradients that are kept from step to step.
    epsilon
        Keeps the denominator away from zero.
    """
    updates: Updates = OrderedDict()
    grads = get_or_compute_grads(loss_or_grads, params)
    before = shared(floatX(0.0))
    t = before + 1
    size = learning_rate * tt.sqrt(1 - beta2**t) / (1 - beta1**t)
    for param, g in zip(params, grads, strict=True):
        first, second = _zeros(param), _zeros(param)
        updates[first] = m = beta1 * first + (1 - beta1) * g
        updates[second] = v = beta2 * second + (1 - beta2) * g**2
        updates[param] = param - size * m / (tt.sqrt(v) + epsilon)
    updates[before] = t
    return updates


@_optimiser
def adamax(
    loss_or_grads: Any = None,
    params: Any = None,
    learning_rate: Any = 0.002,
    beta1: Any = 0.9,
    beta2: Any = 0.999,
    epsilon: Any = 1e-8,
) -> Updates:
    """Adamax (Kingma and Ba, 2014, section 7.1): Adam with the infinity norm; parameters of :func:`adam`."""
    updates: Updates = OrderedDict()
    grads = get_or_compute_grads(loss_or_grads, params)
    before = shared(floatX(0.0))
    t = before + 1
    size = learning_rate / (1 - beta1**t)
    for param, g in zip(params, grads, strict=True):
        first, largest = _zeros(param), _zeros(param)
        updates[first] = m = beta1 * first + (1 - beta1) * g
        updates[largest] = u = tt.maximum(beta2 * largest, abs(g))
        updates[param] = param - size * m / (u + epsilon)
    updates[before] = t
    return updates


def norm_constraint(
    tensor_var: Variable, max_norm: float, norm_axes: Iterable[int] | None = None, epsilon: float = 1e-7
) -> Variable:
    """Rescale the parts of a tensor whose Euclidean norm is above ``max_norm``.

    Parameters
    ----------
    tensor_var
        Weights, gradients or updates.
    max_norm
        Largest norm that is left.
    norm_axes
        Axes that a norm is taken over. By default the first one of a matrix, and all but the first of a tensor with
        three to five.
    epsilon
        Keeps the denominator away from zero.

    Raises
    ------
    ValueError
        Without ``norm_axes``, for any other number of axes.
    """
    ndim = tensor_var.ndim
    if norm_axes is not None:
        axes = tuple(norm_axes)
    elif 2 <= ndim <= 5:
        axes = (0,) if ndim == 2 else tuple(range(1, ndim))
    else:
        raise ValueError(f"Unsupported tensor dimensionality {ndim}. Must specify `norm_axes`")
    dtype = np.dtype(config.floatX).type
    norms = tt.sqrt(tt.sum(tt.sqr(tensor_var), axis=axes, keepdims=True))
    return tensor_var * (tt.clip(norms, 0, dtype(max_norm)) / (dtype(epsilon) + norms))


def total_norm_constraint(
    tensor_vars: Sequence[Variable], max_norm: float, epsilon: float = 1e-7, return_norm: bool = False
) -> Any:
    """Rescale tensors together when their joint Euclidean norm is above ``max_norm``.

    Parameters
    ----------
    tensor_vars
        Tensors, such as gradients.
    max_norm
        Largest joint norm that is left.
    epsilon
        Keeps the denominator away from zero.
    return_norm
        Give the norm before the rescaling too.

    Returns
    -------
    list of Variable, or (list of Variable, Variable)
    """
    dtype = np.dtype(config.floatX).type
    norm = tt.sqrt(sum(tt.sum(tensor**2) for tensor in tensor_vars))
    factor = tt.clip(norm, 0, dtype(max_norm)) / (dtype(epsilon) + norm)
    scaled = [tensor * factor for tensor in tensor_vars]
    return (scaled, norm) if return_norm else scaled
