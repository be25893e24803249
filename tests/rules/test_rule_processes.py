"""Gaussian processes: what is yielded, what is asked of the model, and what keeps a model as it was."""

from __future__ import annotations

import textwrap

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence


def program(text: str) -> str:
    tensors = "import theano.tensor as tt\n" if "tt." in text else ""
    return f"import numpy as np\nimport pymc3 as pm\n{tensors}\n" + textwrap.dedent(text).lstrip("\n")


KEPT = {
    "a process that is one of two": (
        "PM240",
        """
        with pm.Model() as model:
            first = pm.gp.Latent(cov_func=pm.gp.cov.ExpQuad(1, 1.0))
            gp = first if wide else pm.math.exp(pm.Normal('x', 0, 1))
            f = gp.prior('f', X)
        """,
    ),
    "a process of no model": (
        "PM240",
        """
        gp = pm.gp.Latent(cov_func=pm.gp.cov.ExpQuad(1, 1.0))
        with pm.Model() as model:
            f = gp.prior('f', X)
        """,
    ),
    "a prediction with given= in another function": (
        "PM241",
        """
        with pm.Model() as model:
            part = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, 1.0))
            gp = part + pm.gp.Marginal(cov_func=pm.gp.cov.Linear(1, 0))
            gp.marginal_likelihood('y', X, y, noise=pm.HalfNormal('noise', 1))

        def predicted():
            return part.predict(Xnew, point=point, given={'gp': gp, 'X': X, 'y': y, 'noise': 0.1})
        """,
    ),
    "a prediction of a process that made two variables, in another function": (
        "PM241",
        """
        with pm.Model() as model:
            gp = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, 1.0))
            gp.marginal_likelihood('y', X, y, noise=pm.HalfNormal('noise', 1))
            gp.marginal_likelihood('z', X, z, noise=0.1)

        def predicted():
            return gp.predict(Xnew, point=point)
        """,
    ),
    "a prediction from a model without a name that it keeps": (
        "PM241",
        """
        with pm.Model() as model:
            gp = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, 1.0))
            gp.marginal_likelihood('y', X, y, noise=pm.HalfNormal('noise', 1))
        model = None
        gp.predict(Xnew, point=point)
        """,
    ),
    "a class derived from one of the covariance functions": (
        "PM310",
        """
        class Brownian(pm.gp.cov.ExpQuad):
            def full(self, X, Xs=None):
                return tt.minimum(X, X.T)

        with pm.Model() as model:
            gp = pm.gp.Latent(cov_func=Brownian(1))
            f = gp.prior('f', X)
        """,
    ),
    "a covariance function of what stays symbolic": (
        "PM411",
        """
        import theano

        def warped(x, a):
            return x + tt.tanh(a * x)

        with pm.Model() as model:
            cov = pm.gp.cov.WarpedInput(1, pm.gp.cov.ExpQuad(1, 1.0), warped, (pm.Normal('a', 0, 1),))
            gp = pm.gp.Latent(cov_func=cov)
            f = gp.prior('f', X)
        values = theano.function([], warped(X, 1.0))()
        """,
    ),
    "a process of another function": (
        "PM240",
        """
        def make(scale):
            return pm.gp.Latent(cov_func=pm.gp.cov.ExpQuad(1, scale))

        with pm.Model() as model:
            gp = make(1.0)
            f = gp.prior('f', X)
        """,
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_kept(name: str) -> None:
    code, text = KEPT[name]
    result = migrate_source(program(text))
    lines = [line for line in result.code.splitlines() if "TODO(pm-migrate" not in line]
    assert "\n".join(lines).strip() == program(text).strip()
    assert code in {f.code for f in result.findings if f.confidence is Confidence.MANUAL}, result.findings


def migrated(text: str) -> str:
    result = migrate_source(program(text))
    assert all(f.confidence is Confidence.SAFE for f in result.findings), result.findings
    assert result.references.migrated == result.references.total
    assert not migrate_source(result.code).changed
    return result.code


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pm.gp.cov.Matern52(1, ls=s)", "pm.gp.kernels.Matern52(1, ls=s)"),
        ("pm.gp.cov.Matern52(1, ls=s) ** 2 + 0.1", "pm.gp.kernels.Matern52(1, ls=s) ** 2 + 0.1"),
        (
            "pm.gp.cov.WarpedInput(1, pm.gp.cov.ExpQuad(1, 1), lambda x, a: tt.tanh(a * x), args=s)",
            "pm.gp.kernels.WarpedInput(1, pm.gp.kernels.ExpQuad(1, 1), lambda x, a: tf.tanh(a * x), args=s)",
        ),
        ("pm.gp.cov.Coregion(1, W=np.eye(2), kappa=s)", "pm.gp.kernels.Coregion(1, W=np.eye(2), kappa=s)"),
    ],
)
def test_covariance_functions(before: str, after: str) -> None:
    text = f"""
    with pm.Model() as model:
        s = pm.HalfNormal('s', 1)
        gp = pm.gp.Latent(cov_func={before})
        f = gp.prior('f', X=X, reparameterize=False)
        pm.Normal('y', f, s, observed=y)
    """
    code = migrated(text)
    assert f"pm.gp.Latent(cov_func={after})" in code and "f = yield gp.prior('f', X=X, reparameterize=False)" in code


def test_a_process_in_a_loop() -> None:
    code = migrated(
        """
        with pm.Model() as model:
            s = pm.HalfNormal('s', 1)
            parts = []
            for i in range(3):
                gp = pm.gp.Latent(cov_func=pm.gp.cov.ExpQuad(1, s))
                parts.append(gp.prior('f%d' % i, X))
            pm.Normal('y', sum(parts), s, observed=y)
        """
    )
    assert "parts.append((yield gp.prior('f%d' % i, X)))" in code


def test_a_function_that_makes_a_process_and_its_prior() -> None:
    code = migrated(
        """
        def smooth(name, X, ls):
            gp = pm.gp.Latent(cov_func=pm.gp.cov.ExpQuad(1, ls))
            return gp, gp.prior(name, X)

        with pm.Model() as model:
            gp, f = smooth('f', X, pm.HalfNormal('ls', 1))
            pm.Normal('y', f, 1, observed=y)
        """
    )
    assert "return gp, (yield gp.prior(name, X))" in code and "yield from smooth(" in code


def test_plots_by_every_path() -> None:
    for path in ("pm.gp.util.plot_gp_dist", "pm.plot_gp_dist"):
        text = f"with pm.Model() as model:\n    pm.Normal('x', 0, 1)\n{path}(ax, draws, X)\n"
        assert "pm.gp.util.plot_gp_dist(ax, draws, X)" in migrated(text)


def test_pymc4_itself_has_no_such_processes() -> None:
    text = """
    with pm.Model() as model:
        gp = pm.gp.Latent(cov_func=pm.gp.cov.ExpQuad(1, pm.HalfNormal('s', 1)))
        f = gp.prior('f', X)
    """
    result = migrate_source(program(text), runtime="upstream")
    assert "LatentGP alone" in result.code and "with pm.Model()" in result.code


NAMED = """import pymc3 as pm

cov = pm.gp.cov

with pm.Model() as model:
    ls = pm.Exponential('ls', 1)
    gp = pm.gp.Latent(cov_func=ls ** 2 * cov.ExpQuad(1, ls))
    f = gp.prior('f', X=X)
{below}
"""


def test_a_module_of_functions_by_another_name():
    code = migrate_source(NAMED.format(below="K = cov.Matern52(1, 2.)")).code
    assert "import pymc3" not in code and "cov = pm.gp.kernels\n" in code
    assert "pm.gp.kernels.ExpQuad(1, ls)" in code and "K = pm.gp.kernels.Matern52(1, 2.)" in code


@pytest.mark.parametrize(
    "below",
    ["show(cov)", "kinds = [cov]", "f = getattr(cov, 'ExpQuad')", "print(cov.__name__)"],
)
def test_a_module_that_is_used_otherwise_stays(below):
    code = migrate_source(NAMED.format(below=below)).code
    assert "cov = pm.gp.cov\n" in code and "import pymc3 as pm" in code


def test_a_module_that_a_model_needs_as_it_was():
    kept = "with pm.Model() as kept:\n    a = pm.Normal('a', 0, 1)\n    pm.tt_rng()\n    k = cov.ExpQuad(1, a)"
    code = migrate_source(NAMED.format(below=kept)).code
    assert "cov = pm.gp.cov\n" in code and "k = cov.ExpQuad(1, a)" in code
