"""What a model is made of: variables and observations of scalar families, loops, helpers, names, potentials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equivalence_tests.fuzzing import families as f
from equivalence_tests.fuzzing.draft import Draft, Shape, Value, nested
from equivalence_tests.fuzzing.expressions import data, gathered, product, real, tame

_STEMS = ("a", "b", "mu", "sigma", "theta", "beta", "rate", "alpha")


def shape_text(d: Draft, shape: Shape) -> dict[str, str]:
    """Write ``shape=`` or ``dims=``."""
    if not shape:
        return {}
    if d.coords and all(n in (d.rows, d.groups, d.columns) for n in shape) and d.flip():
        d.features.add("dims")
        names = [_dimension(d, n) for n in shape]
        if len(set(names)) < len(names):
            return {"shape": str(shape)}
        return {"dims": repr(names[0]) if len(names) == 1 else "(" + ", ".join(map(repr, names)) + ")"}
    if len(shape) == 1:
        return {"shape": d.choose((str(shape[0]), f"({shape[0]},)"))}
    return {"shape": str(shape)}


def _dimension(d: Draft, length: int) -> str:
    return "group" if length == d.groups else "column" if length == d.columns else "row"


def shapes(d: Draft) -> Shape:
    """Draw the shape of a variable, mostly that of a number."""
    return d.choose(((), (), (), (d.groups,), (d.columns,), (d.rows,), (d.groups, d.columns), (1,)))


def as_value(d: Draft, name: str, variable: f.Variable, shape: Shape) -> Value:
    """What a free variable is to the expressions after it."""
    low, high = f.spread(variable)
    return Value(name, shape, low, high, random=True, integer=variable.row.discrete)


def prior(d: Draft) -> None:
    """A free variable."""
    shape = shapes(d)
    row = d.choose(f.CONTINUOUS) if not d.flip(6) else d.choose(f.DISCRETE)
    variable = f.parameters(d, row, shape)
    extra = shape_text(d, shape)
    if not row.discrete and d.flip(8):
        extra["testval"] = repr(f.inside(d, variable, 1)[0])
        d.features.add("testval")
    if row.transform == "log" and d.flip(6):
        extra["transform"] = d.choose((d.pm("transforms.log"), d.pm("distributions.transforms.log_exp_m1")))
        d.features.add("transform")
    elif row.transform is not None and d.flip(3):
        extra["transform"] = "None"
        d.features.add("transform")
    name = d.fresh(d.choose(_STEMS))
    d.emit(f"{name} = {f.call(d, variable, repr(name), extra)}")
    value = as_value(d, name, variable, shape)
    if extra.get("transform") == "None":
        value = replace(value, low=value.low - 3, high=value.high + 3)
    d.known(value)


def predictor(d: Draft) -> Value:
    """An expression of one value per row."""
    kind = d.below(4)
    if kind == 1:
        return gathered(d)
    if kind == 2:
        return product(d)
    return real(d, (d.rows,))


def observed(d: Draft) -> None:
    """A likelihood."""
    shape: Shape = d.choose(((d.rows,), (d.rows,), (), (d.rows, d.columns)))
    row = d.choose(f.LIKELIHOODS)
    if row.name == "Normal" and shape == (d.rows,):
        variable = f.parameters(d, row, shape)
        mu = tame(d, predictor(d))
        variable = replace(variable, given={**variable.given, "mu": mu})
    else:
        variable = f.parameters(d, row, shape)
    count = int(np.prod(shape, dtype=int))
    values = f.inside(d, variable, count)
    extra = {"observed": _observations(d, values, shape)}
    if d.flip(5) and shape:
        extra["total_size"] = str(shape[0] * 2 + 1)  # most factors have no end in binary
        d.features.add("total_size")
    elif shape and d.flip(10):
        extra |= shape_text(d, shape)
    name = d.fresh("y")
    call = f.call(d, variable, repr(name), extra)
    d.emit(call if d.flip(40) else f"{name} = {call}")
    d.features.add("observed")


def _observations(d: Draft, values: list[float | int], shape: Shape) -> str:
    """Write data in one of the forms that PyMC3 takes."""
    whole = all(isinstance(v, int) for v in values)
    if not shape:
        return repr(values[0])
    kind = d.below(9)
    if kind == 1 and len(shape) == 1:
        return repr(values)
    array = d.array("data", values, shape, integer=whole)
    d.arrays.remove(array)
    if kind in (2, 6):
        return missing(d, array, values, shape)
    if kind == 3:
        d.features.add("pm.Data")
        return f"{d.pm('Data')}({d.fresh('seen')!r}, {array.code})"
    if kind == 4:
        d.features.add("shared")
        d.imports.add("import theano")
        return f"theano.shared({array.code})"
    if kind == 5 and len(shape) == 1:
        d.features.add("pandas")
        d.imports.add("import pandas as pd")
        return f"pd.Series({array.code})"
    return array.code


def missing(d: Draft, array: Value, values: list[float | int], shape: Shape) -> str:
    """Mask some observations."""
    d.features.add("missing")
    hidden = {d.below(len(values))} | ({d.below(len(values))} if d.flip() else set())
    if d.flip() and not all(isinstance(v, int) for v in values):
        texts = [d.np("nan") if i in hidden else v for i, v in enumerate(values)]
        name = d.fresh("data")
        d.data.append(f"{name} = np.array({nested(texts, shape)})")
        return name
    mask = [int(i in hidden) for i in range(len(values))]
    flags = d.array("mask", mask, shape, integer=True)
    d.arrays.remove(flags)
    return f"np.ma.masked_array({array.code}, mask={flags.code})"


def local(d: Draft) -> None:
    """A name for an expression, or one that is built up."""
    value = tame(d, real(d, shapes(d), 3))
    if not value.random:
        return
    named = d.let(d.choose(("eta", "loc", "term")), value)
    if d.flip(25):
        other = real(d, named.shape)
        if np.broadcast_shapes(other.shape, named.shape) != named.shape:
            return
        op = d.choose(("+=", "-=", "*="))
        d.emit(f"{named.code} {op} {other.code}")
        bound = named.size + other.size if op != "*=" else named.size * max(1.0, other.size)
        d.scope[-1] = replace(named, low=-bound, high=bound)
        d.features.add("augmented assignment")


def deterministic(d: Draft) -> None:
    """A deterministic."""
    value = tame(d, real(d, shapes(d), 3))
    if not value.random:
        return
    name = d.fresh("det")
    d.emit(f"{name} = {d.pm('Deterministic')}({name!r}, {value.code})")
    d.known(replace(value, code=name, atom=True))
    d.features.add("deterministic")


def potential(d: Draft) -> None:
    """A potential."""
    value = tame(d, real(d, shapes(d), 2))
    if not value.random:
        return
    if d.flip(40):
        family = f.parameters(d, d.choose(f.CONTINUOUS[:1] + f.CONTINUOUS[6:7]), ())
        value = replace(value, code=f"{f.call(d, family, None)}.logp({value.code})", atom=True)
        d.features.add("dist().logp")
    if value.atom and "(" not in value.code:  # PyMC3 gives a variable the name of the potential that it is
        value = replace(value, code=f"1.0 * {value.code}", atom=False)
    name = d.fresh("pot")
    d.emit(f"{d.pm('Potential')}({name!r}, {value.code})")
    d.features.add("potential")


def loop(d: Draft) -> None:
    """Variables of a loop, stacked."""
    variable = f.parameters(d, d.choose(f.CONTINUOUS[:9]), ())
    stem, count = d.fresh("u"), 2 + d.below(2)
    label = d.choose((f"'{stem}_%d' % i", f"f'{stem}_{{i}}'", f"'{stem}_{{}}'.format(i)", f"'{stem}_' + str(i)"))
    parts = d.fresh("parts")
    kind = d.below(3)
    call = f.call(d, variable, label)
    if kind == 0:
        d.emit(f"{parts} = [{call} for i in range({count})]")
        d.features.add("comprehension")
    elif kind == 1:
        d.emit(f"{parts} = []")
        with d.indented(f"for i in range({count}):"):
            d.emit(f"{parts}.append({call})")
        d.features.add("loop")
    else:
        d.emit(f"{parts} = [{call} for i, _ in enumerate({['one', 'two', 'three'][:count]!r})]")
        d.features.add("enumerate")
    one = as_value(d, f"{parts}[0]", variable, ())
    d.known(one)
    d.known(replace(one, code=f"{d.tt('stack')}({parts})", shape=(count,)))
    if d.flip(30):
        total = replace(one, code=f"sum({parts})", low=count * min(0, one.low), high=count * one.high)
        d.let("total", tame(d, total))


def named_parts(d: Draft) -> None:
    """Variables of a dictionary, or of a loop over pairs."""
    families = [f.parameters(d, d.choose(f.CONTINUOUS[:9]), (), depth=0) for _ in range(2)]
    stem = d.fresh("by_name")
    keys = [f"{stem}_left", f"{stem}_right"]
    kind = d.below(3)
    if kind == 0:
        d.emit(f"{stem} = {{k: {f.call(d, families[0], 'k')} for k in {keys!r}}}")
        families[1] = families[0]
        d.features.add("dictionary of variables")
    elif kind == 1:
        d.emit(f"{stem} = {{}}")
        scale = d.number(0.5, 3)
        with d.indented(f"for name, sd in zip({keys!r}, [1.0, {scale.code}]):"):
            d.emit(f"{stem}[name] = {d.pm('Normal')}(name, 0.0, sd=sd)")
        families = [replace(families[0], row=f.CONTINUOUS[0], form=f.CONTINUOUS[0].forms[0], test=(0.0, 0.0),
                            given={"mu": Value("0.0"), "sigma": Value("1.0", low=1.0, high=1.0)})] * 2  # fmt: skip
        d.features.add("loop over pairs")
    else:
        made = [f.call(d, v, repr(k)) for k, v in zip(keys, families, strict=True)]
        d.emit(f"{stem} = dict(zip({keys!r}, [{made[0]}, {made[1]}]))")
        d.features.add("dictionary of variables")
    for key, variable in zip(keys, families, strict=True):
        d.known(as_value(d, f"{stem}[{key!r}]", variable, ()))


def branch(d: Draft) -> None:
    """A variable whose family a flag decides."""
    families = [f.parameters(d, d.choose(f.CONTINUOUS[:9]), ()) for _ in range(2)]
    flag, name = d.fresh("flag"), d.fresh("either")
    d.data.append(f"{flag} = {d.choose(('True', 'False'))}")
    for word, variable in zip((f"if {flag}:", "else:"), families, strict=True):
        with d.indented(word):
            d.emit(f"{name} = {f.call(d, variable, repr(name))}")
    spreads = [f.spread(v) for v in families]
    d.known(Value(name, (), min(s[0] for s in spreads), max(s[1] for s in spreads), random=True))
    d.features.add("branch")


def helper(d: Draft) -> None:
    """A function that makes a random variable, and its calls."""
    variable = f.parameters(d, d.choose(f.CONTINUOUS[:9]), (), depth=0)
    if any(v.random for v in variable.given.values()):
        return
    name = d.fresh("make")
    lines = [f"def {name}(name):", f"    return {f.call(d, variable, 'name')}"]
    if d.flip(30):
        call = lines[1].removeprefix("    return ")
        lines[1:] = [f"    inner = {call}", f"    return inner {d.choose(('+', '*'))} 2.0"]
        variable = replace(variable, test=(variable.test[0], variable.test[1]))
    d.helpers += [*lines, ""]
    for _ in range(1 + d.below(2)):
        made = d.fresh("h")
        d.emit(f"{made} = {name}({made!r})")
        value = as_value(d, made, variable, ())
        if len(lines) == 3:
            value = replace(value, low=min(2 * value.low, value.low), high=2 * max(value.high, 0.0) + 2.0)
        d.known(value)
    d.features.add("helper with a variable")


def link(d: Draft) -> None:
    """A function of tensors, and its call."""
    before = d.scope
    d.scope = [Value("v", (), -3, 3, random=True)]
    inside = tame(d, real(d, (), 2))
    d.scope = before
    if not inside.random:
        return
    arguments = [v for v in d.scope if v.random and v.size <= 3 and v.low >= -3]
    if not arguments:
        return
    name = d.fresh("link")
    if d.flip(30):
        d.helpers += [f"{name} = lambda v: {inside.code}", ""]
    else:
        d.helpers += [f"def {name}(v):", f"    return {inside.code}", ""]
    argument = d.choose(arguments[::-1])
    shape = () if inside.shape == () and "v" not in inside.code else argument.shape
    if "[" in inside.code or "sum" in inside.code:
        shape = argument.shape
    d.let("linked", replace(inside, code=f"{name}({argument.code})", shape=shape, atom=True))
    d.features.add("helper of tensors")


def bound(d: Draft) -> None:
    """A bounded variable."""
    row = d.choose(f.CONTINUOUS[:1] + f.CONTINUOUS[6:7])
    variable = f.parameters(d, row, ())
    kind = d.below(3)
    ends = {}
    if kind != 1:
        ends["lower"] = d.number(-2, 0.5)
    if kind != 0:
        ends["upper"] = d.number(1.5, 4)
    made = ", ".join(f"{k}={v.code}" for k, v in ends.items())
    shape = shapes(d)
    name = d.fresh("bounded")
    text = f"{d.pm('Bound')}({d.pm(row.name)}, {made})"
    if d.flip():
        cls = d.fresh("Bounded")
        d.emit(f"{cls} = {text}")
        text = cls
    inside = ", ".join([repr(name), *f.arguments(d, variable), *(f"{k}={v}" for k, v in shape_text(d, shape).items())])
    d.emit(f"{name} = {text}({inside})")
    low = ends["lower"].low if "lower" in ends else ends["upper"].low - 8
    high = ends["upper"].low if "upper" in ends else ends["lower"].low + 8
    d.known(Value(name, shape, low, high, random=True))
    d.features.add("bound")


def container(d: Draft) -> None:
    """Data that may be replaced."""
    shape = d.choose(((d.rows,), (d.rows, d.columns), (d.groups,)))
    array = data(d, shape)
    if d.flip():
        name = d.fresh("held")
        d.emit(f"{name} = {d.pm('Data')}({name!r}, {array.code})")
        d.features.add("pm.Data")
    else:
        d.imports.add("import theano")
        name = d.fresh("shared")
        d.data.append(f"{name} = theano.shared({array.code})")
        d.features.add("shared")
    d.known(replace(array, code=name, random=True))
