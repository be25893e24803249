"""Distributions on the whole real line."""

from pm_migrate.catalog.schema import POSITIVE, REAL, Distribution, Form, Param

_SIGMA = Param("sigma", POSITIVE, aliases=("sd",), safe="1")
_TAU = Param("tau", POSITIVE, safe="1")
_SIGMA_FORMS = (
    Form(("mu", "sigma")),
    Form(("mu", "tau"), {"sigma": "tau ** -0.5"}),
    Form(("mu",), {"sigma": "1.0"}),
)

NORMAL = Distribution(
    name="Normal",
    signature=("mu", "sigma", "tau", "sd"),
    params=(Param("mu", default="0"), _SIGMA, _TAU),
    forms=_SIGMA_FORMS,
    canonical=("mu", "sigma"),
    support=REAL,
    conditions=("sigma > 0",),
    logp="-0.5 * ((value - mu) / sigma) ** 2 - log(sigma) - 0.5 * log(2 * pi)",
    source="Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, eq. 13.1",
    tfp_class="Normal",
    tfp={"loc": "mu", "scale": "sigma"},
    pymc4_name="Normal",
    pymc4={"loc": "mu", "scale": "sigma"},
    test_value="mu",
)

CAUCHY = Distribution(
    name="Cauchy",
    signature=("alpha", "beta"),
    params=(Param("alpha"), Param("beta", POSITIVE, safe="1")),
    forms=(Form(("alpha", "beta")),),
    canonical=("alpha", "beta"),
    support=REAL,
    conditions=("beta > 0",),
    logp="-log(pi) - log(beta) - log1p(((value - alpha) / beta) ** 2)",
    source="Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, eq. 16.1",
    tfp_class="Cauchy",
    tfp={"loc": "alpha", "scale": "beta"},
    pymc4_name="Cauchy",
    pymc4={"loc": "alpha", "scale": "beta"},
    test_value="alpha",
)

STUDENT_T = Distribution(
    name="StudentT",
    signature=("nu", "mu", "lam", "sigma", "sd"),
    params=(
        Param("nu", POSITIVE, safe="1"),
        Param("mu", default="0"),
        Param("lam", POSITIVE, safe="1"),
        _SIGMA,
    ),
    forms=(
        Form(("nu", "mu", "sigma")),
        Form(("nu", "mu", "lam"), {"sigma": "lam ** -0.5"}),
        Form(("nu", "mu"), {"sigma": "1.0"}),
    ),
    canonical=("nu", "mu", "sigma"),
    support=REAL,
    conditions=("sigma > 0", "nu > 0"),
    logp=(
        "gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * log(nu * pi) - log(sigma)"
        " - (nu + 1) / 2 * log1p(((value - mu) / sigma) ** 2 / nu)"
    ),
    source="Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, eq. 28.1",
    tfp_class="StudentT",
    tfp={"df": "nu", "loc": "mu", "scale": "sigma"},
    pymc4_name="StudentT",
    pymc4={"loc": "mu", "scale": "sigma", "df": "nu"},
    test_value="mu",
    notes=("PyMC3 loses digits for nu above 1e8; the value here is the accurate one.",),
)

LAPLACE = Distribution(
    name="Laplace",
    signature=("mu", "b"),
    params=(Param("mu"), Param("b", POSITIVE, safe="1")),
    forms=(Form(("mu", "b")),),
    canonical=("mu", "b"),
    support=REAL,
    conditions=("b > 0",),
    logp="-log(2 * b) - abs(value - mu) / b",
    source="Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, eq. 24.1",
    tfp_class="Laplace",
    tfp={"loc": "mu", "scale": "b"},
    pymc4_name="Laplace",
    pymc4={"loc": "mu", "scale": "b"},
    test_value="mu",
    notes=("For b <= 0 PyMC3 gives NaN; here -inf, as for every other invalid parameter.",),
)

FLAT = Distribution(
    name="Flat",
    signature=(),
    params=(),
    forms=(Form(()),),
    canonical=(),
    support=REAL,
    logp="0 * value",
    source="improper uniform density on the real line",
    tfp_class=None,
    tfp={},
    pymc4_name="Flat",
    pymc4={},
    test_value="0.0",
    has_random=False,
)

ROWS = (NORMAL, CAUCHY, STUDENT_T, LAPLACE, FLAT)
