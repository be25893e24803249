"""One factory, many variants: flags switch parts of the model on and off."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(211)
dose = rng.uniform(0, 3, 50)
site = rng.randint(0, 4, 50)
response = 1. + 0.7 * dose + rng.normal(0, .5, 4)[site] + rng.normal(0, .4, 50)


def make_model(sites=True, robust=False, centered=True):
    @pm.model(name=None)
    def build_model():
        base = yield pm.Normal('base', 0, 3)
        slope = yield pm.Normal('slope', 0, 1)
        mu = base + slope * dose
        if sites:
            sd_site = yield pm.HalfNormal('sd_site', 1)
            if centered:
                effect = yield pm.Normal('effect', 0, sd_site, batch_stack=4)
            else:
                raw = yield pm.Normal('raw', 0, 1, batch_stack=4)
                effect = yield pm.Deterministic('effect', raw * sd_site)
            mu = mu + effect[site]
        sigma = yield pm.HalfNormal('sigma', 1)
        if robust:
            yield pm.StudentT('response', df=4, loc=mu, scale=sigma, observed=response)
        else:
            yield pm.Normal('response', loc=mu, scale=sigma, observed=response)

    model = build_model()
    return model


plain = make_model(sites=False)
robust = make_model(centered=False, robust=True)

trace_plain = pm.sample(plain, num_samples=200, burn_in=300, num_chains=2, seed=212)
trace_robust = pm.sample(robust, num_samples=200, burn_in=300, num_chains=2, seed=213)

print('slope %.2f and %.2f' % (pm.draws(trace_plain, 'slope').mean(), pm.draws(trace_robust, 'slope').mean()))
