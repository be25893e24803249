"""Distributions of vectors."""

from pm_migrate.catalog.schema import (
    CHOLESKY,
    COUNT,
    POSITIVE,
    POSITIVE_DEFINITE,
    POSITIVE_VECTOR,
    PROBABILITIES,
    REAL_VECTOR,
    SIMPLEX,
    Distribution,
    Domain,
    Form,
    Param,
)

#: Counts of n trials by category; their sum is checked with the density.
COUNTS_OF_N = Domain("0", "inf", closed_lower=True, integer=True, rank=1, structure="composition")

_CENTRE = {"mean": "mu", "median": "mu", "mode": "mu"}

MV_NORMAL = Distribution(
    name="MvNormal",
    signature=("mu", "cov", "tau", "chol", "lower"),
    params=(
        Param("mu", REAL_VECTOR),
        Param("cov", POSITIVE_DEFINITE, safe="1"),
        Param("tau", POSITIVE_DEFINITE, safe="1"),
        Param("chol", CHOLESKY, safe="1"),
    ),
    forms=(
        Form(("mu", "chol"), pymc4_name="MvNormalCholesky"),
        Form(
            ("mu", "cov"),
            {"chol": "cholesky(cov)"},
            pymc4={"loc": "mu", "covariance_matrix": "cov"},
        ),
        Form(
            ("mu", "tau"),
            {"chol": "cholesky(inverse(tau))"},
            pymc4={"loc": "mu", "covariance_matrix": "inverse(tau)"},
        ),
    ),
    canonical=("mu", "chol"),
    support=REAL_VECTOR,
    logp="-0.5 * sum(solve_lower(chol, value - mu) ** 2) - sum(log(diagonal(chol))) - 0.5 * count(chol) * log(2 * pi)",
    source="Anderson 2003, An Introduction to Multivariate Statistical Analysis, eq. 2.3.1",
    tfp_class=None,
    tfp={},
    pymc4_name="MvNormal",
    pymc4={"loc": "mu", "scale_tril": "chol"},
    generator=(
        Form(("loc", "covariance_matrix"), {"mu": "loc", "chol": "cholesky(covariance_matrix)"}),
        Form(("loc", "scale_tril"), {"mu": "loc", "chol": "scale_tril"}, pymc4_name="MvNormalCholesky"),
    ),
    rank=1,
    test_value="mu",
    moments=_CENTRE,
    options=("lower",),
    notes=("The elements of chol above its diagonal are ignored, as in PyMC3's density (its draws use them).",),
)

MV_STUDENT_T = Distribution(
    name="MvStudentT",
    signature=("nu", "Sigma", "mu", "cov", "tau", "chol", "lower"),
    params=(
        Param("nu", POSITIVE, safe="1"),
        Param("mu", REAL_VECTOR),
        Param("cov", POSITIVE_DEFINITE, aliases=("Sigma",), safe="1"),
        Param("tau", POSITIVE_DEFINITE, safe="1"),
        Param("chol", CHOLESKY, safe="1"),
    ),
    forms=(
        Form(("nu", "mu", "chol")),
        Form(
            ("nu", "mu", "cov"),
            {"chol": "cholesky(cov)"},
            pymc4={"df": "nu", "loc": "mu", "scale_matrix": "cov"},
        ),
        Form(
            ("nu", "mu", "tau"),
            {"chol": "cholesky(inverse(tau))"},
            pymc4={"df": "nu", "loc": "mu", "scale_matrix": "inverse(tau)"},
        ),
    ),
    canonical=("nu", "mu", "chol"),
    support=REAL_VECTOR,
    conditions=("nu > 0",),
    logp="gammaln(0.5 * (nu + count(chol))) - gammaln(0.5 * nu) - 0.5 * count(chol) * log(nu * pi)"
    " - sum(log(diagonal(chol)))"
    " - 0.5 * (nu + count(chol)) * log1p(sum(solve_lower(chol, value - mu) ** 2) / nu)",
    source="Kotz & Nadarajah 2004, Multivariate t Distributions and Their Applications, eq. 1.1",
    tfp_class=None,
    tfp={},
    pymc4_name="MvStudentT",
    pymc4={"df": "nu", "loc": "mu", "scale_tril": "chol"},
    generator=(
        Form(("df", "loc", "scale_matrix"), {"nu": "df", "mu": "loc", "chol": "cholesky(scale_matrix)"}),
        Form(("df", "loc", "scale_tril"), {"nu": "df", "mu": "loc", "chol": "scale_tril"}),
    ),
    in_pymc4=False,
    rank=1,
    test_value="mu",
    moments=_CENTRE,
    options=("lower",),
    notes=(
        "cov and Sigma are the scale matrix; the covariance is nu / (nu - 2) times it.",
        "For nu <= 0 PyMC3 gives NaN; here it is -inf.",
        "PyMC3 draws one chi-squared variable for all vectors of a batch; here every vector has its own, as in the "
        "density.",
    ),
)

DIRICHLET = Distribution(
    name="Dirichlet",
    signature=("a", "transform"),
    params=(Param("a", POSITIVE_VECTOR, safe="1"),),
    forms=(Form(("a",)),),
    canonical=("a",),
    support=SIMPLEX,
    conditions=("a > 0",),
    logp="gammaln(sum(a)) - sum(gammaln(a)) + sum(logpow(value, a - 1))",
    source="Kotz, Balakrishnan & Johnson 2000, Continuous Multivariate Distributions 1, eq. 49.1",
    tfp_class="Dirichlet",
    tfp={"concentration": "a"},
    pymc4_name="Dirichlet",
    pymc4={"concentration": "a"},
    rank=1,
    transform="stickbreaking",
    poles=False,
    test_value="a / sum(a)",
    moments={
        "mean": "a / sum(a)",
        "mode": "where(sum(where(a > 1, 0 * a, ones_like(a))) < 0.5, (a - 1) / sum(a - 1), inf - inf)",
    },
    options=("transform",),
    notes=(
        "For a matrix a PyMC3 divides the mean, the start value, by the sum of all entries; here by that of each row. "
        "The unconstrained start value is the same.",
        "PyMC3's log density of a batch is -inf everywhere when one row is out of support; here in that row alone. The "
        "model's is the same.",
    ),
)

MULTINOMIAL = Distribution(
    name="Multinomial",
    signature=("n", "p"),
    params=(Param("n", COUNT, safe="1"), Param("p", PROBABILITIES, safe="1")),
    forms=(Form(("n", "p")),),
    canonical=("n", "p"),
    support=COUNTS_OF_N,
    conditions=("n >= 0", "p >= 0", "sum(p) > 0", "sum(p) < inf"),
    logp="gammaln(n + 1) - sum(gammaln(value + 1)) + sum(logpow(p / sum(p), value))",
    source="Johnson, Kotz & Balakrishnan 1997, Discrete Multivariate Distributions, eq. 35.1",
    tfp_class=None,
    tfp={},
    pymc4_name="Multinomial",
    pymc4={"total_count": "n", "probs": "p"},
    discrete=True,
    kind="integer",
    rank=1,
    test_value="round(n * p / sum(p))",
    moments={"mean": "n * p / sum(p)"},
    notes=(
        "PyMC3 normalises p and then requires its sum to be exactly 1: rounding can make its log density -inf.",
        "PyMC3's log density of n! is off by up to 5e-7 for a Python integer n (float32).",
        "For a negative probability PyMC3 gives NaN; here it is -inf.",
    ),
)

DIRICHLET_MULTINOMIAL = Distribution(
    name="DirichletMultinomial",
    signature=("n", "a", "shape"),
    params=(Param("n", COUNT, safe="1"), Param("a", POSITIVE_VECTOR, safe="1")),
    forms=(Form(("n", "a")),),
    canonical=("n", "a"),
    support=COUNTS_OF_N,
    conditions=("n >= 0", "a > 0"),
    logp="gammaln(n + 1) + gammaln(sum(a)) - gammaln(n + sum(a))"
    " + sum(gammaln(value + a) - gammaln(value + 1) - gammaln(a))",
    source="Mosimann 1962, On the compound multinomial distribution, Biometrika 49(1/2)",
    tfp_class=None,
    tfp={},
    pymc4_name="DirichletMultinomial",
    pymc4={"total_count": "n", "concentration": "a"},
    in_pymc4=False,
    discrete=True,
    kind="integer",
    rank=1,
    test_value="round(n * a / sum(a))",
    moments={"mean": "n * a / sum(a)"},
    options=("shape",),
    notes=("PyMC3's log density of n! is off by up to 5e-7 for a Python integer n (float32).",),
)

ROWS = (MV_NORMAL, MV_STUDENT_T, DIRICHLET, MULTINOMIAL, DIRICHLET_MULTINOMIAL)
