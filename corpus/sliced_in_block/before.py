"""Reaction times under caffeine: definition, sampling and clean-up of the trace share one block."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(3)
group = np.repeat([0, 1], 40)
rt = rng.lognormal(mean=np.where(group == 0, -0.7, -0.9), sigma=0.25)
log_rt = np.log(rt)
burn = 200

with pm.Model() as reaction_model:
    m = pm.Normal('m', mu=0, sd=1, shape=2)
    s = pm.HalfNormal('s', sd=1, shape=2)
    like = pm.Normal('like', mu=m[group], sd=s[group], observed=log_rt)

    tr = pm.sample(500, tune=300, chains=2, cores=1, random_seed=31)
    tr = tr[burn:]  # the first draws are thrown away
    ppc = pm.sample_posterior_predictive(tr, samples=100, random_seed=32)
    gain = np.exp(tr['m'][:, 0]) - np.exp(tr['m'][:, 1])

print('draws kept', len(tr))
print('caffeine gains %.3f s' % gain.mean())
print('replicated mean %.3f, observed mean %.3f' % (ppc['like'].mean(), log_rt.mean()))
