"""Programs under the real PyMC3: what they make is found, and what they do is survived."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pm_migrate.errors import RemoteError, WorkerCrashed, WorkerTimeout
from pm_migrate.reference.client import ProgramInfo, ReferenceClient
from pm_migrate.reference.worker import run_program
from pm_migrate.reference.worker.programs import Cells

Write = Callable[[str], Path]

MODEL = """
import numpy as np
import pymc3 as pm
with pm.Model() as model:
    mu = pm.Normal("mu", 0.0, 10.0, shape=2)
    sigma = pm.HalfNormal("sigma", 2.0)
    k = pm.Poisson("k", 3.0)
    twice = pm.Deterministic("twice", 2 * mu)
    pm.Potential("extra", -mu[0] ** 2)
    pm.Normal("y", mu[0] + k, sigma, observed=np.array([1.0, 2.0, 4.0]))
"""


@pytest.fixture(scope="module")
def loaded(reference: ReferenceClient, tmp_path_factory: pytest.TempPathFactory) -> ProgramInfo:
    path = tmp_path_factory.mktemp("program") / "model.py"
    path.write_text(MODEL + "print('made it')\nother = model\n")
    return reference.load_program(path)


def normal(x: float, mu: float, sigma: float) -> float:
    return -0.5 * ((x - mu) / sigma) ** 2 - math.log(sigma) - 0.5 * math.log(2 * math.pi)


def test_versions(reference: ReferenceClient) -> None:
    reference.start()
    assert reference.versions["pymc3"].startswith("3.11") and reference.versions["floatX"] == "float64"


def test_a_model_is_described(loaded: ProgramInfo) -> None:
    (model,) = loaded.models
    assert loaded.error is None and loaded.output == "made it\n"
    assert (model.name, model.aliases, model.index) == ("model", ("model", "other"), 0)
    described = [(v.name, v.rv_name, v.shape, v.dtype, v.transform, v.discrete) for v in model.variables]
    assert described == [
        ("mu", "mu", (2,), "float64", None, False),
        ("sigma_log__", "sigma", (), "float64", "log", False),
        ("k", "k", (), "int64", None, True),
    ]
    assert (model.observed, model.deterministics, model.potentials) == (("y",), ("twice",), ("extra",))
    # the test value of a half normal is its mean
    assert model.test_point["sigma_log__"] == pytest.approx(math.log(2.0 * math.sqrt(2.0 / math.pi)), rel=1e-7)


def test_a_model_is_evaluated(reference: ReferenceClient, loaded: ProgramInfo) -> None:
    (model,) = loaded.models
    point = {"mu": np.array([0.5, -1.0]), "sigma_log__": np.array(0.3), "k": np.array(2)}
    far = {**point, "k": np.array(-1)}
    here, outside = reference.evaluate(loaded, model, [point, far])
    sigma = math.exp(0.3)
    terms = {
        "mu": normal(0.5, 0, 10) + normal(-1.0, 0, 10),
        "sigma": math.log(2) + normal(sigma, 0, 2) + 0.3,
        "k": 2 * math.log(3.0) - 3.0 - math.log(2.0),
        "y": sum(normal(y, 2.5, sigma) for y in (1.0, 2.0, 4.0)),
        "extra": -0.25,
    }
    assert here.terms == pytest.approx(terms, rel=1e-13)
    assert here.logp == pytest.approx(sum(terms.values()), rel=1e-13)
    residuals = np.array([1.0, 2.0, 4.0]) - 2.5
    assert here.gradient["mu"] == pytest.approx([-0.005 + residuals.sum() / sigma**2 - 1.0, 0.01], rel=1e-12)
    slope = -(sigma**2) / 4 + 1 + (residuals**2).sum() / sigma**2 - 3
    assert here.gradient["sigma_log__"] == pytest.approx(slope, rel=1e-12)
    assert set(here.gradient) == {"mu", "sigma_log__"} and here.gradient["sigma_log__"].shape == ()
    assert here.elements == {"mu": 2, "sigma": 1, "k": 1, "y": 3, "extra": 1}
    assert outside.logp == -math.inf and outside.terms["k"] == -math.inf


def test_correlated_draws_are_the_same_on_both_sides(reference: ReferenceClient, program: Write) -> None:
    """NumPy's own differ between its versions, by the signs of singular vectors."""
    path = program("""
import numpy as np
from numpy.random import RandomState
np.random.seed(3)
cov = RandomState(1).normal(size=(4, 4))
drawn = np.random.multivariate_normal([0.0, 1.0, 2.0, 3.0], cov @ cov.T, size=(1000, 2))
one = np.random.multivariate_normal(np.zeros(2), np.eye(2))
assert drawn.shape == (1000, 2, 4) and one.shape == (2,)
assert np.allclose(np.cov(drawn.reshape(-1, 4).T), cov @ cov.T, rtol=0.2, atol=0.3)
print(repr(drawn[0].round(6).tolist()))
""")
    there = reference.load_program(path)
    here, error = run_program(str(path))
    assert there.error is None and error is None
    assert repr(here["drawn"][0].round(6).tolist()) in there.output.splitlines()


def test_two_processes_that_compile_the_same_at_once(reference: ReferenceClient, program: Write) -> None:
    """The second finds the first one's code stored already, where Theano has an assertion."""
    code = """
        from theano.link.c.cmodule import KeyData
        stored = KeyData({"key"}, "hash", "key.pkl", "entry")
        stored.add_key("key", save_pkl=False)
        stored.add_key("other", save_pkl=False)
        assert stored.keys == {"key", "other"}
    """
    assert reference.load_program(program(code)).error is None


def test_float32_constants_are_found_with_their_size(reference: ReferenceClient, program: Write) -> None:
    """``gammaln(21)`` of the Python number 20 is 42.3: half a unit in its last place in float32 is 2**-19."""
    path = program("""
import numpy as np
import pymc3 as pm
with pm.Model() as model:
    p = pm.Beta("p", 2.0, 2.0)
    pm.Binomial("narrow", n=20, p=p, observed=[3, 4, 5])
    pm.Binomial("wide", n=np.array([20, 20, 20]), p=p, observed=[3, 4, 5])
""")
    loaded = reference.load_program(path)
    (here,) = reference.evaluate(loaded, loaded.models[0], [loaded.models[0].test_point])
    assert here.rounding == {"p": 0.0, "narrow": 3 * 2.0**-19, "wide": 0.0}
    assert 0 < abs(here.terms["narrow"] - here.terms["wide"]) <= here.rounding["narrow"]


def test_a_point_that_lacks_a_variable(reference: ReferenceClient, loaded: ProgramInfo) -> None:
    with pytest.raises(KeyError, match="no value for mu, k"):
        reference.evaluate(loaded, loaded.models[0], [{"sigma_log__": np.array(0.0)}])


def test_points_are_drawn_repeatably(reference: ReferenceClient, loaded: ProgramInfo) -> None:
    (model,) = loaded.models
    first, again, other = (reference.prior_points(loaded, model, 200, seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a[n], b[n]) for a, b in zip(first, again, strict=True) for n in a)
    assert any(not np.array_equal(a["mu"], b["mu"]) for a, b in zip(first, other, strict=True))
    noise = np.array([p["mu"] for p in first]).ravel()
    assert abs(noise.mean()) < 0.2 and abs(noise.std() - 1) < 0.2
    counts = np.array([p["k"] for p in first])
    assert counts.dtype == np.int64 and counts.min() >= 0 and abs(counts.mean() - 3) < 0.6


def test_real_sampling(reference: ReferenceClient, loaded: ProgramInfo) -> None:
    draws = reference.sample(loaded, loaded.models[0], 30, tune=30, chains=2, seed=5)
    assert {name: values.shape for name, values in draws.items()} == {
        "mu": (2, 30, 2), "sigma_log__": (2, 30), "sigma": (2, 30), "k": (2, 30), "twice": (2, 30, 2),
    }  # fmt: skip
    assert np.allclose(draws["twice"], 2 * draws["mu"]) and draws["mu"].std() > 0


def test_models_can_be_compared_by_stand_ins(reference: ReferenceClient, program: Write) -> None:
    """ArviZ finds a log likelihood of the right shape in every trace, at the cost of one evaluation."""
    path = program(
        MODEL
        + """
import arviz as az
import numpy as np
with model:
    trace = pm.sample(1000, chains=2)
    inside = az.waic(trace)
other = az.from_pymc3(trace, model=model)
some = az.from_pymc3(trace, model=model, log_likelihood=["y"])
none = az.from_pymc3(trace, model=model, log_likelihood=False)
table = az.compare({"one": other, "two": pm.sample(1000, chains=2, model=model, return_inferencedata=True)}, ic="waic")
values = other.log_likelihood["y"].values
print(values.shape[:2], values.shape[2:] == model["y"].eval().shape, np.ptp(values, axis=(0, 1)).min() > 0)
print(sorted(some.log_likelihood), hasattr(none, "log_likelihood"), np.isfinite(inside.iloc[0]), len(table))
print(np.isfinite(pm.loo(trace, model).iloc[0]))
"""
    )
    loaded = reference.load_program(path)
    assert loaded.error is None
    assert {"(2, 1000) True True", "['y'] False True 2", "True"} <= set(loaded.output.splitlines())


def test_inference_stands_still_with_the_shapes_asked_for(reference: ReferenceClient, program: Write) -> None:
    path = program(MODEL + """
import matplotlib.pyplot as plt
from pymc3 import sample as take
from pymc3.sampling import sample_prior_predictive
with model:
    trace = take(2000, tune=100000, chains=3, random_seed=1)
    idata = pm.sample(200_000, return_inferencedata=True, chains=2, idata_kwargs={"log_likelihood": False})
    predictive = pm.sample_posterior_predictive(trace, samples=700, var_names=["y"])
    kept = pm.sample_posterior_predictive(trace, keep_size=True)
    fast = pm.fast_sample_posterior_predictive(trace)
    prior = sample_prior_predictive(300)
    best = pm.find_MAP()
    smc = pm.sample_smc(draws=50, chains=2)
with pm.Model() as continuous:
    pm.Normal("z", shape=2)
    approximation = pm.fit(10**9, callbacks=[pm.callbacks.CheckParametersConvergence()])
    drawn = approximation.sample(10)
burnt = trace[1500:]
pm.plot_posterior(trace, var_names=["sigma"]); plt.show()
pm.summary(burnt)
frame = pm.trace_to_dataframe(trace, varnames=["mu", "sigma"])
print(trace["mu"].shape, burnt["sigma"].shape, trace.get_values("twice", chains=[0]).shape, trace.nchains)
print(predictive["y"].shape, kept["y"].shape, fast["y"].shape, prior["mu"].shape, prior["y"].shape)
print(sorted(best), smc["mu"].shape, len(drawn), len(approximation.hist), frame.shape)
print(idata.posterior["mu"].shape[0], idata.posterior["mu"].shape[1] > 1000, trace["diverging"].sum())
print(np.ptp(trace["mu"][:, 0]) > 0, np.allclose(trace["twice"], 2 * trace["mu"]))
""")  # fmt: skip
    start = time.monotonic()
    loaded = reference.load_program(path)
    assert loaded.error is None
    assert time.monotonic() - start < 120
    assert [model.name for model in loaded.models] == ["model", "continuous"]
    assert loaded.output.splitlines()[-5:] == [
        "(6000, 2) (1500,) (2000, 2) 3",
        "(700, 3) (3, 2000, 3) (6000, 3) (300, 2) (300, 3)",
        "['k', 'mu', 'sigma', 'sigma_log__', 'twice'] (100, 2) 10 100000 (6000, 3)",
        "2 True 0",
        "True True",
    ]


def test_standing_in_draws_no_random_numbers(reference: ReferenceClient, program: Write) -> None:
    """Data that a program simulates later must not depend on what stands in for sampling."""
    path = program(MODEL + """
before = np.random.get_state()[1].tolist()
with model:
    pm.sample_prior_predictive(10); trace = pm.sample(10); pm.sample_posterior_predictive(trace)
print(before == np.random.get_state()[1].tolist(), np.random.default_rng().integers(10**9))
""")  # fmt: skip
    outputs = [reference.load_program(path).output.splitlines()[-1] for _ in range(2)]
    assert outputs[0].startswith("True") and outputs[0] == outputs[1]


MODELS = """
import pymc3 as pm
def build(n):
    with pm.Model() as inner:
        pm.Normal("x", shape=n)
    return inner
build(1)
kept = build(2)
for n in (3, 4):
    with pm.Model() as model:
        pm.Normal("x", shape=n)
        with pm.Model("nested"):
            pm.Normal("z")
pm.Model()
class Custom(pm.Model):
    def __init__(self):
        super().__init__()
        pm.Gamma("g", 2, 1)
custom = Custom()
"""


def test_models_are_found_wherever_they_are_made(reference: ReferenceClient, program: Write) -> None:
    loaded = reference.load_program(program(MODELS))
    found = [(m.name, m.index, [(v.name, v.shape) for v in m.variables]) for m in loaded.models]
    assert found == [
        ("model#0", 0, [("x", (1,))]),
        ("kept", 1, [("x", (2,))]),
        ("model#2", 2, [("x", (3,)), ("nested_z", ())]),
        ("model", 3, [("x", (4,)), ("nested_z", ())]),
        ("custom", 4, [("g_log__", ())]),
    ]
    with pytest.raises(KeyError, match="no model 'absent'"):
        loaded.model("absent")


def test_a_program_sees_itself_as_main(reference: ReferenceClient, program: Write) -> None:
    path = program("""
import os, sys
import helper
assert __name__ == "__main__" and sys.modules["__main__"].__dict__ is globals()
print(sys.argv[1:], os.getcwd() == os.path.dirname(os.path.abspath(__file__)), helper.VALUE)
""")
    for value in (1, 2):
        (path.parent / "helper.py").write_text(f"VALUE = {value}  # {'x' * value}\n")
        loaded = reference.load_program(path, ["-n", "3"])
        assert loaded.output == f"['-n', '3'] True {value}\n" and loaded.error is None
    with pytest.raises(FileNotFoundError, match="no such program"):
        reference.load_program(path.parent / "absent.py")


ENDINGS = {
    "import sys; sys.exit()": None,
    "exit(0)": None,
    "import sys; sys.exit('bad data')": "SystemExit: bad data",
    "raise ValueError('after the model')": "ValueError: after the model",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "model.__enter__()": None,
    "import os\nif os.fork() == 0:\n    raise RuntimeError('in a child')": None,
    "import os; os.write(1, b'PMM1' * 100)": None,
    "import os; os.close(1)": None,
    "import sys; sys.stdout.close(); sys.stderr = None": None,
    "import os; os.close(0); os.close(2)": None,
    "import theano; theano.config.floatX = 'float32'": None,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_however_a_program_ends_its_models_are_kept(reference: ReferenceClient, program: Write, ending: str) -> None:
    loaded = reference.load_program(program(MODEL + ending + "\n"))
    expected = ENDINGS[ending]
    assert loaded.error is None if expected is None else loaded.error is not None and expected in loaded.error
    (model,) = loaded.models
    (value,) = reference.evaluate(loaded, model, [model.test_point], gradient=False, terms=False)
    assert math.isfinite(value.logp) and value.gradient == value.terms == {}
    # and the next program is not concerned
    again = reference.load_program(program(MODEL + "import sys; print('out', file=sys.stderr); print('err')\n"))
    assert [v.dtype for v in again.models[0].variables] == ["float64", "float64", "int64"]
    assert again.output == "out\nerr\n"
    assert again.life == loaded.life


def test_a_program_of_float32_can_be_kept_in_float64(reference: ReferenceClient, program: Write) -> None:
    path = program("import theano\ntheano.config.floatX = 'float32'\n" + MODEL)
    for double, dtype in ((False, "float32"), (True, "float64"), (False, "float32")):
        loaded = reference.load_program(path, double=double)
        assert loaded.error is None and loaded.float_x == "float32"
        assert {v.dtype for v in loaded.models[0].variables if not v.discrete} == {dtype}
    assert reference.load_program(program(MODEL), double=True).float_x == "float64"


def test_a_program_that_cannot_be_parsed(reference: ReferenceClient, program: Write) -> None:
    loaded = reference.load_program(program("with pm.Model() as:\n"))
    assert loaded.models == () and "SyntaxError" in (loaded.error or "")


def test_a_crash_and_a_hang_cost_only_themselves(reference: ReferenceClient, program: Write) -> None:
    kept = reference.load_program(program(MODEL))
    with pytest.raises(WorkerCrashed, match=r"(?s)SIGSEGV during `load_program`.*goodbye"):
        reference.load_program(program("import os; print('goodbye', flush=True); os.kill(os.getpid(), 11)\n"))
    with pytest.raises(WorkerCrashed, match="which has ended since then; load it again"):
        reference.evaluate(kept, kept.models[0], [kept.models[0].test_point])
    with pytest.raises(WorkerCrashed, match="exit code 3"):
        reference.load_program(program("import os; os._exit(3)\n"))
    reference.start()
    with pytest.raises(WorkerTimeout, match=r"(?s)within 2 s.*working"):
        reference.load_program(program("print('working', flush=True)\nwhile True: pass\n"), timeout=2.0)
    assert len(reference.load_program(program(MODEL)).models) == 1


def test_a_notebook_goes_on_after_an_error(reference: ReferenceClient, tmp_path: Path) -> None:
    text = "from __future__ import annotations\n" + MODEL + "first\nf: absent = 1\nwith pm.Model() as late:\n"
    text += "    pm.Normal('late')\nsecond\n"
    path = tmp_path / "notebook.ipynb.py"
    path.write_text(text)
    loaded = reference.load_program(path)
    assert [model.name for model in loaded.models][-1] == "late"
    assert loaded.error is not None
    assert loaded.error.splitlines()[-1] == "NameError: name 'first' is not defined (and 1 more after it)"
    script = tmp_path / "script.py"
    script.write_text(text)
    assert len(reference.load_program(script).models) == len(loaded.models) - 1


@pytest.mark.parametrize("mark", ["# %%", "#%% plots", "# In[12]:", "# In[ ]:", "# pm-migrate-notebook-0 cell 3"])
def test_a_script_in_cells_goes_on_after_an_error(reference: ReferenceClient, tmp_path: Path, mark: str) -> None:
    path = tmp_path / "script.py"
    path.write_text(f"{mark}\n{MODEL}first\n{mark}\nwith pm.Model() as late:\n    pm.Normal('late')\n")
    loaded = reference.load_program(path)
    assert [model.name for model in loaded.models][-1] == "late"
    assert loaded.error is not None and loaded.error.splitlines()[-1] == "NameError: name 'first' is not defined"


def test_an_exported_notebook_is_a_notebook(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(
        "get_ipython().magic('matplotlib inline')\nget_ipython().run_line_magic('time', 'x = 1')\nfirst\n"
        "get_ipython().run_cell_magic('time', '', 'y = x + 1\\nz = y')\n"
        "get_ipython().run_cell_magic('bash', '', 'ls')\n"
        "get_ipython().magic('time w = 5')\nget_ipython().system('ls')\nlate = z\n"
    )
    namespace, error = run_program(str(path))
    assert (namespace["late"], namespace["w"]) == (2, 5)
    assert error is not None and error.splitlines()[-1] == "NameError: name 'first' is not defined"


def test_magics_in_a_script_do_nothing(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("%matplotlib inline\nif 1:\n    !ls\nx = 5\n%load_ext autoreload\ny = (x\n     % 3)\n")
    namespace, error = run_program(str(path))
    assert (namespace["x"], namespace["y"], error) == (5, 2, None)
    path.write_text("x = (5\n     %a)\n1 = 2\n")
    assert "SyntaxError" in str(run_program(str(path))[1])


def test_the_programs_own_shell_is_used(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("def get_ipython():\n    return 5\n\n\nx = get_ipython()\n")
    assert run_program(str(path))[0]["x"] == 5


@pytest.mark.parametrize("line", ["x = 1  # %%", "# In", "# In 12:", "# 5 %%", "#"])
def test_other_comments_make_no_cells(tmp_path: Path, line: str) -> None:
    path = tmp_path / "script.py"
    path.write_text(f"{line}\nfirst\nlate = 1\n")
    namespace, error = run_program(str(path))
    assert "late" not in namespace and error is not None


def test_the_cells_of_a_script_begin_with_the_same_random_numbers(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("# %%\nimport numpy as np\nnp.random.rand(5)\n# %%\nx = np.random.rand()\n")
    cells = Cells()
    first, _ = run_program(str(path), cells=cells)
    path.write_text("# %%\nimport numpy as np\nraise ValueError\n# %%\nx = np.random.rand()\n")
    second, _ = run_program(str(path), cells=Cells(cells.states))
    assert first["x"] == second["x"]


SMOOTH = """
import numpy as np
x = np.linspace(0, 1, 40)
cov = 9.0 * np.exp(-0.5 * (x[:, None] - x) ** 2)
np.random.multivariate_normal(np.zeros(3), np.eye(3))
y = np.random.multivariate_normal(np.zeros(40), cov{}, 2)
"""


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (" * (1 + 1e-13 * np.cos(np.arange(1600)).reshape(40, 40))", True),
        (" + 1e-3 * np.eye(40)", False),
        ("[::-1, ::-1] * (1 + 1e-5)", False),
    ],
)
def test_a_covariance_that_agrees_to_roundings_gives_the_same_data(tmp_path: Path, change: str, same: bool) -> None:
    path = tmp_path / "program.py"
    path.write_text(SMOOTH.format(""))
    cells = Cells()
    first, _ = run_program(str(path), cells=cells)
    assert [cov.shape for cov in cells.covariances] == [(3, 3), (40, 40)]
    path.write_text(SMOOTH.format(change))
    alone, _ = run_program(str(path))
    assert not np.allclose(alone["y"], first["y"], atol=1e-9), "the factor hangs on the last bits"
    second, error = run_program(str(path), cells=Cells(cells.states, cells.covariances))
    assert error is None and np.array_equal(second["y"], first["y"]) is same


def test_covariances_are_taken_in_their_order() -> None:
    noted = [np.array([[4.0]]), np.array([[9.0]]), np.array([[4.0]]), np.eye(2)]
    cells, other = Cells({}, noted), np.array([[4.0 + 1e-9]])
    assert cells.covariance(other) is noted[0]
    assert cells.covariance(np.array([[5.0]])).item() == 5.0  # the other side had none like it
    assert cells.covariance(other) is noted[2]
    assert cells.covariance(other) is other  # each is taken once
    assert cells.covariance(np.eye(2)) is noted[3]


def test_a_forgotten_program(reference: ReferenceClient, program: Write) -> None:
    loaded = reference.load_program(program(MODEL))
    reference.forget(loaded)
    with pytest.raises(RemoteError, match="KeyError"):
        reference.evaluate(loaded, loaded.models[0], [loaded.models[0].test_point])


def test_compiled_and_interpreted_graphs_agree(reference: ReferenceClient, program: Write) -> None:
    """The default runs Theano's optimised graph without a C compiler; the compiler must not see another one."""
    path = program("""
import pymc3 as pm
with pm.Model() as model:
    pm.Normal("y", pm.Normal("m"), pm.HalfCauchy("s", 2.5), observed=[0.3, -2.0, 5.0])
""")
    loaded = reference.load_program(path)
    points = reference.prior_points(loaded, loaded.models[0], 5, seed=0)
    plain = reference.evaluate(loaded, loaded.models[0], points, terms=False)
    with ReferenceClient(Path(reference.command[0]), timeout=580.0, compiled=True) as compiling:
        compiling.start()
        if not compiling.versions["compiler"]:
            pytest.skip("Theano finds no C compiler here")
        again = compiling.load_program(path)
        compiled = compiling.evaluate(again, again.models[0], points, terms=False)
    for a, b in zip(plain, compiled, strict=True):
        assert a.logp == pytest.approx(b.logp, rel=1e-14)
        assert {n: float(g) for n, g in a.gradient.items()} == pytest.approx(
            {n: float(g) for n, g in b.gradient.items()}, rel=1e-12, abs=1e-14
        )


def test_products_whose_c_code_wants_a_blas_are_sampled(
    reference: ReferenceClient, program: Write, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--profile") != "deep":
        pytest.skip("the C compiler takes half a minute; with --profile deep")
    path = program("""
import numpy as np
import pymc3 as pm
import theano.tensor as tt
with pm.Model() as model:
    x = pm.Normal("x", shape=(2, 3, 3))
    pm.Normal("y", tt.batched_dot(x, np.ones((2, 3, 1))), observed=np.zeros((2, 3, 1)))
""")
    with ReferenceClient(Path(reference.command[0]), timeout=580.0, sampling=True) as compiling:
        loaded = compiling.load_program(path)
        draws = compiling.sample(loaded, loaded.models[0], 20, tune=10, chains=1, seed=1)
    assert draws["x"].shape == (1, 20, 2, 3, 3) and np.isfinite(draws["x"]).all()


PARTS = """
import pymc3 as pm
with pm.Model() as model:
    a = pm.Normal("a", 1.0, 2.0)
    b = pm.Uniform("b", 0.0, pm.math.exp(a), shape=2)
    w = pm.Dirichlet("w", [1.0, 2.0, 3.0])
    flat = pm.Flat("flat")
    d = pm.Deterministic("d", a * b)
    y = pm.Normal("y", b.sum() + flat, 1.0, observed=0.5)
"""


def test_a_prior_as_unconstrained_values(reference: ReferenceClient, program: Write) -> None:
    """The ends of ``b`` are drawn, too; ``flat`` cannot be drawn and is left out."""
    loaded = reference.load_program(program(PARTS))
    (model,) = loaded.models
    drawn = reference.prior_values(loaded, model, 30, seed=4)
    assert set(drawn) == {"a", "b_interval__", "w_stickbreaking__"}
    assert {name: values.shape for name, values in drawn.items()} == {
        "a": (30,), "b_interval__": (30, 2), "w_stickbreaking__": (30, 2),
    }  # fmt: skip
    assert all(np.all(np.isfinite(values)) for values in drawn.values())
    assert abs(drawn["a"].mean() - 1.0) < 5 * 2.0 / np.sqrt(30)
    # a uniform share of its interval is logistic on the log-odds scale: variance pi**2 / 3
    assert abs(drawn["b_interval__"].mean()) < 5 * np.pi / np.sqrt(3 * 60)
    again = reference.prior_values(loaded, model, 30, seed=4)
    assert all(np.array_equal(values, again[name]) for name, values in drawn.items())


def test_the_parts_of_terms(reference: ReferenceClient, program: Write) -> None:
    loaded = reference.load_program(program(PARTS))
    (model,) = loaded.models
    point = {"a": 0.5, "b_interval__": np.array([0.3, -1.0]), "w_stickbreaking__": np.zeros(2), "flat": 1.0}
    (value,) = reference.evaluate(loaded, model, [point])
    b = np.exp(0.5) / (1.0 + np.exp(-point["b_interval__"]))
    assert value.values["b"] == pytest.approx(b, rel=1e-12)
    assert value.values["d"] == pytest.approx(0.5 * b, rel=1e-12)
    bases = reference.split_terms(loaded, model, [point, point])
    assert set(bases) == {"b", "w"} and bases["b"] == pytest.approx([-1.0, -1.0], rel=1e-12)  # -2 log exp(0.5)
    found = reference.term_inputs(loaded, model, "y", ["mu", "sigma", "lam"], point)
    assert found["distribution"] == "Normal" and not found["scaled"] and set(found["parameters"]) == {"mu", "sigma"}
    assert found["parameters"]["mu"] == pytest.approx(b.sum() + 1.0, rel=1e-12) and found["value"] == 0.5
    assert reference.term_inputs(loaded, model, "gone", ["mu"], point)["distribution"] == ""


def test_how_far_roundings_move_a_number(reference: ReferenceClient, program: Write) -> None:
    source = """
        import pymc3 as pm
        import theano.tensor as tt

        with pm.Model() as m:
            x = pm.Normal('x', 0, 1)
            y = pm.HalfNormal('y', 1, transform=None)
            pm.Potential('cancels', tt.log(1. - tt.cos(1e-4 * x)))
            pm.Potential('vanishes', tt.log(tt.nnet.sigmoid(x - 800.) - tt.nnet.sigmoid(x - 900.)))
        """
    loaded = reference.load_program(program(source))
    (model,) = loaded.models
    points = [{"x": np.array(0.75), "y": np.array(0.5)}, {"x": np.array(0.75), "y": np.array(-0.5)}]
    (value, outside) = reference.evaluate(loaded, model, points)
    terms, slopes = reference.spread(loaded, model, points)
    assert 0.0 < terms["x"][0] < 16 * 2.0**-52 * abs(value.terms["x"])
    assert 0.1 < terms["cancels"][0] / (2.0**-52 / (0.75e-4**2 / 2)) < 4.0  # 1 - cos(z) is about z**2 / 2
    assert value.terms["vanishes"] == -np.inf and terms["vanishes"][0] == np.inf
    assert outside.terms["y"] == -np.inf and terms["y"][1] == 0.0, "no rounding moves the end of a support"
    assert slopes["x"].shape == (2,)
    again, _ = reference.spread(loaded, model, points)
    assert all(np.array_equal(again[name], terms[name]) for name in terms)


def test_numbers_too_small_to_have_all_their_digits(reference: ReferenceClient, program: Write) -> None:
    source = """
        import pymc3 as pm
        import theano.tensor as tt

        with pm.Model() as m:
            x = pm.Flat('x')
            pm.Potential('few', tt.log(0.5 ** (1064. + x) - 0.5 ** (1080. + x)))
            pm.Potential('lost', tt.log(x) * tt.sqrt(x))
        """
    loaded = reference.load_program(program(source))
    (model,) = loaded.models
    terms, slopes = reference.spread(loaded, model, [{"x": np.array(0.25)}, {"x": np.array(0.0)}])
    # 2.0**-1064.25 has ten bits at most: a unit in the last place is a thousandth of it
    assert 0.5 < terms["few"][0] / 2.0**-9.75 < 4.0
    assert terms["lost"][0] < 1e-14 and terms["lost"][1] == np.inf == slopes["x"][1] == np.inf


def test_more_than_two_arrays_are_multiplied_by_numpy(reference: ReferenceClient, program: Write) -> None:
    """Theano without a compiler calls Python for each number of them; C promotes small integers first."""
    source = """
        import numpy as np
        import theano
        import theano.tensor as tt

        theano.config.compute_test_value = "off"
        small, x, y = tt.bvector("small"), tt.dmatrix("x"), tt.dvector("y")
        function = theano.function([small, x, y], [small * x * y * small, small + x + y])
        nodes = [node for node in function.maker.fgraph.toposort() if len(node.inputs) > 2]
        assert len(nodes) == 2, nodes
        a, b, c = np.array([100, 3], "int8"), np.array([[0.5, 0.25], [2.0, 4.0]]), np.array([2.0**900, 0.75])
        product, total = function(a, b, c)
        assert all(type(node.tag.ufunc).__name__ == "_Folded" for node in nodes)
        np.testing.assert_array_equal(product, a.astype(float) ** 2 * b * c)
        np.testing.assert_array_equal(total, a + b + c)
        bytes_alone = theano.function([small], small * small * (small + 1))
        np.testing.assert_array_equal(bytes_alone(a), a * a * (a + np.int8(1)))
        print("checked")
        """
    loaded = reference.load_program(program(source))
    assert loaded.error is None and loaded.output == "checked\n"


def test_text_files_of_old_releases_are_read_and_none_are_written(
    reference: ReferenceClient, program: Write, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old/chain-3.csv").write_text("mu,b__0,b__1,k\n0.5,1.0,2.0,3\n1.5,3.0,4e-7,5\n")
    path = program(
        """
        import os
        import numpy as np
        import pymc3 as pm
        from pymc3.backends.text import load

        with pm.Model() as model:
            mu = pm.Normal("mu", 0, 1)
            b = pm.Normal("b", 0, 1, shape=2)
            k = pm.Poisson("k", 3)
            pm.Normal("y", mu + b.sum() + k, 1, observed=[1.0])
            old = load("old")
            trace = pm.sample(20, chains=2, trace=pm.backends.Text("new"))
            new = pm.backends.text.load("new")
            pm.backends.text.dump("copy", new)
        assert old.chains == [3] and old["b"].tolist() == [[1.0, 2.0], [3.0, 4e-7]] and old["k"].tolist() == [3, 5]
        assert np.array_equal(new["mu"], trace["mu"]) and new.nchains == 2
        assert np.array_equal(pm.backends.text.load("copy", model)["mu"], new["mu"])
        assert os.listdir("new") == os.listdir("copy") == []
        try:
            load("nowhere", model)
        except ValueError as error:
            assert "nowhere" in str(error)
        else:
            raise AssertionError
        """
    )
    assert reference.load_program(path).error is None
    assert reference.load_program(program("import pymc3 as pm\npm.backends.Text('x')\n")).error is None
