"""Distributions on the positive half line."""

from pm_migrate.catalog.schema import NONNEGATIVE, POSITIVE, REAL, Distribution, Domain, Form, Param

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
    moments={"mean": "sigma * sqrt(2 / pi)", "variance": "(1 - 2 / pi) * sigma ** 2"},
    logcdf="log(2 * ndtr(value / sigma) - 1)",
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
    moments={"median": "beta", "mode": "0.0"},
    logcdf="log(2 * atan(value / beta) / pi)",
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
    moments={"mean": "1 / lam", "median": "log(2) / lam", "mode": "0 * lam", "variance": "lam ** -2.0"},
    logcdf="log1mexp(lam * value)",
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
    moments={"mean": "alpha / beta", "mode": "maximum((alpha - 1) / beta, 0)", "variance": "alpha / beta ** 2"},
    logcdf="log(gammainc(alpha, beta * value))",
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
    moments={
        "mean": "where(alpha > 1, beta / (alpha - 1), 0)",
        "mode": "beta / (alpha + 1)",
        "variance": "where(alpha > 2, beta ** 2 / ((alpha - 2) * (alpha - 1) ** 2), inf)",
    },
    logcdf="log(gammaincc(alpha, beta / value))",
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
    moments={
        "mean": "exp(mu + sigma ** 2 / 2)",
        "median": "exp(mu)",
        "mode": "exp(mu - sigma ** 2)",
        "variance": "expm1(sigma ** 2) * exp(2 * mu + sigma ** 2)",
    },
    logcdf="log_ndtr((log(value) - mu) / sigma)",
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
    logcdf="-inf + 0 * value",
    has_random=False,
)

HALF_STUDENT_T = Distribution(
    name="HalfStudentT",
    signature=("nu", "sigma", "lam", "sd"),
    params=(Param("nu", POSITIVE, default="1", safe="1"), _SIGMA, Param("lam", POSITIVE, safe="1")),
    forms=(
        Form(("nu", "sigma")),
        Form(("nu", "lam"), {"sigma": "lam ** -0.5"}),
        Form(("nu",), {"sigma": "1.0"}),
    ),
    canonical=("nu", "sigma"),
    support=NONNEGATIVE,
    conditions=("sigma > 0", "nu > 0"),
    logp=(
        "log(2) + gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * log(nu * pi) - log(sigma)"
        " - (nu + 1) / 2 * log1p((value / sigma) ** 2 / nu)"
    ),
    source="Gelman 2006, Bayesian Analysis 1(3), section 3.2",
    tfp_class="HalfStudentT",
    tfp={"df": "nu", "loc": "0 * sigma", "scale": "sigma"},
    pymc4_name="HalfStudentT",
    pymc4={"df": "nu", "scale": "sigma"},
    transform="log",
    test_value="sigma",
    moments={"median": "sigma", "mode": "0.0"},
    notes=(
        "PyMC3's median is sigma, which is not the median; kept, since it is only a start value.",
        "PyMC3 computes log(2) in float32: its log density is 1.9e-9 too large per element.",
    ),
)

CHI_SQUARED = Distribution(
    name="ChiSquared",
    signature=("nu",),
    params=(Param("nu", POSITIVE, safe="1"),),
    forms=(Form(("nu",)),),
    canonical=("nu",),
    support=NONNEGATIVE,
    conditions=("nu > 0",),
    logp="-nu / 2 * log(2) - gammaln(nu / 2) + logpow(value, nu / 2 - 1) - value / 2",
    source="Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, eq. 18.1",
    tfp_class="Chi2",
    tfp={"df": "nu"},
    pymc4_name="Chi2",
    pymc4={"df": "nu"},
    transform="log",
    poles=False,
    test_value="nu",
    moments={"mean": "nu", "mode": "maximum(nu - 2, 0)", "variance": "2 * nu"},
    logcdf="log(gammainc(nu / 2, value / 2))",
)

WEIBULL = Distribution(
    name="Weibull",
    signature=("alpha", "beta"),
    params=(Param("alpha", POSITIVE, safe="1"), Param("beta", POSITIVE, safe="1")),
    forms=(Form(("alpha", "beta")),),
    canonical=("alpha", "beta"),
    support=NONNEGATIVE,
    conditions=("alpha > 0", "beta > 0"),
    logp="log(alpha) - log(beta) + logpow(value / beta, alpha - 1) - (value / beta) ** alpha",
    source="Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, eq. 21.3",
    tfp_class="Weibull",
    tfp={"concentration": "alpha", "scale": "beta"},
    pymc4_name="Weibull",
    pymc4={"concentration": "alpha", "scale": "beta"},
    transform="log",
    test_value="beta * exp(gammaln(log(2)) / alpha)",
    moments={
        "mean": "beta * exp(gammaln(1 + 1 / alpha))",
        "median": "beta * exp(gammaln(log(2)) / alpha)",
        "mode": "where(alpha > 1, beta * (maximum(alpha - 1, 0) / alpha) ** (1 / alpha), 0)",
        "variance": "beta ** 2 * (exp(gammaln(1 + 2 / alpha)) - exp(2 * gammaln(1 + 1 / alpha)))",
    },
    logcdf="log1mexp((value / beta) ** alpha)",
    notes=(
        "PyMC3's median has gamma(log(2)) in place of log(2); kept, since it is only a start value.",
        "At 0 with alpha = 1 PyMC3 gives NaN when alpha is a variable; here the log density is -log(beta).",
    ),
)

WALD = Distribution(
    name="Wald",
    signature=("mu", "lam", "phi", "alpha"),
    params=(
        Param("mu", POSITIVE, safe="1"),
        Param("lam", POSITIVE, safe="1"),
        Param("phi", POSITIVE, safe="1"),
        Param("alpha", NONNEGATIVE, default="0.0", safe="0"),
    ),
    forms=(
        Form(("mu", "lam", "alpha")),
        Form(("mu", "phi", "alpha"), {"lam": "mu * phi"}),
        Form(("lam", "phi", "alpha"), {"mu": "lam / phi"}),
        Form(("mu", "alpha"), {"lam": "1.0"}),
    ),
    canonical=("mu", "lam", "alpha"),
    support=Domain("alpha", "inf"),
    conditions=("mu > 0", "lam > 0", "alpha >= 0"),
    logp=(
        "0.5 * log(lam) - 0.5 * log(2 * pi) - 1.5 * log(value - alpha)"
        " - lam * (value - alpha - mu) ** 2 / (2 * mu ** 2 * (value - alpha))"
    ),
    source="Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, eq. 15.4a, shifted",
    tfp_class=None,  # TFP's InverseGaussian has no shift
    tfp={},
    pymc4_name="InverseGaussian",
    pymc4={"loc": "mu", "concentration": "lam", "shift": "alpha"},
    pymc4_defaults={"shift": "0.0"},
    in_pymc4=False,  # its InverseGaussian has no shift
    transform="log",
    test_value="mu + alpha",
    moments={
        "mean": "mu + alpha",
        "mode": "mu * (sqrt(1 + (1.5 * mu / lam) ** 2) - 1.5 * mu / lam) + alpha",
        "variance": "mu ** 3 / lam",
    },
    logcdf=(
        "log(ndtr(((value - alpha) / mu - 1) / sqrt((value - alpha) * lam))"
        " + exp(2 / (lam * mu)) * ndtr(-((value - alpha) / mu + 1) / sqrt((value - alpha) * lam)))"
    ),
    fault="PyMC3's logcdf is that of a distribution with 1 / lam in place of lam; its logp is right.",
    notes=("The default log transform ignores alpha, as in PyMC3: below alpha the log density is -inf.",),
)

PARETO = Distribution(
    name="Pareto",
    signature=("alpha", "m", "transform"),
    params=(Param("alpha", POSITIVE, safe="1"), Param("m", POSITIVE, safe="1")),
    forms=(Form(("alpha", "m")),),
    canonical=("alpha", "m"),
    support=Domain("m", "inf", closed_lower=True),
    conditions=("alpha > 0", "m > 0"),
    logp="log(alpha) + alpha * log(m) - (alpha + 1) * log(value)",
    source="Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, eq. 20.3",
    tfp_class="Pareto",
    tfp={"concentration": "alpha", "scale": "m"},
    pymc4_name="Pareto",
    pymc4={"concentration": "alpha", "scale": "m"},
    transform="lowerbound",
    ends=("m", "inf"),
    test_value="m * 2 ** (1 / alpha)",
    moments={
        "mean": "where(alpha > 1, alpha * m / (alpha - 1), inf)",
        "median": "m * 2 ** (1 / alpha)",
        "variance": "where(alpha > 2, alpha * m ** 2 / ((alpha - 2) * (alpha - 1) ** 2), inf)",
    },
    logcdf="log1mexp(alpha * log(value / m))",
    options=("transform",),
)

RICE = Distribution(
    name="Rice",
    signature=("nu", "sigma", "b", "sd"),
    params=(
        Param("nu", NONNEGATIVE, safe="1"),
        Param("sigma", POSITIVE, default="1.0", aliases=("sd",), safe="1"),
        Param("b", NONNEGATIVE, safe="1"),
    ),
    forms=(Form(("nu", "sigma")), Form(("b", "sigma"), {"nu": "b * sigma"})),
    canonical=("nu", "sigma"),
    support=POSITIVE,
    conditions=("sigma > 0", "nu >= 0"),
    logp="log(value) - 2 * log(sigma) - 0.5 * ((value - nu) / sigma) ** 2 + log_i0e(value * nu / sigma ** 2)",
    source="Rice 1945, Bell System Technical Journal 24, eq. 3.10-11",
    tfp_class=None,
    tfp={},
    pymc4_name="Rice",
    pymc4={"noncentrality": "nu", "scale": "sigma"},
    in_pymc4=False,
    transform="log",
    test_value=(
        "sigma * sqrt(pi / 2) * ((1 + nu ** 2 / (2 * sigma ** 2)) * i0e(nu ** 2 / (4 * sigma ** 2))"
        " + nu ** 2 / (2 * sigma ** 2) * i1e(nu ** 2 / (4 * sigma ** 2)))"
    ),
    moments={
        "mean": (
            "sigma * sqrt(pi / 2) * ((1 + nu ** 2 / (2 * sigma ** 2)) * i0e(nu ** 2 / (4 * sigma ** 2))"
            " + nu ** 2 / (2 * sigma ** 2) * i1e(nu ** 2 / (4 * sigma ** 2)))"
        ),
        "variance": (
            "2 * sigma ** 2 + nu ** 2 - pi * sigma ** 2 / 2"
            " * ((1 + nu ** 2 / (2 * sigma ** 2)) * i0e(nu ** 2 / (4 * sigma ** 2))"
            " + nu ** 2 / (2 * sigma ** 2) * i1e(nu ** 2 / (4 * sigma ** 2))) ** 2"
        ),
    },
    notes=(
        "PyMC3 underflows to -inf where the value is more than 38 sigma from nu; the value here is finite.",
        "PyMC3's mean is NaN for nu above 53 sigma; here it is finite.",
        "sigma = 0, which PyMC3 lets through as NaN, is invalid here.",
    ),
)

ROWS = (
    HALF_NORMAL,
    HALF_CAUCHY,
    HALF_STUDENT_T,
    EXPONENTIAL,
    GAMMA,
    INVERSE_GAMMA,
    CHI_SQUARED,
    LOGNORMAL,
    WEIBULL,
    WALD,
    PARETO,
    RICE,
    HALF_FLAT,
)
