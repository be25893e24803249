"""Distributions on an interval."""

from pm_migrate.catalog.schema import POSITIVE, REAL, UNIT, Distribution, Domain, Form, Param

_BETWEEN = Domain("lower", "upper", True, True)
_SIGMA = Param("sigma", POSITIVE, aliases=("sd",), safe="1")

UNIFORM = Distribution(
    name="Uniform",
    signature=("lower", "upper"),
    params=(Param("lower", default="0", safe="0"), Param("upper", default="1", safe="1")),
    forms=(Form(("lower", "upper")),),
    canonical=("lower", "upper"),
    support=_BETWEEN,
    conditions=("lower < upper",),
    logp="-log(upper - lower) + 0 * value",
    source="Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, eq. 26.1",
    tfp_class="Uniform",
    tfp={"low": "lower", "high": "upper"},
    pymc4_name="Uniform",
    pymc4={"low": "lower", "high": "upper"},
    transform="bounded",
    test_value="(lower + upper) / 2",
)

BETA = Distribution(
    name="Beta",
    signature=("alpha", "beta", "mu", "sigma", "sd"),
    params=(
        Param("alpha", POSITIVE, safe="1"),
        Param("beta", POSITIVE, safe="1"),
        Param("mu", UNIT, safe="0.5"),
        Param("sigma", POSITIVE, aliases=("sd",), safe="0.25"),
    ),
    forms=(
        Form(("alpha", "beta")),
        Form(
            ("mu", "sigma"),
            {
                "alpha": "mu * (mu * (1 - mu) / sigma ** 2 - 1)",
                "beta": "(1 - mu) * (mu * (1 - mu) / sigma ** 2 - 1)",
            },
        ),
    ),
    canonical=("alpha", "beta"),
    support=UNIT,
    conditions=("alpha > 0", "beta > 0"),
    logp=(
        "gammaln(alpha + beta) - gammaln(alpha) - gammaln(beta)"
        " + logpow(value, alpha - 1) + logpow(1 - value, beta - 1)"
    ),
    source="Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, eq. 25.2",
    tfp_class="Beta",
    tfp={"concentration1": "alpha", "concentration0": "beta"},
    pymc4_name="Beta",
    pymc4={"concentration0": "beta", "concentration1": "alpha"},
    transform="logodds",
    test_value="alpha / (alpha + beta)",
    notes=("PyMC4's first argument, concentration0, is PyMC3's beta: a positional copy would swap them.",),
)

TRUNCATED_NORMAL = Distribution(
    name="TruncatedNormal",
    signature=("mu", "sigma", "tau", "lower", "upper", "transform", "sd"),
    params=(
        Param("mu", REAL, default="0"),
        _SIGMA,
        Param("tau", POSITIVE, safe="1"),
        Param("lower", default="-inf", safe="-1"),
        Param("upper", default="inf", safe="1"),
    ),
    forms=(
        Form(("mu", "sigma", "lower", "upper")),
        Form(("mu", "tau", "lower", "upper"), {"sigma": "tau ** -0.5"}),
        Form(("mu", "lower", "upper"), {"sigma": "1.0"}),
    ),
    canonical=("mu", "sigma", "lower", "upper"),
    support=_BETWEEN,
    conditions=("sigma > 0", "lower < upper"),
    logp=(
        "-0.5 * ((value - mu) / sigma) ** 2 - log(sigma) - 0.5 * log(2 * pi)"
        " - log(ndtr((upper - mu) / sigma) - ndtr((lower - mu) / sigma))"
    ),
    source="Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, section 13.10.1",
    tfp_class="TruncatedNormal",
    tfp={"loc": "mu", "scale": "sigma", "low": "lower", "high": "upper"},
    pymc4_name="TruncatedNormal",
    pymc4={"loc": "mu", "scale": "sigma", "low": "lower", "high": "upper"},
    pymc4_defaults={"low": "-inf", "high": "inf"},
    in_pymc4=False,
    transform="bounded",
    test_value=(
        "where(lower > -inf, where(upper < inf, (lower + upper) / 2, lower + 1), where(upper < inf, upper - 1, mu))"
    ),
    options=("transform",),
)

ROWS = (UNIFORM, BETA, TRUNCATED_NORMAL)
