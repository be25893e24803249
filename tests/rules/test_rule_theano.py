"""Shared variables, loops, settings, named data and symbolic code of Theano."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

HEAD = "import numpy as np\nimport pymc3 as pm\nimport theano\nimport theano.tensor as tt\n"
MODEL = "with pm.Model() as model:\n    a = pm.Normal('a', 0, 1)\n    v = pm.Normal('v', 0, 1, shape=3)\n"


def manual(result):
    return {f.code for f in result.findings if f.confidence is Confidence.MANUAL}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = theano.shared(data)", "x = pm.shared(data)"),
        (
            "x = theano.shared(np.asarray(data, theano.config.floatX), borrow=True)",
            "x = pm.shared(np.asarray(data, pm.config.floatX), borrow=True)",
        ),
        ("x = theano.compile.sharedvalue.shared(data)", "x = pm.shared(data)"),
        ("x = pm.Minibatch(data, 50)", "x = pm.Minibatch(data, 50)"),
        ("theano.config.floatX = 'float32'", "pm.config.floatX = 'float32'"),
        (
            "with theano.configparser.change_flags(floatX='float32'):\n    f()",
            "with pm.config.change_flags(floatX='float32'):",
        ),
        ("x = pm.floatX(data)", "x = pm.floatX(data)"),
        ("x = pm.theanof.floatX(data)", "x = pm.floatX(data)"),
        ("x = pm.get_data('radon.csv')", "x = pm.get_data('radon.csv')"),
        ("pm.set_tt_rng(42)", "pm.set_tt_rng(42)"),
        ("print(pm.__name__, pm.__version__)", "print(pm.__name__, pm.__version__)"),
        ("x = tt.zeros(3).eval()", "x = np.zeros(3)"),
        ("x = tt.as_tensor_variable(data).norm(2)", "x = pm.math.norm(np.asarray(data), 2)"),
        ("x = theano.shared(data)\ny = tt.exp(x).eval()", "y = pm.math.exp(x).eval()"),
        ("x = theano.shared(data)\ny = x.get_value()\nz = tt.exp(y)", "z = np.exp(y)"),
    ],
)
def test_outside_of_models(before, after):
    result = migrate_source(HEAD + before + "\n")
    assert after in result.code.splitlines()
    assert result.references.migrated == result.references.total, result.findings
    assert not migrate_source(result.code).changed
    assert "import theano" not in result.code and "import pymc3" not in result.code


@pytest.mark.parametrize("flag", ["compute_test_value = 'off'", "exception_verbosity = 'high'", "gcc.cxxflags = '-O3'"])
def test_settings_that_change_nothing_go(flag):
    text = f"import theano\nx = 1\ntheano.config.{flag}  # old\ny = 2\n"
    assert migrate_source(text).code == "x = 1\n# old\ny = 2\n"


@pytest.mark.parametrize(
    "text",
    [
        "import theano\ntheano.config.compute_test_value = f()\n",
        "import theano\nx = theano.config.compute_test_value\n",
        "import theano\nx = theano.config.mode = 'FAST_RUN'\n",
    ],
)
def test_settings_that_are_read_stay(text):
    code = migrate_source(text).code
    assert "pm.config." in code and not migrate_source(code).changed


IN_MODELS = [
    ("z = pm.Data('z', data)\n    y = z * a", "z = yield pm.Data('z', data)"),
    ("z = pm.Data('z', data, dims='k')\n    y = z + a", "z = yield pm.Data('z', data, dims='k')"),
    ("y = pm.Data('z', data) * a", "y = (yield pm.Data('z', data)) * a"),
    ("x = theano.shared(data)\n    y = tt.dot(x, v)", "y = pm.math.dot(x, v)"),
    ("y = theano.printing.Print('a')(a)", "y = theano.printing.Print('a')(a)"),
    ("y = theano.ifelse.ifelse(a > 0, a, v)", "y = pm.math.ifelse(a > 0, a, v)"),
    ("y = (lambda x: tt.exp(x))(a)", "y = (lambda x: tf.exp(x))(a)"),
    ("f = tt.tanh\n    y = f(a)", "f = pm.math.tanh"),
    ("y = theano.dot(data, v)", "y = pm.math.dot(data, v)"),
    ("y = theano.sparse.dot(data, v)", "y = pm.math.dot(data, v)"),
    ("y = theano.sparse.basic.structured_dot(data, v)", "y = pm.math.dot(data, v)"),
    ("w = theano.sparse.as_sparse_variable(data)\n    y = theano.sparse.true_dot(w, v)", "w = data.toarray()"),
    ("y = theano.sparse.dot(theano.sparse.as_sparse(data[:2]), v)", "y = pm.math.dot(data[:2].toarray(), v)"),
    ("y = a if isinstance(a, tt.TensorVariable) else 0", "y = a if isinstance(a, pm.GeneratorTensor) else 0"),
]


@pytest.mark.parametrize(("before", "after"), IN_MODELS, ids=[b for b, _ in IN_MODELS])
def test_in_models(before, after):
    result = migrate_source(HEAD + MODEL + f"    {before}\n    pm.Normal('y', y, 1, observed=seen)\n")
    assert after in [line.strip() for line in result.code.splitlines()]
    assert result.references.migrated == result.references.total, result.findings
    assert not migrate_source(result.code).changed


REFUSED = [
    ("f = theano.function([a], tt.exp(a))", "PM411"),
    ("g = theano.grad(a ** 2, a)", "PM411"),
    ("g = tt.jacobian(v, a)", "PM411"),
    ("g = theano.clone(v, {a: 1})", "PM411"),
    ("g, _ = theano.scan(lambda p: (p, theano.scan_module.until(p > 1)), outputs_info=a, n_steps=3)", "PM410"),
    ("g, _ = theano.scan(lambda p: p, outputs_info=a, n_steps=3, truncate_gradient=1)", "PM410"),
    ("pm.set_data(**new)", "PM412"),
    ("pm.set_data({}, model, 3)", "PM412"),
    ("x = tt.set_subtensor(part, a)", "PM401"),
    ("x = theano.sparse.mul(a, v)", "PM310"),
    ("x = theano.sparse.as_sparse_variable(a)", "PM413"),
    ("x = theano.sparse.as_sparse_variable(-data)", "PM413"),
]


@pytest.mark.parametrize(("before", "code"), REFUSED, ids=[b for b, _ in REFUSED])
def test_refused(before, code):
    result = migrate_source(HEAD + MODEL + f"    {before}\n    pm.Normal('y', a, 1, observed=seen)\n")
    assert code in manual(result) and "yield" not in result.code
    assert not migrate_source(result.code).changed


@pytest.mark.parametrize("call", ["theano.shared(data)", "pm.Data('z', data)", "pm.Minibatch(data)", "pm.floatX(data)"])
def test_pymc4_itself_has_none_of_them(call):
    text = HEAD + MODEL + f"    z = {call}\n    pm.Normal('y', z * a, 1)\n"
    result = migrate_source(text, runtime="upstream")
    assert manual(result) and "yield" not in result.code


def test_shared_variables_stay_theanos_with_a_model_that_stays():
    text = HEAD + "x = theano.shared(data)\n" + MODEL + "    pm.BART('y', x, x)\n    z = x * a\n"
    result = migrate_source(text)
    assert "x = theano.shared(data)" in result.code and "yield" not in result.code


def test_operations_stay_theanos_with_a_model_that_stays():
    text = HEAD + (
        "class Twice(tt.Op):\n    itypes, otypes = [tt.dscalar], [tt.dscalar]\n\n"
        "    def grad(self, inputs, g):\n        return [2 * tt.exp(g[0])]\n\n\n"
        "twice = Twice()\n"
    )
    model = MODEL + "    pm.Potential('p', twice(a))\n"
    code = migrate_source(text + model).code
    assert "return [2 * pm.math.exp(g[0])]" in code and "import pm_migrate.shims.theano.tensor as tt" in code
    assert "yield pm.Potential('p', twice(a))" in code
    blocked = migrate_source(text + model + "    pm.BART('y', a, a)\n").code
    assert "return [2 * tt.exp(g[0])]" in blocked and "import theano.tensor as tt" in blocked


def test_python_functions_as_operations_compute_with_arrays():
    text = HEAD + (
        "@theano.compile.ops.as_op(itypes=[tt.dscalar], otypes=[tt.dvector])\n"
        "def powers(x):\n    return np.exp(x) * np.ones(3)\n\n\n"
    )
    code = migrate_source(text + MODEL + "    pm.Potential('p', powers(a))\n").code
    assert "return np.exp(x) * np.ones(3)" in code and "@theano.compile.ops.as_op(" in code
    assert "from pm_migrate.shims import theano\n" in code


def test_set_data_finds_its_model():
    text = HEAD + "with pm.Model() as m:\n    z = pm.Data('z', data)\n    a = pm.Normal('a', z, 1)\n"
    for call in (
        "pm.set_data({'z': 1}, m)",
        "pm.set_data({'z': 1}, model=m)",
        "pm.set_data(new_data={'z': 1}, model=m)",
        "with m:\n    pm.set_data({'z': 1})",
    ):
        assert migrate_source(text + call + "\n").code.endswith("pm.set_data({'z': 1}, m)\n")
    for before, after in (
        ("pm.set_data({\n    'z': 1,\n})", "pm.set_data({\n    'z': 1,\n}, m)"),
        ("pm.set_data(\n    {'z': 1},\n)", "pm.set_data(\n    {'z': 1},\n    m,\n)"),
        ("pm.set_data(\n    {'z': 1}\n)", "pm.set_data(\n    {'z': 1},\n    m\n)"),
        ("pm.set_data(  # new\n    {'z': 1},  # one\n)", "pm.set_data(  # new\n    {'z': 1},\n    m,  # one\n)"),
        ("pm.set_data({'z': 1},)", "pm.set_data({'z': 1}, m)"),
    ):
        inside = "with m:\n" + "".join(f"    {line}\n" for line in before.split("\n"))
        assert migrate_source(text + inside).code.endswith(after + "\n")
    assert "PM412" in manual(migrate_source(text + "pm.set_data({'z': 1})\n"))


def test_a_model_with_a_transform_of_the_programs_own_follows_its_class() -> None:
    text = """import pymc3 as pm
import pymc3.distributions.transforms as tr
import theano.tensor as tt


class Exp(tr.ElemwiseTransform):
    name = "exp"

    def backward(self, x):
        return tt.log(x)


exp = Exp()
with pm.Model() as model:
    x = pm.Normal("x", 0.0, 1.0, transform=exp)
"""
    code = migrate_source(text).code
    assert "class Exp(pm.transforms.ElemwiseTransform):\n" in code and "        return tf.math.log(x)\n" in code
    assert '    x = yield pm.Normal("x", 0.0, 1.0, transform=exp)\n' in code
    stays = text.replace("tr.ElemwiseTransform", "tr.Log")
    added = [line for line in migrate_source(stays).code.splitlines() if line not in stays.splitlines()]
    assert len(added) == 1 and "TODO(pm-migrate PM223)" in added[0]


def test_a_variable_that_holds_a_setting_stays_and_the_import_comes_before_its_first_use() -> None:
    text = """import theano
floatX = theano.config.floatX
import pymc3 as pm
import numpy as np

X = np.ones(3).astype(floatX)
with pm.Model() as model:
    x = pm.Normal("x", 0.0, 1.0, observed=X)
"""
    code = migrate_source(text).code
    assert code.startswith("import pm_migrate.pymc4 as pm\nfloatX = pm.config.floatX\nimport numpy as np\n")
    assert "X = np.ones(3).astype(floatX)\n" in code


def test_arguments_on_lines_of_their_own_stay_where_they_are() -> None:
    text = "import pymc3 as pm\nwith pm.Model() as model:\n    x = pm.Normal(\n        'x', 0.0,\n        1.0)\n"
    assert "    x = yield pm.Normal(\n        'x', 0.0,\n        1.0)\n" in migrate_source(text).code


INDEXED = """
import numpy as np
import pymc3 as pm
import theano.tensor as tt

data = np.arange(3.)
means = {made}
with pm.Model() as model:
    z = pm.Categorical('z', p=np.ones(3) / 3, shape=4)
    pm.Normal('y', {used}, 1, observed=np.ones(4))
"""


@pytest.mark.parametrize(
    ("made", "used", "expected"),
    [
        ("pm.math.constant([1, 2, 3])", "means[z]", "pm.math.as_tensor_variable(means)[z]"),
        ("tt.as_tensor_variable(data)", "means[z - 1]", "pm.math.as_tensor_variable(means)[z - 1]"),
        ("tt.exp(data)", "means[:3][z]", "pm.math.as_tensor_variable(means[:3])[z]"),
        ("tt.eye(3)", "means[0, z]", "pm.math.as_tensor_variable(means)[0, z]"),
        ("data", "tt.constant(data)[z]", "pm.math.as_tensor_variable(data)[z]"),
    ],
)
def test_a_variable_indexes_a_tensor_of_data(made: str, used: str, expected: str) -> None:
    code = migrate_source(INDEXED.format(made=made, used=used)).code
    assert f"yield pm.Normal('y', {expected}, 1, observed" in code
    assert not migrate_source(code).changed


@pytest.mark.parametrize(
    ("made", "used"),
    [
        ("pm.math.constant([1, 2, 3])", "means[0] * z"),
        ("tt.as_tensor_variable(data)", "means[np.array([0, 1, 1, 2])] + z"),
        ("tt.exp(data)", "means[1:].sum() + z"),
        ("theano.shared(data)", "means[z]"),
        ("data", "data[:1] + z"),
        ("data", "z[data.astype(int)]"),
        ("tt.exp(data)", "z[0] * means"),
    ],
)
def test_other_indexing_of_data_is_as_it_was(made: str, used: str) -> None:
    text = INDEXED.format(made=made, used=used).replace("import theano.tensor", "import theano\nimport theano.tensor")
    code = migrate_source(text).code
    assert f"yield pm.Normal('y', {used}, 1, observed" in code and "as_tensor_variable" not in code


SETTINGS = """import pymc3 as pm
{imported}

{config}.floatX = 'float32'
{config}.compute_test_value = 'off'  # faster
"""
KEPT_MODEL = "with pm.Model() as kept:\n    pm.Simulator('s', simulate, params=1.0, observed=seen)\n"


@pytest.mark.parametrize(
    ("imported", "config"), [("import theano", "theano.config"), ("from theano import config", "config")]
)
def test_settings_hold_for_what_stays_on_pymc3_too(imported: str, config: str) -> None:
    head = SETTINGS.format(imported=imported, config=config)
    code = migrate_source(head + MODEL + KEPT_MODEL).code
    assert code.startswith(
        f"import pymc3 as pm\nimport pm_migrate.pymc4 as pm4\n{imported}\n\n"
        f"{config}.floatX = 'float32'\npm4.config.floatX = 'float32'\n{config}.compute_test_value = 'off'  # faster\n"
    )
    assert not migrate_source(code).changed
    alone = migrate_source(head + MODEL).code
    assert alone.startswith("import pm_migrate.pymc4 as pm\n\npm.config.floatX = 'float32'\n# faster\n")


def test_a_file_of_which_nothing_is_rewritten_keeps_its_settings() -> None:
    head = SETTINGS.format(imported="import theano", config="theano.config")
    code = migrate_source(head + KEPT_MODEL).code
    assert code.startswith(head) and "pm_migrate" not in code.replace("pm-migrate", "")
