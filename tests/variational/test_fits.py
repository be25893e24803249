"""Fits: what they come to, and how they are watched, ended and gone on with."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from variational_targets import DATA, corners

import pm_migrate.shims as pm
from pm_migrate.shims import theano
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.variational import stepping
from pm_migrate.shims.variational.callbacks import CheckParametersConvergence, Tracker

QUIET = {"progressbar": False}


def exact_noise(approx: Any) -> dict[Any, Any]:
    """Replacements that make the loss of a normal model the exact one."""
    group = approx.groups[0]
    return {group.symbolic_initial: tt.constant(corners(group.ddim))}


def test_advi_finds_the_posterior(conjugate: pm.Model, posterior: tuple[float, float]) -> None:
    inference = pm.ADVI(model=conjugate)
    approx = inference.fit(
        1500,
        obj_n_mc=2,
        obj_optimizer=pm.sgd(learning_rate=0.05),
        more_replacements=exact_noise(inference.approx),
        **QUIET,
    )
    np.testing.assert_allclose(approx.mean.eval(), [posterior[0]], rtol=1e-6)
    np.testing.assert_allclose(approx.std.eval(), [posterior[1]], rtol=1e-6)
    assert (np.diff(inference.hist) < 1e-9).all()  # without noise every step lowers the loss


def test_full_rank_advi_finds_the_covariance() -> None:
    """Regression with known noise: the posterior has covariance ``(I / 9 + X'X / 0.25)**-1``."""
    X = np.array([[1.0, -1.0], [1.0, 0.2], [1.0, 0.5], [1.0, 2.0]])
    y = np.array([0.3, 1.0, 0.8, 2.4])
    with pm.Model() as model:
        beta = pm.Normal("beta", 0.0, 3.0, shape=2)
        pm.Normal("y", pm.math.dot(X, beta), 0.5, observed=y)
    inference = pm.FullRankADVI(model=model)
    approx = inference.fit(
        1500,
        obj_n_mc=4,
        obj_optimizer=pm.sgd(learning_rate=0.02),
        more_replacements=exact_noise(inference.approx),
        **QUIET,
    )
    cov = np.linalg.inv(np.eye(2) / 9 + X.T @ X / 0.25)
    np.testing.assert_allclose(approx.cov.eval(), cov, rtol=1e-6)
    np.testing.assert_allclose(approx.mean.eval(), cov @ X.T @ y / 0.25, rtol=1e-6)


def test_random_noise_does_not_move_the_mean(conjugate: pm.Model, posterior: tuple[float, float]) -> None:
    """The average of the means over T steps of n samples varies by ``s / sqrt(n T)`` (Polyak and Juditsky, 1992)."""
    center, s = posterior
    tracker = Tracker(mean=lambda approx, losses, i: approx.params[0].get_value())
    inference = pm.ADVI(model=conjugate, start={"mu": np.asarray(center)}, random_seed=11)
    inference.fit(1000, obj_n_mc=4, obj_optimizer=pm.sgd(learning_rate=0.02), callbacks=[tracker], **QUIET)
    means = np.array(tracker["mean"])
    assert means.shape == (1000, 1)
    error = s / np.sqrt(4 * 1000)
    assert abs(means.mean() - center) < 4.5 * error  # 7e-6 for a wrong alarm
    assert means.std() > 2 * error  # there is noise


def test_flows_find_the_posterior(conjugate: pm.Model, posterior: tuple[float, float]) -> None:
    inference = pm.NFVI("scale-loc", model=conjugate, jitter=0.1)
    approx = inference.fit(
        1500,
        obj_n_mc=2,
        obj_optimizer=pm.sgd(learning_rate=0.05),
        more_replacements=exact_noise(inference.approx),
        **QUIET,
    )
    location, scale = approx.params
    np.testing.assert_allclose(location.get_value(), [posterior[0]], rtol=1e-6)
    np.testing.assert_allclose(np.log1p(np.exp(scale.get_value())), [posterior[1]], rtol=1e-6)


def test_svgd_moves_particles_to_the_posterior(conjugate: pm.Model, posterior: tuple[float, float]) -> None:
    np.random.seed(1)
    inference = pm.SVGD(n_particles=30, model=conjugate)
    inference.fit(400, obj_optimizer=pm.sgd(learning_rate=0.1), **QUIET)
    particles = inference.approx.histogram.get_value()
    (direction,) = inference.objective(None, more_obj_params=[])
    assert np.abs(direction.eval()).max() < 1e-3  # they have come to rest
    # at rest a Gaussian target's mean is met up to the kernel's asymmetry, and the particles are a little too narrow
    assert abs(particles.mean() - posterior[0]) < 0.1 * posterior[1]
    assert 0.85 < particles.std() / posterior[1] < 1.05


def test_local_variables_are_trained_through_their_parameters() -> None:
    """Each row's posterior is normal with mean ``0.8 y`` and variance 0.2, which a linear encoder can give."""
    y = np.array([-2.0, 0.5, 1.0, 3.0])
    slope, rho = theano.shared(0.0, "slope"), theano.shared(0.0, "rho")
    with pm.Model() as model:
        z = pm.Normal("z", shape=4)
        pm.Normal("y", z, 0.5, observed=y)
        pm.Normal("unused")
    local = {z: {"mu": slope * y, "rho": rho * np.ones(4)}}
    inference = pm.ADVI(local_rv=local, model=model)
    noise = corners(2)  # of the local variable, the same in each row, and of the other
    local_group, rest = inference.approx.groups
    more = {
        local_group.symbolic_initial: tt.constant(np.repeat(noise[:, :1, None], 4, axis=1)),
        rest.symbolic_initial: tt.constant(noise[:, 1:]),
    }
    options = {"more_replacements": more, "more_obj_params": [slope, rho], **QUIET}
    inference.fit(600, obj_n_mc=4, obj_optimizer=pm.sgd(learning_rate=0.01), **options)
    np.testing.assert_allclose(slope.get_value(), 0.8, rtol=1e-6)
    np.testing.assert_allclose(np.log1p(np.exp(rho.get_value())), np.sqrt(0.2), rtol=1e-6)


def seeded(model: pm.Model) -> Any:
    return pm.ADVI(model=model, random_seed=3)


def states(inference: Any) -> list[np.ndarray]:
    return [p.get_value() for p in inference.approx.params]


def test_steps_are_the_same_alone_and_together(conjugate: pm.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one, as a program of many, and as that with a callback at every iteration."""
    together, watched = seeded(conjugate), seeded(conjugate)
    together.fit(70, **QUIET)
    seen: list[tuple[int, int, float]] = []

    def look(approx: Any, losses: np.ndarray, i: int) -> None:
        seen.append((i, len(losses), float(approx.params[0].get_value()[0])))

    watched.fit(70, callbacks=[look], **QUIET)
    monkeypatch.setattr(stepping, "FEW", 1000)
    alone, looks = seeded(conjugate), list(seen)
    seen.clear()
    alone.fit(70, callbacks=[look], **QUIET)
    for other in (together, watched):
        np.testing.assert_allclose(other.hist, alone.hist, rtol=1e-9)
        for a, b in zip(states(other), states(alone), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9)
    assert [look[:2] for look in looks] == [(i, i) for i in range(1, 71)]
    np.testing.assert_allclose([look[2] for look in looks], [look[2] for look in seen], rtol=1e-9)


def test_callbacks_may_set_what_the_steps_read(conjugate: pm.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> Any:
        rate = theano.shared(0.1, "rate")
        inference = seeded(conjugate)

        def slower(approx: Any, losses: np.ndarray, i: int) -> None:
            if i % 20 == 0:
                rate.set_value(rate.get_value() / 2)
            if i == 30:
                approx.params[0].set_value(np.array([5.0]))

        inference.fit(70, obj_optimizer=pm.sgd(learning_rate=rate), callbacks=[slower], **QUIET)
        return inference

    blocks = run()
    monkeypatch.setattr(stepping, "FEW", 1000)
    alone = run()
    np.testing.assert_allclose(blocks.hist, alone.hist, rtol=1e-9)
    assert blocks.hist[30] > 2 * blocks.hist[29]


def test_refine_goes_on_where_the_fit_ended(conjugate: pm.Model) -> None:
    whole, parts, numbers = seeded(conjugate), seeded(conjugate), []
    whole.fit(120, obj_optimizer=pm.adam(learning_rate=0.1), **QUIET)
    with pytest.raises(TypeError, match=r"Need to call `\.fit` first"):
        parts.refine(3)
    callbacks = [lambda approx, losses, i: numbers.append(i)]
    parts.fit(60, obj_optimizer=pm.adam(learning_rate=0.1), callbacks=callbacks, **QUIET)
    parts.refine(60, **QUIET)
    np.testing.assert_allclose(parts.hist, whole.hist, rtol=1e-9)
    np.testing.assert_allclose(states(parts), states(whole), rtol=1e-9)
    assert numbers == [*range(1, 61), *range(60, 120)]  # PyMC3 counts the last iteration again


def test_convergence_ends_a_fit(conjugate: pm.Model, caplog: pytest.LogCaptureFixture) -> None:
    inference = pm.ADVI(model=conjugate)
    options = {"obj_n_mc": 2, "more_replacements": exact_noise(inference.approx), **QUIET}
    check = CheckParametersConvergence(every=50, tolerance=1e-4, diff="absolute")
    logging.getLogger("pymc3").propagate = True
    with caplog.at_level(logging.INFO, logger="pymc3"):
        inference.fit(3000, obj_optimizer=pm.sgd(learning_rate=0.05), callbacks=[check], **options)
    assert 100 <= len(inference.hist) < 1000
    assert (len(inference.hist) + 1) % 50 == 0
    assert f"Convergence achieved at {len(inference.hist) + 1}" in caplog.text
    assert "Interrupted at" in caplog.text and "Average Loss" in caplog.text


@pytest.mark.parametrize("n", [20, 100], ids=["alone", "together"])
def test_interrupted_in_a_callback(conjugate: pm.Model, n: int) -> None:
    kept: list[np.ndarray] = []

    def stop(approx: Any, losses: np.ndarray, i: int) -> None:
        kept[:] = [p.get_value() for p in approx.params]
        if i == 15:
            raise KeyboardInterrupt

    inference = seeded(conjugate)
    approx = inference.fit(n, callbacks=[stop], **QUIET)
    assert len(approx.hist) == 14 and np.isfinite(approx.hist).all()
    for a, b in zip(states(inference), kept, strict=True):
        np.testing.assert_array_equal(a, b)
    inference.objective.approx.sample(3)


def test_interrupted_in_a_step(conjugate: pm.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = stepping.Repeated.__call__, []

    def interrupted(self: Any, count: int, *, keep: bool) -> Any:
        calls.append(count)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(self, count, keep=keep)

    whole = seeded(conjugate)
    whole.fit(60, **QUIET)
    monkeypatch.setattr(stepping.Repeated, "__call__", interrupted)
    inference = seeded(conjugate)
    inference.fit(60, **QUIET)
    assert len(inference.hist) == sum(calls[:2])
    np.testing.assert_allclose(inference.hist, whole.hist[: len(inference.hist)], rtol=1e-9)
    assert inference.state.i == len(inference.hist)


@pytest.mark.parametrize("n", [20, 100], ids=["alone", "together"])
@pytest.mark.parametrize("score", [True, False])
def test_nan_names_the_variable(n: int, score: bool) -> None:
    with pm.Model() as model:
        pm.Normal("calm", shape=2)
        x = pm.Normal("x", shape=3)
        # the gradient by x[1] is NaN from the first iteration on
        pm.Potential("wild", tt.sqrt(x[1] - 100.0))
    approx = pm.Approximation([pm.Group([model.calm, model.x], "mf", model=model)], model=model)
    inference = pm.KLqp(approx)
    # parameters come in the order of their names: mu is looked at
    with pytest.raises(FloatingPointError, match="NaN occurred in optimization") as caught:
        inference.fit(n, score=score, **QUIET)
    assert "RV `x`.ravel()[1] is NaN" in str(caught.value) and "`calm`" not in str(caught.value)
    assert len(inference.hist) == 0


def test_losses_are_optional(conjugate: pm.Model) -> None:
    inference = seeded(conjugate)
    approx = inference.fit(60, score=False, **QUIET)
    assert len(approx.hist) == 0
    scored = seeded(conjugate)
    scored.fit(60, **QUIET)
    np.testing.assert_allclose(states(inference), states(scored), rtol=1e-9)
    with pytest.warns(UserWarning, match="does not return loss"):
        pm.SVGD(n_particles=3, model=conjugate).fit(1, score=True, **QUIET)


def test_minibatches_change_in_every_iteration() -> None:
    """From a stream of random positions, and from a generator."""
    data = np.arange(100.0)
    for batch in (pm.Minibatch(data, 5), pm.generator(_batches(data))):
        with pm.Model() as model:
            mu = pm.Normal("mu", 0.0, 100.0)
            pm.Normal("y", mu, 10.0, observed=batch, total_size=100)
        inference = pm.ADVI(model=model, random_seed=2)
        inference.fit(400, obj_optimizer=pm.adam(learning_rate=1.0), **QUIET)
        assert len(set(inference.hist)) == 400
        # the batches' means vary by 28.9 / sqrt(5), and Adam averages over about ten of them
        assert abs(inference.approx.mean.eval()[0] - 49.5) < 20.0


def _batches(data: np.ndarray) -> Iterator[np.ndarray]:
    rng = np.random.RandomState(1)
    while True:
        yield rng.choice(data, 5)


def test_gradient_norm_and_further_updates(conjugate: pm.Model) -> None:
    inference, count = pm.ADVI(model=conjugate), theano.shared(0.0)
    before = np.concatenate(states(inference))
    inference.fit(
        1,
        obj_optimizer=pm.sgd(learning_rate=1.0),
        total_grad_norm_constraint=0.25,
        more_updates={count: count + 1},
        fn_kwargs={"name": "step"},
        **QUIET,
    )
    moved = np.linalg.norm(np.concatenate(states(inference)) - before)
    np.testing.assert_allclose(moved, 0.25, rtol=1e-5)
    assert count.get_value() == 1.0


def test_methods_by_name(conjugate: pm.Model) -> None:
    with conjugate:
        assert isinstance(pm.fit(1, method="ADVI", **QUIET), pm.MeanField)
        flows = pm.fit(1, method="nfvi=scale-hh-loc", inf_kwargs={"jitter": 0.1}, **QUIET)
        assert flows.flow.formula == "scale-hh-loc"
        with pytest.raises(KeyError, match="nfvi=<formula>"):
            pm.fit(1, method="vb")
        with pytest.raises(TypeError, match="nfvi=<formula>"):
            pm.fit(1, method=7)
    assert isinstance(pm.fit(1, method="svgd", model=conjugate, inf_kwargs={"n_particles": 4}, **QUIET), pm.Empirical)
    inference = pm.FullRankADVI(model=conjugate)
    assert pm.fit(2, method=inference, **QUIET) is inference.approx
    with pytest.raises(pm.opvi.AEVBInferenceError):
        pm.SVGD(model=conjugate, local_rv={conjugate.mu: {}})


def test_the_same_seed_gives_the_same_fit(conjugate: pm.Model) -> None:
    first, second = (pm.fit(30, model=conjugate, random_seed=8, **QUIET) for _ in range(2))
    np.testing.assert_array_equal(first.hist, second.hist)
    np.testing.assert_array_equal(first.sample(5)["mu"], second.sample(5)["mu"])
    assert (pm.fit(30, model=conjugate, random_seed=9, **QUIET).hist != first.hist).all()


def test_profiling(conjugate: pm.Model) -> None:
    assert seeded(conjugate).run_profiling(n=7).fct_callcount == 7


def test_tracker() -> None:
    tracker = Tracker(number=lambda approx, losses, i: i, fixed=lambda: 4)
    tracker(None, None, 1)
    assert tracker["number"] == [1] and tracker["fixed"] == [4]
    tracker.clear()
    assert tracker["number"] == []


def test_convergence_of_parameters() -> None:
    class Approximation:
        params = (theano.shared(np.array([1.0, -2.0])), theano.shared(np.array(3.0)))

    for diff, change in (("absolute", 0.02), ("relative", 0.01)):
        check, approx = CheckParametersConvergence(every=10, tolerance=change * 1.01, diff=diff), Approximation()
        Approximation.params[0].set_value(np.array([1.0, -2.0]))
        check(approx, None, 10)
        Approximation.params[0].set_value(np.array([1.0, -2.02]))
        check(approx, None, 15)  # no multiple of ten
        with pytest.raises(StopIteration, match="Convergence achieved at 20"):
            check(approx, None, 20)
        Approximation.params[0].set_value(np.array([1.0, -2.02 * 1.0102]))
        check(approx, None, 30)


def test_data_are_where_they_were(conjugate: pm.Model) -> None:
    """A fit leaves the model as it was."""
    before = conjugate.logp(conjugate.test_point)
    pm.fit(5, model=conjugate, **QUIET)
    assert conjugate.logp(conjugate.test_point) == before
    np.testing.assert_array_equal(conjugate.y.observations, DATA)
