"""Multivariate distributions of the generator front end that one catalogue row cannot carry.

:class:`LKJ` and :class:`LKJCholesky` are PyMC4's, of whole correlation matrices and of their factors, with the right
normaliser. The others are PyMC3's and compute through the same numbers as in the ``with`` front end,
:mod:`pm_migrate.shims.distributions.multivariate`, its modelling faults included until quirks are fixed. Those that
make several variables are generators: ``chol, corr, stds = yield from pm.lkj_cholesky_cov(...)``.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.multivariate import LKJ_FAULT, CovarianceFactor, Kronecker, bartlett
from pm_migrate.shims.distributions.special import matrices
from pm_migrate.shims.pymc4.bases import ContinuousDistribution
from pm_migrate.shims.pymc4.composites import Composite, Numbers
from pm_migrate.shims.pymc4.tensors import FLOATX, GeneratorTensor, to_tensor, wrap
from pm_migrate.shims.pymc4.terms import Deterministic
from pm_migrate.shims.transforms import CholeskyCovPacked, Transform
from pm_migrate.shims.transforms.base import Native

Tensor = Any

#: How far a correlation matrix may be from symmetry and a unit diagonal: data in float32 or read from text are.
_ROUNDING = 1e-6


def _float(value: Any) -> Tensor:
    return tf.cast(to_tensor(value), FLOATX)


def _masked(ok: Tensor, log_prob: Tensor) -> Tensor:
    return tf.where(ok, log_prob, tf.constant(-np.inf, log_prob.dtype))


def _size(value: Any, label: str, name: str) -> int:
    """A number of rows, which must not depend on the values of a model."""
    size = None if isinstance(value, GeneratorTensor) else tf.get_static_value(to_tensor(value))
    if size is None or np.ndim(size) or size != int(size) or size < 2:
        raise TypeError(f"{label}: {name} must be a whole number from 2 on, not {value!r}: it is the matrix size")
    return int(size)


class KroneckerNormal(Composite, ContinuousDistribution):
    """KroneckerNormal(name, loc, covs | chols | evds, sigma)

    Multivariate normal whose covariance is a Kronecker product, with white noise or without (not in PyMC4).

    Parameters
    ----------
    loc
        Mean: a number, a vector, or a batch of vectors.
    covs, chols, evds
        Exactly one: covariances, their Cholesky factors, or pairs of eigenvalues and eigenvectors.
    sigma
        Standard deviation of the noise; None or 0 for none.

    Examples
    --------
    >>> import numpy as np, pm_migrate.pymc4 as pm
    >>> dist = pm.KroneckerNormal.dist(0.0, covs=[np.eye(2), 4 * np.eye(3)])
    >>> round(float(dist.log_prob(np.zeros(6))), 6)
    -9.672514
    """

    signature: ClassVar[tuple[str, ...]] = ("loc", "covs", "chols", "evds", "sigma")
    optional: ClassVar[Mapping[str, Any]] = dict.fromkeys(signature[1:])

    def _numbers(self, loc: Any, covs: Any, chols: Any, evds: Any, sigma: Any) -> Kronecker:
        given = {kind: v for kind, v in (("covs", covs), ("chols", chols), ("evds", evds)) if v is not None}
        if len(given) != 1:
            raise ModelError(
                f"KroneckerNormal({self.name!r}): give exactly one of covs, chols and evds, not {sorted(given)}"
            )
        ((kind, parts),) = given.items()
        factors = [tuple(map(_float, part)) if kind == "evds" else _float(part) for part in parts]
        known_zero = sigma is None or not (tf.is_tensor(sigma) or isinstance(sigma, GeneratorTensor) or np.any(sigma))
        loc, variance = _float(loc), None if known_zero else tf.square(_float(sigma))
        numbers = Kronecker(loc, kind, factors, variance, tuple(loc.shape[:-1]))
        (size,) = numbers.event_shape
        if loc.shape.rank and loc.shape[-1] not in (1, size):
            raise ModelError(f"KroneckerNormal({self.name!r}): a mean of shape {loc.shape} and matrices for {size}")
        return numbers

    @property
    def counts_per_element(self) -> bool:
        return self.quirks != "fixed"


class LKJCholeskyCov(Composite, ContinuousDistribution):
    """LKJCholeskyCov(name, eta, n, sd_dist)

    Packed Cholesky factor of a covariance matrix with LKJ distributed correlations (not in PyMC4).

    The value is the lower triangle row by row, of length ``n (n + 1) / 2``; :func:`lkj_cholesky_cov` gives matrices.

    Parameters
    ----------
    eta
        Shape of the LKJ distribution: 1 is uniform over correlation matrices, more favours weak correlations.
    n
        Number of rows.
    sd_dist
        Anonymous distribution of the standard deviations, such as ``pm.Exponential.dist(1.0)``.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> pm.LKJCholeskyCov.dist(2.0, 3, pm.Exponential.dist(1.0)).test_value.numpy().tolist()
    [1.0, 0.0, 1.0, 0.0, 0.0, 1.0]
    """

    signature: ClassVar[tuple[str, ...]] = ("eta", "n", "sd_dist")

    @classmethod
    def _arguments(cls, args: tuple[Any, ...], parameters: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        if "compute_corr" in parameters or "store_in_trace" in parameters:
            raise TypeError(
                "LKJCholeskyCov is the packed factor alone; write `chol, corr, stds = yield from "
                "pm.lkj_cholesky_cov(name, eta=..., n=..., sd_dist=..., compute_corr=True)`"
            )
        return super()._arguments(args, parameters)

    def _numbers(self, eta: Any, n: Any, sd_dist: Any) -> CovarianceFactor:
        label = f"LKJCholeskyCov({self.name!r})"
        if self._transform is not None:
            raise ModelError(f"{label}: no transform=; the factor is always sampled by the logarithm of its diagonal")
        if self.total_shape is not None:
            raise ModelError(f"{label}: no shape=; it follows from n")
        size = _size(n, label, "n")
        deviations = Numbers(self._component(sd_dist))
        self.n, self.parts = size, (sd_dist,)
        if sd_dist.value_shape not in ((), (1,), (size,)):
            raise ModelError(
                f"{label}: sd_dist has the shape {sd_dist.value_shape}; give it none, or one of {size} standard "
                "deviations"
            )
        fixed = self.quirks == "fixed"
        if isinstance(eta, GeneratorTensor) and not fixed:
            quirks.say_once("LKJCholeskyCov", LKJ_FAULT)
        eta = _float(eta)
        return CovarianceFactor(eta, size, deviations, fixed, tuple(eta.shape))

    @property
    def discrete(self) -> bool:
        return False

    def _default_transform(self) -> Transform:
        return CholeskyCovPacked(self.n)


def lkj_cholesky_cov(
    name: Any, eta: Any, n: int, sd_dist: Any, compute_corr: bool = False, store_in_trace: bool = True
) -> Generator[Any, Any, Any]:
    """A covariance matrix with LKJ distributed correlations, by its Cholesky factor.

    Parameters
    ----------
    name
        Name of the packed factor.
    eta, n, sd_dist
        See :class:`LKJCholeskyCov`.
    compute_corr
        Give the unpacked factor, the correlations and the standard deviations instead of the packed factor.
    store_in_trace
        Record the latter two as ``name_corr`` and ``name_stds``.

    Returns
    -------
    value, or three
        To be received by ``yield from``.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model(name=None)
    ... def build():
    ...     chol, corr, stds = yield from pm.lkj_cholesky_cov(
    ...         "L", eta=2.0, n=2, sd_dist=pm.Exponential.dist(1.0), compute_corr=True
    ...     )
    ...     yield pm.MvNormalCholesky("x", [0.0, 0.0], chol)
    >>> [v.name for v in build().log_density().variables]
    ['__cholesky-cov-packed_L', 'x']
    """
    variable = LKJCholeskyCov(name, eta, n, sd_dist)
    packed = yield variable
    if not compute_corr:
        return packed
    chol = matrices.unpack_lower(to_tensor(packed), variable.n)
    covariance = tf.linalg.matmul(chol, chol, transpose_b=True)
    deviations = tf.sqrt(tf.linalg.diag_part(covariance))
    inverse = 1.0 / deviations
    correlations = inverse[..., None, :] * covariance * inverse[..., None]
    if store_in_trace:
        yield Deterministic(f"{name}_stds", deviations)
        yield Deterministic(f"{name}_corr", correlations)
    return wrap((chol, correlations, deviations))


def WishartBartlett(
    name: Any, S: Any, nu: Any, is_cholesky: bool = False, return_cholesky: bool = False, testval: Any = None
) -> Generator[Any, Any, Any]:
    """A Wishart matrix from independent variables, by Bartlett's decomposition, as PyMC3 computes it (not in PyMC4).

    Parameters
    ----------
    name
        Name of the matrix; its variables are ``name_c`` (chi-squared) and ``name_z`` (normal).
    S
        Scale matrix, or its Cholesky factor with ``is_cholesky``: an array.
    nu
        Degrees of freedom.
    is_cholesky
        See ``S``.
    return_cholesky
        Give the factor of the matrix.
    testval
        Positive definite matrix to start at.

    Returns
    -------
    value
        To be received by ``yield from``.

    Notes
    -----
    With ``quirks("fixed")`` the matrix is Wishart distributed (Anderson 2003, section 7.2); without, see
    :data:`pm_migrate.shims.distributions.multivariate.WISHART_FAULT`.

    Examples
    --------
    >>> import numpy as np, pm_migrate.pymc4 as pm
    >>> from pm_migrate.shims.quirks import quirks
    >>> @pm.model(name=None)
    ... def build():
    ...     w = yield from pm.WishartBartlett("w", np.eye(2), 5.0)
    ...     yield pm.Deterministic("size", tf.linalg.det(w))
    >>> with quirks("fixed"):
    ...     print([v.name for v in build().log_density().variables])
    ['__log_w_c', 'w_z']
    """
    from pm_migrate.shims.pymc4.distributions import CLASSES

    if isinstance(S, GeneratorTensor):
        raise TypeError(f"WishartBartlett({name!r}): S must be an array, not a value of the model")
    parts = bartlett(S, is_cholesky, testval)
    size = len(parts.factor)
    rows, columns = np.tril_indices(size, k=-1)
    c = yield CLASSES["Chi2"](f"{name}_c", _float(nu) - parts.lost, testval=parts.start_c)
    z = yield CLASSES["Normal"](f"{name}_z", 0.0, 1.0, shape=len(rows), testval=parts.start_z)
    index = np.full((size, size), len(rows))
    index[rows, columns] = np.arange(len(rows))
    below = to_tensor(z)
    below = tf.gather(tf.concat([below, tf.zeros_like(to_tensor(c)[..., :1])], axis=-1), index, axis=-1)
    root = tf.linalg.matmul(_float(parts.factor), tf.linalg.set_diag(below, tf.sqrt(to_tensor(c))))
    value = root if return_cholesky else tf.linalg.matmul(root, root, transpose_b=True)
    return (yield Deterministic(name, value))


@dataclass(frozen=True, eq=False)
class _Correlations:
    """The numbers of :class:`LKJ` and :class:`LKJCholesky`, values in the last two axes."""

    eta: Tensor
    n: int
    of_factor: bool
    categories = None

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return tuple(self.eta.shape)

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.n, self.n

    def log_prob(self, value: Tensor) -> Tensor:
        """Log density; ``-inf`` for what is no correlation matrix, or no factor of one."""
        value = _float(value)
        if self.of_factor:
            off = value - tf.linalg.band_part(value, -1, 0)
            norms = tf.reduce_sum(tf.square(value), axis=-1)
            factor = value
            ok = tf.reduce_all(tf.linalg.diag_part(value) > 0, axis=-1)
        else:
            off = value - tf.linalg.matrix_transpose(value)
            norms = tf.linalg.diag_part(value)
            factor, ok = matrices.checked_cholesky(value)
        ok &= tf.reduce_all(tf.abs(off) < _ROUNDING, axis=(-2, -1))
        ok &= tf.reduce_all(tf.abs(norms - 1.0) < _ROUNDING, axis=-1)
        diagonal = tf.linalg.diag_part(factor)
        diagonal = tf.where(ok[..., None], diagonal, tf.ones_like(diagonal))
        valid = self.eta > 0
        eta = tf.where(valid, self.eta, tf.ones_like(self.eta))
        return _masked(ok & valid, matrices.lkj(diagonal, eta, self.of_factor))

    def test_value(self) -> Tensor:
        """The identity."""
        return tf.eye(self.n, batch_shape=list(self.batch_shape), dtype=self.eta.dtype)

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draw factors, and multiply them out."""
        factor = matrices.sample_lkj_factor(self.eta, self.n, shape[:-2], seed)
        return factor if self.of_factor else _unit_product(factor)


def _unit_product(factor: Tensor) -> Tensor:
    product = matrices.symmetric_product(factor)
    return tf.linalg.set_diag(product, tf.ones_like(tf.linalg.diag_part(product)))


class CorrelationTransform(Native):
    """Correlation matrices, or their Cholesky factors, from ``n (n - 1) / 2`` real numbers.

    Row i of the factor, with i from 0, is ``(y, 1) / sqrt(1 + y'y)`` for i numbers y; the Jacobian of that map to its
    first i entries is ``(1 + y'y) ** (-(i + 2) / 2)``.

    Parameters
    ----------
    n
        Number of rows.
    of_factor
        Whether the constrained value is the factor.
    """

    name = "correlation"
    event_ndims = 1

    def __init__(self, n: int, of_factor: bool) -> None:
        super().__init__()
        self.n, self.of_factor = n, of_factor

    @property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        return np.tril_indices(self.n, k=-1)

    def _below(self, y: Tensor) -> Tensor:
        """Strictly lower triangular matrix of the numbers, row by row."""
        rows, columns = self._pairs
        index = np.full((self.n, self.n), len(rows))
        index[rows, columns] = np.arange(len(rows))
        return tf.gather(tf.concat([y, tf.zeros_like(y[..., :1])], axis=-1), index, axis=-1)

    def _forward(self, x: Tensor, *params: Tensor) -> Tensor:
        factor = x if self.of_factor else tf.linalg.cholesky(x)
        ratios = factor / tf.linalg.diag_part(factor)[..., None]
        rows, columns = self._pairs
        flat = tf.reshape(ratios, (*ratios.shape[:-2], self.n * self.n))
        return tf.gather(flat, rows * self.n + columns, axis=-1)

    def _backward(self, y: Tensor, *params: Tensor) -> Tensor:
        below = self._below(y)
        length = tf.sqrt(1.0 + tf.reduce_sum(tf.square(below), axis=-1))
        factor = tf.linalg.set_diag(below, tf.ones_like(length)) / length[..., None]
        return factor if self.of_factor else _unit_product(factor)

    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:
        # that of the matrix by the factor's rows is the product of the diagonal to the power n - 1 - i
        power = np.arange(2, self.n + 2) if self.of_factor else np.full(self.n, self.n + 1)
        growth = tf.math.log1p(tf.reduce_sum(tf.square(self._below(y)), axis=-1))
        return -0.5 * tf.reduce_sum(tf.constant(power, y.dtype) * growth, axis=-1)


class LKJ(Composite, ContinuousDistribution):
    """LKJ(name, dimension, concentration)

    Correlation matrices with a density proportional to ``det(R) ** (concentration - 1)``.

    Parameters
    ----------
    dimension
        Number of rows.
    concentration
        Positive; 1 is uniform, more favours weak correlations.

    Notes
    -----
    Sampled by :class:`CorrelationTransform`. PyMC4 had no transform, so that its samplers left the support.

    Source: Lewandowski, Kurowicka & Joe 2009, Journal of Multivariate Analysis 100(9).

    Examples
    --------
    >>> import numpy as np, pm_migrate.pymc4 as pm
    >>> round(float(pm.LKJ.dist(2, 1.0).log_prob(np.eye(2))), 6)  # uniform on (-1, 1)
    -0.693147
    """

    signature: ClassVar[tuple[str, ...]] = ("dimension", "concentration")
    of_factor: ClassVar[bool] = False

    def _numbers(self, dimension: Any, concentration: Any) -> _Correlations:
        self.n = _size(dimension, f"{type(self).__name__}({self.name!r})", "dimension")
        return _Correlations(_float(concentration), self.n, self.of_factor)

    def _default_transform(self) -> Transform:
        return CorrelationTransform(self.n, self.of_factor)


class LKJCholesky(LKJ):
    """LKJCholesky(name, dimension, concentration)

    Cholesky factors of correlation matrices with the distribution :class:`LKJ`.

    Parameters
    ----------
    dimension
        Number of rows.
    concentration
        Positive; 1 is uniform over correlation matrices, more favours weak correlations.

    Examples
    --------
    >>> import numpy as np, pm_migrate.pymc4 as pm
    >>> float(pm.LKJCholesky.dist(3, 2.0).log_prob(2 * np.eye(3)))
    -inf
    """

    of_factor = True


@dataclass(frozen=True, eq=False)
class _WishartByFactor:
    """The numbers of a Wishart distribution given by the factor of its scale matrix, which may be ill-conditioned."""

    df: Tensor
    scale: Tensor
    categories = None

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return tuple(tf.broadcast_static_shape(self.df.shape, self.scale.shape[:-2]).as_list())

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(self.scale.shape[-2:])

    @property
    def _safe(self) -> tuple[Tensor, Tensor]:
        """The factor, the identity where its diagonal is not positive, and whether it is."""
        ok = tf.reduce_all(tf.linalg.diag_part(self.scale) > 0, axis=-1)
        identity = tf.eye(self.scale.shape[-1], dtype=self.scale.dtype)
        return tf.where(ok[..., None, None], self.scale, identity), ok

    def log_prob(self, value: Tensor) -> Tensor:
        """Log density; ``-inf`` for a factor without a positive diagonal."""
        factor, ok = self._safe
        return _masked(ok, matrices.wishart_by_factor(_float(value), self.df, factor))

    def test_value(self) -> Tensor:
        """The mean."""
        return self.df[..., None, None] * matrices.symmetric_product(tf.linalg.band_part(self.scale, -1, 0))

    def sample(self, shape: tuple[int, ...], seed: Tensor) -> Tensor:
        """Draw by Bartlett's decomposition."""
        factor = tf.linalg.band_part(self._safe[0], -1, 0)
        return matrices.sample_wishart_by_factor(tf.broadcast_to(self.df, shape[:-2]), factor, shape, seed)


class _Wishart:
    """PyMC4's ``scale`` is a Cholesky factor, which is not multiplied out; a variable is warned of, as in PyMC3."""

    name: Any
    conditions: Mapping[str, Any]
    event_stack: tuple[int, ...]
    observed: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.name is not None and self.observed is None:
            warnings.warn(
                f"Wishart({self.name!r}) cannot be sampled: a proposal is practically never symmetric. Use "
                "LKJCholeskyCov or LKJCholesky instead.",
                UserWarning,
                stacklevel=2,
            )

    def _bind(self) -> tuple[Any, Any]:
        if "scale" not in self.conditions:
            return super()._bind()  # type: ignore[misc]
        given = {name: _float(value) for name, value in self.conditions.items()}
        plain = _WishartByFactor(**given)
        if not self.event_stack:
            return plain, plain
        spread = {name: self._spread(name, tensor) for name, tensor in given.items()}  # type: ignore[attr-defined]
        return plain, _WishartByFactor(**spread)


#: What classes of the catalogue do beyond their rows: to be put before the common class.
REFINED: Mapping[str, type] = {"Wishart": _Wishart}

#: The distributions of this module by name.
MULTIVARIATE: Mapping[str, type[Composite]] = {
    cls.__name__: cls for cls in (KroneckerNormal, LKJ, LKJCholesky, LKJCholeskyCov)
}

#: Generators that make several variables, for ``yield from``, by name.
GENERATORS: Mapping[str, Any] = {f.__name__: f for f in (WishartBartlett, lkj_cholesky_cov)}
