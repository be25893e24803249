"""Faults that a rewrite or a runtime could have, each one piece of source text replaced by another.

They are of the kinds that people make: parameters in the wrong order, a precision taken for a deviation, a Jacobian
left out, an index off by one, a term dropped. What is replaced is looked for in the module's text, so that a fault that
does not fit the code any more says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from equivalence_tests.fuzzing.seeded_later import LATER

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Fault:
    """One fault.

    Parameters
    ----------
    name
        What is wrong, in words.
    module
        Where.
    old, new
        Text of the module, and what stands in its place.
    """

    name: str
    module: str
    old: str
    new: str

    @property
    def source(self) -> str:
        """The module's text."""
        parts = self.module.split(".")
        path = ROOT.joinpath(*(parts[1:] if parts[1] == "shims" else parts))
        return path.with_suffix(".py").read_text(encoding="utf-8")

    @property
    def part(self) -> str:
        """Where it is: catalogue, codemod, drop-in or generator runtime."""
        second, third = [*self.module.split("."), "", ""][1:3]
        return {"catalog": "catalogue", "codemod": "codemod"}.get(
            second, "generator" if third == "pymc4" else "runtime"
        )


def _of(module: str, *faults: tuple[str, str, str]) -> tuple[Fault, ...]:
    return tuple(Fault(name, f"pm_migrate.{module}", old, new) for name, old, new in faults)


_ROWS = "catalog.distributions"
_SHIMS = "shims.distributions.special"
_RULES = "codemod.rules"

#: Those that were there before anybody looked at what is noticed.
FIRST: tuple[Fault, ...] = (
    *_of(
        f"{_ROWS}.real_line",
        ("Normal: a precision is taken for a deviation", '{"sigma": "tau ** -0.5"}', '{"sigma": "tau"}'),
        ("StudentT: the root of lam is forgotten", '{"sigma": "lam ** -0.5"}', '{"sigma": "1 / lam"}'),
        ("Cauchy: location and scale are exchanged in the rewrite", 'pymc4={"loc": "alpha", "scale": "beta"}',
         'pymc4={"loc": "beta", "scale": "alpha"}'),
        ("StudentT: degrees of freedom and scale are exchanged in the rewrite",
         'pymc4={"loc": "mu", "scale": "sigma", "df": "nu"}', 'pymc4={"loc": "mu", "scale": "nu", "df": "sigma"}'),
        ("Gumbel: the start value is the mode", '"mu - beta * log(log(2))"', '"mu"'),
    ),
    *_of(
        f"{_ROWS}.half_line",
        ("Gamma: shape and rate are exchanged in the rewrite", 'pymc4={"concentration": "alpha", "rate": "beta"}',
         'pymc4={"concentration": "beta", "rate": "alpha"}'),
        ("Gamma: the rate is taken for a scale", 'tfp={"concentration": "alpha", "rate": "beta"}',
         'tfp={"concentration": "alpha", "rate": "1 / beta"}'),
        ("Gamma: of mu and sigma, sigma is not squared", '"beta": "mu / sigma ** 2"', '"beta": "mu / sigma"'),
        ("Exponential: the rate is taken for a scale", 'tfp={"rate": "lam"}', 'tfp={"rate": "1 / lam"}'),
        ("HalfNormal: a precision is taken for a variance", '{"sigma": "tau ** -0.5"}', '{"sigma": "tau ** 0.5"}'),
        ("HalfCauchy: the log transform is lost", 'pymc4={"scale": "beta"},\n    transform="log"',
         'pymc4={"scale": "beta"},\n    transform=None'),
        ("Weibull: shape and scale are exchanged",
         'tfp={"concentration": "alpha", "scale": "beta"},\n    pymc4_name="Weibull"',
         'tfp={"concentration": "beta", "scale": "alpha"},\n    pymc4_name="Weibull"'),
        ("Wald: phi is divided by", '{"lam": "mu * phi"}', '{"lam": "mu / phi"}'),
        ("Pareto: the transform's end is 0", 'ends=("m", "inf")', 'ends=("0", "inf")'),
        ("Lognormal: the start value is not exponentiated", 'test_value="exp(mu)"', 'test_value="1 + 0 * mu"'),
    ),
    *_of(
        f"{_ROWS}.bounded",
        ("Beta: the two concentrations are exchanged in the rewrite",
         'pymc4={"concentration0": "beta", "concentration1": "alpha"}',
         'pymc4={"concentration0": "alpha", "concentration1": "beta"}'),
        ("Uniform: the ends are exchanged in the rewrite", 'pymc4={"low": "lower", "high": "upper"}',
         'pymc4={"low": "upper", "high": "lower"}'),
        ("Triangular: peak and end are exchanged", 'tfp={"low": "lower", "high": "upper", "peak": "c"}',
         'tfp={"low": "lower", "high": "c", "peak": "upper"}'),
    ),
    *_of(
        f"{_ROWS}.counts",
        ("NegativeBinomial: probability of success for that of failure", 'pymc4={"total_count": "n", "probs": "1 - p"}',
         'pymc4={"total_count": "n", "probs": "p"}'),
        ("BetaBinomial: the concentrations are exchanged in the rewrite",
         '"concentration0": "beta", "concentration1": "alpha"', '"concentration0": "alpha", "concentration1": "beta"'),
        ("Binomial: n and p are exchanged in the rewrite", 'pymc4={"total_count": "n", "probs": "p"}',
         'pymc4={"total_count": "p", "probs": "n"}'),
    ),
    *_of(
        f"{_SHIMS}.counts",
        ("Geometric: counts begin at 0", "power_of_rest(p, value - 1.0)", "power_of_rest(p, value)"),
        ("ZeroInflatedPoisson: psi is the share of zeros", 'canonical["psi"], poisson(value, theta)',
         '1.0 - canonical["psi"], poisson(value, theta)'),
    ),
    *_of(
        f"{_SHIMS}.vectors",
        ("Multinomial: probabilities are not normalised",
         "p = p / tf.reduce_sum(p, axis=-1, keepdims=True)", "p = p * 1.5"),
        ("Dirichlet: the exponent is not lowered by 1", "(a - 1.0) * tf.math.log(", "a * tf.math.log("),
        ("MvNormal: half of the log determinant is missing", "- log_diagonal(chol) - 0.5 * size", "- 0.5 * size"),
    ),
    *_of(
        f"{_SHIMS}.series",
        ("AR: the lags are in the wrong order", "rho[i] * x[lags - 1 - i : lags - 1 - i + steps]",
         "rho[lags - 1 - i] * x[lags - 1 - i : lags - 1 - i + steps]"),
        ("GaussianRandomWalk: the drift is forgotten", "x[:-1] - _after_first(mu), _after_first(sigma)",
         "x[:-1], _after_first(sigma)"),
        ("AR1: the first value has the innovations' precision", "tau = tau_e * (1.0 - k) * (1.0 + k)",
         "tau = tau_e + 0.0 * k"),
        ("GARCH11: the first variance is the volatility", "beta_1 * tf.square(initial_vol)", "beta_1 * initial_vol"),
    ),
    *_of(
        f"{_SHIMS}.matrices",
        ("LKJ: the power of the diagonal is off by one", "np.arange(n - 1, -1, -1)", "np.arange(n, 0, -1)"),
    ),
    *_of(
        "shims.transforms.elementwise",
        ("log: no Jacobian", "return tf.exp(y)\n\n    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:\n"
         "        return tf.identity(y)",
         "return tf.exp(y)\n\n    def _log_jacobian(self, y: Tensor, *params: Tensor) -> Tensor:\n"
         "        return tf.zeros_like(y)"),
        ("logodds: half of the Jacobian",
         "return -tf.nn.softplus(y) - tf.nn.softplus(-y)", "return -tf.nn.softplus(y)"),
        ("interval: the Jacobian lacks the width",
         "tf.math.log(b - a) + _log_sigmoid_slope(y)", "_log_sigmoid_slope(y)"),
        ("lowerbound: the bound is subtracted", "tf.exp(y) + params[0]", "tf.exp(y) - params[0]"),
    ),
    *_of(
        "shims.transforms.vectors",
        ("stick breaking: size off by one", "float(y.shape[-1] + 1)", "float(y.shape[-1])"),
        ("ordered: the first entry counts in the Jacobian", "tf.reduce_sum(y[..., 1:], axis=-1)",
         "tf.reduce_sum(y, axis=-1)"),
        ("Cholesky factor: the diagonal is off by one", "np.arange(1, rows + 1).cumsum() - 1",
         "np.arange(0, rows).cumsum()"),
    ),
    *_of(
        "shims.model.terms",
        ("a term is not scaled by total_size", "if scaled and self.scaling is not None:", "if False:"),
        ("a term of a vector has its Jacobian subtracted",
         "tf.reduce_sum(term) + tf.reduce_sum(jacobian)", "tf.reduce_sum(term) - tf.reduce_sum(jacobian)"),
        ("a term is averaged", "term if term.shape.rank == 0 else tf.reduce_sum(term)\n        if scaled",
         "term if term.shape.rank == 0 else tf.reduce_mean(term)\n        if scaled"),
    ),
    *_of(
        "shims.model.registration",
        ("potentials are dropped", "    model.potentials.append(variable)\n", ""),
        ("an observed variable has no term",
         "        self._enter_term(variable, Term(name, variable, dist, scaling=scaling), total_size)\n"
         "        return variable\n\n    def _add_missing", "        return variable\n\n    def _add_missing"),
        ("nested models have no prefix", 'return f"{self.name}_" if self.name else ""', 'return ""'),
    ),
    *_of(
        "shims.model.observing",
        ("total_size multiplies by the length", "floatX(as_variable(total_size)) / (floatX",
         "floatX(as_variable(total_size)) * (floatX"),
        ("missing values stay zero", "tensor = set_subtensor(filled[mask.nonzero()], missing)",
         "tensor = set_subtensor(filled[mask.nonzero()], missing * 0)"),
    ),
    *_of(
        "shims.distributions.composite",
        ("mixtures: the weights are squared", "tf.reduce_sum(weights * parts, axis=axis)",
         "tf.reduce_sum(weights * weights * parts, axis=axis)"),
        ("bounds: nothing is cut off", "return tf.where(inside, result, tf.constant(-np.inf, result.dtype))",
         "return result"),
        ("bounds: the start value is the bound", "return self.lower + 1.0", "return self.lower + 0.5"),
    ),
    *_of(
        "shims.theano.ops.reductions",
        ("sums over all axes", "return tf.reduce_sum(tf.cast(t, kind), axes, keep)",
         "return tf.reduce_sum(tf.cast(t, kind), axes[:1], keep)"),
        ("a variance is divided by n - 1", "return tf.math.reduce_variance(tf.cast(t, kind), list(axes), keep)",
         "return 1.5 * tf.math.reduce_variance(tf.cast(t, kind), list(axes), keep)"),
    ),
    *_of(
        "shims.theano.ops.joining",
        ("stacks are in reverse", "return tf.stack([tf.cast(p, dtype) for p in parts], axis)",
         "return tf.stack([tf.cast(p, dtype) for p in parts[::-1]], axis)"),
    ),
    *_of(
        "shims.pymc4.compilation",
        ("generators: potentials are dropped", "self.terms.update({name: tf.reduce_sum(value)})", "None"),
        ("generators: data count twice", "scaled(tf.reduce_sum(each), dist.scaling(data.shape))",
         "scaled(2.0 * tf.reduce_sum(each), dist.scaling(data.shape))"),
        ("generators: total_size is ignored",
         "return term if factor == 1.0 else term * tf.constant(factor, term.dtype)",
         "return term"),
        ("generators: no Jacobians", "if dist.transform is not None and self.jacobians:",
         "if False:"),
    ),
    *_of(
        "shims.pymc4.observing",
        ("generators: missing values fall into the first places", "np.flatnonzero(self.mask).astype(np.int32)",
         "np.arange(self.mask.sum()).astype(np.int32)"),
    ),
    *_of(
        f"{_RULES}.constructors",
        ("codemod: shape= is batch_stack= for every parameter",
         "return all(v.is_scalar(", "return True or all(v.is_scalar("),
        ("codemod: transform=None is left out", 'out.rename[argument] = ("transform", "NO_TRANSFORM")',
         "out.drop.add(argument)"),
        ("codemod: total_size= is left out", '_WITHOUT_MEANING = frozenset({"comp_shape",',
         '_WITHOUT_MEANING = frozenset({"total_size", "comp_shape",'),
        ("codemod: observed= is left out", '_WITHOUT_MEANING = frozenset({"comp_shape",',
         '_WITHOUT_MEANING = frozenset({"observed", "comp_shape",'),
        ("codemod: testval= is left out", '_WITHOUT_MEANING = frozenset({"comp_shape",',
         '_WITHOUT_MEANING = frozenset({"testval", "comp_shape",'),
        ("codemod: dims= are left out", '_WITHOUT_MEANING = frozenset({"comp_shape",',
         '_WITHOUT_MEANING = frozenset({"dims", "comp_shape",'),
    ),
    *_of(
        "codemod.arguments",
        ("codemod: positional arguments are off by one", "keyword = row.signature[place - 1]",
         "keyword = row.signature[min(place, len(row.signature) - 1)]"),
        ("codemod: positional arguments keep their place", "and signature[place] == mapped.keyword", "and True"),
        ("codemod: defaults of PyMC3 are PyMC4's", "if not homes and text == row.pymc4_defaults.get(keyword):",
         "if not homes:"),
    ),
    *_of(
        "catalog.expr",
        ("codemod: operators are not put in parentheses",
         'source = ast.unparse(Substitute().visit(ast.parse(text, mode="eval").body))\n    # unparse brackets',
         'source = re.sub(r"\\w+", lambda m: {**functions, **sources}.get(m[0], m[0]), text)\n    # unparse brackets'),
    ),
    *_of(
        f"{_RULES}.augmented",
        ("codemod: -= becomes +=", "cst.SubtractAssign: cst.Subtract", "cst.SubtractAssign: cst.Add"),
    ),
    *_of(
        f"{_RULES}.tensors",
        ("codemod: the index of set_subtensor is lost",
         "position = cst.ensure_type(target.slice[0].slice, cst.Index).value", 'position = cst.Integer("1")'),
    ),
)  # fmt: skip

FAULTS = (*FIRST, *(each for module, faults in LATER.items() for each in _of(module, *faults)))
