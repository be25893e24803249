# ruff: noqa: E501 - programs as people write them
"""Small programs that are run under Theano and under the drop-in, by name.

Each is Python source that may use ``theano``, ``tt``, ``np`` and ``pm`` (pymc3), and leaves what is compared in
``result``: arrays and numbers, dtypes, strings, in lists, tuples and dicts. A program that raises is compared by the
kind of its error.
"""

from __future__ import annotations

_CONSTRUCTORS = """
## constants keep the dtype of arrays
result = [tt.constant(np.arange(3).astype(d)).eval() for d in ("int8", "int32", "int64", "float32", "float64", "bool")]
## constructors by name
result = [(v.dtype, v.ndim, v.broadcastable) for v in (
    tt.scalar(), tt.vector("v"), tt.matrix(), tt.row(), tt.col(), tt.tensor3(), tt.tensor4(), tt.dscalar("s"),
    tt.fvector(), tt.lmatrix(), tt.iscalar(), tt.bvector(), tt.wscalar(), tt.tensor("float32", (True, False)),
    tt.TensorType("int32", [False, True])("t"))]
## several at once
x, y = tt.dvectors("x", "y")
a, b, c = tt.scalars(3)
result = [x.name, y.name, a.ndim, b.dtype, c.name, [m.ndim for m in tt.fmatrices("p", "q")]]
## floatX decides the dtype of constructors
with theano.config.change_flags(floatX="float32"):
    made = [tt.zeros((2,)), tt.ones(3), tt.eye(2), tt.scalar(), tt.vector(), tt.zeros((2, 2), dtype="int64"),
            tt.ones_like(tt.constant(np.arange(2))), tt.alloc(np.float64(1.0), 2)]
result = [v.dtype for v in made]
## names and strings of types
x = tt.dmatrix("x")
result = [str(x), str(x.type), str(tt.dvector), str(tt.lscalar), repr(x.type), str(tt.row().type)]
## types compare and make variables
t = tt.TensorType("float64", (False,))
result = [t == tt.dvector, t == tt.fvector, t("n").name, t.ndim, t.dtype, t.broadcastable, tt.dvector == t]
## as_tensor_variable of nested lists with variables
x, y = tt.dscalars("x", "y")
m = tt.as_tensor_variable([[x, y], [1.0, 2.0]])
result = [m.ndim, m.dtype, m.eval({x: 3.0, y: 4.0})]
## as_tensor_variable with ndim
result = [tt.as_tensor_variable(np.arange(3.0), ndim=2).eval(), tt.as_tensor_variable(2.5, ndim=1).eval()]
## as_tensor_variable of a string
tt.as_tensor_variable("abc")
## as_tensor_variable of an object array
tt.as_tensor_variable(np.array([object()]))
## shared variables: kinds
s = [theano.shared(v) for v in (np.zeros(2), np.arange(3, dtype="int32"), 1.5, 2, np.float32(1.0), True)]
result = [(v.dtype, v.ndim, v.broadcastable) for v in s] + [theano.shared(np.ones((1, 2)), broadcastable=(True, False)).broadcastable]
## shared get and set
s = theano.shared(np.zeros(3), name="s", borrow=False)
before = s.get_value()
s.set_value(np.ones(5))
result = [s.name, before, s.get_value(), (s * 2).eval(), s.type.ndim]
## a copy is returned and taken without borrow
data = np.zeros(2)
s = theano.shared(data)
data[0] = 7.0
got = s.get_value()
got[1] = 9.0
new = np.ones(2)
s.set_value(new)
new[0] = 5.0
result = [s.get_value()]
## borrowed values are the same array
data = np.zeros(2)
s = theano.shared(data, borrow=True)
result = [s.get_value(borrow=True) is data]
## shared refuses other dimensions
theano.shared(np.zeros(3)).set_value(np.zeros((2, 2)))
## shared refuses a wider dtype
theano.shared(np.zeros(3, dtype="float32")).set_value(np.zeros(3))
## shared of integers refuses floats
theano.shared(np.zeros(3, dtype="int64")).set_value(np.array([0.5, 1.0, 2.0]))
## arange of all kinds
n = tt.lscalar("n")
result = [tt.arange(4).eval(), tt.arange(1, 7, 2).eval(), tt.arange(0.0, 1.0, 0.25).eval(), tt.arange(n).eval({n: 3}),
          tt.arange(4, dtype="int32").eval(), tt.arange(5, 0, -2).eval()]
## shapes that are inputs
n = tt.lscalar("n")
f = theano.function([n], [tt.zeros((n,)), tt.ones((n, 2)), tt.eye(n), tt.alloc(2.5, n, n), tt.arange(n)])
result = [f(2), f(3)]
## eye, tri, tril, triu, diag, identity_like
m = np.arange(12.0).reshape(3, 4)
result = [tt.eye(2, 3).eval(), tt.eye(3, 3, 1).eval(), tt.tri(3, 4, 1).eval(), tt.tril(m).eval(), tt.triu(m, 1).eval(),
          tt.diag(np.arange(3.0)).eval(), tt.diag(m).eval(), tt.identity_like(m[:, :3]).eval()]
## mgrid and ogrid
result = [v.eval() for v in tt.mgrid[0:3, 1:3]] + [v.eval() for v in tt.ogrid[0:2, 0:6:2]]
"""

_PROMOTION = """
## dtypes of sums of arrays
kinds = ["bool", "int8", "uint8", "int32", "int64", "float32", "float64"]
result = [[(tt.constant(np.ones(2, dtype=a)) + tt.constant(np.ones(2, dtype=b))).dtype for b in kinds] for a in kinds]
## dtypes of products and quotients
kinds = ["int8", "uint8", "int32", "int64", "float32", "float64"]
one = lambda d: tt.constant(np.ones(2, dtype=d))
result = [[(one(a) * one(b)).dtype, (one(a) / one(b)).dtype, (one(a) // one(b)).dtype, (one(a) % one(b)).dtype,
           (one(a) ** one(b)).dtype, tt.maximum(one(a), one(b)).dtype, (one(a) - one(b)).dtype] for a in kinds for b in kinds]
## dtypes of functions of integers
result = [f(tt.constant(np.ones(2, dtype=d))).dtype for d in ("int32", "int64", "float32", "float64")
          for f in (tt.exp, tt.log, tt.sqrt, tt.sin, tt.tanh, tt.gammaln, tt.erf, tt.sqr, tt.abs_, tt.sgn, tt.floor, tt.inv)]
## dtypes of reductions
result = [f(tt.constant(np.ones((2, 2), dtype=d))).dtype for d in ("bool", "int8", "uint8", "int32", "int64", "float32", "float64")
          for f in (tt.sum, tt.prod, tt.mean, tt.max, tt.argmax, tt.any)]
## dtypes of comparisons and logic
x = tt.constant(np.arange(3.0))
result = [v.dtype for v in (x > 1, tt.eq(x, 1), tt.and_(x > 0, x < 2), ~(x > 1), tt.isnan(x), tt.isinf(x), tt.xor(x > 0, x < 1))]
## casts
x = np.array([-1.7, 0.2, 2.9])
result = [tt.cast(x, d).eval() for d in ("int8", "int32", "int64", "float32", "bool", "uint8")]
## integers divide as Python does
a, b = np.array([7, -7, 7, -7]), np.array([2, 2, -2, -2])
A, B = tt.constant(a), tt.constant(b)
result = [(A / B).eval(), (A // B).eval(), (A % B).eval(), [v.eval() for v in divmod(A, B)], (A ** 2).eval()]
## floats of one dtype with a Python float
x = tt.constant(np.ones(2, dtype="float32"))
result = [(x * 0.5).dtype, (x + 1).dtype, (x * np.float64(0.5)).dtype, (x + np.arange(2)).dtype, (x * np.ones(2)).dtype]
"""

_INDEXING = """
## basic
x = tt.constant(np.arange(24).reshape(2, 3, 4))
result = [x[0].eval(), x[-1, 1].eval(), x[:, 1:, ::2].eval(), x[..., -1].eval(), x[1, ..., 2].eval(), x[:, None, :, 0].eval(),
          x[::-1, ::-1].eval(), x[0, -3:, 3:0:-1].eval(), x[5:].eval()]
## advanced
x = tt.constant(np.arange(24).reshape(2, 3, 4))
i, j = np.array([0, 1, 1]), np.array([2, 0, -1])
result = [x[i].eval(), x[i, j].eval(), x[:, j].eval(), x[i, :, j].eval(), x[i[:, None], j].eval(),
          x[[1, 0]].eval(), x[:, [0, 2], 1:3].eval(), x[..., j].eval(), x[i, j, i].eval(), x[:, i, j].eval()]
## symbolic integers
x, k = tt.dvector("x"), tt.lscalar("k")
f = theano.function([x, k], [x[k], x[:k], x[k:], x[k:k + 2], x[::k], x[-k]])
result = f([1.0, 2.0, 3.0, 4.0], 2)
## symbolic index vectors
x, k = tt.dvector("x"), tt.lvector("k")
result = theano.function([x, k], [x[k], x[k[::-1]], tt.set_subtensor(x[k], 0.0), tt.inc_subtensor(x[k], 1.0)])([1.0, 2.0, 3.0], [0, 0, 2])
## masks
x = tt.constant(np.arange(6.0).reshape(2, 3))
m = np.array([[True, False, True], [False, True, False]])
result = [x[m].eval(), x[tt.constant(m)].eval(), x[np.array([True, False])].eval(), x[(x > 2).nonzero()].eval(),
          x[:, np.array([True, False, True])].eval(), tt.set_subtensor(x[m], -1.0).eval(), tt.inc_subtensor(x[x > 2], 10.0).eval()]
## an index out of range
tt.constant(np.arange(3.0))[5].eval()
## a vector index out of range
tt.constant(np.arange(3.0))[np.array([0, 3])].eval()
## too many indices
tt.dvector("x")[0, 0]
## set and inc
x = tt.constant(np.zeros((3, 4)))
result = [tt.set_subtensor(x[0], 1.0).eval(), tt.set_subtensor(x[:, 1], np.arange(3.0)).eval(),
          tt.inc_subtensor(x[1:, ::2], 2.0).eval(), tt.set_subtensor(x[[0, 2], [1, 3]], [5.0, 6.0]).eval(),
          tt.inc_subtensor(x[np.array([0, 0, 1])], 1.0).eval(), tt.set_subtensor(x[-1, -1], 7).eval(),
          tt.set_subtensor(x[...], 2.0).eval(), tt.inc_subtensor(x[:, :, None], 1.0).eval() if False else 0]
## set_subtensor of something that is not a subtensor
tt.set_subtensor(tt.dvector("x"), 1.0)
## gradients through indexing
x = tt.dvector("x")
parts = [x[0] ** 2, (x[1:] ** 2).sum(), (x[np.array([0, 0, 2])] ** 2).sum(), (x[::-2] ** 2).sum(), (x[x > 1.5] ** 2).sum(),
         (tt.set_subtensor(x[1], 5.0) ** 2).sum(), (tt.inc_subtensor(x[:2], x[1:]) ** 2).sum(),
         (tt.set_subtensor(x[np.array([0, 2])], x[1:]) ** 2).sum()]
result = theano.function([x], [tt.grad(p, x) for p in parts])([1.0, 2.0, 3.0])
## take, choose and nonzero
x = tt.constant(np.arange(12.0).reshape(3, 4))
result = [x.take([0, 2], axis=0).eval(), x.take(5).eval(), tt.take(x, [[1, 0]], axis=1).eval(), [v.eval() for v in x.nonzero()],
          x.nonzero_values().eval(), tt.flatnonzero(x > 5).eval(), x.nonzero(return_matrix=True).eval(),
          tt.choose(np.array([0, 2, 1, 0]), x).eval()]
## iterating over a matrix of known shape
x = tt.constant(np.arange(6.0).reshape(2, 3))
result = [row.eval() for row in x] + [len(list(x))]
"""

_REDUCTIONS = """
## axes and keepdims
x = tt.constant(np.arange(24.0).reshape(2, 3, 4) % 7)
fs = [tt.sum, tt.prod, tt.mean, tt.var, tt.std, tt.max, tt.min, tt.any, tt.all]
result = [f(x, axis=a).eval() for f in fs for a in (None, 0, -1, (0, 2), [1])] + [f(x, axis=1, keepdims=True).eval() for f in fs]
## argmax and argmin
x = tt.constant(np.array([[1.0, 3.0, 3.0], [5.0, -1.0, 2.0]]))
result = [tt.argmax(x).eval(), tt.argmax(x, axis=0).eval(), tt.argmin(x, axis=1, keepdims=True).eval(), x.argmax(axis=-1).eval(),
          [v.eval() for v in tt.max_and_argmax(x, axis=1)]]
## dtype of the sum
x = tt.constant(np.arange(3, dtype="int32"))
result = [x.sum().dtype, x.sum(dtype="float64").eval(), x.sum(acc_dtype="int64").dtype, x.prod().eval(), x.mean(dtype="float32").dtype]
## ddof and ptp
x = tt.constant(np.array([1.0, 4.0, 9.0]))
result = [x.var(ddof=1).eval(), x.std(ddof=1).eval(), tt.ptp(x).eval(), x.norm(2).eval(), x.norm(1).eval()]
## cumulative and sorting
x = tt.constant(np.array([[3.0, 1.0], [2.0, 5.0]]))
result = [tt.cumsum(x).eval(), tt.cumsum(x, axis=1).eval(), tt.cumprod(x, axis=0).eval(), tt.sort(x).eval(), tt.sort(x, axis=0).eval(),
          tt.argsort(x).eval(), tt.sort(x, axis=None).eval(), tt.extra_ops.diff(x, axis=1).eval(), tt.extra_ops.diff(x, n=1, axis=0).eval()]
## empty
x = tt.constant(np.zeros((0, 3)))
result = [x.sum().eval(), x.sum(axis=0).eval(), x.prod(axis=0).eval(), x.mean(axis=1).eval()]
## mean of nothing
result = [tt.constant(np.zeros(0)).mean().eval()]
"""

_LINEAR_ALGEBRA = """
## nlinalg
a = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])
n = tt.nlinalg
result = [n.det(a).eval(), n.matrix_inverse(a).eval(), n.trace(a).eval(), n.pinv(a[:, :2]).eval(), n.eigh(a)[0].eval(), n.diag(a).eval(),
          n.matrix_power(a, 3).eval(), n.matrix_dot(a, a, a).eval(), n.svd(a)[1].eval(), abs(n.qr(a)[1].eval()), n.norm(a, "fro").eval(),
          n.alloc_diag(np.arange(2.0)).eval(), n.extract_diag(a).eval()]
## general eigenvalues
w, v = tt.nlinalg.eig(np.array([[2.0, 1.0], [0.5, 3.0]]))
result = [np.sort(w.eval()), w.dtype]
## least squares and tensor inverses
a, b = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]]), np.array([1.0, 2.0, 2.5])
eye = np.eye(4).reshape(2, 2, 2, 2) * 2.0
result = [tt.nlinalg.lstsq()(a, b, -1.0)[0].eval(), tt.nlinalg.tensorinv(eye).eval(), tt.nlinalg.tensorsolve(eye, np.ones((2, 2))).eval()]
## slinalg
a = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])
b = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]])
s = tt.slinalg
result = [s.cholesky(a).eval(), s.Cholesky(lower=False)(a).eval(), s.solve(a, b).eval(), s.solve(a, b[:, 0]).eval(),
          s.solve_lower_triangular(a, b).eval(), s.solve_upper_triangular(a, b).eval(), s.kron(a, b).eval(), s.expm(a).eval(),
          s.Solve(A_structure="lower_triangular")(a, b).eval(), s.Solve(A_structure="symmetric")(a, b).eval(),
          s.eigvalsh(tt.constant(a), tt.constant(np.eye(3) + 0.1)).eval()]
## Cholesky of a matrix that is not positive definite
tt.slinalg.cholesky(-np.eye(2)).eval()
## the same, as NaN
result = [tt.slinalg.Cholesky(on_error="nan")(-np.eye(2)).eval()]
## inverse of a singular matrix
tt.nlinalg.matrix_inverse(np.ones((2, 2))).eval()
## gradients of matrix functions
a = tt.dmatrix("a")
costs = [tt.nlinalg.det(a), tt.nlinalg.matrix_inverse(a).sum(), tt.slinalg.cholesky(a).sum(), tt.slinalg.solve(a, np.arange(2.0)).sum(),
         tt.log(tt.nlinalg.det(a)), tt.nlinalg.trace(tt.dot(a, a)), tt.slinalg.solve_lower_triangular(a, np.ones(2)).sum()]
result = theano.function([a], [tt.grad(c, a) for c in costs])(np.array([[2.0, 0.5], [0.5, 1.0]]))
## products
m, v = np.arange(6.0).reshape(2, 3), np.arange(3.0)
t = np.arange(12.0).reshape(2, 3, 2)
M, V = tt.constant(m), tt.constant(v)
result = [tt.dot(M, V).eval(), tt.dot(V, V).eval(), M.dot(M.T).eval(), tt.dot(M, 2.0).eval(), tt.tensordot(M, t, [[1], [1]]).eval(),
          tt.batched_dot(t, t.transpose(0, 2, 1)).eval(), tt.outer(V, V).eval(), tt.dot(t, m).eval(), tt.batched_tensordot(t, t, 2).eval()]
## products of shapes that do not fit
tt.dot(np.ones((2, 3)), np.ones((2, 3))).eval()
"""

_EXTRA = """
## extra_ops
e = tt.extra_ops
x = tt.constant(np.array([3, 1, 1, 0, 3]))
result = [e.cumsum(x).eval(), e.cumprod(x).eval(), e.repeat(x, 2).eval(), e.repeat(x.dimshuffle(0, 'x'), 2, axis=1).eval(),
          e.bincount(x).eval(), e.bincount(x, minlength=6).eval(), e.bincount(x, tt.constant(np.arange(5.0))).eval(), e.squeeze(tt.constant(np.ones((1, 3)))).eval(),
          e.to_one_hot(x, 4).eval(), e.fill_diagonal(tt.constant(np.zeros((2, 3))), 5.0).eval(), e.fill_diagonal_offset(tt.constant(np.zeros((3, 3))), 5.0, 1).eval(),
          e.compress(np.array([1, 0, 1]), tt.constant(np.arange(3.0))).eval(), e.bartlett(5).eval(), e.broadcast_to(tt.constant(np.arange(3.0)), (2, 3)).eval()]
## searchsorted
x = np.array([1.0, 2.0, 2.0, 5.0])
result = [tt.extra_ops.searchsorted(x, np.array([0.0, 2.0, 6.0])).eval(), tt.extra_ops.searchsorted(x, 2.0, side="right").eval()]
## unique
u = tt.extra_ops.Unique(True, True, True)(np.array([3, 1, 3, 2]))
result = [v.eval() for v in u] + [tt.extra_ops.Unique()(np.array([[2, 1], [1, 2]])).eval()]
## ravel and unravel
result = [tt.extra_ops.ravel_multi_index((np.array([0, 1]), np.array([2, 1])), (2, 3)).eval(),
          [v.eval() for v in tt.extra_ops.unravel_index(np.array([2, 4]), (2, 3))]]
## permutations
p = np.array([2, 0, 1])
result = [tt.inverse_permutation(p).eval(), tt.permute_row_elements(np.arange(3.0), p).eval(),
          tt.permute_row_elements(np.arange(6.0).reshape(2, 3), p).eval()]
## covariance
x = tt.dmatrix("x")
result = theano.function([x], [tt.cov(x), tt.cov(x, rowvar=False), tt.cov(x, ddof=0)])(np.array([[1.0, 2.0, 4.0], [0.5, 0.1, -1.0]]))
"""

_NEURAL = """
## activations
n, x, m = tt.nnet, tt.constant(np.array([-2.0, 0.5, 3.0])), tt.constant(np.array([[0.1, 0.7, 0.2], [2.0, -1.0, 0.0]]))
result = [n.sigmoid(x).eval(), n.softplus(x).eval(), n.softmax(m).eval(), n.softmax(x).eval(), n.logsoftmax(m).eval(), n.relu(x).eval(),
          n.relu(x, 0.1).eval(), n.elu(x).eval(), n.selu(x).eval(), n.hard_sigmoid(x).eval(), n.softsign(x).eval()]
## losses
n = tt.nnet
p, m = tt.constant(np.array([0.2, 0.9])), tt.constant(np.array([[0.1, 0.7, 0.2], [0.3, 0.3, 0.4]]))
t = tt.constant(np.array([1.0, 0.0]))
a, b = tt.lvectors("a", "b")
result = [n.binary_crossentropy(p, t).eval(), n.sigmoid_binary_crossentropy(tt.constant(np.array([0.3, -1.0])), t).eval(),
          n.categorical_crossentropy(m, tt.constant(np.array([1, 2]))).eval(), n.categorical_crossentropy(m, m[::-1]).eval(),
          theano.function([a, b], n.confusion_matrix(a, b))([0, 1, 1], [0, 1, 0])]
## gradients of softmax and its logarithm
x = tt.dmatrix("x")
w = np.arange(6.0).reshape(2, 3)
result = theano.function([x], [tt.grad((tt.nnet.softmax(x) * w).sum(), x), tt.grad((tt.log(tt.nnet.softmax(x)) * w).sum(), x)])(w / 3.0)
"""

_SCAN = """
## maps, recurrences, several outputs
x = tt.dvector("x")
a, _ = theano.scan(lambda v: v ** 2, sequences=x)
b, _ = theano.scan(lambda v, s: s + v, sequences=x, outputs_info=tt.constant(0.5, dtype="float64"))
(c, d), _ = theano.scan(lambda v, s: [s * v, v + 1.0], sequences=x, outputs_info=[tt.constant(1.0, dtype="float64"), None])
result = theano.function([x], [a, b, c, d, tt.grad(b[-1], x), tt.grad(c[-1], x)])([1.0, 2.0, 3.0])
## taps of outputs and sequences
x = tt.dvector("x")
a, _ = theano.scan(lambda p, q: p + q, outputs_info=[dict(initial=x[:2], taps=[-2, -1])], n_steps=5)
b, _ = theano.scan(lambda u, v, w: u + 10 * v + 100 * w, sequences=dict(input=x, taps=[-1, 0, 1]))
c, _ = theano.scan(lambda u, p: u + p, sequences=[dict(input=x, taps=[-1])], outputs_info=dict(initial=x[:3], taps=[-3]))
result = theano.function([x], [a, b, c, tt.grad(a[-1], x), tt.grad(b.sum(), x)])([1.0, 2.0, 3.0, 4.0])
## non_sequences, n_steps, go_backwards
x, k = tt.dvector("x"), tt.dscalar("k")
a, _ = theano.scan(lambda v, s, z: s * z + v, sequences=x, outputs_info=tt.constant(0.0, dtype="float64"), non_sequences=k)
b, _ = theano.scan(lambda v, s: 2 * s + v, sequences=x, outputs_info=tt.constant(0.0, dtype="float64"), go_backwards=True)
c, _ = theano.scan(lambda v: v + k, sequences=x, n_steps=2)
result = theano.function([x, k], [a, b, c, tt.grad(a[-1], k), tt.grad(a[-1], x)])([1.0, 2.0, 3.0], 0.5)
## until
from theano.scan import until
x = tt.dscalar("x")
a, _ = theano.scan(lambda s: (s * 2.0, until(s * 2.0 > 20.0)), outputs_info=x, n_steps=50)
result = theano.function([x], [a, a.shape, tt.grad(a[-1], x)])(1.5)
## the number of steps is an input
n, x = tt.iscalar("n"), tt.dscalar("x")
a, _ = theano.scan(lambda s, z: s * z, outputs_info=tt.ones(()), non_sequences=x, n_steps=n)
f = theano.function([n, x], [a, tt.grad(a[-1], x)])
result = [f(2, 3.0), f(5, 1.5)]
## updates of shared variables
s = theano.shared(1.0)
a, updates = theano.scan(lambda v: (s * v, {s: s + v}), sequences=tt.constant(np.array([1.0, 2.0, 3.0])))
f = theano.function([], a, updates=updates)
result = [f(), s.get_value()]
## gradients through the last steps
x = tt.dscalar("x")
a, _ = theano.scan(lambda s, z: s * z, outputs_info=tt.ones(()), non_sequences=x, n_steps=5, truncate_gradient=2)
result = theano.function([x], [a, tt.grad(a[-1], x)])(2.0)
## reduce, map, foldl, foldr
x = tt.dvector("x")
one = tt.constant(1.0, dtype="float64")
result = theano.function([x], [theano.reduce(lambda v, s: s * v, x, one)[0], theano.map(lambda v: v + 1, x)[0],
                               theano.foldl(lambda v, s: s / v, x, one)[0], theano.foldr(lambda v, s: s - v, x, one)[0]])([1.0, 2.0, 4.0])
## a matrix recurrence
A, x = tt.dmatrix("A"), tt.dvector("x")
a, _ = theano.scan(lambda s, M: tt.dot(M, s), outputs_info=x, non_sequences=A, n_steps=3)
f = theano.function([A, x], [a, tt.grad(a[-1].sum(), A), tt.grad(a[-1].sum(), x)])
result = f(np.array([[0.5, 0.1], [0.2, 0.8]]), [1.0, 2.0])
## nested loops
m = tt.dmatrix("m")
inner = lambda row: theano.scan(lambda v, s: s + v ** 2, sequences=row, outputs_info=tt.constant(0.0, dtype="float64"))[0][-1]
a, _ = theano.scan(inner, sequences=m)
result = theano.function([m], [a, tt.grad(a.sum(), m)])(np.arange(4.0).reshape(2, 2))
## two sequences of different lengths
a, _ = theano.scan(lambda u, v: u + v, sequences=[tt.constant(np.arange(3.0)), tt.constant(np.arange(5.0))])
result = [a.eval()]
"""

_GRADIENTS = """
## of a list, with a constant held
x, y = tt.dscalars("x", "y")
c = x ** 2 * y + tt.exp(y)
result = theano.function([x, y], tt.grad(c, [x, y]) + [theano.grad(x ** 2 * (x * y), x, consider_constant=[x * y])])(2.0, 3.0) if False else theano.function([x, y], tt.grad(c, [x, y]))(2.0, 3.0)
## disconnected
x, y = tt.dscalars("x", "y")
tt.grad(x ** 2, y)
## disconnected, ignored
x, y = tt.dscalars("x", "y")
result = theano.function([x, y], tt.grad(x ** 2, [x, y], disconnected_inputs="ignore"), on_unused_input="ignore")(2.0, 1.0)
## of a vector
tt.grad(tt.dvector("x"), tt.dvector("x"))
## with respect to an intermediate result
x = tt.dvector("x")
z = x ** 2
result = theano.function([x], tt.grad((z ** 3).sum(), z))([1.0, 2.0])
## jacobian and hessian
x = tt.dvector("x")
y = tt.stack([x[0] * x[1], x.sum(), tt.exp(x[0])])
result = theano.function([x], [theano.gradient.jacobian(y, x), theano.gradient.hessian(tt.exp(x).sum() * (x ** 3).sum(), x), tt.jacobian((x ** 2).sum(), x)])([1.0, 2.0])
## jacobian with respect to a list
x, w = tt.dvector("x"), tt.dscalar("w")
result = theano.function([x, w], theano.gradient.jacobian(x * w, [x, w]))([1.0, 2.0], 3.0)
## Lop and Rop
x, w = tt.dvector("x"), tt.dmatrix("w")
y = tt.tanh(tt.dot(w, x))
result = theano.function([x, w], [tt.Lop(y, x, tt.constant(np.array([1.0, 2.0]))), tt.Rop(y, x, tt.constant(np.array([0.5, -1.0]))), tt.Rop(y, w, w),
                                  tt.Rop(y, [x, w], [x, w])])([1.0, 2.0], np.array([[0.1, 0.2], [0.3, -0.4]]))
## known gradients
x = tt.dvector("x")
y = x ** 2
result = theano.function([x], theano.grad(None, x, known_grads={y: tt.constant(np.array([1.0, 10.0]))}))([1.0, 2.0])
## second derivatives
x = tt.dscalar("x")
g = tt.grad(tt.sin(x) * x ** 3, x)
result = theano.function([x], [g, tt.grad(g, x), tt.grad(tt.grad(g, x), x)])(0.7)
## held, clipped, scaled
g = theano.gradient
x = tt.dscalar("x")
cost = [g.disconnected_grad(x) * x, g.zero_grad(x) * x, g.consider_constant(x) * x, g.grad_clip(x, -1, 1) ** 2, g.grad_scale(x, 3.0) ** 2]
result = theano.function([x], [tt.grad(c, x) for c in cost])(2.0)
## undefined gradients
x = tt.dscalar("x")
theano.grad(theano.gradient.undefined_grad(x) * 2, x)
## of integers
x = tt.dvector("x")
result = theano.function([x], tt.grad((tt.floor(x) * x).sum(), x))([1.5, 2.5])
## with respect to an integer
n = tt.lscalar("n")
tt.grad(n * 2.0, n)
## verify_grad accepts a right gradient
theano.gradient.verify_grad(lambda a, b: tt.exp(a) * b, [np.array([0.1, 0.2]), np.array([1.0, 2.0])], rng=np.random.RandomState(1))
result = ["accepted"]
## numeric gradients
result = [np.round(theano.gradient.numeric_grad(lambda x: (x ** 2).sum(), [np.array([1.0, 2.0])]).gf[0], 5)]
"""

_FUNCTIONS = """
## outputs in all forms
x = tt.dscalar("x")
result = [theano.function([x], x * 2)(1.5), theano.function([x], [x, x + 1])(1.5), theano.function([x], [])(1.0),
          theano.function([x], {"a": x, "b": x * 3})(2.0), theano.function([], tt.constant(3.0) * 2)()]
## updates
s = theano.shared(0.0)
x = tt.dscalar("x")
f = theano.function([x], s, updates=[(s, s + x)])
result = [f(1.0), f(2.0), s.get_value()]
## updates as a dict, computed from the old values
a, b = theano.shared(1.0), theano.shared(2.0)
theano.function([], [], updates={a: b, b: a + b})()
result = [a.get_value(), b.get_value()]
## givens
x, y = tt.dscalars("x", "y")
s = theano.shared(5.0)
result = [theano.function([x], x + y, givens={y: x * 10})(2.0), theano.function([], s * 2, givens=[(s, tt.constant(7.0))])(),
          theano.function([], y + 1, givens={y: s})()]
## defaults
x, y = tt.dscalars("x", "y")
f = theano.function([x, theano.In(y, value=3.0, name="why")], x * y)
result = [f(2.0), f(2.0, 5.0), f(2.0, why=4.0)]
## an unused input
theano.function([tt.dscalar("x")], tt.constant(1.0))
## an input that is missing
x, y = tt.dscalars("x", "y")
theano.function([x], x + y)
## too many arguments
x = tt.dscalar("x")
theano.function([x], x)(1.0, 2.0)
## a float for an integer
n = tt.lscalar("n")
theano.function([n], n)(1.5)
## a float64 array for float32
x = tt.fvector("x")
theano.function([x], x)(np.array([0.1]))
## the same with downcast
x = tt.fvector("x")
result = [theano.function([x], x * 2, allow_input_downcast=True)(np.array([0.1])).dtype]
## a Python float for float32
x = tt.fscalar("x")
result = [theano.function([x], x * 2)(0.5)]
## the wrong number of dimensions
x = tt.dvector("x")
theano.function([x], x)(np.ones((2, 2)))
## shapes that do not broadcast
x, y = tt.dvectors("x", "y")
theano.function([x, y], x + y)([1.0, 2.0], [1.0, 2.0, 3.0])
## eval with inputs
x, y = tt.dvectors("x", "y")
result = [(x * y).eval({x: [1.0, 2.0], y: [3.0, 4.0]}), x.shape.eval({x: [1.0]}), x.size.eval({x: [1.0, 2.0]})]
## clone and replace
x, y = tt.dscalars("x", "y")
z = x ** 2 + y
f = theano.clone(z, replace={x: y * 2})
g = theano.clone([z, x], replace={x: tt.constant(3.0, dtype="float64")})
result = [f.eval({y: 3.0}), g[0].eval({y: 1.0}), g[1].eval()]
## clone refuses another type
x = tt.dscalar("x")
theano.clone(x ** 2, replace={x: tt.dvector("y")})
## inputs of a graph
from theano.graph.basic import ancestors, graph_inputs
x, y = tt.dvectors("x", "y")
s = theano.shared(np.ones(2), name="s")
z = (x * s + tt.exp(y)).sum() * 2
result = [[v.name for v in graph_inputs([z]) if v.name], pm.inputvars(z)[0].name, len(pm.inputvars(z)), z.owner.inputs[0].owner is not None]
## compiled twice, values set between
s = theano.shared(np.arange(3.0))
f = theano.function([], (s ** 2).sum())
first = f()
s.set_value(np.ones(7))
result = [first, f()]
## test values
with theano.config.change_flags(compute_test_value="raise"):
    x = tt.dvector("x")
    x.tag.test_value = np.array([1.0, 2.0])
    y = (x * 2).sum()
result = [y.tag.test_value, theano.graph.op.get_test_value(y)]
## flags
before = (theano.config.floatX, theano.config.compute_test_value, theano.config.mode)
with theano.config.change_flags(compute_test_value="ignore", floatX="float32"):
    inside = (theano.config.floatX, theano.config.compute_test_value)
@theano.config.change_flags(compute_test_value="off")
def decorated():
    return theano.config.compute_test_value
result = [before[:2], inside, decorated(), theano.config.floatX]
## an unknown flag
with theano.config.change_flags(no_such_flag=1):
    pass
## ifelse
from theano.ifelse import ifelse
c, x = tt.dscalar("c"), tt.dvector("x")
y = ifelse(tt.gt(c, 0), x ** 2, x.sum() * x)
f = theano.function([c, x], [y, tt.grad(y.sum(), x)])
several = ifelse(tt.lt(c, 0), [x, c], [x * 2, c * 3])
result = [f(1.0, [1.0, 2.0]), f(-1.0, [1.0, 2.0]), theano.function([c, x], several)(1.0, [1.0])]
"""

_OPERATIONS = """
## perform and grad
class Cube(tt.Op):
    __props__ = ()
    itypes, otypes = [tt.dvector], [tt.dvector]
    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] ** 3
    def grad(self, inputs, gradients):
        return [3.0 * inputs[0] ** 2 * gradients[0]]
x = tt.dvector("x")
y = Cube()(x)
result = theano.function([x], [y, tt.grad((y * x).sum(), x), theano.gradient.hessian(y.sum(), x)])([1.0, 2.0]) + [Cube() == Cube(), y.owner.op == Cube()]
## make_node and two outputs
from theano.graph.basic import Apply
from theano.graph.op import Op
class MinMax(Op):
    __props__ = ("shift",)
    def __init__(self, shift):
        self.shift = shift
    def make_node(self, x):
        x = tt.as_tensor_variable(x)
        return Apply(self, [x], [tt.dscalar(), tt.dscalar()])
    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.array(inputs[0].min() + self.shift)
        outputs[1][0] = np.array(inputs[0].max())
    def grad(self, inputs, gradients):
        x = inputs[0]
        return [gradients[0] * tt.eq(x, x.min()) + gradients[1] * tt.eq(x, x.max())]
x = tt.dvector("x")
low, high = MinMax(0.5)(x)
result = theano.function([x], [low, high, tt.grad(high * low, x)])([3.0, 1.0, 2.0]) + [MinMax(1) == MinMax(1), MinMax(1) == MinMax(2)]
## the documented likelihood written as a black box
class LogLike(tt.Op):
    itypes = [tt.dvector]
    otypes = [tt.dscalar]
    def __init__(self, loglike, data):
        self.likelihood, self.data = loglike, data
        self.slope = Slope(data)
    def perform(self, node, inputs, outputs):
        (theta,) = inputs
        outputs[0][0] = np.array(self.likelihood(theta, self.data))
    def grad(self, inputs, g):
        (theta,) = inputs
        return [g[0] * self.slope(theta)]
class Slope(tt.Op):
    itypes = [tt.dvector]
    otypes = [tt.dvector]
    def __init__(self, data):
        self.data = data
    def perform(self, node, inputs, outputs):
        (theta,) = inputs
        outputs[0][0] = np.array([(self.data - theta[0]).sum(), 0.0])
data = np.array([0.3, 1.2, -0.4])
op = LogLike(lambda t, d: -0.5 * ((d - t[0]) ** 2).sum(), data)
with pm.Model() as model:
    m = pm.Normal("m", 0.0, 10.0)
    c = pm.Normal("c", 0.0, 10.0)
    pm.Potential("like", op(tt.as_tensor_variable([m, c])))
point = {"m": 0.7, "c": -1.0}
result = [model.logp(point), model.fastdlogp([m, c])(point)]
## an operation without a gradient
class Plain(tt.Op):
    itypes, otypes = [tt.dscalar], [tt.dscalar]
    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] * 2
x = tt.dscalar("x")
tt.grad(Plain()(x), x)
## the wrong type for an operation
class Plain(tt.Op):
    itypes, otypes = [tt.dvector], [tt.dvector]
    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0]
Plain()(tt.dmatrix("m"))
## the wrong number of inputs
class Plain(tt.Op):
    itypes, otypes = [tt.dvector], [tt.dvector]
    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0]
Plain()(tt.dvector("m"), tt.dvector("n"))
## as_op
from theano.compile.ops import as_op
@as_op(itypes=[tt.dvector, tt.lscalar], otypes=[tt.dvector])
def roll(v, k):
    return np.roll(v, k)
x, k = tt.dvector("x"), tt.lscalar("k")
result = [theano.function([x, k], roll(x, k) * 2)([1.0, 2.0, 3.0], 1)]
## the gradient of as_op
from theano.compile.ops import as_op
@as_op(itypes=[tt.dvector], otypes=[tt.dscalar])
def total(v):
    return np.array(v.sum())
x = tt.dvector("x")
tt.grad(total(x), x)
## gradients that are undefined or disconnected
from theano.gradient import DisconnectedType, grad_not_implemented, grad_undefined
class Scale(tt.Op):
    itypes, otypes = [tt.dvector, tt.dscalar, tt.lscalar], [tt.dvector]
    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] * inputs[1] + inputs[2]
    def grad(self, inputs, gradients):
        return [gradients[0] * inputs[1], grad_not_implemented(self, 1, inputs[1]), grad_undefined(self, 2, inputs[2])]
x, s = tt.dvector("x"), tt.dscalar("s")
result = [theano.function([x, s], tt.grad((Scale()(x, s, tt.constant(np.int64(2))) ** 2).sum(), x))([1.0, 2.0], 3.0)]
## a gradient that is not implemented, asked for
from theano.gradient import grad_not_implemented
class Scale(tt.Op):
    itypes, otypes = [tt.dscalar], [tt.dscalar]
    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] * 2
    def grad(self, inputs, gradients):
        return [grad_not_implemented(self, 0, inputs[0])]
x = tt.dscalar("x")
theano.function([x], tt.grad(Scale()(x), x))(1.0)
## OpFromGraph
from theano.compile.builders import OpFromGraph
x, y = tt.dscalars("x", "y")
s = theano.shared(2.0)
plain = OpFromGraph([x, y], [x * y + s, x + y])
own = OpFromGraph([x, y], [x * y], grad_overrides=lambda inputs, g: [g[0] * 100, g[0] * inputs[0]])
a, b = tt.dscalars("a", "b")
p, q = plain(a, b)
r = own(a, b)
f = theano.function([a, b], [p, q, r] + tt.grad(p * q, [a, b]) + tt.grad(r, [a, b]))
first = f(2.0, 3.0)
s.set_value(10.0)
result = [first, f(2.0, 3.0)]
## elementwise operations of one's own
from theano.scalar import UnaryScalarOp, upgrade_to_float
class Halve(UnaryScalarOp):
    def impl(self, x):
        return x / 2.0
    def grad(self, inputs, gradients):
        return [gradients[0] * 0.5]
halve = tt.Elemwise(Halve(upgrade_to_float, name="halve"), name="halve")
x = tt.dmatrix("x")
result = theano.function([x], [halve(x), tt.grad((halve(x) ** 2).sum(), x)])(np.arange(4.0).reshape(2, 2))
"""

_PRINTING = """
## Print passes values and gradients through
x = tt.dvector("x")
y = theano.printing.Print("value of x")(x)
result = theano.function([x], [y * 2, tt.grad((y ** 2).sum(), x)])([1.0, 2.0])
## pp and debugprint give text
x = tt.dscalar("x")
result = [isinstance(theano.printing.pp(x * 2), str), isinstance(theano.pp(x + 1), str)]
"""

_PM_FUNCTIONS = """
## helpers of pymc3.theanof
x, y = tt.dvector("x"), tt.dscalar("y")
f = (x ** 3).sum() * y
g = theano.function([x, y], [pm.gradient(f, [x, y]), pm.jacobian(x * y, [x, y]), pm.hessian(f, [x, y]), pm.hessian_diag(f, [x, y])])
result = g([1.0, 2.0], 3.0)
## floatX, intX, smartfloatX
result = [pm.floatX(np.arange(2)), pm.floatX(1), pm.intX(np.array([1.0, 2.0])), pm.intX(3), pm.smartfloatX(np.arange(2)), pm.smartfloatX(np.ones(2, "float32")),
          pm.floatX(tt.lvector("n")).dtype, pm.intX(tt.dvector("x")).dtype]
## CallableTensor and join_nonshared_inputs
with pm.Model() as model:
    x, y, w = pm.Normal("x", shape=2), pm.Normal("y"), pm.Normal("w")
    f = x.sum() * y + w
replaced = pm.make_shared_replacements([x, y], model)
(joined,), flat = pm.join_nonshared_inputs([f], [x, y], replaced)
z, v = tt.dvectors("z", "v")
z.tag.test_value = v.tag.test_value = np.ones(1)
result = [theano.function([flat], joined)([1.0, 2.0, 3.0]), pm.CallableTensor(2 * v)(z).eval({z: [1.0]}), flat.name, [s.name for s in replaced.values()]]
## take_along_axis
a, i = np.arange(12.0).reshape(3, 4), np.array([[0, 2, 1, 0]])
result = [pm.take_along_axis(tt.constant(a), tt.constant(i), 0).eval(), pm.take_along_axis(tt.constant(a), tt.constant(i.T[:3]), -1).eval()]
## ix_ and the largest common dtype
from pymc3.theanof import ix_, largest_common_dtype
x = tt.constant(np.arange(12.0).reshape(3, 4))
result = [x[ix_(np.array([0, 2]), np.array([1, 3]))].eval(), str(largest_common_dtype([tt.fvector(), np.arange(2), np.ones(1)]))]
## dist_math
from pymc3.distributions import dist_math as d
x = np.array([-9.0, -0.5, 0.3, 4.0])
p = np.array([0.1, 0.4, 0.8])
result = [d.normal_lcdf(0.5, 2.0, x).eval(), d.normal_lccdf(0.5, 2.0, x).eval(), d.std_cdf(x).eval(), d.log_diff_normal_cdf(0.0, 1.0, x[1:], x[:-1]).eval(),
          d.betaln(tt.constant(p), 2.5).eval(), d.binomln(tt.constant(np.array([5.0, 9.0])), tt.constant(np.array([2.0, 3.0]))).eval(),
          d.i0e(x).eval(), d.i1e(x).eval(), d.log_normal(x, 0.1, sigma=2.0).eval(), d.log_normal(x, 0.1, tau=2.0).eval(), d.log_normal(x, 0.1, rho=0.3).eval(),
          d.logpow(tt.constant(np.array([0.0, 0.0, 2.0])), tt.constant(np.array([0.0, 1.0, 3.0]))).eval(), d.incomplete_beta(2.0, 3.0, 0.4).eval()]
## MvNormalLogp and its gradient
from pymc3.distributions.dist_math import MvNormalLogp
cov, delta = tt.dmatrix("cov"), tt.dmatrix("delta")
logp = MvNormalLogp()(cov, delta)
values = np.array([[2.0, 0.3], [0.3, 1.0]]), np.array([[0.1, 0.5], [1.0, -1.0], [0.0, 2.0]])
result = theano.function([cov, delta], [logp] + tt.grad(logp, [cov, delta]))(*values)
"""

_MODELS = """
## dtypes and values of a float32 model
with theano.config.change_flags(floatX="float32"):
    with pm.Model() as model:
        x, s, u, k = pm.Normal("x", 0.5, 2.0, shape=3), pm.HalfNormal("s", 2.0), pm.Uniform("u", -1.0, 2.0), pm.Poisson("k", 3.0)
        d = pm.Deterministic("d", tt.exp(x) * s)
        y = pm.Normal("y", x * k, s, observed=np.array([1.0, 2.0, 3.0]))
        z = pm.Poisson("z", tt.exp(u), observed=np.array([1, 2]), total_size=10)
        pm.Potential("p", -(u ** 2))
    point = {"x": np.array([0.1, -0.2, 0.3], "float32"), "s_log__": np.float32(0.2), "u_interval__": np.float32(0.4), "k": np.int16(2)}
    flat = model.logp_dlogp_function([x, model["s_log__"], model["u_interval__"]])
    flat.set_extra_values(point)
    result = [[(v.name, v.dtype) for v in (x, s, u, k, d, y, z)], [(n, v) for n, v in sorted(model.test_point.items())],
              [(v.name, v.logpt.dtype, v.logp(point)) for v in model.basic_RVs], model.logpt.dtype, model.logp(point),
              model.dlogp([x, model["s_log__"]])(point), flat(flat.dict_to_array(point))]
## dtypes and values of a float32 model of vectors
with theano.config.change_flags(floatX="float32"):
    eye = np.eye(2, dtype="float32")
    with pm.Model() as model:
        m, w = pm.MvNormal("m", np.zeros(2), cov=np.eye(2), shape=2), pm.Dirichlet("w", np.ones(3), shape=3)
        n, b = pm.MvNormal("n", m, chol=eye, shape=2), pm.Bound(pm.Normal, lower=0.0)("b", mu=1.0, sigma=2.0)
        g, a = pm.GaussianRandomWalk("g", sigma=1.0, shape=3), pm.AR("a", rho=np.array([0.3]), sigma=1.0, shape=3)
        f = pm.DensityDist("f", lambda v: -0.5 * v ** 2)
        c = pm.NormalMixture("c", w, mu=np.array([0.0, 1.0, 2.0]), sigma=1.0, observed=np.array([0.1, 0.2]))
    result = [[(v.name, v.dtype) for v in (m, w, n, b, g, a, f, c)], [(v.name, v.logpt.dtype, v.logp(model.test_point)) for v in model.basic_RVs],
              model.logpt.dtype, model.logp(model.test_point)]
## log densities and draws of distributions in float32
with theano.config.change_flags(floatX="float32"):
    normal, poisson = pm.Normal.dist(0.5, np.array([1.0, 2.0])), pm.Poisson.dist(3.0)
    result = [normal.mu.dtype, normal.tau.dtype, [normal.logp(v).eval() for v in (1.5, np.array([1.0, 2.0]), np.float32(1.5))],
              normal.logcdf(1.0).eval(), poisson.logp(np.array([1, 2], "int16")).eval(), poisson.logp(np.array([1, 2])).eval(),
              pm.Normal.dist(0.0, 1.0).random().dtype, poisson.random().dtype]
"""

_GROUPS = {
    "constructors": _CONSTRUCTORS,
    "promotion": _PROMOTION,
    "indexing": _INDEXING,
    "reductions": _REDUCTIONS,
    "linear algebra": _LINEAR_ALGEBRA,
    "extra_ops": _EXTRA,
    "nnet": _NEURAL,
    "scan": _SCAN,
    "gradients": _GRADIENTS,
    "functions": _FUNCTIONS,
    "operations": _OPERATIONS,
    "printing": _PRINTING,
    "pymc3": _PM_FUNCTIONS,
    "models": _MODELS,
}


def split(group: str, text: str) -> dict[str, str]:
    """Programs by name out of a text in which each begins with a title."""
    programs = {}
    for part in text.strip().split("## ")[1:]:
        title, _, source = part.partition("\n")
        programs[f"{group}: {title}"] = source
    return programs


#: Source by name.
PROGRAMS: dict[str, str] = {k: v for group, text in _GROUPS.items() for k, v in split(group, text).items()}
