"""Four paint mills, three shifts: variables in the slots of an object array, with computed names."""
import numpy as np
import pymc3 as pm
import theano.tensor as tt

rng = np.random.RandomState(21)
n_mills, n_shifts = 4, 3
counts = rng.poisson(np.outer([3., 5., 4., 8.], [1., 1.4, .7]), size=(10, n_mills, n_shifts))

with pm.Model() as mills:
    rates = np.empty((n_mills, n_shifts), dtype=object)
    for i in range(n_mills):
        for j in range(n_shifts):
            rates[i, j] = pm.Gamma('rate_%i_%i' % (i, j), alpha=2., beta=.5)
            pm.Poisson('count_%i_%i' % (i, j), mu=rates[i, j], observed=counts[:, i, j])

    # the busiest mill of the first shift
    first = tt.stack([rates[i, 0] for i in range(n_mills)])
    share = pm.Deterministic('share', first / first.sum())

    trace = pm.sample(200, tune=300, chains=2, cores=1, random_seed=3, progressbar=False)

for i in range(n_mills):
    print('mill', i, 'share of the first shift: %.2f' % trace['share'][:, i].mean())
