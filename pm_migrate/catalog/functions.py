"""Tensor functions: names in ``pm.math`` and ``theano.tensor``, and how TensorFlow and NumPy spell them.

TensorFlow's spelling is for arguments that depend on random variables, NumPy's for all others: a Python number becomes
float32 in TensorFlow and stays float64 in NumPy, as it was in Theano. Where neither has one function with Theano's
meaning for every argument, ``pm.math`` of the generator front end has it under Theano's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class TensorFunction:
    """One function.

    Parameters
    ----------
    name
        Its name in Theano.
    tf, np
        Its name in TensorFlow and NumPy, or None where there is no single function with the same meaning.
    required
        Number of positional arguments that it needs.
    optional
        Arguments that may follow, positionally in this order or by keyword, spelled alike on both sides.
    added
        TensorFlow keywords that state a default of Theano's which TensorFlow does not share.
    needs
        An optional argument without which the two sides differ.
    elementwise
        Whether scalars give a scalar.
    review
        A difference that a person should look at.
    exact
        Whether TensorFlow's function means the same for every argument; otherwise it stands in only where there is no
        ``pm.math`` (PyMC4 itself).
    """

    name: str
    tf: str | None
    np: str | None
    required: int = 1
    optional: tuple[str, ...] = ()
    added: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""
    elementwise: bool = False
    review: str = ""
    exact: bool = True


def _elementwise(names: str, required: int = 1) -> list[TensorFunction]:
    """Rows of ``theano=tensorflow=numpy``; a dash where there is none."""
    rows = []
    for entry in names.split():
        name, tf, np = entry.split("=")
        rows.append(
            TensorFunction(
                name, None if tf == "-" else tf, None if np == "-" else np, required=required, elementwise=True
            )
        )
    return rows


def _reductions(names: str) -> list[TensorFunction]:
    rows = []
    for entry in names.split():
        name, tf, np = entry.split("=")
        rows.append(TensorFunction(name, tf, np, optional=("axis", "keepdims")))
    return rows


_ROWS = (
    *_elementwise(
        """exp=exp=exp log=math.log=log log1p=math.log1p=log1p expm1=math.expm1=expm1 sqrt=sqrt=sqrt sqr=square=square
        abs_=abs=abs sin=sin=sin cos=cos=cos tan=tan=tan arcsin=asin=arcsin arccos=acos=arccos arctan=atan=arctan
        sinh=sinh=sinh cosh=cosh=cosh tanh=tanh=tanh arcsinh=asinh=arcsinh arccosh=acosh=arccosh arctanh=atanh=arctanh
        floor=floor=floor ceil=math.ceil=ceil sgn=sign=sign inv=math.reciprocal=reciprocal neg=negative=negative
        erf=math.erf=- erfc=math.erfc=- erfinv=math.erfinv=- gammaln=math.lgamma=- psi=math.digamma=-
        sigmoid=sigmoid=- softplus=nn.softplus=- log1pexp=nn.softplus=- relu=nn.relu=-
        isnan=math.is_nan=isnan isinf=math.is_inf=isinf"""
    ),
    *_elementwise(
        """maximum=maximum=maximum minimum=minimum=minimum arctan2=atan2=arctan2 eq=equal=equal
        neq=not_equal=not_equal lt=less=less le=less_equal=less_equal gt=greater=greater
        ge=greater_equal=greater_equal add=add=add sub=subtract=subtract mul=multiply=multiply
        true_div=truediv=true_divide pow=pow=power""",
        required=2,
    ),
    *_reductions(
        """sum=reduce_sum=sum prod=reduce_prod=prod mean=reduce_mean=mean max=reduce_max=max min=reduce_min=min
        all=reduce_all=all any=reduce_any=any var=math.reduce_variance=var std=math.reduce_std=std"""
    ),
    TensorFunction(
        "invlogit",
        "sigmoid",
        None,
        elementwise=True,
        exact=False,
        review="PyMC3's invlogit adds 2.2e-16, so that it is never 0 or 1",
    ),
    TensorFunction("switch", "where", "where", required=3, elementwise=True),
    TensorFunction("clip", "clip_by_value", "clip", required=3, elementwise=True),
    TensorFunction("logaddexp", None, "logaddexp", required=2, elementwise=True),
    TensorFunction("logsumexp", "reduce_logsumexp", None, optional=("axis", "keepdims"), added={"keepdims": "True"}),
    TensorFunction("dot", "tensordot", "dot", required=2, added={"axes": "1"}, exact=False),
    TensorFunction("outer", None, "outer", required=2),
    TensorFunction("stack", "stack", "stack", optional=("axis",)),
    TensorFunction("concatenate", "concat", "concatenate", optional=("axis",), added={"axis": "0"}),
    TensorFunction("repeat", "repeat", "repeat", required=2, optional=("axis",)),
    TensorFunction("cumsum", "cumsum", "cumsum", optional=("axis",), needs="axis"),
    TensorFunction("cumprod", "math.cumprod", "cumprod", optional=("axis",), needs="axis"),
    TensorFunction("reshape", "reshape", "reshape", required=2),
    TensorFunction("transpose", "transpose", "transpose"),
    TensorFunction("ones_like", "ones_like", "ones_like"),
    TensorFunction("zeros_like", "zeros_like", "zeros_like"),
    TensorFunction("ones", None, "ones"),
    TensorFunction("zeros", None, "zeros"),
    TensorFunction("eye", None, "eye", optional=("m", "k")),
    TensorFunction("arange", None, "arange", optional=("stop", "step")),
    TensorFunction("as_tensor_variable", "convert_to_tensor", "asarray"),
    TensorFunction("as_tensor", "convert_to_tensor", "asarray"),
    TensorFunction("constant", None, "asarray"),
    TensorFunction("matrix_inverse", "linalg.inv", "linalg.inv"),
    TensorFunction("det", "linalg.det", "linalg.det"),
    TensorFunction("trace", "linalg.trace", "trace"),
    TensorFunction("cholesky", "linalg.cholesky", "linalg.cholesky"),
    TensorFunction("diag", None, "diag"),
    TensorFunction(
        "softmax",
        "nn.softmax",
        None,
        review="Theano's softmax turns a vector into a matrix of one row; TensorFlow's keeps the shape",
        exact=False,
    ),
    *_elementwise("deg2rad=-=deg2rad rad2deg=-=rad2deg log2=-=log2 log10=-=log10 exp2=-=exp2 trunc=-=trunc"),
    *_elementwise("mod=-=mod int_div=-=floor_divide", required=2),
    TensorFunction("tile", None, "tile", required=2),
    TensorFunction("tensordot", "tensordot", "tensordot", required=2, optional=("axes",), needs="axes", exact=False),
    TensorFunction("kron", None, "kron", required=2),
    TensorFunction("diff", None, "diff", optional=("n", "axis")),
    TensorFunction("sort", None, "sort", optional=("axis",)),
    TensorFunction("argsort", None, "argsort", optional=("axis",)),
    TensorFunction("argmax", None, "argmax", optional=("axis",)),
    TensorFunction("argmin", None, "argmin", optional=("axis",)),
    TensorFunction("tril", None, "tril", optional=("k",)),
    TensorFunction("triu", None, "triu", optional=("k",)),
    TensorFunction("broadcast_to", "broadcast_to", "broadcast_to", required=2),
    TensorFunction("roll", None, "roll", required=2, optional=("axis",)),
)

#: The functions that ``pm.math`` of the generator front end has.
MATH = frozenset(
    """
    Cholesky Solve abs abs_ add addbroadcast all allclose alloc alloc_diag alltrue_elemwise alltrue_scalar and_
    any arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort argtopk as_tensor
    as_tensor_variable bartlett batched_diag batched_dot batched_tensordot betaln binary_crossentropy bincount
    binomln bitwise_and bitwise_not bitwise_or bitwise_xor block_diagonal bound broadcast_to cartesian cast
    categorical_crossentropy ceil ceil_intdiv chi2sf cholesky choose clip compress concatenate confusion_matrix
    consider_constant constant cos cosh cov cumprod cumsum deg2rad det diag diagonal diff dimshuffle
    disconnected_grad divmod dot eig eigh eigvalsh elu eq erf erfc erfcinv erfcx erfinv exp exp2
    expand_packed_triangular expm expm1 extract_diag eye factln fill fill_diagonal fill_diagonal_offset
    flat_outer flatnonzero flatten flatten_list floor floor_div gamma gammainc gammaincc gammal gammaln gammau
    ge grad_clip grad_scale gt hard_sigmoid horizontal_stack i0 i0e i1 i1e identity_like ifelse inc_subtensor
    incomplete_beta int_div inv inverse_permutation invert invlogit invprobit iround isclose isinf isinf_ isnan
    isnan_ iv ix_ j0 j1 join kron kron_diag kron_dot kron_matrix_op kron_solve_lower kron_solve_upper kronecker
    largest largest_common_dtype le log log10 log1mexp log1mexp_numpy log1p log1pexp log2 log_diff_normal_cdf
    logaddexp logbern logdet logdiffexp logdiffexp_numpy logit logpow logsoftmax logsumexp lstsq lt matrix_dot
    matrix_inverse matrix_power max max_and_argmax maximum mean min minimum mod mul neg neq nonzero
    nonzero_values norm normal_lccdf normal_lcdf ones ones_like or_ outer patternbroadcast permute_row_elements
    pinv pow power probit prod psi ptp qr rad2deg ravel_multi_index relu repeat reshape rho2sd rho2sigma roll
    round round_half_away_from_zero round_half_to_even sd2rho searchsorted second selu set_subtensor sgn shape
    shape_padaxis shape_padleft shape_padright sigma2rho sigmoid sigmoid_binary_crossentropy sign sin sinh
    smallest softmax softplus softsign solve solve_lower_triangular solve_symmetric solve_upper_triangular sort
    specify_shape split sqr sqrt square squeeze stack stacklists std std_cdf sub sum svd swapaxes switch take
    tan tanh tensor_copy tensordot tensorinv tensorsolve tile to_one_hot topk topk_and_argtopk trace transpose
    tri tri_gamma tril triu tround true_div trunc unbroadcast undefined_grad unravel_index var vertical_stack
    where xor zero_grad zeros zeros_like
    """.split()
)

#: Rows by Theano name, other spellings included.
FUNCTIONS: Mapping[str, TensorFunction] = MappingProxyType(
    {
        **{row.name: row for row in _ROWS},
        **{
            other: next(row for row in _ROWS if row.name == name)
            for other, name in {
                "where": "switch",
                "abs": "abs_",
                "square": "sqr",
                "sign": "sgn",
                "power": "pow",
            }.items()
        },
    }
)

#: Where Theano and PyMC3 keep them.
NAMESPACES = (
    "pymc3.math",
    "pymc3.distributions.dist_math",
    "theano.tensor",
    "theano.tensor.basic",
    "theano.tensor.elemwise",
    "theano.tensor.sort",
    "theano.tensor.subtensor",
    "theano.tensor.nnet",
    "theano.tensor.nnet.nnet",
    "theano.tensor.nnet.basic",
    "theano.tensor.nnet.sigm",
    "theano.tensor.nlinalg",
    "theano.tensor.slinalg",
    "theano.tensor.extra_ops",
    "theano.gradient",
    "theano.ifelse",
)

#: Functions of tensors in the top namespaces.
_AT_TOP: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "pymc3": frozenset("expand_packed_triangular invlogit invprobit logaddexp logit logsumexp probit".split()),
        "theano": frozenset({"dot"}),
    }
)

#: NumPy functions that Theano variables took part in, by NumPy name: the Theano name of the same thing.
NUMPY: Mapping[str, str] = MappingProxyType(
    {
        **{
            row.np: row.name
            for row in _ROWS
            if row.np and row.tf and "." not in row.np and row.name not in {"as_tensor_variable", "as_tensor"}
        },
        "absolute": "abs_",
        "fabs": "abs_",
        "divide": "true_div",
        "amax": "max",
        "amin": "min",
        "linalg.inv": "matrix_inverse",
        "linalg.det": "det",
        "linalg.cholesky": "cholesky",
    }
)

#: Functions without a certain counterpart: what to do instead.
ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "diag": "write tf.linalg.diag (vector to matrix) or tf.linalg.diag_part (matrix to vector), then run again",
        "set_subtensor": "build the tensor from its parts with tf.concat or tf.where, then run again",
        "inc_subtensor": "build the tensor from its parts with tf.concat or tf.where, then run again",
        "tile": "write tf.tile with one multiple per axis, then run again",
        "logit": "write tf.math.log(p) - tf.math.log1p(-p), then run again",
        "probit": "write tfp.math.ndtri(p), then run again",
        "outer": "write a[:, None] * b[None, :], then run again",
        "logaddexp": "write tf.reduce_logsumexp of the stacked terms, then run again",
    }
)


def function_named(qualified: str) -> tuple[TensorFunction | None, str] | None:
    """Find the row of a qualified name.

    Returns
    -------
    tuple or None
        The row (None when only ``pm.math`` has the function) and the function's own name; None for what is no function
        of tensors in one of the :data:`NAMESPACES`.

    Examples
    --------
    >>> function_named("theano.tensor.nnet.sigmoid")[0].tf
    'sigmoid'
    >>> function_named("theano.tensor.set_subtensor")
    (None, 'set_subtensor')
    >>> function_named("theano.tensor.dvector") is None
    True
    """
    namespace, _, name = qualified.rpartition(".")
    if name in _AT_TOP.get(namespace, ()):
        return FUNCTIONS.get(name), name
    known = namespace in NAMESPACES and (name in FUNCTIONS or name in MATH)
    return (FUNCTIONS.get(name), name) if known else None
