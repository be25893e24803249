"""Expressions that are evaluated under Theano and under the drop-in, and the inputs they use.

An expression is Python source over ``tt`` (theano.tensor), ``pmm`` (pymc3.math), ``theano``, ``np`` and the inputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Symbolic inputs by name, with their values.
INPUTS: dict[str, np.ndarray] = {
    "s": np.array(0.8),
    "x": np.array([0.5, -1.2, 2.0, 0.7]),
    "y": np.array([1.5, 0.3, -2.2, 4.0]),
    "p": np.array([0.2, 0.5, 0.9, 0.35]),
    "q": np.array([1.5, 0.3, 2.2, 4.0]),
    "z": np.array([0.0, -1.0, 1.0, 1.0]),
    "big": np.array([0.0, 1000.0, -1000.0, 2.0]),
    "m": np.array([[0.3, -0.7, 1.1], [2.0, 0.4, -0.2]]),
    "n": np.array([[0.1, 0.9, -0.4, 1.3], [1.2, -0.6, 0.8, 0.5], [-1.0, 0.2, 0.7, -0.3]]),
    "a": np.array([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 1.1]]),
    "t": (np.arange(24.0).reshape(2, 3, 4) - 10.3) / 7.0,
    "i": np.array([3, -1, 0, 2]),
    "j": np.array([2, -3, 1, 5]),
    "k": np.array([2, 0, 1, 2]),
    "r": np.array(2),
    "f": np.array([True, False, True, False]),
    "g": np.array([True, True, False, False]),
    "w": np.array([0.5, -1.25, 2.0, 0.1], "float32"),
    "i32": np.array([4, -7, 2, 0], "int32"),
    "i8": np.array([4, -7, 100, 0], "int8"),
}

_ELEMENTWISE = """
    x + y; x - y; x * y; x / y; x ** 2; q % np.array([0.1, -0.1, 0.7, 2.0]); q // np.array([0.1, -0.1, 0.7, 2.0])
    q ** x; q ** 0.5; 2.0 ** x; x // y; x % y; -x; abs(x); x + 1; 1 + x; 2 - x; 3 * x; 1 / q; 1.0 / q; x * 2; s * x
    x + s; m + m[0]; m * m.sum(axis=1, keepdims=True); x + np.array([1, 2, 3, 4]); np.array([1.0, 2.0, 3.0, 4.0]) * x
    np.float64(2.0) * x; x * w; w + w; w / w; x > y; x <= y; x >= 0.5; x < 1; tt.eq(x, z); tt.neq(x, y); tt.gt(x, 0)
    tt.lt(x, 0); tt.ge(x, y); tt.le(x, y); tt.eq(i, 3); tt.eq(f, g); tt.exp(x); tt.log(q); tt.log1p(q); tt.expm1(x)
    tt.sqrt(q); tt.sqr(x); tt.abs_(x); tt.sin(x); tt.cos(x); tt.tan(x); tt.tanh(x); tt.sinh(x); tt.cosh(x)
    tt.arctan(x); tt.arctan2(x, y); tt.arcsin(p); tt.arccos(p); tt.arcsinh(x); tt.arccosh(q + 1); tt.arctanh(p)
    tt.ceil(x); tt.floor(x); tt.sgn(z); tt.trunc(x); tt.log10(q); tt.log2(q); tt.inv(q); tt.exp2(x); tt.deg2rad(x)
    tt.rad2deg(x); tt.gammaln(q); tt.psi(q); tt.erf(x); tt.erfc(x); tt.erfinv(p); tt.erfcinv(p); tt.erfcx(x)
    tt.gamma(q); tt.tri_gamma(q); tt.gammainc(q, q + 1); tt.gammaincc(q, q + 1); tt.i0(x); tt.i1(x); tt.j0(x)
    tt.j1(x); tt.chi2sf(q, 3.0); tt.maximum(x, y); tt.minimum(x, 0); tt.clip(x, -1, 1); tt.clip(z, 0, 1)
    tt.maximum(z, 0); tt.isnan(x); tt.isinf(x); tt.round(x); tt.round(np.array([0.5, 1.5, 2.5, -0.5]) + 0 * x)
    tt.round(x, mode="half_away_from_zero"); tt.iround(x); tt.add(x, y, q); tt.mul(x, y, q); tt.neg(x); tt.sub(x, y)
    tt.true_div(x, y); tt.int_div(x, y); tt.mod(x, y); tt.pow(q, y); tt.power(q, 3); tt.square(x); tt.largest(x, y)
    tt.isclose(x, x + 1e-9); tt.allclose(x, x + 1e-9); divmod(x, y); tt.tensor_copy(x); tt.and_(x > 0, y > 0)
    tt.or_(f, g); tt.xor(f, g); tt.invert(f); f & g; f | g; ~f; f ^ g; i & 1; i | 4; tt.and_(i, j); ~i
"""

_DTYPES = """
    i / j; i + j; i - j; i * j; i // j; i % j; i ** 2; j // 2; j % 3; i + x; i * 0.5; i / 2; i + 1; i32 + 1
    i32 / (i32 + 3); i32 * w; i8 + w; i * w; i8 + i8; i8.sum(); i32.sum(); f.sum(); f.mean(); i.mean(); i.var()
    i.std(); i.prod(); i32.prod(); f * x; (x > 0) * y; y * (x > 0); 1 - f; f + g; f * g; f * 2; f * 1.5
    (x > 0) + (y > 0); (x > 0).sum(); (x > y).mean(); tt.exp(i); tt.log(abs(j)); tt.sqrt(abs(j)); tt.cast(x, "int64")
    tt.cast(-x * 2, "int32"); x.astype("float32"); f.astype("float64"); i.astype("bool"); tt.cast(i, "floatX")
    tt.switch(f, i, x); tt.switch(f, 1, 0); tt.switch(f, 1.5, 0); tt.switch(f, i, j); tt.switch(i, x, y)
    tt.stack([i, x]); tt.concatenate([i, x]); tt.maximum(i, x); tt.minimum(i, j); tt.arange(5); tt.arange(1, 7, 2)
    tt.arange(r + 2); tt.zeros(3); tt.ones((2, 3)); tt.eye(3); tt.zeros((2, r)); tt.zeros_like(i); tt.ones_like(x)
    tt.zeros_like(m); x.shape; m.shape[0]; x.size; m.shape[0] * 2; tt.as_tensor_variable([1, 2]); i.cumsum(); abs(i)
    -i; f.cumsum(); tt.sgn(i); tt.floor(i); tt.ceil(i); tt.trunc(i); i ** np.array([2, 3, 0, 1]); tt.sqr(i)
    tt.cast(f, "int8") + 1; tt.constant(2.5) * x; i.max(); tt.mean(i, axis=0); f.all(); tt.eq(i, 0.0); w.sum()
    w.mean(); w ** 2; tt.exp(w); i.dot(i); i.dot(x); tt.dot(i, j); tt.pow(i, 2.0); i ** 0.5; i ** -1.0
    tt.ones(4, dtype="int32") + i; tt.alloc(1.0, 2, 3); tt.alloc(s, r, 2)
"""

_REDUCTIONS = """
    x.sum(); m.sum(axis=0); m.sum(axis=1, keepdims=True); m.sum(axis=-1); t.sum(axis=(0, 2)); t.sum(axis=[0, 1])
    m.mean(); m.mean(axis=0); m.mean(axis=1, keepdims=True); m.var(); m.var(axis=0); m.std(axis=1)
    m.var(axis=1, ddof=1); m.var(ddof=1); m.prod(); m.prod(axis=0); z.prod(); x.max(); m.max(axis=0)
    m.max(axis=1, keepdims=True); z.max(); x.min(); m.min(axis=1); tt.max(m, axis=1); tt.argmax(m)
    tt.argmax(m, axis=0); tt.argmax(m, axis=1, keepdims=True); m.argmax(); m.argmin(axis=0)
    tt.max_and_argmax(m, axis=1); x.ptp(); f.any(); tt.any(m > 0, axis=0); tt.all(m > -1, axis=1); m.cumsum()
    m.cumsum(axis=0); tt.cumsum(m, axis=1); tt.cumprod(q); tt.extra_ops.cumprod(m, axis=1); tt.extra_ops.diff(x)
    tt.extra_ops.diff(m, axis=0); tt.extra_ops.diff(x, n=2); tt.sort(y); tt.sort(m, axis=0); m.sort(); tt.argsort(y)
    y.argsort(); x.norm(2); m.norm(2, axis=1); x.norm(1); x.norm(3.0); tt.sum(m, axis=1); tt.mean(t, axis=1)
    tt.prod(m, axis=1); tt.std(m); tt.var(t, axis=2); tt.min(t, axis=0); m.sum(axis=None, keepdims=True); m.trace()
    tt.nlinalg.trace(a)
"""

_SHAPING = """
    m.T; t.T; m.reshape((3, 2)); m.reshape((-1,)); m.reshape((3, -1)); m.reshape([6]); tt.reshape(x, (2, 2))
    m.flatten(); t.flatten(2); m.ravel(); tt.flatten(t, ndim=2); x.dimshuffle(0, "x"); x.dimshuffle("x", 0)
    t.dimshuffle(2, 0, 1); m.dimshuffle(1, "x", 0); m[:1].dimshuffle(0, 1); t.transpose(1, 0, 2)
    tt.transpose(t, (2, 1, 0)); m.swapaxes(0, 1); tt.swapaxes(t, 0, 2); tt.shape_padleft(x); tt.shape_padright(x, 2)
    tt.shape_padaxis(m, 1); tt.stack([x, y]); tt.stack(x, y); tt.stack([x, y], axis=1); tt.stack([s, 1.0, 2])
    tt.stacklists([[x, y], [y, x]]); tt.concatenate([x, y]); tt.concatenate([m, m], axis=1)
    tt.concatenate([m, m[:1]], axis=0); tt.join(0, x, y); tt.as_tensor_variable([s, 1.0])
    tt.as_tensor_variable([x, y]); tt.tile(x, 2); tt.tile(x, (2, 1)); tt.tile(m, (2, 2)); tt.repeat(x, 2)
    tt.repeat(m, 2); tt.repeat(m, 2, axis=1); x.repeat(3); tt.repeat(x, np.array([1, 0, 2, 1])); tt.roll(x, 1)
    tt.roll(m, 1, axis=1); tt.roll(m, 2); tt.diag(x); tt.diag(a); tt.diag(x, 1); tt.diag(a, 1); a.diagonal()
    t.diagonal(0, 1, 2); tt.diagonal(m); tt.nlinalg.alloc_diag(x); tt.nlinalg.extract_diag(a)
    tt.squeeze(tt.shape_padaxis(m, 1)); tt.extra_ops.squeeze(x[None, :, None]); tt.tril(a); tt.triu(a); tt.tri(3, 4)
    tt.tri(3, 3, -1); tt.identity_like(a); tt.horizontal_stack(m, m); tt.vertical_stack(m, m); tt.fill(x, s)
    x.fill(2.0); tt.addbroadcast(x[:1], 0) * y; tt.patternbroadcast(x[:1], (True,)) + m[:, 0:1].sum()
    tt.specify_shape(x, (4,)); tt.split(x, [1, 3], 2); tt.extra_ops.to_one_hot(k, 4); tt.extra_ops.fill_diagonal(a, s)
    m.copy() + 1; tt.extra_ops.fill_diagonal_offset(a, s, 1); x.dimshuffle(0); tt.extra_ops.broadcast_to(x, (3, 4))
    list(tt.as_tensor_variable([1.0, 2.0])); tt.unbroadcast(x[:, None], 1); m.reshape((m.shape[1], m.shape[0]))
    tt.arange(x.shape[0]) * x; tt.zeros((x.shape[0], 2)) + s; tt.ones(m.shape) * m
"""

_INDEXING = """
    x[0]; x[-1]; x[1:3]; x[::-1]; x[::2]; x[-3:]; x[:-1]; x[3:0:-1]; m[0]; m[:, 1]; m[1, 2]; m[..., 0]; m[:, None, 1:]
    x[..., None]; x[k]; x[i]; x[[0, 1]]; x[[0, -1, 2]]; x[np.array([2, 0])]; m[:, k]; m[[0, 1, 0]]; m[[0, 1], [2, 0]]
    t[:, k]; t[k[1:3], :, 0]; t[[0, 1], :, [1, 2]]; t[:, [0, 2], [1, 3]]; t[0, [0, 2]]; t[:, k, 1]; t[1, :, i]
    x[np.array([True, False, True, True])]; x[f]; x[f.nonzero()]; x[(x > 0).nonzero()]; m[m > 0]; m[(m > 0).nonzero()]
    x[r]; x[:r]; x[r:]; m[r - 1]; x[r - 4]; x[k][k]; x[np.array([[0, 1], [2, 3]])]; m[:, np.array([[0, 1], [2, 0]])]
    x.take(k); m.take([0, 2], axis=1); tt.take(m, [0, 5]); tt.set_subtensor(x[0], 5.0); tt.set_subtensor(x[1:3], s)
    tt.set_subtensor(x[1:3], y[:2]); tt.set_subtensor(m[:, 0], [1.0, 2.0]); tt.set_subtensor(m[0], s)
    tt.set_subtensor(x[k[:3]], y[:3]); tt.inc_subtensor(x[0], 1.0); tt.inc_subtensor(x[[0, 0, 1]], 1.0)
    tt.inc_subtensor(m[1], m[0]); tt.inc_subtensor(x[k], y); tt.set_subtensor(i[0], 7)
    tt.set_subtensor(x[np.array([True, False, True, True])], 0.0); tt.set_subtensor(m[[0, 1], [2, 0]], y[:2])
    tt.set_subtensor(x[::2], 0); tt.zeros((3, 3))[np.tril_indices(3)]
    tt.set_subtensor(tt.zeros((2, 2))[np.tril_indices(2)], x[:3]); tt.nonzero(z); z.nonzero_values()
    tt.flatnonzero(z); tt.nonzero(m > 0); tt.switch(f, x, y)[k]; x[x.argmax()]
    tt.extra_ops.compress(np.array([True, False, True, False]), x); tt.inc_subtensor(x[1:], s)
    x[tt.eq(k, 2).nonzero()]; x[k].sum(); m[k[1:3] % 2, k[1:3]]; x[i32[3]]; tt.set_subtensor(x[f], 0.0)
"""

_LINEAR_ALGEBRA = """
    tt.dot(x, y); tt.dot(m, n); tt.dot(n, x); tt.dot(x, n.T); tt.dot(s, x); tt.dot(t, n.T); tt.dot(t[0], t[0].T)
    tt.dot(t, x); m.dot(n); tt.dot(t, (t + 1).dimshuffle(0, 2, 1)); np.ones((2, 4)).dot(np.eye(4)) + x
    tt.dot(np.eye(4), x); tt.tensordot(m, n, 1); tt.tensordot(t, t.dimshuffle(1, 2, 0), 2)
    tt.tensordot(t, t, axes=[[0, 2], [0, 2]]); tt.batched_dot(t, t.dimshuffle(0, 2, 1)); tt.batched_dot(m, m)
    tt.batched_dot(t, m.dot(n)); tt.outer(x, y); tt.outer(m, x); tt.nlinalg.det(a); tt.nlinalg.matrix_inverse(a)
    tt.nlinalg.matrix_dot(m, n, n.T); tt.nlinalg.matrix_power(a, 3); tt.slinalg.cholesky(a)
    tt.slinalg.Cholesky(lower=False)(a); tt.slinalg.solve(a, x[:3]); tt.slinalg.solve(a, n)
    tt.slinalg.solve_lower_triangular(a, x[:3]); tt.slinalg.solve_lower_triangular(a, n)
    tt.slinalg.solve_upper_triangular(a, n); tt.slinalg.Solve(A_structure="lower_triangular")(a, n)
    tt.slinalg.kron(m, n); tt.slinalg.expm(a); tt.nlinalg.eigh(a)[0]; abs(tt.nlinalg.eigh(a)[1]); tt.nlinalg.svd(m)[1]
    abs(tt.nlinalg.svd(m)[0]); tt.nlinalg.svd(n.T)[0].shape; tt.nlinalg.svd(a, compute_uv=False)
    abs(tt.nlinalg.qr(a)[1]); tt.nlinalg.norm(x, None); tt.nlinalg.norm(m, "fro"); tt.nlinalg.norm(m, 1)
    tt.nlinalg.norm(m, "inf"); tt.nlinalg.norm(x, 3); tt.nlinalg.pinv(a); tt.nlinalg.diag(x)
    tt.slinalg.cholesky(tt.dot(n, n.T) + tt.eye(3)); tt.batched_tensordot(t, t, [[1], [1]])
    tt.slinalg.solve_symmetric(a, x[:3])
"""

_NEURAL = """
    tt.nnet.sigmoid(x); tt.nnet.softplus(x); tt.nnet.relu(x); tt.nnet.relu(x, 0.1); tt.nnet.softmax(x)
    tt.nnet.softmax(m); tt.nnet.elu(x); tt.nnet.hard_sigmoid(x); tt.nnet.binary_crossentropy(p, f)
    tt.nnet.categorical_crossentropy(tt.nnet.softmax(m), np.array([0, 2])); tt.nnet.selu(x); tt.nnet.sigmoid(big)
    tt.nnet.softplus(big); tt.nnet.softsign(x)
    tt.nnet.categorical_crossentropy(tt.nnet.softmax(m), tt.nnet.softmax(m[::-1]))
    tt.nnet.sigmoid_binary_crossentropy(x, p); tt.nnet.logsoftmax(m)
"""

_PM_MATH = """
    pmm.logsumexp(m); pmm.logsumexp(m, axis=1); pmm.logsumexp(m, axis=0, keepdims=False); pmm.invlogit(x)
    pmm.invlogit(big); pmm.logit(p); pmm.sigmoid(x); pmm.logaddexp(x, y); pmm.logaddexp(x, x); pmm.log1pexp(x)
    pmm.log1mexp(q); pmm.logdiffexp(q + 1, p); pmm.probit(p); pmm.invprobit(x); pmm.dot(m, n)
    pmm.flatten_list([x, m]); pmm.expand_packed_triangular(2, x[:3]); pmm.logdet(a); pmm.stack([x, y])
    pmm.expand_packed_triangular(2, x[:3], lower=False); pmm.expand_packed_triangular(2, x[:3], diagonal_only=True)
    pmm.block_diagonal([m, n]); pmm.expand_packed_triangular(2, x[:3], lower=False, diagonal_only=True)
    pmm.kronecker(m, n); pmm.kron_diag(x, y); pmm.flat_outer(x, y)
    pmm.kron_dot([a, a[:2, :2]], tt.concatenate([x, y[:2]]))
    pmm.kron_solve_lower([a, a[:2, :2]], tt.concatenate([x, y[:2]])); pmm.tround(x); pmm.batched_diag(m)
    pmm.batched_diag(t[:, :, :3]); pmm.switch(x > 0, x, 0); pmm.where(x > 0, x, y); pmm.clip(x, 0, 1); pmm.exp(x)
    pmm.sum(m); pmm.prod(x); pmm.sqr(x); pmm.cartesian([1, 2], [3.0, 4.0]) * s; pmm.logsumexp(tt.log(f))
    pmm.kron_dot([m.T.dot(m)], n)
"""

# the gradient at masked, singular and tied points (Theano's optimiser moves the switch past the function)
_MASKED = """
    tt.switch(z > 0, tt.log(z), 0.0); tt.switch(z > 0, 1.0 / z, 0.0); tt.switch(z > 0, tt.sqrt(z), 0.0)
    tt.switch(z > 0, tt.gammaln(z), 0.0); tt.switch(z > 0, z ** 1.5, 0.0); tt.switch(big < 100, tt.exp(big), 0.0)
    tt.switch(z > 0, z * tt.log(z), 0.0); tt.switch(z > 0, tt.log(z) * y, 0.0); tt.switch(z > 0, y / z, 0.0)
    tt.switch(big < 100, y * tt.exp(big), 0.0); tt.switch(z > 0, tt.log(z * 2.0) + 1.0, -1.0)
    tt.switch(z < 0, 0, tt.log(z + 2)); tt.switch(tt.eq(z, 0), 1.0, tt.sin(z) / z); tt.switch(z > 0, z ** -2.0, 0.0)
    tt.switch(z > -0.5, tt.log1p(z), 0.0); tt.switch(z > 0, -0.5 * tt.log(z), 0.0)
    tt.switch(z > 0, 2.0 * tt.sqrt(z) + y, y); tt.switch(x > 0, tt.log(x), -np.inf); tt.switch(z >= 0, z, tt.exp(z))
    z ** 0; z ** 0.0; tt.maximum(z, 1.0); tt.abs_(z); tt.max(z); tt.min(z); tt.clip(z, -1, 1); tt.floor(x) * x
    tt.sqrt(z + 1.0); tt.log(z + 1.0); tt.psi(z + 0.0); tt.switch(z > 0, tt.log(z), tt.log(-z))
    tt.switch(z > 0, tt.log(tt.sqrt(z)), 0.0)
"""

_GRAPHS = """
    theano.scan(lambda u, c: c + u, sequences=x, outputs_info=tt.zeros(()))[0]
    theano.scan(lambda u: u ** 2, sequences=x)[0]
    theano.scan(lambda u, v, c, w_: c * w_ + u * v, sequences=[x, y], outputs_info=s, non_sequences=s)[0]
    theano.scan(lambda c: c * 2.0, outputs_info=s, n_steps=5)[0]
    theano.scan(lambda c1, c2: c1 + c2, outputs_info=dict(initial=x[:2], taps=[-1, -2]), n_steps=4)[0]
    theano.scan(lambda c: c * 1.01 + s, outputs_info=s, n_steps=40)[0]
    theano.scan(lambda u, c: [c + u, c * u], sequences=x, outputs_info=[s, None])[0]
    theano.scan(lambda row: row.sum(), sequences=m)[0]
    theano.scan(lambda u, c: c + u, sequences=x, outputs_info=s, go_backwards=True)[0]
    theano.scan(lambda u, v: u * v, sequences=dict(input=x, taps=[0, -1]))[0]
    theano.scan(lambda c, A: tt.dot(A, c), outputs_info=x[:3], non_sequences=a, n_steps=3)[0]
    theano.grad(tt.sum(x ** 2), x); theano.grad(tt.sum(tt.exp(x) * y), [x, y])
    theano.clone(x * 2 + y, replace={x: y}); theano.gradient.jacobian(x ** 2 * y, x)
    theano.gradient.hessian(tt.sum(x ** 3), x); theano.ifelse.ifelse(tt.gt(s, 0), x, y)
    theano.gradient.disconnected_grad(x) * x; tt.grad(tt.sum(tt.log(q)), q)
    theano.map(lambda u: tt.exp(u), sequences=x)[0]
    theano.reduce(lambda u, c: c + u, sequences=x, outputs_info=tt.zeros(()))[0]
    theano.grad(theano.grad(x.sum() ** 3, x)[0], x)
"""

_NUMPY = """
    np.exp(x); np.log(q); np.sqrt(q); np.abs(x); np.power(q, 2); np.log1p(q); np.floor(x); np.ones(4) + x
    np.ones(4) - x; np.ones(4) > x; np.float64(2.0) ** x
"""

_GROUPS = {
    "elementwise": _ELEMENTWISE,
    "dtypes": _DTYPES,
    "reductions": _REDUCTIONS,
    "shaping": _SHAPING,
    "indexing": _INDEXING,
    "linear_algebra": _LINEAR_ALGEBRA,
    "neural": _NEURAL,
    "pm_math": _PM_MATH,
    "masked": _MASKED,
    "graphs": _GRAPHS,
    "numpy": _NUMPY,
}

#: Expressions by group.
EXPRESSIONS: dict[str, list[str]] = {
    group: [e.strip() for line in text.strip().splitlines() for e in line.split(";")] for group, text in _GROUPS.items()
}


def flat(results: Any) -> list[Any]:
    """The variables of a result that may be a list."""
    return [v for r in results for v in flat(r)] if isinstance(results, (list, tuple)) else [results]
