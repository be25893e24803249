"""Functions of other files that create random variables: ``from priors import prior``.

Given both files in one run (``pm-migrate src/``), the function becomes a generator in its file, and its calls
``yield from`` in all of them, or in none: also in files that never mention PyMC3, and through as many functions as
there are in between.

Why: a generator has to be handed what a helper function creates, wherever that stands.

Limits: a file that keeps a model which calls the function keeps the function in all files. A function that is passed
on, or called outside of the models of a file, keeps its callers as they were, and so does a method of a class.
Whether a function of a package that is not in the run creates variables cannot be seen: where a model calls one, this
is for review. What looks like a variable (``Own('x', mu=mu, observed=y)``) keeps the model as it was, and so does what
another file holds by a name that is no function there (``Wide = pm.Bound(pm.Normal, lower=0)``).
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Role
from pm_migrate.codemod.links import Linked
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.roots import is_reference
from pm_migrate.codemod.rules import built_on
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.model_object import passed_on
from pm_migrate.codemod.rules.random_variable import variable_group
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.scopes import bound_name, bound_names
from pm_migrate.codemod.tree import code

RULE = Rule(
    "PM264",
    "Functions of other files that create random variables",
    __doc__ or "",
)

RULES = (RULE,)

#: It takes two files, so that it is no example of the rule itself.
EXAMPLE = Example(
    """
    # priors.py
    import pymc3 as pm

    def prior(name):
        return pm.Normal(name, 0, 1)

    # main.py
    import pymc3 as pm
    from priors import prior

    with pm.Model() as model:
        pm.Normal('y', prior('x'), 1, observed=data)
    """,
    """
    # priors.py
    import pm_migrate.pymc4 as pm

    def prior(name):
        return (yield pm.Normal(name, 0, 1))

    # main.py
    import pm_migrate.pymc4 as pm
    from priors import prior


    @pm.model(name=None)
    def build_model():
        yield pm.Normal('y', (yield from prior('x')), 1, observed=data)


    model = build_model()
    """,
)


#: Packages that create no variables of PyMC3's.
KNOWN = sys.stdlib_module_names | frozenset(
    """IPython altair arviz bokeh cartopy cycler dask daft geopandas google h5py holoviews ipywidgets jax joblib
    lifelines matplotlib mpl_toolkits networkx numba numpy openpyxl pandas pandas_datareader pandas_profiling
    patsy pathlib2 PIL plotly pylab pytz quandl requests scipy seaborn shapely six skimage sklearn sparse
    statsmodels sympy tensorflow tensorflow_probability tqdm torch xarray yaml yfinance""".split()
)


#: Packages that give Theano's functions.
OF_THEANO = frozenset({"aesara", "aesara_theano_fallback"})

#: What only a variable is given.
_OF_VARIABLES = frozenset("dims observed shape testval total_size transform".split())

_WAY_OUT = "rewrite its file in the same run"


def plan_unseen(plan: Plan, models: Models) -> None:
    """Name the functions that a model calls and that are in no file of the run."""
    for block in models.blocks:
        for statement in block.body:
            after = block.roles.get(statement) is Role.AFTER  # its calls would run behind the model, and no more in it
            for call in plan.tree.walk(statement, cst.Call):
                name = plan.flow.name_of(call.func)
                starred = name is None and _may_be_starred(plan, call.func)
                nowhere = name is None and not starred and _is_nowhere(plan, call)
                if not after and _is_missing(plan, call):
                    way_out = "if it creates variables, bring the classes together"
                    message = f"`{code(call.func)}` is in no class of this file: {way_out}"
                    plan.refuse(call, block.key, RULE.code, message)
                    continue
                if _is_thing(plan, call):
                    message = (
                        f"`{code(call.func)}` may create a variable, in another file: make it a function with def there"
                    )
                    plan.refuse(call, block.key, RULE.code, message)
                    continue
                given = not nowhere and not starred and _is_given(plan, call)
                if not (starred or nowhere or given or (name is not None and _is_unseen(plan, name))):
                    continue
                if built_on.is_built_on(plan, call):
                    continue  # a rule of its own says so
                if (name or "").split(".")[0] in OF_THEANO:
                    if after:
                        continue
                    message = f"`{code(call.func)}` is Theano's by another name: take it from theano"
                    plan.refuse(call, block.key, RULE.code, message)
                    continue
                where, way_out = f"`{code(call.func)}` is in no file of this run", _WAY_OUT
                if given:
                    where, way_out = f"what `{code(call.func)}` does cannot be seen", "make it a function with def"
                if _makes_variable(plan, call):
                    message = f"{where}, and is called as what creates a variable: {way_out}"
                    plan.refuse(call, block.key, RULE.code, message)
                elif not after:
                    message = f"{where}: if it creates variables, {way_out}"
                    plan.note(call, block.key, RULE.code, message, review=True)


def _makes_variable(plan: Plan, call: cst.Call) -> bool:
    """Whether a call gives a name, and what only a variable has."""
    keywords = {a.keyword.value for a in call.args if a.keyword is not None}
    first = next((a for a in call.args if (a.keyword is None and a.star == "") or _is_name(a)), None)
    if first is None or not _is_text(plan, first.value):
        return False
    return bool(keywords & _OF_VARIABLES)


def _is_name(arg: cst.Arg) -> bool:
    return arg.keyword is not None and arg.keyword.value == "name"


def _is_text(plan: Plan, node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.BinaryOperation):
        return _is_text(plan, node.left)
    string = isinstance(node, (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString))
    return string or v.only(plan.flow.value(node), v.Text)


def _may_be_starred(plan: Plan, func: cst.BaseExpression) -> bool:
    """Whether a name may have come by the ``import *`` of a file that is not in the run."""
    if not isinstance(func, cst.Name) or plan.flow.sites.get(func):
        return False
    return any(_is_unseen(plan, f"{module}.{func.value}") for module in plan.flow.star_sites)


def _is_nowhere(plan: Plan, call: cst.Call) -> bool:
    """Whether nothing in the program binds what is called with a text: ``%run priors.py`` or the session did."""
    first = next(iter(call.args), None)
    if not isinstance(call.func, cst.Name) or plan.flow.sites.get(call.func) or first is None or first.star:
        return False
    return not hasattr(builtins, call.func.value) and _is_text(plan, first.value)


def _is_thing(plan: Plan, call: cst.Call) -> bool:
    """Whether what is called with a text is held by a name of another file, which is no function there."""
    first = next(iter(call.args), None)
    if first is None or first.star or not plan.options.links.seen or not _is_text(plan, first.value):
        return False
    func = call.func
    while isinstance(func, (cst.Subscript, cst.Call)):
        inner, func = func, func.value if isinstance(func, cst.Subscript) else func.func
        if isinstance(inner, cst.Call) and _is_here(plan, func):
            return True  # a function of another file gave it
    name = plan.flow.name_of(func)
    names = {name} if name is not None and not is_reference(name) else set()
    if isinstance(func, cst.Name) and not plan.flow.sites.get(func):
        names |= {f"{module}.{func.value}" for module in plan.flow.star_sites}
    plan.things |= (found := names & plan.options.links.things)
    return bool(found)


def _is_here(plan: Plan, func: cst.BaseExpression) -> bool:
    """Whether a function is one of a file that was looked at, and not PyMC3's: its own source may lie beside."""
    name = plan.flow.name_of(func) or ""
    return name.rpartition(".")[0] in plan.options.links.seen and not is_reference(name)


def _is_given(plan: Plan, call: cst.Call) -> bool:
    """Whether what is called with a text is something that the program was given: ``partial(...)`` made it, say."""
    first = next(iter(call.args), None)
    if not isinstance(call.func, (cst.Name, cst.Subscript, cst.Call)) or first is None or first.star:
        return False
    value = plan.flow.value(call.func)
    return bool(value) and v.only(value, v.Plain) and _is_text(plan, first.value)


def _is_missing(plan: Plan, call: cst.Call) -> bool:
    """Whether an object is asked for a method that only a class derived from its own can have."""
    match call.func:
        case cst.Attribute(value=base, attr=cst.Name(value=name)):
            owners = plan.flow.value(base)
            return v.only(owners, v.Instance) and all(
                isinstance(a, v.Instance) and plan.flow.families.lacks(a.node, name) and not _is_kept(plan, a, name)
                for a in owners
            )
    return False


def _is_kept(plan: Plan, instance: v.Instance, name: str) -> bool:
    """Whether something is stored in the objects of a class under a name, or in the class itself."""
    scope = plan.flow.scope_sites(instance.node, name)
    return bool(scope) or (instance.node, name) in plan.flow.attribute_sites


def _is_unseen(plan: Plan, name: str) -> bool:
    module, _, _ = name.rpartition(".")
    root = module.split(".")[0]
    if not module or root in KNOWN or is_reference(name):
        return False
    return not any(module == seen or module.startswith(seen + ".") for seen in plan.options.links.seen)


def plan_elsewhere(plan: Plan, models: Models) -> None:
    """Refuse models that call functions of other files which stay as they are, or that are used otherwise."""
    for call, name in plan.helpers.elsewhere.items():
        if name in plan.options.links.kept:
            message = f"`{code(call.func)}` creates variables in another file: give both to one run, or see there"
            plan.refuse(call, variable_group(plan, call), RULE.code, message)
    for function in plan.helpers.functions:
        if _is_at_top(plan, function) and function.name.value in plan.options.links.given_up:
            message = "a model of another file calls this and stays as it was: see there"
            plan.refuse(function, function, RULE.code, message)
    _plan_methods(plan, models)
    for node, name in _passed_on(plan):
        group = function_group(plan, node)
        plan.unite(group, *(a.site for a in plan.flow.value(node) if isinstance(a, v.Qualified) and a.site is not None))
        message = f"`{name}` creates variables in another file: only call it, in the block of a model"
        plan.refuse(node, group, RULE.code, message)


def _plan_methods(plan: Plan, models: Models) -> None:
    """Refuse models that call methods of classes of other files which create variables."""
    named = {name.rpartition(".")[2] for name in plan.options.links.methods}
    makes = {name.rpartition(".")[0] for name in plan.options.links.methods if name.endswith(".__init__")}
    for call in plan.tree.of(cst.Call) if named else ():
        made = plan.flow.name_of(call.func) in makes
        if not made:
            if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in named:
                continue
            if not _may_be_elsewhere(plan.flow.value(call.func.value)) and not _is_missing(plan, call):
                continue
        key = variable_group(plan, call)
        if plan.flow.context.get(call) is None:  # a model may call what stands around it
            plan.unite(key, *models.models)
        message = f"`{code(call.func)}` creates variables in a class of another file: make it a function there"
        plan.refuse(call, key, RULE.code, message)


def plan_things(plan: Plan) -> None:
    """Keep what models of other files call by names of this one, where these stay as they were."""
    called = plan.options.links.called | plan.options.links.given_up
    for node in plan.tree.of(cst.Assign, cst.AnnAssign) if called else ():
        scope = plan.tree.scope(node)
        names = {bound_name(site) for site in bound_names(node)}
        if isinstance(scope, cst.ClassDef):
            names, scope = {scope.name.value}, plan.tree.scope(scope)
        if scope is not plan.tree.module or not names & called:
            continue
        for reference in plan.tree.walk(node):
            if reference in plan.flow.references:
                message = "a model of another file calls this and stays as it was: see there"
                plan.refuse(reference, plan.owner.get(reference, reference), RULE.code, message)


def _may_be_elsewhere(value: v.Value) -> bool:
    """Whether something may be an object of a class of another file."""
    known = (v.Number, v.Text, v.ModelRef, v.Tensor, v.Foreign, v.Dist, v.Symbol, v.TraceRef, v.Instance, v.Function)
    return not all(isinstance(a, known) or (isinstance(a, v.Qualified) and is_reference(a.name)) for a in value)


def _passed_on(plan: Plan) -> Iterator[tuple[cst.CSTNode, str]]:
    """Places that name such a function and do not call it."""
    for node, value in plan.flow.values.items() if plan.flow.makers else ():
        names = {a.name for a in value if isinstance(a, v.Qualified)} & plan.flow.makers
        parent = plan.tree.parent.get(node)
        called = isinstance(parent, cst.Call) and parent.func is node
        if names and isinstance(node, (cst.Name, cst.Attribute)) and not called:
            yield node, sorted(names)[0]


def linked(plan: Plan) -> Linked:
    """What a program has to say to the other files of a run, once all is planned."""
    helpers = plan.helpers
    own: dict[str, cst.CSTNode] = {f.name.value: f for f in helpers.functions if _is_at_top(plan, f)}
    top = [node for node in plan.flow.own if plan.tree.parent.get(node) is plan.tree.module]
    distributions = {node.name.value: node for node in top if isinstance(node, cst.ClassDef)}
    own |= distributions
    used = {name for call, name in helpers.elsewhere.items() if helpers.calls[call]}
    blocked = {name for call, name in helpers.elsewhere.items() if any(map(plan.is_blocked, helpers.calls[call]))}
    blocked |= {name for name in plan.options.links.called if name not in own or plan.is_blocked(own[name])}
    passed = {name for _, name in _passed_on(plan)} | _whole(plan)
    builders = {f.name.value: sites for f, sites in _builders(plan)}
    classes = frozenset(f.name.value for f, _ in _builders(plan) if isinstance(f, cst.ClassDef))
    taken, unfit = _taken_models(plan)
    unfit |= {name for name, sites in builders.items() if any(map(plan.is_blocked, sites))}
    blocked |= unfit
    return Linked(
        makers=frozenset(own),
        distributions=frozenset(distributions),
        builders=frozenset(builders),
        model_classes=classes,
        methods=frozenset(m for f in helpers.functions if (m := _method(plan, f)) is not None),
        used=frozenset(used | taken) | passed,
        blocked=frozenset(blocked | passed),
    )


def _whole(plan: Plan) -> set[str]:
    """The names of other files that models here call for what they hold; of a member of a class, the class."""
    seen = plan.options.links.seen
    modules = {name: max((m for m in seen if name.startswith(f"{m}.")), key=len) for name in plan.things}
    return {f"{module}.{name.removeprefix(f'{module}.').split('.')[0]}" for name, module in modules.items()}


def _builders(plan: Plan) -> Iterator[tuple[cst.FunctionDef | cst.ClassDef, set[cst.CSTNode]]]:
    """The functions at the top that certainly give a model which they make, and the calls that make these.

    A subclass of ``pm.Model`` gives one, too, and is what makes it.
    """
    for made in plan.flow.model_classes.values():
        if plan.tree.parent.get(made.node) is plan.tree.module:
            yield made.node, {made.node}
    for function, facts in plan.flow.functions.items():
        value = facts.returns | facts.known_returns
        if _is_at_top(plan, function) and isinstance(function, cst.FunctionDef) and v.only(value, v.ModelRef):
            sites = {m.site for m in v.models(value)}
            if all(plan.tree.inside(site, function) for site in sites) and not function.decorators:
                yield function, sites


def _taken_models(plan: Plan) -> tuple[set[str], set[str]]:
    """The functions elsewhere whose models are used here, and those that are used in a way which stays PyMC3's."""
    taken: set[str] = set()
    unfit: set[str] = set()
    given = passed_on(plan)
    for node, value in plan.flow.values.items() if plan.flow.builders else ():
        names = {a.name for a in value if isinstance(a, v.Qualified)} & plan.flow.builders
        if not names or not isinstance(node, (cst.Name, cst.Attribute)):
            continue
        taken |= names
        call = plan.tree.parent[node]
        known = isinstance(call, cst.Call) and call.func is node and v.only(plan.flow.value(call), v.ModelRef)
        named = known and bool(names & plan.options.links.model_classes) and _may_name(plan, call)
        if not known or named or plan.is_blocked(call) or plan.root(call) in given:
            unfit |= names
    return taken, unfit


def _may_name(plan: Plan, call: cst.CSTNode) -> bool:
    """Whether a call of a subclass of ``pm.Model`` may give a name, or the model around it."""
    return isinstance(call, cst.Call) and any(
        a.star
        or (a.keyword is not None and a.keyword.value in ("name", "model"))
        or (a.keyword is None and not _is_no_name(plan.flow.value(a.value)))
        for a in call.args
    )


def _is_no_name(value: v.Value) -> bool:
    """Whether an argument certainly is neither a text nor a model."""
    return not any(isinstance(a, (v.Text, v.ModelRef)) for a in value)


def _method(plan: Plan, function: cst.CSTNode) -> str | None:
    """The name of a function with its class, if it is a method of one at the top of the program."""
    around = plan.tree.scope(function)
    if not isinstance(function, cst.FunctionDef) or not isinstance(around, cst.ClassDef):
        return None
    return f"{around.name.value}.{function.name.value}" if plan.tree.parent[around] is plan.tree.module else None


def _is_at_top(plan: Plan, function: cst.CSTNode) -> bool:
    return isinstance(function, cst.FunctionDef) and plan.tree.parent.get(function) is plan.tree.module
