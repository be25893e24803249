"""Distributions of vectors."""

from pm_migrate.catalog.schema import (
    CHOLESKY,
    POSITIVE_DEFINITE,
    POSITIVE_VECTOR,
    REAL_VECTOR,
    SIMPLEX,
    Distribution,
    Form,
    Param,
)

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
    logp="-0.5 * sum(solve_lower(chol, value - mu) ** 2) - sum(log(diagonal(chol))) - 0.5 * count(mu) * log(2 * pi)",
    source="Anderson 2003, An Introduction to Multivariate Statistical Analysis, eq. 2.3.1",
    tfp_class="MultivariateNormalTriL",
    tfp={"loc": "mu", "scale_tril": "chol"},
    pymc4_name="MvNormal",
    pymc4={"loc": "mu", "scale_tril": "chol"},
    generator=(
        Form(("loc", "covariance_matrix"), {"mu": "loc", "chol": "cholesky(covariance_matrix)"}),
        Form(("loc", "scale_tril"), {"mu": "loc", "chol": "scale_tril"}, pymc4_name="MvNormalCholesky"),
    ),
    rank=1,
    test_value="mu",
    options=("lower",),
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
    options=("transform",),
)

ROWS = (MV_NORMAL, DIRICHLET)
