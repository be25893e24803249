"""Arguments of the distributions without a row, PyMC3's and the generator front end's.

A row says what its parameters mean by formulas. These are made of other distributions, functions and series, so that
only their arguments can be told; :mod:`pm_migrate.catalog.structured` says what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType

from pm_migrate.catalog import DISTRIBUTIONS, expr
from pm_migrate.catalog.schema import Form, Param, Parametrised


@dataclass(frozen=True)
class Call(Parametrised):
    """How calls of one name of PyMC3's are written in the generator front end.

    Parameters
    ----------
    name
        PyMC3's name.
    signature
        Its arguments after the name, in positional order, aliases included.
    params, forms, canonical, pymc4_name, pymc4, pymc4_defaults, options
        As in a row (:class:`pm_migrate.catalog.schema.Distribution`). An argument of ``pymc4`` whose parameters a form
        does not have is left out.
    in_pymc4
        Whether PyMC4 4.0a2 has it.
    many
        Whether it is a generator that makes several variables, for ``yield from``.
    review
        What a person should know of the number that is kept; empty for nothing.
    rank
        -1: the axes of a value are not those of its parameters.
    """

    name: str
    signature: tuple[str, ...]
    params: tuple[Param, ...]
    forms: tuple[Form, ...]
    canonical: tuple[str, ...]
    pymc4_name: str
    pymc4: Mapping[str, str]
    pymc4_defaults: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    in_pymc4: bool = False
    many: bool = False
    review: str = ""
    rank: int = -1
    tfp: Mapping[str, str] = field(default_factory=dict)
    generator: tuple[Form, ...] = ()

    @property
    def pymc4_signature(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(name for keys in (self.pymc4, *(f.pymc4 or {} for f in self.forms)) for name in keys)
        )

    def arguments(self, form: Form, target: str) -> dict[str, str]:
        if form.pymc4 is not None:
            return dict(form.pymc4)
        known = set(form.given) | {p.name for p in self.params if p.default is not None}
        mapping = {c: form.canonical.get(c, c) for c in self.canonical}
        every = {k: expr.substitute(v, mapping) for k, v in self.pymc4.items()}
        return {k: text for k, text in every.items() if expr.names(text) <= known}


def _forms(required: tuple[Form, ...], optional: tuple[str, ...]) -> tuple[Form, ...]:
    """Every parametrisation with every choice of optional arguments."""
    return tuple(
        Form((*form.given, *more), form.canonical, pymc4=form.pymc4, pymc4_name=form.pymc4_name)
        for form in required
        for size in range(len(optional) + 1)
        for more in combinations(optional, size)
    )


def _plain(
    name: str,
    signature: tuple[str, ...],
    pymc4: Mapping[str, str],
    *,
    optional: tuple[str, ...] = (),
    pymc4_name: str = "",
    in_pymc4: bool = False,
    many: bool = False,
    review: str = "",
    options: tuple[str, ...] = (),
) -> Call:
    """A call whose arguments have other names and nothing else."""
    given = tuple(n for n in signature if n not in (*optional, *options))
    return Call(
        name=name,
        signature=signature,
        params=tuple(Param(n) for n in signature if n not in options),
        forms=_forms((Form(given),), optional),
        canonical=tuple(n for n in signature if n not in options),
        pymc4_name=pymc4_name or name,
        pymc4=pymc4,
        in_pymc4=in_pymc4,
        many=many,
        review=review,
        options=options,
    )


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_SIGMA = Param("sigma", aliases=("sd",))
_WIDTHS = (Form(("sigma",)), Form(("tau",), {"sigma": "tau ** -0.5"}), Form((), {"sigma": "1.0"}))


def _widths(*given: str) -> tuple[Form, ...]:
    """Parametrisations by a standard deviation, a precision, or neither."""
    return tuple(Form((*given, *form.given), form.canonical) for form in _WIDTHS)


def _walks(*given: str) -> tuple[Form, ...]:
    """Parametrisations of multivariate steps; ``mu`` is 0 where it is not given."""
    kinds = {
        "cov": {"covariance_matrix": "cov"},
        "tau": {"covariance_matrix": "inverse(tau)"},
        "chol": {"scale_tril": "chol"},
    }
    forms = []
    for kind, matrix in kinds.items():
        for more in ((), ("mu",), ("init",), ("mu", "init")):
            names = {"df": "nu"} if "nu" in given else {}
            names |= ({"loc": "mu"} if "mu" in more else {}) | matrix | ({"init": "init"} if "init" in more else {})
            forms.append(Form((*given, *more, kind), pymc4=names))
    return tuple(forms)


_GARCH = ("omega", "alpha_1", "beta_1", "initial_vol")
_LKJ = ("eta", "n", "sd_dist", "compute_corr", "store_in_trace")
_STEPS = ("mu", "cov", "tau", "chol", "lower", "init")

CALLS: Mapping[str, Call] = MappingProxyType(
    {
        call.name: call
        for call in (
            _plain("Mixture", ("w", "comp_dists"), {"p": "w", "distributions": "comp_dists"}, in_pymc4=True),
            Call(
                "NormalMixture",
                ("w", "mu", "sigma", "tau", "sd", "comp_shape"),
                (Param("w"), Param("mu"), _SIGMA, Param("tau")),
                _widths("w", "mu"),
                ("w", "mu", "sigma"),
                "NormalMixture",
                {"p": "w", "loc": "mu", "scale": "sigma"},
                pymc4_defaults={"scale": "1.0"},
                options=("comp_shape",),
            ),
            _plain(
                "MixtureSameFamily",
                ("w", "comp_dists", "mixture_axis"),
                {"p": "w", "distribution": "comp_dists", "mixture_axis": "mixture_axis"},
                optional=("mixture_axis",),
            ),
            _plain("AR1", ("k", "tau_e"), {"coefficient": "k", "precision": "tau_e"}),
            Call(
                "AR",
                ("rho", "sigma", "tau", "constant", "init", "sd"),
                (Param("rho"), _SIGMA, Param("tau"), Param("constant"), Param("init")),
                _forms(_widths("rho"), ("constant", "init")),
                ("rho", "sigma", "constant", "init"),
                "ConditionalAR",
                {"coefficients": "rho", "level_scale": "sigma", "constant": "constant", "init": "init"},
                pymc4_defaults={"level_scale": "1.0"},
            ),
            Call(
                "GaussianRandomWalk",
                ("tau", "init", "sigma", "mu", "sd"),
                (Param("tau"), Param("init"), _SIGMA, Param("mu", default="0.0")),
                _forms(_widths("mu"), ("init",)),
                ("mu", "sigma", "init"),
                "GaussianRandomWalk",
                {"loc": "mu", "scale": "sigma", "init": "init"},
                pymc4_defaults={"loc": "0.0", "scale": "1.0"},
            ),
            Call(
                "MvGaussianRandomWalk",
                _STEPS,
                tuple(Param(n) for n in _STEPS if n != "lower"),
                _walks(),
                ("mu", "cov", "chol", "init"),
                "MvGaussianRandomWalk",
                {"loc": "mu", "covariance_matrix": "cov", "scale_tril": "chol", "init": "init"},
                options=("lower",),
            ),
            Call(
                "MvStudentTRandomWalk",
                ("nu", *_STEPS),
                tuple(Param(n) for n in ("nu", *_STEPS) if n != "lower"),
                _walks("nu"),
                ("nu", "mu", "cov", "chol", "init"),
                "MvStudentTRandomWalk",
                {"df": "nu", "loc": "mu", "covariance_matrix": "cov", "scale_tril": "chol", "init": "init"},
                options=("lower",),
            ),
            _plain("GARCH11", _GARCH, _same(*_GARCH)),
            _plain("EulerMaruyama", ("dt", "sde_fn", "sde_pars"), _same("dt", "sde_fn", "sde_pars")),
            _plain(
                "KroneckerNormal",
                ("mu", "covs", "chols", "evds", "sigma"),
                {"loc": "mu", **_same("covs", "chols", "evds", "sigma")},
                optional=("covs", "chols", "evds", "sigma"),
            ),
            _plain("LKJCholeskyCov", _LKJ, _same(*_LKJ[:3]), options=_LKJ[3:]),
            _plain(
                "WishartBartlett",
                ("S", "nu", "is_cholesky", "return_cholesky", "testval"),
                _same("S", "nu", "is_cholesky", "return_cholesky", "testval"),
                optional=("is_cholesky", "return_cholesky", "testval"),
                many=True,
                review="PyMC3 takes the wrong degrees of freedom and the transposed factor of S; the numbers are kept",
            ),
            _plain(
                "DensityDist",
                ("logp", "shape", "dtype", "initval", "random"),
                {"log_prob": "logp", "random": "random"},
                optional=("random",),
                options=("shape", "dtype", "initval"),
            ),
        )
    }
)

#: ``LKJCholeskyCov(..., compute_corr=True)``, which gives the factor, the correlations and the standard deviations.
LKJ_OF_THREE = _plain(
    "LKJCholeskyCov", _LKJ, _same(*_LKJ), optional=("store_in_trace",), pymc4_name="lkj_cholesky_cov", many=True
)


def constructor(name: str) -> Parametrised | None:
    """The arguments of a distribution of PyMC3 by its name, aliases included; None for one without a counterpart.

    Examples
    --------
    >>> constructor("AR").pymc4_name, constructor("LogNormal").name, constructor("BART")
    ('ConditionalAR', 'Lognormal', None)
    """
    return DISTRIBUTIONS.get(name) or CALLS.get(name)
