"""Distributions on the integers."""

from pm_migrate.catalog.schema import (
    COUNT,
    INTEGER,
    NONNEGATIVE,
    POSITIVE,
    PROBABILITIES,
    REAL,
    UNIT,
    Distribution,
    Domain,
    Form,
    Param,
)

_BIT = Domain("0", "1", True, True, integer=True)

BERNOULLI = Distribution(
    name="Bernoulli",
    signature=("p", "logit_p"),
    params=(Param("p", UNIT, safe="0.5"), Param("logit_p", REAL)),
    forms=(
        Form(("p",)),
        Form(
            ("logit_p",),
            {"p": "sigmoid(logit_p)"},
            tfp={"logits": "logit_p"},
            pymc4={"logits": "logit_p"},
            upstream={"probs": "sigmoid(logit_p)"},
        ),
    ),
    canonical=("p",),
    support=_BIT,
    conditions=("p >= 0", "p <= 1"),
    logp="logpow(p, value) + logpow(1 - p, 1 - value)",
    source="Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, section 3.2",
    tfp_class="Bernoulli",
    tfp={"probs": "p"},
    pymc4_name="Bernoulli",
    pymc4={"probs": "p"},
    generator=(
        Form(("probs",), {"p": "probs"}),
        Form(("logits",), {"p": "sigmoid(logits)"}, tfp={"logits": "logits"}),
    ),
    extra_pymc4=("logits",),
    discrete=True,
    kind="binary",
    test_value="round(p)",
    notes=("With logit_p PyMC3 does not bound the value (any non-zero value is a success); here it is bounded.",),
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
)

POISSON = Distribution(
    name="Poisson",
    signature=("mu",),
    params=(Param("mu", NONNEGATIVE, safe="1"),),
    forms=(Form(("mu",)),),
    canonical=("mu",),
    support=COUNT,
    conditions=("mu >= 0",),
    logp="logpow(mu, value) - gammaln(value + 1) - mu",
    source="Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, eq. 4.1",
    tfp_class="Poisson",
    tfp={"rate": "mu"},
    pymc4_name="Poisson",
    pymc4={"rate": "mu"},
    discrete=True,
    kind="integer",
    test_value="floor(mu)",
)

NEGATIVE_BINOMIAL = Distribution(
    name="NegativeBinomial",
    signature=("mu", "alpha", "p", "n"),
    params=(
        Param("mu", POSITIVE, safe="1"),
        Param("alpha", POSITIVE, safe="1"),
        Param("p", UNIT, safe="0.5"),
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
            {"mu": "alpha * (1 - p) / p"},
            tfp={"total_count": "alpha", "logits": "log1p(-p) - log(p)"},  # 1 - p would lose digits of a small p
            pymc4={"total_count": "alpha", "probs": "1 - p"},
        ),
        Form(
            ("p", "n"),
            {"mu": "n * (1 - p) / p", "alpha": "n"},
            tfp={"total_count": "n", "logits": "log1p(-p) - log(p)"},  # 1 - p would lose digits of a small p
            pymc4={"total_count": "n", "probs": "1 - p"},
        ),
    ),
    canonical=("mu", "alpha"),
    support=COUNT,
    conditions=("mu > 0", "alpha > 0"),
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
    notes=(
        "PyMC4's probs is 1 - p of PyMC3.",
        "PyMC3 loses digits for large alpha and switches to Poisson above 1e10; the value here is accurate.",
    ),
)

CATEGORICAL = Distribution(
    name="Categorical",
    signature=("p",),
    params=(Param("p", PROBABILITIES, safe="1"),),
    forms=(Form(("p",)),),
    canonical=("p",),
    support=Domain("0", "count(p) - 1", True, True, integer=True),
    conditions=("p >= 0",),
    logp="log(take(p, value)) - log(sum(p))",
    source="categorical distribution over normalised weights",
    tfp_class="Categorical",
    tfp={"probs": "p"},
    pymc4_name="Categorical",
    pymc4={"probs": "p"},
    discrete=True,
    kind="categorical",
    test_value="argmax(p)",
)

DISCRETE_UNIFORM = Distribution(
    name="DiscreteUniform",
    signature=("lower", "upper"),
    params=(Param("lower", INTEGER, safe="0"), Param("upper", INTEGER, safe="1")),
    forms=(
        Form(
            ("lower", "upper"),
            {"lower": "floor(lower)", "upper": "floor(upper)"},
            pymc4={"low": "lower", "high": "upper"},
        ),
    ),
    canonical=("lower", "upper"),
    support=Domain("lower", "upper", True, True, integer=True),
    conditions=("lower <= upper",),
    logp="-log(upper - lower + 1) + 0 * value",
    source="Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, section 6.10.1",
    tfp_class=None,
    tfp={},
    pymc4_name="DiscreteUniform",
    pymc4={"low": "lower", "high": "upper"},
    discrete=True,
    kind="integer",
    test_value="maximum(floor((lower + upper) / 2), lower)",
)

ROWS = (BERNOULLI, BINOMIAL, POISSON, NEGATIVE_BINOMIAL, CATEGORICAL, DISCRETE_UNIFORM)
