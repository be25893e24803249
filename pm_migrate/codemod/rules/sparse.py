"""Make the matrices of ``theano.sparse`` dense.

``theano.sparse.as_sparse_variable(W)`` becomes ``W.toarray()``, and ``theano.sparse.dot`` the product of tensors.

Why: the tensors of a generator model are dense, and so is every product of a sparse matrix and a vector.

Limits: a matrix of n rows and columns takes 8 n² bytes then. Other functions of ``theano.sparse`` keep the model as it
was: convert the matrices with ``.toarray()``, and use those of ``theano.tensor``.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code

RULE = Rule(
    "PM413",
    "Make sparse matrices dense",
    __doc__ or "",
    (
        Example(
            """
            import numpy as np
            import pymc3 as pm
            import scipy.sparse
            import theano

            near = theano.sparse.as_sparse_variable(scipy.sparse.csr_matrix(np.eye(3)))
            with pm.Model() as model:
                x = pm.Normal('x', 0, 1, shape=(3, 1))
                pm.Normal('y', theano.sparse.dot(near, x), 1, observed=data)
            """,
            """
            import numpy as np
            import pm_migrate.pymc4 as pm
            import scipy.sparse

            near = scipy.sparse.csr_matrix(np.eye(3)).toarray()


            @pm.model(name=None)
            def build_model():
                x = yield pm.Normal('x', 0, 1, batch_stack=(3, 1))
                yield pm.Normal('y', pm.math.dot(near, x), 1, observed=data)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm
            import theano

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1, shape=(3, 3))
                near = theano.sparse.as_sparse_variable(x)
            """,
            """
            import pymc3 as pm
            import theano

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1, shape=(3, 3))
                # TODO(pm-migrate PM413): of a matrix with a name alone: make another one dense with .toarray()
                near = theano.sparse.as_sparse_variable(x)
            """,
        ),
    ),
)

RULES = (RULE,)


def plan_dense(plan: Plan, node: cst.CSTNode) -> None:
    """Plan for a reference to what makes a sparse tensor of a matrix."""
    call = plan.tree.parent[node]
    key = function_group(plan, call if isinstance(call, cst.Call) else node)
    plan.understand(node, key)
    plan.allow(RULE.code, key)
    match call:
        case cst.Call(func=func, args=[cst.Arg(value=matrix, keyword=None, star="")]) if func is node:
            simple = isinstance(matrix, (cst.Name, cst.Attribute, cst.Subscript, cst.Call))
            if simple and not v.tainted(plan.flow.value(matrix)) and not plan.tree.has_comments(call):
                plan.edit(call, key, _to_array)
                plan.note(node, key, RULE.code, f"`{code(matrix)}` is made dense")
                return
    plan.refuse(node, key, RULE.code, "of a matrix with a name alone: make another one dense with .toarray()")


def _to_array(updated: cst.Call) -> cst.Call:
    return cst.Call(cst.Attribute(updated.args[0].value, cst.Name("toarray")))
