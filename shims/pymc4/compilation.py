"""Generator models compiled to the one log density."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.density import Evaluation, LogDensity, ValueVariable
from pm_migrate.shims.exceptions import ImputationWarning
from pm_migrate.shims.model.terms import repetitions, with_jacobian
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.errors import EvaluationError, StopExecution
from pm_migrate.shims.pymc4.flow.driver import Handler, drive, not_a_model
from pm_migrate.shims.pymc4.flow.executors import observed_tensor
from pm_migrate.shims.pymc4.names import transformed_name
from pm_migrate.shims.pymc4.observing import Data, Incomplete, missing_name, replaced
from pm_migrate.shims.pymc4.tensors import GeneratorTensor, to_tensor
from pm_migrate.shims.pymc4.tensors.symbolic import reading
from pm_migrate.shims.pymc4.terms import Deterministic, Potential
from pm_migrate.shims.theano.graph import Variable

Tensor = Any


class _Compiling(Handler):
    """Common to the three runs of a model: data replaced by name, deterministics recorded."""

    #: Whether data that do not fit their distribution are left out, for drawing others in their place.
    drawing = False

    def __init__(self, replacements: Mapping[str, Any]) -> None:
        super().__init__()
        self.replacements = replacements
        self.values: dict[str, Tensor] = {}

    def data(self, name: str, dist: Distribution) -> Tensor | None:
        """Data of a variable, missing ones filled in; or None."""
        data = self.own_data(name, dist)
        if not isinstance(data, Incomplete):
            return data
        return data.filled(self.missing(self.claim(missing_name(name), "Distribution"), name, dist, data))

    def own_data(self, name: str, dist: Distribution) -> Tensor | Incomplete | None:
        """Data of a variable; where others are drawn, those that do not fit give way to the test value."""
        try:
            return observed_tensor(name, dist, self.replacements)
        except EvaluationError:
            if not self.drawing:
                raise
            return tf.broadcast_to(dist.test_value, dist.value_shape)

    def missing(self, full: str, name: str, dist: Distribution, data: Incomplete) -> Tensor:
        """Return the value of the variable ``full`` in the places of missing data of ``name``."""
        raise NotImplementedError

    def named_data(self, name: str, item: Data) -> Tensor:
        return replaced(name, item, self.replacements)

    def deterministic(self, name: str, value: Any, item: Deterministic | None) -> None:
        if item is not None or isinstance(value, (GeneratorTensor, Variable, tf.Tensor, np.ndarray, float, int)):
            self.values[name] = to_tensor(value)


class _Discovery(_Compiling):
    """One eager run at the test point, which finds variables, shapes and data.

    Parameters
    ----------
    replacements
        Data by name.
    start
        Values in place of test values, by random-variable or value-variable name.
    """

    def __init__(self, replacements: Mapping[str, Any], start: Mapping[str, Any] | None = None) -> None:
        super().__init__(replacements)
        self.start = dict(start or {})
        self.unused = set(self.start)
        self.variables: list[ValueVariable] = []
        self.random: list[str] = []
        self.observed: dict[str, np.ndarray] = {}
        self.constants: dict[str, np.ndarray] = {}
        self.dims: dict[str, tuple[str, ...]] = {}
        self.coords: dict[str, Sequence[Any]] = {}
        self.imputed: dict[str, str] = {}
        self.scaling = 1.0
        self.floatx = "float64"

    def dtype(self, value: Tensor) -> str:
        """Dtype of a value variable."""
        return self.floatx if value.dtype.is_floating else value.dtype.name

    def deterministic(self, name: str, value: Any, item: Deterministic | None) -> None:
        super().deterministic(name, value, item)
        self.unused.discard(name)
        if item is not None and item.dims is not None:
            self.dims[name] = item.dims

    def named_data(self, name: str, item: Data) -> Tensor:
        data = super().named_data(name, item)
        self.constants[name] = np.asarray(data.numpy())
        self.coords.update(item.coords)
        if item.dims is not None:
            self.dims[name] = item.dims
        return data

    def missing(self, full: str, name: str, dist: Distribution, data: Incomplete) -> Tensor:
        self.imputed[full] = name
        self.observed[name] = data.with_nan
        value = data.part(tf.broadcast_to(dist.test_value, dist.observation_shape(data)))
        if full in self.start:
            value = tf.broadcast_to(tf.cast(to_tensor(self.start[full]), dist.dtype), value.shape)
        self.unused.discard(full)
        self.variables.append(
            ValueVariable(
                full,
                full,
                (data.count,),
                self.dtype(value),
                None,
                np.asarray(value.numpy(), self.dtype(value)),
                kind="integer" if dist.discrete else "continuous",  # no kind of its own: PyMC3 steps it so
            )
        )
        self.values[full] = value
        return value

    def distribution(self, name: str, dist: Distribution) -> Tensor:
        self.random.append(name)
        self.unused.discard(name)
        if dist.dims is not None:
            self.dims[name] = dist.dims
        data = self.data(name, dist)
        if data is not None:
            self.observed.setdefault(name, np.asarray(data.numpy()))
            self.scaling = max(self.scaling, dist.scaling(data.shape))
            dist.log_prob(data)  # an error of shapes belongs to this line of the model
            return data
        transform = dist.transform
        full = name if transform is None else transformed_name(transform.generator_tag, name)
        if transform is not None and (theirs := f"{name}_{transform.tag}__") in self.start:  # PyMC3's name of it
            self.start.setdefault(full, self.start[theirs])
            self.unused.discard(theirs)
        self.unused.discard(full)
        value, unconstrained = self._start(name, full, dist)
        self.scaling = max(self.scaling, dist.scaling(unconstrained.shape))
        term = dist.log_prob(value)
        if transform is not None and dist.counts_per_element:
            times = max(repetitions(term.shape, transform.log_jacobian(unconstrained).shape))
            if times > 1:
                quirks.say_once(
                    f"{type(dist).__name__} with the transform {transform.tag}",
                    f"as in PyMC3, the log density of {name!r} and the Jacobian of its transform differ in their "
                    f"shapes, and one of them is counted {times} times.",
                )
        if full in {v.name for v in self.variables}:
            raise EvaluationError(f"two variables have the value variable {full!r}; rename {name!r}")
        self.variables.append(
            ValueVariable(
                full,
                name,
                tuple(unconstrained.shape),
                self.dtype(unconstrained),
                None if transform is None else transform.tag,
                np.asarray(unconstrained.numpy(), self.dtype(unconstrained)),
                kind=dist.kind,
                categories=dist.categories,
            )
        )
        self.values[name] = value
        return value

    def _start(self, name: str, full: str, dist: Distribution) -> tuple[Tensor, Tensor]:
        """Constrained and unconstrained start value."""
        transform = dist.transform
        if full in self.start and transform is not None:
            unconstrained = to_tensor(self.start[full])
            return transform.backward(unconstrained), unconstrained
        value = dist.test_value
        if name in self.start:
            value = tf.broadcast_to(tf.cast(to_tensor(self.start[name]), dist.dtype), dist.value_shape)
        return value, value if transform is None else transform.forward(value)


class DensityRun(_Compiling):
    """One draw's terms of the log density.

    They are computed when all values are known, as those of the other front end are: a gradient is summed in the order
    of the computation, and the same seed is to give the same draws, bit for bit.
    """

    def __init__(
        self,
        replacements: Mapping[str, Any],
        given: Mapping[str, Tensor],
        known: Mapping[str, Any],
        *,
        jacobians: bool = True,
    ) -> None:
        super().__init__(replacements)
        self.jacobians = jacobians
        self.given = given
        self.known = known
        self.terms: dict[str, Tensor] = {}
        self.elementwise: dict[str, Tensor] = {}
        self._masks: dict[str, np.ndarray] = {}
        self._left: list[Callable[[], None]] = []

    def finish(self) -> None:
        for compute in self._left:
            compute()

    def missing(self, full: str, name: str, dist: Distribution, data: Incomplete) -> Tensor:
        self._masks[name] = data.mask
        # its density is that of the data
        self._left.append(lambda: self.terms.update({full: tf.zeros([], tf.float64)}))
        self.values[full] = to_tensor(tf.reshape(self.given[full], [data.count]))
        return self.values[full]

    def distribution(self, name: str, dist: Distribution) -> Tensor:
        data = self.data(name, dist)
        if data is not None:
            self._left.append(lambda: self._observed_term(name, dist, data))
            return data
        transform = dist.transform
        variable = self.known.get(name if transform is None else transformed_name(transform.generator_tag, name))
        if variable is None:
            raise EvaluationError(
                f"{name!r} was not there when the model was first run: the variables of a model must not depend on "
                "anything that changes from run to run"
            )
        # the gradient of a reshape is dense also where the value is only gathered from
        value = to_tensor(tf.reshape(self.given[variable.name], variable.shape))
        self.values[name] = value if transform is None else transform.backward(value)
        self._left.append(lambda: self._latent_term(name, dist, value))
        return self.values[name]

    def _observed_term(self, name: str, dist: Distribution, data: Tensor) -> None:
        each = dist.log_prob(data)
        self.terms[name] = scaled(tf.reduce_sum(each), dist.scaling(data.shape))
        self.elementwise[name] = _known_alone(each, self._masks.get(name))

    def _latent_term(self, name: str, dist: Distribution, unconstrained: Tensor) -> None:
        term = dist.log_prob(self.values[name])
        if dist.transform is not None and self.jacobians:
            jacobian = dist.transform.log_jacobian(unconstrained)
            repeats = dist.counts_per_element and max(repetitions(term.shape, jacobian.shape)) > 1
            term = with_jacobian(term, jacobian, repeats)
        total = term if term.shape.rank == 0 else tf.reduce_sum(term)
        self.terms[name] = scaled(total, dist.scaling(unconstrained.shape))

    def potential(self, name: str, potential: Potential) -> None:
        value = potential.value  # now: it may be a function of what changes until the end
        self._left.append(lambda: self.terms.update({name: tf.reduce_sum(value)}))


def scaled(term: Tensor, factor: float) -> Tensor:
    """A term of the log density that counts several times."""
    return term if factor == 1.0 else term * tf.constant(factor, term.dtype)


def _known_alone(each: Tensor, mask: np.ndarray | None) -> Tensor:
    """Log densities of the data, NaN where some of those are missing."""
    if mask is None:
        return each
    if mask.ndim > each.shape.rank:
        mask = np.asarray(mask.any(axis=tuple(range(each.shape.rank, mask.ndim))))
    return tf.where(mask, tf.constant(np.nan, each.dtype), each)


class ForwardRun(_Compiling):
    """One ancestral draw of everything that is not given."""

    def __init__(self, replacements: Mapping[str, Any], given: Mapping[str, Any], seeds: list[Tensor]) -> None:
        super().__init__(replacements)
        self.given = given
        self.seeds = iter(seeds)

    def distribution(self, name: str, dist: Distribution) -> Tensor:
        data = self.own_data(name, dist)
        if isinstance(data, Incomplete):
            next(self.seeds)  # the missing entries have one of their own in the other front end
        seed = next(self.seeds)
        if name in self.given and not isinstance(data, Incomplete):
            value = tf.cast(to_tensor(self.given[name]), dist.dtype)
        else:
            shape = dist.value_shape if data is None else dist.observation_shape(data)
            value = dist.sample_total(shape, seed)
        if isinstance(data, Incomplete):
            value = self._with_missing(name, dist, data, value)
        self.values[name] = value
        return value

    def _with_missing(self, name: str, dist: Distribution, data: Incomplete, drawn: Tensor) -> Tensor:
        """A draw of data with missing entries, or those given, completed; notes the missing ones."""
        full = self.claim(missing_name(name), "Distribution")
        missing = self.given.get(full)
        value = drawn
        if name in self.given:
            known = to_tensor(self.given[name])
            rest = drawn if missing is None else data.filled(missing)
            value = (
                rest
                if not known.dtype.is_floating
                else tf.where(tf.math.is_nan(known), tf.cast(rest, known.dtype), known)
            )
            value = tf.cast(value, dist.dtype)
        self.values[full] = data.part(value) if missing is None else tf.cast(missing, dist.dtype)
        return value


def compile_model(
    model: Model,
    observed: Mapping[str, Any] | None = None,
    *,
    drawing: bool = False,
    coords: Mapping[str, Any] | None = None,
) -> LogDensity:
    """Compile a model.

    Parameters
    ----------
    model
        The model; its generator runs once now, at the test values, and once per trace of a compiled function.
    observed
        Data that replace those in the model, by name; None makes a variable latent.
    drawing
        Only for draws of the data: where they do not fit the distribution any more, after ``set_value`` or
        ``pm.set_data`` with another length, the draws have the distribution's shape, as in PyMC3.
    coords
        Coordinate values by dimension in place of the model's, for new data.

    Raises
    ------
    StopExecution
        When ``model`` is not a model that can run more than once.
    """
    if not isinstance(model, Model):
        raise StopExecution(not_a_model(model))
    replacements = {**model.replaced, **(observed or {})}
    with reading() as read:
        found = _discover(model, replacements, drawing=drawing)
    for name in found.imputed.values():
        warnings.warn(
            f"Data in {name} contains missing values and will be automatically imputed from the sampling distribution.",
            ImputationWarning,
            stacklevel=quirks.user_level(),
        )
    known = {v.name: v for v in found.variables}

    def evaluate(values: Mapping[str, Tensor]) -> Evaluation:
        handler = DensityRun(replacements, values, known)
        drive(model, handler)
        return Evaluation(handler.terms, in_floatx(model, handler.values))

    def without_jacobians(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        handler = DensityRun(replacements, values, known, jacobians=False)
        drive(model, handler)
        return handler.terms

    def forward(given: Mapping[str, Tensor], seed: Tensor) -> dict[str, Tensor]:
        # the same split as in the other front end, so that the same seed gives the same draws
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, max(len(found.random) + len(found.imputed), 1)))
        handler = ForwardRun(replacements, given, seeds)
        handler.drawing = drawing
        drive(model, handler)
        return in_floatx(model, handler.values)

    given = {name: list(values) for name, values in (coords or {}).items()}
    known_coords = {**model.coords, **found.coords, **given}
    return LogDensity(
        variables=tuple(found.variables),
        evaluate=evaluate,
        forward=forward,
        observed={name: _array_in_floatx(model, x) for name, x in found.observed.items()},
        constants={name: _array_in_floatx(model, x) for name, x in found.constants.items()},
        dims=_fitting_dims(found, known_coords, replacements, set(given)),
        coords=known_coords,
        scaling=found.scaling,
        version=read.versions,
        shared=lambda: tuple(read.shared),
        python=read.python,
        without_jacobians=without_jacobians,
    )


def in_floatx(model: Model, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Recorded values in the model's float dtype."""
    return {name: tf.cast(x, model.floatx) if x.dtype.is_floating else x for name, x in values.items()}


def _array_in_floatx(model: Model, array: np.ndarray) -> np.ndarray:
    return array.astype(model.floatx) if array.dtype.kind == "f" else array


def _fitting_dims(
    found: _Discovery, coords: Mapping[str, Sequence[Any]], replacements: Mapping[str, Any], given: set[str]
) -> dict[str, tuple[str, ...]]:
    """Dimension names that fit the coordinates; replaced data of another length lose theirs, and ``given`` ones go.

    Raises
    ------
    ModelError
        When a variable's axis and the coordinates of its dimension differ in length.
    """
    arrays = {**found.values, **found.observed, **found.constants}
    wrong = {
        name: [
            (d, n) for d, n in zip(dims, np.shape(arrays[name]), strict=False) if d in coords and len(coords[d]) != n
        ]
        for name, dims in found.dims.items()
    }
    fitting = {}
    of_new_length = given | {dim for name in found.dims if name in replacements for dim, _ in wrong[name]}
    for name, dims in found.dims.items():
        if not wrong[name]:
            fitting[name] = dims
        elif name not in replacements and wrong[name][0][0] not in of_new_length:
            dim, size = wrong[name][0]
            raise ModelError(f"{name!r} has {size} entries along {dim!r}, whose coords= are {len(coords[dim])}")
    return fitting


def _discover(
    model: Any, replacements: Mapping[str, Any], start: Mapping[str, Any] | None = None, *, drawing: bool = False
) -> _Discovery:
    handler = _Discovery(replacements, start)
    handler.drawing = drawing
    handler.floatx = model.floatx
    with tf.init_scope():
        drive(model, handler)
    known = [*handler.random, *handler.constants]
    unknown = sorted(set(replacements) - set(known))
    if unknown:
        raise EvaluationError(f"observed= names {unknown}, which are not variables of the model: {known}")
    return handler


def complete(
    model: Model, point: Mapping[str, Any], observed: Mapping[str, Any] | None = None
) -> dict[str, np.ndarray]:
    """A full unconstrained point: given values, and test values for the rest.

    Parameters
    ----------
    point
        Values by random-variable name (constrained) or value-variable name (unconstrained; PyMC3's, too).

    Raises
    ------
    KeyError
        For a name that is not in the model.
    """
    found = _discover(model, {**model.replaced, **(observed or {})}, point)
    if found.unused:
        raise KeyError(f"no variable {sorted(found.unused)[0]!r} in the model; it has {found.random}")
    return {v.name: v.test_value for v in found.variables}


def pointwise(
    model: Model, density: LogDensity, observed: Mapping[str, Any] | None = None
) -> Callable[[Mapping[str, Tensor]], dict[str, Tensor]]:
    """A function of unconstrained values that gives the log density of the data, element by element."""
    known = {v.name: v for v in density.variables}

    def evaluate(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        handler = DensityRun({**model.replaced, **(observed or {})}, values, known)
        drive(model, handler)
        return in_floatx(model, handler.elementwise)

    return evaluate
