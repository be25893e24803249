"""Distributions of counts."""

from pm_migrate.catalog.schema import COUNT, NONNEGATIVE, POSITIVE, REAL, UNIT, Distribution, Domain, Form, Param

_BIT = Domain("0", "1", True, True, integer=True)
_PSI = Param("psi", UNIT, safe="0.5")


def _logit(p: str) -> str:
    """The logit of a probability, as an expression; 0 for 0 and 1 themselves, so that no gradient is infinite."""
    return f"where({p} * (1 - {p}) > 0, log(where({p} > 0, {p}, 0.5)) - log1p(-where({p} < 1, {p}, 0.5)), 0)"


BERNOULLI = Distribution(
    name="Bernoulli",
    signature=("p", "logit_p"),
    params=(Param("p", UNIT, safe="0.5"), Param("logit_p", REAL)),
    forms=(
        Form(("p",), {"logit_p": _logit("p")}),
        Form(
            ("logit_p",),
            {"p": "sigmoid(logit_p)"},
            tfp={"logits": "logit_p"},
            pymc4={"logits": "logit_p"},
            upstream={"probs": "sigmoid(logit_p)"},
        ),
    ),
    canonical=("p", "logit_p"),  # the runtime needs both: sigmoid(logit_p) alone loses digits
    support=_BIT,
    conditions=("p >= 0", "p <= 1"),
    logp="logpow(p, value) + logpow(1 - p, 1 - value)",
    source="Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, section 3.2",
    tfp_class="Bernoulli",
    tfp={"probs": "p"},
    pymc4_name="Bernoulli",
    pymc4={"probs": "p"},
    generator=(
        Form(("probs",), {"p": "probs", "logit_p": _logit("probs")}),
        Form(("logits",), {"p": "sigmoid(logits)", "logit_p": "logits"}, tfp={"logits": "logits"}),
    ),
    extra_pymc4=("logits",),
    discrete=True,
    kind="binary",
    test_value="round(p)",
    moments={"mode": "round(p)"},
    logcdf="where(value < 1, log(1 - p), 0)",
    notes=(
        "PyMC3 loses log(1 - p) for a logit_p above 37 in logcdf; the value here is accurate.",
        "With logit_p PyMC3 does not bound the value (any non-zero value is a success); here it is bounded.",
    ),
)

BINOMIAL = Distribution(
    name="Binomial",
    signature=("n", "p"),
    params=(Param("n", COUNT, safe="1"), Param("p", UNIT, safe="0.5")),
    forms=(Form(("n", "p")),),
    canonical=("n", "p"),
    support=Domain("0", "n", True, True, integer=True),
    conditions=("n >= 0", "p >= 0", "p <= 1"),
    logp=("gammaln(n + 1) - gammaln(value + 1) - gammaln(n - value + 1) + logpow(p, value) + logpow(1 - p, n - value)"),
    source="Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, eq. 3.2",
    tfp_class="Binomial",
    tfp={"total_count": "n", "probs": "p"},
    pymc4_name="Binomial",
    pymc4={"total_count": "n", "probs": "p"},
    discrete=True,
    kind="integer",
    test_value="round(n * p)",
    moments={"mode": "round(n * p)"},
    logcdf="where(value < n, log(betainc(maximum(n - value, 1), value + 1, 1 - p)), 0)",
    notes=(
        "PyMC3 takes log-gammas of constants in float32, which costs 6e-8.",
        "logcdf: PyMC3 takes scalars only, and gives -inf for n = 0; here it is 0.",
    ),
)

POISSON = Distribution(
    name="Poisson",
    signature=("mu",),
    params=(Param("mu", NONNEGATIVE, safe="1"),),
    forms=(Form(("mu",)),),
    canonical=("mu",),
    support=COUNT,
    conditions=("mu >= 0", "mu < inf"),
    logp="logpow(mu, value) - gammaln(value + 1) - mu",
    source="Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, eq. 4.1",
    tfp_class="Poisson",
    tfp={"rate": "mu"},
    pymc4_name="Poisson",
    pymc4={"rate": "mu"},
    discrete=True,
    kind="integer",
    test_value="floor(mu)",
    moments={"mode": "floor(mu)"},
    logcdf="log(gammaincc(floor(value) + 1, mu))",
)

NEGATIVE_BINOMIAL = Distribution(
    name="NegativeBinomial",
    signature=("mu", "alpha", "p", "n"),
    params=(
        Param("mu", POSITIVE, safe="1"),
        Param("alpha", POSITIVE, safe="1"),
        Param("p", Domain("0", "1"), safe="0.5"),
        Param("n", POSITIVE, safe="1"),
    ),
    forms=(
        Form(("mu", "alpha"), upstream={"total_count": "alpha", "probs": "mu / (mu + alpha)"}),
        Form(
            ("mu", "n"),
            {"alpha": "n"},
            upstream={"total_count": "n", "probs": "mu / (mu + n)"},
        ),
        Form(
            ("p", "alpha"),
            {"mu": "alpha * ((1 - p) / p)"},
            tfp={"total_count": "alpha", "logits": "log1p(-p) - log(p)"},  # 1 - p would lose digits of a small p
            pymc4={"total_count": "alpha", "probs": "1 - p"},
        ),
        Form(
            ("p", "n"),
            {"mu": "n * ((1 - p) / p)", "alpha": "n"},
            tfp={"total_count": "n", "logits": "log1p(-p) - log(p)"},  # 1 - p would lose digits of a small p
            pymc4={"total_count": "n", "probs": "1 - p"},
        ),
    ),
    canonical=("mu", "alpha"),
    support=COUNT,
    conditions=("mu > 0", "mu < inf", "alpha > 0"),
    logp=(
        "gammaln(value + alpha) - gammaln(value + 1) - gammaln(alpha)"
        " + value * (log(mu) - log(mu + alpha)) + alpha * (log(alpha) - log(mu + alpha))"
    ),
    source="Hilbe 2011, Negative Binomial Regression, eq. 8.8",
    tfp_class="NegativeBinomial",
    tfp={"total_count": "alpha", "logits": "log(mu) - log(alpha)"},
    pymc4_name="NegativeBinomial",
    pymc4={"total_count": "alpha", "logits": "log(mu) - log(alpha)"},
    generator=(
        Form(
            ("total_count", "probs"),
            {"alpha": "total_count", "mu": "total_count * probs / (1 - probs)"},
            tfp={"total_count": "total_count", "probs": "probs"},
        ),
        Form(
            ("total_count", "logits"),
            {"alpha": "total_count", "mu": "total_count * exp(logits)"},
            tfp={"total_count": "total_count", "logits": "logits"},
        ),
    ),
    extra_pymc4=("logits",),
    discrete=True,
    kind="integer",
    test_value="floor(mu)",
    moments={"mode": "floor(mu)"},
    logcdf="log(betainc(alpha, floor(value) + 1, alpha / (mu + alpha)))",
    notes=(
        "PyMC4's probs is 1 - p of PyMC3.",
        "PyMC3 loses digits for large alpha and switches to Poisson above 1e10; the value here is accurate.",
        "logcdf: PyMC3 takes scalars only.",
    ),
)

BETA_BINOMIAL = Distribution(
    name="BetaBinomial",
    signature=("alpha", "beta", "n"),
    params=(Param("alpha", POSITIVE, safe="1"), Param("beta", POSITIVE, safe="1"), Param("n", COUNT, safe="1")),
    forms=(Form(("alpha", "beta", "n")),),
    canonical=("alpha", "beta", "n"),
    support=Domain("0", "n", True, True, integer=True),
    conditions=("alpha > 0", "alpha < inf", "beta > 0", "beta < inf", "n >= 0"),
    logp=(
        "gammaln(n + 1) - gammaln(value + 1) - gammaln(n - value + 1)"
        " + betaln(value + alpha, n - value + beta) - betaln(alpha, beta)"
    ),
    source="Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, eq. 6.20",
    tfp_class=None,
    tfp={},
    pymc4_name="BetaBinomial",
    pymc4={"total_count": "n", "concentration0": "beta", "concentration1": "alpha"},
    discrete=True,
    kind="integer",
    test_value="round(alpha / (alpha + beta))",
    moments={"mode": "round(alpha / (alpha + beta))"},
    logcdf="log(betabinom_cdf(alpha, beta, n, floor(value)))",
    notes=(
        "PyMC3's mode, its start value, is that of one trial: 0 or 1.",
        "PyMC3 takes differences of log-gammas, which lose digits at large counts, and takes those of constants in "
        "float32, which costs 3e-8.",
        "logcdf: PyMC3 takes scalars only.",
    ),
)

GEOMETRIC = Distribution(
    name="Geometric",
    signature=("p",),
    params=(Param("p", Domain("0", "1", closed_upper=True), safe="0.5"),),
    forms=(Form(("p",)),),
    canonical=("p",),
    support=Domain("1", "inf", closed_lower=True, integer=True),
    conditions=("p >= 0", "p <= 1"),
    logp="log(p) + logpow(1 - p, value - 1)",
    source="Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, section 5.2",
    tfp_class=None,
    tfp={},
    pymc4_name="ShiftedGeometric",
    pymc4={"probs": "p"},
    in_pymc4=False,
    discrete=True,
    kind="integer",
    test_value="1 + 0 * p",
    moments={"mode": "1"},
    logcdf="log(1 - (1 - p) ** value)",
    notes=(
        "PyMC4's Geometric is another distribution: it counts failures, from 0. PyMC3's counts trials, from 1, and has "
        "a name of its own in the generator front end.",
    ),
)

HYPER_GEOMETRIC = Distribution(
    name="HyperGeometric",
    signature=("N", "k", "n"),
    params=(Param("N", COUNT, safe="1"), Param("k", COUNT, safe="1"), Param("n", COUNT, safe="1")),
    forms=(Form(("N", "k", "n")),),
    canonical=("N", "k", "n"),
    support=Domain("maximum(n - N + k, 0)", "minimum(k, n)", True, True, integer=True),
    conditions=("N >= 0", "k >= 0", "k <= N", "n >= 0", "n <= N"),
    logp=(
        "gammaln(k + 1) - gammaln(value + 1) - gammaln(k - value + 1)"
        " + gammaln(N - k + 1) - gammaln(n - value + 1) - gammaln(N - k - n + value + 1)"
        " - (gammaln(N + 1) - gammaln(n + 1) - gammaln(N - n + 1))"
    ),
    source="Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, eq. 6.1",
    tfp_class=None,
    tfp={},
    pymc4_name="HyperGeometric",
    pymc4={"N": "N", "k": "k", "n": "n"},
    in_pymc4=False,
    discrete=True,
    kind="integer",
    test_value="floor((n + 1) * (k + 1) / (N + 2))",
    moments={"mode": "floor((n + 1) * (k + 1) / (N + 2))"},
    logcdf="log(hypergeom_cdf(N, k, n, floor(value)))",
    notes=(
        "PyMC3 takes differences of log-gammas, which lose digits in large populations, and takes those of constants "
        "in float32, which costs 7e-7.",
        "logcdf: PyMC3 takes scalars only, and gives -inf for N = 0; here it is 0.",
    ),
)

DISCRETE_WEIBULL = Distribution(
    name="DiscreteWeibull",
    signature=("q", "beta"),
    params=(Param("q", Domain("0", "1"), safe="0.5"), Param("beta", POSITIVE, safe="1")),
    forms=(Form(("q", "beta")),),
    canonical=("q", "beta"),
    support=COUNT,
    conditions=("q > 0", "q < 1", "beta > 0"),
    logp=(
        "where(value > 0, log(q) * maximum(value, 1) ** beta, 0)"
        " + log(1 - q ** ((value + 1) ** beta - where(value > 0, maximum(value, 1) ** beta, 0)))"
    ),
    source="Nakagawa & Osaki 1975, IEEE Transactions on Reliability R-24, eq. 2",
    tfp_class=None,
    tfp={},
    pymc4_name="DiscreteWeibull",
    pymc4={"q": "q", "beta": "beta"},
    in_pymc4=False,
    discrete=True,
    kind="integer",
    test_value="-floor(-(log(0.5) / log(q)) ** (1 / beta)) - 1",
    moments={"median": "-floor(-(log(0.5) / log(q)) ** (1 / beta)) - 1"},
    logcdf="log(1 - q ** ((floor(value) + 1) ** beta))",
    notes=("PyMC3's powers of q underflow far out, where it gives -inf; the value here is finite.",),
)

ZERO_INFLATED_POISSON = Distribution(
    name="ZeroInflatedPoisson",
    signature=("psi", "theta"),
    params=(_PSI, Param("theta", NONNEGATIVE, safe="1")),
    forms=(Form(("psi", "theta")),),
    canonical=("psi", "theta"),
    support=COUNT,
    conditions=("psi >= 0", "psi <= 1", "theta >= 0", "theta < inf"),
    logp=(
        "where(value > 0, log(psi) + logpow(theta, value) - gammaln(value + 1) - theta,"
        " log(1 - psi + psi * exp(-theta)))"
    ),
    source="Lambert 1992, Technometrics 34(1), section 2, with psi for 1 - p",
    tfp_class=None,
    tfp={},
    pymc4_name="ZeroInflatedPoisson",
    pymc4={"psi": "psi", "theta": "theta"},
    discrete=True,
    kind="integer",
    test_value="floor(theta)",
    moments={"mode": "floor(theta)"},
    logcdf="log(1 - psi + psi * gammaincc(floor(value) + 1, theta))",
    notes=("psi is the probability of the Poisson part.",),
)

ZERO_INFLATED_BINOMIAL = Distribution(
    name="ZeroInflatedBinomial",
    signature=("psi", "n", "p"),
    params=(_PSI, Param("n", COUNT, safe="1"), Param("p", UNIT, safe="0.5")),
    forms=(Form(("psi", "n", "p")),),
    canonical=("psi", "n", "p"),
    support=Domain("0", "n", True, True, integer=True),
    conditions=("psi >= 0", "psi <= 1", "n >= 0", "p >= 0", "p <= 1"),
    logp=(
        "where(value > 0, log(psi) + gammaln(n + 1) - gammaln(value + 1) - gammaln(n - value + 1)"
        " + logpow(p, value) + logpow(1 - p, n - value), log(1 - psi + psi * (1 - p) ** n))"
    ),
    source="Hall 2000, Biometrics 56(4), section 2, with psi for 1 - p",
    tfp_class=None,
    tfp={},
    pymc4_name="ZeroInflatedBinomial",
    pymc4={"psi": "psi", "n": "n", "p": "p"},
    discrete=True,
    kind="integer",
    test_value="round(n * p)",
    moments={"mode": "round(n * p)"},
    logcdf="where(value < n, log(1 - psi + psi * betainc(maximum(n - value, 1), value + 1, 1 - p)), 0)",
    notes=(
        "psi is the probability of the binomial part.",
        "logcdf: PyMC3 takes scalars only.",
    ),
)

ZERO_INFLATED_NEGATIVE_BINOMIAL = Distribution(
    name="ZeroInflatedNegativeBinomial",
    signature=("psi", "mu", "alpha"),
    params=(_PSI, Param("mu", POSITIVE, safe="1"), Param("alpha", POSITIVE, safe="1")),
    forms=(Form(("psi", "mu", "alpha")),),
    canonical=("psi", "mu", "alpha"),
    support=COUNT,
    conditions=("psi >= 0", "psi <= 1", "mu > 0", "mu < inf", "alpha > 0"),
    logp=(
        "where(value > 0, log(psi) + gammaln(value + alpha) - gammaln(value + 1) - gammaln(alpha)"
        " + value * (log(mu) - log(mu + alpha)) + alpha * (log(alpha) - log(mu + alpha)),"
        " log(1 - psi + psi * (alpha / (mu + alpha)) ** alpha))"
    ),
    source="Greene 1994, NYU Stern working paper EC-94-10, section 4, with psi for 1 - q",
    tfp_class=None,
    tfp={},
    pymc4_name="ZeroInflatedNegativeBinomial",
    pymc4={"psi": "psi", "mu": "mu", "alpha": "alpha"},
    discrete=True,
    kind="integer",
    test_value="floor(mu)",
    moments={"mode": "floor(mu)"},
    logcdf="log(1 - psi + psi * betainc(alpha, floor(value) + 1, alpha / (mu + alpha)))",
    notes=(
        "psi is the probability of the negative binomial part.",
        "logcdf: PyMC3 takes scalars only.",
    ),
)

ROWS = (
    BERNOULLI,
    BINOMIAL,
    BETA_BINOMIAL,
    POISSON,
    NEGATIVE_BINOMIAL,
    GEOMETRIC,
    HYPER_GEOMETRIC,
    DISCRETE_WEIBULL,
    ZERO_INFLATED_POISSON,
    ZERO_INFLATED_BINOMIAL,
    ZERO_INFLATED_NEGATIVE_BINOMIAL,
)
