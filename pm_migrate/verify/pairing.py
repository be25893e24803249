"""Which model of the one program is which of the other, and which value variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pm_migrate.errors import VerificationError
from pm_migrate.reference.records import ModelInfo, VariableInfo

#: PyMC4's tags that mean one of PyMC3's.
TAGS = {"sigmoid": "logodds"}


NO_NAMES: Mapping[str, str] = MappingProxyType({})


def same_name(original: str, candidate: str, names: Mapping[str, str] = NO_NAMES) -> bool:
    """Whether a name of the original is that of the candidate, whose names may carry the model's (``model/mu``).

    ``names`` says which names became others.
    """
    expected = names.get(original, original)
    return candidate == expected or candidate.endswith("/" + expected)


def pair_models(
    originals: Sequence[ModelInfo], candidates: Sequence[ModelInfo], names: Mapping[str, str] = NO_NAMES
) -> tuple[dict[int, ModelInfo], list[ModelInfo]]:
    """Find the counterpart of each model.

    First by name, where ``names`` says which became others: a module-level name that both programs bind to a model.
    What is left is paired in order, a model with the same random variables before any other, since a rewrite may make
    more models than the original did; one with the same observed variables first, since a model that grows is several
    models in the rewrite, of which the last is what the original became.

    Returns
    -------
    (dict, list)
        Counterparts by index of the original model, and the candidates that are left over.
    """
    pairs: dict[int, ModelInfo] = {}
    left = list(candidates)

    def take(original: ModelInfo, candidate: ModelInfo) -> None:
        pairs[original.index] = candidate
        left.remove(candidate)

    for original in originals:
        aliases = {names.get(alias, alias) for alias in (original.name, *original.aliases)}
        named = [c for c in left if aliases & {c.name if c.name in names.values() else "", *c.aliases}]
        if named:
            take(original, named[0])
    for fits in (_whole, _alike, None):
        for original in originals:
            if original.index in pairs:
                continue
            fitting = [c for c in left if fits is None or fits(original, c, names)]
            if fitting:
                take(original, fitting[0])
    return pairs, left


def _whole(original: ModelInfo, candidate: ModelInfo, names: Mapping[str, str]) -> bool:
    data = len(original.observed) == len(candidate.observed) and all(
        any(same_name(n, c, names) for c in candidate.observed) for n in original.observed
    )
    return data and _alike(original, candidate, names)


def _alike(original: ModelInfo, candidate: ModelInfo, names: Mapping[str, str]) -> bool:
    return len(original.variables) == len(candidate.variables) and all(
        any(same_name(v.rv_name, c.rv_name, names) and v.shape == c.shape for c in candidate.variables)
        for v in original.variables
    )


def pair_variables(
    original: ModelInfo, candidate: ModelInfo, names: Mapping[str, str] = NO_NAMES
) -> Mapping[str, VariableInfo]:
    """Find the candidate's value variable for each of the original's, by name; ``names`` says which became others.

    Raises
    ------
    VerificationError
        Names, shapes, transforms or kinds differ; all of it is in the message.
    """
    pairs: dict[str, VariableInfo] = {}
    wrong: list[str] = []
    left = list(candidate.variables)
    for variable in original.variables:
        matching = [c for c in left if same_name(variable.rv_name, c.rv_name, names)]
        matching.sort(key=lambda c: len(c.rv_name))
        if not matching:
            wrong.append(f"{variable.rv_name} is missing")
            continue
        other = matching[0]
        left.remove(other)
        pairs[variable.name] = other
        if other.shape != variable.shape:
            wrong.append(f"{variable.rv_name} has shape {other.shape} instead of {variable.shape}")
        mine, theirs = (TAGS.get(tag, tag) if tag else None for tag in (variable.transform, other.transform))
        if mine != theirs:
            wrong.append(f"{variable.rv_name} has the transform {theirs} instead of {mine}")
        if other.discrete != variable.discrete:
            kinds = {True: "discrete", False: "continuous"}
            wrong.append(f"{variable.rv_name} is {kinds[other.discrete]} instead of {kinds[variable.discrete]}")
    wrong += [f"{c.rv_name} is not in the original" for c in left]
    if wrong:
        raise VerificationError("; ".join(wrong))
    return pairs
