"""Multivariate distributions of the ``with`` front end that one catalogue row cannot carry.

Their arguments are lists of matrices or other distributions (:class:`KroneckerNormal`, :func:`LKJCholeskyCov`), or they
are functions that make several variables (:func:`LKJCholeskyCov`, :func:`WishartBartlett`). :data:`REFINED` holds what
PyMC3's constructors do beyond their rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.base import Continuous, Distribution, shape_of
from pm_migrate.shims.distributions.binding import as_float
from pm_migrate.shims.distributions.expressions import Composite
from pm_migrate.shims.distributions.posdef import PosDefMatrix, matrix_pos_def, posdef
from pm_migrate.shims.distributions.special import matrices
from pm_migrate.shims.theano.graph import Constant, Variable
from pm_migrate.shims.theano.tensor import as_tensor_variable

Tensor = Any

LKJ_FAULT = "PyMC3 adds the logarithm of the LKJ normaliser instead of subtracting it, which biases a random eta."
WISHART_FAULT = (
    "PyMC3 takes chi-squared variables with nu - 2, nu - 3, ... degrees of freedom in place of nu, nu - 1, ..., and "
    "the upper Cholesky factor of S in place of the lower one: the matrix is not Wishart distributed."
)


def _masked(ok: Tensor, log_prob: Tensor) -> Tensor:
    return tf.where(ok, log_prob, tf.constant(-np.inf, log_prob.dtype))


@dataclass(frozen=True, eq=False)
class Kronecker:
    """The numbers of :class:`KroneckerNormal`.

    Parameters
    ----------
    mu
        Mean, of shape ``(N,)`` or what broadcasts to it.
    kind
        ``covs``, ``chols`` or ``evds``: what ``factors`` are.
    factors
        One matrix per factor of the Kronecker product, for ``evds`` a pair of eigenvalues and eigenvectors.
    variance
        Of the white noise that is added; None for none.
    """

    mu: Tensor
    kind: str
    factors: Sequence[Any]
    variance: Tensor | None
    batch_shape: tuple[int, ...] = ()
    categories: int | None = None

    @cached_property
    def event_shape(self) -> tuple[int, ...]:
        """Product of the factors' sizes."""
        sizes = [int((f[1] if self.kind == "evds" else f).shape[-1]) for f in self.factors]
        return (int(np.prod(sizes)),)

    def log_prob(self, value: Any) -> Tensor:
        """Log density of vectors in the last axis; ``-inf`` for a covariance that is not positive definite."""
        value = as_float(value)
        delta = value - self.mu
        delta = tf.broadcast_to(delta, (*delta.shape[:-1], *self.event_shape))
        if self.kind == "evds":
            log_prob, ok = matrices.kronecker_normal_by_spectra(delta, self.factors, self.variance)
        elif self.variance is None:
            chols, ok = self._cholesky_factors()
            log_prob = matrices.kronecker_normal_by_factors(delta, chols)
        else:
            log_prob, ok = matrices.kronecker_normal_by_covariances(delta, self._covariances(), self.variance)
        return _masked(ok, log_prob)

    def _cholesky_factors(self) -> tuple[list[Tensor], Tensor]:
        """Factors whose diagonal is positive, and whether all of them were so."""
        if self.kind == "covs":
            checked = [matrices.checked_cholesky(k) for k in self.factors]
        else:
            checked = []
            for factor in self.factors:
                definite = tf.reduce_all(tf.linalg.diag_part(factor) > 0)
                checked.append((tf.where(definite, factor, tf.eye(factor.shape[-1], dtype=factor.dtype)), definite))
        return [factor for factor, _ in checked], tf.reduce_all([definite for _, definite in checked])

    def _covariances(self) -> list[Tensor]:
        if self.kind == "covs":
            return list(self.factors)
        return [tf.linalg.matmul(f, f, transpose_b=True) for f in self.factors]

    def test_value(self) -> Tensor:
        """The mean."""
        return tf.broadcast_to(self.mu, (*self.batch_shape, *self.event_shape))

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draw: a root of each covariance applied to independent normals, and the noise."""
        first, second = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        noise = tf.random.stateless_normal(shape, first, dtype=self.mu.dtype)
        draws = self.mu + matrices.kronecker_multiply(self._roots(), noise)
        if self.variance is None:
            return draws
        return draws + tf.sqrt(self.variance) * tf.random.stateless_normal(shape, second, dtype=self.mu.dtype)

    def _roots(self) -> list[Tensor]:
        if self.kind == "evds" or self.variance is not None:
            spectra = self.factors if self.kind == "evds" else [tf.linalg.eigh(k) for k in self._covariances()]
            # rounding makes eigenvalues of a singular matrix negative
            return [vectors * tf.sqrt(tf.maximum(values, 0.0)) for values, vectors in spectra]
        return [tf.linalg.band_part(factor, -1, 0) for factor in self._cholesky_factors()[0]]


class KroneckerNormal(Composite, Continuous):
    """Multivariate normal whose covariance is a Kronecker product, with white noise or without.

    Parameters
    ----------
    mu
        Mean.
    covs, chols, evds
        Exactly one: covariances, their Cholesky factors, or pairs of eigenvalues and eigenvectors.
    sigma
        Standard deviation of the noise; None or 0 for none.

    Raises
    ------
    ValueError
        Unless exactly one of ``covs``, ``chols`` and ``evds`` is given.

    Notes
    -----
    For a covariance that is not positive definite PyMC3 raises or gives NaN; here the log density is ``-inf``.
    """

    event_rank = 1
    in_float64 = True

    def __init__(
        self,
        mu: Any,
        covs: Any = None,
        chols: Any = None,
        evds: Any = None,
        sigma: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        given = {name: v for name, v in (("covs", covs), ("chols", chols), ("evds", evds)) if v is not None}
        if len(given) != 1:
            raise ModelError("Incompatible parameterization. Specify exactly one of covs, chols, or evds.")
        ((self._kind, factors),) = given.items()
        self._parts = ()
        self.mu = self.mean = self.median = self.mode = as_tensor_variable(mu)
        self._factors = [
            tuple(map(as_tensor_variable, f)) if self._kind == "evds" else as_tensor_variable(f) for f in factors
        ]
        noisy = sigma is not None and (isinstance(sigma, Variable) or bool(np.any(np.asarray(sigma) != 0)))
        self.sigma = as_tensor_variable(sigma) if noisy else None
        flat = [v for f in self._factors for v in (f if isinstance(f, tuple) else (f,))]
        self._own = {"mu": self.mu, **{f"{self._kind}{i}": v for i, v in enumerate(flat)}}
        if self.sigma is not None:
            self._own["sigma"] = self.sigma
        super().__init__(*args, **kwargs)

    def bound(self, values: Mapping[Variable, Any]) -> Kronecker:
        """The density at values of its parameters."""
        factors = [
            tuple(as_float(values[v]) for v in f) if isinstance(f, tuple) else as_float(values[f])
            for f in self._factors
        ]
        variance = None if self.sigma is None else tf.square(as_float(values[self.sigma]))
        return Kronecker(as_float(values[self.mu]), self._kind, factors, variance)


@dataclass(frozen=True, eq=False)
class CovarianceFactor:
    """The numbers of :class:`_LKJCholeskyCov`.

    Parameters
    ----------
    eta, n
        Shape of the LKJ distribution of the correlations, and number of rows.
    deviations
        Density of the standard deviations.
    fixed
        Whether the normaliser is subtracted.
    """

    eta: Tensor
    n: int
    deviations: Any
    fixed: bool
    batch_shape: tuple[int, ...] = ()
    categories: int | None = None

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Length of the packed lower triangle."""
        return (self.n * (self.n + 1) // 2,)

    def log_prob(self, value: Any) -> Tensor:
        """Log density of packed factors in the last axis."""
        correlations, deviations, ok = matrices.lkj_cholesky_cov(as_float(value), self.eta, self.n, self.fixed)
        spread = as_float(self.deviations.log_prob(deviations))
        if spread.shape.rank == deviations.shape.rank:  # one number for each of them
            spread = tf.reduce_sum(spread, axis=-1)
        return _masked(ok, correlations + spread)

    def test_value(self) -> Tensor:
        """The identity, packed."""
        return matrices.pack_lower(tf.eye(self.n, batch_shape=list(self.batch_shape), dtype=self.eta.dtype))

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draw correlations and standard deviations."""
        first, second = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        factor = matrices.sample_lkj_factor(self.eta, self.n, shape[:-1], first)
        deviations = as_float(self.deviations.sample((*shape[:-1], self.n), second))
        return matrices.pack_lower(factor * deviations[..., None])


class _LKJCholeskyCov(Composite, Continuous):
    """Packed Cholesky factor of a covariance matrix with LKJ distributed correlations; see :func:`LKJCholeskyCov`."""

    event_rank = 1
    in_float64 = True

    def __init__(self, eta: Any, n: Any, sd_dist: Any, *args: Any, **kwargs: Any) -> None:
        from pm_migrate.shims.transforms import CholeskyCovPacked

        if kwargs.pop("transform", None) is not None:
            raise ModelError(
                "Invalid parameter: transform. The factor is always sampled by the logarithm of its diagonal."
            )
        if "shape" in kwargs:
            raise ModelError("Invalid parameter: shape. It follows from n.")
        if not isinstance(sd_dist, Distribution):
            raise TypeError(
                f"LKJCholeskyCov: sd_dist must be a distribution, such as pm.Exponential.dist(1.0), not a "
                f"{type(sd_dist).__name__}"
            )
        if len(sd_dist.shape) > 1:
            raise ModelError(
                f"Invalid shape for sd_dist: {sd_dist.shape}. Give it none, or one of n standard deviations."
            )
        self.n = _static_size(n, "LKJCholeskyCov")
        self.eta = as_tensor_variable(eta)
        self.sd_dist = sd_dist
        self._parts = (sd_dist,)
        self._own = {"eta": self.eta}
        self.fixed = quirks.fixed()
        if not self.fixed and not isinstance(self.eta, Constant):
            quirks.say_once("LKJCholeskyCov", LKJ_FAULT)
        transform = CholeskyCovPacked(self.n)
        self.diag_idxs = transform.diag_idxs
        self.mode = np.zeros(self.n * (self.n + 1) // 2)
        self.mode[self.diag_idxs] = 1.0
        super().__init__(*args, shape=len(self.mode), transform=transform, **kwargs)

    def bound(self, values: Mapping[Variable, Any]) -> CovarianceFactor:
        """The density at values of its parameters."""
        return CovarianceFactor(as_float(values[self.eta]), self.n, self.sd_dist.bound(values), self.fixed)


def _static_size(n: Any, what: str) -> int:
    """The number of rows of a matrix, which must be known when the model is built."""
    variable = as_tensor_variable(n)
    if not isinstance(variable, Constant):
        raise TypeError(f"{what}: n must be a number, not {n}: it is the size of the matrix")
    return int(variable.data)


def LKJCholeskyCov(
    name: str,
    eta: Any,
    n: int,
    sd_dist: Any,
    compute_corr: bool = False,
    store_in_trace: bool = True,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """A covariance matrix with LKJ distributed correlations, by its Cholesky factor.

    Parameters
    ----------
    name
        Name of the packed factor.
    eta
        Shape of the LKJ distribution: 1 is uniform over correlation matrices, more favours weak correlations.
    n
        Number of rows.
    sd_dist
        Distribution of the standard deviations, without a name: ``pm.Exponential.dist(1.0)``.
    compute_corr
        Return the unpacked factor, the correlations and the standard deviations instead of the packed factor.
    store_in_trace
        Record the latter two as ``name_corr`` and ``name_stds``.
    *args, **kwargs
        Have no effect, as in PyMC3.

    Returns
    -------
    variable, or three
        The lower triangle row by row, of length ``n (n + 1) / 2``; or factor, correlations, standard deviations.

    Examples
    --------
    >>> import pm_migrate.shims as pm
    >>> with pm.Model() as model:
    ...     packed = LKJCholeskyCov("chol", eta=2.0, n=3, sd_dist=pm.Exponential.dist(1.0))
    >>> [v.name for v in model.free_RVs], model.test_point["chol_cholesky-cov-packed__"].tolist()
    (['chol_cholesky-cov-packed__'], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    """
    from pm_migrate.shims import theano
    from pm_migrate.shims.math import expand_packed_triangular
    from pm_migrate.shims.model import Deterministic

    tt = theano.tensor
    # a distribution that is called with a name is a variable
    packed = _LKJCholeskyCov(name, eta=eta, n=n, sd_dist=sd_dist)  # type: ignore[misc]
    if not compute_corr:
        return packed
    chol = expand_packed_triangular(int(packed.distribution.n), packed, lower=True)
    covariance = tt.dot(chol, chol.T)
    deviations = tt.sqrt(tt.diag(covariance))
    inverse = 1.0 / deviations
    correlations = inverse[None, :] * covariance * inverse[:, None]
    if store_in_trace:
        deviations = Deterministic(f"{name}_stds", deviations)
        correlations = Deterministic(f"{name}_corr", correlations)
    return chol, correlations, deviations


@dataclass(frozen=True, eq=False)
class Bartlett:
    """What both front ends build a Wishart matrix from.

    Parameters
    ----------
    factor
        What the triangle of the variables is multiplied with, on its left.
    lost
        What the degrees of freedom of each chi-squared variable lack of ``nu``.
    start_c, start_z
        Start values of the chi-squared and of the normal variables; None for their own.
    """

    factor: np.ndarray
    lost: np.ndarray
    start_c: np.ndarray | None
    start_z: np.ndarray | None


def bartlett(scale: Any, is_cholesky: bool, testval: Any) -> Bartlett:
    """The parts of Bartlett's decomposition, as PyMC3 has them or, with quirks fixed, right; the former is said once.

    Parameters
    ----------
    scale, is_cholesky, testval
        See :func:`WishartBartlett`.
    """
    fixed = quirks.fixed()
    if not fixed:
        quirks.say_once("WishartBartlett", WISHART_FAULT)
    factor = np.asarray(scale, float)
    if not is_cholesky:
        factor = np.linalg.cholesky(factor) if fixed else np.linalg.cholesky(factor).T
    size = len(factor)
    start_c = start_z = None
    if testval is not None:
        inner = np.linalg.cholesky(np.linalg.solve(factor, np.linalg.solve(factor, np.asarray(testval, float)).T))
        start_c, start_z = np.diagonal(inner) ** 2, inner[np.tril_indices(size, k=-1)]
    return Bartlett(factor, np.arange(size) if fixed else np.arange(2, 2 + size), start_c, start_z)


def WishartBartlett(
    name: str, S: Any, nu: Any, is_cholesky: bool = False, return_cholesky: bool = False, testval: Any = None
) -> Any:
    """A Wishart matrix from independent variables, by Bartlett's decomposition, as PyMC3 computes it.

    Parameters
    ----------
    name
        Name of the matrix; its variables are ``name_c`` (chi-squared) and ``name_z`` (normal).
    S
        Scale matrix, or its Cholesky factor with ``is_cholesky``.
    nu
        Degrees of freedom.
    return_cholesky
        Return the factor of the matrix.
    testval
        Positive definite matrix to start at.

    Notes
    -----
    With ``quirks("fixed")`` the matrix is Wishart distributed (Anderson 2003, section 7.2); without, see
    :data:`WISHART_FAULT`. PyMC3 keeps the square roots and normals in float32, which costs it the digits from the
    eighth on; here they are float64.
    """
    from pm_migrate.shims import theano
    from pm_migrate.shims.distributions.frontend import CLASSES
    from pm_migrate.shims.model import Deterministic

    tt = theano.tensor
    parts = bartlett(S, is_cholesky, testval)
    size = len(parts.factor)
    diagonal, below = np.diag_indices(size), np.tril_indices(size, k=-1)
    c = tt.sqrt(CLASSES["ChiSquared"](f"{name}_c", nu - parts.lost, shape=size, testval=parts.start_c))
    z = CLASSES["Normal"](f"{name}_z", 0.0, 1.0, shape=len(below[0]), testval=parts.start_z)
    a = tt.zeros((size, size))
    a = tt.set_subtensor(a[diagonal], c)
    a = tt.set_subtensor(a[below], z)
    root = tt.dot(parts.factor, a)
    return Deterministic(name, root if return_cholesky else tt.dot(root, root.T))


class _LKJCorr:
    """The shape follows from n; the fault matters for a random eta alone."""

    in_float64 = True
    form: Any
    _parameters: Mapping[str, Variable]

    def _shape(self, shape: Any) -> tuple[int, ...]:
        if shape is not None:
            raise TypeError("LKJCorr.__init__() got multiple values for keyword argument 'shape': it follows from n")
        n = _static_size(self._parameters[self.form.given[1]], "LKJCorr")
        return (n * (n - 1) // 2,)

    @property
    def fault_matters(self) -> bool:
        """Whether the posterior changes: a fixed eta makes the normaliser a constant."""
        return not isinstance(self._parameters[self.form.given[0]], Constant)


class _MatrixNormal:
    """The shape is required, and may stand in its place; precisions are refused, as in PyMC3."""

    in_float64 = True
    options: Mapping[str, Any]

    def _bind_arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        for place, name in ((3, "rowtau"), (6, "coltau")):
            if kwargs.get(name) is not None or (len(args) > place and args[place] is not None):
                raise ModelError(f"{name} not supported at this time; give the covariance or its factor")
        return super()._bind_arguments(args, kwargs)  # type: ignore[misc]

    def _shape(self, shape: Any) -> tuple[int, ...]:
        shape = self.options.get("shape") if shape is None else shape
        if shape is None:
            raise TypeError("MatrixNormal: shape is a required argument")
        return shape_of(shape)


class _Multinomial:
    """A column of trial numbers, for a value without a declared shape, is one number per row."""

    _parameters: Mapping[str, Variable]
    p: Variable

    def _bind_arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        given, transform = super()._bind_arguments(args, kwargs)  # type: ignore[misc]
        n = as_tensor_variable(given["n"])
        column = n.ndim > 1 and n.broadcastable[-1] and n.ndim >= given["p"].ndim
        given["n"] = n[..., 0] if column else n
        return given, transform

    @property
    def mode(self) -> Variable:
        """PyMC3's start value: the expected counts, rounded, of which the first makes up for what rounding lost."""
        from pm_migrate.shims import theano

        tt = theano.tensor
        trials = as_tensor_variable(self._parameters["n"])
        counts = tt.round(self.p * (tt.shape_padright(trials) if trials.ndim else trials))
        rest = trials - counts.sum(axis=-1)
        first = counts[..., :1] + tt.shape_padright(rest)
        return tt.concatenate([first, counts[..., 1:]], axis=-1).astype("int64")


class _DirichletMultinomial:
    """The shape is required, and may stand in its place."""

    shape_is_given = True

    options: Mapping[str, Any]

    def _shape(self, shape: Any) -> tuple[int, ...]:
        shape = self.options.get("shape") if shape is None else shape
        if shape is None:
            raise TypeError("DirichletMultinomial.__init__() missing required argument 'shape'")
        return shape_of(shape)


class _Wishart:
    """PyMC3 warns: a sampler does not propose symmetric matrices."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        warnings.warn(
            "The Wishart distribution cannot be sampled: a proposal is practically never symmetric. Use LKJCholeskyCov "
            "or LKJCorr instead.",
            UserWarning,
            stacklevel=2,
        )


#: What PyMC3's constructors do beyond their rows: classes to put before that of the row.
REFINED: Mapping[str, type] = {
    "DirichletMultinomial": _DirichletMultinomial,
    "LKJCorr": _LKJCorr,
    "MatrixNormal": _MatrixNormal,
    "Multinomial": _Multinomial,
    "Wishart": _Wishart,
}

#: The rows that PyMC3 keeps in this module.
_ROWS = frozenset(
    {
        "Dirichlet",
        "DirichletMultinomial",
        "LKJCorr",
        "MatrixNormal",
        "Multinomial",
        "MvNormal",
        "MvStudentT",
        "Wishart",
    }
)

__all__ = [
    "REFINED",
    "KroneckerNormal",
    "LKJCholeskyCov",
    "PosDefMatrix",
    "WishartBartlett",
    "matrix_pos_def",
    "posdef",
]


def __getattr__(name: str) -> Any:
    if name in _ROWS:
        from pm_migrate.shims.distributions.frontend import CLASSES

        return CLASSES[name]
    raise AttributeError(f"module 'pymc3.distributions.multivariate' has no attribute {name!r}")
