"""PyMC3 against the drop-in: objectives of variational inference with their gradients, and optimisers' trajectories.

Both sides get the same parameters and the same noise, so that nothing is random.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pm_migrate.reference import provision
from pm_migrate.shims.installation import install, uninstall

# Runs on both sides.
PROGRAM = """
import warnings
warnings.simplefilter("ignore")
import numpy as np, theano, theano.tensor as tt, pymc3 as pm
from pymc3.variational import opvi, operators, updates
from pymc3.variational.approximations import NormalizingFlowGroup

SAMPLES = 4

def schools():
    y = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
    s = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        eta = pm.Normal("eta", 0, 1, shape=8)
        pm.Normal("y", mu + tau * eta, s, observed=y)
    return model, ["mu", "tau_log__", "eta"]

def regression():
    rng = np.random.RandomState(3)
    X, y = rng.normal(size=(12, 3)), rng.randint(0, 2, size=12)
    with pm.Model() as model:
        b = pm.Normal("b", 0, 2, shape=3)
        p = pm.Beta("p", 2, 3)
        pm.Bernoulli("y", p=0.5 * p + 0.5 * pm.math.sigmoid(tt.dot(X, b)), observed=y, total_size=60)
    return model, ["b", "p_logodds__"]

FAMILIES = {
    "mean_field": dict(vfam="mean_field"),
    "full_rank": dict(vfam="full_rank"),
    "planar": dict(vfam="scale-planar*2-loc"),
    "radial": dict(vfam="scale-hh-radial-loc"),
    "particles": dict(vfam="empirical", size=SAMPLES),
}

def numbers(value):
    return np.asarray(value, "float64").tolist()

def begin(group, seed):
    "The same parameters on both sides."
    rng = np.random.RandomState(seed)
    for param in group.params:
        value = param.get_value()
        if param.name == "L_tril":
            d = group.ddim
            new = np.where(np.equal(*np.tril_indices(d)), 1.0, 0.2) + 0.1 * rng.normal(size=value.shape)
        else:
            new = 0.4 * rng.normal(size=value.shape)
        param.set_value(new.astype(value.dtype))

def objective(make, family, beta, scaled):
    model, names = make()
    with model:
        group = opvi.Group([model[name] for name in names], **FAMILIES[family])
        approx = opvi.Approximation([group])
    approx.scale_cost_to_minibatch = scaled
    begin(group, 5)
    noise = np.random.RandomState(7).normal(size=(SAMPLES, group.ddim))
    with theano.config.change_flags(compute_test_value="off"):
        if family == "particles":
            op = operators.KSD(approx, temperature=1.5)
            gradients = op(pm.test_functions.rbf)(None, more_obj_params=[])
            return {"gradients": [numbers(g) for g in theano.function([], gradients)()]}
        # the sum over samples, without replacing it by a single one
        loss = operators.KL(approx, beta=beta).apply(None)
        loss = theano.clone(loss, {group.symbolic_initial: tt.constant(noise)}, strict=False)
        values = theano.function([], [loss] + theano.grad(loss, approx.params))()
        more = {group.symbolic_initial: tt.constant(noise)}
        moments = []
        if family in ("mean_field", "full_rank"):
            moments = [numbers(v.eval()) for v in (group.mean, group.std, group.cov)]
        given = theano.clone([group.symbolic_random, group.symbolic_logq], more, strict=False)
        random, logq = theano.function([], given)()
        return {
            "loss": numbers(values[0]), "gradients": [numbers(v) for v in values[1:]], "moments": moments,
            "samples": numbers(random), "logq": numbers(logq), "names": [p.name for p in approx.params],
        }

OPTIMISERS = {
    "sgd": {}, "momentum": {}, "nesterov_momentum": {"momentum": 0.7}, "adagrad": {}, "adagrad_window": {"n_win": 3},
    "rmsprop": {}, "adadelta": {}, "adam": {"learning_rate": 0.05}, "adamax": {}, "sgd, bounded": {},
}

def trajectory(name):
    x = theano.shared(np.array([[1.5, -0.3], [0.1, 2.0]]))
    y = theano.shared(0.7)
    cost = (x ** 4).sum() / 4 + (x * y).sum() + tt.exp(y)
    function = getattr(updates, name.partition(",")[0])
    if "bounded" in name:
        grads = updates.get_or_compute_grads(cost, [x, y])
        new = function(updates.total_norm_constraint(grads, 0.5), [x, y])
        new[x] = updates.norm_constraint(new[x], 1.2)
    else:
        new = function(cost, [x, y], **OPTIMISERS[name])
    step = theano.function([], cost, updates=new)
    path = []
    for _ in range(8):
        loss = step()
        path.append([float(loss), numbers(x.get_value()), float(y.get_value())])
    return path

def parameters_at_the_start(formula):
    model, names = schools()
    np.random.seed(11)
    with model:
        group = NormalizingFlowGroup([model[name] for name in names], vfam=formula)
    return [numbers(p.get_value()) for p in group.params]

def results():
    found = {}
    for make in (schools, regression):
        for family in FAMILIES:
            found["%s %s" % (make.__name__, family)] = objective(make, family, 1.0, True)
        found["%s beta" % make.__name__] = objective(make, "mean_field", 0.3, False)
    for name in OPTIMISERS:
        found[name] = trajectory(name)
    for formula in ("planar-radial", "hh*2-scale-loc"):
        found["start " + formula] = parameters_at_the_start(formula)
    return found
"""

REFERENCE = PROGRAM + "\nimport json, sys\njson.dump(results(), open(sys.argv[1], 'w'))\n"

#: Relative to the largest number of an array: rounding. Theano's float32 constants are another matter: log(2), sqrt(2).
ROUNDING = 1e-10
NARROW = 5e-8


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    target: Path = tmp_path_factory.mktemp("variational") / "results.json"
    environment = provision.environment(python)
    environment["THEANO_FLAGS"] += ",optimizer=fast_compile"  # a third of the time
    done = subprocess.run(
        [str(python), "-c", REFERENCE, str(target)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(target.read_text())


@pytest.fixture(scope="module")
def ours(theirs: dict[str, Any]) -> dict[str, Any]:
    install()
    try:
        side: dict[str, Any] = {}
        exec(compile(PROGRAM, "<both sides>", "exec"), side)
        return json.loads(json.dumps(side["results"]()))
    finally:
        uninstall()


def off(a: Any, b: Any) -> float:
    """Largest difference of two arrays, relative to their largest number."""
    x, y = np.asarray(a, float), np.asarray(b, float)
    assert x.shape == y.shape
    assert np.isfinite(x).all()
    return float(np.abs(x - y).max() / max(np.abs(x).max(), 1e-300))


@pytest.mark.parametrize("case", ["mean_field", "full_rank", "planar", "radial", "particles", "beta"])
@pytest.mark.parametrize("model", ["schools", "regression"])
def test_objectives_and_gradients(model: str, case: str, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    a, b = theirs[f"{model} {case}"], ours[f"{model} {case}"]
    assert a.get("names") == b.get("names") and a.keys() == b.keys()
    tolerance = NARROW if model == "schools" else ROUNDING  # HalfCauchy has log(2)
    for key in a.keys() - {"names"}:
        parts = zip(a[key], b[key], strict=True) if key in ("gradients", "moments") else [(a[key], b[key])]
        for x, y in parts:
            assert off(x, y) < tolerance, key


@pytest.mark.parametrize(
    "name",
    [
        *("sgd", "momentum", "nesterov_momentum", "adagrad", "adagrad_window", "rmsprop", "adadelta", "adam", "adamax"),
        "sgd, bounded",
    ],
)
def test_optimisers_take_the_same_steps(name: str, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    for (loss, x, y), (loss_, x_, y_) in zip(theirs[name], ours[name], strict=True):
        assert max(off(loss, loss_), off(x, x_), off(y, y_)) < ROUNDING


@pytest.mark.parametrize("formula", ["planar-radial", "hh*2-scale-loc"])
def test_flows_begin_with_the_same_numbers(formula: str, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    for a, b in zip(theirs[f"start {formula}"], ours[f"start {formula}"], strict=True):
        assert a == b
