"""Objectives of variational inference: operators on an approximation, and the updates that lower them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from pm_migrate.shims.theano import function
from pm_migrate.shims.theano.graph import SharedVariable, Variable
from pm_migrate.shims.theano.updates import OrderedUpdates
from pm_migrate.shims.theanof import identity
from pm_migrate.shims.variational.nodes import (
    AEVBInferenceError,
    ExplicitInferenceError,
    ParametrizationError,
    collect_shared_to_list,
)
from pm_migrate.shims.variational.updates import adagrad_window, get_or_compute_grads, total_norm_constraint

Optimiser = Callable[..., Mapping[SharedVariable, Variable]]


class ObjectiveUpdates(OrderedUpdates):
    """Updates of a step, and the loss before it in ``loss``."""

    loss: Variable | None = None


class TestFunction:
    """The second argument of an operator: a kernel, or None for an operator without one."""

    __test__ = False  # no test of pytest's

    def __init__(self) -> None:
        self.shared_params: dict[str, SharedVariable] | None = None

    @property
    def params(self) -> list[SharedVariable]:
        """Shared variables that it can be trained by."""
        return collect_shared_to_list(self.shared_params)

    def __call__(self, z: Any) -> Any:
        raise NotImplementedError

    def setup(self, approx: Any) -> None:
        """Called with the approximation before anything else."""

    @classmethod
    def from_function(cls, f: Callable[..., Any]) -> TestFunction:
        """A test function that calls a function.

        Raises
        ------
        ParametrizationError
            For what cannot be called.
        """
        if not callable(f):
            raise ParametrizationError(f"Need callable, got {f!r}")
        return _Called(f)


class _Called(TestFunction):
    """A function as a test function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self._function = function

    def __call__(self, z: Any) -> Any:
        return self._function(z)


class ObjectiveFunction:
    """The loss of an operator and a test function, with the updates that lower it.

    Parameters
    ----------
    op
        The operator.
    tf
        The test function.
    """

    def __init__(self, op: Operator, tf: TestFunction) -> None:
        self.op = op
        self.tf = tf

    obj_params = property(lambda self: self.op.approx.params)
    test_params = property(lambda self: self.tf.params)
    approx = property(lambda self: self.op.approx)

    def updates(
        self,
        obj_n_mc: int | None = None,
        tf_n_mc: int | None = None,
        obj_optimizer: Optimiser = adagrad_window,
        test_optimizer: Optimiser = adagrad_window,
        more_obj_params: Sequence[SharedVariable] | None = None,
        more_tf_params: Sequence[SharedVariable] | None = None,
        more_updates: Mapping[SharedVariable, Any] | None = None,
        more_replacements: Mapping[Variable, Any] | None = None,
        total_grad_norm_constraint: float | None = None,
    ) -> ObjectiveUpdates:
        """What every shared variable becomes in a step.

        Parameters
        ----------
        obj_n_mc, tf_n_mc
            Number of samples for the gradients of the objective, and of the test function.
        obj_optimizer, test_optimizer
            Optimisers, called with gradients and parameters.
        more_obj_params, more_tf_params
            Shared variables that are trained too.
        more_updates
            Further updates.
        more_replacements
            Replacements in the graph of the loss, such as minibatches in place of inputs.
        total_grad_norm_constraint
            Largest norm of all gradients together.
        """
        common: dict[str, Any] = {
            "more_replacements": more_replacements,
            "total_grad_norm_constraint": total_grad_norm_constraint,
        }
        result = ObjectiveUpdates()
        if self.test_params:
            self.add_test_updates(
                result, tf_n_mc=tf_n_mc, test_optimizer=test_optimizer, more_tf_params=more_tf_params, **common
            )
        else:
            for name, value in (("tf_n_mc", tf_n_mc is not None), ("more_tf_params", bool(more_tf_params))):
                if value:
                    warnings.warn(f"`{name}` is not used for {self.op} and ignored", stacklevel=2)
        self.add_obj_updates(
            result, obj_n_mc=obj_n_mc, obj_optimizer=obj_optimizer, more_obj_params=more_obj_params, **common
        )
        result.update(more_updates)
        return result

    def add_test_updates(
        self,
        updates: ObjectiveUpdates,
        tf_n_mc: int | None = None,
        test_optimizer: Optimiser = adagrad_window,
        more_tf_params: Sequence[SharedVariable] | None = None,
        more_replacements: Mapping[Variable, Any] | None = None,
        total_grad_norm_constraint: float | None = None,
    ) -> None:
        """Add the updates of the test function; the parameters are those of :meth:`updates`."""
        more = list(more_tf_params or [])
        target = self(tf_n_mc, more_tf_params=more, more_replacements=dict(more_replacements or {}))
        params = self.test_params + more
        updates.update(test_optimizer(_gradients(target, params, total_grad_norm_constraint), params))

    def add_obj_updates(
        self,
        updates: ObjectiveUpdates,
        obj_n_mc: int | None = None,
        obj_optimizer: Optimiser = adagrad_window,
        more_obj_params: Sequence[SharedVariable] | None = None,
        more_replacements: Mapping[Variable, Any] | None = None,
        total_grad_norm_constraint: float | None = None,
    ) -> None:
        """Add the updates of the approximation; the parameters are those of :meth:`updates`."""
        more = list(more_obj_params or [])
        target = self(obj_n_mc, more_obj_params=more, more_replacements=dict(more_replacements or {}))
        params = self.obj_params + more
        updates.update(obj_optimizer(_gradients(target, params, total_grad_norm_constraint), params))
        if self.op.returns_loss:
            updates.loss = target

    def step_function(
        self,
        obj_n_mc: int | None = None,
        tf_n_mc: int | None = None,
        obj_optimizer: Optimiser = adagrad_window,
        test_optimizer: Optimiser = adagrad_window,
        more_obj_params: Sequence[SharedVariable] | None = None,
        more_tf_params: Sequence[SharedVariable] | None = None,
        more_updates: Mapping[SharedVariable, Any] | None = None,
        more_replacements: Mapping[Variable, Any] | None = None,
        total_grad_norm_constraint: float | None = None,
        score: bool = False,
        fn_kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """A compiled function without inputs that makes one step, and gives the loss before it when ``score`` is set.

        Parameters
        ----------
        score
            Whether the loss is wanted.
        fn_kwargs
            Options of ``theano.function``.

        The others are those of :meth:`updates`.

        Raises
        ------
        NotImplementedError
            When the loss is wanted of an operator that has none.
        """
        if score and not self.op.returns_loss:
            raise NotImplementedError(f"{self.op} does not have loss")
        updates = self.updates(
            obj_n_mc=obj_n_mc,
            tf_n_mc=tf_n_mc,
            obj_optimizer=obj_optimizer,
            test_optimizer=test_optimizer,
            more_obj_params=more_obj_params,
            more_tf_params=more_tf_params,
            more_updates=more_updates,
            more_replacements=more_replacements,
            total_grad_norm_constraint=total_grad_norm_constraint,
        )
        return function([], updates.loss if score else None, updates=updates, **(fn_kwargs or {}))

    def score_function(
        self,
        sc_n_mc: int | None = None,
        more_replacements: Mapping[Variable, Any] | None = None,
        fn_kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """A compiled function without inputs that gives the loss.

        Parameters
        ----------
        sc_n_mc
            Number of samples.
        more_replacements
            Replacements in the graph of the loss.
        fn_kwargs
            Options of ``theano.function``.

        Raises
        ------
        NotImplementedError
            For an operator without a loss.
        """
        if not self.op.returns_loss:
            raise NotImplementedError(f"{self.op} does not have loss")
        loss = self(sc_n_mc, more_replacements=dict(more_replacements or {}))
        return function([], loss, **(fn_kwargs or {}))

    def __call__(self, nmc: int | None, **kwargs: Any) -> Any:
        """The loss of ``nmc`` samples, with its sign turned when it is the test function that is trained."""
        value = self.op.apply(self.tf)
        value = self.approx.set_size_and_deterministic(value, nmc, 0, kwargs.get("more_replacements"))
        return (-1.0 if "more_tf_params" in kwargs else 1.0) * self.op.T(value)


def _gradients(target: Any, params: Sequence[SharedVariable], largest_norm: float | None) -> list[Variable]:
    """Gradients by the parameters, their joint norm bounded."""
    grads = get_or_compute_grads(target, params)
    return grads if largest_norm is None else total_norm_constraint(grads, largest_norm)


class Operator:
    """What an approximation is judged by; :meth:`apply` makes the expression.

    Parameters
    ----------
    approx
        The approximation.

    Raises
    ------
    AEVBInferenceError
        For local variables beside particles.
    ExplicitInferenceError
        When the operator needs a log density that the approximation does not have.
    """

    has_test_function = False
    returns_loss = True
    require_logq = True
    objective_class: ClassVar[type[ObjectiveFunction]] = ObjectiveFunction
    supports_aevb = property(lambda self: not self.approx.any_histograms)
    T: ClassVar[Any] = staticmethod(identity)

    def __init__(self, approx: Any) -> None:
        self.approx = approx
        if not self.supports_aevb and approx.has_local:
            raise AEVBInferenceError(f"{self} does not support AEVB, please change inference method")
        if self.require_logq and not approx.has_logq:
            raise ExplicitInferenceError(
                f"{self} requires logq, but {approx} does not implement it, please change inference method"
            )

    inputs = property(lambda self: self.approx.inputs)
    logp = property(lambda self: self.approx.logp)
    varlogp = property(lambda self: self.approx.varlogp)
    datalogp = property(lambda self: self.approx.datalogp)
    logq = property(lambda self: self.approx.logq)
    logp_norm = property(lambda self: self.approx.logp_norm)
    varlogp_norm = property(lambda self: self.approx.varlogp_norm)
    datalogp_norm = property(lambda self: self.approx.datalogp_norm)
    logq_norm = property(lambda self: self.approx.logq_norm)
    model = property(lambda self: self.approx.model)

    def apply(self, f: TestFunction) -> Any:
        """The expression, of samples that are still symbolic."""
        raise NotImplementedError

    def __call__(self, f: Any = None) -> ObjectiveFunction:
        """The objective with a test function.

        Raises
        ------
        ParametrizationError
            When the operator needs a test function and there is none.
        """
        if self.has_test_function:
            if f is None:
                raise ParametrizationError(f"Operator {self} requires TestFunction")
            chosen = f if isinstance(f, TestFunction) else TestFunction.from_function(f)
        else:
            if f is not None:
                warnings.warn(f"TestFunction for {self} is redundant and removed", stacklevel=3)
            chosen = TestFunction()
        chosen.setup(self.approx)
        return self.objective_class(self, chosen)

    def __str__(self) -> str:
        return f"{type(self).__name__}[{type(self.approx).__name__}]"
