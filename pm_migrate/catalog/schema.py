"""The schema of the catalogue: what one row says about one PyMC3 distribution.

Rows are frozen and check themselves when built, so a row that contradicts itself cannot be imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pm_migrate.catalog import expr
from pm_migrate.errors import CatalogueError

#: Tags of default transforms; ``bounded`` is resolved by which of ``lower`` and ``upper`` were given.
TRANSFORMS = frozenset(
    {"log", "logodds", "interval", "lowerbound", "stickbreaking", "bounded", "circular", "cholesky-cov-packed"}
)


#: What is special about a set of vectors or matrices.
STRUCTURES = frozenset({"", "simplex", "increasing", "composition", "positive_definite", "cholesky"})


@dataclass(frozen=True)
class Domain:
    """A set of values: an interval, of reals or integers, or a set of vectors or matrices.

    Parameters
    ----------
    lower, upper
        Ends, as expressions in the canonical parameters.
    closed_lower, closed_upper
        Whether an end belongs to the set. Infinite ends never do.
    integer
        Integers only.
    rank
        0 for numbers, 1 for vectors, 2 for matrices.
    structure
        ``""``, ``simplex`` (entries in the interval; the sum is not checked, as in PyMC3), ``increasing`` (a vector of
        increasing entries), ``composition`` (counts with a given sum), ``positive_definite`` or ``cholesky`` (lower
        triangular with a positive diagonal).
    """

    lower: str = "-inf"
    upper: str = "inf"
    closed_lower: bool = False
    closed_upper: bool = False
    integer: bool = False
    rank: int = 0
    structure: str = ""

    def __post_init__(self) -> None:
        expr.parse(self.lower)
        expr.parse(self.upper)
        if self.structure not in STRUCTURES:
            raise CatalogueError(f"unknown structure {self.structure!r} of a domain")


REAL = Domain()
POSITIVE = Domain(lower="0")
NONNEGATIVE = Domain(lower="0", closed_lower=True)
UNIT = Domain("0", "1", True, True)
COUNT = Domain("0", "inf", closed_lower=True, integer=True)
INTEGER = Domain(integer=True)
REAL_VECTOR = Domain(rank=1)
POSITIVE_VECTOR = Domain(lower="0", rank=1)
PROBABILITIES = Domain("0", "inf", True, rank=1, structure="simplex")  # normalised by PyMC3 before use
SIMPLEX = Domain("0", "1", True, True, rank=1, structure="simplex")
POSITIVE_DEFINITE = Domain(rank=2, structure="positive_definite")
CHOLESKY = Domain(rank=2, structure="cholesky")


@dataclass(frozen=True)
class Param:
    """One parameter of a PyMC3 constructor.

    Parameters
    ----------
    name
        PyMC3's keyword.
    domain
        Where it is valid; outside, the log density is ``-inf`` unless the row's conditions say otherwise.
    default
        Default as an expression, or None when PyMC3 has no default value for it.
    aliases
        Other keywords with the same meaning (``sd`` for ``sigma``).
    safe
        A valid value, put in place of an invalid one under the mask so that gradients stay finite. For matrices the
        identity is used and ``safe`` is its scale.
    """

    name: str
    domain: Domain = REAL
    default: str | None = None
    aliases: tuple[str, ...] = ()
    safe: str = "0"


@dataclass(frozen=True)
class Form:
    """One parametrisation: which keywords select it, and what they mean.

    Parameters
    ----------
    given
        Parameters this form takes, as PyMC3 keywords (aliases resolved). A call matches the form whose ``given`` is
        the largest set that the call's arguments and the defaults satisfy.
    canonical
        Canonical parameter to expression in the given ones; those not mentioned map to themselves.
    tfp, pymc4, upstream
        Overrides of the row's argument mappings, in terms of ``given``; None means the row's, composed with
        ``canonical``. ``upstream`` is for PyMC4 4.0a2 itself where it lacks an argument of ours.
    pymc4_name
        Name in the generator front end when it differs from the row's for this form.
    """

    given: tuple[str, ...]
    canonical: Mapping[str, str] = field(default_factory=dict)
    tfp: Mapping[str, str] | None = None
    pymc4: Mapping[str, str] | None = None
    upstream: Mapping[str, str] | None = None
    pymc4_name: str | None = None


class Parametrised:
    """What a constructor with several parametrisations can be asked, a row's or another one's."""

    name: str
    signature: tuple[str, ...]
    params: tuple[Param, ...]
    forms: tuple[Form, ...]
    canonical: tuple[str, ...]
    tfp: Mapping[str, str]
    pymc4_name: str
    pymc4: Mapping[str, str]
    pymc4_defaults: Mapping[str, str]
    generator: tuple[Form, ...]
    in_pymc4: bool
    rank: int
    options: tuple[str, ...]

    def param(self, keyword: str) -> Param:
        """Return the parameter that a PyMC3 keyword or alias names; a KeyError otherwise."""
        for p in self.params:
            if keyword == p.name or keyword in p.aliases:
                return p
        raise KeyError(keyword)

    @property
    def generator_forms(self) -> tuple[Form, ...]:
        """Parametrisations of the generator front end."""
        if self.generator:
            return self.generator
        return (Form(tuple(self.pymc4), {canonical: name for name, canonical in self.pymc4.items()}),)

    @property
    def pymc4_signature(self) -> tuple[str, ...]:
        """Every parameter of the generator front end's constructor, PyMC4's positional order first."""
        return tuple(dict.fromkeys(name for form in self.generator_forms for name in form.given))

    def canonical_of(self, form: Form) -> dict[str, str]:
        """Every canonical parameter as an expression in the form's parameters."""
        return {c: form.canonical.get(c, c) for c in self.canonical}

    def arguments(self, form: Form, target: str) -> dict[str, str]:
        """Arguments for ``target`` as expressions in the form's parameters.

        Parameters
        ----------
        target
            ``tfp``, ``pymc4`` (our generator front end) or ``upstream`` (PyMC4 4.0a2).
        """
        override = getattr(form, target)
        if override is None and target == "upstream":
            override, target = form.pymc4, "pymc4"
        if override is not None:
            return dict(override)
        row = self.tfp if target == "tfp" else self.pymc4
        return {k: expr.substitute(v, self.canonical_of(form)) for k, v in row.items()}

    def form_for(self, given: frozenset[str]) -> Form:
        """Choose the parametrisation for a call.

        Parameters
        ----------
        given
            Canonical PyMC3 keywords (aliases resolved) that the call gives a value other than None.

        Raises
        ------
        CatalogueError
            When the arguments fit no parametrisation, or fit two that contradict each other.
        """
        defaults = {p.name for p in self.params if p.default is not None}
        fits = [f for f in self.forms if given <= set(f.given) and set(f.given) <= given | defaults]
        if not fits:
            wanted = " or ".join("(" + ", ".join(f.given) + ")" for f in self.forms)
            raise CatalogueError(f"{self.name}: arguments {sorted(given)} fit no parametrisation; expected {wanted}")
        return min(fits, key=lambda f: len(f.given))


@dataclass(frozen=True)
class Distribution(Parametrised):
    """Everything about one PyMC3 distribution.

    Parameters
    ----------
    name
        PyMC3's class name.
    signature
        Every argument of PyMC3's constructor after the name, in positional order, aliases included.
    params
        Its parameters.
    forms
        Its parametrisations, the one whose parameters are the canonical ones first.
    canonical
        The parameters that ``logp``, ``conditions``, ``test_value`` and the argument mappings are written in.
    support
        Where the log density is finite.
    logp
        Reference log density in ``value`` and the canonical parameters (elementwise; vectors are summed over their
        last axis by ``sum``). It judges the runtime in tests; the runtime itself computes through TFP.
    source
        Literature source of ``logp``.
    conditions
        Validity conditions on the canonical parameters, each an expression giving a boolean. When any fails, PyMC3
        gives ``-inf``.
    tfp_class, tfp
        TFP class and its arguments as expressions; ``tfp_class`` is None for rows that are computed in
        ``shims/distributions/special``.
    pymc4_name, pymc4
        Name and arguments in the generator front end, in PyMC4's positional order.
    pymc4_defaults
        Defaults of arguments in the generator front end, as expressions.
    generator
        Parametrisations of the generator front end: what its arguments mean in canonical parameters. Empty when
        ``pymc4`` only renames; then the one form is its inverse (:attr:`generator_forms`).
    extra_pymc4
        Argument names of ours that PyMC4 4.0a2 does not have.
    in_pymc4
        Whether PyMC4 4.0a2 has the distribution.
    transform
        Tag of the default transform, or None.
    ends
        Lower and upper end of the transform, as expressions in the canonical parameters (``interval``,
        ``lowerbound``, ``bounded``).
    test_value
        Default test value as an expression.
    moments
        What PyMC3's distribution offers under ``mean``, ``median``, ``mode`` and ``variance``, as expressions.
    logcdf
        Reference log distribution function in ``value`` and the canonical parameters; None where PyMC3 has none.
    discrete
        Integer-valued.
    kind
        ``continuous``, or how a discrete variable is stepped: ``integer``, ``binary``, ``categorical``.
    rank
        0 for scalar distributions, 1 for vector-valued and 2 for matrix-valued ones.
    poles
        Whether PyMC3 gives ``+inf`` at a pole of the density (Beta); where False it gives ``-inf`` there (Gamma).
    has_random
        Whether PyMC3 can draw from it.
    options
        Arguments of the signature that are not parameters (``lower=`` of MvNormal, ``transform=``).
    aliases
        Other names of the class in PyMC3.
    fault
        What PyMC3 computes wrongly in a way that changes a posterior, in one sentence; empty for none. PyMC3's number
        is kept by default and said once.
    notes
        Known differences and quirks, for the docs.
    """

    name: str
    signature: tuple[str, ...]
    params: tuple[Param, ...]
    forms: tuple[Form, ...]
    canonical: tuple[str, ...]
    support: Domain
    logp: str
    source: str
    tfp_class: str | None
    tfp: Mapping[str, str]
    pymc4_name: str
    pymc4: Mapping[str, str]
    test_value: str
    conditions: tuple[str, ...] = ()
    pymc4_defaults: Mapping[str, str] = field(default_factory=dict)
    generator: tuple[Form, ...] = ()
    extra_pymc4: tuple[str, ...] = ()
    in_pymc4: bool = True
    transform: str | None = None
    ends: tuple[str, str] = ("lower", "upper")
    moments: Mapping[str, str] = field(default_factory=dict)
    logcdf: str | None = None
    discrete: bool = False
    kind: str = "continuous"
    rank: int = 0
    poles: bool = True
    has_random: bool = True
    options: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    fault: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = {p.name for p in self.params}
        spellings = known | {a for p in self.params for a in p.aliases}
        self._require(
            set(self.signature) == spellings | set(self.options),
            f"signature {self.signature} and params {sorted(spellings)} differ",
        )
        self._require(bool(self.forms), "a row needs at least one form")
        self._require(self.transform is None or self.transform in TRANSFORMS, f"unknown transform {self.transform!r}")
        self._require(self.discrete == (self.kind != "continuous"), "kind and discrete contradict each other")
        canonical = set(self.canonical)
        self._names(self.logp, canonical | {"value"}, "logp", formula=True)
        if self.logcdf is not None:
            self._names(self.logcdf, canonical | {"value"}, "logcdf", formula=True)
        self._names(self.test_value, canonical, "test_value")
        for text in self.moments.values():
            self._names(text, canonical, "moment")
        if self.transform in {"interval", "lowerbound", "bounded"}:
            for text in self.ends:
                self._names(text, canonical, "ends")
        for text in (*self.conditions, self.support.lower, self.support.upper):
            self._names(text, canonical, "condition or support")
        for text in (*self.tfp.values(), *self.pymc4.values()):
            self._names(text, canonical, "argument mapping")
        for form in self.forms:
            self._check_form(form, known, canonical)
        for form in self.generator:
            self._check_form(form, set(form.given), canonical)
        if not self.generator:
            renames = set(self.pymc4.values()) == canonical
            self._require(renames, "pymc4 does more than rename: say what its arguments mean in generator=")

    def _check_form(self, form: Form, known: set[str], canonical: set[str]) -> None:
        given = set(form.given)
        self._require(given <= known, f"form {form.given} uses unknown parameters {sorted(given - known)}")
        self._require(set(form.canonical) <= canonical, f"form {form.given} maps to non-canonical parameters")
        missing = canonical - set(form.canonical) - given
        self._require(not missing, f"form {form.given} does not say what {sorted(missing)} are")
        for mapping in (form.canonical, form.tfp, form.pymc4, form.upstream):
            for text in (mapping or {}).values():
                self._names(text, given, f"form {form.given}")

    def _names(self, text: str, allowed: set[str], where: str, formula: bool = False) -> None:
        unknown = expr.functions(text) - expr.FUNCTIONS
        self._require(formula or not unknown, f"{where} {text!r} calls {sorted(unknown)}, which only formulas may")
        extra = expr.names(text) - allowed
        self._require(not extra, f"{where} {text!r} uses {sorted(extra)}, which are not among {sorted(allowed)}")

    def _require(self, condition: bool, message: str) -> None:
        if not condition:
            raise CatalogueError(f"catalogue row {self.name}: {message}")
