"""Distributions on the whole real line."""

from pm_migrate.catalog.schema import POSITIVE, REAL, Distribution, Domain, Form, Param

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
    moments={"mean": "mu", "median": "mu", "mode": "mu", "variance": "sigma ** 2"},
    logcdf="log_ndtr((value - mu) / sigma)",
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
    moments={"median": "alpha", "mode": "alpha"},
    logcdf=(
        "where(value < alpha, log(atan(beta / where(value < alpha, alpha - value, beta)) / pi),"
        " log(0.5 + atan((value - alpha) / beta) / pi))"
    ),
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
    moments={"mean": "mu", "median": "mu", "mode": "mu", "variance": "where(nu > 2, sigma ** 2 * nu / (nu - 2), inf)"},
    logcdf=(
        "where(value < mu, log(betainc(nu / 2, 0.5, nu / (nu + ((value - mu) / sigma) ** 2)) / 2),"
        " log(1 - betainc(nu / 2, 0.5, nu / (nu + ((value - mu) / sigma) ** 2)) / 2))"
    ),
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
    moments={"mean": "mu", "median": "mu", "mode": "mu", "variance": "2 * b ** 2"},
    logcdf="where(value <= mu, (value - mu) / b - log(2), log(1 - exp(-(value - mu) / b) / 2))",
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
    logcdf="log(0.5) + 0 * value",
    has_random=False,
)

ASYMMETRIC_LAPLACE = Distribution(
    name="AsymmetricLaplace",
    signature=("b", "kappa", "mu"),
    params=(Param("b", POSITIVE, safe="1"), Param("kappa", POSITIVE, safe="1"), Param("mu", default="0")),
    forms=(Form(("b", "kappa", "mu")),),
    canonical=("b", "kappa", "mu"),
    support=REAL,
    conditions=("b > 0", "kappa > 0"),
    logp="log(b) - log(kappa + 1 / kappa) - abs(value - mu) * b * where(value > mu, kappa, 1 / kappa)",
    source="Kotz, Kozubowski & Podgorski 2001, The Laplace Distribution and Generalizations, eq. 3.1.10",
    tfp_class=None,
    tfp={},
    pymc4_name="AsymmetricLaplace",
    pymc4={"loc": "mu", "rate": "b", "asymmetry": "kappa"},
    pymc4_defaults={"loc": "0"},
    in_pymc4=False,
    test_value="mu - (kappa - 1 / kappa) / b",
    moments={
        "mean": "mu - (kappa - 1 / kappa) / b",
        "variance": "(1 + kappa ** 4) / (kappa ** 2 * b ** 2)",
    },
)

EX_GAUSSIAN = Distribution(
    name="ExGaussian",
    signature=("mu", "sigma", "nu", "sd"),
    params=(Param("mu", default="0"), _SIGMA, Param("nu", POSITIVE, safe="1")),
    forms=(Form(("mu", "sigma", "nu")),),
    canonical=("mu", "sigma", "nu"),
    support=REAL,
    conditions=("sigma > 0", "nu > 0"),
    logp=(
        "where(nu > 0.05 * sigma,"
        " (mu - value) / nu + 0.5 * (sigma / nu) ** 2 + log_ndtr((value - mu) / sigma - sigma / nu) - log(nu),"
        " -0.5 * ((value - mu) / sigma) ** 2 - log(sigma) - 0.5 * log(2 * pi))"
    ),
    source="Luce 1986, Response Times, appendix A; the switch is PyMC3's",
    tfp_class="ExponentiallyModifiedGaussian",
    tfp={"loc": "mu", "scale": "sigma", "rate": "1 / nu"},
    pymc4_name="ExGaussian",
    pymc4={"loc": "mu", "scale": "sigma", "nu": "nu"},
    in_pymc4=False,
    test_value="mu + nu",
    moments={"mean": "mu + nu", "variance": "sigma ** 2 + nu ** 2"},
    logcdf=(
        "where(nu > 0.05 * sigma,"
        " log(ndtr((value - mu) / sigma)"
        " - exp((mu - value) / nu + 0.5 * (sigma / nu) ** 2) * ndtr((value - mu) / sigma - sigma / nu)),"
        " log_ndtr((value - mu) / sigma))"
    ),
    fault=(
        "where nu is at most 0.05 * sigma, PyMC3 takes the density of Normal(mu, sigma) instead, and so jumps there."
    ),
    notes=("nu is the mean of the exponential part, not its rate.",),
)

VON_MISES = Distribution(
    name="VonMises",
    signature=("mu", "kappa", "transform"),
    params=(Param("mu", default="0"), Param("kappa", POSITIVE, safe="1")),
    forms=(Form(("mu", "kappa")),),
    canonical=("mu", "kappa"),
    support=Domain("-pi", "pi", True, True),
    conditions=("kappa > 0",),
    logp="kappa * (cos(value - mu) - 1) - log(2 * pi) - log_i0e(kappa)",
    source="Mardia & Jupp 2000, Directional Statistics, eq. 3.5.17",
    tfp_class="VonMises",
    tfp={"loc": "mu", "concentration": "kappa"},
    pymc4_name="VonMises",
    pymc4={"loc": "mu", "concentration": "kappa"},
    transform="circular",
    test_value="mu",
    moments={"mean": "mu", "median": "mu", "mode": "mu"},
    options=("transform",),
    notes=(
        "PyMC3 approximates log(I0(kappa)) by short series, off by up to 6e-4 near 5; the value here is accurate.",
        "Outside [-pi, pi] the log density is -inf, as in PyMC3; PyMC4's is periodic.",
        "kappa = 0, the uniform distribution, is invalid in PyMC3 and here.",
    ),
)

SKEW_NORMAL = Distribution(
    name="SkewNormal",
    signature=("mu", "sigma", "tau", "alpha", "sd"),
    params=(Param("mu", default="0"), _SIGMA, _TAU, Param("alpha", default="1")),
    forms=(
        Form(("mu", "sigma", "alpha")),
        Form(("mu", "tau", "alpha"), {"sigma": "tau ** -0.5"}),
        Form(("mu", "alpha"), {"sigma": "1.0"}),
    ),
    canonical=("mu", "sigma", "alpha"),
    support=REAL,
    conditions=("sigma > 0",),
    logp=(
        "log(2) - 0.5 * ((value - mu) / sigma) ** 2 - log(sigma) - 0.5 * log(2 * pi)"
        " + log_ndtr(alpha * (value - mu) / sigma)"
    ),
    source="Azzalini 1985, Scandinavian Journal of Statistics 12, eq. 1",
    tfp_class=None,
    tfp={},
    pymc4_name="SkewNormal",
    pymc4={"loc": "mu", "scale": "sigma", "skewness": "alpha"},
    in_pymc4=False,
    test_value="mu + sigma * sqrt(2 / pi) * alpha / sqrt(1 + alpha ** 2)",
    moments={
        "mean": "mu + sigma * sqrt(2 / pi) * alpha / sqrt(1 + alpha ** 2)",
        "variance": "sigma ** 2 * (1 - 2 * alpha ** 2 / ((1 + alpha ** 2) * pi))",
    },
    notes=("PyMC3's float32 sqrt(2) costs 3e-8 relative, and its gradient is NaN in the far tail; accurate here.",),
)

GUMBEL = Distribution(
    name="Gumbel",
    signature=("mu", "beta"),
    params=(Param("mu", default="0"), Param("beta", POSITIVE, default="1.0", safe="1")),
    forms=(Form(("mu", "beta")),),
    canonical=("mu", "beta"),
    support=REAL,
    conditions=("beta > 0",),
    logp="-(value - mu) / beta - exp(-(value - mu) / beta) - log(beta)",
    source="Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, eq. 22.26",
    tfp_class="Gumbel",
    tfp={"loc": "mu", "scale": "beta"},
    pymc4_name="Gumbel",
    pymc4={"loc": "mu", "scale": "beta"},
    test_value="mu - beta * log(log(2))",
    moments={
        "mean": "mu + beta * 0.5772156649015329",
        "median": "mu - beta * log(log(2))",
        "mode": "mu",
        "variance": "pi ** 2 / 6 * beta ** 2",
    },
    logcdf="-exp(-(value - mu) / beta)",
)

LOGISTIC = Distribution(
    name="Logistic",
    signature=("mu", "s"),
    params=(Param("mu", default="0.0"), Param("s", POSITIVE, default="1.0", safe="1")),
    forms=(Form(("mu", "s")),),
    canonical=("mu", "s"),
    support=REAL,
    conditions=("s > 0",),
    logp="-(value - mu) / s - 2 * softplus(-(value - mu) / s) - log(s)",
    source="Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, eq. 23.5",
    tfp_class="Logistic",
    tfp={"loc": "mu", "scale": "s"},
    pymc4_name="Logistic",
    pymc4={"loc": "mu", "scale": "s"},
    test_value="mu",
    moments={"mean": "mu", "mode": "mu", "variance": "s ** 2 * pi ** 2 / 3"},
    logcdf="-softplus(-(value - mu) / s)",
)

MOYAL = Distribution(
    name="Moyal",
    signature=("mu", "sigma"),
    params=(Param("mu", default="0"), Param("sigma", POSITIVE, default="1.0", safe="1")),
    forms=(Form(("mu", "sigma")),),
    canonical=("mu", "sigma"),
    support=REAL,
    conditions=("sigma > 0",),
    logp="-0.5 * (value - mu) / sigma - 0.5 * exp(-(value - mu) / sigma) - log(sigma) - 0.5 * log(2 * pi)",
    source="Walck 2007, Hand-book on Statistical Distributions for Experimentalists, section 26",
    tfp_class="Moyal",
    tfp={"loc": "mu", "scale": "sigma"},
    pymc4_name="Moyal",
    pymc4={"loc": "mu", "scale": "sigma"},
    # 2 * erfcinv(1 / 2) ** 2
    test_value="mu - sigma * log(0.45493642311957283)",
    moments={
        "mean": "mu + sigma * (0.5772156649015329 + log(2))",
        "median": "mu - sigma * log(0.45493642311957283)",
        "mode": "mu",
        "variance": "pi ** 2 / 2 * sigma ** 2",
    },
    logcdf="log(2) + log_ndtr(-exp(-(value - mu) / (2 * sigma)))",
)

ROWS = (
    NORMAL,
    CAUCHY,
    STUDENT_T,
    LAPLACE,
    ASYMMETRIC_LAPLACE,
    FLAT,
    EX_GAUSSIAN,
    VON_MISES,
    SKEW_NORMAL,
    GUMBEL,
    LOGISTIC,
    MOYAL,
)
