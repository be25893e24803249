"""The TensorFlow side as a process: what programs do in it, and what it answers."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pm_migrate.errors import WorkerCrashed, WorkerTimeout
from pm_migrate.verify.program import CandidateClient

pytest.importorskip(
    "tensorflow", reason="the runtime's dependencies are not installed: pip install 'pm-migrate[shims]'"
)

Write = Callable[[str], Path]


@pytest.fixture
def program(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(text))
        return path

    return write


@pytest.fixture(scope="module")
def drop_in() -> Iterator[CandidateClient]:
    with CandidateClient("drop-in") as client:
        yield client


@pytest.fixture(scope="module")
def rewrite() -> Iterator[CandidateClient]:
    with CandidateClient("rewrite") as client:
        yield client


BEFORE = """
import numpy as np
import pymc3 as pm
with pm.Model() as model:
    mu = pm.Normal("mu", 0.0, 10.0, shape=2)
    sigma = pm.HalfNormal("sigma", 2.0)
    k = pm.Poisson("k", 3.0)
    pm.Normal("y", mu[0] + k, sigma, observed=np.array([1.0, 2.0, 4.0]))
    trace = pm.sample(10**7, tune=10**7, chains=2)
print("sampled", trace["mu"].shape[1])
"""

AFTER = """
import pm_migrate.pymc4 as pm
import numpy as np
@pm.model(name=None)
def build_model():
    mu = yield pm.Normal("mu", 0.0, 10.0, shape=2)
    sigma = yield pm.HalfNormal("sigma", 2.0)
    k = yield pm.Poisson("k", 3.0)
    yield pm.Normal("y", mu[0] + k, sigma, observed=np.array([1.0, 2.0, 4.0]))
model = build_model()
trace = pm.sample(model, num_samples=10**7, burn_in=10**7, num_chains=2)
print("sampled", trace.posterior["mu"].shape[2])
"""


def normal(x: float, mu: float, sigma: float) -> float:
    return -0.5 * ((x - mu) / sigma) ** 2 - math.log(sigma) - 0.5 * math.log(2 * math.pi)


@pytest.mark.parametrize(("road", "text"), [("drop_in", BEFORE), ("rewrite", AFTER)])
def test_a_model_is_found_described_and_evaluated(
    road: str, text: str, program: Write, request: pytest.FixtureRequest
) -> None:
    client: CandidateClient = request.getfixturevalue(road)
    loaded = client.load_program(program(text))
    assert loaded.error is None and loaded.output.endswith("sampled 2\n")
    (model,) = loaded.models
    assert (model.name, model.observed) == ("model", ("y",))
    assert [(v.rv_name, v.shape, v.transform, v.discrete) for v in model.variables] == [
        ("mu", (2,), None, False), ("sigma", (), "log", False), ("k", (), None, True),
    ]  # fmt: skip
    mu, log_sigma, k = (v.name for v in model.variables)
    point = {mu: np.array([0.5, -1.0]), log_sigma: np.array(0.3), k: np.array(2)}
    here, outside = client.evaluate(loaded, model, [point, {**point, k: np.array(-1)}])
    sigma = math.exp(0.3)
    terms = {
        "mu": normal(0.5, 0, 10) + normal(-1.0, 0, 10),
        "sigma": math.log(2) + normal(sigma, 0, 2) + 0.3,
        "k": 2 * math.log(3.0) - 3.0 - math.log(2.0),
        "y": sum(normal(y, 2.5, sigma) for y in (1.0, 2.0, 4.0)),
    }
    assert here.terms == pytest.approx(terms, rel=1e-13)
    assert here.logp == pytest.approx(sum(terms.values()), rel=1e-13)
    assert here.gradient[mu] == pytest.approx([-0.005 - 0.5 / sigma**2, 0.01], rel=1e-12)
    assert set(here.gradient) == {mu, log_sigma} and outside.logp == -math.inf


def test_models_that_stay_on_pymc3_run_on_the_drop_in_and_are_marked(rewrite: CandidateClient, program: Write) -> None:
    both = AFTER + "\nimport pymc3 as pm3\nimport theano.tensor as tt\nwith pm3.Model() as kept:\n    pm3.Normal('x')\n"
    loaded = rewrite.load_program(program(both))
    assert [(model.name, model.drop_in) for model in loaded.models] == [("model", False), ("kept", True)], loaded.error


def test_a_rewrite_gets_nothing_of_pymc3_until_it_imports_it(rewrite: CandidateClient, program: Write) -> None:
    rewrite.load_program(program("import pymc3, arviz\narviz.from_pymc3"))
    alone = "import sys, arviz\nassert 'pymc3' not in sys.modules and not hasattr(arviz, 'from_pymc3')\n" + AFTER
    loaded = rewrite.load_program(program(alone))
    assert loaded.error is None and [model.drop_in for model in loaded.models] == [False]


MODELS = """
import pymc3 as pm
def build(n):
    with pm.Model() as inner:
        pm.Normal("x", shape=n)
    return inner
build(1)
kept = build(2)
with pm.Model() as model:
    pm.Normal("x")
    with pm.Model("nested"):
        pm.Normal("z")
pm.Model()
left_open = build(3)
left_open.__enter__()
"""


def test_models_are_found_as_under_pymc3(drop_in: CandidateClient, program: Write) -> None:
    """The same list as ``tests/reference`` expects of PyMC3: nested and empty models are none of their own."""
    for _ in range(2):
        loaded = drop_in.load_program(program(MODELS))
        found = [(m.name, [(v.name, v.shape) for v in m.variables]) for m in loaded.models]
        assert found == [
            ("model#0", [("x", (1,))]),
            ("kept", [("x", (2,))]),
            ("model", [("x", ()), ("nested_z", ())]),
            ("left_open", [("x", (3,))]),
        ]


def test_settings_end_with_their_program(drop_in: CandidateClient, program: Write) -> None:
    for setting in ("theano.config.floatX = 'float32'", ""):
        loaded = drop_in.load_program(program(f"import theano\nprint(theano.config.floatX)\n{setting}\n"))
        assert loaded.output == "float64\n"


def test_a_program_of_float32_can_be_kept_in_float64(drop_in: CandidateClient, program: Write) -> None:
    path = program("import theano\ntheano.config.floatX = 'float32'\n" + BEFORE)
    for double, dtype in ((False, "float32"), (True, "float64"), (False, "float32")):
        loaded = drop_in.load_program(path, double=double)
        assert loaded.error is None
        assert {v.dtype for v in loaded.models[0].variables if not v.discrete} == {dtype}


def test_programs_that_misbehave(drop_in: CandidateClient, program: Write) -> None:
    late = drop_in.load_program(program(BEFORE + "import os; os.write(1, b'raw'); raise ValueError('late')\n"))
    assert len(late.models) == 1 and "ValueError: late" in (late.error or "")
    ended = drop_in.load_program(program(BEFORE + "import sys; sys.exit()\n"))
    assert len(ended.models) == 1 and ended.error is None
    with pytest.raises(WorkerTimeout, match="drop-in"):
        drop_in.call("load_program", timeout=1.0, path=str(program("while True: pass\n")))
    with pytest.raises(WorkerCrashed, match=r"the TensorFlow side \(drop-in\) ended with exit code 5"):
        drop_in.load_program(program("import os; os._exit(5)\n"))
    assert len(drop_in.load_program(program(BEFORE)).models) == 1


@pytest.mark.parametrize(("road", "text"), [("drop_in", BEFORE), ("rewrite", AFTER)])
def test_parts_values_and_the_bulk(road: str, text: str, program: Write, request: pytest.FixtureRequest) -> None:
    """Draws of a few thousand fit in; the posterior of ``mu[0]`` is near the data less ``k``."""
    client: CandidateClient = request.getfixturevalue(road)
    loaded = client.load_program(program(text.replace("10**7", "10")))
    (model,) = loaded.models
    mu, log_sigma, k = (v.name for v in model.variables)
    point = {mu: np.array([0.5, -1.0]), log_sigma: np.array(0.3), k: np.array(2)}
    (here,) = client.evaluate(loaded, model, [point])
    assert here.values["sigma"] == pytest.approx(math.exp(0.3)) and here.values["mu"].tolist() == [0.5, -1.0]
    bases = client.split_terms(loaded, model, [point, point])
    assert bases["sigma"] == pytest.approx([here.terms["sigma"] - 0.3] * 2, rel=1e-12)
    assert bases["mu"] == pytest.approx([here.terms["mu"]] * 2)
    points = client.bulk(loaded, model, [point], 12, seed=1)
    assert len(points) == 12 and len({float(p[mu][1]) for p in points}) > 4
    assert all(abs(float(p[mu][0]) + int(p[k]) - 7 / 3) < 8 for p in points)
    assert all(client.evaluate(loaded, model, [p])[0].logp > here.logp - 15 for p in points)
