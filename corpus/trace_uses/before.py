"""Everything that people do with a trace."""
import numpy as np
import pymc3 as pm

arrivals = np.random.RandomState(241).poisson(4., size=(2, 30))

with pm.Model() as queue:
    lam = pm.Exponential('lam', 1., shape=2)
    gap = pm.Deterministic('gap', lam[0] - lam[1])
    pm.Poisson('arrivals', lam[:, None], observed=arrivals)
    trace = pm.sample(400, tune=300, chains=2, cores=1, random_seed=242)

print(trace.varnames)
print(len(trace), trace.nchains)
print(trace['lam'].shape, trace.lam.shape, trace[lam].shape)
print(trace.get_values('gap', burn=100, thin=2).mean())
print(trace.get_values(gap, combine=False, chains=[0, 1])[0].shape)
print(trace['gap', 100:].shape, trace[-1]['gap'], trace[10:20:2].gap)

chunk = trace[100:]
total = 0.
for point in chunk[:5].points():
    total += point['gap']
print(total)

frame = pm.trace_to_dataframe(chunk, varnames=['lam', 'gap'])
print(frame.describe().loc[['mean', 'std']])
print('divergences', trace['diverging'].sum(), trace.get_sampler_stats('tree_size').shape)
print(np.percentile(trace['gap'], [5, 50, 95]))
