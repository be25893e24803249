"""Models and variables as text and as LaTeX, as PyMC3 shows them."""

from __future__ import annotations

import inspect
from typing import Any

from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.util import get_repr_for_variable

_FORMATS = ("latex", "latex_with_params", "plain", "plain_with_params")
#: What PyMC3 shows of a distribution whose constructor's arguments are something else.
_SHOWN = {
    "AR": ("rho", "sigma", "tau", "constant", "init", "sd"),
    "Bernoulli": ("p",),
    "BART": (),
    "ChiSquared": ("alpha", "beta"),
    "HalfStudentT": ("nu", "lam"),
    "Interpolated": (),
    "LogNormal": ("mu", "tau"),
    "MvGaussianRandomWalk": ("mu", "cov"),
    "MvStudentTRandomWalk": ("nu", "mu", "cov"),
    "StudentT": ("nu", "mu", "lam"),
    "ZeroInflatedNegativeBinomial": ("psi", "mu", "alpha"),
}
#: Parameters that PyMC3 converts, so that its text shows an expression of a variable; how often it does.
_CONVERTED: dict[str, dict[str, int]] = {
    "DiscreteUniform": {"lower": 2, "upper": 2},
    "HalfNormal": {"sigma": 1},
    "HalfStudentT": {"lam": 1},
    "LogNormal": {"tau": 1},
    "LogitNormal": {"sigma": 1},
    "NegativeBinomial": {"n": 1},
    "Normal": {"sigma": 1},
    "SkewNormal": {"sigma": 1},
    "StudentT": {"lam": 1},
    "TruncatedNormal": {"sigma": 1},
}


def _value_shown(dist: Any, param: str, formatting: str) -> Any:
    """A parameter in the text of a distribution."""
    name = name_shown(dist)
    if name == "ChiSquared":  # a Gamma distribution of expressions
        return f"f({_named(dist.nu, formatting)})" if param == "alpha" else 0.5
    value = getattr(dist, param, None)
    if not isinstance(value, Variable):
        return get_repr_for_variable(value, formatting)
    wraps = _CONVERTED.get(name, {}).get(param, 0)
    if value.is_constant and name == "DiscreteUniform":
        return "f(f())"
    if value.is_constant and name == "Bernoulli" and "p" not in dist.form.given:
        return "f()"
    if value.is_constant:
        number = value.eval()
        whole = name == "NegativeBinomial" and param == "n"
        return "array" if number.size != 1 else int(number.item()) if whole else number.item()
    shown = get_repr_for_variable(value, formatting)
    for _ in range(wraps):
        shown = f"f({shown})"
    return shown


def _named(value: Any, formatting: str) -> str:
    shown = get_repr_for_variable(value, formatting)
    return shown if isinstance(shown, str) else ""


def _of_bounded(name: str, dist: Any, formatting: str) -> str:
    """The text of a bounded distribution, that of the distribution within it behind."""
    latex, wrapped = "latex" in formatting, of_distribution("", dist._wrapped, formatting)
    inner = wrapped.split(r" \sim ", 1)[1] if latex else wrapped.split(" ~ ", 1)[1]
    params = ""
    if formatting.endswith("with_params"):
        values = [(p, _value_shown(dist, p, formatting)) for p in ("lower", "upper")]
        shown = [rf"\mathit{{{p}}}={v}" if latex else f"{p}={v}" for p, v in values]
        params = f"({(',~' if latex else ', ').join(shown)})"
    if latex:
        return rf"$\text{{{name}}} \sim \text{{Bound}}{params}$ -- {inner}"
    return f"{name} ~ Bound{params}-{inner}"


def parameters_shown(dist: Any) -> tuple[str, ...]:
    """Names of the parameters of a distribution that its text has."""
    if hasattr(dist, "_distr_parameters_for_repr"):
        return tuple(dist._distr_parameters_for_repr())
    name = type(dist).__name__
    if name in _SHOWN:
        return _SHOWN[name]
    row = getattr(type(dist), "row", None)
    if row is None:
        return tuple(inspect.getfullargspec(dist.__init__).args[1:])
    form = tuple(p.name for p in row.params if p.name in dist.form.given)
    if name in ("MvNormal", "MvStudentT", "MatrixNormal"):
        return tuple(n.replace("chol", "chol_cov") for n in form)
    if name == "NegativeBinomial":
        return form
    return tuple(p.name for p in row.params if p.name in row.forms[0].given)


def name_shown(dist: Any) -> str:
    """Name of a distribution in its text."""
    return str(dist._distr_name_for_repr()) if hasattr(dist, "_distr_name_for_repr") else str(dist.label)


def of_distribution(name: str, dist: Any, formatting: str) -> str:
    """``x ~ Normal`` or ``x ~ Normal(mu=0.0, sigma=1.0)``, in plain text or LaTeX.

    Raises
    ------
    ValueError
        For a formatting that is none of ``latex``, ``latex_with_params``, ``plain``, ``plain_with_params``.
    """
    if formatting not in _FORMATS:
        raise ValueError(f"Unsupported formatting {formatting!r}. Choose one of {set(_FORMATS)}.")
    if type(dist).__name__ == "Bounded":
        return _of_bounded(name, dist, formatting)
    if hasattr(dist, "_str_repr"):
        return str(dist._str_repr(name=name, formatting=formatting))
    latex = "latex" in formatting
    params = ""
    if formatting.endswith("with_params"):
        values = [(p, _value_shown(dist, p, formatting)) for p in parameters_shown(dist)]
        shown = [rf"\mathit{{{p}}}={v}" if latex else f"{p}={v}" for p, v in values]
        params = f"({(',~' if latex else ', ').join(shown)})"
    if latex:
        return rf"$\text{{{name}}} \sim \text{{{name_shown(dist)}}}{params}$"
    return f"{name} ~ {name_shown(dist)}{params}"


def of_deterministic(variable: Variable, formatting: str) -> str:
    """``d ~ Deterministic``, or with the names of what it is computed from."""
    latex = "latex" in formatting
    params = ""
    if formatting.endswith("with_params"):
        params = f"({(',~' if latex else ', ').join(_leaves(variable, latex))})"
    if latex:
        return rf"$\text{{{variable.name}}} \sim \text{{Deterministic}}{params}$"
    return f"{variable.name} ~ Deterministic{params}"


def _leaves(variable: Variable, latex: bool) -> list[str]:
    """Names of the ends of an expression, from left to right."""
    if variable.owner is not None and variable.owner.inputs:
        return [name for v in variable.owner.inputs for name in _leaves(v, latex)]
    name = variable.name or "Constant"
    return [rf"\text{{{name}}}" if latex else name]


def of_model(model: Any, formatting: str) -> str:
    """All variables of a model, one a line, aligned at the tilde; in LaTeX as an array."""
    variables = [*model.unobserved_RVs, *model.observed_RVs]
    if "latex" in formatting:
        lines = [line for v in variables if (line := v.__latex__(formatting=formatting)) is not None]
        body = r"\\".join(line.replace(r"\sim", r"&\sim &").strip("$") for line in lines)
        return f"$$\n\\begin{{array}}{{rcl}}\n{body}\n\\end{{array}}\n$$"
    pairs = [str(v).split(" ~ ", 1) for v in variables]
    width = max((len(name) for name, _ in pairs), default=0)
    return "\n".join(f"{name:>{width}} ~ {dist}" for name, dist in pairs)
