"""What programs ask of models, of their variables and of the variables' distributions: nothing passes in silence."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

IMPORTS = "import numpy as np\nimport pymc3 as pm\n\n"
MODEL = (
    IMPORTS + "with pm.Model() as model:\n    mu = pm.Normal('mu', 0, 1)\n    sd = pm.HalfNormal('sd', 1)\n"
    "    y = pm.Normal('y', mu, sd, observed=data)\n"
)
BUILT = IMPORTS + (
    "def build():\n    with pm.Model() as model:\n        mu = pm.Normal('mu', 0, 1)\n"
    "        pm.Normal('y', mu, 1, observed=data)\n    return model\n\nmodel = build()\n"
)


def manual(text: str) -> list[tuple[str, str]]:
    """The codes and messages of what was left to a person."""
    return [(f.code, f.message) for f in migrate_source(text).findings if f.confidence is Confidence.MANUAL]


@pytest.mark.parametrize(
    ("asked", "became"),
    [
        ("mu.name", "'mu'"),
        *(
            (f"{name}.{attribute}", f"pm.density(model)['{name}'].{attribute}")
            for name in ("mu", "sd", "y")
            for attribute in (
                "tag.test_value",
                "logpt",
                "logp_elemwiset",
                "random()",
                "dshape",
                "dsize",
                "observations",
                "transformed",
                "transformation",
                "init_value",
                "broadcastable",
                "missing_values",
                "type",
            )
        ),
        ("mu.distribution.random(size=3)", "pm.density(model)['mu'].distribution.random(size=3)"),
        ("sd.distribution.shape", "pm.density(model)['sd'].distribution.shape"),
        ("mu.logp({'mu': 0.5})", "pm.density(model)['mu'].logp({'mu': 0.5})"),
        ("model.fn(mu)", "pm.density(model).fn(pm.density(model)['mu'])"),
        ("model.makefn([mu, y])", "pm.density(model).makefn([pm.density(model)['mu'], pm.density(model)['y']])"),
        ("model['mu'].distribution.random()", "pm.density(model)['mu'].distribution.random()"),
        ("model.mu.distribution.random()", "pm.density(model).mu.distribution.random()"),
        (
            "[v.distribution.random() for v in model.free_RVs]",
            "[v.distribution.random() for v in pm.density(model).free_RVs]",
        ),
        ("getattr(model, 'mu').tag.test_value", "getattr(pm.density(model), 'mu').tag.test_value"),
        (
            "{getattr(model, k.name): 0 for k in model.vars}",
            "{getattr(pm.density(model), k.name): 0 for k in pm.density(model).vars}",
        ),
        ("hasattr(model, 'nu')", "hasattr(pm.density(model), 'nu')"),
        ("getattr(model, 'coords')", "getattr(model, 'coords')"),
        *(
            (f"model.{attribute}", f"pm.density(model).{attribute}")
            for attribute in """
            vars basic_RVs observed_RVs unobserved_RVs deterministics potentials test_point bijection ndim logpt logp
            fastlogp dlogp d2logp fn makefn profile check_test_point named_vars cont_vars disc_vars free_RVs datalogpt
            varlogpt logp_array dlogp_array logp_dlogp_function missing_values RV_dims
            """.split()
        ),
    ],
)
def test_shown(asked, became):
    result = migrate_source(MODEL + f"asked = {asked}\n")
    assert result.code.endswith(f"\nasked = {became}\n"), result.code
    assert result.references.migrated == result.references.total


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("mu.distribution.logp(0.5)", "`mu.distribution` is not kept: ask pm.Normal.dist(...) for `logp`"),
        ("sd.distribution.logcdf(0.5)", "`sd.distribution` is not kept: ask pm.HalfNormal.dist(...) for `logcdf`"),
        ("mu.distribution.mean", "`mu.distribution` is not kept: compute its `mean` from the parameters"),
        ("mu.distribution.variance", "`mu.distribution` is not kept: compute its `variance` from the parameters"),
        ("mu.distribution.mu", "`mu.distribution` is not kept: compute its `mu` from the parameters"),
        ("mu.distribution", "`mu.distribution` is not kept: make it again as pm.Normal.dist(...)"),
        ("y.distribution.random()", "`y.distribution` is not kept: ask pm.Normal.dist(...) for `random`"),
        ("y.distribution.shape", "`y.distribution` is not kept: compute its `shape` from the parameters"),
        ("mu.model", "`mu.model` is not kept: use the name of the model"),
        ("mu.logp_sum_unscaledt", "`mu` belongs to a model"),
        ("mu.owner", "`mu` belongs to a model"),
        ("mu.scaling", "`mu` belongs to a model"),
        ("mu.mean()", "`mu` belongs to a model"),
        ("other.fn(mu)", "`mu` belongs to a model"),
        ("model.fn(mu + 1)", "`mu` belongs to a model"),
        ("model.fn(f(mu))", "`mu` belongs to a model"),
        ("model['mu'].distribution.mean", "`model['mu'].distribution` is not kept: compute its `mean`"),
        ("model['y'].distribution.random()", "`model['y'].distribution` is not kept: ask pm.Normal.dist(...)"),
        ("model.mu.distribution.logp(0.5)", "is not kept: ask pm.Normal.dist(...), or its like, for `logp`"),
        ("model['mu'].distribution", "is not kept: make it again as pm.Normal.dist(...), or its like"),
        ("model.named_vars['mu'].distribution.mode", "is not kept: compute its `mode` from the parameters"),
        ("model.free_RVs[0].distribution.median", "is not kept: compute its `median` from the parameters"),
        ("[v.distribution.mean for v in model.free_RVs]", "`v.distribution` is not kept: compute its `mean`"),
        ("[v.distribution.random() for v in model.basic_RVs]", "`v.distribution` is not kept"),
        ("[v.logp_sum_unscaledt for v in model.basic_RVs]", "`v.logp_sum_unscaledt` is not kept: take it out"),
        ("model.Var('z', 1)", "changes the model"),
        ("model.register_rv(f, 'z')", "changes the model"),
        ("model.isroot", "belongs to the context that PyMC3 keeps"),
        ("model.parent", "belongs to the context that PyMC3 keeps"),
        ("model.root", "belongs to the context that PyMC3 keeps"),
        ("model.get_context()", "belongs to the context that PyMC3 keeps"),
        ("getattr(model, 'register_rv')(f, 'z')", "has other attributes than PyMC3's"),
        ("getattr(model, 'root')", "has other attributes than PyMC3's"),
        ("getattr(model, 'mu').distribution", "has other attributes than PyMC3's"),
        ("setattr(model, 'name', 'm')", "has other attributes than PyMC3's"),
        ("[n for n in dir(model)]", "has other attributes than PyMC3's"),
        ("vars(model)", "has other attributes than PyMC3's"),
    ],
)
def test_left_to_a_person(asked, says):
    text = MODEL + f"asked = {asked}\n"
    left = manual(text)
    assert left and says in left[0][1], left
    assert f"\nasked = {asked}\n" in migrate_source(text).code and "with pm.Model()" in migrate_source(text).code


@pytest.mark.parametrize(
    "use",
    [
        "for name, v in model.named_vars.items():\n    print(name, v.distribution.mean)\n",
        "for v in model.free_RVs:\n    print(v.name, v.distribution.logp(0.5))\n",
        "x = model['mu']\nprint(x.distribution.sigma)\n",
        "first, *_ = model.free_RVs\nprint(first.distribution.sigma)\n",
    ],
)
@pytest.mark.parametrize("program", [MODEL, BUILT])
def test_variables_that_a_model_gives(program, use):
    left = manual(program + use)
    assert left and all("is not kept" in message for _, message in left), left


@pytest.mark.parametrize(
    "use",
    [
        "for v in model.free_RVs:\n    print(v.name, v.logp(model.test_point), v.distribution.random())\n",
        "print(frozen.distribution.mean)\n",
        "print(getattr(frozen, 'mean'), dir(frozen), getattr(3, 'model'), isinstance(model, str))\n",
        "for v in frozen:\n    print(v.distribution.mean)\n",
        "class Report:\n    def show(self):\n        return self.distribution.mean\n\n\nprint(Report().show())\n",
    ],
)
def test_distributions_of_other_things(use):
    assert not manual(BUILT + use)


def test_a_function_that_may_get_a_variable_is_reviewed():
    result = migrate_source(BUILT + "def mean(v):\n    return v.distribution.mean\n\nprint(mean(model['mu']))\n")
    assert [f.message for f in result.findings if f.confidence is Confidence.REVIEW] == [
        "if `v` is a variable of a model: compute its `mean` from the parameters"
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("start = mu.tag.test_value", "`.tag` of a random variable: ask for it below the with block"),
        ("draws = mu.random(size=3)", "`.random` of a random variable: ask for it below the with block"),
        ("pm.Potential('p', mu.logpt)", "`.logpt` of a random variable: ask for it below the with block"),
        ("pm.Potential('p', mu.distribution.logp(0.5))", "of a random variable: ask pm.Normal.dist(...) for `logp`"),
        ("z = pm.Normal('z', mu.distribution.mean, 1)", "of a random variable: compute its `mean` from the parameters"),
        ("kept = mu.distribution", "of a random variable: make it again as pm.Normal.dist(...)"),
        ("m = mu.model", "`.model` of a random variable: use the name of the model"),
        ("z = mu.owner", "`.owner` of a random variable has no counterpart: take it out of the model"),
        ("z = mu.T.owner.inputs", "`.owner` of a random variable has no counterpart: take it out of the model"),
    ],
)
def test_in_the_block(line, says):
    left = manual(MODEL + f"    {line}\n")
    assert len(left) == 1 and says in left[0][1], left


@pytest.mark.parametrize(
    ("line", "became"),
    [
        ("z = pm.Normal(mu.name + '_2', 0, 1)", "z = yield pm.Normal('mu' + '_2', 0, 1)"),
        ("z = pm.Deterministic('of ' + sd.name, sd)", "z = yield pm.Deterministic('of ' + 'sd', sd)"),
    ],
)
def test_names_in_the_block(line, became):
    assert f"    {became}\n" in migrate_source(MODEL + f"    {line}\n").code


SHOWN = """import pymc3 as pm
import logging

with pm.Model() as model:
    a = pm.Normal('alpha', 0, 1, shape=3)
    twice = a * 2
    {line}
    y = pm.Normal('y', twice.sum(), 1, observed=data)
    {later}
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("print(a.tag.test_value)", "print(pm.density(model)['alpha'].tag.test_value)"),
        ("print(f'{a.tag.test_value}', 1)", "print(f'{pm.density(model)['alpha'].tag.test_value}', 1)"),
        ("print('shape', twice.tag.test_value.shape)", "print('shape', twice.tag.test_value.shape)"),
        ("logging.info(a.tag.test_value)", "logging.info(pm.density(model)['alpha'].tag.test_value)"),
        ("a.tag.test_value", "pm.density(model)['alpha'].tag.test_value"),
    ],
)
@pytest.mark.parametrize("later", ["", "trace = pm.sample()", "pm.Deterministic('d', a)"])
def test_a_test_value_that_a_block_shows_is_shown_below(line: str, expected: str, later: str) -> None:
    result = migrate_source(SHOWN.format(line=line, later=later))
    assert result.references.migrated == result.references.total, result.findings
    model, below = result.code.split("model = build_model()\n")
    assert ".tag" not in model and expected.replace("['alpha']", '["alpha"]') in below.replace("['alpha']", '["alpha"]')
    assert not migrate_source(result.code).changed


@pytest.mark.parametrize(
    ("line", "later"),
    [
        ("print(a.tag.test_value)", "a = pm.Normal('b', 0, 1)"),
        ("print(twice.tag.test_value)", "twice = 2"),
        ("start = a.tag.test_value", ""),
        ("print(a.random())", ""),
        ("if flag:\n        print(a.tag.test_value)", ""),
        ("keep(a.tag.test_value)", ""),
        ("values.append(a.tag.test_value)", ""),
        ("assert (a.tag.test_value > 0).all()", ""),
        ("a.tag.test_value = 0", ""),
    ],
)
def test_other_uses_of_test_values_in_a_block_are_findings(line: str, later: str) -> None:
    result = migrate_source(SHOWN.format(line=line, later=later))
    assert "yield" not in result.code and "PM403" in {f.code for f in result.findings}


@pytest.mark.parametrize(
    ("asked", "became"),
    [
        ("pm.Metropolis([mu, y.missing_values[0]])", "pm.Metropolis(['mu', 'y_missing'], model=model)"),
        ("pm.Metropolis([y.missing_values])", "pm.Metropolis(['y_missing'], model=model)"),
        ("pm.Metropolis(vars=[sd, y.missing_values])", "pm.Metropolis(['sd', 'y_missing'], model=model)"),
        ("trace[y.missing_values]", "trace['y_missing']"),
    ],
)
def test_missing_values_by_name(asked, became):
    above = MODEL.replace("    mu =", "    # imputed\n    mu =") + "with model:\n    trace = pm.sample(9)\n"
    result = migrate_source(f"{above}with model:\n    asked = {asked}\n")
    assert became in result.code, result.code


@pytest.mark.parametrize("asked", ["pm.Metropolis([mu, sd * 2])", "pm.Metropolis([sd, y.missing_values[1]])"])
def test_an_expression_among_variables_is_not_taken_for_a_name(asked):
    result = migrate_source(f"{MODEL}with model:\n    asked = {asked}\n")
    assert asked in result.code and any(f.code == "PM206" for f in result.findings), result.code
