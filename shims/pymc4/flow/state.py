"""The state that an evaluation of a model fills."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.names import NameParts, transformed_name
from pm_migrate.shims.pymc4.observing import missing_name
from pm_migrate.shims.pymc4.tensors import floatx, normalise, precise, using
from pm_migrate.shims.pymc4.terms import Potential

Tensor = Any


class SamplingState:
    """Values and distributions of one evaluation, by full name.

    Parameters
    ----------
    transformed_values
        Unconstrained values: ``model/__log_sigma``.
    untransformed_values
        Values of unobserved random variables.
    observed_values
        Data; None for a variable that is to be drawn although it has data.
    discrete_distributions, continuous_distributions
        The distributions. Every integer-valued one is discrete (PyMC4 filed Poisson and others as continuous).
    potentials
        The potentials, Jacobians of transforms included.
    deterministics
        What was yielded as a deterministic.
    posterior_predictives
        Names of variables with data that were drawn.
    deterministics_values
        Values of deterministics, and what models returned.

    Attributes
    ----------
    all_values, all_unobserved_values
        Views over the values.
    prior_distributions, likelihood_distributions
        The distributions without and with data.
    constants
        Named data (``pm.Data``, not in PyMC4).
    scalings
        Factors of the log densities, for ``total_size`` (not in PyMC4).
    floatx
        Float dtype of values and log densities (not in PyMC4).
    """

    __slots__ = (
        "all_unobserved_values",
        "all_values",
        "constants",
        "continuous_distributions",
        "deterministics",
        "deterministics_values",
        "discrete_distributions",
        "floatx",
        "likelihood_distributions",
        "observed_values",
        "posterior_predictives",
        "potentials",
        "prior_distributions",
        "scalings",
        "transformed_values",
        "untransformed_values",
    )

    def __init__(
        self,
        transformed_values: Mapping[str, Any] | None = None,
        untransformed_values: Mapping[str, Any] | None = None,
        observed_values: Mapping[str, Any] | None = None,
        discrete_distributions: Mapping[str, Distribution] | None = None,
        continuous_distributions: Mapping[str, Distribution] | None = None,
        potentials: list[Potential] | None = None,
        deterministics: Mapping[str, Any] | None = None,
        posterior_predictives: set[str] | None = None,
        deterministics_values: Mapping[str, Any] | None = None,
    ) -> None:
        self.transformed_values = dict(transformed_values or {})
        self.untransformed_values = dict(untransformed_values or {})
        self.observed_values = dict(observed_values or {})
        self.discrete_distributions = dict(discrete_distributions or {})
        self.continuous_distributions = dict(continuous_distributions or {})
        self.potentials = list(potentials or [])
        self.deterministics = dict(deterministics or {})
        self.posterior_predictives = set(posterior_predictives or ())
        self.deterministics_values = dict(deterministics_values or {})
        self.prior_distributions: dict[str, Distribution] = {}
        self.likelihood_distributions: dict[str, Distribution] = {}
        self.constants: dict[str, Any] = {}
        self.scalings: dict[str, float] = {}
        self.floatx = floatx().name
        self.all_values: ChainMap[str, Any] = ChainMap(
            self.untransformed_values, self.transformed_values, self.observed_values
        )
        self.all_unobserved_values: ChainMap[str, Any] = ChainMap(self.untransformed_values, self.transformed_values)

    @classmethod
    def from_values(
        cls, values: Mapping[str, Any] | None = None, observed_values: Mapping[str, Any] | None = None
    ) -> SamplingState:
        """A state to evaluate at.

        Parameters
        ----------
        values
            Values by name, of the variable itself (``m/sigma``) or its transform (``m/__log_sigma``).
        observed_values
            Data that replace those in the model; None makes a variable latent.
        """
        split: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
        for name, value in (values or {}).items():
            split[NameParts.from_name(name).is_transformed][name] = value
        return cls(split[True], split[False], observed_values)

    def clone(self) -> SamplingState:
        """A copy whose entries can be changed."""
        copy = SamplingState(
            self.transformed_values,
            self.untransformed_values,
            self.observed_values,
            self.discrete_distributions,
            self.continuous_distributions,
            self.potentials,
            self.deterministics,
            self.posterior_predictives,
            self.deterministics_values,
        )
        copy.prior_distributions.update(self.prior_distributions)
        copy.likelihood_distributions.update(self.likelihood_distributions)
        copy.constants.update(self.constants)
        copy.scalings.update(self.scalings)
        copy.floatx = self.floatx
        return copy

    @property
    def distributions(self) -> dict[str, Distribution]:
        """All distributions, discrete ones first."""
        return {**self.discrete_distributions, **self.continuous_distributions}

    def settle(self, dtype: str | None) -> None:
        """Round all values to the float dtype of the model that was evaluated; None for what is chosen."""
        with using(dtype):
            self.floatx = floatx().name
            for values in (
                self.transformed_values,
                self.untransformed_values,
                self.observed_values,
                self.deterministics_values,
                self.constants,
            ):
                values.update({name: normalise(x) for name, x in values.items() if tf.is_tensor(x)})

    def _terms(self) -> Iterator[Tensor]:
        """The terms of the log density, not reduced, in float64."""
        with precise():
            for name, dist in self.distributions.items():
                # data with missing entries are completed in a deterministic of their name
                term = dist.log_prob(self.deterministics_values.get(name, self.all_values[name]))
                scaling = self.scalings.get(name, 1.0)
                yield term if scaling == 1.0 else term * tf.constant(scaling, term.dtype)
            for potential in self.potentials:
                yield potential.value

    def _rounded(self, term: Tensor) -> Tensor:
        return tf.cast(term, self.floatx)

    def collect_log_prob_elemwise(self) -> Iterator[Tensor]:
        """The terms of the log density, not reduced: one per distribution, then one per potential."""
        return map(self._rounded, list(self._terms()))

    def collect_log_prob(self) -> Tensor:
        """The log density, a scalar."""
        return self._rounded(sum(map(tf.reduce_sum, list(self._terms())), tf.constant(0.0, tf.float64)))

    def collect_unreduced_log_prob(self) -> Tensor:
        """The sum of the terms, broadcast against each other but not reduced."""
        return self._rounded(sum(list(self._terms()), tf.constant(0.0, tf.float64)))

    def as_sampling_state(self) -> tuple[SamplingState, list[str]]:
        """The values that a sampler moves, and the data.

        Returns
        -------
        (SamplingState, list of str)
            The state, and the names that are to be transformed back.

        Raises
        ------
        TypeError
            When there are no distributions, or a value is missing.
        """
        if not self.distributions:
            raise TypeError(
                "No distributions found in the state: the model is empty, or was not evaluated into this state"
            )
        transformed, untransformed, back = {}, {}, []
        observed = {name: self.observed_values[name] for name in self.constants if name in self.observed_values}
        for name, dist in self.distributions.items():
            missing = missing_name(name)
            if name in self.observed_values:
                observed[name] = self.observed_values[name]
                if missing in self.untransformed_values:
                    untransformed[missing] = self.untransformed_values[missing]
            elif dist.transform is not None:
                full = transformed_name(dist.transform.generator_tag, name)
                if full not in self.transformed_values:
                    raise TypeError(
                        f"Transformed value {full!r} is not found for {dist}; evaluate the model with "
                        "pm.evaluate_model_transformed to get a state for sampling"
                    )
                transformed[full] = self.transformed_values[full]
                back.append(name)
            elif name in self.untransformed_values:
                untransformed[name] = self.untransformed_values[name]
            else:
                raise TypeError(f"{dist} has no value in the state under the name {name!r}")
        return SamplingState(transformed, untransformed, observed), back

    def __repr__(self) -> str:
        def classes(distributions: Mapping[str, Distribution]) -> list[str]:
            return [f"{type(d).__name__}:{name}" for name, d in distributions.items()]

        lines = [
            f"untransformed_values: {list(self.untransformed_values)}",
            f"transformed_values: {list(self.transformed_values)}",
            f"observed_values: {list(self.observed_values)}",
            f"discrete_distributions: {classes(self.discrete_distributions)}",
            f"continuous_distributions: {classes(self.continuous_distributions)}",
            f"num_potentials={len(self.potentials)}",
            f"deterministics: {list(self.deterministics)}",
            f"deterministics_values: {list(self.deterministics_values)}",
            f"posterior_predictives: {sorted(self.posterior_predictives)}",
        ]
        return "SamplingState(\n    " + "\n    ".join(lines) + ")"
