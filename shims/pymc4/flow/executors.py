"""PyMC4's executors: evaluate a model into a :class:`SamplingState`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import tensorflow as tf

from pm_migrate.shims.pymc4.distribution import Distribution, stateless_seed
from pm_migrate.shims.pymc4.errors import EvaluationError
from pm_migrate.shims.pymc4.flow.driver import Handler, drive
from pm_migrate.shims.pymc4.flow.state import SamplingState
from pm_migrate.shims.pymc4.names import transformed_name
from pm_migrate.shims.pymc4.observing import Data, Incomplete, missing_name, observations, replaced
from pm_migrate.shims.pymc4.tensors import rounded, to_tensor, unwrap
from pm_migrate.shims.pymc4.terms import Deterministic, Potential

Tensor = Any


def observed_tensor(name: str, dist: Distribution, replacements: Mapping[str, Any]) -> Tensor | Incomplete | None:
    """The data of a variable after replacements, checked; None for a latent one.

    Raises
    ------
    EvaluationError
        When the shape of the data does not fit the distribution's.
    """
    data = replacements.get(name, dist.observed)
    if data is None:
        return None
    values = observations(data, dist.discrete)
    values = replace(values, known=rounded(values.known)) if isinstance(values, Incomplete) else rounded(values)
    try:
        dist.observation_shape(values)
    except ValueError:
        raise EvaluationError(
            f"The values supplied to the distribution {name!r} are not consistent with the distribution's shape.\n"
            f"dist_shape = batch_shape + event_shape = {dist.batch_shape + dist.event_shape}\n"
            f"Supplied values shape = {values.shape}.\n"
            "The two must be broadcastable, and agree on the event axes."
        ) from None
    return values


def both_given(name: str, given: str, where: str) -> EvaluationError:
    """The error for a variable with data and a value."""
    return EvaluationError(
        "Attempting to evaluate a model with both observed and unobserved values provided, which requires to choose "
        f"what value to actually yield. Either add `observed={{{name!r}: None}}` or remove {given!r} from {where} "
        "values."
    )


class _Untransformed(Handler):
    """Draws what has no value."""

    def __init__(self, state: SamplingState, sample_shape: Any, seed: Any) -> None:
        super().__init__()
        self.state = state
        self.sample_shape = tuple(tf.TensorShape(sample_shape).as_list())
        self._seed = None if seed is None else stateless_seed(seed)
        self._draws = 0

    def next_seed(self) -> Tensor | None:
        """A seed for one more draw."""
        if self._seed is None:
            return None
        self._draws += 1
        return tf.random.experimental.stateless_fold_in(self._seed, self._draws)

    def draw(self, dist: Distribution) -> Tensor:
        """A value for a variable that was given none."""
        return dist.sample(self.sample_shape if dist.is_root else (), seed=self.next_seed())

    def distribution(self, name: str, dist: Distribution) -> Tensor:
        state = self.state
        table = state.discrete_distributions if dist.discrete else state.continuous_distributions
        table[name] = dist
        with_data = name in state.observed_values or dist.is_observed
        (state.likelihood_distributions if with_data else state.prior_distributions)[name] = dist
        data = observed_tensor(name, dist, state.observed_values) if with_data else None
        if data is not None:
            state.scalings[name] = dist.scaling(data.shape)
            return self.observed(name, dist, data)
        if with_data:
            state.posterior_predictives.add(name)
            state.observed_values.pop(name, None)
        state.scalings[name] = dist.scaling(dist.value_shape)
        return self.latent(name, dist)

    def named_data(self, name: str, item: Data) -> Tensor:
        data = self.state.constants[name] = replaced(name, item, self.state.observed_values)
        return data

    def observed(self, name: str, dist: Distribution, data: Tensor | Incomplete) -> Tensor:
        """The value of a variable with data."""
        if name in self.state.untransformed_values:
            raise both_given(name, name, "untransformed")
        if not isinstance(data, Incomplete):
            self.state.observed_values[name] = data
            return data
        self.state.observed_values[name] = tf.constant(data.with_nan)
        missing = self.missing(name, dist, data, lambda: self.draw_like(dist, dist.observation_shape(data)))
        filled = self.state.deterministics_values[name] = data.filled(missing)
        return filled

    def missing(self, name: str, dist: Distribution, data: Incomplete, draw: Callable[[], Tensor]) -> Tensor:
        """The values in the places of missing data: given ones, or those of a draw of all of the data."""
        full = self.claim(missing_name(name), "Distribution")
        values = self.state.untransformed_values
        values[full] = tf.cast(to_tensor(values[full]), dist.dtype) if full in values else data.part(draw())
        return values[full]

    def draw_like(self, dist: Distribution, shape: tuple[int, ...]) -> Tensor:
        """A value of the shape of the data."""
        lead = self.sample_shape if dist.is_root else ()
        return dist.sample_total((*lead, *shape), seed=self.next_seed())

    def latent(self, name: str, dist: Distribution) -> Tensor:
        """The value of a variable without data."""
        values = self.state.untransformed_values
        value = tf.cast(to_tensor(values[name]), dist.dtype) if name in values else self.draw(dist)
        values[name] = value
        return value

    def deterministic(self, name: str, value: Any, item: Deterministic | None) -> None:
        if item is not None:
            self.state.deterministics[name] = item
        self.state.deterministics_values[name] = unwrap(value)

    def potential(self, name: str, potential: Potential) -> None:
        self.state.potentials.append(potential)

    def given_return(self, name: str) -> Any:
        return self.state.untransformed_values.get(name)


class _Transformed(_Untransformed):
    """Also keeps unconstrained values, and the Jacobians as potentials."""

    def observed(self, name: str, dist: Distribution, data: Tensor | Incomplete) -> Tensor:
        self._refuse_transformed(name, dist)
        return super().observed(name, dist, data)

    def _refuse_transformed(self, name: str, dist: Distribution) -> None:
        if dist.transform is not None:
            full = transformed_name(dist.transform.generator_tag, name)
            if full in self.state.transformed_values:
                raise both_given(name, full, "transformed")

    def latent(self, name: str, dist: Distribution) -> Tensor:
        transform = dist.transform
        if transform is None:
            return super().latent(name, dist)
        state = self.state
        full = transformed_name(transform.generator_tag, name)
        if full in state.transformed_values:
            unconstrained = to_tensor(state.transformed_values[full])
            value = state.untransformed_values[name] = transform.backward(unconstrained)
        else:
            value = super().latent(name, dist)
            unconstrained = transform.forward(value)
        state.transformed_values[full] = unconstrained
        lead = len(self.sample_shape) if dist.is_root else 0
        state.scalings[name] = dist.scaling(unconstrained.shape[lead:])
        state.potentials.append(Potential(transform.log_jacobian(unconstrained), state.scalings[name]))
        return value


class _Predictive(_Transformed):
    """Draws variables with data, in the shape of their data."""

    def observed(self, name: str, dist: Distribution, data: Tensor | Incomplete) -> Tensor:
        self._refuse_transformed(name, dist)
        if name in self.state.untransformed_values:
            raise both_given(name, name, "untransformed")
        self.state.observed_values.pop(name, None)
        self.state.posterior_predictives.add(name)
        value = self.draw_like(dist, dist.observation_shape(data))
        if isinstance(data, Incomplete):
            self.missing(name, dist, data, lambda: value)
        self.state.untransformed_values[name] = value
        return value


class _MetaMixin(_Untransformed):
    """Test values in place of draws."""

    def draw(self, dist: Distribution) -> Tensor:
        return dist.get_test_sample(self.sample_shape if dist.is_root else ())

    def draw_like(self, dist: Distribution, shape: tuple[int, ...]) -> Tensor:
        lead = self.sample_shape if dist.is_root else ()
        return tf.broadcast_to(dist.test_value, (*lead, *shape))


class _Meta(_MetaMixin, _Transformed):
    pass


class _MetaPredictive(_MetaMixin, _Predictive):
    pass


class SamplingExecutor:
    """Evaluates models in the constrained space; values that are not given are drawn."""

    handler: ClassVar[type[_Untransformed]] = _Untransformed
    transformed_allowed: ClassVar[bool] = False

    def evaluate_model(
        self,
        model: Any,
        *,
        state: SamplingState | None = None,
        values: Mapping[str, Any] | None = None,
        observed: Mapping[str, Any] | None = None,
        sample_shape: Any = (),
        seed: Any = None,
    ) -> tuple[Any, SamplingState]:
        """Run a model once.

        Parameters
        ----------
        model
            A model, a generator, or a single distribution.
        state
            Values and data to evaluate at; it is not changed.
        values, observed
            The same as dictionaries by full name; ``observed={"m/y": None}`` makes a variable with data latent.
        sample_shape
            Shape in front of the draws of distributions with ``conditionally_independent=True``.
        seed
            Integer or stateless seed for the draws; TensorFlow's global generator when None (not in PyMC4).

        Returns
        -------
        (Any, SamplingState)
            What the model returned, and the state.

        Raises
        ------
        ValueError
            For a state together with values, and transformed values given to an untransformed executor.
        EvaluationError
            For duplicate or anonymous variables, unknown yields, and values that contradict the data.
        """
        if state is None:
            state = SamplingState.from_values(values, observed)
        elif values or observed:
            raise ValueError("Provided arguments along with not empty state")
        else:
            state = SamplingState(state.transformed_values, state.untransformed_values, state.observed_values)
        if state.transformed_values and not self.transformed_allowed:
            raise ValueError(
                "untransformed executor should not contain transformed variables but found "
                f"{sorted(state.transformed_values)}"
            )
        result = drive(model, self.handler(state, sample_shape, seed))
        state.settle(getattr(model, "floatx", None))
        return result, state

    __call__ = evaluate_model


class TransformedSamplingExecutor(SamplingExecutor):
    """Evaluates models in the unconstrained space, where the log density includes Jacobians."""

    handler = _Transformed
    transformed_allowed = True


class PosteriorPredictiveSamplingExecutor(TransformedSamplingExecutor):
    """Draws the variables with data, in the shape of their data."""

    handler = _Predictive


class MetaSamplingExecutor(TransformedSamplingExecutor):
    """Evaluates models at their test values: names and shapes, without random numbers."""

    handler = _Meta


class MetaPosteriorPredictiveSamplingExecutor(TransformedSamplingExecutor):
    """As :class:`MetaSamplingExecutor`, with variables that have data filled with test values too."""

    handler = _MetaPredictive


evaluate_model = SamplingExecutor()
evaluate_model_transformed = TransformedSamplingExecutor()
evaluate_model_posterior_predictive = PosteriorPredictiveSamplingExecutor()
evaluate_meta_model = MetaSamplingExecutor()
evaluate_meta_posterior_predictive_model = MetaPosteriorPredictiveSamplingExecutor()
