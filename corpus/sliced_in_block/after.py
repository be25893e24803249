"""Reaction times under caffeine: definition, sampling and clean-up of the trace share one block."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(3)
group = np.repeat([0, 1], 40)
rt = rng.lognormal(mean=np.where(group == 0, -0.7, -0.9), sigma=0.25)
log_rt = np.log(rt)
burn = 200


@pm.model(name=None)
def build_reaction_model():
    m = yield pm.Normal('m', loc=0, scale=1, batch_stack=2)
    s = yield pm.HalfNormal('s', scale=1, batch_stack=2)
    like = yield pm.Normal('like', loc=m[group], scale=s[group], observed=log_rt)


reaction_model = build_reaction_model()
tr = pm.sample(reaction_model, num_samples=500, burn_in=300, num_chains=2, seed=31)
tr = tr.isel(draw=slice(burn, None))  # the first draws are thrown away
ppc = pm.sample_posterior_predictive(reaction_model, tr, num_draws=100, seed=32)
gain = np.exp(pm.draws(tr, 'm')[:, 0]) - np.exp(pm.draws(tr, 'm')[:, 1])

print('draws kept', tr.posterior.sizes['draw'])
print('caffeine gains %.3f s' % gain.mean())
print('replicated mean %.3f, observed mean %.3f' % (pm.draws(ppc, 'like', group='posterior_predictive').mean(), log_rt.mean()))
