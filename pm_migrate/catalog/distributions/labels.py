"""Labels, ordered categories and other distributions on a few integers."""

from pm_migrate.catalog.schema import INTEGER, PROBABILITIES, REAL, Distribution, Domain, Form, Param

_CUTPOINTS = Param("cutpoints", Domain(rank=1, structure="increasing"))
_CATEGORY = Domain("0", "count(cutpoints)", True, True, integer=True)

CATEGORICAL = Distribution(
    name="Categorical",
    signature=("p",),
    params=(Param("p", PROBABILITIES, safe="1"),),
    forms=(Form(("p",)),),
    canonical=("p",),
    support=Domain("0", "count(p) - 1", True, True, integer=True),
    conditions=("p >= 0", "sum(p) > 0"),
    logp="log(take(p, value)) - log(sum(p))",
    source="categorical distribution over normalised weights",
    tfp_class="Categorical",
    tfp={"probs": "p"},
    pymc4_name="Categorical",
    pymc4={"probs": "p"},
    discrete=True,
    kind="categorical",
    test_value="argmax(p)",
    moments={"mode": "argmax(p)"},
    notes=(
        "PyMC3's log density of a vector of values with a matrix p has a leading axis of length 1; here it has not.",
    ),
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
    moments={"mode": "maximum(floor((lower + upper) / 2), lower)"},
    logcdf="log(floor(value) - lower + 1) - log(upper - lower + 1)",
)

ORDERED_LOGISTIC = Distribution(
    name="OrderedLogistic",
    signature=("eta", "cutpoints"),
    params=(Param("eta", REAL), _CUTPOINTS),
    forms=(Form(("eta", "cutpoints")),),
    canonical=("eta", "cutpoints"),
    support=_CATEGORY,
    logp="log(sigmoid(cut_above(cutpoints, value) - eta) - sigmoid(cut_below(cutpoints, value) - eta))",
    source="McCullagh 1980, Journal of the Royal Statistical Society B 42(2), section 2.1",
    tfp_class=None,
    tfp={},
    pymc4_name="OrderedLogistic",
    pymc4={"loc": "eta", "cutpoints": "cutpoints"},
    discrete=True,
    kind="categorical",
    test_value="argmax(between(sigmoid(cutpoints - column(eta))))",
    moments={"mode": "argmax(between(sigmoid(cutpoints - column(eta))))"},
    notes=(
        "Decreasing cutpoints give -inf for every category, equal ones for the category between them, as in PyMC3.",
        "PyMC3 takes differences of rounded probabilities: it loses digits of a rare category above the most likely "
        "one, and gives -inf where they round to 0.",
    ),
)

ORDERED_PROBIT = Distribution(
    name="OrderedProbit",
    signature=("eta", "cutpoints"),
    params=(Param("eta", REAL), _CUTPOINTS),
    forms=(Form(("eta", "cutpoints")),),
    canonical=("eta", "cutpoints"),
    support=_CATEGORY,
    logp="log(ndtr(cut_above(cutpoints, value) - eta) - ndtr(cut_below(cutpoints, value) - eta))",
    source="McCullagh 1980, Journal of the Royal Statistical Society B 42(2), section 2.1, with a normal link",
    tfp_class=None,
    tfp={},
    pymc4_name="OrderedProbit",
    pymc4={"loc": "eta", "cutpoints": "cutpoints"},
    in_pymc4=False,
    discrete=True,
    kind="categorical",
    test_value="argmax(between(ndtr(cutpoints - column(eta))))",
    moments={"mode": "argmax(between(ndtr(cutpoints - column(eta))))"},
    notes=(
        "With decreasing cutpoints PyMC3 gives NaN for the category between them (here -inf) and keeps the values of "
        "the others.",
        "PyMC3's sqrt(2) is of float32: an error of 3.5e-8 relative in the tails.",
    ),
)

CONSTANT = Distribution(
    name="Constant",
    signature=("c",),
    params=(Param("c", INTEGER),),
    forms=(Form(("c",)),),
    canonical=("c",),
    support=Domain("c", "c", True, True, integer=True),
    logp="0 * value",
    source="the distribution of one value",
    tfp_class=None,
    tfp={},
    pymc4_name="Constant",
    pymc4={"c": "c"},
    in_pymc4=False,
    discrete=True,
    kind="integer",
    test_value="c",
    moments={"mean": "c", "median": "c", "mode": "c"},
    aliases=("ConstantDist",),
    notes=("Deprecated in PyMC3, which recommends a Deterministic.",),
)

ROWS = (CATEGORICAL, DISCRETE_UNIFORM, ORDERED_LOGISTIC, ORDERED_PROBIT, CONSTANT)
