"""Recording of models, for tools that want a program's models without waiting for its sampling.

After :func:`start`, every model of either front end is remembered and inference calls return a few draws around the
test point instead of sampling. With a :class:`Tape` they return what they returned where another side ran the program:
what it makes of its results (a prior of a posterior, data of draws from a prior) is then the same on both sides.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pm_migrate.errors import NotSupported

if TYPE_CHECKING:
    from pm_migrate.shims.density import LogDensity, ValueVariable

#: Number of different draws of a stand-in; more are repetitions, so that slices of a trace are what they would be.
STAND_IN_DRAWS = 16

#: Number of different draws from the prior or a predictive distribution.
FORWARD_DRAWS = 4

#: At most about as many numbers are in all draws of a stand-in.
STAND_IN_NUMBERS = 10_000_000

#: By how many of them each chain is ahead of the one before.
_AHEAD = 3

Draws = dict[str, np.ndarray]


@dataclass
class Tape:
    """What inference calls were answered with where another side ran the program.

    Parameters
    ----------
    points
        For each call that gave values from a posterior: the number of the ``model``, ``values``, its test point,
        unconstrained, by random variable; for one that gave draws, how many were ``asked`` for and how many ``draws``
        there were.
    forward
        For each call that drew forward: a few draws by name, ``(few, *shape)``.
    files
        Contents of the example files that ``pm.get_data`` gave, as bytes in an array.
    """

    points: Sequence[Mapping[str, Any]] = ()
    forward: Sequence[Mapping[str, np.ndarray]] = ()
    files: Mapping[str, np.ndarray] = field(default_factory=dict)
    _models: dict[int, int] = field(default_factory=dict, repr=False)
    _taken: set[int] = field(default_factory=set, repr=False)

    def test_values(self, model: Any, variables: Iterable[ValueVariable]) -> Draws:
        """The unconstrained test point of a model by random variable; empty where the other side did not use it."""
        calls = self._of(model, variables)
        return calls[0][0] if calls else {}

    def number(self, model: Any, variables: Iterable[ValueVariable], asked: int) -> int | None:
        """How many draws of a model there were where so many were asked for."""
        calls = (call for _, call in self._of(model, variables))
        return next((int(call["draws"]) for call in calls if call.get("asked") == asked), None)

    def _of(self, model: Any, variables: Iterable[ValueVariable]) -> list[tuple[Draws, Mapping[str, Any]]]:
        """The calls for a model: it is the first one with its variables that no other model is."""
        shapes = {v.rv_name: v.shape for v in variables}
        matches = [(_match(shapes, call["values"], 0), call) for call in self.points]
        alike = [(match, call) for match, call in matches if len(match) == len(shapes)]
        free = [call["model"] for _, call in alike if call["model"] not in self._models.values()]
        if free:
            self._models.setdefault(id(model), free[0])
        return [(match, call) for match, call in alike if call["model"] == self._models.get(id(model))]

    def draws(self, drawn: Mapping[str, np.ndarray]) -> Draws:
        """What was drawn in place of ``drawn``, as often, as far as there is something of that name and shape."""
        shapes = {name: np.shape(x)[1:] for name, x in drawn.items()}
        found = [m for m in (_match(shapes, call, 1) for call in self.forward) if m]
        most = max(map(len, found), default=0)
        few = self._next([match for match in found if len(match) == most])
        return {n: x[np.arange(len(drawn[n])) % len(x)].astype(drawn[n].dtype) for n, x in few.items() if len(x)}

    def _next(self, matches: Sequence[Draws]) -> Draws:
        """The first that was not taken before, else the last; a program may ask more often than the other."""
        left = [match for match in matches if id(next(iter(match.values()))) not in self._taken]
        found = (left or list(matches)[-1:] or [{}])[0]
        self._taken.update(map(id, found.values()))
        return found


def _match(shapes: Mapping[str, tuple[int, ...]], call: Mapping[str, np.ndarray], lead: int) -> Draws:
    """The values of a call by the names of this side, which may carry the model's: ``model/mu`` for ``mu``."""
    return {
        name: values
        for name, shape in shapes.items()
        for other, values in call.items()
        if (name == other or name.endswith(f"/{other}")) and values.shape[lead:] == tuple(shape)
    }


@dataclass
class Data:
    """The data of a model: values of the shared variables that it reads, and named data that were replaced.

    Parameters
    ----------
    model
        The model.
    shared
        The shared variables with their values.
    replaced
        What :func:`pm.set_data` put in place of named data of a generator model; None for one of the drop-in.
    """

    model: Any
    shared: Sequence[tuple[Any, np.ndarray]] = ()
    replaced: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, model: Any) -> Data:
        """The data that a model has now."""
        shared: Sequence[Any] = ()
        with contextlib.suppress(NotSupported):  # data that change with every evaluation are nothing to be kept
            shared = [s for s in density(model).shared() if s.default_update is None]
        replaced = dict(model.replaced) if hasattr(model, "replaced") else None
        return cls(model, [(s, np.array(s.get_value())) for s in shared], replaced)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Context in which the model has these data."""
        before = Data(self.model, [(s, s.get_value()) for s, _ in self.shared], getattr(self.model, "replaced", None))
        self._restore()
        try:
            yield
        finally:
            before._restore()

    def _restore(self) -> None:
        for shared, value in self.shared:
            if not np.array_equal(shared.get_value(), value):  # what was compiled for a value stays for as long
                shared.set_value(value)
        if self.replaced is not None and (self.replaced or self.model.replaced):
            self.model.replaced, self.model._density = self.replaced, None


active = False
models: list[Any] = []
_tape = Tape()
#: Draws by chain, by the folder that a program stores them in: nothing is written into a user's folders.
stores: dict[str, dict[int, Draws]] = {}
#: By identity of a model: its data when inference was first asked for.
_first: dict[int, Data] = {}


def start(tape: Tape | None = None) -> None:
    """Begin to record; the list of models is emptied."""
    global active, _tape
    active, _tape = True, tape or Tape()
    models.clear()
    stores.clear()
    _first.clear()


def stop() -> None:
    """Stop recording; inference calls sample again."""
    global active
    active = False


def record(model: Any) -> None:
    """Remember a model while recording."""
    if active:
        models.append(model)


def use(model: Any) -> None:
    """Note the data of a model that inference is asked for, the first time.

    Programs put other data in their place afterwards, to predict; those need not even fit the rest of the model.
    """
    model = _itself(model)
    if active and id(model) not in _first:
        _first[id(model)] = Data.of(model)


def _itself(model: Any) -> Any:
    """The model that a program has made, where PyMC3's functions see another view of it, or a part."""
    generator = getattr(model, "generator", model)
    return getattr(generator, "root", generator)


def first_data(model: Any) -> Data:
    """The data that a model had when inference was first asked for; of one without inference those that it has now."""
    return _first[id(model)] if id(model) in _first else Data.of(model)


def density(model: Any) -> LogDensity:
    """The one log density of a model of either front end."""
    return model.log_density()


def offset(draw: int, size: int) -> np.ndarray:
    """Unconstrained distance of a draw from the test point; the worker that runs PyMC3 has the same formula."""
    return 0.1 * np.cos(1.0 + draw + np.arange(size, dtype=np.float64))


def test_values(model: Any, density: LogDensity) -> Draws:
    """The unconstrained test point by value variable: PyMC3's where the tape has it, else the model's own."""
    known = _tape.test_values(_itself(model), density.variables)
    return {v.name: np.asarray(known.get(v.rv_name, v.test_value), v.dtype) for v in density.variables}


def stand_in_draws(model: Any, density: LogDensity) -> Draws:
    """The different draws that stand in for all: value variable to unconstrained values, ``(16, *shape)``.

    They lie around :func:`test_values`; continuous ones vary by :func:`offset`.
    """
    around = test_values(model, density)
    values = {}
    for variable in density.variables:
        value = around[variable.name]
        moved = [np.zeros(value.size) if variable.discrete else offset(i, value.size) for i in range(STAND_IN_DRAWS)]
        values[variable.name] = np.stack([value + x.reshape(value.shape) for x in moved]).astype(variable.dtype)
    return values


def stand_in_order(model: Any, density: LogDensity, chains: int, draws: int, numbers: int) -> np.ndarray:
    """Which of the different draws stands for which, ``(chains, draws)``.

    Parameters
    ----------
    model, density
        The model.
    chains, draws
        As many as were asked for; there are as many draws as on the other side, or as fit into
        :data:`STAND_IN_NUMBERS`.
    numbers
        How many numbers a draw is.
    """
    there = _tape.number(_itself(model), density.variables, int(draws))
    fitting = min(int(draws), max(1, STAND_IN_NUMBERS // (chains * numbers + 1)))
    return (np.arange(there or fitting) + _AHEAD * np.arange(chains)[:, None]) % STAND_IN_DRAWS


def cores() -> int:
    """Number of cores of this machine; while recording always 4, since the number of chains follows from it."""
    return 4 if active else os.cpu_count() or 1


def file(name: str) -> bytes | None:
    """What ``pm.get_data`` gave for a file where another side ran the program; None where it was not asked for."""
    return _tape.files[name].tobytes() if active and name in _tape.files else None


def forward(drawn: Mapping[str, np.ndarray]) -> Draws:
    """Draws from the prior or a predictive distribution: while recording, those of the tape in their place."""
    return {**drawn, **(_tape.draws(drawn) if active else {})}


def stand_in_statistics(chains: int, draws: int) -> dict[str, np.ndarray]:
    """Sampler statistics by PyMC3's name, ``(chains, draws)``, for programs that plot or count them."""
    shape = (chains, int(draws))
    energy = np.broadcast_to(np.arange(shape[1], dtype=float) % STAND_IN_DRAWS, shape)
    ones = dict.fromkeys(("mean_tree_accept", "step_size", "step_size_bar"), np.ones(shape))
    return {
        **ones,
        "energy": energy.copy(),
        "model_logp": -energy,
        "energy_error": np.zeros(shape),
        "max_energy_error": np.zeros(shape),
        "tree_size": np.ones(shape),
        "depth": np.ones(shape, int),
        "diverging": np.zeros(shape, bool),
        "tune": np.zeros(shape, bool),
    }
