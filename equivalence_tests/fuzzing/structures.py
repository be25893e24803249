"""What a model is made of, continued: mixtures, vectors, matrices, labels, series, own densities, parts of models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equivalence_tests.fuzzing import families as f
from equivalence_tests.fuzzing.draft import Draft, Value
from equivalence_tests.fuzzing.expressions import of_shape, positive, real, tame


def simplex(d: Draft, size: int) -> Value:
    """Weights that sum to 1."""
    kind = d.below(4)
    if kind in (0, 3):
        weights = {2: "[0.4, 0.6]", 3: "[0.2, 0.3, 0.5]", 4: "[0.1, 0.2, 0.3, 0.4]"}[size]
        return Value(f"{d.np('array')}({weights})", (size,), 0.1, 0.6)
    source = of_shape(d, (size,))
    if kind == 1 and source is not None and source.size < 10:
        d.features.add("softmax")
        return Value(f"{d.tt('nnet.softmax')}({source.code})[0]", (size,), 0.0, 1.0, True)
    known = [v for v in d.scope if v.code.startswith("weights") and v.shape == (size,)]
    if known:
        return known[-1]
    name = d.fresh("weights")
    a = d.choose((f"{d.np('ones')}({size})", f"{d.np('array')}({[1.5 + i for i in range(size)]})"))
    d.emit(f"{name} = {d.pm('Dirichlet')}({name!r}, a={a}, shape={size})")
    d.features.add("distribution Dirichlet")
    return d.known(Value(name, (size,), 0.001, 0.999, True))


def weights(d: Draft) -> None:
    """A vector of weights."""
    simplex(d, d.groups)


def mixture(d: Draft) -> None:
    """Observations of a mixture."""
    k = 2 + d.below(2)
    w = simplex(d, k)
    kind = d.below(4)
    name = d.fresh("mix")
    if kind == 0:
        mu = of_shape(d, (k,)) or Value(f"{d.np('array')}({[-1.0, 1.0, 2.0][:k]})", (k,), -1, 2)
        sigma = positive(d, ())
        scale = f"sigma={sigma.code}" if not d.flip(20) else f"tau={sigma.code}"
        values = d.array("data", [d.number(-3, 3).low for _ in range(d.rows)], (d.rows,))
        d.emit(f"{d.pm('NormalMixture')}({name!r}, {w.code}, {mu.code}, {scale}, observed={values.code})")
        d.features.add("normal mixture")
        return
    discrete = d.flip(30)
    if kind == 1:
        rows = [d.choose(f.CONTINUOUS[:1] + f.CONTINUOUS[6:7])] * k if not discrete else [f.DISCRETE[3]] * k
        variables = [f.parameters(d, row, ()) for row in rows]
        comps = "[" + ", ".join(f.call(d, v, None) for v in variables) + "]"
    else:
        variable = f.parameters(d, f.DISCRETE[3] if discrete else d.choose(f.CONTINUOUS[:4]), (k,))
        variables = [variable]
        comps = f.call(d, variable, None, {"shape": k})
    values = f.inside(d, variables[0], d.rows)
    if not discrete:
        values = [abs(v) for v in values]
    array = d.array("data", values, (d.rows,), integer=discrete)
    d.arrays.remove(array)
    d.emit(f"{d.pm('Mixture')}({name!r}, w={w.code}, comp_dists={comps}, observed={array.code})")
    d.features.add("mixture of a list" if kind == 1 else "mixture of a vector")


def categorical(d: Draft) -> None:
    """Labels."""
    k = d.groups
    w = simplex(d, k)
    name = d.fresh("label")
    labels = [d.below(k) for _ in range(d.rows)]
    array = d.array("data", labels, (d.rows,), integer=True)
    d.arrays.remove(array)
    if d.flip(30):
        d.emit(f"{name} = {d.pm('Categorical')}({name!r}, p={w.code}, shape={d.rows})")
        d.known(Value(name, (d.rows,), 0, k - 1, True, integer=True))
        source = of_shape(d, (k,))
        if source is not None:
            d.let("chosen", replace(source, code=f"{source.tight}[{name}]", shape=(d.rows,)))
        d.features.add("latent labels")
        return
    d.emit(f"{d.pm('Categorical')}({name!r}, p={w.code}, observed={array.code})")
    d.features.add("distribution Categorical")


def ordered(d: Draft) -> None:
    """Ordered categories, with fixed or random cutpoints."""
    name, family = d.fresh("rating"), d.choose(("OrderedLogistic", "OrderedProbit"))
    cuts = f"{d.np('array')}([-1.0, 0.5])"
    if d.flip():
        cuts = d.fresh("cuts")
        d.emit(
            f"{cuts} = {d.pm('Normal')}({cuts!r}, 0.0, 2.0, shape=2, "
            f"transform={d.pm('distributions.transforms.ordered')}, testval={d.np('array')}([-1.0, 0.5]))"
        )
        d.known(Value(cuts, (2,), -8, 8, True))
        d.features.add("ordered transform")
    eta = tame(d, real(d, (d.rows,)))
    if eta.size > 4:
        eta = Value(f"{d.tt('tanh')}({eta.code})", eta.shape, -1, 1, True)
    array = d.array("data", [d.below(3) for _ in range(d.rows)], (d.rows,), integer=True)
    d.arrays.remove(array)
    d.emit(f"{d.pm(family)}({name!r}, eta={eta.code}, cutpoints={cuts}, observed={array.code})")
    d.features.add(f"distribution {family}")


def _covariance(d: Draft, n: int) -> tuple[str, str]:
    """A keyword of a multivariate normal, and its matrix."""
    kind = d.below(4)
    if kind == 0:
        return "cov", f"{d.np('eye')}({n})"
    if kind == 1:
        scale = positive(d, ())
        return d.choose(("cov", "tau")), f"{scale.tight} * {d.np('eye')}({n})"
    if kind == 2:
        scale = positive(d, ())
        return "chol", f"{d.tt('diag')}({scale.tight} * {d.np('ones')}({n}))"
    name = d.fresh("chol")
    sd = f.parameters(d, d.choose((f.CONTINUOUS[1], f.CONTINUOUS[2])), (), depth=0)
    dist = f.call(d, sd, None)
    eta = d.number(1, 4).code
    if d.flip():
        extra = ", ".join([repr(name), f"n={n}", f"eta={eta}", f"sd_dist={dist}", "compute_corr=True"])
        d.emit(f"{name}, _, _ = {d.pm('LKJCholeskyCov')}({extra})")
        d.features.add("LKJCholeskyCov unpacked")
        return "chol", name
    d.emit(f"packed_{name} = {d.pm('LKJCholeskyCov')}('packed_{name}', n={n}, eta={eta}, sd_dist={dist})")
    d.emit(f"{name} = {d.pm('expand_packed_triangular')}({n}, packed_{name})")
    d.features.add("LKJCholeskyCov packed")
    return "chol", name


def multivariate(d: Draft) -> None:
    """Normal or Student vectors."""
    n = d.columns
    keyword, matrix = _covariance(d, n)
    name = d.fresh("mv")
    mu = real(d, (n,), 1)
    mean = (
        mu.code if mu.shape == (n,) else f"{mu.tight} * {d.np('ones')}({n})" if mu.random else f"{d.np('zeros')}({n})"
    )
    family, first = ("MvNormal", "") if not d.flip(30) else ("MvStudentT", f"nu={d.number(2, 8).code}, ")
    head = f"{d.pm(family)}({name!r}, {first}mu={mean}, {keyword}={matrix}, "
    d.features.add(f"distribution {family}")
    if d.flip():
        values = d.array("data", [d.number(-2, 2).low for _ in range(d.rows * n)], (d.rows, n))
        d.arrays.remove(values)
        d.emit(f"{head}observed={values.code})")
        return
    d.emit(f"{name} = {head}shape={n})")
    d.known(Value(name, (n,), -mu.size - 3, mu.size + 3, True))


def counts(d: Draft) -> None:
    """Multinomial counts."""
    k, total = d.groups, 6
    rows = []
    for _ in range(d.rows):
        first = d.below(total + 1)
        rest = [0] * (k - 1)
        rest[d.below(k - 1)] = total - first
        rows += [first, *rest]
    array = d.array("data", rows, (d.rows, k), integer=True)
    d.arrays.remove(array)
    name = d.fresh("tally")
    if d.flip(30):
        a = positive(d, (k,))
        text = a.code if a.shape else f"{a.tight} * {d.np('ones')}({k})"
        family = f"{d.pm('DirichletMultinomial')}({name!r}, n={total}, a={text}, shape=({d.rows}, {k}), "
        d.features.add("distribution DirichletMultinomial")
    else:
        family = f"{d.pm('Multinomial')}({name!r}, n={total}, p={simplex(d, k).code}, "
        d.features.add("distribution Multinomial")
    d.emit(f"{family}observed={array.code})")


def series(d: Draft) -> None:
    """A time series, latent or observed."""
    length = d.rows + 1
    kind = d.below(5)
    name = d.fresh("walk")
    if kind <= 1:
        sigma = positive(d, ())
        start = f", init={d.pm('Normal')}.dist(0.0, 2.0)" if d.flip(30) else ""
        drift = f", mu={real(d, (), 1).code}" if d.flip(20) else ""
        call = f"{d.pm('GaussianRandomWalk')}({name!r}, sigma={sigma.code}{drift}{start}"
    elif kind == 2:
        sigma = positive(d, ())
        rho = real(d, (), 1)
        call = f"{d.pm('AR')}({name!r}, rho=[{rho.code}, 0.2], sigma={sigma.code}"
    elif kind == 3:
        k = d.number(0.1, 0.9) if d.flip() else Value("0.5")
        call = f"{d.pm('AR1')}({name!r}, k={k.code}, tau_e={positive(d, ()).code}"
    else:
        omega, vol = positive(d, ()), positive(d, ())
        one = f"{d.tt('as_tensor_variable')}({vol.code})"
        call = f"{d.pm('GARCH11')}({name!r}, omega={omega.code}, alpha_1=0.3, beta_1=0.4, initial_vol={one}"
    d.features.add("series " + call.split("(")[0].rsplit(".", 1)[1])
    if d.flip():
        values = d.array("data", [d.number(-2, 2).low for _ in range(length)], (length,))
        d.arrays.remove(values)
        d.emit(f"{call}, observed={values.code})")
        return
    d.emit(f"{name} = {call}, shape={length})")
    d.known(Value(name, (length,), -3, 3, True))


def own_density(d: Draft) -> None:
    """A DensityDist."""
    before, d.scope = d.scope, [*d.scope, Value("value", (), -3, 3, True)]
    inside = tame(d, real(d, (), 1))
    d.scope = before
    name = d.fresh("own")
    density = f"-0.5 * value ** 2 + 0.1 * {inside.tight}"
    if d.flip():
        function = d.fresh("logp")
        d.emit(f"def {function}(value):", f"    return {density}", "")
        density = function
    else:
        density = f"lambda value: {density}"
    d.features.add("DensityDist")
    if d.flip():
        values = d.array("data", [d.number(-2, 2).low for _ in range(d.rows)], (d.rows,))
        d.emit(f"{d.pm('DensityDist')}({name!r}, {density}, observed={values.code})")
        return
    d.emit(f"{name} = {d.pm('DensityDist')}({name!r}, {density})")
    d.known(Value(name, (), -3, 3, True))


def interpolated(d: Draft) -> None:
    """A variable of an interpolated density."""
    name = d.fresh("curve")
    x, y = d.np("linspace") + "(-2, 2, 6)", d.np("array") + "([0.1, 0.5, 1.0, 0.8, 0.4, 0.1])"
    d.emit(f"{name} = {d.pm('Interpolated')}({name!r}, {x}, {y})")
    d.known(Value(name, (), -2, 2, True))
    d.features.add("distribution Interpolated")


def flat(d: Draft) -> None:
    """A flat prior."""
    family, low = d.choose((("Flat", -2.5), ("HalfFlat", 0.05)))
    name = d.fresh("flat")
    d.emit(f"{name} = {d.pm(family)}({name!r})")
    d.known(Value(name, (), low, 8 if family == "HalfFlat" else 2.5, True))
    d.features.add(f"distribution {family}")


def part(d: Draft) -> None:
    """A model in the model."""
    name = d.fresh("part")
    inner = d.fresh("inner")
    variable = f.parameters(d, d.choose(f.CONTINUOUS[:9]), ())
    with d.indented(f"with {d.pm('Model')}({name!r}):"):
        d.emit(f"{inner} = {f.call(d, variable, repr(inner))}")
    low, high = f.spread(variable)
    d.known(Value(inner, (), low, high, True))
    d.features.add("model in a model")


def matrix(d: Draft) -> None:
    """Algebra of a matrix."""
    n = d.groups
    source = of_shape(d, (n,))
    if source is None or source.size > 6:
        return
    a = f"({d.tt('outer')}({source.code}, {source.code}) + 2.0 * {d.np('eye')}({n}))"
    kind = d.below(5)
    top = n * source.size**2 + 2
    texts = {
        0: (f"{d.tt('log')}({d.tt('nlinalg.det')}({a}))", (), 0.0, float(n) * np.log(top)),
        1: (f"{d.tt('slinalg.cholesky')}({a})[0, 0]", (), 1.0, float(np.sqrt(top))),
        2: (f"{d.tt('nlinalg.matrix_inverse')}({a}).sum()", (), 0.0, float(n)),
        3: (f"{d.tt('dot')}({a}, {source.code})", (n,), -top * source.size, top * source.size),
        4: (f"{d.tt('nlinalg.trace')}({a})", (), 2.0, top * n),
    }
    code, shape, low, high = texts[kind]
    d.let("alg", tame(d, Value(code, shape, low, high, True)))
    d.features.add("linear algebra")


def scan(d: Draft) -> None:
    """A loop of theano.scan."""
    rate = positive(d, ())
    d.imports.add("import theano")
    name = d.fresh("path")
    d.emit(
        f"{name}, _ = theano.scan(lambda last: 0.5 * last + {d.tt('log1p')}({rate.code}), "
        f"outputs_info={d.tt('as_tensor_variable')}(0.1), n_steps={d.rows})"
    )
    d.known(Value(name, (d.rows,), 0.05, 8.0, True))
    d.features.add("scan")
