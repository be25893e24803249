"""Functions that draw from the model around their callers."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

HEAD = "import pymc3 as pm\n\n"
RUN = "def run(draws):\n    return pm.sample(draws, chains=1)\n\n"
MODEL = "with pm.Model() as {}:\n    x = pm.Normal('x', 0, 1)\n    trace = run(100)\n"
ONE = MODEL.format("model")
SAMPLED = "pm.sample(model, num_samples=draws, burn_in=1000, num_chains=1)"


def rewritten(text: str) -> str:
    result = migrate_source(text)
    assert not [f for f in result.findings if f.confidence is Confidence.MANUAL], result.findings
    return result.code


def test_each_call_hands_over_the_model_it_was_made_in() -> None:
    code = rewritten(HEAD + RUN + MODEL.format("one") + MODEL.format("two") + "with one:\n    again = run(draws=3)\n")
    assert f"def run(model, draws):\n    return {SAMPLED}\n" in code
    assert "trace = run(one, 100)" in code and "trace = run(two, 100)" in code
    assert "again = run(one, draws=3)" in code


def test_a_function_hands_on_the_model_that_it_was_given() -> None:
    text = HEAD + RUN + "def both():\n    return run(1), run(*[2])\n\n" + ONE.replace("run(100)", "both()")
    code = rewritten(text)
    assert "def both(model):\n    return run(model, 1), run(model, *[2])\n" in code and "trace = both(model)" in code


def test_another_name_where_the_function_means_something_else_by_model() -> None:
    code = rewritten(HEAD + RUN.replace("    ret", "    model = 'm'\n    print(model)\n    ret") + ONE)
    assert "def run(model_, draws):" in code and "pm.sample(model_, num_samples=draws" in code


def test_what_such_a_function_draws_from_is_the_model_so_far() -> None:
    show = "def show(draws):\n    print(pm.sample(draws, chains=1))\n\n"
    later = "    show(100)\n    y = pm.Normal('y', 0, 1)\n    show(200)\n"
    code = rewritten(HEAD + show + ONE.replace("    trace = run(100)\n", later))
    first, second = code.split("model = build_model()\nshow(model, 100)\n")
    assert "yield pm.Normal('y'" not in first and "yield pm.Normal('y'" in second and "show(model, 200)" in second


def test_step_methods_and_results_of_such_a_function() -> None:
    run = (
        "def run():\n    step = pm.Metropolis()\n    trace = pm.sample(9, step=step)\n"
        "    return trace['x'], pm.sample_posterior_predictive(trace)\n\n"
    )
    code = rewritten(HEAD + run + ONE.replace("run(100)", "run()"))
    assert "step = pm.Metropolis(model=model)" in code
    assert "pm.draws(trace, 'x'), pm.sample_posterior_predictive(model, trace" in code


@pytest.mark.parametrize(
    "run",
    [
        pytest.param("def run(draws, model=None):\n    return pm.sample(draws, model=the)\n\n", id="given a model"),
        pytest.param("def run(draws):\n    with the:\n        return pm.sample(draws)\n\n", id="enters a model"),
        pytest.param("def run(draws):\n    return draws\n\n", id="draws from none"),
        pytest.param("def run(draws):\n    return pm.kdeplot(draws)\n\n", id="shows"),
    ],
)
def test_functions_that_know_their_model_stay_as_they_are(run: str) -> None:
    made = "with pm.Model() as the:\n    x = pm.Normal('x', 0, 1)\n\n"
    assert run.splitlines()[0] + "\n" in rewritten(HEAD + made + run + "print(run(100))\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + RUN + ONE + "print(run(10))\n", id="called outside of models, too"),
        pytest.param(HEAD + RUN + ONE + "keep = run\n", id="kept under a name"),
        pytest.param(HEAD + RUN + ONE + "def other():\n    return run(1)\n", id="called by a function nobody calls"),
        pytest.param(HEAD + "@cached\n" + RUN + ONE, id="with a decorator"),
        pytest.param(
            HEAD + RUN + "m = one if data else two\n" + ONE.replace("pm.Model() as model", "m"), id="which model"
        ),
        pytest.param(
            HEAD
            + "class Runs:\n    def run(self):\n        return pm.sample(9)\n\n"
            + ONE.replace("run(100)", "Runs().run()"),
            id="a method",
        ),
        pytest.param(HEAD + RUN + ONE.replace("run(100)", "list(map(run, [100]))"), id="passed on"),
    ],
)
def test_functions_of_which_the_model_is_not_certain_stay(text: str) -> None:
    result = migrate_source(text)
    assert "def run(model" not in result.code and "return pm.sample(" in result.code
    assert any(f.confidence is Confidence.MANUAL for f in result.findings)


def test_functions_and_models_in_a_function() -> None:
    body = (RUN + ONE).splitlines()
    text = HEAD + "def main():\n" + "".join(f"    {line}\n" if line else "\n" for line in body) + "\n\nmain()\n"
    code = rewritten(text)
    assert "    def run(model, draws):\n" in code and "trace = run(model, 100)" in code


@pytest.mark.parametrize(
    "run",
    [
        pytest.param("def run(draws):\n    yield pm.sample(draws, chains=1)\n\n", id="a generator"),
        pytest.param("def run(draws, **kwargs):\n    return pm.sample(draws, chains=1)\n\n", id="any keywords"),
    ],
)
def test_functions_that_cannot_be_handed_a_model_stay(run: str) -> None:
    assert run.splitlines()[0] in migrate_source(HEAD + run + ONE).code


def test_the_innermost_model_is_drawn_from() -> None:
    made = (
        "with pm.Model() as one:\n    x = pm.Normal('x', 0, 1)\nwith pm.Model() as two:\n    x = pm.Normal('x', 5, 1)\n"
    )
    code = migrate_source(HEAD + made + "with one:\n    with two:\n        trace = pm.sample(100, chains=1)\n").code
    assert "pm.sample(one," not in code
