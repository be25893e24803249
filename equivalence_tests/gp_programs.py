# ruff: noqa: E501 - programs as people write them
"""Programs with Gaussian processes, run as those of :mod:`equivalence_tests.theano_programs`.

What they give under PyMC3 is in ``recorded/gaussian_processes.json``; ``python -m equivalence_tests.gp_programs`` makes
it anew.

Points lie near zero, and distances that have a root below them are of one column: where PyMC3 expands squares it has
lost no digits there, and the covariances have to agree to 1e-12.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from equivalence_tests.test_theano_programs import THEANO_SIDE
from equivalence_tests.theano_programs import split
from pm_migrate.reference import provision

RECORDED = Path(__file__).parent / "recorded" / "gaussian_processes.json"

_HELPERS = '''
X, Xs = np.linspace(0.0, 2.0, 5)[:, None], np.array([[-0.3], [0.7], [1.9]])
P, Q = np.sin(np.arange(12.0)).reshape(4, 3), np.cos(np.arange(6.0)).reshape(2, 3)
a, b, c = tt.dscalar("a"), tt.dscalar("b"), tt.dvector("c")
inputs, at = [a, b, c], (0.7, 1.3, np.array([0.5, 1.1, 2.0]))

def values(outputs):
    """Numbers for variables, at fixed parameters."""
    return theano.function(inputs, outputs, on_unused_input="ignore", mode="FAST_COMPILE")(*at)

def shown(cov, X, Xs, diag=True):
    """The matrix, its diagonal by itself, the cross covariance, and derivatives of a sum of them by the parameters."""
    parts = [tt.cast(p, "float64") for p in [cov(X), cov(X, Xs)] + ([cov(X, diag=True)] if diag else [])]
    weighted = sum(tt.sum(p * tt.cos(tt.reshape(tt.arange(p.size), p.shape))) for p in parts)
    return values(parts + theano.grad(weighted, inputs, disconnected_inputs="ignore"))
'''

COVARIANCES = """
## stationary of one column
kinds = (pm.gp.cov.ExpQuad, pm.gp.cov.Matern32, pm.gp.cov.Matern52, pm.gp.cov.Cosine)
result = [shown(kind(1, ls=a), X, Xs) + shown(kind(1, ls_inv=b), X, Xs) for kind in kinds]
## stationary of one column, with a kink at zero
result = [shown(kind(1, ls=a), X, Xs) + shown(kind(1, ls_inv=b), X, Xs) for kind in (pm.gp.cov.Matern12, pm.gp.cov.Exponential)]
## rational quadratic and periodic
result = [shown(pm.gp.cov.RatQuad(1, alpha=b, ls=a), X, Xs), shown(pm.gp.cov.Periodic(1, period=b, ls=a), X, Xs),
          shown(pm.gp.cov.Periodic(3, period=b, ls=c), P, Q), shown(pm.gp.cov.RatQuad(3, alpha=b, ls_inv=c), P, Q)]
## several columns, and a length scale for each
result = [shown(pm.gp.cov.ExpQuad(3, ls=c), P, Q), shown(pm.gp.cov.ExpQuad(3, a), P, Q), shown(pm.gp.cov.ExpQuad(3, ls_inv=[1.0, 2.0, 0.3]), P, Q),
          shown(pm.gp.cov.ExpQuad(3, ls=c[:2], active_dims=[0, 2]), P, Q), shown(pm.gp.cov.Matern32(3, ls=a, active_dims=[1]), P, Q)]
## constants and noise
result = [shown(pm.gp.cov.Constant(a), X, Xs), shown(pm.gp.cov.WhiteNoise(b), X, Xs), shown(pm.gp.cov.Constant(2.0), P, Q)]
## linear and polynomial
result = [shown(pm.gp.cov.Linear(3, c), P, Q), shown(pm.gp.cov.Linear(1, a), X, Xs), shown(pm.gp.cov.Polynomial(1, a, 2, b), X, Xs),
          shown(pm.gp.cov.Polynomial(3, c, 3.0, b), P, Q)]
## on a circle
result = [shown(pm.gp.cov.Circular(1, b, tau=a + 4), X, Xs), shown(pm.gp.cov.Circular(1, 1.7), X, Xs)]
## warped inputs
warp = lambda x, scale, shift: tt.tanh(x * scale) + shift * x
result = [shown(pm.gp.cov.WarpedInput(1, pm.gp.cov.ExpQuad(1, ls=a), warp, args=(a, b)), X, Xs, diag=False),
          shown(pm.gp.cov.ScaledCov(1, pm.gp.cov.WarpedInput(1, pm.gp.cov.Matern52(1, ls=b), lambda x: x ** 2) * 1.0, lambda x, k: tt.exp(-k * x), a), X, Xs, diag=False)]
## length scales that vary
result = [shown(pm.gp.cov.Gibbs(1, lambda x, p, q: p + tt.exp(-q * x), args=(a, b)), X, Xs), shown(pm.gp.cov.Gibbs(1, lambda x: tt.ones(x.shape)), X, Xs)]
## scaled
result = shown(pm.gp.cov.ScaledCov(1, pm.gp.cov.ExpQuad(1, ls=b), lambda x, p: 1.0 + p * x ** 2, args=a), X, Xs)
## coregion
W, points, others = np.array([[1.0, 0.2], [0.5, -1.0], [0.1, 0.3]]), np.array([[0], [2], [1], [2]]), np.array([[1], [0]])
B = pm.gp.cov.Coregion(1, W=W * a, kappa=c)
result = [shown(B, points, others), shown(pm.gp.cov.Coregion(1, B=tt.dot(W, W.T) * b), points, others),
          shown(pm.gp.cov.Coregion(2, W=W, kappa=c, active_dims=[1]) * pm.gp.cov.ExpQuad(2, ls=a, active_dims=[0]), np.hstack([np.arange(4.0)[:, None], points]), np.hstack([np.ones((2, 1)), others]))]
## sums, products and powers
K = pm.gp.cov.ExpQuad(1, ls=a)
L = pm.gp.cov.Matern32(1, ls=b)
result = [shown(k, X, Xs) for k in (a ** 2 * K, K * b, K + L, K * L + 0.5, 2 + K, np.float64(1.5) * L, b * (K + a * L) ** 2, (K + L) * (K + L), K ** 1.5, L ** a)]
## matrices as summands and factors
K, M = pm.gp.cov.ExpQuad(1, ls=a), np.cos(np.arange(25.0)).reshape(5, 5)
result = [values([k(X), k(X, diag=True)]) for k in (K + M, M + K, K * M, M * K, tt.as_tensor_variable(M) * K, np.array([[2.0]]) * K, K + np.array([[2.0]]))]
## kronecker products
K = pm.gp.cov.Kron([pm.gp.cov.ExpQuad(1, ls=a), pm.gp.cov.ExpQuad(2, ls=c[:2])])
result = [shown(K, P, Q), [K.input_dim, K.input_dims]]
## combinations with an input_dim
K = pm.gp.cov.ExpQuad(3, ls=a) + pm.gp.cov.Linear(2, c=b) * 2
result = [K.input_dim, K.active_dims, [k.input_dim for k in K.factor_list], len((K + K).factor_list), K[0] if hasattr(K, "__getitem__") else None]
## a covariance function of the program's own
class Brownian(pm.gp.cov.Covariance):
    def __init__(self, scale):
        super().__init__(1, None)
        self.scale = scale
    def diag(self, X):
        return self.scale * X[:, 0] ** 2
    def full(self, X, Xs=None):
        X, Xs = self._slice(X, Xs)
        return self.scale * tt.minimum(X, tt.transpose(X if Xs is None else Xs))
result = shown(a * Brownian(b) + pm.gp.cov.ExpQuad(1, ls=a), X, Xs)
## mean functions
class Sine(pm.gp.mean.Mean):
    def __init__(self, speed):
        super().__init__()
        self.speed = speed
    def __call__(self, X):
        return tt.squeeze(tt.sin(self.speed * X))
means = pm.gp.mean.Zero(), pm.gp.mean.Constant(a), pm.gp.mean.Constant(), pm.gp.mean.Linear(b, a), pm.gp.mean.Linear([2.0]), Sine(a)
means += means[1] + means[3], means[3] * means[1] * Sine(b)
result = values([tt.cast(m(X), "float64") for m in means] + [pm.gp.mean.Linear(c, 0.5)(P)])
## what is refused
def kind(make):
    try:
        make()
    except Exception as error:
        return type(error).__name__
K = pm.gp.cov.ExpQuad(1, 0.1)
result = [kind(f) for f in (lambda: pm.gp.cov.ExpQuad(1), lambda: pm.gp.cov.ExpQuad(1, ls=1, ls_inv=1), lambda: K ** np.ones(3),
    lambda: pm.gp.cov.Coregion(2, B=np.eye(2)), lambda: pm.gp.cov.Coregion(1), lambda: pm.gp.cov.Coregion(1, W=np.eye(2), kappa=[1, 1], B=np.eye(2)),
    lambda: pm.gp.cov.Gibbs(2, lambda x: x), lambda: pm.gp.cov.Gibbs(1, 3), lambda: pm.gp.cov.WarpedInput(1, K, 3), lambda: pm.gp.cov.WarpedInput(1, 3, lambda x: x),
    lambda: pm.gp.cov.ScaledCov(1, K, 3), lambda: pm.gp.TP(cov_func=K), lambda: pm.gp.MarginalSparse(cov_func=K, approx="X"),
    lambda: pm.gp.TP(cov_func=K, nu=3) + pm.gp.TP(cov_func=K, nu=3), lambda: pm.gp.Latent(cov_func=K) + pm.gp.Marginal(cov_func=K),
    lambda: pm.gp.LatentKron(cov_funcs=[K]) + pm.gp.LatentKron(cov_funcs=[K]), lambda: pm.gp.Latent(cov_func=K).X, lambda: pm.gp.Marginal(cov_func=K).conditional("f", X),
    lambda: pm.gp.MarginalSparse(cov_func=K, approx="VFE") + pm.gp.MarginalSparse(cov_func=K, approx="DTC"), lambda: pm.gp.Marginal(cov_func=K).prior("f", X))]
## helpers
K = np.array([[1.0, 0.5], [0.5, 1.0]])
result = [pm.gp.util.stabilize(K).eval(), pm.gp.util.infer_shape(X), pm.gp.util.infer_shape(X, 3),
          np.sort(pm.gp.util.kmeans_inducing_points(2, np.array([[0.0, 1.0], [0.1, 1.0], [5.0, 1.0], [5.1, 1.0]])), axis=0), pm.gp.cov.handle_args(lambda x, y: x + y, 1)(1, 2)]
"""

PROCESSES = """
## predictions with noise
y = np.sin(3.0 * X[:, 0])
with pm.Model() as model:
    s, ell = pm.HalfNormal("s", 1.0), pm.Gamma("ell", 2.0, 1.0)
    gp = pm.gp.Marginal(mean_func=pm.gp.mean.Linear(0.3, 0.1), cov_func=s ** 2 * pm.gp.cov.Matern52(1, ls=ell))
    gp.marginal_likelihood("y", X=X, y=y, noise=0.2)
point = {"s": 1.4, "ell": 0.6, "s_log__": np.log(1.4), "ell_log__": np.log(0.6)}
result = [gp.predict(Xs, point=point, diag=d, pred_noise=n) for d in (True, False) for n in (True, False)]
result += [gp.predict(Xs, point, True, True, {"X": X[:2], "y": y[:2], "noise": pm.gp.cov.WhiteNoise(0.1)}), gp.predict(Xs, point, True, given={"X": X[1:], "y": y[1:], "noise": 0.3})]
## predictions of a sum of processes
y = np.sin(3.0 * X[:, 0])
with pm.Model() as model:
    ell = pm.Gamma("ell", 2.0, 1.0)
    first, second = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, ls=ell)), pm.gp.Marginal(pm.gp.mean.Constant(0.5), pm.gp.cov.Matern32(1, ls=0.3))
    gp = first + second
    gp.marginal_likelihood("y", X=X, y=y, noise=0.2)
given, point = {"X": X, "y": y, "noise": 0.2, "gp": gp}, {"ell": 0.8, "ell_log__": np.log(0.8)}
result = [gp.predict(Xs, point), first.predict(Xs, point, given=given), second.predict(Xs, point, given=given, diag=True, pred_noise=True)]
## predictions by way of inducing points
y, Xu = np.sin(3.0 * X[:, 0]), np.array([[0.1], [1.5]])
result = []
for approx in ("FITC", "VFE", "DTC"):
    with pm.Model() as model:
        ell = pm.Gamma("ell", 2.0, 1.0)
        gp = pm.gp.MarginalSparse(cov_func=pm.gp.cov.ExpQuad(1, ls=ell), approx=approx)
        gp.marginal_likelihood("y", X=X, Xu=Xu, y=y, noise=0.2)
    point = {"ell": 0.8, "ell_log__": np.log(0.8)}
    result += [gp.predict(Xs, point, diag=d, pred_noise=n) for d in (True, False) for n in (True, False)]
## predictions from a grid
axes, y = [X, np.array([[0.0], [0.4], [1.0]])], np.sin(np.arange(15.0))
with pm.Model() as model:
    ell, s = pm.Gamma("ell", 2.0, 1.0), pm.HalfNormal("s", 1.0)
    gp = pm.gp.MarginalKron(cov_funcs=[pm.gp.cov.ExpQuad(1, ls=ell), pm.gp.cov.Matern52(1, ls=0.5)])
    gp.marginal_likelihood("y", Xs=axes, y=y, sigma=s)
point = {"ell": 0.8, "ell_log__": np.log(0.8), "s": 0.3, "s_log__": np.log(0.3)}
new = np.array([[0.1, 0.2], [1.7, 0.9], [0.4, 0.1]])
result = [gp.predict(new, point, diag=d, pred_noise=n) for d in (True, False) for n in (True, False)]
"""


#: Source by name.
PROGRAMS: dict[str, str] = {
    name: _HELPERS + source
    for group, text in {"covariances": COVARIANCES, "processes": PROCESSES}.items()
    for name, source in split(group, text).items()
}


def digest(name: str) -> str:
    """What tells whether a recorded outcome is that of the program as it is now."""
    return hashlib.sha256(PROGRAMS[name].encode()).hexdigest()[:16]


def outcomes() -> dict[str, Any]:
    """What the programs give under PyMC3 and Theano."""
    python = provision.find()
    if python is None:
        raise RuntimeError("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "programs.json").write_text(json.dumps(PROGRAMS))
        command = [str(python), "-c", THEANO_SIDE, folder]
        done = subprocess.run(command, env=provision.environment(python), capture_output=True, text=True, timeout=1800)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        found = json.loads((Path(folder) / "outcomes.json").read_text())
    return {name: {"program": digest(name), **found[name]} for name in PROGRAMS}


if __name__ == "__main__":
    made = outcomes()
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(outcome)}" for name, outcome in made.items())
    RECORDED.write_text(f"{{\n{lines}\n}}\n")
