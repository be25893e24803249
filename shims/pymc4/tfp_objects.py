"""TFP distributions, joint distributions and Edward2-style random variables in generator models."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims.pymc4.backed import Backed, TfpNumbers, inside
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.tensors import unwrap
from pm_migrate.shims.pymc4.transforms import BackwardTransform
from pm_migrate.shims.transforms import StickBreaking, Transform

#: Classes of directions, whose default bijectors in TFP reach one orthant of the sphere only.
_SPHERES = {"VonMisesFisher", "PowerSpherical", "SphericalUniform"}
#: Classes whose default bijectors TFP cannot make under NumPy 2.4: they are sampled as ``pm.Dirichlet`` is.
_SIMPLEXES = {"Dirichlet", "FlatDirichlet"}


def from_tfp(name: Any, distribution: Any, *, observed: Any = None, **options: Any) -> Any:
    """A TFP object as a variable of a model: ``x = yield pm.from_tfp("x", tfd.Gamma(2.0, 3.0))``.

    Parameters
    ----------
    name
        Name of the variable; of a joint distribution, the scope of its parts, or None for none.
    distribution
        A TFP distribution, a joint distribution, or an Edward2-style random variable: an object with ``distribution``
        and ``value``, of which the distribution is taken. Parameters may be values of the model.
    observed
        Data; of a joint distribution, a mapping from names of parts to data.
    **options
        As of every distribution: ``transform``, ``batch_stack``, ``event_stack``, ``shape``, ``testval``, ``dims`` ...
        The default transform is the distribution's own ``experimental_default_event_space_bijector``, by whose name the
        value variable is called: ``__softplus_x``. Of a joint distribution, a mapping from names of parts to mappings
        of options under the keyword ``parts``.

    Returns
    -------
    TfpDistribution or Model
        To be yielded. A joint distribution gives a model whose value has the joint distribution's structure.

    Raises
    ------
    TypeError
        For an object that is none of these.

    Examples
    --------
    >>> import tensorflow_probability as tfp
    >>> import pm_migrate.pymc4 as pm
    >>> tfd = tfp.distributions
    >>> @pm.model(name=None)
    ... def build():
    ...     mu = yield pm.from_tfp("mu", tfd.Normal(0.0, 10.0))
    ...     sigma = yield pm.from_tfp("sigma", tfd.HalfCauchy(0.0, 5.0))
    ...     yield pm.from_tfp("y", tfd.Normal(mu, sigma), observed=[1.0, 3.0])
    >>> [v.name for v in build().log_density().variables]
    ['mu', '__shift-exp_sigma']
    """
    thing = _distribution_of(distribution)
    if hasattr(thing, "_model_coroutine"):
        return _joint(name, thing, observed, **options)
    return TfpDistribution(name, thing, observed=observed, **options)


def _distribution_of(thing: Any) -> Any:
    """The TFP distribution of an object."""
    from tensorflow_probability import distributions as tfd

    if isinstance(thing, tfd.Distribution):
        return thing
    inner = getattr(thing, "distribution", None)
    if isinstance(inner, tfd.Distribution) and hasattr(thing, "value"):
        return inner
    raise TypeError(
        f"from_tfp takes a TFP distribution, a joint distribution or an object with `distribution` and `value`, not "
        f"{type(thing).__name__}"
    )


class TfpDistribution(Backed):
    """TfpDistribution(name, distribution)

    A TFP distribution as a variable; see :func:`from_tfp`, which makes it.

    Parameters
    ----------
    distribution
        A TFP distribution. It is used in float64, and its log density is TFP's, also out of support.
    """

    @classmethod
    def _arguments(cls, args: tuple[Any, ...], parameters: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        given = dict(zip(("distribution",), args, strict=False)) | dict(parameters)
        if len(args) > 1 or set(given) != {"distribution"}:
            raise TypeError(f"{cls.__name__} takes a name and (distribution); got {sorted(given)}")
        given["distribution"] = _distribution_of(given["distribution"])
        if hasattr(given["distribution"], "_model_coroutine"):
            raise TypeError("a joint distribution has several variables: yield pm.from_tfp(name, distribution)")
        return None, given

    @staticmethod
    def _init_distribution(conditions: dict[str, Any], **kwargs: Any) -> Any:
        return conditions["distribution"]

    def _default_transform(self) -> Transform | None:
        numbers: TfpNumbers = self._bound
        family = type(inside(self.conditions["distribution"])).__name__
        if family in _SIMPLEXES:
            return StickBreaking()
        if family in _SPHERES:
            raise NotSupported(
                f"{type(self).__name__}({self.name!r}): TFP's bijector of {family} covers a part of the sphere only; "
                "write pm.VonMisesFisher, or give a transform="
            )
        bijector = numbers.default_bijector()
        if bijector is None or type(bijector).__name__ == "Identity":
            return None
        return BackwardTransform(bijector, event_ndims=len(numbers.event_shape))


def _joint(name: Any, joint: Any, observed: Any, parts: Mapping[str, Mapping[str, Any]] | None = None) -> Model:
    """A model of the parts of a joint distribution."""
    data, options = dict(observed or {}), dict(parts or {})
    names = list(joint._flat_resolve_names())
    unknown = sorted((set(data) | set(options)) - set(names))
    if unknown:
        raise ModelError(f"the joint distribution has no parts {unknown}; it has {names}")

    def run() -> Generator[Any, Any, Any]:
        flow = joint._model_coroutine()
        values: list[Any] = []
        item = next(flow)
        while True:
            part = names[len(values)]
            # JointDistributionCoroutine marks parts that have no parents
            marked = item.distribution if type(item).__name__ == "Root" else item
            value = yield from_tfp(part, marked, observed=data.get(part), **options.get(part, {}))
            values.append(value)
            try:
                item = flow.send(unwrap(value))
            except StopIteration:
                return joint._model_unflatten(values)

    return Model(run, name=name, keep_return=False)
