"""What all transforms have in common, and transforms that programs write with Theano's operations."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.evaluation import evaluate, toposort
from pm_migrate.shims.theano.gradient import grad
from pm_migrate.shims.theano.graph import Constant, Input, Op, Variable, apply, as_variable
from pm_migrate.shims.theano.ops import elemwise, reductions

Tensor = Any
_METHODS = ("backward", "jacobian_det", "forward")


def is_tensor(value: Any) -> bool:
    """Whether a value is TensorFlow's, or a thin class around a tensor."""
    return tf.is_tensor(value) or hasattr(type(value), "__tf_tensor__")


class Transform:
    """A bijection between a support and the reals: PyMC3's base class.

    A program's own transform is a subclass with a ``name`` and the methods :meth:`forward`, :meth:`backward` and
    :meth:`jacobian_det`, written with ``theano.tensor``; it may hold random variables. The front ends see every
    transform through :attr:`params`, :meth:`rebind` and :meth:`log_jacobian`, which are functions of tensors.

    Attributes
    ----------
    name
        In the names of PyMC3's value variables: ``sigma_log__``.

    Examples
    --------
    >>> from pm_migrate.shims.theano import tensor as tt
    >>> class Cubed(Transform):
    ...     name = "cubed"
    ...     def forward(self, x):
    ...         return tt.sgn(x) * abs(x) ** (1 / 3)
    ...     def backward(self, y):
    ...         return y**3
    ...     def jacobian_det(self, y):
    ...         return tt.log(3.0 * y**2)
    >>> Cubed().backward(as_variable(2.0)).eval().item()
    8.0
    """

    name = ""

    @property
    def tag(self) -> str:
        """The name, as catalogue rows spell it."""
        return self.name

    @property
    def generator_tag(self) -> str:
        """Name in the value variables of the generator front end: ``__log_sigma``."""
        return self.name

    @property
    def params(self) -> tuple[Any, ...]:
        """Parameters of the map: numbers, arrays, tensors or graph variables.

        Of a program's own transform, the inputs and shared variables that its expressions depend on.
        """
        return tuple(_leaves(self))

    def rebind(self, *params: Any) -> Transform:
        """The same transform at other values of :attr:`params`, as functions of tensors."""
        return _Traced(self, params)

    def forward(self, x: Any) -> Any:
        """Constrained to unconstrained."""
        raise NotImplementedError(f"{type(self).__name__} has no method forward")

    def forward_val(self, x: Any, point: Mapping[str, Any] | None = None) -> np.ndarray:
        """:meth:`forward` of an array, as an array.

        Parameters
        ----------
        x
            Constrained value.
        point
            Values of random variables by name, for parameters that depend on them; their test values otherwise.
        """
        params = evaluated_at([as_variable(p) for p in self.params], point or {})
        tensor = tf.constant(np.asarray(x, np.float64))
        value = self.rebind(*(tf.cast(p, tensor.dtype) for p in params)).forward(tensor).numpy()
        return np.asarray(value, config.floatX)

    def backward(self, z: Any) -> Any:
        """Unconstrained to constrained."""
        raise NotImplementedError(f"{type(self).__name__} has no method backward")

    def jacobian_det(self, x: Any) -> Any:
        """Logarithm of the absolute Jacobian determinant of :meth:`backward` at an unconstrained value."""
        raise NotImplementedError(f"{type(self).__name__} has no method jacobian_det")

    def log_jacobian(self, y: Tensor) -> Tensor:
        """:meth:`jacobian_det` of a tensor."""
        return self.rebind(*self.params).log_jacobian(y)

    def apply(self, dist: Any) -> Any:
        """The distribution of the unconstrained value."""
        from pm_migrate.shims.transforms.combined import TransformedDistribution

        return TransformedDistribution.dist(dist, self)

    def __str__(self) -> str:
        return f"{self.name} transform"


class ElemwiseTransform(Transform):
    """A transform of each element by itself; its Jacobian follows from :meth:`backward`."""

    def jacobian_det(self, x: Any) -> Any:
        x = as_variable(x)
        if not np.issubdtype(np.dtype(x.dtype), np.floating):
            x = elemwise.cast(x, config.floatX)
        return elemwise.log(elemwise.abs_(grad(reductions.sum(self.backward(x)), x)))


class Native(Transform):
    """A transform given by functions of tensors, which also takes graph variables, numbers and arrays.

    Subclasses here define :meth:`_forward`, :meth:`_backward` and :meth:`_log_jacobian` of a floating tensor and of
    parameters of its dtype. The public methods give a tensor for a tensor, and a graph variable for anything else.
    """

    #: Number of axes, from the right, that are mapped together and that the Jacobian is reduced over.
    event_ndims: ClassVar[int] = 0
    #: Whether the parameters are in the Jacobian, whose shape they decide then.
    jacobian_has_params: ClassVar[bool] = True
    #: Whether ``forward`` changes nothing: a number then stays a constant of the graph.
    identity_forward: ClassVar[bool] = False
    #: Whether a subclass replaced a public method, by one that may be written with Theano's operations.
    _own_methods: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._own_methods = cls._own_methods or any(method in vars(cls) for method in _METHODS)

    def __init__(self, *params: Any) -> None:
        self._params = params

    @property
    def params(self) -> tuple[Any, ...]:
        return tuple(_leaves(self)) if self._own_methods else self._params

    def rebind(self, *params: Any) -> Transform:
        if self._own_methods:
            return _Traced(self, params)
        same = copy.copy(self)
        same._params = params
        return same

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        raise NotImplementedError

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        raise NotImplementedError

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, x: Any) -> Any:
        if self.identity_forward and not is_tensor(x):
            return as_variable(x)
        return self._of(x, "forward", self._forward)

    def backward(self, z: Any) -> Any:
        return self._of(z, "backward", self._backward)

    def jacobian_det(self, x: Any) -> Any:
        return self._of(x, "jacobian_det", self._log_jacobian, reduced=self.event_ndims)

    def log_jacobian(self, y: Tensor) -> Tensor:
        return super().log_jacobian(y) if self._own_methods else self.jacobian_det(y)

    def _of(self, value: Any, what: str, function: Callable[..., Tensor], reduced: int = 0) -> Any:
        symbolic = any(isinstance(p, Variable) and not isinstance(p, Constant) for p in self._params)
        axes = value.shape.rank if is_tensor(value) else as_variable(value).ndim
        if axes is not None and axes < self.event_ndims:
            raise ModelError(f"the transform {self.name} maps vectors, not single numbers: pass shape= to the variable")
        if is_tensor(value) and not symbolic:
            data = (p.data if isinstance(p, Constant) else p for p in self._params)
            return _on_tensors(function)(tf.convert_to_tensor(value), *data)
        shaping = 1 if what == "jacobian_det" and not self.jacobian_has_params else None
        op = Op(f"{what}:{self.name}", _on_tensors(function), infer=lambda v: self._kind(v[:shaping], reduced))
        return apply(op, as_variable(value), *(as_variable(p) for p in self._params))

    def _kind(self, inputs: Sequence[Variable], reduced: int) -> tuple[str, tuple[bool, ...]]:
        """Dtype and broadcastable flags of a result."""
        dtype = inputs[0].dtype if inputs[0].dtype.startswith("float") else config.floatX
        ndim = max(v.ndim for v in inputs)
        padded = [(True,) * (ndim - v.ndim) + v.broadcastable for v in inputs]
        flags = tuple(all(axis) for axis in zip(*padded, strict=True))
        if self.event_ndims == 0:
            return dtype, flags
        return dtype, flags[:-1] if reduced else (*flags[:-1], False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self._params))})"


def _on_tensors(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function, with a floating value, and parameters of its dtype."""

    def call(value: Tensor, *params: Any) -> Tensor:
        if not value.dtype.is_floating:
            value = tf.cast(value, config.floatX)
        return function(value, *(_of_dtype(p, value.dtype) for p in params))

    return call


def _of_dtype(param: Any, dtype: tf.DType) -> Tensor:
    if is_tensor(param):
        return tf.cast(param, dtype)
    return tf.constant(np.asarray(param, dtype.as_numpy_dtype))


class _Traced(Transform):
    """A program's own transform at given values of what it depends on, as functions of tensors."""

    def __init__(self, source: Transform, params: Sequence[Any]) -> None:
        self.source = source
        self.name = source.name
        self._params = tuple(params)

    @property
    def params(self) -> tuple[Any, ...]:
        return self._params

    def rebind(self, *params: Any) -> Transform:
        return _Traced(self.source, params)

    def forward(self, x: Tensor) -> Tensor:
        return self._evaluate("forward", x)

    def backward(self, z: Tensor) -> Tensor:
        return self._evaluate("backward", z)

    def jacobian_det(self, x: Tensor) -> Tensor:
        return self._evaluate("jacobian_det", x)

    def log_jacobian(self, y: Tensor) -> Tensor:
        return self.jacobian_det(y)

    def _evaluate(self, method: str, value: Tensor) -> Tensor:
        value = tf.convert_to_tensor(value)
        shape = value.shape.as_list()
        example = None if None in shape else np.full(shape, 0.5)
        placeholder = Input("value", value.dtype.name, shape, example)
        result = as_variable(getattr(self.source, method)(placeholder))
        leaves = dict(zip(_leaves(self.source), self._params, strict=True))
        return evaluate([result], {placeholder: value, **leaves})[0]


def _leaves(transform: Transform) -> list[Variable]:
    """What the expressions of a program's own transform depend on besides the value, constants left out."""
    failure: Exception | None = None
    for ndim in (1, 0, 2, 3):  # the expressions may need an axis; the leaves are the same for any number of them
        placeholder = Input("value", config.floatX, (None,) * ndim)
        try:
            results = [as_variable(getattr(transform, method)(placeholder)) for method in _METHODS]
        except Exception as error:
            failure = failure or error
            continue
        order = dict.fromkeys(v for r in results for v in toposort([r]))
        return [v for v in order if v.owner is None and not v.is_constant and v is not placeholder]
    raise ModelError(f"transform {transform.name!r} ({type(transform).__name__}): {failure}") from failure


def evaluated_at(variables: Sequence[Variable], point: Mapping[str, Any]) -> list[Tensor]:
    """Values of graph variables at a point by name, else at test values."""
    from pm_migrate.shims.variables import givens_from_point

    return evaluate(variables, givens_from_point(variables, point))
