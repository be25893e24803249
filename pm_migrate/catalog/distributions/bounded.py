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
    moments={"mean": "(lower + upper) / 2", "median": "(lower + upper) / 2"},
    logcdf="log((value - lower) / (upper - lower))",
)

BETA = Distribution(
    name="Beta",
    signature=("alpha", "beta", "mu", "sigma", "sd"),
    params=(
        Param("alpha", POSITIVE, safe="1"),
        Param("beta", POSITIVE, safe="1"),
        Param("mu", Domain("0", "1"), safe="0.5"),
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
    moments={"mean": "alpha / (alpha + beta)", "variance": "alpha * beta / ((alpha + beta) ** 2 * (alpha + beta + 1))"},
    logcdf="log(betainc(alpha, beta, value))",
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
        # by the tail that does not round to 1
        " - log(where(lower > mu, ndtr((mu - lower) / sigma) - ndtr((mu - upper) / sigma),"
        " ndtr((upper - mu) / sigma) - ndtr((lower - mu) / sigma)))"
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

KUMARASWAMY = Distribution(
    name="Kumaraswamy",
    signature=("a", "b"),
    params=(Param("a", POSITIVE, safe="1"), Param("b", POSITIVE, safe="1")),
    forms=(Form(("a", "b")),),
    canonical=("a", "b"),
    support=UNIT,
    conditions=("a > 0", "b > 0"),
    logp="log(a) + log(b) + logpow(value, a - 1) + logpow(1 - value ** a, b - 1)",
    source="Kumaraswamy 1980, Journal of Hydrology 46, eq. 2",
    tfp_class="Kumaraswamy",
    tfp={"concentration1": "a", "concentration0": "b"},
    pymc4_name="Kumaraswamy",
    pymc4={"concentration0": "b", "concentration1": "a"},
    transform="logodds",
    test_value="exp(log(b) + gammaln(1 + 1 / a) + gammaln(b) - gammaln(1 + 1 / a + b))",
    moments={
        "mean": "exp(log(b) + gammaln(1 + 1 / a) + gammaln(b) - gammaln(1 + 1 / a + b))",
        "variance": (
            "exp(log(b) + gammaln(1 + 2 / a) + gammaln(b) - gammaln(1 + 2 / a + b))"
            " - exp(2 * (log(b) + gammaln(1 + 1 / a) + gammaln(b) - gammaln(1 + 1 / a + b)))"
        ),
    },
    notes=("PyMC4's first argument, concentration0, is PyMC3's b: a positional copy would swap them.",),
)

TRIANGULAR = Distribution(
    name="Triangular",
    signature=("lower", "upper", "c"),
    params=(
        Param("lower", default="0", safe="0"),
        Param("upper", default="1", safe="1"),
        Param("c", default="0.5", safe="0.5"),
    ),
    forms=(Form(("lower", "upper", "c")),),
    canonical=("lower", "upper", "c"),
    support=_BETWEEN,
    conditions=("lower < upper",),
    logp=(
        "log(2) - log(upper - lower)"
        " + where(value < c, log((value - lower) / (c - lower)), log((upper - value) / (upper - c)))"
    ),
    source="Kotz & van Dorp 2004, Beyond Beta, eq. 1.1",
    tfp_class="Triangular",
    tfp={"low": "lower", "high": "upper", "peak": "c"},
    pymc4_name="Triangular",
    pymc4={"low": "lower", "peak": "c", "high": "upper"},
    transform="bounded",
    test_value="c",
    moments={"mean": "c", "median": "c"},
    logcdf=(
        "where(value < c, log((value - lower) ** 2 / ((upper - lower) * (c - lower))),"
        " log(1 - (upper - value) ** 2 / ((upper - lower) * (upper - c))))"
    ),
    fault="PyMC3 does not check that c is between the ends; outside, its function of the value is not a density.",
    notes=(
        "At the end that is the peak PyMC3 gives NaN; here the height of the peak.",
        "PyMC3's mean and median are c, which is neither; kept, since they are only start values.",
    ),
)

LOGIT_NORMAL = Distribution(
    name="LogitNormal",
    signature=("mu", "sigma", "tau", "sd"),
    params=(Param("mu", REAL, default="0"), _SIGMA, Param("tau", POSITIVE, safe="1")),
    forms=(
        Form(("mu", "sigma")),
        Form(("mu", "tau"), {"sigma": "tau ** -0.5"}),
        Form(("mu",), {"sigma": "1.0"}),
    ),
    canonical=("mu", "sigma"),
    support=Domain("0", "1"),
    conditions=("sigma > 0",),
    logp=(
        "-0.5 * ((log(value) - log(1 - value) - mu) / sigma) ** 2 - log(sigma) - 0.5 * log(2 * pi)"
        " - log(value) - log(1 - value)"
    ),
    source="Atchison & Shen 1980, Biometrika 67(2), eq. 1.3, one dimension",
    tfp_class="LogitNormal",
    tfp={"loc": "mu", "scale": "sigma"},
    pymc4_name="LogitNormal",
    pymc4={"loc": "mu", "scale": "sigma"},
    transform="logodds",
    test_value="sigmoid(mu)",
    moments={"median": "sigmoid(mu)"},
    notes=("PyMC3 accepts a negative sigma (it checks tau only); here the log density is -inf.",),
)

INTERPOLATED = Distribution(
    name="Interpolated",
    signature=("x_points", "pdf_points"),
    params=(
        Param("x_points", Domain(rank=1, structure="increasing"), safe="1"),
        Param("pdf_points", Domain("0", "inf", True, rank=1), safe="1"),
    ),
    forms=(Form(("x_points", "pdf_points")),),
    canonical=("x_points", "pdf_points"),
    support=Domain("take(x_points, 0)", "take(x_points, count(x_points) - 1)", True, True),
    logp="log(interpolate(value, x_points, pdf_points)) - log(trapezoid(x_points, pdf_points))",
    source="piecewise linear interpolation, normalised by the trapezoidal rule, which is exact for it",
    tfp_class=None,
    tfp={},
    pymc4_name="Interpolated",
    pymc4={"x_points": "x_points", "pdf_points": "pdf_points"},
    in_pymc4=False,
    transform="interval",
    ends=("take(x_points, 0)", "take(x_points, count(x_points) - 1)"),
    # a stand-in for the median, which special/ computes
    test_value="(take(x_points, 0) + take(x_points, count(x_points) - 1)) / 2",
    notes=("Outside the points PyMC3's gradient is NaN; here 0.",),
)

ROWS = (UNIFORM, BETA, KUMARASWAMY, TRUNCATED_NORMAL, TRIANGULAR, LOGIT_NORMAL, INTERPOLATED)
