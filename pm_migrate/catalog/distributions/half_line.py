"""Distributions on the positive half line."""

from pm_migrate.catalog.schema import NONNEGATIVE, POSITIVE, REAL, Distribution, Form, Param

_SIGMA = Param("sigma", POSITIVE, aliases=("sd",), safe="1")
_TAU = Param("tau", POSITIVE, safe="1")

HALF_NORMAL = Distribution(
    name="HalfNormal",
    signature=("sigma", "tau", "sd"),
    params=(_SIGMA, _TAU),
    forms=(
        Form(("sigma",)),
        Form(("tau",), {"sigma": "tau ** -0.5"}),
        Form((), {"sigma": "1.0"}),
    ),
    canonical=("sigma",),
    support=NONNEGATIVE,
    conditions=("sigma > 0",),
    logp="0.5 * log(2 / pi) - log(sigma) - 0.5 * (value / sigma) ** 2",
    source="Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, section 13.10.1",
    tfp_class="HalfNormal",
    tfp={"scale": "sigma"},
    pymc4_name="HalfNormal",
    pymc4={"scale": "sigma"},
    transform="log",
    test_value="sigma * sqrt(2 / pi)",
)

HALF_CAUCHY = Distribution(
    name="HalfCauchy",
    signature=("beta",),
    params=(Param("beta", POSITIVE, safe="1"),),
    forms=(Form(("beta",)),),
    canonical=("beta",),
    support=NONNEGATIVE,
    conditions=("beta > 0",),
    logp="log(2) - log(pi) - log(beta) - log1p((value / beta) ** 2)",
    source="Polson & Scott 2012, Bayesian Analysis 7(4), eq. 1",
    tfp_class="HalfCauchy",
    tfp={"loc": "0 * beta", "scale": "beta"},
    pymc4_name="HalfCauchy",
    pymc4={"scale": "beta"},
    transform="log",
    test_value="beta",
    notes=("PyMC3 computes log(2) in float32: its log density is 1.9e-9 too large per element.",),
)

EXPONENTIAL = Distribution(
    name="Exponential",
    signature=("lam",),
    params=(Param("lam", POSITIVE, safe="1"),),
    forms=(Form(("lam",)),),
    canonical=("lam",),
    support=NONNEGATIVE,
    conditions=("lam > 0",),
    logp="log(lam) - lam * value",
    source="Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, eq. 19.1",
    tfp_class="Exponential",
    tfp={"rate": "lam"},
    pymc4_name="Exponential",
    pymc4={"rate": "lam"},
    transform="log",
    test_value="log(2) / lam",
)

GAMMA = Distribution(
    name="Gamma",
    signature=("alpha", "beta", "mu", "sigma", "sd"),
    params=(
        Param("alpha", POSITIVE, safe="1"),
        Param("beta", POSITIVE, safe="1"),
        Param("mu", POSITIVE, safe="1"),
        _SIGMA,
    ),
    forms=(
        Form(("alpha", "beta")),
        Form(("mu", "sigma"), {"alpha": "mu ** 2 / sigma ** 2", "beta": "mu / sigma ** 2"}),
    ),
    canonical=("alpha", "beta"),
    support=NONNEGATIVE,
    conditions=("alpha > 0", "beta > 0"),
    logp="alpha * log(beta) - gammaln(alpha) + logpow(value, alpha - 1) - beta * value",
    source="Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, eq. 17.1",
    tfp_class="Gamma",
    tfp={"concentration": "alpha", "rate": "beta"},
    pymc4_name="Gamma",
    pymc4={"concentration": "alpha", "rate": "beta"},
    transform="log",
    poles=False,
    test_value="alpha / beta",
)

INVERSE_GAMMA = Distribution(
    name="InverseGamma",
    signature=("alpha", "beta", "mu", "sigma", "sd"),
    params=(
        Param("alpha", POSITIVE, safe="1"),
        Param("beta", POSITIVE, safe="1"),
        Param("mu", POSITIVE, safe="1"),
        _SIGMA,
    ),
    forms=(
        Form(("alpha", "beta")),
        Form(("alpha",), {"beta": "1.0"}),
        Form(
            ("mu", "sigma"),
            {
                "alpha": "(2 * sigma ** 2 + mu ** 2) / sigma ** 2",
                "beta": "mu * (mu ** 2 + sigma ** 2) / sigma ** 2",
            },
        ),
    ),
    canonical=("alpha", "beta"),
    support=POSITIVE,
    conditions=("alpha > 0", "beta > 0"),
    logp="alpha * log(beta) - gammaln(alpha) - (alpha + 1) * log(value) - beta / value",
    source="Robert 2007, The Bayesian Choice, appendix A.8",
    tfp_class="InverseGamma",
    tfp={"concentration": "alpha", "scale": "beta"},
    pymc4_name="InverseGamma",
    pymc4={"concentration": "alpha", "scale": "beta"},
    transform="log",
    test_value="beta / (alpha + 1)",
)

LOGNORMAL = Distribution(
    name="Lognormal",
    signature=("mu", "sigma", "tau", "sd"),
    params=(Param("mu", REAL, default="0"), _SIGMA, _TAU),
    forms=(
        Form(("mu", "sigma")),
        Form(("mu", "tau"), {"sigma": "tau ** -0.5"}),
        Form(("mu",), {"sigma": "1.0"}),
    ),
    canonical=("mu", "sigma"),
    support=POSITIVE,
    conditions=("sigma > 0",),
    logp="-0.5 * ((log(value) - mu) / sigma) ** 2 - log(sigma) - log(value) - 0.5 * log(2 * pi)",
    source="Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, eq. 14.2",
    tfp_class="LogNormal",
    tfp={"loc": "mu", "scale": "sigma"},
    pymc4_name="LogNormal",
    pymc4={"loc": "mu", "scale": "sigma"},
    transform="log",
    test_value="exp(mu)",
    aliases=("LogNormal",),
    notes=(
        "PyMC3 does not bound the value: x <= 0 gives NaN there, -inf here.",
        "PyMC3 accepts a negative sigma (it checks tau only); here the log density is -inf.",
    ),
)

HALF_FLAT = Distribution(
    name="HalfFlat",
    signature=(),
    params=(),
    forms=(Form(()),),
    canonical=(),
    support=POSITIVE,
    logp="0 * value",
    source="improper uniform density on the positive half line",
    tfp_class=None,
    tfp={},
    pymc4_name="HalfFlat",
    pymc4={},
    transform="log",
    test_value="1.0",
    has_random=False,
)

ROWS = (HALF_NORMAL, HALF_CAUCHY, EXPONENTIAL, GAMMA, INVERSE_GAMMA, LOGNORMAL, HALF_FLAT)
