"""What a model says of itself: its variables, its test point, its log density."""
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

votes = np.array([12, 15, 9, 20])
asked = np.array([30, 30, 25, 35])


@pm.model(name=None)
def build_poll():
    a = yield pm.HalfNormal('a', 5.)
    b = yield pm.HalfNormal('b', 5.)
    share = yield pm.Beta('share', concentration1=a + 1, concentration0=b + 1, batch_stack=4)
    yield pm.Deterministic('log_' + 'share', tf.math.log(share))
    yield pm.Binomial('votes', total_count=asked, probs=share, observed=votes)


poll = build_poll()

print(pm.density(poll).check_test_point())
print([rv.name for rv in pm.density(poll).free_RVs])
print([rv.name for rv in pm.density(poll).observed_RVs])
print(sorted(pm.density(poll).named_vars))
print(pm.density(poll).fn(pm.density(poll)['share'])(pm.density(poll).test_point), pm.density(poll)['a'].init_value.round(3))
print(pm.density(poll)['share'].distribution.random(size=3).shape, pm.density(poll)['share'].distribution.dtype)

point = pm.density(poll).test_point
print('at the test point: %.4f' % pm.density(poll).logp(point))
point['a_log__'] = np.array(1.)
print('one step away: %.4f' % pm.density(poll).logp(point))

trace = pm.sample(poll, num_samples=200, burn_in=300, num_chains=2, seed=161, return_inferencedata=False)

logp = pm.density(poll).logp
print('best draw: %.2f' % max(logp(trace.point(i)) for i in range(0, len(trace), 50)))
print(trace[pm.density(poll)['share']].mean(axis=0).round(2))
