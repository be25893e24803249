"""Rewritten programs make the same model: both sides run against stand-ins that record what is made.

The stand-in of PyMC3 records every variable with its parameters in the canonical parametrisation of the catalogue. The
stand-in of the generator front end runs each generator after the whole program has run, twice, and records the same.
Neither Theano nor TensorFlow takes part.
"""

from __future__ import annotations

import ast
import sys
import textwrap
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from pm_migrate.catalog import DISTRIBUTIONS, ROWS, expr
from pm_migrate.codemod import migrate_source

FUNCTIONS = {
    "log": np.log,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "sigmoid": lambda x: 1 / (1 + np.exp(-np.asarray(x))),
    "floor": np.floor,
    "inverse": np.linalg.inv,
    "cholesky": np.linalg.cholesky,
    "where": np.where,
}


def value_of(name: str, shape: Any) -> np.ndarray:
    """A value that depends on the name alone."""
    number = 0.1 + sum(ord(c) for c in name) % 17 / 20
    return np.full(() if shape is None else shape, number)


def canonical(row: Any, given: Mapping[str, Any], forms: Any) -> dict[str, Any]:
    """Parameters of a call in the canonical parametrisation."""
    form = min((f for f in forms if set(given) <= set(f.given)), key=lambda f: len(f.given))
    values = {name: np.asarray(given[name], float) for name in given}
    return {c: expr.evaluate(t, values, FUNCTIONS) for c, t in row.canonical_of(form).items()}


class Recorder:
    """What a program made, in order."""

    def __init__(self) -> None:
        self.made: list[Any] = []

    def add(self, kind: str, name: str, parameters: Mapping[str, Any], observed: Any) -> None:
        self.made.append(
            (
                kind,
                name,
                {k: np.asarray(v, float).round(10).tolist() for k, v in sorted(parameters.items())},
                None if observed is None else np.asarray(observed, float).tolist(),
            )
        )


def old_distribution(row: Any, recorder: Recorder) -> Any:
    def make(name: str, *args: Any, observed: Any = None, shape: Any = None, testval: Any = None, **kwargs: Any) -> Any:
        given = dict(zip(row.signature, args, strict=False)) | kwargs
        given = {row.param(k).name: v for k, v in given.items() if v is not None and k not in row.options}
        form = row.form_for(frozenset(given))
        defaults = {p.name: float(p.default) for p in row.params if p.default is not None and p.name in form.given}
        values = {n: np.asarray(v, float) for n, v in (defaults | given).items()}
        parameters = {c: expr.evaluate(t, values, FUNCTIONS) for c, t in row.canonical_of(form).items()}
        recorder.add(row.name, name, parameters, observed)
        return value_of(name, shape) if observed is None else np.asarray(observed)

    return make


class Item:
    """Something that a generator yields."""

    def __init__(self, kind: str, name: str, parameters: Any, observed: Any, value: Any) -> None:
        self.kind, self.name, self.parameters, self.observed, self.value = kind, name, parameters, observed, value


def new_distribution(row: Any) -> Any:
    def make(
        name: str, *args: Any, observed: Any = None, shape: Any = None, batch_stack: Any = None, **kwargs: Any
    ) -> Item:
        kwargs.pop("testval", None)
        given = dict(zip(row.pymc4_signature, args, strict=False)) | kwargs
        given = {k: float(v) for k, v in row.pymc4_defaults.items() if k not in given} | given
        forms = [f for f in row.generator_forms if set(f.given) == set(given)]
        assert forms, f"{row.pymc4_name} does not take {sorted(given)}"
        parameters = canonical(row, given, forms)
        shape = shape if batch_stack is None else batch_stack
        return Item(row.name, name, parameters, observed, value_of(name, shape) if observed is None else observed)

    return make


def old_modules(recorder: Recorder) -> dict[str, types.ModuleType]:
    pymc3 = types.ModuleType("pymc3")

    class Model:
        def __init__(self) -> None:
            recorder.made.append("model")

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *error: object) -> None:
            pass

    def deterministic(name: str, value: Any) -> Any:
        recorder.add("Deterministic", name, {"value": value}, None)
        return value

    for name, row in DISTRIBUTIONS.items():
        setattr(pymc3, name, old_distribution(row, recorder))
    pymc3.Model, pymc3.Deterministic, pymc3.Potential = Model, deterministic, deterministic
    pymc3.sample = lambda *args, **kwargs: None
    tensor = types.ModuleType("theano.tensor")
    for name, function in {
        "exp": np.exp,
        "log": np.log,
        "sqr": np.square,
        "sum": np.sum,
        "stack": np.stack,
        "switch": np.where,
        "eq": np.equal,
        "dot": np.dot,
        "concatenate": np.concatenate,
        "sqrt": np.sqrt,
    }.items():
        setattr(tensor, name, function)
    pymc3.math = tensor
    theano = types.ModuleType("theano")
    theano.tensor = tensor
    return {"pymc3": pymc3, "pymc3.math": tensor, "theano": theano, "theano.tensor": tensor}


def new_modules(built: list[Any]) -> dict[str, types.ModuleType]:
    pymc4 = types.ModuleType("pm_migrate.pymc4")

    def model(name: Any = None) -> Any:
        assert name is None

        def template(function: Any) -> Any:
            def build(*args: Any) -> str:
                built.append(lambda: function(*args))
                return "model"

            return build

        return template

    for row in ROWS:
        setattr(pymc4, row.pymc4_name, new_distribution(row))
    cholesky = next(r for r in ROWS if r.name == "MvNormal")
    pymc4.MvNormalCholesky = new_distribution(cholesky)
    pymc4.model = model
    for kind in ("Deterministic", "Potential"):
        setattr(pymc4, kind, lambda n, v, kind=kind: Item("Deterministic", n, {"value": v}, None, v))
    pymc4.sample = lambda *args, **kwargs: None
    pymc4.math = types.SimpleNamespace(dot=np.dot)
    tf = types.ModuleType("tensorflow")
    tf.math = types.SimpleNamespace(log=np.log)
    for name, function in {
        "exp": np.exp,
        "square": np.square,
        "reduce_sum": np.sum,
        "stack": np.stack,
        "where": np.where,
        "equal": np.equal,
        "tensordot": np.tensordot,
        "concat": np.concatenate,
        "sqrt": np.sqrt,
    }.items():
        setattr(tf, name, function)
    return {"pm_migrate.pymc4": pymc4, "tensorflow": tf}


def run(code: str, modules: Mapping[str, types.ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
        if name == "pm_migrate.pymc4":
            import pm_migrate

            monkeypatch.setattr(pm_migrate, "pymc4", module, raising=False)
    exec(compile(code, "program", "exec"), {"__name__": "program"})


def evaluate(generator: Any, recorder: Recorder) -> None:
    """Run one generator as an evaluation of its model does."""
    recorder.made.append("model")
    running = generator()
    item = next(running)
    while True:
        recorder.add(item.kind, item.name, item.parameters, item.observed)
        try:
            item = running.send(item.value)
        except StopIteration:
            return


PROGRAMS = {
    "parametrisations": """
        with pm.Model() as model:
            pm.Normal('a', 1, 2)
            pm.Normal('b', sd=2)
            pm.Normal('c', mu=3, tau=4)
            pm.Normal('d')
            pm.Beta('e', 2, 3)
            pm.Beta('f', mu=0.3, sd=0.1)
            pm.Gamma('g', 2, 3)
            pm.Gamma('h', mu=2, sigma=0.5)
            pm.StudentT('i', 3, 1, 2)
            pm.StudentT('j', nu=3, sd=2)
            pm.Uniform('k')
            pm.Uniform('l', upper=3)
            pm.NegativeBinomial('m', 2, 3)
            pm.NegativeBinomial('n', n=2, p=0.3)
            pm.Bernoulli('o', 0.3)
            pm.Bernoulli('p', logit_p=0.3)
            pm.InverseGamma('q', 2)
            pm.InverseGamma('r', mu=1, sd=2)
            pm.Lognormal('s', 1, tau=2)
            pm.HalfNormal('t', tau=2)
            pm.Binomial('u', 5, 0.3)
            pm.TruncatedNormal('v', mu=1, sd=2, lower=0, upper=3)
            pm.Cauchy('w', 1, 2)
            pm.Laplace('x', 1, 2)
            pm.DiscreteUniform('y', 1, 4)
            pm.MvNormal('z', np.zeros(2), cov=np.eye(2) * 2, shape=2)
            pm.MvNormal('za', np.zeros(2), tau=np.eye(2) * 2, shape=2)
            pm.MvNormal('zb', np.zeros(2), chol=np.eye(2) * 2, shape=2)
            pm.Dirichlet('zc', np.array([1., 2.]), shape=2)
            pm.Exponential('zd', 2)
            pm.HalfCauchy('ze', 2)
            pm.Poisson('zf', 2)
            pm.Categorical('zg', np.array([0.2, 0.8]))
    """,
    "parameters that are needed twice": """
        with pm.Model() as model:
            s = pm.HalfNormal('s', 1)
            pm.Gamma('g', mu=s + 1, sd=2 * s)
            pm.InverseGamma('h', mu=s * 2, sd=pm.HalfNormal('t', 3))
            pm.Normal('n', 0, tau=1 / s ** 2)
    """,
    "late rebinding": """
        scale = 1.
        x = np.ones(3)
        with pm.Model() as first:
            pm.Normal('a', x, scale, observed=x)
        scale = 2.
        x = np.zeros(2)
        with pm.Model() as second:
            pm.Normal('a', x, scale, observed=x)
    """,
    "models in a loop": """
        for scale in [1., 2., 3.]:
            with pm.Model() as model:
                k = scale + 1
                mu = pm.Normal('mu', 0, k)
                pm.Normal('x', mu, scale, observed=np.ones(2) * k)
    """,
    "a function of its arguments": """
        def build(x, scale=1.):
            with pm.Model() as model:
                b = pm.Normal('b', 0, scale, shape=x.shape[1])
                pm.Normal('y', tt.dot(x, b), 1., observed=x[:, 0])
            x = None
            return model

        build(np.ones((3, 2)))
        build(np.ones((4, 1)), scale=3.)
    """,
    "comprehensions": """
        i = 7
        with pm.Model() as model:
            parts = [pm.Normal('p%d' % i, i, 1) for i in range(3) if i != 1]
            total = tt.stack([pm.Normal('q%d%d' % (i, j), j, 1) for i in range(2) for j in range(i + 1)])
            table = {k: pm.HalfNormal(k, 2.) for k in 'xy'}
            pm.Normal('r', tt.sum(total) + i + parts[0] + table['x'], 1)
    """,
    "loops, branches and containers": """
        use = True
        with pm.Model() as model:
            effects = {}
            mu = 0.
            for name, weight in zip(['a', 'b'], [1., 2.]):
                effects[name] = pm.Normal('effect_' + name, 0, weight)
                mu = mu + effects[name] * weight
                if name == 'b':
                    break
            if use:
                s = pm.HalfNormal('s', 1)
            else:
                s = pm.HalfCauchy('s', 1)
            pm.Normal('y', mu, s, observed=np.arange(3.))
    """,
    "a name of the outside that the model binds": """
        total = 5.
        with pm.Model() as model:
            total = total + pm.Normal('a', total, 1)
            pm.Deterministic('total', total)
    """,
    "helpers between the variables": """
        with pm.Model() as model:
            n = 4
            a = pm.Normal('a', 0, 1, shape=n)
            index = np.arange(n)[::-1]
            n = 2
            b = pm.Normal('b', a[index], n, shape=4)
    """,
    "nested creation": """
        with pm.Model() as model:
            y = pm.Normal('y', pm.Normal('mu', 0, sd=pm.HalfNormal('s', 2)), 1) + pm.Normal('z', 0, 1)
            u, (v, w) = pm.Normal('u', 0, 1), (pm.Normal('v', y, 1), pm.Normal('w', 0, 1))
            k = pm.Normal('k', u, 1) if True else pm.Normal('never', 0, 1)
    """,
    "names by function": """
        def name(i):
            return 'x%d' % i

        def link(v):
            return tt.exp(v) * 2

        with pm.Model() as model:
            x = pm.Normal(name(1), 0, 1)
            pm.Normal(name(2), link(x), 1)
    """,
    "a class": """
        class Regression:
            def __init__(self, scale):
                self.scale = scale
                self.data = None

            def build(self, data):
                self.data = data
                with pm.Model() as self.model:
                    b = pm.Normal('b', 0, self.scale)
                    pm.Normal('y', b, 1., observed=self.data)
                self.data = None

        Regression(2.).build(np.ones(3))
    """,
    "made first, entered later": """
        model = pm.Model()
        scale = 3.
        with model:
            a = pm.Normal('a', 0, scale)
            pm.Normal('b', np.exp(a), 1.)
    """,
    "finished in a later block": """
        scale = 3.
        with pm.Model() as model:
            a = pm.Normal('a', 0, scale)
            k = 2.
        data = np.ones(3)
        with model:
            b = pm.Normal('b', a, k)
        with model:
            pm.Normal('y', b, 1., observed=data)
        scale = k = None
    """,
    "random numbers in the block": """
        rng = np.random.RandomState(0)
        with pm.Model() as model:
            a = pm.Normal('a', 0, 1)
            noise = rng.normal(size=3)
            pm.Normal('b', a, 1, observed=noise + rng.normal(size=3))
    """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_model(name, monkeypatch):
    header = "import numpy as np\nimport pymc3 as pm\nimport theano.tensor as tt\n"
    before = header + textwrap.dedent(PROGRAMS[name])
    result = migrate_source(before)
    assert result.references.migrated == result.references.total, result.findings
    assert {n.names[0].name for n in ast.walk(ast.parse(result.code)) if isinstance(n, ast.Import)} <= {
        "numpy",
        "pm_migrate.pymc4",
        "tensorflow",
    }

    old = Recorder()
    run(before, old_modules(old), monkeypatch)
    built: list[Any] = []
    run(result.code, new_modules(built), monkeypatch)
    for _ in range(2):
        new = Recorder()
        for generator in built:
            evaluate(generator, new)
        assert new.made == old.made, result.code
