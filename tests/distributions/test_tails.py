"""Where a probability rounds to 0 or 1: log densities by its log-odds, as PyMC3's, since Theano sees through sigmoids.

``equivalence_tests/test_tails.py`` compares with PyMC3 itself. The numbers here are those of ``log(sigmoid(x)) =
-log(1 + exp(-x))`` and ``log(1 - sigmoid(x)) = -log(1 + exp(x))``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm4
import pm_migrate.shims as pm
import pm_migrate.shims.theano.tensor as tt

FAR = np.array([-800.0, -80.0, -37.0, 37.0, 80.0, 800.0])
TERMS = {
    "seen": -np.logaddexp(0.0, -FAR).sum() - np.logaddexp(0.0, FAR).sum(),
    "rest": -np.logaddexp(0.0, FAR).sum() - np.logaddexp(0.0, -FAR).sum(),
    "own": -np.logaddexp(0.0, -FAR).sum(),
    "masked": -np.logaddexp(0.0, FAR).sum(),
    # an element of a sigmoid is a number for Theano; -inf, as the formula that was written gives
    "picked": -np.inf,
}
DATA = np.stack([np.ones(6), np.zeros(6)])


def drop_in() -> Any:
    with pm.Model() as model:
        x = pm.Flat("x", shape=(1, 6))
        y = tt.concatenate([x, x])
        p = pm.Deterministic("p", pm.math.sigmoid(y))
        pm.Bernoulli("seen", p=p, observed=DATA)
        pm.Bernoulli("rest", p=1 - tt.nnet.sigmoid(y), observed=DATA)
        pm.Potential("own", tt.log(tt.nnet.sigmoid(x)))
        pm.Potential("masked", tt.switch(np.zeros((1, 6)), tt.log(p[:1]), tt.log(1 - tt.nnet.sigmoid(x))))
        pm.Bernoulli("picked", p=p[1], observed=DATA[1])
    return model.log_density()


def generator() -> Any:
    @pm4.model(name=None)
    def model():
        x = yield pm4.Flat("x", shape=(1, 6))
        y = tf.concat([x, x], axis=0)
        p = yield pm4.Deterministic("p", tf.sigmoid(y))
        yield pm4.Bernoulli("seen", p, observed=DATA)
        yield pm4.Bernoulli("rest", 1 - tf.math.sigmoid(y), observed=DATA)
        yield pm4.Potential("own", tf.math.log(tf.sigmoid(x)))
        masked = tf.where(np.zeros((1, 6), bool), tf.math.log(p[:1]), tf.math.log(1 - tf.sigmoid(x)))
        yield pm4.Potential("masked", masked)
        yield pm4.Bernoulli("picked", p[1], observed=DATA[1])

    return pm4.density(model()).log_density()


@pytest.mark.parametrize("make", [drop_in, generator])
def test_log_densities_hold_where_probabilities_round_to_their_ends(make: Any) -> None:
    terms = make().terms_at({"x": FAR[None]})
    assert terms.pop("x") == 0.0
    assert terms == pytest.approx(TERMS, rel=1e-12)


def test_gradients_hold_where_probabilities_round_to_their_ends() -> None:
    with pm.Model() as model:
        x = pm.Flat("x", shape=6)
        pm.Bernoulli("y", p=pm.math.sigmoid(x), observed=np.zeros(6))
    _, gradient = model.log_density().logp_and_gradient({"x": FAR})
    assert gradient["x"] == pytest.approx(-np.exp(-np.logaddexp(0.0, -FAR)), rel=1e-12)
