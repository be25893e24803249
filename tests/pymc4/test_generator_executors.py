"""The executors and the sampling state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm

DATA = np.array([0.3, -1.2, 0.8])


@pm.model(name="m")
def model() -> Any:
    sigma = yield pm.HalfNormal("sigma", 1.0)
    k = yield pm.Poisson("k", 3.0)
    d = yield pm.Deterministic("d", sigma * 2)
    yield pm.Normal("y", k * 0.0, d, observed=DATA)
    return d


def test_evaluate_model_draws_and_keeps_data() -> None:
    value, state = pm.evaluate_model(model(), seed=1)
    assert isinstance(value, tf.Tensor)
    assert float(value) == 2 * float(state.untransformed_values["m/sigma"]) == float(state.deterministics_values["m/d"])
    assert list(state.untransformed_values) == ["m/sigma", "m/k"]
    assert not state.transformed_values and not state.posterior_predictives
    np.testing.assert_array_equal(state.observed_values["m/y"], DATA)
    assert list(state.discrete_distributions) == ["m/k"]
    assert list(state.continuous_distributions) == ["m/sigma", "m/y"]
    assert list(state.prior_distributions) == ["m/sigma", "m/k"]
    assert list(state.likelihood_distributions) == ["m/y"]
    assert list(state.deterministics) == ["m/d"]
    assert list(state.deterministics_values) == ["m/d", "m"]
    assert state.untransformed_values["m/k"].dtype == tf.int64
    assert set(state.all_values) == {"m/sigma", "m/k", "m/y"}
    assert set(state.all_unobserved_values) == {"m/sigma", "m/k"}
    assert "HalfNormal:m/sigma" in repr(state)


def test_seeds() -> None:
    def draw(seed: Any) -> float:
        return float(pm.evaluate_model(model(), seed=seed)[1].untransformed_values["m/sigma"])

    assert draw(1) == draw(1) != draw(2)
    assert draw(None) != draw(None)
    tf.random.set_seed(3)
    first = draw(None)
    tf.random.set_seed(3)
    assert draw(None) == first


def test_values_are_used() -> None:
    value, state = pm.evaluate_model(model(), values={"m/sigma": 1.5, "m/k": 2})
    assert float(value) == 3.0
    # log densities of HalfNormal(1), Poisson(3) and Normal(0, 3), from their textbook formulas
    expected = 0.5 * np.log(2 / np.pi) - 1.5**2 / 2
    expected += 2 * np.log(3) - 3 - np.log(2)
    expected += np.sum(-0.5 * (DATA / 3) ** 2 - np.log(3) - 0.5 * np.log(2 * np.pi))
    np.testing.assert_allclose(state.collect_log_prob(), expected, rtol=1e-14)
    assert sum(float(tf.reduce_sum(t)) for t in state.collect_log_prob_elemwise()) == pytest.approx(expected, rel=1e-14)
    assert state.collect_unreduced_log_prob().shape == (3,)


def test_transformed_values_give_the_density_of_the_samplers() -> None:
    values = {"m/__log_sigma": 0.4, "m/k": 2}
    _, state = pm.evaluate_model_transformed(model(), values=values)
    np.testing.assert_allclose(state.untransformed_values["m/sigma"], np.exp(0.4), rtol=1e-15)
    density = model().log_density()
    np.testing.assert_allclose(state.collect_log_prob(), density.logp_and_gradient(values)[0], rtol=1e-14)
    _, state = pm.evaluate_model_transformed(model(), values={"m/sigma": np.exp(0.4), "m/k": 2})
    np.testing.assert_allclose(state.transformed_values["m/__log_sigma"], 0.4, rtol=1e-14)


def test_posterior_predictive_draws_have_the_shape_of_the_data() -> None:
    _, state = pm.evaluate_model_posterior_predictive(model(), values={"m/sigma": 1.0}, seed=2)
    assert state.posterior_predictives == {"m/y"}
    assert not state.observed_values
    assert state.untransformed_values["m/y"].shape == (3,)
    assert not np.allclose(state.untransformed_values["m/y"], DATA)
    _, state = pm.evaluate_model_posterior_predictive(model(), observed={"m/y": np.zeros((5, 3))})
    assert state.untransformed_values["m/y"].shape == (5, 3)


def test_meta_evaluation_needs_no_random_numbers() -> None:
    _, state = pm.evaluate_meta_model(model())
    np.testing.assert_allclose(state.untransformed_values["m/sigma"], np.sqrt(2 / np.pi), rtol=1e-15)
    assert int(state.untransformed_values["m/k"]) == 3
    _, state = pm.evaluate_meta_posterior_predictive_model(model())
    np.testing.assert_array_equal(state.untransformed_values["m/y"], np.zeros(3))


def test_data_can_be_replaced_and_suppressed() -> None:
    _, state = pm.evaluate_model(model(), observed={"m/y": np.zeros(7)})
    assert state.observed_values["m/y"].shape == (7,)
    _, state = pm.evaluate_model(model(), observed={"m/y": None})
    assert "m/y" not in state.observed_values
    assert state.untransformed_values["m/y"].shape == ()
    assert state.posterior_predictives == {"m/y"}
    _, state = pm.evaluate_model(model(), observed={"m/y": None}, values={"m/y": DATA})
    np.testing.assert_array_equal(state.untransformed_values["m/y"], DATA)


def test_data_can_be_given_to_a_variable_without() -> None:
    _, state = pm.evaluate_model_transformed(model(), observed={"m/sigma": 0.5})
    assert "m/__log_sigma" not in state.transformed_values
    assert not state.potentials  # observed variables are not transformed


@pytest.mark.parametrize(
    ("executor", "arguments", "error", "match"),
    [
        ("evaluate_model", {"values": {"m/y": DATA}}, pm.EvaluationError, r"observed=\{'m/y': None\}"),
        (
            "evaluate_model_transformed",
            {"observed": {"m/sigma": 1.0}, "values": {"m/__log_sigma": 0.0}},
            pm.EvaluationError,
            "from transformed values",
        ),
        ("evaluate_model", {"values": {"m/__log_sigma": 0.0}}, ValueError, "untransformed executor"),
        ("evaluate_model", {"observed": {"m/d": 1.0}, "state": pm.SamplingState()}, ValueError, "not empty state"),
        ("evaluate_model", {"values": {"m/": 0.0}}, ValueError, "Invalid name"),
    ],
)
def test_errors(executor: str, arguments: dict[str, Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        getattr(pm, executor)(model(), **arguments)


def test_a_state_can_be_evaluated_again() -> None:
    _, first = pm.evaluate_model_transformed(model(), seed=1)
    sampling, back = first.as_sampling_state()
    assert list(sampling.transformed_values) == ["m/__log_sigma"]
    assert list(sampling.untransformed_values) == ["m/k"]
    assert list(sampling.observed_values) == ["m/y"]
    assert back == ["m/sigma"]
    _, second = pm.evaluate_model_transformed(model(), state=sampling)
    np.testing.assert_allclose(second.collect_log_prob(), first.collect_log_prob(), rtol=1e-14)
    assert not sampling.distributions  # the given state is left alone


def test_as_sampling_state_needs_distributions_and_transformed_values() -> None:
    with pytest.raises(TypeError, match="No distributions found"):
        pm.SamplingState().as_sampling_state()
    with pytest.raises(TypeError, match="evaluate_model_transformed"):
        pm.evaluate_model(model())[1].as_sampling_state()


def test_a_clone_is_independent() -> None:
    _, state = pm.evaluate_model(model())
    copy = state.clone()
    copy.untransformed_values["m/k"] = 0
    copy.potentials.append(pm.Potential(1.0))
    assert state.untransformed_values["m/k"] is not copy.untransformed_values["m/k"]
    assert not state.potentials
    assert copy.all_values["m/k"] == 0


def test_from_values_sorts_names() -> None:
    state = pm.SamplingState.from_values({"m/x": 1, "m/__log_s": 2, "y": 3}, {"z": 4})
    assert state.untransformed_values == {"m/x": 1, "y": 3}
    assert state.transformed_values == {"m/__log_s": 2}
    assert state.observed_values == {"z": 4}


def test_sample_shape_goes_to_conditionally_independent_variables() -> None:
    @pm.model(name=None)
    def batched() -> Any:
        a = yield pm.Normal("a", 0, 1, conditionally_independent=True)
        yield pm.Normal("b", 0, 1)
        yield pm.Normal("c", a, 1)

    _, state = pm.evaluate_model(batched(), sample_shape=(4, 2))
    assert {n: tuple(v.shape) for n, v in state.all_values.items()} == {"a": (4, 2), "b": (), "c": (4, 2)}


def test_evaluation_works_in_compiled_and_mapped_functions() -> None:
    @tf.function(autograph=False)
    def draw(index: tf.Tensor) -> tf.Tensor:
        return pm.evaluate_model(model())[1].untransformed_values["m/sigma"]

    draws = tf.vectorized_map(draw, tf.range(5))
    assert len(set(draws.numpy().tolist())) == 5
