"""Worked examples for findings that leave something to a person: what stands there, and what to write.

A test holds that the first is reported with the code, and that the second is rewritten with nothing left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pm_migrate.codemod.rules.base import Example

#: By code.
BY_HAND: Mapping[str, Example] = MappingProxyType(
    {
        "PM201": Example(
            """
            import pymc3 as pm

            with pm.Model(theano_config={'compute_test_value': 'raise'}) as model:
                slope = pm.Normal('slope', 0, 1)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                slope = pm.Normal('slope', 0, 1)
            """,
        ),
        "PM202": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.LKJCholeskyCov('x', **options)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.LKJCholeskyCov('x', n=options['n'], eta=2, sd_dist=pm.HalfCauchy.dist(2))
            """,
        ),
        "PM203": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                double = pm.Deterministic(*['double', 2 * x])
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                double = pm.Deterministic('double', 2 * x)
            """,
        ),
        "PM205": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                y = pm.Normal('y', x, pm.sample(500, tune=500, chains=2)['x'].std(), observed=data)
            """,
            """
            import pymc3 as pm

            with pm.Model() as first:
                x = pm.Normal('x', 0, 1)
                trace = pm.sample(500, tune=500, chains=2)

            spread = trace['x'].std()
            with pm.Model() as second:
                x = pm.Normal('x', 0, 1)
                y = pm.Normal('y', x, spread, observed=data)
            """,
        ),
        "PM206": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                trace = pm.sample(500, tune=500, chains=2)

            plot(x)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                trace = pm.sample(500, tune=500, chains=2)

            plot(trace['x'])
            """,
        ),
        "PM207": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)

            for i in range(3):
                with model:
                    pm.Normal('y%d' % i, x, 1)
                show(model)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                for i in range(3):
                    pm.Normal('y%d' % i, x, 1)

            show(model)
            """,
        ),
        "PM208": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)

            model.x_free = 1
            print(model.cont_vars)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)

            print(['x'])
            """,
        ),
        "PM211": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.BART('mu', X, y, m=50)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                slope = pm.Normal('slope', 0, 1)
                mu = pm.Deterministic('mu', slope * X)
            """,
        ),
        "PM212": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                rates = as_list(pm.Exponential('rate_%d' % i, 1.) for i in range(3))
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                rates = [pm.Exponential('rate_%d' % i, 1.) for i in range(3)]
            """,
        ),
        "PM214": Example(
            """
            import pymc3 as pm

            def prior(name):
                return pm.Normal(name, 0, 1)
            """,
            """
            import pymc3 as pm

            def prior(name):
                return pm.Normal(name, 0, 1)

            with pm.Model() as model:
                x = prior('x')
            """,
        ),
        "PM301": Example(
            """
            import pymc3 as pm

            def fit():
                return pm.sample(500, tune=500, chains=2)
            """,
            """
            import pymc3 as pm

            def fit():
                with pm.Model() as model:
                    x = pm.Normal('x', 0, 1)
                return pm.sample(500, tune=500, chains=2, model=model)
            """,
        ),
        "PM250": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                pm.glm.GLM.from_formula('y ~ scaled(x)', data, eval_env=1)
            """,
            """
            import pymc3 as pm

            columns = dict(data, x=scaled(data['x']))
            with pm.Model() as model:
                pm.glm.GLM.from_formula('y ~ x', columns)
            """,
        ),
        "PM310": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                pm.glm.glm('y ~ x', data)
                fitted = pm.advi(n=20000)
                trace = pm.sample(1000, tune=1000, chains=2)

            print(fitted.elbo_vals[-1])
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                pm.glm.GLM.from_formula('y ~ x', data)
                approx = pm.fit(n=20000, method='advi')
                trace = pm.sample(1000, tune=1000, chains=2)

            print(-approx.hist[-1])
            """,
        ),
        "PM320": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                trace = pm.sample_smc(n_steps=20, n_chains=1000)

            print(model.marginal_likelihood)
            """,
            """
            import numpy as np
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                trace = pm.sample_smc(draws=1000, n_steps=20, chains=1)

            print(np.exp(trace.report.log_marginal_likelihood))
            """,
        ),
        "PM402": Example(
            """
            import numpy as np
            import pymc3 as pm

            with pm.Model() as model:
                b = pm.Normal('b', 0, 1)
                c = np.random.normal(b)
            """,
            """
            import numpy as np
            import pymc3 as pm

            with pm.Model() as model:
                b = pm.Normal('b', 0, 1)
                c = pm.Normal('c', b, 1)
            """,
        ),
        "PM411": Example(
            """
            import pymc3 as pm
            import theano

            with pm.Model() as model:
                b = pm.Normal('b', 0, 1)
                double = theano.function([b], 2 * b)
            """,
            """
            import pymc3 as pm

            def double(b):
                return 2 * b

            with pm.Model() as model:
                b = pm.Normal('b', 0, 1)
            """,
        ),
        "PM260": Example(
            """
            import pymc3 as pm

            class Growth(pm.Model):
                def __init__(self, size):
                    super().__init__()
                    pm.Normal('size', pm.Normal('mean', 0, 1), 1, observed=size)

                def fit(self):
                    with self:
                        return pm.sample(500, tune=500, chains=2)

            trace = Growth(sizes).fit()
            """,
            """
            import pymc3 as pm

            class Growth(pm.Model):
                def __init__(self, size):
                    super().__init__()
                    pm.Normal('size', pm.Normal('mean', 0, 1), 1, observed=size)

            def fit(model):
                with model:
                    return pm.sample(500, tune=500, chains=2)

            trace = fit(Growth(sizes))
            """,
        ),
        "PM261": Example(
            """
            import pymc3 as pm

            def noise(model=None):
                model = pm.modelcontext(model)
                print(model.name)
                return pm.HalfNormal('noise', sd=1)

            with pm.Model() as model:
                pm.Normal('x', 0, noise(), observed=data)
            """,
            """
            import pymc3 as pm

            def noise():
                return pm.HalfNormal('noise', sd=1)

            with pm.Model() as model:
                pm.Normal('x', 0, noise(), observed=data)
            """,
        ),
        "PM263": Example(
            """
            import pymc3 as pm

            families = [pm.Normal, pm.Laplace]
            register(families)

            first = families[0]
            with pm.Model() as model:
                x = first('x', 0, 1)
            """,
            """
            import pymc3 as pm

            families = [pm.Laplace, pm.Normal]

            first = families[0]
            with pm.Model() as model:
                x = first('x', 0, 1)
            """,
        ),
        "PM403": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                a = pm.Normal('a', 0, 1, shape=3)
                graph = a.owner
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                a = pm.Normal('a', 0, 1, shape=3)
            """,
        ),
        "PM901": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = getattr(pm, 'distributions').Normal('x', 0, 1)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
            """,
        ),
        "PM903": Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            get_ipython().run_cell_magic('time', '', 'with model:\\n    trace = pm.sample(500, tune=500, chains=2)')
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            with model:
                trace = pm.sample(500, tune=500, chains=2)
            """,
        ),
    }
)
