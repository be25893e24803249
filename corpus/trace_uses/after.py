"""Everything that people do with a trace."""
import numpy as np
import pm_migrate.pymc4 as pm

arrivals = np.random.RandomState(241).poisson(4., size=(2, 30))


@pm.model(name=None)
def build_queue():
    lam = yield pm.Exponential('lam', 1., batch_stack=2)
    gap = yield pm.Deterministic('gap', lam[0] - lam[1])
    yield pm.Poisson('arrivals', lam[:, None], observed=arrivals)


queue = build_queue()
trace = pm.sample(queue, num_samples=400, burn_in=300, num_chains=2, seed=242, return_inferencedata=False)

print(trace.varnames)
print(len(trace), trace.nchains)
print(trace['lam'].shape, trace.lam.shape, trace['lam'].shape)
print(trace.get_values('gap', burn=100, thin=2).mean())
print(trace.get_values('gap', combine=False, chains=[0, 1])[0].shape)
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
