"""Distributions of the generator front end that a row of the catalogue describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.catalog import Distribution as Row
from pm_migrate.catalog import Form, expr
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions import arguments, host_draws
from pm_migrate.shims.distributions.binding import Bound, bind
from pm_migrate.shims.distributions.functions import TF_FUNCTIONS
from pm_migrate.shims.pymc4.distribution import Distribution, asked, by_name
from pm_migrate.shims.pymc4.tensors import to_tensor
from pm_migrate.shims.pymc4.transforms import default_transform
from pm_migrate.shims.transforms import Transform

Tensor = Any


class Catalogued(Distribution):
    """A distribution by its row: arguments, density, draws, test value and transform come from there."""

    row: ClassVar[Row]
    forms: ClassVar[tuple[Form, ...]]

    @classmethod
    def _arguments(cls, args: tuple[Any, ...], parameters: Mapping[str, Any]) -> tuple[Form, dict[str, Any]]:
        """Match a call to a parametrisation."""
        signature = signature_of(cls.forms)
        wanted = " or ".join("(" + ", ".join(f.given) + ")" for f in cls.forms)
        given = by_name(cls.__name__, signature, wanted, args, parameters, cls._hint)
        given = {k: v for k, v in given.items() if v is not None}
        defaults = {k: expr.evaluate(v, {}, {}) for k, v in cls.row.pymc4_defaults.items()}
        fits = [f for f in cls.forms if set(given) <= set(f.given) <= set(given) | set(defaults)]
        if not fits:
            missing = sorted(set(cls.forms[0].given) - set(given) - set(defaults)) if len(cls.forms) == 1 else []
            problem = f"misses {', '.join(map(repr, missing))}" if missing else f"got {sorted(given)}"
            raise TypeError(f"{cls.__name__} {problem}; it takes {wanted}")
        form = fits[0]
        return form, {name: given.get(name, defaults.get(name)) for name in form.given}

    @classmethod
    def _hint(cls, keyword: str) -> str:
        """What a PyMC3 keyword is called here."""
        try:
            canonical = cls.row.param(keyword).name
        except KeyError:
            return ""
        ours = next((k for k, v in cls.row.pymc4.items() if v == canonical), None)
        return (
            f" (PyMC3's {keyword} is {ours} here)" if ours else f" ({keyword} is an argument of PyMC3's {cls.row.name})"
        )

    def _bind(self) -> tuple[Bound, Bound]:
        """The parameters bound as they are, and with axes of size 1 where the event stack lies."""
        given = {}
        for name, value in self.conditions.items():
            try:
                given[name] = to_tensor(value)
            except TypeError as error:
                raise TypeError(f"{type(self).__name__}({self.name!r}): {name}: {error}") from None
        if self.row.name == "Multinomial":
            given["total_count"] = self._by_row(given["total_count"])
        with quirks.quirks(self.quirks):
            plain = bind(self.row, self.form, given)
            if not self.event_stack:
                return plain, plain
            return plain, bind(self.row, self.form, {name: self._spread(name, t) for name, t in given.items()})

    def _by_row(self, trials: Tensor) -> Tensor:
        """A column of trial numbers beside rows of counts is one number for each row, as in PyMC3."""
        rank = getattr(self.observed, "ndim", None)
        column = trials.shape.rank > 1 and trials.shape[-1] == 1 and trials.shape.rank == rank
        return trials[..., 0] if column else trials

    def _spread(self, name: str, tensor: Tensor) -> Tensor:
        """Put axes of size 1 for the event stack between a parameter's batch and event axes."""
        at = tensor.shape.rank - self._rank_of(name) - self.reinterpreted_batch_ndims
        if at <= 0:
            return tensor
        return tf.reshape(tensor, [*tensor.shape[:at], *[1] * len(self.event_stack), *tensor.shape[at:]])

    def _rank_of(self, given: str) -> int:
        """Number of event axes of a parameter."""
        mapping = self.row.canonical_of(self.form)
        return max(self.row.param(c).domain.rank for c, text in mapping.items() if given in expr.names(text))

    def _host_draws(self, shape: tuple[int, ...]) -> np.ndarray | None:
        bound = arguments.clipped(self._bound)
        if not arguments.valid(bound):
            arguments.refuse_draws(f"{type(self).__name__}({self.name!r})", bound, known=True)
        if self.row.name not in host_draws.HOST_DRAWS:
            return None
        return host_draws.draw(self.row.name, bound.canonical, shape)

    @asked
    def log_cdf(self, value: Any) -> Tensor:
        if self.row.logcdf is None:
            return super().log_cdf(value)
        return self._bound.log_cdf(to_tensor(value))

    @property
    def discrete(self) -> bool:
        """Whether values are integers."""
        return self.row.discrete

    @property
    def kind(self) -> str:
        """``continuous``, or how a discrete variable is stepped: ``integer``, ``binary``, ``categorical``."""
        return self.row.kind

    @property
    def event_rank(self) -> int:
        """Number of axes of one event of the distribution itself, without stacks."""
        return self.row.rank

    @property
    def has_random(self) -> bool:
        """Whether it can be drawn from."""
        return self.row.has_random

    @property
    def counts_per_element(self) -> bool:
        """Whether an elementwise Jacobian repeats the density of a vector, as in PyMC3.

        So for distributions that only PyMC3 has (LKJCorr, time series, DensityDist), until quirks are fixed: a rewrite
        keeps the posterior.
        """
        bound = self._bound
        return isinstance(bound, Bound) and not bound.row.in_pymc4 and not bound.fixed

    def _default_transform(self) -> Transform | None:
        """The row's transform; an end that is known to be infinite is left out."""
        ends: list[Any] = [None, None]
        if self.row.transform in {"bounded", "interval", "lowerbound"}:
            mapping = self.row.canonical_of(self.form)
            for i, text in enumerate(self.row.ends):
                # as the user gave them: masked ones would hide that the parameters are wrong
                values = {c: expr.evaluate(mapping[c], self._bound.given, TF_FUNCTIONS) for c in expr.names(text)}
                ends[i] = expr.evaluate(text, values, TF_FUNCTIONS)
        return default_transform(self.row.transform, (ends[0], ends[1]))

    def end_of_support(self, which: str) -> Any:
        """One end of the support, ``lower`` or ``upper``: a number, or a tensor of the parameters."""
        text = getattr(self.row.support, which)
        mapping = self.row.canonical_of(self.form)
        values = {c: expr.evaluate(mapping[c], self._bound.given, TF_FUNCTIONS) for c in expr.names(text)}
        return expr.evaluate(text, values, TF_FUNCTIONS)


def signature_of(forms: tuple[Form, ...]) -> tuple[str, ...]:
    """Parameters of all parametrisations, in positional order."""
    return tuple(dict.fromkeys(name for form in forms for name in form.given))
