"""Four paint mills, three shifts: variables in the slots of an object array, with computed names."""
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(21)
n_mills, n_shifts = 4, 3
counts = rng.poisson(np.outer([3., 5., 4., 8.], [1., 1.4, .7]), size=(10, n_mills, n_shifts))


@pm.model(name=None)
def build_mills():
    rates = np.empty((n_mills, n_shifts), dtype=object)
    for i in range(n_mills):
        for j in range(n_shifts):
            rates[i, j] = yield pm.Gamma('rate_%i_%i' % (i, j), concentration=2., rate=.5)
            yield pm.Poisson('count_%i_%i' % (i, j), rate=rates[i, j], observed=counts[:, i, j])

    # the busiest mill of the first shift
    first = tf.stack([rates[i, 0] for i in range(n_mills)])
    share = yield pm.Deterministic('share', first / first.sum())


mills = build_mills()
trace = pm.sample(mills, num_samples=200, burn_in=300, num_chains=2, seed=3, progressbar=False)

for i in range(n_mills):
    print('mill', i, 'share of the first shift: %.2f' % pm.draws(trace, 'share')[:, i].mean())
