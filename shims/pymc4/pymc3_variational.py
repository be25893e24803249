"""PyMC3's variational inference for generator models: ``pm.fit(model, n=...)``, ``pm.ADVI(model=model)`` and the rest.

The objects are the drop-in's: ``inference.fit(n)`` gives an approximation whose ``sample`` gives a ``MultiTrace``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.density_model import density
from pm_migrate.shims.theanof import set_tt_rng
from pm_migrate.shims.variational import approximations as families
from pm_migrate.shims.variational import callbacks
from pm_migrate.shims.variational import inference as own
from pm_migrate.shims.variational.approximations import sample_approx
from pm_migrate.shims.variational.inference import Inference
from pm_migrate.shims.variational.updates import (
    adagrad_window,
    apply_momentum,
    apply_nesterov_momentum,
    momentum,
    nesterov_momentum,
    norm_constraint,
    rmsprop,
    total_norm_constraint,
)

__all__ = [
    "ADVI",
    "ASVGD",
    "NFVI",
    "SVGD",
    "Empirical",
    "FullRankADVI",
    "NormalizingFlow",
    "adagrad_window",
    "apply_momentum",
    "apply_nesterov_momentum",
    "callbacks",
    "fit",
    "is_pymc3s",
    "momentum",
    "nesterov_momentum",
    "norm_constraint",
    "rmsprop",
    "sample_approx",
    "set_tt_rng",
    "total_norm_constraint",
]

#: Arguments that PyMC3's ``pm.fit`` alone has, or its inference objects.
_ONLY_PYMC3 = frozenset(
    """
    n local_rv inf_kwargs score obj_n_mc tf_n_mc obj_optimizer test_optimizer more_obj_params more_tf_params
    more_updates more_replacements total_grad_norm_constraint fn_kwargs
    """.split()
)


def is_pymc3s(method: Any, kwargs: dict[str, Any]) -> bool:
    """Whether a call of ``pm.fit`` has PyMC3's form."""
    return isinstance(method, Inference) or bool(_ONLY_PYMC3 & kwargs.keys())


def fit(model: Any = None, method: Any = "advi", **kwargs: Any) -> Any:
    """Approximate the posterior of a generator model as PyMC3's ``pm.fit`` does.

    Parameters
    ----------
    model
        A model; not for a ``method`` that is an inference object, which has its own.
    method, **kwargs
        As for :func:`pm_migrate.shims.variational.inference.fit`.

    Returns
    -------
    Approximation
        The drop-in's, as in PyMC3.
    """
    given = {} if isinstance(method, Inference) else {"model": density(model)}
    return own.fit(method=method, **given, **kwargs)


def _of_generator(base: Any) -> Callable[[Any], Any]:
    """Decorator: take a generator model, also as the first argument."""

    def finished(cls: Any) -> Any:
        def __init__(self: Any, *args: Any, model: Any = None, **kwargs: Any) -> None:
            if args and isinstance(args[0], Model):
                model, *rest = args
                args = tuple(rest)
            if model is None:
                raise TypeError(f"pm.{cls.__name__} needs the model that it is for: pm.{cls.__name__}(model=model)")
            super(cls, self).__init__(*args, model=density(model), **kwargs)

        cls.__init__ = __init__
        cls.__doc__ = base.__doc__
        return cls

    return finished


@_of_generator(own.ADVI)
class ADVI(own.ADVI):
    pass


@_of_generator(own.FullRankADVI)
class FullRankADVI(own.FullRankADVI):
    pass


@_of_generator(own.SVGD)
class SVGD(own.SVGD):
    pass


@_of_generator(own.ASVGD)
class ASVGD(own.ASVGD):
    pass


@_of_generator(own.NFVI)
class NFVI(own.NFVI):
    pass


@_of_generator(families.NormalizingFlow)
class NormalizingFlow(families.NormalizingFlow):
    pass


@_of_generator(families.Empirical)
class Empirical(families.Empirical):
    pass
