"""Distributions of matrices; those of correlation matrices hold a triangle of them."""

from pm_migrate.catalog.schema import CHOLESKY, POSITIVE, POSITIVE_DEFINITE, Distribution, Domain, Form, Param

REAL_MATRIX = Domain(rank=2)

_ROW = "matmul(rowchol, transpose(rowchol))"
_COLUMN = "matmul(colchol, transpose(colchol))"

WISHART = Distribution(
    name="Wishart",
    signature=("nu", "V"),
    params=(Param("nu", POSITIVE, safe="1"), Param("V", POSITIVE_DEFINITE, safe="1")),
    forms=(Form(("nu", "V"), upstream={"df": "nu", "scale": "cholesky(V)"}),),
    canonical=("nu", "V"),
    support=POSITIVE_DEFINITE,
    conditions=("nu < inf", "cholesky(V) > -inf"),
    logp="(nu - count(V) - 1) * sum(log(diagonal(cholesky(value)))) - nu * sum(log(diagonal(cholesky(V))))"
    " - 0.5 * trace(matmul(inverse(V), value)) - 0.5 * nu * count(V) * log(2) - multigammaln(0.5 * nu, count(V))",
    source="Anderson 2003, An Introduction to Multivariate Statistical Analysis, theorem 7.2.2",
    tfp_class=None,
    tfp={},
    pymc4_name="Wishart",
    pymc4={"df": "nu", "scale_matrix": "V"},
    generator=(
        Form(("df", "scale"), {"nu": "df", "V": "matmul(scale, transpose(scale))"}),
        Form(("df", "scale_matrix"), {"nu": "df", "V": "scale_matrix"}),
    ),
    extra_pymc4=("scale_matrix",),
    rank=2,
    test_value="nu * V",
    moments={
        "mean": "nu * V",
        "mode": "where(nu >= count(V) + 1, (nu - count(V) - 1) * V, inf - inf)",
    },
    notes=(
        "-inf for nu <= p - 1, and for a value that is not exactly symmetric and positive definite.",
        "PyMC3 does not check V; a V that is not positive definite gives -inf here.",
        "PyMC4's argument `scale` is the Cholesky factor of V; V itself is `scale_matrix`, by keyword.",
    ),
)

LKJ_CORR = Distribution(
    name="LKJCorr",
    signature=("eta", "n", "p", "transform"),
    params=(
        Param("eta", POSITIVE, safe="1"),
        Param("n", Domain("2", "inf", closed_lower=True, integer=True), safe="2"),
        Param("p", Domain("2", "inf", closed_lower=True, integer=True), safe="2"),
    ),
    forms=(
        Form(("eta", "n")),
        Form(("n", "p"), {"eta": "n", "n": "p"}),  # as PyMC3 called eta and n before
    ),
    canonical=("eta", "n"),
    support=Domain("-1", "1", True, True, rank=1),
    conditions=("eta > 0",),
    logp="multigammaln(eta + 0.5 * n - 1, n - 1) + 0.5 * (n - 1) * log(pi) - (n - 1) * gammaln(eta + 0.5 * n - 0.5)"
    " + 2 * (eta - 1) * sum(log(diagonal(cholesky(correlation_matrix(value)))))",
    source="Lewandowski, Kurowicka & Joe 2009, Journal of Multivariate Analysis 100(9), eqs. 16 and 17, with the "
    "normaliser added as PyMC3 does",
    tfp_class=None,
    tfp={},
    pymc4_name="LKJCorr",
    pymc4={"dimension": "n", "concentration": "eta"},
    in_pymc4=False,
    rank=1,
    transform="interval",
    ends=("-1", "1"),
    test_value="0",
    moments={"mean": "0"},
    options=("transform",),
    fault="PyMC3 adds the logarithm of the LKJ normaliser instead of subtracting it, which biases a random eta.",
    notes=(
        "The value is the strict upper triangle, row by row; -inf where the matrix is not positive definite.",
        "PyMC4's LKJ and LKJCholesky are distributions of whole matrices, of their factors, with the right normaliser.",
    ),
)

MATRIX_NORMAL = Distribution(
    name="MatrixNormal",
    signature=("mu", "rowcov", "rowchol", "rowtau", "colcov", "colchol", "coltau", "shape"),
    params=(
        Param("mu", REAL_MATRIX, default="0"),
        Param("rowcov", POSITIVE_DEFINITE, safe="1"),
        Param("rowchol", CHOLESKY, safe="1"),
        Param("colcov", POSITIVE_DEFINITE, safe="1"),
        Param("colchol", CHOLESKY, safe="1"),
    ),
    forms=(
        Form(("mu", "rowchol", "colchol")),
        Form(("mu", "rowcov", "colcov"), {"rowchol": "cholesky(rowcov)", "colchol": "cholesky(colcov)"}),
        Form(("mu", "rowcov", "colchol"), {"rowchol": "cholesky(rowcov)"}),
        Form(("mu", "rowchol", "colcov"), {"colchol": "cholesky(colcov)"}),
    ),
    canonical=("mu", "rowchol", "colchol"),
    support=REAL_MATRIX,
    logp=f"-0.5 * trace(matmul(inverse({_COLUMN}), matmul(transpose(value - mu), matmul(inverse({_ROW}), value - mu))))"
    " - count(colchol) * sum(log(diagonal(rowchol))) - count(rowchol) * sum(log(diagonal(colchol)))"
    " - 0.5 * count(rowchol) * count(colchol) * log(2 * pi)",
    source="Gupta & Nagar 2000, Matrix Variate Distributions, theorem 2.2.1",
    tfp_class=None,
    tfp={},
    pymc4_name="MatrixNormal",
    pymc4={"loc": "mu", "scale_row": "rowchol", "scale_column": "colchol"},
    pymc4_defaults={"loc": "0"},
    in_pymc4=False,
    rank=2,
    test_value="mu",
    moments={"mean": "mu", "median": "mu", "mode": "mu"},
    options=("rowtau", "coltau", "shape"),
    notes=(
        "rowtau and coltau raise a ValueError, as in PyMC3.",
        "For a covariance that is not positive definite PyMC3 raises, for a negative diagonal it gives NaN; here it is "
        "-inf.",
    ),
)

ROWS = (WISHART, LKJ_CORR, MATRIX_NORMAL)
