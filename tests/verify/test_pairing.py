"""Models and value variables find their counterparts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pm_migrate.errors import VerificationError
from pm_migrate.reference.records import ModelInfo
from pm_migrate.verify.pairing import pair_models, pair_variables

from .fakes import model, variable


def of(index: int, *aliases: str, shape: tuple[int, ...] = (), name: str = "x") -> ModelInfo:
    return model(variable(name, shape), index=index, aliases=aliases)


def paired(originals: list[ModelInfo], candidates: list[ModelInfo]) -> tuple[dict[int, int], list[int]]:
    pairs, left = pair_models(originals, candidates)
    return {i: candidates.index(c) for i, c in pairs.items()}, [candidates.index(c) for c in left]


def test_by_name_before_order() -> None:
    assert paired([of(0, "a"), of(1, "b")], [of(0, "b"), of(1, "a")]) == ({0: 1, 1: 0}, [])


def test_by_any_alias() -> None:
    assert paired([of(0, "a", "model"), of(1, "b")], [of(0, "other"), of(1, "last", "model")]) == ({0: 1, 1: 0}, [])


def test_without_names_in_order() -> None:
    assert paired([of(0), of(1), of(2, "m")], [of(0), of(1, "m"), of(2)]) == ({0: 0, 1: 2, 2: 1}, [])


def test_the_same_variables_before_order() -> None:
    """A rewrite that makes a model twice does not shift the others."""
    originals = [of(0, name="a"), of(1, name="b"), of(2, name="b", shape=(3,))]
    candidates = [of(0, name="a"), of(1, name="a"), of(2, name="b", shape=(3,)), of(3, name="b")]
    assert paired(originals, candidates) == ({0: 0, 1: 3, 2: 2}, [1])


def test_what_a_model_grew_into_before_what_it_was() -> None:
    """The rewrite of a model that is entered again makes one model for each block."""
    original = replace(of(0), observed=("y", "z"), deterministics=("d",))
    stages = [of(0), replace(of(1), observed=("y",)), replace(of(2), observed=("y", "z"))]
    assert paired([original], stages) == ({0: 2}, [0, 1]), "candidates say nothing of their deterministics"
    assert paired([original], stages[:2]) == ({0: 0}, [1]), "none is whole: in order"
    assert paired([of(0)], [stages[2], of(1)]) == ({0: 1}, [0])


def test_unlike_models_are_still_paired_so_that_the_difference_is_said() -> None:
    assert paired([of(0, name="a")], [of(0, name="b")]) == ({0: 0}, [])


def test_too_few() -> None:
    assert paired([of(0), of(1)], [of(0)]) == ({0: 0}, [])
    assert paired([of(0)], []) == ({}, [])


def test_variables_by_random_variable_in_any_order() -> None:
    mine = model(variable("mu"), variable("sigma", transform="log"), variable("k", discrete=True))
    theirs = model(
        variable("k", discrete=True), variable("sigma", transform="log", value_name="__log_sigma"), variable("mu")
    )
    pairs = pair_variables(mine, theirs)
    assert {name: v.name for name, v in pairs.items()} == {"mu": "mu", "sigma_log__": "__log_sigma", "k": "k"}


@pytest.mark.parametrize(("mine", "theirs"), [("logodds", "sigmoid"), ("stickbreaking", "stickbreaking"), (None, None)])
def test_tags_that_mean_the_same(mine: str | None, theirs: str | None) -> None:
    assert len(pair_variables(model(variable("p", transform=mine)), model(variable("p", transform=theirs)))) == 1


def test_names_that_carry_the_models() -> None:
    mine = model(variable("a"), variable("b/a"))
    theirs = model(variable("m/b/a"), variable("m/a"))
    assert {name: v.name for name, v in pair_variables(mine, theirs).items()} == {"a": "m/a", "b/a": "m/b/a"}


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        (variable("y"), "x is missing; y is not in the original"),
        (variable("xx"), "x is missing"),
        (variable("x", (2,)), r"x has shape \(2,\) instead of \(3,\)"),
        (variable("x", (3,), "log"), "x has the transform log instead of None"),
        (variable("x", (3,), discrete=True), "x is discrete instead of continuous"),
    ],
)
def test_what_does_not_fit_is_said(theirs: object, message: str) -> None:
    with pytest.raises(VerificationError, match=message):
        pair_variables(model(variable("x", (3,))), model(theirs))  # type: ignore[arg-type]


def test_everything_that_does_not_fit_is_said_at_once() -> None:
    mine = model(variable("a"), variable("b", transform="interval"), variable("c"))
    theirs = model(variable("a", (1,)), variable("b", transform="log"), variable("d"))
    with pytest.raises(VerificationError, match=r"a has shape .*; b has the transform .*; c is missing; d is not in"):
        pair_variables(mine, theirs)


def test_names_that_became_others() -> None:
    originals = [of(0, "old"), of(1, "kept")]
    candidates = [of(0, "kept"), of(1, "new")]
    pairs, left = pair_models(originals, candidates, {"old": "new"})
    assert {index: other.name for index, other in pairs.items()} == {0: "new", 1: "kept"} and not left
    renamed = model(variable("scoped/level"), variable("tau"))
    found = pair_variables(model(variable("mu"), variable("tau")), renamed, {"mu": "level"})
    assert {name: other.name for name, other in found.items()} == {"mu": "scoped/level", "tau": "tau"}
    with pytest.raises(VerificationError, match="mu is missing"):
        pair_variables(model(variable("mu"), variable("tau")), renamed)
