"""Whole models: missing data, scaling, nesting, potentials, replaced data and dimensions against PyMC3 on Theano.

Each program runs unedited on both sides; value variables, test points, log density and gradient have to agree.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from pm_migrate.reference.client import ReferenceClient
from pm_migrate.verify import render, verify_program

PREAMBLE = """
import numpy as np
import pandas as pd
import pymc3 as pm
import theano
import theano.tensor as tt
"""

PROGRAMS = {
    "missing data": """
with pm.Model() as regression:
    x = pm.Normal("x", 1.0, 1.0)
    s = pm.HalfNormal("s", 2.0)
    mu = x * np.array([0.5, 1.0, 0.5, 2.0, 0.3])
    y = pm.Normal("y", mu, s, observed=np.ma.masked_values([1.0, 2.0, -1.0, 4.0, -1.0], value=-1.0))
    pm.Normal("z", y, 1.0, observed=[1.0, np.nan, 3.0, 4.0, 5.0])

with pm.Model() as counts:
    rate = pm.Gamma("rate", 2.0, 1.0)
    pm.Poisson("n", rate, observed=np.ma.masked_values([[3, -1], [0, 2]], value=-1))
    pm.Beta("b", 1.0 + rate, 2.0, observed=pd.DataFrame({"a": [0.2, np.nan], "b": [np.nan, 0.7]}))
    pm.Potential("p", -rate)
""",
    "scaling": """
with pm.Model() as scaled:
    mu = pm.Normal("mu", 0.0, 10.0, shape=(2, 3), total_size=[4, 9])
    tau = pm.HalfCauchy("tau", 5.0, shape=2, total_size=7)
    pm.Normal("n", mu, tau[:, None], observed=np.arange(6.0).reshape(2, 3), total_size=100)
    pm.Normal("m", mu, 1.0, observed=np.ones((2, 3)), total_size=[Ellipsis, 30])
    pm.Normal("k", mu, 1.0, observed=np.ones((2, 3)), total_size=(10, None))
    pm.Normal("scalar", 0.0, tau[0], observed=0.5, total_size=11)
    pm.Potential("p", tt.sum(mu))
""",
    "nesting": """
class Part(pm.Model):
    def __init__(self, mean, name="", model=None):
        super().__init__(name, model)
        self.Var("v", pm.Normal.dist(mu=mean, sigma=2.0))
        scale = pm.HalfNormal("scale", 1.5)
        pm.Normal("w", self.v, scale, shape=2)
        pm.Deterministic("twice", 2 * self["v"])
        pm.Potential("pull", -(self.w ** 2).sum())

with pm.Model(name="whole") as nested:
    top = pm.Normal("top", 0.0, 1.0)
    first = Part(top, name="first")
    second = Part(1.0, name="second")
    with pm.Model("third"):
        pm.Exponential("rate", 2.0)
        pm.Normal("seen", first.v + second.v, second.scale, observed=[1.0, 2.0])
names = ["whole_top", "first_v", "first_scale", "second_w", "third_rate", "third_seen", "first_twice", "second_pull"]
assert all(name in nested.named_vars for name in names), list(nested.named_vars)
""",
    "data and dimensions": """
coords = {"city": ["a", "b", "c"], "year": [2019, 2020]}
with pm.Model(coords=coords) as replaced:
    x = pm.Data("x", np.array([[1.0, 2.0], [0.5, 1.5], [2.0, 0.1]]), dims=("city", "year"))
    index = pm.Data("index", [0, 1, 2, 0])
    level = pm.Normal("level", 0.0, 3.0, dims="city")
    slope = pm.Normal("slope", 0.0, 1.0, dims=("city", "year"))
    spread = pm.HalfNormal("spread", 1.0)
    pm.Normal("y", level[:, None] + slope * x, spread, observed=2.0 * x, dims=("city", "year"))
    seen = pm.Data("seen", [0.1, 0.2, 0.3, 0.4])
    pm.Normal("z", level[index], spread, observed=seen)
    pm.set_data({"x": np.ones((3, 2)), "index": [2, 2], "seen": [5.0, 6.0]})
shared = theano.shared(np.array([1.0, 2.0, 3.0]))
with pm.Model() as outside:
    b = pm.Normal("b", shared.mean(), 1.0)
    pm.Normal("y", b * shared, 1.0, observed=shared ** 2)
shared.set_value(np.array([4.0, 5.0]))
""",
}


#: Number of models in each.
MODELS = {"missing data": 2, "scaling": 1, "nesting": 1, "data and dimensions": 2}
#: Programs of the kinds that PyMC3's users wrote, each with several models.
FOLDER = Path(__file__).parent / "model_programs"
#: Theano compiles their gradients for minutes: with ``--profile deep``.
DEEP = {"gaussian_processes"}


def check(program: Path, reference: ReferenceClient, count: int) -> None:
    """Compare a program's models on both sides."""
    report = verify_program(program, None, reference=reference, points=10, seed=1)
    table = io.StringIO()
    Console(file=table, width=160).print(render(report))
    assert report.ok, table.getvalue()
    assert len(report.comparisons) == count


@pytest.mark.filterwarnings("ignore::pm_migrate.shims.exceptions.ImputationWarning")
@pytest.mark.parametrize("name", list(PROGRAMS))
def test_models_equal_pymc3s(name: str, reference: ReferenceClient, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PREAMBLE + PROGRAMS[name])
    check(program, reference, MODELS[name])


@pytest.mark.parametrize("program", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_programs_equal_pymc3s(program: Path, reference: ReferenceClient, request: pytest.FixtureRequest) -> None:
    if program.stem in DEEP and request.config.getoption("--profile") != "deep":
        pytest.skip("Theano compiles these gradients for minutes; with --profile deep")
    check(program, reference, program.read_text().count("\nwith pm.Model("))
