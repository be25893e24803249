"""What a model computed and other code looks at, and classes of functions of values."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

HEAD = "import numpy as np\nimport pymc3 as pm\nimport theano.tensor as tt\n\n"
MODEL = (
    "with pm.Model() as model:\n    mu = pm.Normal('mu', 0, 1, shape=3)\n    two = 2 * mu\n"
    "    pm.Normal('x', two, 1, observed=data)\n\n"
)


def manual(text: str) -> list[str]:
    """The codes of what is left to do."""
    return [f.code for f in migrate_source(text).findings if f.confidence is Confidence.MANUAL]


@pytest.mark.parametrize(
    "line",
    [
        "two.tag.test_value",
        "print(two.tag.test_value.shape)",
        "x = np.exp(two.tag.test_value) + 1",
        "two.ndim, two.dtype",
        "two",
        "print(two)",
        "x = two.eval({point: 1.0})",
    ],
)
def test_an_unnamed_value_is_bound_to_what_the_model_returns(line: str) -> None:
    code = migrate_source(HEAD + MODEL + line + "\n").code
    assert "    return two\n" in code and "def build_model():\n" in code
    assert code.endswith(f"model = build_model()\ntwo = pm.density(model).returned\n\n{line}\n")


LISTED = MODEL.replace(
    "    pm.Normal('x'", "    terms = [pm.Potential('p%d' % i, -mu[i] ** 2) for i in range(3)]\n    pm.Normal('x'"
)


def test_a_list_of_terms_that_a_cell_shows_is_bound_to_what_the_model_returns() -> None:
    code = migrate_source(HEAD + LISTED + "terms\n").code
    assert "    return terms\n" in code
    assert code.endswith("model = build_model()\nterms = pm.density(model).returned\n\nterms\n")


@pytest.mark.parametrize("after", ["print(terms)\n", "terms[0]\n", "[terms]\n", "x = terms\nx\n", "terms.pop()\n"])
def test_a_list_of_terms_that_is_used_keeps_the_model(after: str) -> None:
    result = migrate_source(HEAD + LISTED + after)
    assert ".returned" not in result.code and "with pm.Model() as model:" in result.code
    assert "PM206" in [f.code for f in result.findings if f.confidence is Confidence.MANUAL]


def test_values_of_models_that_go_on_are_handed_on_and_out() -> None:
    text = HEAD + MODEL.replace("    pm.Normal('x', two, 1, observed=data)\n", "    print(pm.find_MAP())\n")
    text += "print(two.tag.test_value)\nwith model:\n    pm.Normal('x', two + mu, 1, observed=data)\n"
    code = migrate_source(text).code
    assert "    return mu, two\n" in code and "    mu, two = yield model\n" in code
    assert "two = pm.density(model).returned[1]\n" in code


def test_an_array_from_the_block_is_handed_out_beside_a_random_value() -> None:
    text = HEAD + MODEL.replace("    two =", "    for k in range(2):\n        pm.Normal('z%d' % k, 0, 1)\n    two =")
    code = migrate_source(text + "print(k, two.tag.test_value)\n").code
    assert "    return k, two\n" in code and "k, two = pm.density(model).returned\n" in code


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("print(two + 1)\n", id="computed with"),
        pytest.param("f(two)\n", id="passed on"),
        pytest.param("two.tag.test_value = 3\nprint(two * 2)\n", id="set"),
        pytest.param("print(two.eval())\n", id="evaluated without values"),
        pytest.param("print(two.eval)\n", id="its method"),
        pytest.param("show(two)\n", id="shown by something else"),
        pytest.param("two,\n", id="in a tuple"),
        pytest.param("two = 3\nprint(two)\nmodels = [two.tag for two in two]\n", id="bound again"),
        pytest.param("def show():\n    return two.tag.test_value\n", id="in another function"),
        pytest.param("print(two[0].tag.test_value)\n", id="an element"),
    ],
)
def test_values_that_are_used_otherwise_keep_the_model_or_need_nothing(after: str) -> None:
    result = migrate_source(HEAD + MODEL + after)
    assert ".returned" not in result.code
    left = [f.code for f in result.findings if f.confidence is Confidence.MANUAL]
    assert ("PM206" in left or "PM403" in left) == ("with pm.Model() as model:" in result.code)


def test_upstream_has_no_expressions_of_a_model() -> None:
    result = migrate_source(HEAD + MODEL + "two.tag.test_value\n", runtime="upstream")
    assert ".returned" not in result.code and "with pm.Model() as model:" in result.code


GP = (
    "with pm.Model() as model:\n    trend = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, ls=pm.Gamma('s', 2, 1)))\n"
    "    noise = pm.HalfNormal('noise', 1)\n    gp = trend + pm.gp.Marginal(cov_func=pm.gp.cov.Constant(2))\n"
    "    gp.marginal_likelihood('y', X=X, y=y, noise=noise)\n\n"
)
GIVEN = "{'gp': gp, 'X': X, 'y': y, 'noise': noise}"


@pytest.mark.parametrize(
    "after",
    [f"trend.predict(Z, point=p, given={GIVEN})\n", f"known = {GIVEN}\ntrend.predict(Z, point=p, given=known)\n"],
)
def test_predictions_given_something_of_the_model(after: str) -> None:
    code = migrate_source(HEAD + GP + after).code
    assert "    return trend, noise, gp\n" in code and "trend, noise, gp = pm.density(model).returned\n" in code
    assert code.endswith(after)


@pytest.mark.parametrize(
    ("after", "text"),
    [
        pytest.param("gp.predict(Z, point=p)\n", "pm.gp.of(model, 'y').predict(Z, point=p)", id="it made a variable"),
        pytest.param("trend.predict(Z, point=p)\n", "trend = pm.density(model).returned", id="it made none"),
        pytest.param(f"known = {GIVEN}\nprint(known)\n", "with pm.Model()", id="what is given is used otherwise"),
        pytest.param(f"f(trend, given={GIVEN})\n", "with pm.Model()", id="given to something else"),
        pytest.param(
            f"def f():\n    return trend.predict(Z, p, given={GIVEN})\n", "with pm.Model()", id="in another function"
        ),
    ],
)
def test_predictions_without(after: str, text: str) -> None:
    assert text in migrate_source(HEAD + GP + after).code


CLASS = "class Own({base}):\n    def {method}:\n        return tt.exp(x)\n\n"


@pytest.mark.parametrize(
    ("base", "method", "after"),
    [
        ("pm.distributions.transforms.Transform", "backward(self, x)", "pm.transforms.Transform"),
        ("pm.distributions.transforms.ElemwiseTransform", "forward(self, x)", "pm.transforms.ElemwiseTransform"),
        ("pm.gp.cov.Covariance", "full(self, x, Xs=None)", "pm.gp.kernels.Covariance"),
        ("pm.gp.mean.Mean", "__call__(self, x)", "pm.gp.means.Mean"),
    ],
)
def test_classes_of_functions_of_values(base: str, method: str, after: str) -> None:
    code = migrate_source(HEAD + CLASS.format(base=base, method=method)).code
    assert code.endswith(f"class Own({after}):\n    def {method}:\n        return tf.exp(x)\n\n")
    derived = CLASS.format(base=base, method=method) + CLASS.format(base="Own", method=method).replace("Own(", "Other(")
    assert f"class Other(Own):\n    def {method}:\n        return tf.exp(x)\n" in migrate_source(HEAD + derived).code


@pytest.mark.parametrize(
    ("base", "method", "code"),
    [
        ("pm.distributions.transforms.Log", "backward(self, x)", "PM223"),
        ("pm.distributions.transforms.TransformedDistribution", "logp(self, x)", "PM223"),
        ("pm.gp.cov.ExpQuad", "full(self, x, Xs=None)", "PM310"),
        ("pm.gp.cov.Stationary", "full(self, x, Xs=None)", "PM310"),
        ("pm.gp.mean.Linear", "__call__(self, x)", "PM310"),
        ("pm.gp.gp.Base", "prior(self, x)", "PM310"),
    ],
)
def test_classes_that_are_derived_from_something_else_stay(base: str, method: str, code: str) -> None:
    text = HEAD + CLASS.format(base=base, method=method)
    assert code in manual(text) and CLASS.format(base=base, method=method) in migrate_source(text).code.replace(
        "# TODO", "\n# TODO"
    ).replace("\n\n\n# TODO", "\n# TODO")


def test_a_class_that_cannot_be_rewritten_keeps_its_models() -> None:
    text = HEAD + CLASS.format(base="pm.distributions.transforms.Transform", method="backward(self, x)")
    text = text.replace("tt.exp(x)", "tt.grad(tt.exp(x), x)")
    text += "with pm.Model() as model:\n    a = pm.Normal('a', 0, 1, transform=Own())\n"
    assert manual(text) and "with pm.Model() as model:" in migrate_source(text).code
    assert "class Own(pm.distributions.transforms.Transform):" in migrate_source(text).code


def test_values_to_evaluate_at_are_those_of_what_shows_the_model() -> None:
    line = "print(two.eval({mu: 1.0}), two.eval({getattr(model, k.name): 0.5 for k in model.vars}))\n"
    code = migrate_source(HEAD + MODEL + line).code
    shown = "{getattr(pm.density(model), k.name): 0.5 for k in pm.density(model).vars}"
    assert code.endswith(f"print(two.eval({{pm.density(model)['mu']: 1.0}}), two.eval({shown}))\n")


def test_attributes_of_a_model_by_computed_names() -> None:
    code = migrate_source(
        HEAD + MODEL + "print(getattr(model, name), hasattr(model, 'mu'), getattr(data, name))\n"
    ).code
    assert code.endswith(
        "print(getattr(pm.density(model), name), hasattr(pm.density(model), 'mu'), getattr(data, name))\n"
    )
    assert manual(HEAD + MODEL + "setattr(model, name, 3)\n") == ["PM208"]
    assert manual(HEAD + MODEL + "delattr(model, name)\n") == ["PM208"]
    assert manual(HEAD + MODEL + "some = model if name else data\nprint(getattr(some, name))\n") == ["PM208"]
    assert "PM208" in [
        f.code for f in migrate_source(HEAD + MODEL + "getattr(model, name)\n", runtime="upstream").findings
    ]


def test_distributions_that_are_only_shown() -> None:
    code = migrate_source(HEAD + MODEL + "mu.distribution\nprint(mu.distribution)\n").code
    assert code.endswith("pm.density(model)['mu'].distribution\nprint(pm.density(model)['mu'].distribution)\n")
    for text in ("show(mu.distribution)\n", "d = mu.distribution\n", "mu.distribution.tau\n"):
        assert manual(HEAD + MODEL + text) == ["PM206"], text
    assert manual(HEAD + MODEL.replace("    pm.Normal('x'", "    x = pm.Normal('x'") + "x.distribution\n") == ["PM206"]


FITTED = """
class Fit:
    def __init__(self, model):
        self.model = model

    {decorator}
    def make(cls, data):
        with pm.Model() as model:
            mu = pm.Normal('mu', 0, 1)
            pm.Normal('y', mu, 1, observed=data)
        return {made}

    def sample(self):
        with self.model:
            return pm.sample(10)
"""


def test_an_object_that_a_class_method_makes_has_the_model() -> None:
    code = migrate_source(HEAD + FITTED.format(decorator="@classmethod", made="cls(model)")).code
    assert "return pm.sample(self.model, num_samples=10" in code and "with self.model" not in code


@pytest.mark.parametrize(
    "text",
    [
        FITTED.format(decorator="@staticmethod", made="cls(model)"),
        FITTED.format(decorator="@classmethod", made="other(model)"),
        FITTED.format(decorator="@classmethod", made="cls(model)").replace(
            "        return cls", "        cls = other\n        return cls"
        ),
        FITTED.format(decorator="@classmethod", made="cls(model)")
        + "\n    @classmethod\n    def of(cls, model):\n        return cls(model)\n",
    ],
)
def test_which_model_an_object_has_is_not_certain(text: str) -> None:
    assert "PM301" in manual(HEAD + text)
    assert "with self.model:" in migrate_source(HEAD + text).code


def test_what_is_computed_from_draws_is_no_tensor() -> None:
    code = migrate_source(
        HEAD
        + MODEL
        + "with model:\n    trace = pm.sample(10)\nmean = np.mean(trace.get_values(mu))\n"
        + "curve = lambda a: np.exp(a)\ncurve(mean)\n"
    ).code
    assert "mean = np.mean(pm.draws(trace, 'mu'))\ncurve = lambda a: np.exp(a)\n" in code


@pytest.mark.parametrize("name", ["pm.theano.tensor", "pm.math.tt"])
def test_theano_by_what_pymc3_imports(name: str) -> None:
    code = migrate_source(HEAD + MODEL.replace("2 * mu", f"{name}.exp(mu)")).code
    assert "two = tf.exp(mu)" in code and "yield" in code


LEFT = """from own import decorated

def scaled(scale):
    def logp(x):
        return -tt.square(x / scale)
    return logp

@decorated
def donut(scale):
    pm.DensityDist('donut', logp=scaled(scale), shape=2)
"""


def test_a_function_that_a_function_gives_stays_with_what_stays() -> None:
    code = migrate_source(HEAD + LEFT + MODEL).code
    assert "-tt.square(x / scale)" in code and "two = 2 * mu" in code and "yield pm4.Normal('mu'" in code


MADE = """import joblib
import pickle

def make(data):
    with pm.Model() as model:
        mu = pm.Normal('mu', 0, 1)
        pm.Normal('y', mu, 1, observed=data)
    {line}
    return model
"""


@pytest.mark.parametrize(
    "line", ["joblib.dump(model, 'm')", "pickle.dump({{'model': model}}, file)", "pickle.dumps(model)"]
)
def test_a_model_of_a_function_cannot_be_pickled(line: str) -> None:
    text = HEAD + MADE.format(line=line.replace("{{", "{").replace("}}", "}"))
    assert manual(text) == ["PM208"]
    assert "yield" not in migrate_source(text).code


@pytest.mark.parametrize(
    "text",
    [
        MADE.format(line="pickle.dump(data, file)"),
        MADE.format(line="keep(model, 'm')"),
        "import pickle\n\n" + MODEL + "pickle.dump(model, file)\n",
        "import pickle\n\n" + MODEL + "def keep(file):\n    pickle.dump({'model': model}, file)\n",
    ],
)
def test_what_can_be_pickled(text: str) -> None:
    assert not manual(HEAD + text)
    assert "yield" in migrate_source(HEAD + text).code
