"""Put the model's name in front of those of its variables, with ``--names scoped``: ``"mu"`` becomes ``"model/mu"``.

The generator gets the bare decorator ``@pm.model`` and the name of its model, and places that read results by name read
the new one: ``pm.draws(trace, 'model/mu')``, ``var_names=``, ``trace.posterior[...]``, start values.

Why: these are the names that PyMC4 gives by default, and that nested models need.

Limits: a name in a place that is not known (a table, a title, a file) stays, and is marked for review; so is one that
two models have, where it cannot be seen which one is meant.
"""

from __future__ import annotations

from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.scoped import CODE

RULE = Rule(CODE, "The name of a variable may be another one", __doc__ or "")

RULES = (RULE,)

#: Shown by ``explain``: it takes ``--names scoped``.
EXAMPLE = Example(
    """
    import pymc3 as pm

    with pm.Model() as model:
        mu = pm.Normal('mu', 0, 1)
        trace = pm.sample(500, tune=500, chains=2)
    print(trace['mu'].mean())
    pm.traceplot(trace, var_names=['mu'])
    """,
    """
    import arviz as az
    import pm_migrate.pymc4 as pm


    @pm.model
    def model():
        mu = yield pm.Normal('mu', 0, 1)


    model = model()
    trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2)
    print(pm.draws(trace, 'model/mu').mean())
    az.plot_trace(trace, var_names=['model/mu'])
    """,
)
